"""A user's token when something is wrong: what passes, what Graph refused, whose token it is, what does not open."""

import asyncio
from dataclasses import replace

import pytest

from lib.domain.connection import Connection
from lib.domain.errors import MicrosoftUnavailable
from lib.domain.microsoft import SecretMissing
from tests.usecases.callers import PASSING, SAID_BY_ENTRA, Calls
from tests.usecases.fakes import down
from tests.usecases.user_fakes import given, user_token


@pytest.mark.parametrize("problem", [*PASSING, *SAID_BY_ENTRA], ids=repr)
async def test_a_passing_failure_is_not_noticed_while_the_old_token_lasts(calls: Calls, problem: Exception):
    before = await calls.connect(lasts=200)
    calls.user_entra.script += [problem]

    assert await calls.value() == "token 0"
    assert calls.connections.get() == before
    assert await calls.value() == "token 0", "for a short while nobody is kept waiting"
    assert len(calls.user_entra.refreshed) == 1
    for seat in calls.tokens._users.values():
        seat.rest_until = 0.0
    assert await calls.value() == "token 2", "then the next call tries again"


@pytest.mark.parametrize("problem", [*PASSING, *SAID_BY_ENTRA], ids=repr)
@pytest.mark.parametrize("lasts", [29, -1])
async def test_a_passing_failure_is_told_when_no_token_lasts_and_ends_nothing(
    calls: Calls, problem: Exception, lasts: float
):
    before = await calls.connect(lasts=lasts)
    calls.user_entra.script += [problem]

    with pytest.raises(type(problem)):
        await calls.token()

    assert calls.connections.get() == before
    assert await calls.value() == "token 2"


async def test_a_vault_that_is_down_is_a_passing_failure_and_a_secret_that_is_gone_is_told(calls: Calls):
    before = await calls.connect(lasts=10)
    calls.steps_taken()
    calls.steps.fail_at = 3  # read connection, open seal, read secret
    with pytest.raises(MicrosoftUnavailable):
        await calls.token()

    calls.vault.secrets.clear()
    with pytest.raises(SecretMissing):
        await calls.token()

    assert calls.connections.get() == before


async def test_a_token_that_graph_refused_is_not_given_again(calls: Calls):
    await calls.connect()
    refused = await calls.token()

    found = await asyncio.gather(*(calls.token(instead_of=refused) for _ in range(20)))

    assert {token.value for token in found} == {"token 1"}
    assert await calls.value() == "token 1"
    assert len(calls.user_entra.refreshed) == 1


async def test_for_a_refused_token_the_row_may_hold_another_one_already(calls: Calls):
    await calls.connect()
    refused = await calls.token()
    await calls.connect(name="of another process")

    assert await calls.value(instead_of=refused) == "token of another process"
    assert calls.user_entra.refreshed == []


async def test_a_refused_token_does_not_serve_while_a_new_one_cannot_be_had(calls: Calls):
    await calls.connect(lasts=200)
    calls.user_entra.script += [down(), down()]
    refused = user_token("token 0")

    with pytest.raises(MicrosoftUnavailable):
        await calls.token(instead_of=refused)
    assert await calls.value() == "token 0", "who was not refused may try it"


@pytest.mark.parametrize("field", ["object_id", "tenant"])
@pytest.mark.parametrize("lasts", [200, 10])
async def test_a_token_of_another_account_is_never_used(calls: Calls, field: str, lasts: float):
    before = await calls.connect(lasts=lasts)
    other = "99999999-0000-0000-0000-000000000009"
    calls.user_entra.script += [given("of somebody else", **{field: other})] * 2

    assert [await calls.refusal(), await calls.refusal()] == ["reconnectRequired"] * 2
    assert calls.connections.get() == before
    assert await calls.value() == "token 3", "a third request brings Ada's own"


async def test_a_connection_that_does_not_open_is_kept_and_works_once_its_key_is_back(calls: Calls):
    before = await calls.connect()
    calls.sealer.broken = True
    assert await calls.refusal() == "reconnectRequired"
    assert calls.connections.get() == before

    calls.sealer.broken = False
    assert await calls.value() == "token 0"


async def test_a_row_that_holds_no_grant_is_one_that_does_not_open(calls: Calls):
    connection = await calls.connect()
    sealed = await calls.sealer.seal("{}", connection.identity)
    calls.connections.put(replace(connection, sealed=sealed))

    assert await calls.refusal() == "reconnectRequired"


async def test_what_is_remembered_shows_no_token(calls: Calls):
    await calls.connect()
    await calls.token(instead_of=await calls.token())

    for seat in calls.tokens._users.values():
        assert "token 0" not in repr(seat)


async def test_a_grant_that_is_too_large_for_a_row_still_serves(calls: Calls, monkeypatch: pytest.MonkeyPatch):
    await calls.connect(lasts=10)

    async def too_large(connection: Connection, etag: str | None) -> str:
        raise ValueError("too large")

    monkeypatch.setattr(calls.connections, "write", too_large)

    assert await calls.value() == "token 1"
