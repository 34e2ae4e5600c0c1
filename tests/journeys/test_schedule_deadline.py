"""The deadline of a getSchedule call, 25 seconds: then what is known is answered, and nothing is asked any more.

Slow by its nature, so everything that hangs does so at once.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.schedules import (
    DAY,
    MONDAY,
    Question,
    asking,
    crowd,
    expect_answered,
    expect_free_busy,
    line_of,
    reasons,
    shown,
    timed,
)
from tests.journeys.storms import ready_company, says, side_by_side, throttled, trouble
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()
YEAR = Question(MONDAY, MONDAY + 366 * DAY, 1440)
HANG: dict[str, Any] = {"mode": "hang"}
LATE: dict[str, Any] = {"delay": 40.0}
AGAIN_AND_AGAIN = throttled("2")


class Waits:
    """Calls that wait for Microsoft, made at the same moment: companies, crowds, answers and seconds by name."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.companies: dict[str, Company] = {}
        self.calendars: dict[str, dict[str, list[Meeting]]] = {}
        self.questions: dict[str, Question] = {}
        self.answers: dict[str, tuple[requests.Response, float]] = {}
        self.afterwards: dict[str, tuple[requests.Response, float]] = {}
        self._faults: list[Fault] = []

    def add(self, name: str, people: int, *faults: Fault, question: Question = TODAY, **for_parts: Any) -> None:
        """Add a call for a crowd, of which `for_parts` hits the parts by their numbers ("all" hits every one)."""
        self.companies[name] = company = ready_company(self.stack, Api(self.stack))
        self.calendars[name] = crowd(company, people)
        self.questions[name] = question
        for part, fault in for_parts.items():
            whom = [] if part == "all" else [list(self.calendars[name])[20 * int(part.removeprefix("part"))]]
            self._faults.append(trouble(company, *whom, **fault))
        self._faults += faults

    def wait(self) -> None:
        """Make all calls, and again when the trouble is over."""
        self.stack.microsoft.clear_requests()
        with Faults(self.stack, *self._faults):
            self.answers = side_by_side(self._calls())
            time.sleep(1)  # what was cut off is noticed within a moment
        self.seen = {name: graph_calls(self.stack, company) for name, company in self.companies.items()}
        self.afterwards = side_by_side(self._calls())

    def _calls(self) -> dict[str, Any]:
        return {
            name: timed(asking(self.stack, company, self.questions[name], *self.calendars[name]))
            for name, company in self.companies.items()
        }


@pytest.fixture(scope="module")
def waits(stack: Stack) -> Iterator[Waits]:
    """All that waits, when it is over."""
    waits = Waits(stack)
    waits.add("all hang", 1, all=HANG)
    waits.add("all come late", 30, all=LATE)
    waits.add("one hangs", 60, part1=HANG)
    waits.add("one comes late", 60, part2=LATE)
    waits.add("four hang before the others", 200, part0=HANG, part1=HANG, part2=HANG, part3=HANG)
    waits.add("one hangs, one is throttled", 40, part0=HANG, part1=throttled("300"))
    waits.add("one hangs, one is down", 40, part0=HANG, part1={"status": 503, "body": says("x")})
    waits.add("one is throttled again and again", 60, part0=AGAIN_AND_AGAIN)
    last = Fault(
        "graph", "getSchedule", mode="hang", where=lambda seen: seen.json()["startTime"]["dateTime"] > "2028-01"
    )
    waits.add("the end of a year hangs", 3, last, question=YEAR)
    waits.wait()
    yield waits


def unknown(waits: Waits, name: str) -> list[int]:
    """Return the numbers of the people whom a call left unknown; check that all others are known as they are."""
    answer, _ = waits.answers[name]
    calendars = waits.calendars[name]
    found = [number for number, (_, reason) in enumerate(reasons(answer).items()) if reason]
    for number, (address, meetings) in enumerate(calendars.items()):
        if number not in found:
            expect_free_busy(shown(answer)[address], waits.questions[name], meetings)
    return found


@pytest.mark.parametrize("name", ["all hang", "all come late"])
def test_nothing_in_time_is_a_timeout(waits: Waits, name: str):
    answer, took = waits.answers[name]

    error = expect_refused(answer, 504, "microsoftTimeout")
    assert error["innerError"]["remedy"]
    assert 20 < took < 29


PARTLY = {
    "one hangs": range(20, 40),
    "one comes late": range(40, 60),
    "four hang before the others": range(80),
    "the end of a year hangs": range(3),
}


@pytest.mark.parametrize(("name", "hanging"), [pytest.param(*case, id=case[0]) for case in PARTLY.items()])
def test_what_is_known_is_answered_and_the_rest_is_unknown(waits: Waits, name: str, hanging: range):
    _, took = waits.answers[name]

    if name != "the end of a year hangs":
        assert unknown(waits, name) == list(hanging)
    assert took < 29


def test_part_of_a_year_is_not_told_as_if_it_were_all(waits: Waits):
    answer, _ = waits.answers["the end of a year hangs"]

    assert "availabilityView" not in answer.text
    assert answer.status_code in (200, 504)


def test_throttled_comes_before_timeout_before_outage(waits: Waits):
    throttled_first, _ = waits.answers["one hangs, one is throttled"]
    timeout_first, _ = waits.answers["one hangs, one is down"]

    expect_refused(throttled_first, 429, "throttled")
    assert int(throttled_first.headers["Retry-After"]) >= 1
    expect_refused(timeout_first, 504, "microsoftTimeout")


def test_who_is_throttled_again_and_again_is_unknown_in_the_end(waits: Waits):
    _, took = waits.answers["one is throttled again and again"]

    assert unknown(waits, "one is throttled again and again") == list(range(20))
    assert took < 29
    assert len(waits.seen["one is throttled again and again"]) <= 2 + 14, "each wait is two seconds, as told"


@pytest.mark.parametrize(
    "name", ["all hang", "all come late", "one hangs", "one comes late", "four hang before the others"]
)
def test_what_graph_still_works_on_is_cut_off(waits: Waits, name: str):
    hanging = [call for call in waits.seen[name] if call.status != 200]

    assert hanging
    # The simulator's hanging requests end with a 502 that goes nowhere when the client has hung up.
    assert all(call.aborted or call.status == 502 for call in hanging)


@pytest.mark.parametrize("name", ["all hang", "one hangs", "four hang before the others", "one hangs, one is down"])
def test_afterwards_all_is_well_at_once(waits: Waits, name: str):
    answer, took = waits.afterwards[name]

    expect_answered(answer, waits.questions[name], waits.calendars[name])
    assert took < 3


def test_the_line_tells_what_was_unknown(waits: Waits):
    answer, _ = waits.answers["one hangs"]

    line = line_of(waits.stack, answer)
    assert (line["people"], line["unknown"], line["status"]) == (60, 20, 200)
    assert line["msMicrosoft"] > 20_000
    assert line["msOurs"] < 2000
