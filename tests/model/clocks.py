"""Wall clocks and moments for the oracle, by zoneinfo and the rules of RFC 5545; nothing of this is taken from lib."""

import functools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Names as callers write them, Windows and IANA, in any letter case; and IANA's. All of them keep their rules within the
# years that are asked for here, or changed them in ways that every tzdata of the last years knows.
ZONES = {
    "UTC": "Etc/UTC",
    "Pacific Standard Time": "America/Los_Angeles",
    "Eastern Standard Time": "America/New_York",
    "Newfoundland Standard Time": "America/St_Johns",  # 3:30
    "GMT Standard Time": "Europe/London",
    "W. Europe Standard Time": "Europe/Berlin",
    "w. europe standard TIME": "Europe/Berlin",
    "India Standard Time": "Asia/Kolkata",  # 5:30
    "Nepal Standard Time": "Asia/Kathmandu",  # 5:45
    "Cen. Australia Standard Time": "Australia/Adelaide",  # 9:30
    "AUS Eastern Standard Time": "Australia/Sydney",
    "Lord Howe Standard Time": "Australia/Lord_Howe",  # changes by half an hour
    "Chatham Islands Standard Time": "Pacific/Chatham",  # 12:45
    "Samoa Standard Time": "Pacific/Apia",  # had no 30 December 2011
    "Line Islands Standard Time": "Pacific/Kiritimati",  # 14:00
    "Dateline Standard Time": "Etc/GMT+12",
    "E. South America Standard Time": "America/Sao_Paulo",  # changed at midnight, so some days had no beginning
    "Europe/Berlin": "Europe/Berlin",
    "america/new_york": "America/New_York",
    "Europe/Dublin": "Europe/Dublin",  # its winter time counts as the daylight saving one
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Kathmandu": "Asia/Kathmandu",
    "Australia/Lord_Howe": "Australia/Lord_Howe",
    "America/St_Johns": "America/St_Johns",
    "Antarctica/Troll": "Antarctica/Troll",  # changes by two hours
    "Etc/GMT-14": "Pacific/Kiritimati",
}

_FAR = timedelta(hours=26)  # beyond any zone's distance from UTC
_EPOCH = datetime(2011, 1, 1, tzinfo=UTC)


def local(moment: datetime, zone: str) -> datetime:
    """Return what a clock in this zone shows at a moment (UTC), as a naive time."""
    return moment.astimezone(ZoneInfo(ZONES[zone])).replace(tzinfo=None)


def moment(wall: datetime, zone: str) -> datetime:
    """Return the moment (UTC) at which a clock in this zone shows `wall`.

    The first of two; what is left out is read with the offset before the change (RFC 5545, 3.3.5).
    """
    as_utc = wall.replace(tzinfo=UTC)
    before, after = (_offset(as_utc + far, zone) for far in (-_FAR, _FAR))
    shown = [found for offset in (before, after) if local(found := as_utc - offset, zone) == wall]
    return min(shown) if shown else as_utc - before


def _offset(at: datetime, zone: str) -> timedelta:
    return local(at, zone) - at.replace(tzinfo=None)


@functools.cache
def changes(zone: str) -> tuple[datetime, ...]:
    """Return the moments (UTC) from 2011 to 2035 at which the clocks of a zone are changed."""
    found, week = [], timedelta(days=7)
    at = _EPOCH
    while at.year < 2036:
        if _offset(at, zone) != _offset(at + week, zone):
            found.append(_between(at, at + week, zone))
        at += week
    return tuple(found)


def _between(before: datetime, after: datetime, zone: str) -> datetime:
    while after - before > timedelta(minutes=1):
        middle = before + (after - before) // 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        if _offset(middle, zone) == _offset(before, zone):
            before = max(middle, before + timedelta(minutes=1))
        else:
            after = middle
    return after
