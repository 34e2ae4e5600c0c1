"""A few pieces of work at a time: what was not begun goes before what has to be repeated."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress


class Turns[Piece]:
    """Does `work` with each piece, so many at a time as there are `places`."""

    def __init__(self, places: int, work: Callable[[Piece], Awaitable[None]]) -> None:
        self._free = places
        self._work = work
        self._pieces: deque[Piece] = deque()
        self._rested: deque[asyncio.Future[None]] = deque()
        self._group = asyncio.TaskGroup()
        self._stopped = asyncio.Event()

    async def run(self, pieces: Iterable[Piece]) -> None:
        """Do everything, what is put in front meanwhile included. Raises the first exception, which ends all work."""
        self._pieces.extend(pieces)
        first: Exception | None = None
        try:
            async with self._group:
                self._go_on()
        except ExceptionGroup as problems:
            first = problems.exceptions[0]
        if first:  # raised here, since the group holds it, and two that hold each other stay in memory
            raise first

    def put_in_front(self, pieces: Iterable[Piece]) -> None:
        """Do these next, when a place is free, unless it was stopped."""
        if self._stopped.is_set():
            return
        self._pieces.extendleft(reversed(list(pieces)))

    def stop(self) -> None:
        """Begin nothing more, and let nobody rest any longer; what is under way is done to its end."""
        self._pieces.clear()
        self._stopped.set()

    async def rest(self, seconds: float) -> None:
        """Let others go on for so long, and then until it is one's turn again. To be called by `work`."""
        self._free += 1
        self._go_on()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rested.append(turn)
        self._go_on()
        await turn

    def _go_on(self) -> None:
        """Fill the places. Whoever was cancelled while resting is cancelled with all others, so nothing is lost."""
        while self._free and (self._pieces or self._rested):
            self._free -= 1
            if self._pieces:
                self._group.create_task(self._do(self._pieces.popleft()))
            elif not (turn := self._rested.popleft()).done():
                turn.set_result(None)

    async def _do(self, piece: Piece) -> None:
        await self._work(piece)
        self._free += 1  # not after an exception, which ends everything
        self._go_on()
