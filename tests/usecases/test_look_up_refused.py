"""A look-up that Microsoft refuses itself: nothing more is asked, and what is known by then is answered."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftUnavailable
from lib.domain.microsoft import EntraRefused, GraphRefused
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import free
from tests.usecases.exchange import (
    Desk,
    Request,
    Says,
    at_the_deadline,
    codes,
    expect_no_complaint,
    later,
    not_of,
    settle,
    until,
)

HUNDRED = crowd(100)
DENIED, UNAUTHORIZED = GraphRefused(403, "ErrorAccessDenied"), GraphRefused(401, "InvalidAuthenticationToken")
UNAVAILABLE = MicrosoftUnavailable("x", remedy="y")


def desk_gives_no_second_token(desk: Desk, when: asyncio.Event | None = None) -> Callable[[], Awaitable[None]]:
    """Return what makes Entra ID refuse to renew a token, as soon as this happens."""

    async def refuse() -> None:
        if desk.entra.tokens > 1:
            if when:
                await when.wait()
            raise EntraRefused([7000222], "invalid_client")

    return refuse


def refusing(person: str, *, with_: Exception = DENIED, otherwise: Exception | None = None) -> Says:
    """Return a Graph that refuses the part with this person so, and fails the others so or answers them."""

    def says(request: Request) -> list[Any]:
        if person in request.people:
            raise with_
        if otherwise:
            raise otherwise
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


async def test_who_is_not_read_in_time_after_a_refusal_is_told_the_refusal():
    desk = Desk(refusing("p20@x.com"))
    desk.graph.hold(not_of("p20@x.com", "p0@x.com"))

    known = await at_the_deadline(desk, ask(*HUNDRED))

    assert [known[person] for person in HUNDRED] == ["0000"] * 20 + ["mailboxNotReachable"] * 80


@pytest.mark.parametrize("problem", [UNAVAILABLE, UNAUTHORIZED], ids=str)
async def test_after_a_refusal_nothing_is_repeated_and_no_token_renewed(problem: Exception):
    desk = Desk(refusing("p20@x.com", otherwise=problem))
    desk.graph.after = 5.0
    desk.graph.hold(not_of("p20@x.com"))
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await settle()
    desk.graph.open()
    await settle()

    assert asking.done(), "without a moment's pause"
    with pytest.raises(CalendarError) as told:
        await asking
    assert told.value.code == "mailboxNotReachable"
    assert (len(desk.graph.requests), desk.entra.tokens) == (4, 1)


async def test_who_rests_at_a_refusal_does_not_rest_any_longer():
    desk = Desk(refusing("p20@x.com", otherwise=UNAVAILABLE))
    desk.graph.after = 5.0
    desk.graph.hold(lambda request: "p20@x.com" in request.people)
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    await settle()
    assert len(desk.graph.requests) == 5
    desk.graph.open()
    await settle()

    assert asking.done()
    with pytest.raises(CalendarError) as told:
        await asking
    assert (told.value.status, len(desk.graph.requests)) == (409, 5)


async def test_what_is_under_way_when_entra_refuses_a_new_token_is_still_read():
    desk = Desk(refusing("p20@x.com", with_=UNAUTHORIZED))
    desk.graph.hold(not_of("p20@x.com"))
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    desk.entra.on_token = desk_gives_no_second_token(desk)
    await settle()
    desk.graph.open()

    known = codes(await asking)
    assert [known[person] for person in HUNDRED] == (
        ["0000"] * 20 + ["credentialExpired"] * 20 + ["0000"] * 40 + ["credentialExpired"] * 20
    )


@pytest.mark.parametrize("turns", range(4))
async def test_a_refusal_in_the_moment_when_time_is_over_is_told(turns: int):
    """Whatever comes first in the event loop's turns around that moment."""
    desk, given_up = Desk(refusing("p0@x.com", with_=UNAUTHORIZED, otherwise=UNAUTHORIZED)), asyncio.Event()
    desk.entra.on_token = desk_gives_no_second_token(desk, given_up)
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
    desk = Desk(refusing("p0@x.com", otherwise=DENIED))
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
