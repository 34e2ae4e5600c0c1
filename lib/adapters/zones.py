"""Time zones by the names that Windows and IANA give them, with the rules of the package tzdata.

The rules are not the machine's: what was pinned and tested is what runs, in every instance alike. A machine's may be
older or missing, and an hour's error goes unseen. So tzdata is a package to keep up to date.
"""

import functools
from importlib import resources
from zoneinfo import ZoneInfo

from lib.domain.zones import UTC_ZONE, Zone

# Microsoft's list of additional names ("dateTimeTimeZone resource type") spells two zones as IANA never did.
_MICROSOFT = {"asia/toshkent": "Asia/Tashkent", "asia/astana": "Asia/Almaty"}
# Windows knows two zones more, "- Old" ones with clock changes that no place has any more, so CLDR leaves them out.
# python-o365 sends them, and means these.
_OLD = {"kamchatka standard time": "Asia/Kamchatka", "mid-atlantic standard time": "Etc/GMT+2"}
_NOWHERE = "Factory"  # IANA's name for a clock that nobody has set


class TimeZones:
    """All zones; implements `lib.domain.zones.Zones`. The first question takes some 10 ms."""

    def find(self, name: str) -> Zone | None:
        """See `lib.domain.zones.Zones`. The zone bears the name as it was asked for; in any case "utc" is "UTC"."""
        if name.lower() == UTC_ZONE.name.lower():
            return UTC_ZONE
        # Lower case makes ASCII letters of some others, e.g. of the Kelvin sign.
        key = _keys().get(name.lower()) if name.isascii() else None
        return None if key is None else Zone(name, _rules(key))


@functools.cache
def _keys() -> dict[str, str]:
    """Return IANA's names by what may be asked for, in lower case."""
    from tzlocal.windows_tz import win_tz  # CLDR's windowsZones; imports more than it needs, so only when it is needed

    listed = (resources.files("tzdata") / "zones").read_text(encoding="ascii").split()
    known = {name.lower(): name for name in listed if name != _NOWHERE}
    windows = {name.lower(): name_there for name, name_there in win_tz.items()}
    return known | windows | _MICROSOFT | _OLD


@functools.cache  # of the names that _keys has: some hundred
def _rules(key: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *key.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=key)
