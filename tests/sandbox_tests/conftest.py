"""Fixtures for tests of the simulated Microsoft."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.testing import Client, authority, connected, running
from tests.sandbox.microsoft.testing_sign_in import SignIn


@pytest.fixture
def microsoft() -> Iterator[SimulatedMicrosoft]:
    """A running one with a fresh demo world."""
    with running() as running_one:
        yield running_one


@pytest.fixture
async def client(microsoft: SimulatedMicrosoft) -> AsyncIterator[Client]:
    """A plain client of it."""
    async with connected(microsoft) as open_one:
        yield open_one


@pytest.fixture
def user(client: Client) -> SignIn:
    """A user and an application of Northwind, who use it by hand."""
    return SignIn(client)


@pytest.fixture
def trust(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make MSAL trust it as the product does: the environment overrides whatever `verify` says (facts 10.2)."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority().bundle_file))
