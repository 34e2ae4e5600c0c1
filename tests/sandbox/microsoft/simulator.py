"""The simulated Microsoft as tests and the sandbox use it."""

from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from tests.sandbox.certificates import Authority
from tests.sandbox.mail.inbox import Inbox
from tests.sandbox.microsoft.addresses import Addresses
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.communication import Communication
from tests.sandbox.microsoft.entra import Entra
from tests.sandbox.microsoft.graph import Graph
from tests.sandbox.microsoft.identity import Identity
from tests.sandbox.microsoft.journal import Journal, Trouble
from tests.sandbox.microsoft.server import ServerThread
from tests.sandbox.microsoft.services import Service
from tests.sandbox.microsoft.surroundings import Clock, Surroundings
from tests.sandbox.microsoft.tokens import Tokens, new_id
from tests.sandbox.microsoft.vault import Vault
from tests.sandbox.world.tenants import World


class SimulatedMicrosoft(Addresses):
    """All simulated services over one world. The addresses are known from construction on."""

    def __init__(
        self,
        world: World,
        authority: Authority,
        *,
        latency: float = 0.0,
        keep_requests: bool = True,
        inbox: Inbox | None = None,
    ) -> None:
        """Make it; mail goes into `inbox`, by default one of its own."""
        self.world = world
        self._authority = authority
        self._journal = Journal()
        self._journal.keeps_requests = keep_requests
        self._shared = shared = Surroundings(world, latency)
        shared.take_fault = self._journal.take_fault
        self._graph = Graph(shared)
        self._communication = Communication(shared, inbox if inbox is not None else Inbox())
        self._services: dict[str, Service] = {
            "entra": Entra(shared),
            "graph": self._graph,
            "vault": Vault(shared),
            "identity": Identity(shared),
            "communication": self._communication,
        }
        self._server = ServerThread(tuple(self._services), self._journal, lambda: self.world.abandoned_requests_go_on)
        shared.entra_url, shared.graph_url, shared.vault_url, shared.communication_url = (
            f"https://127.0.0.1:{self._server.port(name)}" for name in ("entra", "graph", "vault", "communication")
        )
        shared.identity_url = f"http://127.0.0.1:{self._server.port('identity')}"
        shared.identity_header = new_id()

    def start(self) -> None:
        """Start all services."""
        context = self._authority.server_context()
        contexts = {name: None if name == "identity" else context for name in self._services}
        self._server.start(self._services, contexts)

    def stop(self) -> None:
        """Stop all services; return when their thread has ended."""
        self._server.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def communication(self) -> Communication:
        """Communication Services, whose attributes change how they behave."""
        return self._communication

    @property
    def inbox(self) -> Inbox:
        """Where Communication Services deliver."""
        return self._communication.inbox

    @property
    def requests(self) -> list[SeenRequest]:
        """All requests so far, in the order they came."""
        return self._journal.requests

    @property
    def most_in_flight(self) -> dict[tuple[str, str], int]:
        """The most calendar requests for which clients ever waited at once, by application and mailbox of the URL.

        Keys are the client id and the primary address in lower case (the name in the URL, if it names no mailbox).
        Calendar requests are getSchedule and calendarView, in batches too, whatever their answer was.
        """
        return self._graph.flights.most()

    def clear_requests(self) -> None:
        """Forget the requests so far, and how many were in flight at once."""
        self._journal.clear()
        self._graph.flights.clear()

    def count(self, service: str) -> int:
        """Return how many requests a service has seen."""
        return self._journal.count(service)

    @property
    def faults(self) -> list[Trouble]:
        """Faults and Chaos in the order they are tried; append, remove and clear as you like."""
        return self._journal.faults

    @faults.setter
    def faults(self, faults: list[Trouble]) -> None:
        self._journal.faults[:] = faults

    @property
    def errors(self) -> list[str]:
        """Exceptions inside the simulator: bugs, so tests assert that it is empty."""
        return self._journal.errors

    @property
    def latency(self) -> dict[str, float]:
        """Seconds that each service takes; may be changed while running."""
        return self._shared.latency

    @property
    def now(self) -> Clock:
        """The clock; set another function to stop the time."""
        return self._shared.now

    @now.setter
    def now(self, clock: Clock) -> None:
        self._shared.clock = clock
        self._shared.offset = timedelta()

    def travel(self, **by: float) -> datetime:
        """Move the clock by a timedelta's arguments and return the new time; tokens and secrets age with it."""
        self._shared.offset += timedelta(**by)
        return self._shared.now()

    @property
    def tokens(self) -> Tokens:
        """Issues tokens, for tests that need one of their own making."""
        return self._shared.tokens

    @property
    def user_token_seconds(self) -> int:
        """How long users' access tokens for Graph last; may be changed while running."""
        return self._shared.user_token_seconds

    @user_token_seconds.setter
    def user_token_seconds(self, seconds: int) -> None:
        self._shared.user_token_seconds = seconds

    @property
    def id_token_changes(self) -> dict[str, object]:
        """Claims that ID tokens have from now on instead of the true ones; None leaves a claim out."""
        return self._shared.id_token_changes

    @id_token_changes.setter
    def id_token_changes(self, changes: dict[str, object]) -> None:
        self._shared.id_token_changes = changes

    @property
    def access_token_changes(self) -> dict[str, object]:
        """Claims that the access tokens of users have from now on instead of the true ones; None leaves one out."""
        return self._shared.access_token_changes

    @access_token_changes.setter
    def access_token_changes(self, changes: dict[str, object]) -> None:
        self._shared.access_token_changes = changes

    @property
    def deleted_delay(self) -> float:
        """Seconds until a deleted secret can be read as one."""
        return self._shared.deleted_delay

    @deleted_delay.setter
    def deleted_delay(self, seconds: float) -> None:
        self._shared.deleted_delay = seconds
