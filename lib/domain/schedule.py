"""A getSchedule call: its limits, and the requests that Graph is asked instead.

Everything is counted in slots of `availabilityViewInterval` minutes from the start, and Graph is asked in UTC: a slot
is a length of time, so a clock change inside the window neither adds nor swallows one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from lib.domain.errors import InvalidRequest
from lib.domain.zones import Zone

# The contract's limits of one call.
MOST_PEOPLE = 1000
LONGEST_WINDOW = timedelta(days=366)
MOST_REQUESTS = 200
SHORTEST_INTERVAL, LONGEST_INTERVAL, DEFAULT_INTERVAL = 5, 1440, 30

# Graph's limits of one request: 20 entities, and a window of less than 42 days, which every version of its
# documentation accepts ("less than 42 days" in 2021, 62 today; Exchange's own default is 42).
PEOPLE_A_REQUEST = 20
TIME_A_REQUEST = timedelta(days=42)

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Moment:
    """A wall-clock time in a zone as the caller wrote it (`wall` is naive on purpose), and the moment it means."""

    wall: datetime
    zone: Zone
    at: datetime

    @classmethod
    def of(cls, wall: datetime, zone: Zone) -> "Moment":
        """Return what a clock in this zone means. Raises ValueError beyond the calendar."""
        return cls(wall, zone, zone.moment(wall))


@dataclass(frozen=True)
class Part:
    """What one request asks for: some people, and the slots from `first` up to, not including, `last`."""

    people: tuple[str, ...]
    first: int
    last: int

    @property
    def slots(self) -> int:
        """How many slots it covers."""
        return self.last - self.first

    def halves_of_people(self) -> tuple["Part", ...]:
        """Return two parts with half of the people each; none if there is only one."""
        middle = (len(self.people) + 1) // 2
        return _both(replace(self, people=self.people[:middle]), replace(self, people=self.people[middle:]))

    def halves_of_time(self) -> tuple["Part", ...]:
        """Return two parts with half of the slots each; none if there is only one."""
        middle = self.first + (self.slots + 1) // 2
        return _both(replace(self, last=middle), replace(self, first=middle))


def _both(one: Part, other: Part) -> tuple[Part, ...]:
    return (one, other) if other.people and other.slots else ()


@dataclass(frozen=True)
class ScheduleRequest:
    """A valid call. `interval` is in minutes; `zone` is the one of the header Prefer, None for UTC."""

    people: tuple[str, ...]
    start: Moment
    end: Moment
    interval: int = DEFAULT_INTERVAL
    zone: Zone | None = None

    def __post_init__(self) -> None:
        """Hold the call to its limits. Raises InvalidRequest."""
        if len(self.people) > MOST_PEOPLE:
            raise InvalidRequest("schedules", f"at most {MOST_PEOPLE:,} addresses can be asked for in one call")
        if self.start.at >= self.end.at:
            raise InvalidRequest("endTime", "must be later than startTime")
        if self.length > LONGEST_WINDOW:
            raise InvalidRequest("endTime", f"must be at most {LONGEST_WINDOW.days} days after startTime")
        people, windows = -(-len(self.people) // PEOPLE_A_REQUEST), -(-self.length // TIME_A_REQUEST)
        if people * windows > MOST_REQUESTS:
            fewer, shorter = MOST_REQUESTS // windows * PEOPLE_A_REQUEST, MOST_REQUESTS // people * TIME_A_REQUEST.days
            raise InvalidRequest(
                "schedules",
                f"{len(self.people):,} addresses for {-(-self.length // timedelta(days=1))} days are too many for one "
                f"call: ask for at most {fewer:,} addresses in this time, or for at most {shorter} days for these "
                "addresses",
            )

    @property
    def length(self) -> timedelta:
        """How long the window is by the caller's own clock, which a clock change does not make longer."""
        if self.start.zone.rules == self.end.zone.rules:
            return self.end.wall - self.start.wall
        return self.end.at - self.start.at

    @cached_property
    def slot(self) -> timedelta:
        """How long one slot is."""
        return timedelta(minutes=self.interval)

    @cached_property
    def slots(self) -> int:
        """How many digits an availabilityView has: one per slot, the last one begun included (Microsoft Learn)."""
        return -(-(self.end.at - self.start.at) // self.slot)

    def parts(self, people: Sequence[str]) -> list[Part]:
        """Return the requests that together ask for these people and the whole window.

        Those of the same people follow one another, so that somebody is known early and not everybody in part.
        """
        most = (TIME_A_REQUEST - _TICK) // self.slot
        pieces = -(-self.slots // most)
        seams = [round(self.slots * number / pieces) for number in range(pieces + 1)]
        groups = [tuple(people[at : at + PEOPLE_A_REQUEST]) for at in range(0, len(people), PEOPLE_A_REQUEST)]
        return [Part(group, *window) for group in groups for window in pairwise(seams)]

    def window(self, part: Part) -> tuple[datetime, datetime]:
        """Return when a part begins and ends; the last one ends with the window, whose last slot may be a short one."""
        end = self.end.at if part.last == self.slots else self.start.at + part.last * self.slot
        return self.start.at + part.first * self.slot, end

    def as_graph(self, part: Part) -> dict[str, Any]:
        """Return Graph's request body for a part, in UTC."""
        start, end = self.window(part)
        return {
            "schedules": list(part.people),
            "startTime": _utc(start),
            "endTime": _utc(end),
            "availabilityViewInterval": self.interval,
        }


def _utc(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.replace(tzinfo=None).isoformat(), "timeZone": "UTC"}
