"""getSchedule for many people and long times: how tests ask, and what the answer must be, worked out on their own.

What is expected comes from the meetings of the simulated world in the plainest arithmetic, one slot after the other; no
code of the functions or of the simulator takes part in it.
"""

import functools
import itertools
import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.journeys.api import Api, Company
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting, Status

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2027, 2, 15)
"""A wall clock to begin with."""

_DIGITS = {"free": "0", "workingElsewhere": "0", "tentative": "1", "busy": "2", "oof": "3"}  # facts 1.2
_PEOPLE_AT_ONCE = 20
_LONGEST_WINDOW = timedelta(days=42)


@dataclass(frozen=True)
class Question:
    """A time to ask about: wall clocks in an IANA zone, and minutes per slot."""

    start: datetime = MONDAY
    end: datetime = MONDAY + DAY
    minutes: int = 60
    zone: str = "UTC"
    end_zone: str | None = None

    def json(self) -> dict[str, Any]:
        """Return it as properties of a getSchedule body."""
        return {
            "startTime": {"dateTime": self.start.isoformat(), "timeZone": self.zone},
            "endTime": {"dateTime": self.end.isoformat(), "timeZone": self.end_zone or self.zone},
            "availabilityViewInterval": self.minutes,
        }

    def moments(self) -> tuple[datetime, datetime]:
        """Return start and end in UTC; a wall clock that comes twice means its first time."""
        zones = zone_of(self.zone), zone_of(self.end_zone or self.zone)
        start, end = (
            at.replace(tzinfo=zone).astimezone(UTC) for at, zone in zip((self.start, self.end), zones, strict=True)
        )
        return start, end

    def view(self, meetings: Iterable[Meeting]) -> str:
        """Return the availabilityView: for each slot the highest digit of what touches it, the last slot cut off."""
        start, end = self.moments()
        slot = timedelta(minutes=self.minutes)
        shown = [(meeting.start, meeting.end, _DIGITS[meeting.status]) for meeting in self.touching(meetings)]
        digits = []
        at = start
        while at < end:
            until = min(at + slot, end)
            digits.append(max((digit for begun, ended, digit in shown if begun < until and ended > at), default="0"))
            at += slot
        return "".join(digits)

    def touching(self, meetings: Iterable[Meeting]) -> list[Meeting]:
        """Return the meetings that have any time in it, in their order."""
        start, end = self.moments()
        return sorted(
            (meeting for meeting in meetings if meeting.start < end and meeting.end > start),
            key=lambda meeting: (meeting.start, meeting.end, meeting.status),
        )

    def items(self, meetings: Iterable[Meeting], zone: str = "UTC", named: str | None = None) -> list[dict[str, Any]]:
        """Return the scheduleItems, whole, by the clocks of a zone (under another name, where it has one)."""
        return [
            {
                "status": meeting.status,
                "start": wall_clock(meeting.start, zone, named),
                "end": wall_clock(meeting.end, zone, named),
            }
            for meeting in self.touching(meetings)
        ]


@functools.cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone by the rules of the tzdata package, since those of the machine may be years old."""
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, name)


def wall_clock(moment: datetime, zone: str = "UTC", named: str | None = None) -> dict[str, str]:
    """Return a moment as Graph writes it: with seven digits after the seconds, in a zone."""
    local = moment.astimezone(zone_of(zone))
    return {"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0", "timeZone": named or zone}


def utc(day: float = 0, **more: float) -> datetime:
    """Return the moment that many days (and hours, minutes…) after the Monday's midnight in UTC."""
    return MONDAY.replace(tzinfo=UTC) + timedelta(days=day, **more)


def ask(api: Api, company: Company, question: Question, *people: str, **more: Any) -> requests.Response:
    """Ask about these people; `json` adds to or changes the body."""
    return api.schedule(company, *people, json=question.json() | more.pop("json", {}), **more)


def asking(stack: Stack, company: Company, question: Question, *people: str, **more: Any) -> Callable[[], Any]:
    """Return a call that asks on a connection of its own, to be made in a thread."""
    return lambda: ask(Api(stack), company, question, *people, **more)


def timed(call: Callable[[], Any], *, after: float = 0.0) -> Callable[[], tuple[Any, float]]:
    """Return a call that begins some seconds later, and returns also how many seconds it took."""

    def run() -> tuple[Any, float]:
        time.sleep(after)
        begun = time.monotonic()
        result = call()
        return result, time.monotonic() - begun

    return run


def crowd(company: Company, count: int, *, first: int = 0) -> dict[str, list[Meeting]]:
    """Add people who are all busy at other times from the Monday on; return their meetings by address."""
    calendars = {}
    for number in range(first, first + count):
        start = utc(minutes=number * 7 % 1380)
        statuses: tuple[Status, ...] = ("busy", "tentative", "oof")
        meetings = [Meeting(start, start + (1 + number % 50) * MINUTE, statuses[number % 3])]
        calendars[person(company.tenant, f"P{number}", *meetings).address] = meetings
    return calendars


