"""What tests of every kind share: one running sandbox for the whole run, and a client of its functions."""

from collections.abc import Iterator

import pytest

from tests.sandbox.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running sandbox: simulated Microsoft, Azurite, and the function app on its host.

    Shared by all tests, so a test brings its own customer id, and its own tenant if it changes one.
    """
    with Stack() as running:
        yield running
        assert running.microsoft.errors == [], "the simulated Microsoft failed"
        assert running.smtp.errors == [], "the SMTP server failed"
