"""A token that Graph does not take is renewed once for all requests of a look-up, and only where that may help."""

import asyncio
from typing import Any

import pytest

from lib.domain.errors import CalendarError
from lib.domain.microsoft import EntraRefused, GraphRefused
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import free
from tests.usecases.exchange import READ, Desk, Request, Says, codes, settle, until
from tests.usecases.fakes import down

UNAUTHORIZED = GraphRefused(401, "InvalidAuthenticationToken")
DENIED = GraphRefused(403, "ErrorAccessDenied")
HUNDRED = crowd(100)


def taking(*tokens: str, else_: Exception = UNAUTHORIZED) -> Says:
    """Return a Graph that takes these tokens only."""

    def says(request: Request) -> list[Any]:
        if request.token not in tokens:
            raise else_
        return [free(person, request.body) for person in request.people]

    return says


async def error_of(desk: Desk) -> CalendarError:
    with pytest.raises(CalendarError) as problem:
        await desk.ask(ask(*HUNDRED))
    return problem.value


@pytest.mark.parametrize("held", [False, True])
async def test_a_token_that_graph_no_longer_takes_is_renewed_once_for_all_parts(held: bool):
    desk = Desk(taking("token 2"))
    if held:
        desk.graph.hold()
    asking = asyncio.create_task(desk.ask(ask(*HUNDRED)))
    if held:
        await until(lambda: len(desk.graph.under_way) == 4)
        desk.graph.open()

    assert set(codes(await asking).values()) == {"0000"}
    assert desk.entra.tokens == 2
    assert [request.token for request in desk.graph.requests].count("token 1") <= 4


async def test_a_token_that_ends_in_the_middle_of_a_look_up_is_renewed():
    def says(request: Request) -> list[Any]:
        if request.token == "token 1" and len(desk.graph.requests) > 6:
            raise UNAUTHORIZED
        return [free(person, request.body) for person in request.people]

    desk = Desk(says)

    assert set(codes(await desk.ask(ask(*crowd(400)))).values()) == {"0000"}
    assert desk.entra.tokens == 2


async def test_a_fresh_token_that_graph_does_not_take_either_is_told_and_not_tried_for_ever():
    desk = Desk(taking())

    assert (await error_of(desk)).code == "credentialRefused"
    assert desk.entra.tokens == 2
    assert len(desk.graph.requests) <= 8


async def test_a_token_without_a_role_that_is_older_than_a_consent_is_renewed():
    desk = Desk(taking("token 2", else_=DENIED))
    desk.entra.roles, desk.entra.age = (), 600

    assert set(codes(await desk.ask(ask(*HUNDRED))).values()) == {"0000"}
    assert desk.entra.tokens == 2


@pytest.mark.parametrize(
    ("roles", "age", "scoped", "code"),
    [
        pytest.param((), 5, False, "permissionMissing", id="a fresh one without a role"),
        pytest.param(("Calendars.ReadBasic.All",), 600, False, "mailboxNotReachable", id="an old one with the role"),
        pytest.param((), 600, True, "mailboxNotReachable", id="RBAC for Applications"),
    ],
)
async def test_where_another_token_would_not_help_none_is_asked_for(
    roles: tuple[str, ...], age: float, scoped: bool, code: str
):
    desk = Desk(taking(else_=DENIED), scoped=scoped)
    desk.entra.roles, desk.entra.age = roles, age

    assert (await error_of(desk)).code == code
    assert desk.entra.tokens == 1


async def test_what_entra_refuses_while_renewing_is_told():
    desk = Desk(taking())
    desk.graph.hold()
    asking = asyncio.create_task(error_of(desk))
    await until(lambda: desk.graph.under_way)
    desk.entra.refusals = [EntraRefused([7000222], "invalid_client")] * 9
    desk.graph.open()

    assert (await asking).code == "credentialExpired"
    assert desk.entra.tokens <= 3


async def test_an_outage_of_entra_while_renewing_is_an_outage():
    async def fails() -> None:
        if desk.entra.tokens > 1:
            raise down()

    desk = Desk(taking())
    desk.entra.on_token = fails
    desk.graph.hold()
    asking = asyncio.create_task(error_of(desk))
    await until(lambda: len(desk.graph.under_way) == 4)
    desk.graph.open()

    assert (await asking).code == "microsoftUnavailable", "no credential was refused"
    assert desk.entra.tokens <= 3


@pytest.mark.parametrize("refusal", [UNAUTHORIZED, DENIED], ids=str)
async def test_a_renewed_token_is_not_given_the_refusal_of_the_old_one(refusal: Exception):
    """Another call began with the old token just before it was renewed, and is still under way."""
    desk = Desk(taking("token 2", "token 3", else_=refusal))
    desk.entra.roles, desk.entra.age = (), 600
    renewing, renewed = asyncio.Event(), asyncio.Event()

    async def gives_the_role_after_a_while() -> None:
        if desk.entra.tokens > 1:
            renewing.set()
            await renewed.wait()
            desk.entra.roles, desk.entra.age = READ, 0

    desk.entra.on_token = gives_the_role_after_a_while
    first = asyncio.create_task(desk.ask(ask("a@x.com")))
    await renewing.wait()
    desk.graph.hold(lambda request: request.token == "token 1")
    second = asyncio.create_task(desk.ask(ask("a@x.com")))
    await until(lambda: len(desk.graph.under_way) == 1)
    renewed.set()
    await settle()
    desk.graph.open()

    assert codes(await first) == codes(await second) == {"a@x.com": "0000"}