def shown(answer: requests.Response) -> dict[str, dict[str, Any]]:
    """Return the schedules of a 200 by the address asked."""
    return {one["scheduleId"]: one for one in value(answer)}


def reasons(answer: requests.Response) -> dict[str, str | None]:
    """Return the responseCode of each address in a 200, None for those that are known."""
    return {address: one["error"]["responseCode"] if "error" in one else None for address, one in shown(answer).items()}


def expect_free_busy(
    one: Mapping[str, Any], question: Question, meetings: Iterable[Meeting], zone: str = "UTC", named: str | None = None
) -> None:
    """Check view and items of one schedule against the meetings; times only."""
    assert "error" not in one, one
    meetings = list(meetings)
    expected, found = question.view(meetings), one["availabilityView"]
    assert len(found) == len(expected), f"{one['scheduleId']}: {len(found)} slots instead of {len(expected)}"
    wrong = [(slot, found[slot], expected[slot]) for slot in range(len(found)) if found[slot] != expected[slot]]
    assert not wrong, f"{one['scheduleId']}: (slot, found, expected) {wrong[:20]} of {len(found)}"
    order = [(item["start"]["dateTime"], item["end"]["dateTime"], item["status"]) for item in one["scheduleItems"]]
    items = sorted(one["scheduleItems"], key=_by_time)
    assert items == sorted(question.items(meetings, zone, named), key=_by_time), one["scheduleId"]
    if zone == "UTC":  # elsewhere clocks go back
        assert order == sorted(order), f"{one['scheduleId']}: items out of order"


def expect_answered(
    answer: requests.Response, question: Question, calendars: Mapping[str, Sequence[Meeting]], **more: Any
) -> None:
    """Check that exactly these people are known, in this order, as their calendars say."""
    assert [one["scheduleId"] for one in value(answer)] == list(calendars)
    for one in value(answer):
        expect_free_busy(one, question, calendars[one["scheduleId"]], **more)


def _by_time(item: Mapping[str, Any]) -> tuple[str, str, str]:
    return item["start"]["dateTime"], item["end"]["dateTime"], item["status"]


def people_asked(call: SeenRequest) -> list[str]:
    """Return the addresses in a request that Graph got."""
    found: list[str] = _body(call)["schedules"]
    return found


def window_asked(call: SeenRequest) -> tuple[datetime, datetime]:
    """Return the window of a request that Graph got, in UTC."""
    body = _body(call)
    start, end = (
        datetime.fromisoformat(body[name]["dateTime"][:26]).replace(tzinfo=zone_of(body[name].get("timeZone", "UTC")))
        for name in ("starttime", "endtime")
    )
    return start.astimezone(UTC), end.astimezone(UTC)


def _body(call: SeenRequest) -> dict[str, Any]:
    return {name.lower(): part for name, part in call.json().items()}


def expect_graphs_limits(calls: Sequence[SeenRequest]) -> None:
    """Check that no request asked Graph about more than it answers, the stricter of its documents taken."""
    for call in calls:
        assert 1 <= len(people_asked(call)) <= _PEOPLE_AT_ONCE
        start, end = window_asked(call)
        assert timedelta() < end - start < _LONGEST_WINDOW
        assert 5 <= _body(call).get("availabilityviewinterval", 30) <= 1440


def seams(calls: Sequence[SeenRequest]) -> list[datetime]:
    """Return the moments at which the windows that Graph was asked about meet."""
    windows = sorted({window_asked(call) for call in calls})
    for (_, ended), (begun, _) in itertools.pairwise(windows):
        assert begun <= ended, "a gap between two windows"
    return [begun for begun, _ in windows[1:]]


def fewest(people: int, days: float) -> int:
    """Return how many requests Graph must get at least: windows are shorter than 42 days."""
    return math.ceil(people / _PEOPLE_AT_ONCE) * (math.floor(days / 42) + 1)


@contextmanager
def slow_graph(stack: Stack, seconds: float) -> Iterator[None]:
    """Let Graph take its time."""
    stack.microsoft.latency["graph"] = seconds
    try:
        yield
    finally:
        stack.microsoft.latency["graph"] = 0.0


@contextmanager
def rules(stack: Stack, **changes: Any) -> Iterator[None]:
    """Let Graph play by other rules (`CalendarRules`)."""
    before = {name: getattr(stack.world, name) for name in changes}
    for name, rule in changes.items():
        setattr(stack.world, name, rule)
    try:
        yield
    finally:
        for name, rule in before.items():
            setattr(stack.world, name, rule)


def line_of(stack: Stack, answer: requests.Response) -> dict[str, Any]:
    """Return the line that the functions logged for this answer."""
    wanted = answer.headers["request-id"]
    until = time.monotonic() + 5
    while True:
        found = [line for line in stack.host.stderr_text().splitlines() if wanted in line and '"request"' in line]
        if found:
            (line,) = found
            fields: dict[str, Any] = json.loads(line[line.index("{") :])
            return fields
        assert time.monotonic() < until, "no line was logged"
        time.sleep(0.02)  # the log comes through a pipe
