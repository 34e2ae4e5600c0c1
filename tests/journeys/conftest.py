"""Fixtures for tests that call the functions."""

from collections.abc import Iterator

import pytest

from tests.journeys.api import Api, Company, new_company
from tests.journeys.scans import Office, new_office
from tests.sandbox.stack import Stack


@pytest.fixture
def api(stack: Stack) -> Api:
    """A client of the functions."""
    return Api(stack)


@pytest.fixture
def company(stack: Stack) -> Company:
    """A consented company that nobody else uses, not saved yet."""
    return new_company(stack)


@pytest.fixture
def ready(api: Api, company: Company) -> Company:
    """A company whose configuration is saved and tested."""
    assert api.save(company).status_code == 200
    assert api.test(company).json()["passed"] is True
    return company


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    """A sandbox of its own for a file about the secret scan, since a scan writes to everybody."""
    with new_office() as office:
        yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The office, without customers."""
    yield running
    running.clear()
