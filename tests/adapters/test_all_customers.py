"""Going through all customers in Azurite: in order, page by page, and none left out because it cannot be read."""

import asyncio
import itertools
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.adapters import azure
from lib.adapters.customer_rows import CustomerRows, to_row
from lib.adapters.tables import Table, Tables
from lib.domain.checkup import Report
from lib.domain.configuration import (
    Access,
    AdminConsent,
    ConfigurationType,
    Consent,
    Customer,
    Details,
    Revision,
    Wishes,
)
from lib.domain.credential import NEVER
from lib.domain.errors import CalendarError
from tests.adapters.lossy import lossy
from tests.journeys.tables_between import Verdict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
REVISION = Revision("m1", NOW, Access(ConfigurationType.ADVANCED, "contoso.com", "a" * 36, Consent.ADMIN))
CUSTOMER = Customer("contoso", "m1", "m1", REVISION)


@pytest.fixture
def name() -> str:
    return f"customers{uuid.uuid4().hex}"


@pytest.fixture
def table(tables: Tables, name: str) -> Table:
    return tables.open(name)


@pytest.fixture
def customers(table: Table) -> CustomerRows:
    return CustomerRows(table)


async def add(customers: CustomerRows, names: list[str]) -> None:
    """Write customers, some at a time."""
    for some in itertools.batched(names, 50, strict=False):
        await asyncio.gather(*(customers.write(replace(CUSTOMER, id=name), None) for name in some))


async def ids(customers: CustomerRows, after: str = "") -> list[str]:
    return [customer async for customer, _ in customers.all(after)]


async def test_where_nothing_was_written_there_is_nobody(customers: CustomerRows):
    assert await ids(customers) == []


async def test_customers_come_in_the_order_of_their_ids(customers: CustomerRows, table: Table):
    names = ["0", "00", "1", "10", "2", "a", "a--b", "a-1", "a-b", "a0", "a1", "aa", "ab", "b", "contoso", "z", "z9"]
    assert names == sorted(names)
    await add(customers, [*reversed(names)])
    await table.insert({"PartitionKey": "b", "RowKey": "another"})

    assert await ids(customers) == names
    for position, name in enumerate(names):
        assert await ids(customers, name) == names[position + 1 :]
    assert await ids(customers, "a-") == names[names.index("a--b") :]
    assert await ids(customers, "zz") == []


async def test_everything_but_the_test_comes_with_a_customer(customers: CustomerRows):
    wishes = Wishes(Details.FULL, "https://x.example/", ("contoso.com",), ("ada@contoso.com",))
    customer = replace(
        CUSTOMER,
        newest=replace(REVISION, id="m2", wishes=wishes, secret_expires=NEVER),
        active=REVISION,
        failing=True,
        admin_consent=AdminConsent(True, NOW, NOW),
        leftovers=("m0",),
        connections_mark="mark",
        last_test=Report(NOW, ()),
    )
    await customers.write(customer, None)

    found = [found async for found in customers.all("")]

    assert found == [("contoso", replace(customer, last_test=None))]


async def test_tombstones_come_too(customers: CustomerRows):
    tombstone = replace(CUSTOMER, newest=None, leftovers=("m1",))
    await customers.write(tombstone, None)

    assert [found async for found in customers.all("")] == [("contoso", tombstone)]


_DAMAGES: dict[str, dict[str, Any]] = {
    "a property is missing": {"generation": None},
    "no JSON": {"newest": "{"},
    "a list": {"active": "[]"},
    "another type": {"newest": 7},
    "a type that is none": {"newest": to_row(CUSTOMER)["newest"].replace("advanced", "magic")},
    "half of it": {"adminConsent": "{}"},
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES.keys())
async def test_one_that_cannot_be_read_is_told_and_stops_no_other(
    customers: CustomerRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    await add(customers, ["a", "z"])
    row = to_row(CUSTOMER) | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = [found async for found in customers.all("")]

    assert found == [("a", replace(CUSTOMER, id="a")), ("contoso", None), ("z", replace(CUSTOMER, id="z"))]
    assert caplog.messages == ["cannot read the row configuration of contoso in the table customers"]


async def test_a_page_is_asked_for_when_it_is_wanted_and_without_tests(
    customers: CustomerRows, name: str, azurite: Azurite
):
    names = [f"c{number:04}" for number in range(450)]
    await add(customers, names)
    seen: list[str] = []

    def judge(method: str, path: str) -> Verdict:
        seen.append(path)
        return "pass"

    async with lossy(azurite, judge) as tables:
        found = CustomerRows(tables.open(name)).all("")
        assert [(await anext(found))[0] for _ in range(200)] == names[:200]
        assert len(seen) == 1
        assert [customer async for customer, _ in found] == names[200:]

    assert len(seen) == 3
    assert all("lastTest" not in path and "newest" in path for path in seen)


async def test_whoever_reads_may_write_and_take_long(customers: CustomerRows, monkeypatch: pytest.MonkeyPatch):
    names = [f"c{number:04}" for number in range(201)]
    await add(customers, names)
    monkeypatch.setattr(azure, "PATIENCE", 1.0)
    seen = []

    async for name, _ in customers.all(""):
        seen.append(name)
        if name in {names[0], names[150]}:
            await asyncio.sleep(0.7)
            stored = await customers.read(name)
            assert stored is not None
            await customers.write(replace(stored.customer, failing=True), stored.etag)
        if name == names[20]:
            await add(customers, ["c0020-1"])  # within the page that was read: it comes with the next round

    assert seen == names


async def test_an_outage_in_the_middle_is_told(
    customers: CustomerRows, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
):
    await add(customers, [f"c{number:04}" for number in range(201)])
    found = customers.all("")
    for _ in range(200):
        await anext(found)
    monkeypatch.setattr(azure, "PATIENCE", 0.5)

    azurite.pause()
    try:
        with pytest.raises(CalendarError) as problem:
            await anext(found)
    finally:
        azurite.resume()

    assert problem.value.code == "microsoftUnavailable"
