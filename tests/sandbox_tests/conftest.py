"""Fixtures for tests of the simulated Microsoft."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.testing import Client, connected, running


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
