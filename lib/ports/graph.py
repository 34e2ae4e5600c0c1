"""What the use cases need from Microsoft Graph."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from lib.domain.microsoft import AppToken, RegisteredSecret, UserToken
from lib.ports import Deadline


@dataclass(frozen=True)
class GraphAnswer:
    """A good answer of Graph: its JSON and the id that Microsoft's support asks for."""

    body: Mapping[str, Any] = field(repr=False)
    request_id: str | None = None


@dataclass
class Tally:
    """What a call cost: `requests` that went to Graph, those `repeated` among them, and the ids of all answers.

    `shared` counts the answers to another call's requests that this one got, too.
    """

    requests: int = 0
    repeated: int = 0
    shared: int = 0
    request_ids: list[str] = field(default_factory=list)
    _waited: float = field(default=0.0, init=False, repr=False)
    _waiting: int = field(default=0, init=False, repr=False)
    _since: float = field(default=0.0, init=False, repr=False)

    @property
    def waited(self) -> float:
        """The seconds up to now in which the call waited for Microsoft, however many of its requests did so at once."""
        return self._waited + (time.perf_counter() - self._since if self._waiting else 0.0)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time until the block ends as waited."""
        if not self._waiting:
            self._since = time.perf_counter()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._waited += time.perf_counter() - self._since


@dataclass(frozen=True)
class Seat:
    """Where Graph is asked from: an application of a tenant, and the mailbox in the URL.

    `mailbox` is None for /me: the user whose token it is. Graph's limits count per application and mailbox.
    """

    tenant: str
    application_id: str
    mailbox: str | None


class TryAgain(Exception):
    """Graph did not answer, or not with an answer, but it may the next time, `after` so many seconds.

    `after` is None if nothing may be repeated just now, or not in time. `told` makes the error to tell if nobody tries
    again: GraphRefused, Throttled, MicrosoftTimeout or MicrosoftUnavailable. (Not the error itself: it is raised from
    this one, by each who waited, and two that hold each other stay in memory.)
    """

    def __init__(self, told: Callable[[], Exception], after: float | None) -> None:
        super().__init__(f"may be tried again after {after}")
        self.told = told
        self.after = after


class Graph(Protocol):
    """Microsoft Graph. Every method may raise GraphRefused, Throttled, MicrosoftTimeout and MicrosoftUnavailable."""

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        """Ask for free/busy once; times come in UTC, and the answer has a list `value`.

        `tries` are those before this one. The deadline may be extended meanwhile. Raises TryAgain for what may pass.
        """

    async def profile(self, token: UserToken, deadline: Deadline) -> Mapping[str, Any]:
        """Return what the directory says of the signed-in user: id, userPrincipalName, mail, proxyAddresses."""

    async def registered_secrets(
        self, token: AppToken, application_id: str, deadline: Deadline
    ) -> list[RegisteredSecret]:
        """Return the client secrets of an application that may read itself."""
