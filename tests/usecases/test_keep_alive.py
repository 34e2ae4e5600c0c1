"""The timer that renews idle connections: each stands for itself, and what cannot be renewed says why once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.connection import Connection, Ended
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import EntraRefused
from lib.domain.saving import activated, save
from lib.ports import Deadline, Stored
from lib.usecases.keep_alive import KeepAlive, KeptAlive
from tests.usecases.callers import GONE
from tests.usecases.fakes import DRAFT, NOW, TENANT
from tests.usecases.office import USER_DRAFT, Office
from tests.usecases.user_fakes import ADA, given

IDLE = NOW - timedelta(days=30, seconds=1)


@pytest.fixture
async def office() -> Office:
    return await Office(draft=USER_DRAFT).prepare(active=True)


async def run(office: Office, seconds: float = 60) -> KeptAlive:
    keep_alive = KeepAlive(office.customers, office.consents, office.renewals, office.credentials)
    return await keep_alive.run(Deadline.after(seconds))


async def connect_idle(office: Office, number: int = 1) -> list[Connection]:
    """Connect so many users, all idle for more than 30 days."""
    return [await office.connect(f"user{index}@contoso.com", renewed_at=IDLE) for index in range(number)]


def renewed(office: Office) -> int:
    return sum(stored.connection.renewed_at == office.now for stored in office.connections.rows.values())


async def test_what_was_idle_for_thirty_days_is_renewed_and_nothing_else(office: Office):
    await connect_idle(office, 3)
    recent = await office.connect(renewed_at=NOW - timedelta(days=30))
    await office.connect("gone@contoso.com", renewed_at=IDLE, ended=Ended(IDLE, (50173,), "invalid_grant"))

    assert await run(office) == KeptAlive(due=3, renewed=3)

    assert renewed(office) == 3
    assert office.connections.get(ADA) == recent
    assert {grant.cache for grant in office.user_entra.refreshed} == {"cache 0"}
    assert await run(office) == KeptAlive(), "a second run finds nothing to do"


async def test_what_is_renewed_is_stored(office: Office):
    [before] = await connect_idle(office)
    await run(office)

    after = office.connections.get("user0@contoso.com")
    assert after == replace(before, sealed=after.sealed, renewed_at=NOW)
    assert (await office.renewals.open(after)).cache == "cache 1"


async def test_no_more_than_eight_are_renewed_side_by_side(office: Office):
    await connect_idle(office, 40)
    under_way = most = 0

    async def count() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.002)
        under_way -= 1

    office.user_entra.on_call = count

    assert (await run(office)).renewed == 40
    assert 1 < most <= 8
    assert office.steps.taken.count("read row") <= 8, "a customer is read once, not for each user"


async def test_a_dead_grant_is_marked_once_and_not_asked_about_again(office: Office):
    await connect_idle(office, 2)
    office.user_entra.script += [GONE]

    assert await run(office) == KeptAlive(due=2, renewed=1, ended=1)

    ended = [row.connection.ended for row in office.connections.rows.values() if row.connection.ended]
    assert [(end.at, end.codes) for end in ended] == [(NOW, (700082,))]
    assert await run(office) == KeptAlive()


@pytest.mark.parametrize(
    "problem",
    [
        MicrosoftUnavailable("down"),
        MicrosoftTimeout(),
        Throttled(60),
        EntraRefused([90033], "temporarily_unavailable"),
        EntraRefused([7000222], "invalid_client"),
        EntraRefused([50053], "invalid_grant"),
        given("of somebody else", object_id="99999999-0000-0000-0000-000000000009"),
    ],
    ids=lambda problem: type(problem).__name__,
)
async def test_one_that_fails_stops_no_other_and_is_tried_again(office: Office, problem: Exception):
    before = await connect_idle(office, 3)
    office.user_entra.script += [problem]

    assert await run(office) == KeptAlive(due=3, renewed=2, failed=1)

    assert sum(row.connection in before for row in office.connections.rows.values()) == 1, "nothing of it was changed"
    assert await run(office) == KeptAlive(due=1, renewed=1)


async def test_one_that_does_not_open_stops_no_other(office: Office):
    await connect_idle(office, 2)
    await office.connect(renewed_at=IDLE, sealed=b"edited")

    assert await run(office) == KeptAlive(due=3, renewed=2, failed=1)
    assert office.connections.get().sealed == b"edited"


@pytest.mark.parametrize("step", range(2, 8))
@pytest.mark.parametrize("late", [False, True])
async def test_a_store_that_fails_at_any_step_loses_nothing(office: Office, step: int, late: bool):
    await connect_idle(office, 2)
    office.steps.taken.clear()
    office.steps.fail_at, office.steps.late = step, late  # the first reads the customer's row

    result = await run(office)

    assert (result.due, result.renewed + result.failed, result.ended) == (2, 2, 0)
    for row in office.connections.rows.values():
        assert await office.renewals.open(row.connection)
    office.steps.fail_at = 0
    await run(office)
    assert renewed(office) == 2


async def test_a_secret_that_is_gone_ends_nothing(office: Office):
    await connect_idle(office)
    office.vault.secrets.clear()

    assert await run(office) == KeptAlive(due=1, failed=1)
    assert office.connections.get("user0@contoso.com").ended is None


async def test_who_was_faster_has_renewed_it(office: Office):
    [before] = await connect_idle(office)

    async def faster() -> None:
        await office.connect("user0@contoso.com", "of another", renewed_at=NOW)

    office.user_entra.on_call = faster

    assert await run(office) == KeptAlive(due=1, renewed=1)
    after = office.connections.get("user0@contoso.com")
    assert (await office.renewals.open(after)).cache == "cache of another"
    assert after.sealed != before.sealed


async def test_who_was_disconnected_meanwhile_stays_so(office: Office):
    await connect_idle(office)

    async def disconnected() -> None:
        office.connections.rows.clear()

    office.user_entra.on_call = disconnected
    result = await run(office)

    assert (result.due, result.renewed, result.ended, result.failed) == (0, 0, 0, 0)
    assert office.connections.rows == {}


async def test_what_a_slow_request_left_of_an_earlier_life_is_removed(office: Office):
    await connect_idle(office)
    await office.connect(ADA, renewed_at=IDLE, generation="m0")
    await office.connect(ADA, renewed_at=NOW, generation="m00")

    assert await run(office) == KeptAlive(due=1, renewed=1, removed=2)
    assert {key[1] for key in office.connections.rows} == {"m1"}


async def test_a_life_that_begins_while_it_looks_around_is_not_over(office: Office, monkeypatch: pytest.MonkeyPatch):
    async def generations() -> AsyncIterator[tuple[str, str]]:
        yield "contoso", "m1"
        office.customers.put(replace(office.customer(), generation="m2"))
        await office.connections.forget("contoso", "m1")
        await office.connect(generation="m2")
        yield "contoso", "m2"

    await connect_idle(office)
    monkeypatch.setattr(office.connections, "generations", generations)
    await run(office)

    assert office.connections.get(generation="m2")


async def test_a_customer_whose_row_is_damaged_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch):
    await connect_idle(office)
    await office.connect(customer="aaa", renewed_at=IDLE)
    read = office.customers.read

    async def damaged(customer: str) -> Stored | None:
        if customer == "aaa":
            raise KeyError("generation")
        return await read(customer)

    monkeypatch.setattr(office.customers, "read", damaged)
    result = await run(office)

    assert (result.renewed, result.removed) == (1, 0)


@pytest.mark.parametrize("deleted", [False, True], ids=["no row", "a tombstone"])
async def test_connections_of_a_customer_that_is_gone_are_removed_unasked(office: Office, deleted: bool):
    await connect_idle(office, 2)
    tombstone = replace(office.customer(), newest=None, active=None)
    office.customers.rows.clear()
    if deleted:
        office.customers.put(tombstone)

    assert await run(office) == KeptAlive(removed=1)
    assert office.connections.rows == {}
    assert office.user_entra.refreshed == []


@pytest.mark.parametrize("type_", [ConfigurationType.ADVANCED, ConfigurationType.NONE])
async def test_while_users_do_not_connect_their_connections_are_kept_as_they_are(
    office: Office, type_: ConfigurationType
):
    [before] = await connect_idle(office)
    draft = replace(DRAFT, access=replace(DRAFT.access, type=type_))
    saved = activated(save(office.customer(), "contoso", draft, secret_version="v1", now=NOW, mark="m2"), "m2")
    assert saved is not None
    office.customers.put(replace(saved, generation="m1"))

    assert await run(office) == KeptAlive()
    assert office.connections.get("user0@contoso.com") == before


async def test_the_secret_that_answers_renews_and_not_the_one_that_waits_for_its_test(office: Office):
    await connect_idle(office)
    pending = save(
        office.customer(), "contoso", replace(USER_DRAFT, secret="new"), secret_version="v9", now=NOW, mark="m2"
    )
    office.customers.put(pending)
    assert pending.pending

    assert await run(office) == KeptAlive(due=1, renewed=1), "v9 is not in the vault"


async def test_a_change_to_user_consent_that_waits_for_its_test_renews(office: Office):
    await connect_idle(office)
    customer = office.customer()
    assert customer.active is not None
    access = replace(customer.active.access, consent=Consent.ADMIN)
    office.customers.put(replace(customer, active=replace(customer.active, id="before", access=access)))

    assert (await run(office)).renewed == 1


async def test_before_the_first_test_the_saved_configuration_renews():
    office = await Office(draft=USER_DRAFT).prepare()
    await connect_idle(office)

    assert await run(office) == KeptAlive(due=1, renewed=1)
    assert office.connections.get("user0@contoso.com").tenant == TENANT


async def test_a_run_whose_time_is_over_says_so_and_loses_nothing(office: Office):
    await connect_idle(office, 3)

    assert await run(office, seconds=10) == KeptAlive(complete=False)
    assert office.user_entra.refreshed == []
    assert (await run(office)).renewed == 3


@pytest.mark.parametrize("problem", [RuntimeError("a bug"), OverflowError()], ids=repr)
async def test_a_bug_with_one_connection_is_counted_and_stops_no_other(office: Office, problem: Exception):
    await connect_idle(office, 3)
    office.user_entra.script += [problem]

    result = await run(office)

    assert (result.due, result.renewed, result.failed) == (3, 2, 1)


async def test_looking_for_what_is_over_takes_no_time_from_renewing(office: Office, monkeypatch: pytest.MonkeyPatch):
    await connect_idle(office, 3)
    renewed_before: list[int] = []

    async def generations() -> AsyncIterator[tuple[str, str]]:
        renewed_before.append(renewed(office))
        yield "contoso", "m1"

    monkeypatch.setattr(office.connections, "generations", generations)
    await run(office)

    assert renewed_before == [3]


async def test_links_and_sign_ins_that_expired_are_removed(office: Office):
    await office.start(await office.invite_user())
    office.now += timedelta(minutes=70)
    await run(office)
    assert (len(office.consents.links), len(office.consents.sign_ins)) == (1, 1), "somebody may still be signing in"

    office.now += timedelta(hours=1)
    await run(office)
    assert (office.consents.links, office.consents.sign_ins) == ({}, {})
