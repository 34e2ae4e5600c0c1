"""Is this user connected, since when, and what is wrong."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import ConfigurationType
from lib.domain.connection import ConnectionReport, Ended
from lib.domain.errors import CustomerNotFound, MicrosoftUnavailable, Refused
from lib.domain.saving import save
from lib.usecases.read_connection import read_connection
from tests.usecases.fakes import DRAFT, NOW
from tests.usecases.office import USER_DRAFT, Office
from tests.usecases.user_fakes import ADA

EARLIER = NOW - timedelta(days=9)


@pytest.fixture
async def office() -> Office:
    return await Office(draft=USER_DRAFT).prepare()


async def ask(office: Office, user: str = ADA) -> ConnectionReport:
    return await read_connection("contoso", user, customers=office.customers, renewals=office.renewals)


async def test_a_user_who_never_connected(office: Office):
    assert await ask(office) == ConnectionReport("notConnected")


async def test_a_user_who_is_connected_in_any_letter_case_of_the_name(office: Office):
    await office.connect(connected_at=EARLIER, last_used_at=NOW)

    assert await ask(office) == await ask(office, ADA.upper()) == ConnectionReport("connected", EARLIER, NOW)
    assert (await ask(office, "bob@contoso.com")).state == "notConnected"


async def test_entra_id_is_not_asked_and_nothing_is_written(office: Office):
    before = await office.connect(lasts=-3600)

    assert (await ask(office)).state == "connected"

    assert office.user_entra.refreshed == []
    assert office.connections.get() == before


@pytest.mark.parametrize(
    ("ended", "reason", "remedy"),
    [
        (Ended(NOW, (50173,), "invalid_grant"), "(AADSTS50173)", "Connect your calendar"),
        (Ended(NOW, (50057,), "invalid_grant"), "disabled", "enable the account"),
        (Ended(NOW, (), "invalid_grant"), "(invalid_grant)", "Connect your calendar"),
        (Ended(NOW, (123456,), "invalid_grant"), "(AADSTS123456)", "123456"),
    ],
    ids=["revoked", "disabled", "without a number", "unknown number"],
)
async def test_a_user_whose_grant_has_ended(office: Office, ended: Ended, reason: str, remedy: str):
    await office.connect(connected_at=EARLIER, last_used_at=EARLIER, ended=ended)

    report = await ask(office)

    assert (report.state, report.connected_at, report.last_used_at) == ("reconnectRequired", EARLIER, EARLIER)
    assert reason in (report.reason or "")
    assert remedy in (report.remedy or "")


async def test_a_user_whose_tokens_do_not_open(office: Office):
    await office.connect(connected_at=EARLIER)
    office.sealer.broken = True

    report = await ask(office)

    assert (report.state, report.connected_at) == ("reconnectRequired", EARLIER)
    assert "cannot be opened" in (report.reason or "")
    assert "token-encryption-key" in (report.remedy or "")


async def test_a_vault_that_is_down_says_nothing_about_the_user(office: Office):
    await office.connect()
    office.steps.taken.clear()
    office.steps.fail_at = 3

    with pytest.raises(MicrosoftUnavailable):
        await ask(office)
    assert office.steps.taken == ["read row", "read connection", "open seal"]


async def test_under_admin_consent_nobody_needs_one(office: Office):
    await office.connect()
    office.customers.put(save(office.customer(), "contoso", DRAFT, secret_version="v1", now=NOW, mark="m2"))

    assert await ask(office) == ConnectionReport("notNeeded")


async def test_a_connection_of_an_earlier_life_is_none(office: Office):
    await office.connect(generation="m0")

    assert await ask(office) == ConnectionReport("notConnected")


async def test_a_customer_without_an_integration_or_unknown_is_told(office: Office):
    none = replace(DRAFT, access=replace(DRAFT.access, type=ConfigurationType.NONE))
    office.customers.put(save(None, "contoso", none, secret_version=None, now=NOW, mark="m1"))
    with pytest.raises(Refused) as problem:
        await ask(office)
    assert problem.value.code == "calendarNotConfigured"

    office.customers.rows.clear()
    with pytest.raises(CustomerNotFound):
        await ask(office)
