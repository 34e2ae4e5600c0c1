"""Fixtures of several tests of the use cases."""

import pytest

from tests.usecases.callers import Calls


@pytest.fixture
async def calls() -> Calls:
    """A customer whose users connect, and callers in a process that has just started."""
    calls = Calls()
    await calls.prepare(active=True)
    return calls
