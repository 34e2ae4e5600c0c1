"""Changing a customer's row while others change it, too."""

from dataclasses import replace

import pytest

from lib.domain.configuration import Customer
from lib.domain.errors import MicrosoftUnavailable
from lib.ports import Conflict
from lib.usecases import updating
from lib.usecases.connections_mark import announce_change
from tests.usecases.fakes import FakeCustomers
from tests.usecases.office import Office


@pytest.fixture
def office() -> Office:
    return Office()


def marked(customer: Customer) -> Customer:
    return replace(customer, connections_mark="m9")


async def test_a_change_is_stored_and_told(office: Office):
    await office.prepare()

    assert await updating.update("contoso", office.customers, marked)
    assert office.customers.rows["contoso"].customer.connections_mark == "m9"


async def test_nothing_is_stored_of_a_customer_that_is_gone(office: Office):
    assert not await updating.update("nobody", office.customers, marked)


async def test_a_customer_that_is_deleted_meanwhile_is_not_told_as_changed(office: Office):
    await office.prepare()
    customer = office.customers.rows["contoso"].customer
    office.customers.before_write = office.customers.rows.clear

    assert not await announce_change(customer, office.customers)
    assert office.customers.rows == {}


class Contested(FakeCustomers):
    """Others are always faster."""

    async def write(self, customer: Customer, etag: str | None) -> None:
        raise Conflict


async def test_who_is_never_fast_enough_is_told_that_it_is_busy(office: Office, monkeypatch: pytest.MonkeyPatch):
    await office.prepare()
    customers = Contested()
    customers.rows = office.customers.rows
    monkeypatch.setattr(updating, "ATTEMPTS", 3)

    with pytest.raises(MicrosoftUnavailable, match="many calls at once"):
        await updating.update("contoso", customers, marked)
