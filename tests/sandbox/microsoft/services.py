"""What the runner knows of the services that it runs."""

from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest


class Service(Protocol):
    """One of Microsoft's services. It spends its latency itself, where its requests count as in flight."""

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request."""
        ...


@runtime_checkable
class Watching(Protocol):
    """A service that wants to know how long clients wait."""

    def waiting(self, seen: SeenRequest) -> AbstractContextManager[None]:
        """Return a context that is entered while the client waits for the answer."""
        ...
