"""Time zones as Graph names them: Windows names and IANA names (facts 1.6)."""

import functools
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

from tests.sandbox.microsoft.graph.errors import GraphError
from tests.sandbox.world.mailboxes import CUSTOMIZED

# From CLDR's windowsZones, territory 001.
_WINDOWS = {
    "UTC": "Etc/UTC",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "W. Central Africa Standard Time": "Africa/Lagos",
    "E. Europe Standard Time": "Europe/Chisinau",
    "GTB Standard Time": "Europe/Bucharest",
    "FLE Standard Time": "Europe/Kiev",
    "Turkey Standard Time": "Europe/Istanbul",
    "Israel Standard Time": "Asia/Jerusalem",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Egypt Standard Time": "Africa/Cairo",
    "Russian Standard Time": "Europe/Moscow",
    "Arab Standard Time": "Asia/Riyadh",
    "Arabian Standard Time": "Asia/Dubai",
    "Iran Standard Time": "Asia/Tehran",
    "Pakistan Standard Time": "Asia/Karachi",
    "India Standard Time": "Asia/Calcutta",
    "Nepal Standard Time": "Asia/Katmandu",
    "Bangladesh Standard Time": "Asia/Dhaka",
    "SE Asia Standard Time": "Asia/Bangkok",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Taipei Standard Time": "Asia/Taipei",
    "W. Australia Standard Time": "Australia/Perth",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Korea Standard Time": "Asia/Seoul",
    "Cen. Australia Standard Time": "Australia/Adelaide",
    "AUS Central Standard Time": "Australia/Darwin",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "E. Australia Standard Time": "Australia/Brisbane",
    "Tasmania Standard Time": "Australia/Hobart",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Newfoundland Standard Time": "America/St_Johns",
    "E. South America Standard Time": "America/Sao_Paulo",
    "Argentina Standard Time": "America/Buenos_Aires",
    "Atlantic Standard Time": "America/Halifax",
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indianapolis",
    "SA Pacific Standard Time": "America/Bogota",
    "Central Standard Time": "America/Chicago",
    "Central Standard Time (Mexico)": "America/Mexico_City",
    "Canada Central Standard Time": "America/Regina",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    # The mailbox with its own rules in `custom_zone`, which are New York's.
    CUSTOMIZED: "America/New_York",
}
_BY_LOWER = {name.lower(): iana for name, iana in _WINDOWS.items()}
_PREFER = re.compile(r'outlook\.timezone\s*=\s*(?:"([^"]*)"|([^",;]*))', re.IGNORECASE)


@functools.cache
def _iana() -> dict[str, str]:
    """Return the IANA names by their lower-case forms; real places and Etc only, no bare abbreviations."""
    return {name.lower(): name for name in available_timezones() if "/" in name or name in ("UTC", "GMT")}


@functools.lru_cache(maxsize=2048)
def zone(name: str) -> ZoneInfo:
    """Return the zone of a Windows or IANA name. Raises GraphError 400."""
    iana = _BY_LOWER.get(name.lower()) or _iana().get(name.lower())
    if iana is None:
        text = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
        raise GraphError(400, "TimeZoneNotSupportedException", text)
    return ZoneInfo(iana)


def preferred_zone(prefer: str | None) -> str | None:
    """Return the name of the zone that a Prefer header asks for, None if it asks for none."""
    found = _PREFER.search(prefer or "")
    if found is None:
        return None
    return found[1] if found[1] is not None else found[2].strip()


def graph_time(moment: datetime, name: str) -> dict[str, str]:
    """Return a dateTimeTimeZone in this zone, with seven fraction digits."""
    local = moment.astimezone(UTC if name == "UTC" else zone(name))
    return {"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0", "timeZone": name}


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
