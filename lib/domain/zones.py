"""Wall clocks and moments. Graph writes times as a wall clock without offset and the name of a zone beside it."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol


@dataclass(frozen=True)
class Zone:
    """A time zone under the name that somebody gave it: a Windows name, or an IANA name."""

    name: str
    rules: tzinfo

    def moment(self, wall: datetime) -> datetime:
        """Return the moment (UTC) at which a clock in this zone shows `wall`, a naive time.

        Of an hour that happens twice the first is meant; an hour that is left out is read with the offset before the
        change, so 02:30 means what the clock calls 03:30 (RFC 5545 section 3.3.5, PEP 495). Raises ValueError for a
        moment outside of the years 1 to 9999.
        """
        try:
            return wall.replace(tzinfo=self.rules).astimezone(UTC)
        except OverflowError:
            raise ValueError("beyond the calendar") from None

    def show(self, moment: datetime) -> dict[str, str]:
        """Return a moment as Graph's dateTimeTimeZone, with seven fraction digits (Microsoft Learn, "scheduleItem")."""
        try:
            wall, name = moment.astimezone(self.rules), self.name
        except (OverflowError, ValueError):  # the last hours of the calendar; UTC is right anywhere
            wall, name = moment.astimezone(UTC), "UTC"
        return {"dateTime": f"{wall.replace(tzinfo=None).isoformat(timespec='microseconds')}0", "timeZone": name}


UTC_ZONE = Zone("UTC", UTC)


class Zones(Protocol):
    """Knows the zones by name."""

    def find(self, name: str) -> Zone | None:
        """Return the zone of a Windows or IANA name, in any letter case; None if there is no such zone."""
