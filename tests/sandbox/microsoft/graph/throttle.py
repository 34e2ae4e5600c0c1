"""Outlook's throttling: four requests at once and 10,000 in ten minutes, per application and mailbox (facts 2.2)."""

from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Literal

from tests.sandbox.microsoft.graph.errors import GraphError

AT_ONCE = 4
IN_TEN_MINUTES = 10_000
_WINDOW = timedelta(minutes=10)


class Throttle:
    """Counts requests in flight and in the last ten minutes. Used on one event loop only."""

    def __init__(self) -> None:
        self._in_flight: Counter[tuple[str, str]] = Counter()
        self._recent: dict[tuple[str, str], deque[datetime]] = {}

    @contextmanager
    def slot(
        self, app_id: str, mailbox_id: str, now: datetime, concurrency: Literal["mailbox", "application"] = "mailbox"
    ) -> Iterator[None]:
        """Hold one of the slots of the mailbox, or of the application (`concurrency`).

        Raises GraphError 429. Refused requests count in the ten minutes too.
        """
        self._count((app_id, mailbox_id), now)
        key = (app_id, mailbox_id if concurrency == "mailbox" else "")
        if self._in_flight[key] >= AT_ONCE:
            text = "Application is over its MailboxConcurrency limit."
            raise GraphError(429, "ApplicationThrottled", text, {"Retry-After": "1"})
        self._in_flight[key] += 1
        try:
            yield
        finally:
            self._in_flight[key] -= 1
            if not self._in_flight[key]:
                del self._in_flight[key]

    def _count(self, key: tuple[str, str], now: datetime) -> None:
        recent = self._recent.setdefault(key, deque())
        while recent and recent[0] <= now - _WINDOW:
            recent.popleft()
        recent.append(now)
        if len(recent) > IN_TEN_MINUTES:
            wait = max(1, round((recent[0] + _WINDOW - now).total_seconds()))
            raise GraphError(429, "TooManyRequests", "Too many requests.", {"Retry-After": str(wait)})
