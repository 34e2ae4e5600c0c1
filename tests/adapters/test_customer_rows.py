"""Customers as rows in Azurite: everything survives, and conditional writes hold."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.customer_rows import CustomerRows, from_row, to_row
from lib.adapters.tables import Tables
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
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import CalendarError, Owner
from lib.ports import Conflict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
REVISION = Revision("m1", NOW, Access(ConfigurationType.ADVANCED, "contoso.com", "a" * 36, Consent.ADMIN))
CUSTOMER = Customer("contoso", "m1", "m1", REVISION)


@pytest.fixture
def customers(tables: Tables) -> CustomerRows:
    return CustomerRows(tables.open(f"customers{uuid.uuid4().hex}"))


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
