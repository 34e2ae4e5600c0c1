"""Time zones as Graph names them, Windows names and IANA names, and times as it writes them (facts 1.6)."""

import functools
import json
import re
import zoneinfo
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, available_timezones

from tests.sandbox.microsoft.graph.errors import GraphError
from tests.sandbox.microsoft.graph.zone_names import PROMISED, WINDOWS
from tests.sandbox.world.calendars import moment
from tests.sandbox.world.mailboxes import CUSTOMIZED
from tests.sandbox.world.tenants import World

zoneinfo.reset_tzpath(())  # the package tzdata and not the machine's rules, which may be older
_CUSTOMIZED_RULES = ZoneInfo("America/New_York")  # those that `custom_zone` describes
_MOST_TIMES = 100_000
_BY_LOWER = {name.lower(): iana for name, iana in (PROMISED | WINDOWS).items()}
_PREFER = re.compile(r'outlook\.timezone\s*=\s*(?:"([^"]*)"|([^",;]*))', re.IGNORECASE)


@functools.cache
def _other_iana() -> dict[str, str]:
    """Return the IANA names by their lower-case forms; real places and Etc only, no bare abbreviations."""
    return {name.lower(): name for name in available_timezones() if "/" in name or name == "GMT"}


@functools.lru_cache(maxsize=2048)
def _zone(name: str, all_iana: bool) -> ZoneInfo:
    iana = _BY_LOWER.get(name.lower()) or (_other_iana().get(name.lower()) if all_iana else None)
    if iana is None:
        text = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        raise GraphError(400, "TimeZoneNotSupportedException", text)
    return ZoneInfo(iana)


def zone(name: str, world: World) -> tzinfo:
    """Return the zone of a Windows or IANA name that a request has. Raises GraphError 400."""
    return UTC if name == "UTC" else _zone(name, world.iana_zones == "most")


def zone_of_mailbox(name: str, world: World) -> tzinfo:
    """Return the zone that is a mailbox's own, which may have rules of its own or be missing. Raises GraphError 400."""
    return _CUSTOMIZED_RULES if name == CUSTOMIZED else zone(name, world)


class Times(dict[int, str]):
    """The JSON of a dateTimeTimeZone by microseconds since 1970, made when it is first asked for."""

    def __init__(self, rules: tzinfo, name: str) -> None:
        super().__init__()
        self.name = name
        self._rules = rules
        self._end = f'0","timeZone":{json.dumps(name, ensure_ascii=False)}}}'

    def __missing__(self, at: int) -> str:
        if len(self) > _MOST_TIMES:
            self.clear()
        local = moment(at).astimezone(self._rules).replace(tzinfo=None)
        shown = self[at] = f'{{"dateTime":"{local.isoformat(timespec="microseconds")}{self._end}'
        return shown


@functools.lru_cache(maxsize=256)
def times(rules: tzinfo, name: str) -> Times:
    """Return times in a zone under the name that the request has for it."""
    return Times(rules, name)


def preferred_times(prefer: str | None, world: World) -> tuple[Times, dict[str, str]]:
    """Return times in the zone that a Prefer header asks for, else UTC, and the header that confirms it.

    Raises GraphError 400.
    """
    found = _PREFER.search(prefer or "")
    if found is None:
        return times(UTC, "UTC"), {}
    name = found[1] if found[1] is not None else found[2].strip()
    return times(zone(name, world), name), {"Preference-Applied": f'outlook.timezone="{name}"'}


def custom_zone() -> dict[str, object]:
    """Return the description of a zone without a standard name, as the seed document shows it."""
    change = {"time": "02:00:00.0000000", "dayOfWeek": "sunday", "year": 0}
    return {
        "@odata.type": "#microsoft.graph.customTimeZone",
        "bias": 300,
        "name": CUSTOMIZED,
        "standardOffset": {**change, "dayOccurrence": 1, "month": 11},
        "daylightOffset": {"daylightBias": -60, **change, "dayOccurrence": 2, "month": 3},
    }
