"""Disconnecting: every process is told before and after the tokens are gone, whatever fails in between."""

from dataclasses import replace

import pytest

from lib.domain.errors import MicrosoftUnavailable
from lib.ports import StoredConnection
from lib.usecases.disconnect import disconnect
from tests.usecases.callers import BOB, Calls
from tests.usecases.fakes import marks
from tests.usecases.user_fakes import ADA, OID


async def take_away(calls: Calls, user: str = ADA, customer: str = "contoso") -> None:
    random = marks()
    await disconnect(
        customer, user, customers=calls.customers, connections=calls.connections, random=lambda: f"new {random()}"
    )


async def test_a_process_that_knows_the_token_forgets_it_at_once(calls: Calls):
    await calls.connect()
    await calls.token()

    await take_away(calls)

    assert calls.connections.rows == {}
    assert await calls.refusal() == "userNotConnected"
    assert calls.user_entra.refreshed == []


@pytest.mark.parametrize("name", [ADA.upper(), "Ada@Contoso.com"])
async def test_letter_case_does_not_keep_anybody_connected(calls: Calls, name: str):
    await calls.connect()

    await take_away(calls, name)

    assert calls.connections.rows == {}


async def test_others_stay_connected(calls: Calls):
    await calls.connect(ADA)
    bob: StoredConnection = calls.connections.put(await calls.connect(BOB, "of Bob", object_id="b0b"))
    earlier = calls.connections.put(replace(bob.connection, generation="m0"))
    foreign = calls.connections.put(replace(bob.connection, customer="fabrikam"))

    await take_away(calls)

    assert list(calls.connections.rows.values()) == [bob, earlier, foreign]
    assert await calls.value(BOB) == "token of Bob"


async def test_nothing_to_disconnect_is_fine(calls: Calls):
    before = calls.customer()
    await take_away(calls, "nobody@contoso.com")
    assert calls.customer() == replace(before, connections_mark="new m1"), "an earlier attempt may have come half-way"

    await take_away(calls, customer="fabrikam")
    calls.customers.put(replace(before, newest=None, active=None))
    calls.steps_taken()
    await take_away(calls)
    assert calls.steps_taken() == ["read row"]


async def test_only_the_mark_of_the_customer_is_changed(calls: Calls):
    before = calls.customer()
    await calls.connect()

    await take_away(calls)

    assert calls.customer() == replace(before, connections_mark="new m1")


async def test_somebody_who_saves_meanwhile_loses_nothing(calls: Calls):
    await calls.connect()
    saved = replace(calls.customer(), edition="of somebody else")
    calls.customers.before_write = lambda: calls.customers.put(saved)

    await take_away(calls)

    assert calls.customer() == replace(saved, connections_mark="new m1")


async def test_a_customer_that_begins_anew_meanwhile_is_left_alone(calls: Calls):
    await calls.connect()
    anew = replace(calls.customer(), generation="m2", connections_mark="")
    calls.customers.before_write = lambda: calls.customers.put(anew)

    await take_away(calls)

    assert calls.customer() == anew


async def test_the_same_account_is_disconnected_under_every_name(calls: Calls):
    await calls.connect(ADA)
    await calls.connect(OID)
    bob = calls.connections.put(await calls.connect(BOB, "of Bob", object_id="b0b"))

    await take_away(calls)
    assert list(calls.connections.rows.values()) == [bob]

    await calls.connect(ADA)
    await take_away(calls, OID)
    assert list(calls.connections.rows.values()) == [bob]


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
# Read row; read and write the mark; read connection, names of account, remove both; read and write the mark.
@pytest.mark.parametrize("step", range(1, 10))
async def test_what_fails_at_any_step_is_finished_by_the_same_again(calls: Calls, step: int, late: bool):
    await calls.connect()
    await calls.connect(OID)
    await calls.token()
    calls.steps_taken()
    calls.steps.fail_at, calls.steps.late = step, late

    with pytest.raises(MicrosoftUnavailable):
        await take_away(calls)
    calls.steps.fail_at = 0
    if not calls.connections.rows:
        assert await calls.refusal() == "userNotConnected", "what is told to be gone is not used from memory"

    await take_away(calls)
    assert calls.connections.rows == {}
    assert await calls.refusal() == "userNotConnected"
