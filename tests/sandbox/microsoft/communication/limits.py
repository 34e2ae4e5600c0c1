"""How many requests Communication Services answers, counted by the simulator's clock (facts 9.1).

A domain that Azure manages has its own small limits. What is refused does not count.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Literal

from tests.sandbox.microsoft.communication.errors import MailError

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
MANAGED = ".azurecomm.net"


@dataclass
class Limits:
    """Requests per minute and per hour: for senders in a domain that Azure manages, and for all other senders."""

    managed_sends: tuple[int, int] = (5, 10)
    managed_status: tuple[int, int] = (10, 20)
    custom_sends: tuple[int, int] = (30, 100)
    custom_status: tuple[int, int] = (60, 200)
    _seen: dict[str, deque[datetime]] = field(default_factory=dict, repr=False)

    def forget(self) -> None:
        """Forget what was counted so far."""
        self._seen.clear()

    def count(self, what: Literal["sends", "status"], sender: str, now: datetime) -> None:
        """Count a request for a mail of this sender. Raises MailError 429 with Retry-After."""
        name = f"{'managed' if sender.lower().endswith(MANAGED) else 'custom'}_{what}"
        limits: tuple[int, int] = getattr(self, name)
        seen = self._seen.setdefault(name, deque())
        while seen and seen[0] <= now - _HOUR:
            seen.popleft()
        wait = max(_wait(seen, now, *rule) for rule in zip((_MINUTE, _HOUR), limits, strict=True))
        if wait > 0:
            text = f"Too many requests. Please try again after {wait} seconds."
            raise MailError(429, "TooManyRequests", text, {"Retry-After": str(wait)})
        seen.append(now)


def _wait(seen: deque[datetime], now: datetime, window: timedelta, most: int) -> int:
    """Return the seconds until one more is answered, 0 for now."""
    recent = [moment for moment in seen if moment > now - window]
    if len(recent) < most:
        return 0
    # Enough must leave the window that one more has room.
    free = recent[len(recent) - most] + window if most else now + window
    return max(1, ceil((free - now).total_seconds()))
