"""How a look-up ends early: time is over, or the caller has gone."""

import asyncio
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import failed
from tests.usecases.exchange import Desk, Request, at_the_deadline, codes, expect_no_complaint, not_of, settle, until

HUNDRED = crowd(100)


async def test_when_time_is_over_whatever_is_known_is_answered_and_the_rest_is_unknown():
    desk = Desk()
    desk.graph.hold(not_of("p0@x.com"))

    with expect_no_complaint():
        known = await at_the_deadline(desk, ask(*HUNDRED))

    assert [known[person] for person in HUNDRED] == ["0000"] * 20 + ["microsoftTimeout"] * 80
    assert len(desk.graph.cancelled) == 4, "nothing is left under way"
    assert desk.graph.under_way == []


async def test_of_whom_a_part_is_known_when_time_is_over_nothing_is_told():
    desk = Desk()
    desk.graph.hold(lambda request: request.start.month > 11)

    with pytest.raises(MicrosoftTimeout):
        await at_the_deadline(desk, ask("a@x.com", days=60))

    await settle()
    assert [len(desk.graph.requests), len(desk.graph.cancelled)] == [2, 1]


async def test_when_nobody_was_read_in_time_it_is_an_error():
    desk = Desk()
    desk.graph.hold()

    with expect_no_complaint(), pytest.raises(MicrosoftTimeout):
        await at_the_deadline(desk, ask(*HUNDRED))

    await settle()
    assert set(desk.graph.cancelled) == set(desk.graph.requests)


async def test_when_graph_named_nobody_in_time_it_is_an_answer():
    desk = Desk(lambda request: [failed(person, "5009") for person in request.people])
    desk.graph.hold(not_of("p0@x.com"))

    known = await at_the_deadline(desk, ask(*HUNDRED))

    assert [known[person] for person in HUNDRED] == ["5009"] * 20 + ["microsoftTimeout"] * 80


async def test_a_token_that_takes_too_long_is_a_time_out():
    desk = Desk()
    desk.entra.on_token = asyncio.Event().wait

    with pytest.raises(MicrosoftTimeout):
        await at_the_deadline(desk, ask("a@x.com"))

    assert desk.graph.requests == []


async def test_of_a_failure_and_the_end_of_time_the_end_is_told():
    def says(request: Request) -> list[Any]:
        raise MicrosoftUnavailable("x", remedy="y")

    desk = Desk(says)
    desk.graph.hold(not_of("p0@x.com"))
    with pytest.raises(CalendarError) as problem:
        await at_the_deadline(desk, ask(*HUNDRED))

    assert problem.value.status == 504


@pytest.mark.parametrize("people", [1, 20, 100])
async def test_a_caller_who_goes_away_ends_all_requests(people: int):
    desk = Desk()
    desk.graph.hold()
    asking = asyncio.create_task(desk.ask(ask(*crowd(people))))
    await until(lambda: len(desk.graph.under_way) == min(4, -(-people // 20)))
    with expect_no_complaint():
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await settle()

    assert set(desk.graph.cancelled) == set(desk.graph.requests)
    assert desk.graph.under_way == []


async def test_a_caller_who_goes_away_takes_nothing_from_who_shares_the_requests():
    desk = Desk()
    desk.graph.hold()
    one, other = (asyncio.create_task(desk.ask(ask(*HUNDRED))) for _ in range(2))
    await until(lambda: len(desk.graph.under_way) == 4)
    one.cancel()
    await settle()
    desk.graph.open()

    assert set(codes(await other).values()) == {"0000"}
    assert (len(desk.graph.requests), desk.graph.cancelled) == (5, [])


async def test_a_deadline_that_is_over_already_is_a_time_out():
    with pytest.raises(MicrosoftTimeout):
        await Desk().ask(ask("a@x.com"), seconds=0)
