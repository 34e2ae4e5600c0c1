"""What every service of the simulator shares: the world, the clock, the addresses, the tokens, the latencies."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID, LIFETIME, Tokens
from tests.sandbox.world.tenants import World

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


class Surroundings:
    """Shared by all services; `clock` and `latency` may be changed while they run."""

    def __init__(self, world: World, latency: float) -> None:
        self.world = world
        self.tokens = Tokens()
        self.clock: Clock = utc_now
        self.offset = timedelta()
        self.latency = dict.fromkeys(("entra", "graph", "vault", "identity", "communication"), latency)
        self.entra_url = self.graph_url = self.vault_url = self.identity_url = self.communication_url = ""
        self.identity_header = ""
        self.user_token_seconds = LIFETIME
        """How long users' access tokens for Graph last."""
        self.id_token_changes: dict[str, object] = {}
        """Claims that the next ID tokens have instead of the true ones; None leaves a claim out."""
        self.access_token_changes: dict[str, object] = {}
        """The same for the access tokens of users."""
        self.deleted_delay = 0.0
        """Seconds until a secret that was deleted can be read as a deleted one."""
        self.take_fault: Callable[[SeenRequest], Fault | None] = lambda seen: None
        """Returns what is to go wrong with a request that does not come over a connection of its own."""

    def now(self) -> datetime:
        """Return the simulated time."""
        return self.clock() + self.offset

    async def spend_latency(self, service: str) -> None:
        """Take as long as this service is set to take."""
        if self.latency[service] > 0:
            await asyncio.sleep(self.latency[service])

    @property
    def vault_resource(self) -> str:
        """The resource in the vault's challenge.

        The SDK wants the vault's host to end with "." + this host: 127.0.0.1:PORT ends with .0.0.1:PORT (facts 12.2,
        runtime.md 3), so production code needs no `verify_challenge_resource=False`.
        """
        return self.vault_url.replace("://127.", "://")

    @property
    def graph_audiences(self) -> set[str]:
        """The audiences of tokens for Graph: its address or its application id (facts 3.5)."""
        return {self.graph_url, GRAPH_APP_ID}

    @property
    def vault_audiences(self) -> set[str]:
        """The audiences of tokens for the vault."""
        return {self.vault_resource, "https://vault.azure.net"}

    @property
    def communication_audiences(self) -> set[str]:
        """The audiences of tokens for Communication Services; scopes spell it with one slash or two (facts 9.1)."""
        return {"https://communication.azure.com"}

    @property
    def infrastructure_resources(self) -> set[str]:
        """Resources that tokens are issued for in the home tenant only, without trailing slashes."""
        return self.vault_audiences | self.communication_audiences | {"https://storage.azure.com"}
