"""Random getSchedule calls: zones, windows, people and their calendars, for hypothesis.

What matters is drawn: a few calendars whose meetings lie at the edges of the window, of slots and of whatever parts a
window may be asked in. People share these calendars, moved by some minutes, so that a thousand cost no more than five.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from tests.model.clocks import ZONES, changes, local, moment
from tests.model.oracle import Window
from tests.model.people import People, peoples

_LONGEST = timedelta(days=366)  # contract: of one call, with at most 200 requests by the limits below
_MOST_REQUESTS, _PEOPLE_A_REQUEST, _DAYS_A_REQUEST = 200, 20, 42
_DAY = 1440

_INTERVALS = st.sampled_from([None, 30, 15, 60, 5, 1440, 7, 11, 13, 45, 720, 1439]) | st.integers(5, 1440)
_FULL = st.booleans()


@dataclass(frozen=True)
class Call:
    """A call as a caller sends it (`body`, and the header `prefer`), and what it means."""

    body: dict[str, Any]
    prefer: str | None
    window: Window
    people: People
    full: bool

    def __repr__(self) -> str:
        """Say what was asked for, without repeating the people."""
        body = {name: value for name, value in self.body.items() if name.lower() != "schedules"}
        return f"Call({body}, {self.prefer=}, {self.full=}, {self.window}, {self.people})"

    @property
    def planned(self) -> int:
        """How many requests it takes if nothing is refused, counted generously."""
        days = (self.window.end - self.window.start) / timedelta(days=1)
        return -(-len(self.people.asked) // _PEOPLE_A_REQUEST) * (int(days / _DAYS_A_REQUEST) + 1)


_ZONES = st.sampled_from(sorted(ZONES))
_OTHER_ZONES = st.none() | _ZONES
_SECONDS = st.sampled_from([(0, 0), (0, 0), (0, 0), (0, 0), (1, 0), (59, 999_999)])
_AROUND_A_CHANGE = st.integers(-200, 200)
_SOME_CHANGE = st.none() | st.integers(0, 49) | st.integers(0, 49)
_SOME_MINUTE = st.integers(0, 4 * 365 * _DAY)
_DAYS = [1, 1, 7, 7, 14, 30, 41, 42, 43, 60, 62, 83, 84, 85, 126, 366]
_MINUTES_LONG = st.integers(1, 180) | st.integers(1, 3 * _DAY) | st.integers(1, 366 * _DAY)
_LENGTHS = st.tuples(
    st.sampled_from([days * _DAY for days in _DAYS]) | _MINUTES_LONG,
    st.sampled_from([0, 0, -1, -0.5, 0.1, 1]),
    st.booleans(),
)
_NAMES: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [str, str.capitalize, lambda name: name[0].upper() + name[1:]]
)
_SPELLINGS = st.integers(0, 11)
_HEADERS = st.sampled_from(
    ['outlook.timezone="{}"', 'Outlook.TimeZone = "{}"', 'outlook.body-content-type="text", outlook.timezone="{}"']
)


_LONG_INTERVALS = st.sampled_from([1440, 720, 240, 60])
_LONG_LENGTHS = st.tuples(st.sampled_from([days * _DAY for days in (84, 100, 126, 366)]), st.just(0), st.booleans())


@st.composite
def windows(draw: st.DrawFn, most_slots: int, *, long: bool = False) -> tuple[dict[str, Any], Window]:
    """Draw the times of a body and what they mean: near changes of the clock, in one zone or two.

    `long` ones take several requests.
    """
    zone = draw(_ZONES)
    start = draw(_walls(zone))
    minutes = draw(_LONG_INTERVALS if long else _INTERVALS)
    slot = timedelta(minutes=minutes or 30)
    about, more, whole = draw(_LONG_LENGTHS if long else _LENGTHS)
    length = timedelta(minutes=max(1, about + int(more * (minutes or 30))))
    length = min(_LONGEST, slot * most_slots, max(1, length // slot) * slot if whole else length)
    other_zone = draw(_OTHER_ZONES)
    end_zone, began = other_zone or zone, moment(start, zone)
    end = local(began + length, end_zone) if other_zone else start + length
    ended = moment(end, end_zone)
    assume(began < ended and ended - began <= _LONGEST and end - start <= _LONGEST)
    spelling = draw(_SPELLINGS)
    body: dict[str, Any] = {"startTime": _time(start, zone, spelling), "endTime": _time(end, end_zone, spelling // 2)}
    if minutes is not None:
        body["availabilityViewInterval"] = str(minutes) if spelling == 11 else minutes
    return body, Window(began, ended, minutes or 30)


@st.composite
def _walls(draw: st.DrawFn, zone: str) -> datetime:
    """Draw a wall clock: within hours of a change, where some times happen twice and some not at all, or anywhere."""
    change = draw(_SOME_CHANGE)
    if changes(zone) and change is not None:
        changed = changes(zone)[change % len(changes(zone))]
        wall = local(changed, zone) + timedelta(minutes=draw(_AROUND_A_CHANGE), days=-(change % 3))
    else:
        wall = datetime(2024, 1, 1) + timedelta(minutes=draw(_SOME_MINUTE))
    second, microsecond = draw(_SECONDS)
    return wall.replace(second=second, microsecond=microsecond)


def _time(wall: datetime, zone: str, spelling: int) -> dict[str, str]:
    """Return one of the ways to write a time."""
    text = wall.isoformat(timespec="microseconds")
    spellings = [text, f"{text}0"]
    if not wall.microsecond:
        spellings.append(text[:16] if not wall.second and spelling % 2 else text[:19])
    written = spellings[spelling % len(spellings)]
    if zone != "UTC":
        return {"dateTime": written, "timeZone": zone}
    return [{"dateTime": written, "timeZone": "UTC"}, {"dateTime": written}, {"dateTime": f"{written}Z"}][spelling % 3]


@st.composite
def calls(draw: st.DrawFn, *, most_people: int, most_digits: int, long: bool = False) -> Call:
    """Draw a call. `most_digits` bounds people times slots, so that no example takes long."""
    body, window = draw(windows(most_digits, long=long))
    pieces = -(-(window.end - window.start + timedelta(hours=26)) // timedelta(days=_DAYS_A_REQUEST))
    most = min(most_people, most_digits // window.slots, _MOST_REQUESTS // pieces * _PEOPLE_A_REQUEST)
    people = draw(peoples(window, max(1, most)))
    zone = draw(_OTHER_ZONES)
    header = None if zone is None else draw(_HEADERS).format(zone)
    name = draw(_NAMES)
    body = {name(key): value for key, value in (body | {"schedules": list(people.asked)}).items()}
    return Call(body, header, replace(window, zone=zone or "UTC"), people, full=draw(_FULL))
