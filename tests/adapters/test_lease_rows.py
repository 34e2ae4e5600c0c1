"""Leases in Azurite: one holder at a time, and the note stays."""

import asyncio
import logging
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.adapters.lease_rows import LeaseRows
from lib.adapters.tables import LONGEST_STRING, Table, Tables
from lib.domain.errors import CalendarError
from lib.ports import Conflict
from lib.ports.alerts import Lease
from tests.adapters.lossy import lossy
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, 30, 5, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
UNTIL = NOW + MINUTE


@pytest.fixture
def name() -> str:
    return f"scans{uuid.uuid4().hex}"


@pytest.fixture
def table(tables: Tables, name: str) -> Table:
    return tables.open(name)


@pytest.fixture
def leases(table: Table) -> LeaseRows:
    return LeaseRows(table)


async def take(leases: LeaseRows, owner: str = "one", at: datetime = NOW, name: str = "scan") -> Lease:
    """Take a lease for a minute."""
    lease = await leases.take(name, owner, at, at + MINUTE)
    assert lease is not None
    return lease


async def test_the_first_gets_it_and_the_second_does_not(leases: LeaseRows):
    lease = await take(leases)

    assert (lease.name, lease.owner, lease.until, lease.note) == ("scan", "one", UNTIL, "")
    assert await leases.take("scan", "two", NOW, UNTIL) is None
    assert (await take(leases, "two", name="delivery")).owner == "two"


async def test_of_many_at_once_one_gets_it(leases: LeaseRows):
    for at in (NOW, NOW + MINUTE):
        found = await asyncio.gather(*(leases.take("scan", str(owner), at, at + MINUTE) for owner in range(10)))

        assert len([lease for lease in found if lease]) == 1


async def test_it_is_free_the_moment_it_is_over_and_the_note_stays(leases: LeaseRows):
    lease = await leases.renew(await take(leases), UNTIL, "as far as contoso")

    assert await leases.take("scan", "two", UNTIL - timedelta(microseconds=1), UNTIL + MINUTE) is None
    stolen = await take(leases, "two", UNTIL)

    assert (stolen.owner, stolen.until, stolen.note) == ("two", UNTIL + MINUTE, "as far as contoso")
    for late in (leases.renew(lease, UNTIL + MINUTE, "x"), leases.give_back(lease, "x")):
        with pytest.raises(Conflict):
            await late
    assert (await take(leases, "three", UNTIL + MINUTE)).note == "as far as contoso"


async def test_each_renewal_holds_it_longer(leases: LeaseRows):
    lease = await take(leases)
    for number in range(1, 4):
        lease = await leases.renew(lease, UNTIL + number * MINUTE, str(number))
        assert (lease.until, lease.note) == (UNTIL + number * MINUTE, str(number))

    assert await leases.take("scan", "two", UNTIL + 2 * MINUTE, UNTIL + 9 * MINUTE) is None
    assert (await take(leases, "two", UNTIL + 3 * MINUTE)).note == "3"


async def test_what_is_given_back_is_free_at_once_with_its_note(leases: LeaseRows):
    lease = await take(leases)

    await leases.give_back(lease, "done")

    assert (await take(leases, "two")).note == "done"
    with pytest.raises(Conflict):
        await leases.give_back(lease, "again")
    with pytest.raises(Conflict):
        await leases.renew(lease, UNTIL, "again")


async def test_what_is_given_back_is_not_held_by_who_had_it(leases: LeaseRows):
    lease = await take(leases)
    await leases.give_back(lease, "")

    with pytest.raises(Conflict):
        await leases.renew(lease, UNTIL, "")


async def test_an_old_lease_is_no_longer_one_after_a_renewal(leases: LeaseRows):
    lease = await take(leases)
    await leases.renew(lease, UNTIL + MINUTE, "new")

    with pytest.raises(Conflict):
        await leases.renew(lease, UNTIL + 2 * MINUTE, "old")

    assert (await take(leases, "two", UNTIL + MINUTE)).note == "new"


async def test_who_has_it_may_take_it_anew(leases: LeaseRows):
    first = await leases.renew(await take(leases), UNTIL, "note")

    again = await take(leases, at=NOW + MINUTE / 2)

    assert (again.until, again.note) == (NOW + MINUTE * 1.5, "note")
    with pytest.raises(Conflict):
        await leases.renew(first, UNTIL, "")


async def test_a_lease_whose_row_is_gone_is_lost(leases: LeaseRows, table: Table):
    lease = await take(leases)
    await table.delete("lease", "scan")

    for ask in (leases.renew(lease, UNTIL, ""), leases.give_back(lease, "")):
        with pytest.raises(Conflict):
            await ask


async def test_the_longest_note_stays_and_a_longer_one_is_refused(leases: LeaseRows):
    longest = "𝔸" * (LONGEST_STRING // 2)
    lease = await leases.renew(await take(leases), UNTIL, longest)

    for ask in (leases.renew(lease, UNTIL, longest + "!"), leases.give_back(lease, longest + "!")):
        with pytest.raises(ValueError, match="note is too long"):
            await ask

    assert (await take(leases, "two", UNTIL)).note == longest


_DAMAGES: dict[str, dict[str, Any]] = {
    "no end": {"until": None},
    "an end as text": {"until": "2999-01-01"},
    "no owner": {"owner": None},
    "a note is a number": {"note": 7},
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES.keys())
async def test_a_damaged_lease_is_nobodys(
    leases: LeaseRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    row = {"PartitionKey": "lease", "RowKey": "scan", "owner": "one", "until": UNTIL, "note": "x"} | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        lease = await take(leases, "two")

    assert (lease.owner, lease.note) == ("two", "")
    assert caplog.messages == ["cannot read the row scan of lease in the table scans"]
    assert await leases.take("scan", "one", NOW, UNTIL) is None


async def test_what_was_written_although_the_answer_is_lost_is_held(azurite: Azurite, leases: LeaseRows, name: str):
    await leases.give_back(await take(leases), "before")
    lost: list[str] = []

    def lose_the_first(method: str, path: str) -> Any:
        if method == "PUT" and not lost:
            lost.append(path)
            return "lose"
        return "pass"

    async with lossy(azurite, lose_the_first) as tables:
        behind = LeaseRows(tables.open(name))
        lease = await take(behind, "two")
        assert lost, "the SDK has repeated the request by itself"
        lost.clear()
        lease = await behind.renew(lease, UNTIL + MINUTE, "after")
        lost.clear()
        await behind.give_back(lease, "last")

    assert (await take(leases, "three")).note == "last"


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)
    leases = LeaseRows(tables.open("scans"))
    lease = Lease("scan", "one", UNTIL, "", 'W/"1"')

    for ask in (
        leases.take("scan", "one", NOW, UNTIL),
        leases.renew(lease, UNTIL, ""),
        leases.give_back(lease, ""),
    ):
        with pytest.raises(CalendarError) as problem:
            await ask
        assert problem.value.code == "microsoftUnavailable"
    await tables.close()
