"""A user's token: asked for once, remembered under the customer's mark, and never another's."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import UNSETTLED
from lib.domain.connection import user_key
from lib.domain.errors import MicrosoftTimeout, Throttled
from tests.usecases.callers import BOB, GONE, Calls
from tests.usecases.fakes import NOW
from tests.usecases.user_fakes import ADA


async def test_the_rows_token_serves_while_it_lasts_and_a_warm_call_reads_nothing(calls: Calls):
    await calls.connect()
    calls.steps_taken()

    assert await calls.value() == "token 0"
    assert calls.steps_taken() == ["read connection", "open seal"]
    assert [await calls.value() for _ in range(5)] == ["token 0"] * 5
    assert calls.steps_taken() == []
    assert calls.user_entra.refreshed == []


@pytest.mark.parametrize("lasts", [299, 10, -5])
async def test_a_token_near_its_end_is_renewed_and_stored(calls: Calls, lasts: float):
    before = await calls.connect(lasts=lasts)
    calls.now += timedelta(days=3)

    assert await calls.value() == "token 1"
    assert await calls.value() == "token 1"

    stored = calls.connections.get()
    assert (await calls.renewals.open(stored)).token.value == "token 1"
    assert (await calls.renewals.open(stored)).cache == "cache 1"
    assert stored == replace(before, sealed=stored.sealed, renewed_at=calls.now)
    assert len(calls.user_entra.refreshed) == 1


async def test_under_another_mark_the_row_is_read_again(calls: Calls):
    await calls.connect()
    await calls.token()
    calls.new_mark()
    await calls.connect(name="7")

    assert await calls.value() == "token 7"
    calls.new_mark()
    calls.connections.rows.clear()
    assert await calls.refusal() == "userNotConnected"


async def test_a_dead_grant_is_asked_about_once(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]

    assert await calls.refusal() == "reconnectRequired"
    ended = calls.connections.get().ended
    assert ended is not None
    assert (ended.at, ended.codes, ended.error) == (NOW, (700082,), "invalid_grant")
    assert await calls.refusal() == "reconnectRequired"
    calls.steps_taken()
    assert [await calls.refusal() for _ in range(5)] == ["reconnectRequired"] * 5

    assert calls.steps_taken() == ["read connection"] * 5, "so that a new sign-in counts, whoever tells of it"
    assert len(calls.user_entra.refreshed) == 1


async def test_a_grant_that_was_mended_elsewhere_works_without_being_told(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]
    await calls.refusal()

    await calls.connect(name="new")  # by a process that was killed before it could tell

    assert await calls.value() == "token new"


async def test_while_a_connection_is_being_changed_nothing_is_remembered(calls: Calls):
    await calls.connect()
    calls.customers.put(replace(calls.customer(), connections_mark=UNSETTLED))
    assert await calls.value() == "token 0"

    calls.connections.rows.clear()

    assert await calls.refusal() == "userNotConnected"


async def test_after_a_new_sign_in_a_dead_grant_is_forgotten(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]
    await calls.refusal()
    await calls.refusal()

    await calls.connect(name="new")
    calls.new_mark()

    assert await calls.value() == "token new"


async def test_many_callers_at_once_share_one_request(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.on_call = lambda: asyncio.sleep(0.02)

    found = await asyncio.gather(*(calls.token() for _ in range(50)))

    assert {token.value for token in found} == {"token 1"}
    assert len(calls.user_entra.refreshed) == 1


async def test_many_callers_at_once_share_one_failure(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.on_call = lambda: asyncio.sleep(0.02)
    calls.user_entra.script += [Throttled(7)]

    found = await asyncio.gather(*(calls.token() for _ in range(50)), return_exceptions=True)

    assert {type(problem) for problem in found} == {Throttled}
    assert len(calls.user_entra.refreshed) == 1


async def test_one_who_gives_up_takes_the_token_from_nobody(calls: Calls):
    await calls.connect(lasts=10)
    go_on = asyncio.Event()

    async def wait() -> None:
        await go_on.wait()

    calls.user_entra.on_call = wait
    first, second = asyncio.create_task(calls.token()), asyncio.create_task(calls.token())
    with pytest.raises(MicrosoftTimeout):
        await calls.token(seconds=0.02)
    first.cancel()
    go_on.set()

    assert (await second).value == "token 1"
    assert first.cancelled() or first.cancelling()
    assert len(calls.user_entra.refreshed) == 1


async def test_users_never_get_each_others_tokens(calls: Calls):
    await calls.connect(ADA, "of Ada")
    await calls.connect(BOB, "of Bob")

    found = await asyncio.gather(*(calls.value(user) for user in [ADA, BOB, ADA.upper(), BOB.title()]))

    assert found == ["token of Ada", "token of Bob"] * 2
    assert await calls.refusal("eve@contoso.com") == "userNotConnected"


async def test_a_row_copied_from_another_user_does_not_open(calls: Calls):
    ada = await calls.connect(ADA)
    calls.connections.put(replace(ada, user=user_key(BOB)))

    assert await calls.refusal(BOB) == "reconnectRequired"


async def test_of_many_users_the_least_recently_used_are_forgotten(calls: Calls, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.user_tokens._MOST_USERS", 2)
    for user in ("a@x.example", "b@x.example", "c@x.example"):
        await calls.connect(user, user)
    await calls.token("a@x.example")
    await calls.token("b@x.example")
    await calls.token("a@x.example")
    await calls.token("c@x.example")
    calls.steps_taken()

    assert await calls.value("a@x.example") == "token a@x.example"
    assert calls.steps_taken() == []
    assert await calls.value("b@x.example") == "token b@x.example"
    assert calls.steps_taken() == ["read connection", "open seal"]
