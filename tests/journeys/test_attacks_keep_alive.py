"""The timer that keeps connections alive: it must neither forget what is new, nor stop for one that is broken."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lib.domain.configuration import Access, ConfigurationType, Consent, Customer, Revision
from lib.domain.connection import Connection
from lib.ports import Deadline, Stored, StoredConnection
from lib.usecases.credentials import Credentials
from lib.usecases.keep_alive import KeepAlive
from tests.journeys.api import Api, Company
from tests.journeys.attacker import connect, connection_of, new_office, put_row, rows_of, tables
from tests.journeys.test_attacks_changes import keep_alive, make_due
from tests.sandbox.stack import Stack

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
OLD, NEW = "a" * 32, "b" * 32


def office(customer: str, generation: str) -> Customer:
    """Return a customer whose users connect for themselves."""
    access = Access(ConfigurationType.ADVANCED, "contoso.com", "app", Consent.USER)
    return Customer(customer, generation, "e", Revision("r", NOW, access, secret_version="v"))


class Rows:
    """Connections in the order of their keys, with something that happens between two of them."""

    def __init__(self, *keys: tuple[str, str]) -> None:
        self.keys = list(keys)
        self.between: Any = lambda: None

    async def generations(self) -> AsyncIterator[tuple[str, str]]:
        for number, key in enumerate(self.keys):
            if number:
                self.between()
            yield key

    async def not_renewed_since(self, moment: datetime) -> AsyncIterator[StoredConnection]:
        for customer, generation in self.keys:
            yield StoredConnection(
                Connection(customer, generation, "u", "t", "o", b"", NOW, moment - timedelta(days=1)), "e"
            )

    async def forget(self, customer: str, generation: str) -> None:
        self.keys = [key for key in self.keys if key != (customer, generation)]


class Offices:
    """Customers by their ids; an exception in place of one is raised."""

    def __init__(self, **rows: Any) -> None:
        self.rows = rows
        self.pause = 0.0

    async def read(self, customer: str) -> Stored | None:
        await asyncio.sleep(self.pause)
        found = self.rows.get(customer)
        if isinstance(found, Exception):
            raise found
        return Stored(found, "e") if found else None


class Renewals:
    """Renews everything, except what is told to fail."""

    def __init__(self, connections: Rows, problem: Exception | None = None) -> None:
        self.connections, self.problem = connections, problem
        self.renewed: list[str] = []

    def now(self) -> datetime:
        return NOW

    async def open(self, connection: Connection) -> object:
        return object()

    async def renew(self, stored: StoredConnection, *_: object) -> None:
        if self.problem and stored.connection.customer == "broken":
            raise self.problem
        self.renewed.append(stored.connection.customer)


def timer(customers: Offices, renewals: Renewals) -> KeepAlive:
    credentials = Credentials(SimpleNamespace(), None)  # type: ignore[arg-type]
    return KeepAlive(customers, renewals, credentials)  # type: ignore[arg-type]


async def test_who_connects_in_a_new_life_of_the_customer_during_the_run_stays_connected():
    """Deleted and saved again while the timer goes through the rows: it knows the customer of before."""
    rows, customers = Rows(("acme", OLD), ("acme", NEW)), Offices(acme=office("acme", OLD))
    rows.between = lambda: customers.rows.update(acme=office("acme", NEW))

    await timer(customers, Renewals(rows)).run(Deadline.after(60))

    assert ("acme", NEW) in rows.keys


@pytest.mark.parametrize("problem", [KeyError("newest"), ValueError("no JSON"), TypeError("x")], ids=repr)
async def test_a_customer_whose_row_cannot_be_read_stops_no_other(problem: Exception):
    rows = Rows(("broken", OLD), ("good", OLD))
    renewals = Renewals(rows)

    result = await timer(Offices(broken=problem, good=office("good", OLD)), renewals).run(Deadline.after(60))

    assert renewals.renewed == ["good"]
    assert ("broken", OLD) in rows.keys, "what cannot be read is no reason to forget anybody"
    assert result.failed >= 1 or not result.complete


async def test_looking_for_what_is_over_leaves_time_for_renewing():
    """Each customer is read, one after the other; with tens of thousands the run would end before its first renewal."""
    names = [f"c{number:03}" for number in range(200)]
    customers = Offices(**{name: office(name, OLD) for name in names})
    customers.pause = 0.005
    renewals = Renewals(Rows(*((name, OLD) for name in names)))

    result = await timer(customers, renewals).run(Deadline.after(20.4))

    assert renewals.renewed or not result.complete
    assert renewals.renewed, "nobody was renewed, although there was time for many"


@pytest.mark.parametrize("problem", [RuntimeError("a bug"), ValueError("too large"), OverflowError()], ids=repr)
async def test_a_bug_with_one_connection_is_counted_and_stops_no_other(problem: Exception):
    rows = Rows(("broken", OLD), ("good", OLD))
    renewals = Renewals(rows, problem)
    customers = Offices(broken=office("broken", OLD), good=office("good", OLD))
    lost: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    try:
        result = await timer(customers, renewals).run(Deadline.after(60))
    finally:
        await asyncio.sleep(0)
        asyncio.get_running_loop().set_exception_handler(None)

    assert renewals.renewed == ["good"]
    assert result.failed == 1, "a connection that fails every night must be seen in the log"
    assert lost == []


async def test_a_customer_that_is_switched_to_admin_consent_keeps_its_connections():
    customer = office("acme", OLD)
    assert customer.newest is not None
    access = replace(customer.newest.access, consent=Consent.ADMIN)
    rows = Rows(("acme", OLD))

    result = await timer(
        Offices(acme=replace(customer, newest=replace(customer.newest, access=access))), Renewals(rows)
    ).run(Deadline.after(60))

    assert rows.keys == [("acme", OLD)]
    assert (result.due, result.renewed, result.removed) == (0, 0, 0)


def test_one_damaged_row_of_a_customer_stops_nobody_elses_renewal(stack: Stack, api: Api):
    companies: list[Company] = [new_office(stack, api) for _ in range(2)]
    companies.sort(key=lambda company: company.customer)
    for company in companies:
        assert connect(stack, api, company, company.recruiter).status_code == 200
    due = [make_due(stack, company) for company in companies]
    (row,) = rows_of(stack, "customers", companies[0].customer)
    put_row(stack, "customers", row | {"newest": "{"})

    try:
        assert keep_alive(stack)
        assert connection_of(stack, companies[1], companies[1].recruiter)["renewedAt"] > due[1]["renewedAt"]
        assert connection_of(stack, companies[0], companies[0].recruiter)["sealed"] == due[0]["sealed"]
    finally:
        with tables(stack) as service:
            service.get_table_client("customers").delete_entity(row["PartitionKey"], row["RowKey"])
