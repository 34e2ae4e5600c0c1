"""Renewing a grant while others change the row, while stores fail, and after Entra ID ended it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.connection import Connection, Ended, Grant
from lib.domain.errors import CalendarError, ConfigurationChanged, MicrosoftUnavailable, Refused
from lib.domain.microsoft import EntraRefused, SecretMissing, UserToken
from lib.ports import Deadline
from lib.usecases.renewals import ATTEMPTS
from tests.usecases.callers import GONE, PASSING, SAID_BY_ENTRA, Calls
from tests.usecases.fakes import NOW
from tests.usecases.user_fakes import ADA, given, grant_of


async def grant_in_row(calls: Calls) -> Grant:
    return await calls.renewals.open(calls.connections.get())


async def store(calls: Calls, name: str) -> Connection:
    """Store a grant as another process would, whatever the row is by then."""
    before = calls.connections.get()
    sealed = await calls.sealer.seal(grant_of(name).as_text(), before.identity)
    renewed_at = before.renewed_at + timedelta(seconds=1)
    return calls.connections.put(replace(before, sealed=sealed, ended=None, renewed_at=renewed_at)).connection


def meanwhile_stored(calls: Calls, name: str = "of the winner") -> None:
    """Let another process store a grant while Entra ID is being asked, once."""

    async def first() -> None:
        calls.user_entra.on_call = None
        await store(calls, name)

    calls.user_entra.on_call = first


async def renew_now(calls: Calls) -> UserToken:
    connection = calls.connections.get()
    return await calls.renewals.renew_now(
        "contoso", connection.generation, connection.user, calls.credential(), Deadline.after(5)
    )


async def try_out(calls: Calls) -> UserToken:
    connection = calls.connections.get()
    stored = await calls.renewals.read("contoso", connection.generation, connection.user)
    return await calls.renewals.try_out(stored, calls.credential(), Deadline.after(5))


async def test_who_loses_the_race_uses_what_the_winner_stored(calls: Calls):
    await calls.connect(lasts=10)
    meanwhile_stored(calls)

    assert await calls.value() == "token of the winner"
    assert (await grant_in_row(calls)).cache == "cache of the winner"
    assert len(calls.user_entra.refreshed) == 1


async def test_a_winner_whose_token_graph_refused_is_no_winner(calls: Calls):
    await calls.connect()
    refused = await calls.token()
    meanwhile_stored(calls, "0")

    assert await calls.value(instead_of=refused) == "token 2"


async def test_a_use_noted_meanwhile_is_kept_and_nothing_is_lost(calls: Calls):
    await calls.connect(lasts=10)

    async def used() -> None:
        calls.user_entra.on_call = None
        stored = await calls.renewals.read("contoso", "m1", calls.connections.get().user)
        await calls.renewals.rewrite(stored, last_used_at=NOW)

    calls.user_entra.on_call = used
    found = await calls.value()

    assert (await grant_in_row(calls)).token.value == found != "token 0"
    assert calls.connections.get().last_used_at == NOW


async def test_who_was_disconnected_meanwhile_is_given_no_token_and_stays_so(calls: Calls):
    await calls.connect(lasts=10)

    async def disconnected() -> None:
        calls.connections.rows.clear()

    calls.user_entra.on_call = disconnected

    assert await calls.refusal() == "userNotConnected"
    assert await calls.refusal() == "userNotConnected"
    assert calls.connections.rows == {}
    assert len(calls.user_entra.refreshed) == 1


async def test_who_was_disconnected_between_the_answer_and_the_write_is_given_no_token(calls: Calls):
    await calls.connect(lasts=10)

    async def disconnected() -> None:
        calls.connections.rows.clear()

    calls.connections.before_write = disconnected

    assert await calls.refusal() == "userNotConnected"
    assert calls.connections.rows == {}


async def test_a_dead_grant_that_somebody_renewed_meanwhile_ends_nothing(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]
    meanwhile_stored(calls)

    assert await calls.value() == "token of the winner"
    assert calls.connections.get().ended is None


async def test_a_dead_grant_of_a_user_who_signs_in_again_meanwhile_ends_nothing(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]

    async def signed_in() -> None:
        await store(calls, "of the new sign-in")

    calls.connections.before_write = signed_in

    assert await calls.value() == "token of the new sign-in"
    assert calls.connections.get().ended is None


async def test_a_dead_grant_of_a_user_who_was_disconnected_meanwhile_leaves_no_row(calls: Calls):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE]

    async def disconnected() -> None:
        calls.connections.rows.clear()

    calls.connections.before_write = disconnected

    assert await calls.refusal() == "userNotConnected"
    assert calls.connections.rows == {}


async def test_a_grant_that_works_after_all_is_no_longer_an_ended_one(calls: Calls):
    before = await calls.connect(lasts=10)

    async def ended_by_another() -> None:
        calls.connections.put(replace(before, ended=Ended(NOW, (700082,), "invalid_grant")))

    calls.connections.before_write = ended_by_another

    assert await calls.value() == "token 1"
    assert calls.connections.get().ended is None


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", [4, 5])
async def test_a_renewal_that_cannot_be_stored_loses_nothing(calls: Calls, step: int, late: bool):
    before = await calls.connect(lasts=10)
    calls.steps.taken.clear()
    calls.steps.fail_at, calls.steps.late = step, late  # after read connection, open seal, read secret

    assert await calls.value() == "token 1"

    assert (await grant_in_row(calls)).cache in {"cache 0", "cache 1"}
    assert calls.connections.get().connected_at == before.connected_at
    assert calls.connections.get().ended is None
    assert await calls.value() == "token 1"


@pytest.mark.parametrize("step", [6, 7])
async def test_a_renewal_that_cannot_be_stored_after_a_conflict_loses_nothing_either(calls: Calls, step: int):
    before = await calls.connect(lasts=10)
    calls.steps.taken.clear()
    calls.steps.fail_at = step  # the look at who was faster, or the second write

    async def somebody() -> None:
        calls.connections.put(replace(before, last_used_at=NOW))

    calls.connections.before_write = somebody

    assert await calls.value() == "token 1"
    assert calls.connections.get() == replace(before, last_used_at=NOW)


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
async def test_an_end_that_cannot_be_stored_is_found_again(calls: Calls, late: bool):
    await calls.connect(lasts=10)
    calls.user_entra.script += [GONE, GONE]
    calls.steps.taken.clear()
    calls.steps.fail_at, calls.steps.late = 4, late

    with pytest.raises(MicrosoftUnavailable):
        await calls.token()

    assert await calls.refusal() == "reconnectRequired"
    assert calls.connections.get().ended is not None
    assert len(calls.user_entra.refreshed) == (1 if late else 2)


@pytest.mark.parametrize("problem", [*PASSING, *SAID_BY_ENTRA, EntraRefused([7000222], "invalid_client")], ids=repr)
async def test_what_passes_and_what_is_wrong_with_the_application_change_nothing(calls: Calls, problem: Exception):
    before = await calls.connect()
    calls.user_entra.script += [problem, problem]

    for ask in (renew_now, try_out):
        with pytest.raises(type(problem)):
            await ask(calls)

    assert calls.connections.get() == before


async def test_renewing_now_asks_entra_although_the_token_lasts(calls: Calls):
    await calls.connect()
    calls.now += timedelta(days=1)

    assert (await renew_now(calls)).value == "token 1"
    assert calls.connections.get().renewed_at == calls.now
    assert (await grant_in_row(calls)).token.value == "token 1"


async def test_renewing_now_asks_again_when_somebody_was_faster(calls: Calls):
    await calls.connect()
    meanwhile_stored(calls)

    assert (await renew_now(calls)).value == "token 2"
    assert calls.user_entra.refreshed[-1].cache == "cache of the winner"


async def test_others_who_are_always_faster_are_not_raced_for_ever(calls: Calls):
    await calls.connect(lasts=10)

    async def again() -> None:
        before = calls.connections.get()
        sealed = await calls.sealer.seal(grant_of("0", lasts=10).as_text(), before.identity)
        renewed_at = before.renewed_at + timedelta(seconds=1)
        calls.connections.put(replace(before, sealed=sealed, renewed_at=renewed_at))

    calls.user_entra.on_call = again
    for ask in (renew_now(calls), calls.token()):
        calls.user_entra.refreshed.clear()
        with pytest.raises(CalendarError) as problem:
            await ask
        assert not isinstance(problem.value, Refused | ConfigurationChanged)
        assert len(calls.user_entra.refreshed) == ATTEMPTS


@pytest.mark.parametrize("ask", [renew_now, try_out])
async def test_entra_is_not_asked_about_what_has_ended(calls: Calls, ask):
    before = await calls.connect(ended=Ended(NOW, (50173,), "invalid_grant"))

    with pytest.raises(Refused) as problem:
        await ask(calls)

    assert (problem.value.code, problem.value.trace.code) == ("reconnectRequired", "AADSTS50173")
    assert calls.user_entra.refreshed == []
    assert calls.connections.get() == before


async def test_trying_out_stores_nothing(calls: Calls):
    before = await calls.connect()

    assert (await try_out(calls)).value == "token 1"
    assert calls.connections.get() == before


async def test_trying_out_tells_a_dead_grant_and_does_not_end_it(calls: Calls):
    before = await calls.connect()
    calls.user_entra.script += [GONE]

    with pytest.raises(Refused, match="not used for a long time") as problem:
        await try_out(calls)

    assert problem.value.code == "reconnectRequired"
    assert calls.connections.get() == before


@pytest.mark.parametrize("ask", [renew_now, try_out])
async def test_a_token_of_another_account_is_taken_by_nobody(calls: Calls, ask):
    before = await calls.connect()
    calls.user_entra.script += [given("of somebody else", object_id="99999999-0000-0000-0000-000000000009")]

    with pytest.raises(Refused) as problem:
        await ask(calls)

    assert problem.value.code == "reconnectRequired"
    assert calls.connections.get() == before


async def test_a_secret_that_is_gone_ends_nothing(calls: Calls):
    before = await calls.connect()
    calls.vault.secrets.clear()

    with pytest.raises(SecretMissing):
        await renew_now(calls)

    assert calls.connections.get() == before
    assert await calls.value(ADA) == "token 0", "and the token that lasts serves"
