"""What tests of every kind share: one running sandbox for the whole run, and a client of its functions."""

import logging
from collections.abc import Iterator

import pytest

from lib import telemetry
from tests.sandbox.stack import Stack


@pytest.fixture(autouse=True)
def log_as_it_comes() -> None:
    """Let each test begin without telemetry's filters, which an earlier one set up and which stay with the process."""
    logging.getLogger(telemetry.LOGGER).filters.clear()
    for handler in logging.getLogger().handlers:  # pytest's own live as long as the run
        handler.filters.clear()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The running sandbox: simulated Microsoft, Azurite, and the function app on its host.

    Shared by all tests, so a test brings its own customer id, and its own tenant if it changes one.
    """
    with Stack() as running:
        yield running
        assert running.microsoft.errors == [], "the simulated Microsoft failed"
        assert running.smtp.errors == [], "the SMTP server failed"
