"""A look-up of ten parts whose first four hang or fail: the other six are not kept waiting by what is repeated."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import GraphRefused
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import failed, free
from tests.usecases.exchange import Desk, Request, codes, expect_no_complaint, settle, until

TEN_PARTS = crowd(200)
FOUR, SIX = (0, 1, 2, 3), (4, 5, 6, 7, 8, 9)
LONG = 60.0  # seconds; a test that waits so long has failed
PASSING = [Throttled(7), MicrosoftTimeout(), MicrosoftUnavailable("x", remedy="y"), GraphRefused(503, None)]

Judge = Callable[[int, Request], Exception | None]


def number(request: Request) -> int:
    """Return the number of the part that a request is about, from 0 to 9."""
    return int(request.people[0].partition("@")[0][1:]) // 20


def desk_where(judge: Judge, after: float | None = 0.0) -> Desk:
    """Return a desk whose Graph answers everybody as free, but for what the judge finds for a part."""

    def says(request: Request) -> list[Any]:
        if problem := judge(number(request), request):
            raise problem
        return [free(person, request.body) for person in request.people]

    desk = Desk(says)
    desk.graph.after = after
    return desk


def asked(desk: Desk) -> list[tuple[int, int]]:
    """Return of each request its part and the tries before, in the order asked."""
    return [(number(request), request.tries) for request in desk.graph.requests]


def first_four(problem: Exception, times: int = 1) -> Judge:
    """Let so many tries of the first four parts fail."""
    return lambda part, request: problem if part in FOUR and request.tries < times else None


@pytest.mark.parametrize("problem", PASSING, ids=str)
@pytest.mark.parametrize("hanging", [False, True])
async def test_the_other_six_are_asked_before_the_first_four_are_repeated(problem: Exception, hanging: bool):
    desk = desk_where(first_four(problem))
    if hanging:
        desk.graph.hold(lambda request: number(request) in FOUR)
    look_up = desk.look_up(ask(*TEN_PARTS))
    running = asyncio.create_task(look_up.run())
    await until(lambda: len(desk.graph.requests) >= 4)
    if hanging:
        await settle()
        assert asked(desk) == [(part, 0) for part in FOUR]
        desk.graph.open()
    await running

    assert asked(desk)[:10] == [(part, 0) for part in FOUR + SIX]
    assert sorted(asked(desk)[10:]) == [(part, 1) for part in FOUR]
    assert codes(look_up.known()) == dict.fromkeys(TEN_PARTS, "0000")
    assert (look_up.tally.requests, look_up.tally.repeated) == (14, 4)
    assert desk.graph.most_under_way == 4


async def test_whoever_has_rested_gets_no_place_while_something_was_not_begun():
    desk = desk_where(first_four(Throttled(7)), after=0.01)
    desk.graph.hold(lambda request: number(request) in SIX)
    running = asyncio.create_task(desk.ask(ask(*TEN_PARTS)))
    await until(lambda: len(desk.graph.requests) == 8)
    await asyncio.sleep(0.05)  # the four have rested
    await settle()
    assert asked(desk)[4:] == [(part, 0) for part in SIX[:4]]
    desk.graph.open()
    await running

    assert asked(desk)[8:10] == [(8, 0), (9, 0)]


async def test_what_hangs_again_costs_only_the_people_it_is_about():
    desk = desk_where(first_four(MicrosoftTimeout()))
    desk.graph.hold(lambda request: number(request) in FOUR and request.tries > 0)

    with expect_no_complaint():
        known = codes(await desk.ask(ask(*TEN_PARTS), seconds=0.5))
        await settle()

    assert [known[person] for person in TEN_PARTS] == ["microsoftTimeout"] * 80 + ["0000"] * 120
    assert len(desk.graph.cancelled) == 4
    assert desk.graph.under_way == []


async def test_what_fails_to_the_end_costs_only_the_people_it_is_about():
    desk = desk_where(first_four(GraphRefused(503, None), times=99))

    known = codes(await desk.ask(ask(*TEN_PARTS)))

    assert [known[person] for person in TEN_PARTS] == ["microsoftUnavailable"] * 80 + ["0000"] * 120
    assert sorted(asked(desk)[10:]) == [(part, tries) for part in FOUR for tries in range(1, 6)]


async def test_what_is_divided_goes_before_what_was_not_begun_and_that_before_what_is_repeated():
    def says(request: Request) -> list[Any]:
        if number(request) in FOUR and request.tries == 0:
            raise Throttled(7)
        crowded = number(request) == 4 and request.length > timedelta(hours=2)
        return [failed(person, "5006") if crowded else free(person, request.body) for person in request.people]

    desk = Desk(says)
    desk.graph.after = 0.0
    desk.graph.hold(lambda request: number(request) in (5, 6, 7))
    running = asyncio.create_task(desk.ask(ask(*TEN_PARTS)))
    await until(lambda: len(desk.graph.requests) >= 10)
    desk.graph.open()

    assert codes(await running) == dict.fromkeys(TEN_PARTS, "0000")
    assert asked(desk)[4:12] == [(part, 0) for part in (4, 5, 6, 7, 4, 4, 8, 9)]
    assert sorted(asked(desk)[12:]) == [(part, 1) for part in FOUR]


async def test_a_refusal_of_the_call_itself_ends_those_who_rest():
    def judge(part: int, request: Request) -> Exception | None:
        return Throttled(7) if part in FOUR else GraphRefused(403, "ErrorAccessDenied")

    desk, began = desk_where(judge, after=LONG / 2), time.monotonic()

    with expect_no_complaint(), pytest.raises(CalendarError) as problem:
        await desk.ask(ask(*TEN_PARTS), seconds=2 * LONG)

    assert problem.value.code == "mailboxNotReachable"
    assert {part for part, _ in asked(desk)} <= {*FOUR, 4, 5, 6, 7}
    assert {tries for _, tries in asked(desk)} == {0}
    assert time.monotonic() - began < LONG / 2


async def test_when_time_is_over_those_who_wait_for_their_next_try_are_unknown():
    desk = desk_where(first_four(Throttled(7)))
    desk.graph.hold(lambda request: number(request) in (5, 6, 7, 8))

    with expect_no_complaint():
        known = codes(await desk.ask(ask(*TEN_PARTS), seconds=0.3))
        await settle()

    told = ["microsoftTimeout"] * 4 + ["0000"] + ["microsoftTimeout"] * 5
    assert [known[person] for person in TEN_PARTS[::20]] == told
    assert asked(desk) == [(part, 0) for part in range(9)]
    assert sorted(number(request) for request in desk.graph.cancelled) == [5, 6, 7, 8]


async def test_the_time_of_resting_is_microsofts():
    desk = desk_where(first_four(Throttled(7)), after=0.1)
    look_up = desk.look_up(ask(*TEN_PARTS))

    await look_up.run()

    assert look_up.tally.waited >= 0.09
