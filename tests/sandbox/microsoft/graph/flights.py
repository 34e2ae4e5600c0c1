"""How many calendar requests clients wait for at once, per application and mailbox."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

Key = tuple[str, str]
"""The client id and the mailbox in the URL."""


class Flights:
    """Counts requests from their arrival to their answer, or until the client hangs up. Read in any thread."""

    def __init__(self) -> None:
        self._now: Counter[Key] = Counter()
        self._most: Counter[Key] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def flight(self, key: Key) -> Iterator[None]:
        """Count a request for as long as the context lasts."""
        with self._lock:
            self._now[key] += 1
            self._most[key] = max(self._most[key], self._now[key])
        try:
            yield
        finally:
            with self._lock:
                self._now[key] -= 1

    def most(self) -> dict[Key, int]:
        """Return the highest number there ever was, or was since `clear`."""
        with self._lock:
            return dict(self._most)

    def clear(self) -> None:
        """Forget what was, but not what is in flight."""
        with self._lock:
            self._most = +self._now
