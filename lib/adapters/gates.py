"""Gates: so many requests at a time for the same thing, first come, first served, and nobody while it is paused.

Nothing is remembered of a gate that nobody uses. Used on one event loop.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Hashable, Iterator

from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.ports import Deadline


class _Turn:
    """Somebody who waits at a gate. The bell says: look again; whether a place is held says `admitted` alone.

    So a bell that rings for nothing, or together with a time-out or a cancellation, neither wins nor loses a place.
    """

    def __init__(self) -> None:
        self.admitted = False
        self.bell = asyncio.Event()

    def ring(self) -> None:
        # Whose loop is closed does not wait any more; such a turn ends when its coroutine is thrown away.
        with contextlib.suppress(RuntimeError):
            self.bell.set()


class Gate:
    """A gate with some places. `users` are those who have it at hand, waiting or not."""

    def __init__(self, places: int) -> None:
        self.users = 0
        self._free = places
        self._queue: deque[_Turn] = deque()
        self._opens_at = 0.0  # on the monotonic clock

    def pause(self, seconds: float) -> None:
        """Let nobody in for so long; a longer pause that was ordered before stays. Who is inside is not disturbed."""
        self._opens_at = max(self._opens_at, time.monotonic() + seconds)
        for turn in self._queue:
            turn.ring()  # some will not wait that long

    def paused(self) -> float:
        """Return the seconds that are left of the pause."""
        return max(0.0, self._opens_at - time.monotonic())

    @contextlib.asynccontextmanager
    async def place(self, deadline: Deadline) -> AsyncIterator[None]:
        """Hold a place. Raises Throttled as soon as the gate is paused beyond the deadline, MicrosoftTimeout at it.

        The deadline may be extended meanwhile.
        """
        turn = _Turn()
        self._queue.append(turn)
        self._admit()
        try:
            while not turn.admitted:
                await self._wait(turn, deadline)
            if not deadline.left():
                raise MicrosoftTimeout
            yield
        finally:
            if turn.admitted:
                self._free += 1
                self._admit()
            else:
                self._queue.remove(turn)

    async def _wait(self, turn: _Turn, deadline: Deadline) -> None:
        """Wait until the bell rings, the pause ends or the deadline is over, whichever comes first."""
        left, paused = deadline.left(), self.paused()
        if not left:
            raise MicrosoftTimeout
        if paused >= left:
            raise Throttled(paused)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(left, paused or left)):
                await turn.bell.wait()
        turn.bell.clear()
        self._admit()  # nobody else does when a pause ends

    def _admit(self) -> None:
        """Hand free places to those who wait longest; nobody can take one in between."""
        while self._queue and self._free and not self.paused():
            turn = self._queue.popleft()
            self._free -= 1
            turn.admitted = True
            turn.ring()


class Gates:
    """Gates by what they are for, each with the same number of places."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._gates: dict[Hashable, Gate] = {}

    def __len__(self) -> int:
        return len(self._gates)

    @contextlib.contextmanager
    def at(self, key: Hashable) -> Iterator[Gate]:
        """Have a gate at hand: while anybody does, it and its pause are remembered."""
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = Gate(self._places)
        gate.users += 1
        try:
            yield gate
        finally:
            gate.users -= 1
            if not gate.users:
                del self._gates[key]
