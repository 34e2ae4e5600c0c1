"""How Microsoft is asked again: which failures pass, how long to wait before the next try, and when to give up.

The rules are Microsoft's ("Microsoft Graph throttling guidance"): wait what Retry-After says, else back off
exponentially; never at once, since refused requests count too. Chance spreads those who failed together (Amazon
Builders' Library, "Timeouts, retries and backoff with jitter"). All of it inside the caller's deadline.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lib.adapters.retry_budget import RetryBudget
from lib.ports import LEAST_TRY, Deadline

# 429 and 503 by the throttling guidance, 509 by Graph's list of errors, the rest by what they mean (RFC 9110).
TRANSIENT = frozenset({408, 429, 500, 502, 503, 504, 509})


class Passing(Exception):
    """A try failed in a way that may pass. `told` makes the error that the caller hears if there is no other try.

    `headers` are what came of an answer, `retry_after` the seconds that they ask for.
    """

    def __init__(
        self,
        told: Callable[[], Exception],
        *,
        headers: Mapping[str, str],
        retry_after: float | None = None,
    ) -> None:
        super().__init__("a failure that may pass")
        # Not the error itself: it is raised from this one, and two that hold each other stay in memory.
        self.told = told
        self.headers = headers
        self.retry_after = retry_after


@dataclass(frozen=True)
class Patience:
    """How long one try may take, how long connecting, and how long the first pause is about. All in seconds.

    A try is shorter than a call's deadline, so that a second one fits into it.
    """

    longest_try: float = 12.0
    connect: float = 4.0
    first_pause: float = 0.3

    def pause(self, tries: int, asked: float | None = None) -> float:
        """Return the seconds to wait after so many failed tries; `asked` is what Retry-After said.

        Retry-After: 0 is no permission to ask at once, and whoever says it again and again waits longer each time.
        """
        backoff: float = self.first_pause * 2.0 ** (tries - 1)
        if asked is None:
            return backoff * random.uniform(0.5, 1.0)  # noqa: S311  spreads load, protects nothing
        return asked + backoff * random.uniform(0.1, 0.3)  # noqa: S311


class Tries:
    """The tries of one request: how long to pause before the next, and whether there is one."""

    def __init__(self, most: int, deadline: Deadline, patience: Patience, budget: RetryBudget) -> None:
        self.number = 1
        self._most = most
        self._deadline = deadline
        self._patience = patience
        self._budget = budget

    def pause(self, asked: float | None = None) -> float:
        """Return the seconds to wait after the try that just failed; `asked` is what Retry-After said."""
        return self._patience.pause(self.number, asked)

    def another(self, pause: float) -> bool:
        """Tell whether there is another try after that pause, and count it: against the process's budget, too."""
        fits = self.number < self._most and pause + LEAST_TRY <= self._deadline.left()
        if not fits or not self._budget.take():
            return False
        self.number += 1
        return True
