"""What fails and may pass is asked for again, without holding up what was not asked for at all."""

import asyncio
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import GraphRefused
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import free
from tests.usecases.exchange import Desk, Request, Says, codes, later, settle, until

HUNDRED = crowd(100)
PASSING = [Throttled(7), MicrosoftTimeout(), MicrosoftUnavailable("x", remedy="y"), GraphRefused(503, None)]


def failing(problem: Exception, times: int, *people: str) -> Says:
    """Return a Graph that fails the first so many tries of every part that has one of these people, or of all parts."""

    def says(request: Request) -> list[Any]:
        if request.tries < times and (not people or set(people) & set(request.people)):
            raise problem
        return [free(person, request.body) for person in request.people]

    return says


def patient(says: Says, after: float | None = 0.0) -> Desk:
    desk = Desk(says)
    desk.graph.after = after
    return desk


@pytest.mark.parametrize("problem", PASSING, ids=str)
async def test_what_passes_is_asked_for_again_until_it_is_known(problem: Exception):
    desk = patient(failing(problem, 5))
    look_up = desk.look_up(ask(*HUNDRED))

    await look_up.run()

    assert set(codes(look_up.known()).values()) == {"0000"}
    assert (look_up.tally.requests, look_up.tally.repeated) == (30, 25)


@pytest.mark.parametrize("problem", PASSING, ids=str)
async def test_what_does_not_pass_is_told_after_six_tries(problem: Exception):
    desk = patient(failing(problem, 99, "p0@x.com"))

    known = codes(await desk.ask(ask(*HUNDRED)))

    assert [known[person] for person in HUNDRED[20:]] == ["0000"] * 80
    assert {known[person] for person in HUNDRED[:20]} < {"throttled", "microsoftTimeout", "microsoftUnavailable"}
    assert len([request for request in desk.graph.requests if "p0@x.com" in request.people]) == 6


async def test_without_a_budget_nothing_is_repeated():
    desk = patient(failing(Throttled(7), 1), after=None)

    with pytest.raises(CalendarError):
        await desk.ask(ask(*HUNDRED))

    assert len(desk.graph.requests) == 5


async def test_a_part_that_waits_for_its_next_try_leaves_its_place_to_others():
    desk = patient(failing(Throttled(7), 1, *(f"p{number}@x.com" for number in range(0, 80, 20))), after=5.0)

    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await until(lambda: len(desk.graph.requests) == 5)

    assert [request.tries for request in desk.graph.requests] == [0] * 5
    with later(10):
        assert set(codes(await asking).values()) == {"0000"}


async def test_parts_that_were_not_asked_for_come_before_those_that_failed():
    desk = patient(failing(Throttled(7), 1))

    await desk.ask(ask(*crowd(200)))

    assert [request.tries for request in desk.graph.requests] == [0] * 10 + [1] * 10


async def test_never_more_than_four_are_under_way_when_parts_are_asked_for_again():
    desk = patient(failing(Throttled(7), 3))

    await desk.ask(ask(*crowd(200)))

    assert desk.graph.most_under_way == 4


async def test_who_shares_a_request_that_failed_shares_the_next_one_too():
    desk = patient(failing(Throttled(7), 1))
    desk.graph.hold()
    asking = [asyncio.create_task(desk.ask(ask("a@x.com"))) for _ in range(5)]
    await settle()
    desk.graph.open()

    assert [codes(known) for known in await asyncio.gather(*asking)] == [{"a@x.com": "0000"}] * 5
    assert [request.tries for request in desk.graph.requests] == [0, 1]


async def test_a_pause_beyond_the_deadline_is_not_waited_for():
    desk = patient(failing(Throttled(70), 1, "p0@x.com"), after=70)

    known = codes(await asyncio.wait_for(desk.ask(ask(*HUNDRED), seconds=20), 10))

    assert [known[person] for person in HUNDRED] == ["throttled"] * 20 + ["0000"] * 80


async def test_a_caller_who_goes_away_does_not_try_again():
    desk = patient(failing(Throttled(7), 99), after=5.0)
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await until(lambda: len(desk.graph.requests) == 5)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    with later(10):
        await settle()

    assert len(desk.graph.requests) == 5
