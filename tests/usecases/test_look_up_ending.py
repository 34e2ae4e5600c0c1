"""How a look-up ends early: time is over, the caller has gone, Microsoft refuses the call itself."""

import asyncio
import gc
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.schedule import ScheduleRequest
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import failed, free
from tests.usecases.exchange import Desk, Request, codes, expect_no_complaint, later, settle, until

HUNDRED = crowd(100)


def not_of(person: str) -> Any:
    return lambda request: person not in request.people


async def at_the_deadline(desk: Desk, call: ScheduleRequest) -> dict[str, str]:
    """Ask, let happen what can happen, and return what is known when time is over."""
    asking = asyncio.create_task(desk.ask(call))
    await settle()
    with later():
        known = await asking
    await settle()
    return codes(known)


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


def refusing(person: str) -> Any:
    """Return a Graph that refuses the call itself to the part with this person."""

    def says(request: Request) -> list[Any]:
        if person in request.people:
            raise GraphRefused(403, "ErrorAccessDenied")
        return [free(person, request.body) for person in request.people]

    return says


async def test_a_refusal_of_the_call_itself_stops_further_requests():
    desk = Desk(refusing("p20@x.com"))

    with expect_no_complaint():
        known = codes(await desk.ask(ask(*crowd(400))))

    assert len(desk.graph.requests) <= 5, "of twenty"
    assert {known[person] for person in crowd(400)[20:40]} == {"mailboxNotReachable"}
    assert {known[person] for person in crowd(400)[120:]} == {"mailboxNotReachable"}


async def test_a_refusal_of_the_call_itself_is_told_also_when_time_is_over():
    desk = Desk(refusing("p20@x.com"))
    desk.graph.hold(not_of("p20@x.com"))
    with expect_no_complaint():
        with pytest.raises(CalendarError) as problem:
            await at_the_deadline(desk, ask(*HUNDRED))
        await settle()

    assert problem.value.code == "mailboxNotReachable"
    assert (len(desk.graph.requests), len(desk.graph.cancelled)) == (4, 3)


async def test_what_is_under_way_at_a_refusal_is_still_read():
    desk = Desk(refusing("p20@x.com"))
    desk.graph.hold(not_of("p20@x.com"))
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await settle()
    desk.graph.open()

    known = codes(await asking)
    assert [known[person] for person in HUNDRED] == (
        ["0000"] * 20 + ["mailboxNotReachable"] * 20 + ["0000"] * 40 + ["mailboxNotReachable"] * 20
    )


async def test_after_a_refusal_nothing_is_repeated():
    def says(request: Request) -> list[Any]:
        if "p20@x.com" in request.people:
            raise GraphRefused(403, "ErrorAccessDenied")
        raise MicrosoftUnavailable("x", remedy="y")

    desk = Desk(says)
    desk.graph.after = 5.0
    with expect_no_complaint(), pytest.raises(CalendarError) as problem:
        await asyncio.wait_for(desk.ask(ask(*HUNDRED)), 4)

    assert problem.value.status == 409
    assert len(desk.graph.requests) == 4


@pytest.mark.parametrize("turns", range(4))
async def test_a_refusal_in_the_moment_when_time_is_over_is_told(turns: int):
    """Whatever comes first in the event loop's turns around that moment."""
    desk = Desk(taking_no_token)
    given_up = asyncio.Event()

    async def gives_up() -> None:
        if desk.entra.tokens > 1:
            await given_up.wait()
            raise EntraRefused([7000222], "invalid_client")

    desk.entra.on_token = gives_up
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await settle()

    def in_some_turns(left: int) -> None:
        if left:
            asyncio.get_running_loop().call_soon(in_some_turns, left - 1)
        else:
            given_up.set()

    asyncio.get_running_loop().call_soon(in_some_turns, turns)
    with later(), expect_no_complaint(), pytest.raises(CalendarError) as problem:
        await asking
    assert problem.value.status in {409, 504}


def taking_no_token(_: Request) -> list[Any]:
    raise GraphRefused(401, "InvalidAuthenticationToken")


async def test_what_is_under_way_at_a_refusal_is_not_waited_for_long():
    desk = Desk(refusing("p20@x.com"))
    desk.graph.hold(not_of("p20@x.com"))
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await settle()
    assert not asking.done()
    with later(5):
        await settle()
    assert asking.done()

    with pytest.raises(CalendarError) as problem:
        await asking
    assert problem.value.code == "mailboxNotReachable"
    assert len(desk.graph.cancelled) == 3


async def test_refusals_that_come_together_are_all_looked_at():
    def says(request: Request) -> list[Any]:
        raise GraphRefused(403, "ErrorAccessDenied")

    desk = Desk(says)
    desk.graph.hold()
    with expect_no_complaint():
        asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
        await until(lambda: len(desk.graph.under_way) == 4)
        desk.graph.open()
        with pytest.raises(CalendarError):
            await asking
        del asking
        gc.collect()


async def test_what_was_read_before_a_refusal_is_answered():
    def says(request: Request) -> list[Any]:
        if "p0@x.com" in request.people:
            return [free(person, request.body) for person in request.people]
        raise GraphRefused(404, "MailboxNotEnabledForRESTAPI")

    known = codes(await Desk(says).ask(ask(*HUNDRED)))

    assert [known[person] for person in HUNDRED] == ["0000"] * 20 + ["mailboxNotReachable"] * 80


async def test_a_deadline_that_is_over_already_is_a_time_out():
    with pytest.raises(MicrosoftTimeout):
        await Desk().ask(ask("a@x.com"), seconds=0)
