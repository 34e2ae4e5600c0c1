"""What the simulator saw and what is still to go wrong."""

import threading
from collections import Counter
from typing import Protocol

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.faults import Fault


class Trouble(Protocol):
    """What tests order for some requests: a Fault, or Chaos."""

    def matches(self, seen: SeenRequest) -> bool:
        """Tell whether it hits this request; asked once for each."""
        ...

    def use(self) -> Fault:
        """Count one hit and return what happens."""
        ...


class Journal:
    """What happened: requests, faults still to come, exceptions of the simulator itself. Safe to use in any thread."""

    def __init__(self) -> None:
        self.requests: list[SeenRequest] = []
        self.faults: list[Trouble] = []
        self.errors: list[str] = []
        self.keeps_requests = True
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, seen: SeenRequest) -> None:
        """Count a request, and keep it if requests are kept."""
        with self._lock:
            self._counts[seen.service] += 1
            if self.keeps_requests:
                self.requests.append(seen)

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self.requests.clear()
            self._counts.clear()

    def count(self, service: str) -> int:
        """Return how many requests this service has seen, kept or not."""
        with self._lock:
            return self._counts[service]

    def take_fault(self, seen: SeenRequest) -> Fault | None:
        """Return what goes wrong with this request, of the first that hits it; None if it goes well."""
        with self._lock:
            return next((trouble.use() for trouble in self.faults if trouble.matches(seen)), None)
