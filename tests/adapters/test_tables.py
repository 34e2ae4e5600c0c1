"""Rows in Azurite: everything survives, conditional writes hold, a claim is given once."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters import azure
from lib.adapters.consent_rows import ConsentRows
from lib.adapters.customer_rows import CustomerRows, from_row, to_row
from lib.adapters.tables import LARGEST_BINARY, Table, Tables
from lib.domain.checkup import Check, CheckName, Outcome, Report
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
from lib.domain.consent import Link, SignIn, customer_mark, digest
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import CalendarError, Owner
from lib.ports import Conflict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
REVISION = Revision("m1", NOW, Access(ConfigurationType.ADVANCED, "contoso.com", "a" * 36, Consent.ADMIN))
CUSTOMER = Customer("contoso", "m1", "m1", REVISION)


@pytest.fixture
async def tables(azurite: Azurite) -> AsyncIterator[Tables]:
    opened = Tables(connection_string=azurite.connection_string, endpoint=None, credential=None)
    yield opened
    await opened.close()


@pytest.fixture
def table(tables: Tables) -> Table:
    return tables.open(f"rows{uuid.uuid4().hex}")


@pytest.fixture
def customers(tables: Tables) -> CustomerRows:
    return CustomerRows(tables.open(f"customers{uuid.uuid4().hex}"))


@pytest.fixture
def consents(tables: Tables) -> ConsentRows:
    return ConsentRows(tables.open(f"consents{uuid.uuid4().hex}"))


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
_expiries = st.sampled_from([UNKNOWN, NEVER]) | st.dates(date(2000, 1, 1), date(2200, 1, 1)).map(lambda d: Expiry(on=d))
_wishes = st.builds(
    Wishes,
    st.sampled_from(Details),
    st.none() | _texts,
    st.none() | st.lists(_texts, max_size=3).map(tuple),
    st.lists(_texts, max_size=3).map(tuple),
)
_access = st.builds(
    Access, st.sampled_from(ConfigurationType), st.none() | _texts, st.none() | _texts, st.sampled_from(Consent), _texts
)
_revisions = st.builds(
    Revision,
    _texts,
    _moments,
    _access,
    _wishes,
    st.none() | _texts,
    _expiries,
    _expiries,
    st.none() | _texts,
    st.booleans(),
)
_checks = st.builds(
    Check,
    st.sampled_from(CheckName),
    st.sampled_from(Outcome),
    _texts,
    st.none() | _texts,
    st.none() | _texts,
    st.none() | st.sampled_from(Owner),
)
_reports = st.builds(Report, _moments, st.lists(_checks, max_size=7).map(tuple))
_consents = st.builds(AdminConsent, st.none() | st.booleans(), st.none() | _moments, st.none() | _moments)
_customers = st.builds(
    Customer,
    st.just("contoso"),
    _texts,
    _texts,
    st.none() | _revisions,
    st.none() | _revisions,
    st.none() | _reports,
    st.booleans(),
    _consents,
    st.lists(_texts, max_size=3).map(tuple),
)


@given(_customers)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_customer_survives_being_a_row(customer: Customer):
    assert from_row(to_row(customer)) == customer


async def test_a_customer_survives_the_table(customers: CustomerRows):
    report = Report(NOW, (Check(CheckName.TENANT, Outcome.FAILED, "Grüße ✓", "AADSTS90002", "…", Owner.ATS_ADMIN),))
    customer = replace(CUSTOMER, active=replace(REVISION, learned_expires=NEVER), last_test=report, leftovers=("m0",))

    await customers.write(customer, None)

    stored = await customers.read("contoso")
    assert stored is not None
    assert stored.customer == customer


async def test_before_anything_was_written_nobody_is_found(customers: CustomerRows):
    assert await customers.read("contoso") is None


async def test_a_row_is_made_once(customers: CustomerRows):
    await customers.write(CUSTOMER, None)

    with pytest.raises(Conflict):
        await customers.write(CUSTOMER, None)


async def test_a_stale_write_changes_nothing(customers: CustomerRows):
    await customers.write(CUSTOMER, None)
    stored = await customers.read("contoso")
    assert stored is not None
    await customers.write(replace(CUSTOMER, edition="m2"), stored.etag)

    with pytest.raises(Conflict):
        await customers.write(replace(CUSTOMER, edition="m3"), stored.etag)
    with pytest.raises(Conflict):
        await customers.remove("contoso", stored.etag)

    now = await customers.read("contoso")
    assert now is not None
    assert now.customer.edition == "m2"


async def test_a_value_that_was_taken_away_is_gone(customers: CustomerRows):
    await customers.write(replace(CUSTOMER, active=REVISION), None)
    stored = await customers.read("contoso")
    assert stored is not None

    await customers.write(CUSTOMER, stored.etag)

    now = await customers.read("contoso")
    assert now is not None
    assert now.customer.active is None, "a merge would have kept it"


async def test_writing_to_a_row_that_is_gone_is_a_conflict(customers: CustomerRows):
    await customers.write(CUSTOMER, None)
    stored = await customers.read("contoso")
    assert stored is not None
    await customers.remove("contoso", stored.etag)
    await customers.remove("contoso", stored.etag)

    with pytest.raises(Conflict):
        await customers.write(CUSTOMER, stored.etag)


async def test_of_many_first_writers_one_wins(customers: CustomerRows):
    results = await asyncio.gather(*(customers.write(CUSTOMER, None) for _ in range(10)), return_exceptions=True)

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, Conflict) for result in results if result is not None)


async def test_what_azure_would_refuse_is_refused_before_it_is_sent(customers: CustomerRows):
    too_long = replace(REVISION, wishes=Wishes(alert_recipients=("x" * 33_000,)))

    with pytest.raises(ValueError, match="newest is too long"):
        await customers.write(replace(CUSTOMER, newest=too_long), None)


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)

    with pytest.raises(CalendarError) as problem:
        await CustomerRows(tables.open("customers")).read("contoso")

    assert problem.value.code == "microsoftUnavailable"
    await tables.close()


async def add_rows(table: Table, keys: list[str], partition: str = "p", **properties: Any) -> None:
    """Add rows with these keys, some at a time."""
    for some in itertools.batched(keys, 50, strict=False):
        await asyncio.gather(*(table.insert({"PartitionKey": partition, "RowKey": key, **properties}) for key in some))


async def keys_of(table: Table, partition: str = "p") -> list[str]:
    return [row["RowKey"] for row in await table.partition(partition)]


def numbered(count: int) -> list[str]:
    return [f"{number:04}" for number in range(count)]


async def test_a_write_returns_the_etag_that_a_reader_sees(table: Table):
    row = {"PartitionKey": "p", "RowKey": "r", "value": 1}

    first = await table.insert(row)
    read = await table.get("p", "r")
    assert read is not None
    assert Table.etag(read) == first

    second = await table.replace(row | {"value": 2}, first)
    read = await table.get("p", "r")
    assert read is not None
    assert Table.etag(read) == second != first


async def test_bytes_survive_up_to_what_a_row_takes(table: Table):
    largest = bytes(range(256)) * (LARGEST_BINARY // 256)
    await table.insert({"PartitionKey": "p", "RowKey": "r", "value": largest})

    read = await table.get("p", "r")
    assert read is not None
    assert read["value"] == largest

    with pytest.raises(ValueError, match="value is too long"):
        await table.insert({"PartitionKey": "p", "RowKey": "s", "value": largest + b"!"})
    with pytest.raises(ValueError, match="value is too long"):
        await table.replace({"PartitionKey": "p", "RowKey": "r", "value": largest + b"!"}, Table.etag(read))
    assert await keys_of(table) == ["r"]


async def test_rows_come_in_pages_of_the_size_asked_for(table: Table):
    await add_rows(table, numbered(23))
    await add_rows(table, ["x"], partition="q")

    pages = [page async for page in table.pages("PartitionKey eq @key", {"key": "p"}, size=10)]

    assert [len(page) for page in pages] == [10, 10, 3]
    assert [row["RowKey"] for page in pages for row in page] == numbered(23)


async def test_pages_go_through_all_partitions_and_past_those_without_a_match(table: Table):
    for partition in "abcd":
        await add_rows(table, numbered(7), partition, wanted=partition in "ad")

    pages = [page async for page in table.pages("wanted eq @yes", {"yes": True}, size=2)]

    assert all(pages), "no page is empty"
    assert [(row["PartitionKey"], row["RowKey"]) for page in pages for row in page] == [
        (partition, key) for partition in "ad" for key in numbered(7)
    ]


async def test_only_the_properties_asked_for_are_read(table: Table):
    await add_rows(table, ["r"], large=bytes(1000), small=1)

    (page,) = [page async for page in table.pages("small eq @one", {"one": 1}, select=("RowKey", "small"))]

    assert [dict(row) for row in page] == [{"RowKey": "r", "small": 1}]


async def test_a_value_in_a_filter_is_only_a_value(table: Table):
    odd = "o' or PartitionKey ne 'x @key"
    await add_rows(table, ["r"], name=odd)
    await add_rows(table, ["s"], name="other")

    (page,) = [page async for page in table.pages("name eq @name", {"name": odd})]

    assert [row["RowKey"] for row in page] == ["r"]


async def test_a_page_is_asked_for_when_it_is_wanted(table: Table):
    await add_rows(table, numbered(30))
    pages = table.pages("PartitionKey eq @key", {"key": "p"}, size=10)
    assert len(await anext(pages)) == 10

    await table.delete_rows("p", numbered(30))

    assert [page async for page in pages] == []


async def test_whoever_reads_may_take_long_over_a_page(table: Table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(azure, "PATIENCE", 0.5)
    await add_rows(table, numbered(4))
    seen = []

    async for page in table.pages("PartitionKey eq @key", {"key": "p"}, size=2):
        await asyncio.sleep(0.6)
        seen += [row["RowKey"] for row in page]

    assert seen == numbered(4)


async def test_a_table_nobody_has_written_to_has_no_pages(table: Table):
    assert [page async for page in table.pages("PartitionKey eq @key", {"key": "p"})] == []


async def test_an_outage_in_the_middle_of_the_pages_is_told(
    table: Table, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
):
    await add_rows(table, numbered(4))
    pages = table.pages("PartitionKey eq @key", {"key": "p"}, size=2)
    assert len(await anext(pages)) == 2
    monkeypatch.setattr(azure, "PATIENCE", 0.5)

    azurite.pause()
    try:
        with pytest.raises(CalendarError) as problem:
            await anext(pages)
    finally:
        azurite.resume()

    assert problem.value.code == "microsoftUnavailable"


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
async def test_rows_are_removed_however_many(table: Table, count: int):
    await add_rows(table, [*numbered(count), "kept"])
    await add_rows(table, ["0000"], partition="q")

    await table.delete_rows("p", numbered(count))

    assert await keys_of(table) == ["kept"]
    assert await keys_of(table, "q") == ["0000"]


async def test_rows_that_are_gone_keep_no_other_from_being_removed(table: Table):
    await add_rows(table, numbered(150))
    for gone in ("0000", "0050", "0099", "0149"):
        await table.delete("p", gone)

    await table.delete_rows("p", numbered(150))
    await table.delete_rows("p", numbered(150))

    assert await keys_of(table) == []


async def test_a_removal_that_fails_is_told(azurite: Azurite):
    dead = Tables(
        connection_string=azurite.connection_string.replace(str(azurite.port), "1"), endpoint=None, credential=None
    )

    with pytest.raises(CalendarError) as problem:
        await dead.open("rows").delete_rows("p", ["r"])

    assert problem.value.code == "microsoftUnavailable"
    await dead.close()


async def test_a_removal_that_azure_refuses_is_told(table: Table):
    await add_rows(table, ["r"])

    with pytest.raises(CalendarError):
        await table.delete_rows("p", ["r", "r"])  # one row twice in a transaction is a wrong request


def sign_in(name: str = "s", customer: str = "contoso", generation: str = "m1", binder: str = "b") -> SignIn:
    return SignIn(
        digest(name),
        customer,
        generation,
        digest(binder),
        "https://a.example/mobile/getcalendar",
        NOW + timedelta(hours=1),
        "https://ats.example/",
    )


async def claim(consents: ConsentRows, name: str = "s", binder: str = "b", now: datetime = NOW) -> SignIn | None:
    return await consents.claim(customer_mark("contoso"), digest(name), frozenset({digest(binder)}), now)


async def test_a_sign_in_is_claimed_once_even_by_many_at_once(consents: ConsentRows):
    await consents.add_sign_in(sign_in())

    claims = await asyncio.gather(*(claim(consents) for _ in range(20)))

    assert [found for found in claims if found] == [sign_in()]
    assert await claim(consents) is None


@pytest.mark.parametrize(
    ("name", "binder", "now"),
    [("other", "b", NOW), ("s", "other", NOW), ("s", "b", NOW + timedelta(hours=1))],
    ids=["unknown", "another browser", "too late"],
)
async def test_what_does_not_fit_is_not_claimed_and_uses_nothing_up(
    consents: ConsentRows, name: str, binder: str, now: datetime
):
    await consents.add_sign_in(sign_in())

    assert await claim(consents, name, binder, now) is None
    assert await claim(consents) == sign_in()


async def test_a_link_is_found_by_its_digest_in_its_customers_partition_only(consents: ConsentRows):
    link = Link(digest("t"), "contoso", "m1", NOW + timedelta(days=7))
    await consents.add_link(link)

    assert await consents.link(customer_mark("contoso"), digest("t")) == link
    assert await consents.link(customer_mark("fabrikam"), digest("t")) is None
    assert await consents.link(customer_mark("contoso"), digest("u")) is None


async def test_openings_of_a_link_are_counted(consents: ConsentRows):
    link = Link(digest("t"), "contoso", "m1", NOW + timedelta(days=7), "https://ats.example/")
    await consents.add_link(link)
    await consents.add_link(link)

    for _ in range(3):
        await consents.count_opening(link)

    assert await consents.link(customer_mark("contoso"), digest("t")) == replace(link, openings=3)


async def test_forgetting_takes_what_it_should_and_no_more(consents: ConsentRows):
    for entry in (sign_in("a"), sign_in("b", generation="m2"), sign_in("c", customer="fabrikam")):
        await consents.add_sign_in(entry)

    await consents.forget("contoso", generation="m1")

    assert await claim(consents, "a") is None
    assert await claim(consents, "b") is not None
    other = await consents.claim(customer_mark("fabrikam"), digest("c"), frozenset({digest("b")}), NOW)
    assert other is not None


async def test_forgetting_what_expired_keeps_what_did_not(consents: ConsentRows):
    await consents.add_sign_in(sign_in("old"))
    await consents.add_sign_in(replace(sign_in("new"), expires_at=NOW + timedelta(days=1)))

    await consents.forget("contoso", expired_by=NOW + timedelta(hours=1))

    assert await claim(consents, "old") is None
    assert await claim(consents, "new") is not None


async def test_what_expired_is_removed_of_every_customer(consents: ConsentRows):
    for name, customer in (("a", "contoso"), ("b", "fabrikam")):
        await consents.add_sign_in(sign_in(name, customer=customer))
    await consents.add_sign_in(replace(sign_in("new"), expires_at=NOW + timedelta(days=1)))

    await consents.remove_expired(NOW + timedelta(hours=2))

    assert await claim(consents, "a") is None
    assert await consents.claim(customer_mark("fabrikam"), digest("b"), frozenset({digest("b")}), NOW) is None
    assert await claim(consents, "new") is not None
