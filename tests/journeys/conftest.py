"""Fixtures for tests that call the functions."""

import pytest

from tests.journeys.api import Api, Company, new_company
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
