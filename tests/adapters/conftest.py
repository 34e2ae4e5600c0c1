"""A simulated Microsoft and the adapters under test, in this process, over real HTTPS."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from lib.adapters import azure
from lib.adapters.azure import CLIENT_OPTIONS, azure_credential
from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.msal_session import MsalSession
from lib.adapters.sealing import Sealing
from lib.adapters.tables import Tables
from lib.adapters.vault import KeyVault
from lib.ports import Credential, Deadline
from tests.sandbox.azurite import Azurite
from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.testing import authority, running
from tests.sandbox.world import demo


@pytest.fixture(autouse=True)
def trust(monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Let the adapters trust the sandbox's certificates: by the environment, as any process would."""
    files = authority()
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(files.bundle_file))
    # aiohttp read its certificates when it was imported, before this authority was made.
    monkeypatch.setitem(CLIENT_OPTIONS, "connection_verify", str(files.ca_file))
    return files


@pytest.fixture
def microsoft() -> Iterator[SimulatedMicrosoft]:
    """A simulated Microsoft of the test's own; Contoso has consented."""
    with running() as simulated:
        application = simulated.world.tenants[demo.CONTOSO].applications[demo.CONTOSO_APPLICATION]
        application.granted_roles = {demo.CALENDAR_ROLE}
        yield simulated


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """The shared HTTP client."""
    client = Http(microsoft.entra_url, microsoft.graph_url)
    yield client
    await client.close()


@pytest.fixture
def entra(microsoft: SimulatedMicrosoft, http: Http) -> EntraClient:
    """Entra ID."""
    return EntraClient(http, microsoft.entra_url, f"{microsoft.graph_url}/.default", MsalSession)


@pytest.fixture
def graph(microsoft: SimulatedMicrosoft, http: Http) -> GraphClient:
    """Graph."""
    return GraphClient(http, microsoft.graph_url)


def contoso(secret: str = demo.CONTOSO_SECRET, version: str = "v1", tenant: str = demo.CONTOSO) -> Credential:
    """Return Contoso's credential with this secret."""

    async def value() -> str:
        return secret

    return Credential(("contoso", "g1", version), tenant, demo.CONTOSO_APPLICATION, value)


def fabrikam() -> Credential:
    """Return Fabrikam's credential."""

    async def value() -> str:
        return demo.FABRIKAM_SECRET

    return Credential(("fabrikam", "g1", "v1"), demo.FABRIKAM, demo.FABRIKAM_APPLICATION, value)


def soon(seconds: float = 15) -> Deadline:
    """Return a deadline."""
    return Deadline.after(seconds)


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """Azurite's table service."""
    folder: Path = tmp_path_factory.mktemp("azurite")
    with Azurite(authority(), folder) as running_azurite:
        yield running_azurite


@pytest.fixture
async def tables(azurite: Azurite) -> AsyncIterator[Tables]:
    """The Table Storage account."""
    opened = Tables(connection_string=azurite.connection_string, endpoint=None, credential=None)
    yield opened
    await opened.close()


@pytest.fixture
async def vaults(
    microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], KeyVault]]:
    """Open one client of the vault after the other: each is an instance of its own that remembers nothing."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, microsoft.environment()[name])
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(azure, "PATIENCE", 1.5)  # seconds, for what hangs
    opened = []

    def another() -> KeyVault:
        credential = azure_credential(None)
        vault = KeyVault(microsoft.vault_url, credential)
        opened.extend((vault, credential))
        return vault

    yield another
    for one in opened:
        await one.close()


@pytest.fixture
def instances(vaults: Callable[[], KeyVault]) -> Callable[[], Sealing]:
    """Make one sealer after the other, each as a process of its own would."""
    return lambda: Sealing(vaults())


@pytest.fixture
def one(instances: Callable[[], Sealing]) -> Sealing:
    """A sealer."""
    return instances()
