"""Half of all of Graph's answers go wrong, in every way there is: whoever is said to be free is free."""

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from tests.journeys.api import Api, Company
from tests.journeys.schedules import DAY, MONDAY, Question, asking, crowd, expect_answered, expect_free_busy, shown
from tests.journeys.storms import ready_company, side_by_side
from tests.sandbox.microsoft import Chaos
from tests.sandbox.stack import Stack
from tests.sandbox.world.mailboxes import Meeting

LOG = logging.getLogger(__name__)
"""How many were unknown: `pytest --log-cli-level=INFO` shows it."""
CALLS, PEOPLE = 10, 1000
QUESTION = Question(MONDAY, MONDAY + DAY, 15)
CAUSES = {(429, "throttled"), (502, "microsoftUnavailable"), (504, "microsoftTimeout")}


class Run:
    """Calls that were made in the chaos: their answers, what is true, and what happened to Graph's requests."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.companies: dict[int, Company] = {number: ready_company(stack, Api(stack)) for number in range(CALLS)}
        self.calendars: dict[int, dict[str, list[Meeting]]] = {
            number: crowd(company, PEOPLE) for number, company in self.companies.items()
        }
        self.chaos = Chaos("graph", "getSchedule", share=0.5, seed=20270215)
        stack.microsoft.faults.append(self.chaos)
        try:
            self.answers: dict[int, requests.Response] = self.ask()
        finally:
            stack.microsoft.faults.remove(self.chaos)

    def ask(self) -> dict[int, requests.Response]:
        """Make all calls at once."""
        return side_by_side({n: asking(self.stack, c, QUESTION, *self.calendars[n]) for n, c in self.companies.items()})


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """A run in a sandbox of its own, since it uses up what the process may ask again."""
    with Stack() as stack:
        yield Run(stack)
        assert stack.microsoft.errors == []


def test_nobody_is_free_who_is_not_and_everybody_is_answered(run: Run):
    states: Counter[str] = Counter()
    for number, answer in run.answers.items():
        if answer.status_code != 200:
            states["refused"] += PEOPLE
            assert (answer.status_code, answer.json()["error"]["code"]) in CAUSES
            continue
        assert list(shown(answer)) == list(run.calendars[number])
        for address, one in shown(answer).items():
            states["unknown" if "error" in one else "known"] += 1
            if "error" not in one:
                expect_free_busy(one, QUESTION, run.calendars[number][address])

    LOG.info("person-answers: %s", dict(states))
    assert states.total() == CALLS * PEOPLE
    assert states["known"] > CALLS * PEOPLE / 4, f"too little came through: {states}"


def test_half_of_the_requests_went_wrong_in_every_way(run: Run):
    LOG.info("Graph's requests: %s", dict(run.chaos.done))

    assert 0.4 < run.chaos.done["none"] / run.chaos.done.total() < 0.6
    assert {kind for kind in run.chaos.kinds if not run.chaos.done[kind]} == set()
    assert run.chaos.done.total() <= 2.5 * CALLS * PEOPLE / 20, "no storm of requests"


def test_when_the_chaos_is_over_everybody_is_known(run: Run):
    for number, answer in run.ask().items():
        expect_answered(answer, QUESTION, run.calendars[number])
