"""A simulated Microsoft for a whole file, asked by the real adapters over HTTPS."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.msal_session import MsalSession
from tests.model.connector import Connector
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.testing import authority, running


@dataclass(frozen=True)
class Process:
    """One process of the connector, and the Microsoft it asks."""

    microsoft: SimulatedMicrosoft
    connector: Connector


@pytest.fixture(scope="module")
def microsoft() -> Iterator[SimulatedMicrosoft]:
    """A simulated Microsoft, whose certificates this process trusts while the file's tests run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            patch.setenv(name, str(authority().bundle_file))
        with running(keep_requests=False) as simulated:
            yield simulated


@pytest.fixture(scope="module")
async def process(microsoft: SimulatedMicrosoft) -> AsyncIterator[Process]:
    """A process that all of the file's tests share."""
    http = Http(microsoft.entra_url, microsoft.graph_url)
    entra = EntraClient(http, microsoft.entra_url, f"{microsoft.graph_url}/.default", MsalSession)
    yield Process(microsoft, Connector(GraphClient(http, microsoft.graph_url), entra))
    await http.close()


@pytest.fixture
async def fresh_process(microsoft: SimulatedMicrosoft) -> AsyncIterator[Process]:
    """A process of the test's own, with a full budget for repeating."""
    http = Http(microsoft.entra_url, microsoft.graph_url)
    entra = EntraClient(http, microsoft.entra_url, f"{microsoft.graph_url}/.default", MsalSession)
    yield Process(microsoft, Connector(GraphClient(http, microsoft.graph_url), entra))
    microsoft.faults.clear()
    await http.close()
