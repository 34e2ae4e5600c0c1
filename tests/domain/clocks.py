"""Zones, and calls to getSchedule, for tests."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from lib.domain.schedule import Moment, ScheduleRequest
from lib.domain.zones import UTC_ZONE, Zone

_KEYS = ("Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "Asia/Tokyo", "Etc/GMT+12")
_WINDOWS = {"w. europe standard time": "Europe/Berlin", "pacific standard time": "America/Los_Angeles"}
START = datetime(2026, 11, 23, 9)


class FakeZones:
    """Knows UTC and a few more, two of them by two names."""

    def find(self, name: str) -> Zone | None:
        if name.lower() == "utc":
            return UTC_ZONE
        key = ({key.lower(): key for key in _KEYS} | _WINDOWS).get(name.lower())
        return Zone(name, ZoneInfo(key)) if key else None


def zone(name: str) -> Zone:
    """Return a zone that is known."""
    found = FakeZones().find(name)
    assert found is not None, name
    return found


BERLIN = zone("Europe/Berlin")


def at(text: str, where: Zone = UTC_ZONE) -> Moment:
    """Return what a clock there means."""
    return Moment.of(datetime.fromisoformat(text), where)


def crowd(count: int) -> tuple[str, ...]:
    """Return so many people."""
    return tuple(f"p{number}@x.com" for number in range(count))


def ask(*people: str, start: datetime = START, interval: int = 60, **length: float) -> ScheduleRequest:
    """Return a call in UTC, of four hours unless `days`, `hours`, `minutes` … say otherwise."""
    end = start + timedelta(**(length or {"hours": 4}))
    return ScheduleRequest(people or ("a@x.com",), Moment.of(start, UTC_ZONE), Moment.of(end, UTC_ZONE), interval)


def between(start: Moment, end: Moment, interval: int = 60, people: tuple[str, ...] = ("a@x.com",)) -> ScheduleRequest:
    """Return a call for this window."""
    return ScheduleRequest(people, start, end, interval)
