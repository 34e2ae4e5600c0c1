"""How many requests a process may repeat, so that an outage of Microsoft never meets a storm of retries.

Each call counts its own tries; but thousands of calls with six tries each make a short outage a long one. So all of
them share a budget, and when it is used up, a repeat waits until it comes back, or is not made. The idea is that of
Google's SRE book ("Handling Overload", per-client retry budget), of gRPC ("Retry Throttling", gRFC A6) and of the AWS
SDKs ("standard" retry mode, retry quota).
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

_FOR_OTHERS = 0.5  # of the whole budget, which those who wait for their share leave alone
_MOST_SHARES = 1000  # remembered, the least recently used go first


class RetryBudget:
    """A token bucket, full at first: a retry takes one, a good answer gives one back, and some come by themselves.

    What comes by itself lets a process try again after an outage, when nothing but retries could earn anything.
    """

    def __init__(
        self, capacity: float = 200.0, per_second: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._clock = clock
        self._left = capacity
        self._seen_at = clock()

    def take(self, *, keeping: float = 0.0) -> bool:
        """Take one for a retry; False if there is none above `keeping` times the capacity: no retry must be made."""
        self._put(0.0)
        if self._left < 1.0 + keeping * self._capacity:
            return False
        self._left -= 1.0
        return True

    def reserve(self, longest: float) -> float | None:
        """Take one that may have to come back by itself first.

        Return the seconds until it has; None, and take none, if that is longer than `longest`.
        """
        self._put(0.0)
        missing = max(0.0, 1.0 - self._left)
        if missing and not self._per_second:
            return None
        wait = missing / self._per_second if missing else 0.0
        if wait > longest:
            return None
        self._left -= 1.0
        return wait

    def give_back(self) -> None:
        """Put one back, for an answer that was no passing failure."""
        self._put(1.0)

    def _put(self, count: float) -> None:
        now = self._clock()
        self._left = min(self._capacity, self._left + count + self._per_second * (now - self._seen_at))
        self._seen_at = now


class RetryShares:
    """The budget of a process, of which each of its users has a share: nobody's storm takes the retries of others.

    A retry is paid for twice, from one's own share and from the whole. A share is enough for each of the fifty requests
    of a call for 1,000 people to fail once.
    """

    def __init__(
        self,
        whole: RetryBudget,
        capacity: float = 60.0,
        per_second: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whole = whole
        self._capacity = capacity
        self._per_second = per_second
        self._clock = clock
        self._shares: OrderedDict[Hashable, RetryBudget] = OrderedDict()

    def reserve(self, user: Hashable, longest: float) -> float | None:
        """Take one that may have to come back to the user's own share first; return what `RetryBudget.reserve` does.

        The whole pays at once, for those who wait only while half of it is left: storms leave the rest to others.
        """
        share = self._of(user)
        wait = share.reserve(longest)
        if wait is not None and not self._whole.take(keeping=_FOR_OTHERS if wait else 0.0):
            share.give_back()
            return None
        return wait

    def give_back(self, user: Hashable) -> None:
        """Put one back, for an answer that was no passing failure."""
        self._of(user).give_back()
        self._whole.give_back()

    def _of(self, user: Hashable) -> RetryBudget:
        share = self._shares.get(user)
        if share is None:
            share = self._shares[user] = RetryBudget(self._capacity, self._per_second, self._clock)
            if len(self._shares) > _MOST_SHARES:
                self._shares.popitem(last=False)
        self._shares.move_to_end(user)
        return share
