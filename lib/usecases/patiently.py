"""Asking Graph again while that may help: a few tries, each after the pause Graph asks for, within the deadline."""

import asyncio
from collections.abc import Awaitable, Callable

from lib.ports import LEAST_TRY, Deadline
from lib.ports.graph import GraphAnswer, Tally, TryAgain

_TRIES = 6


async def patiently(
    ask: Callable[..., Awaitable[GraphAnswer]],
    deadline: Deadline,
    tally: Tally,
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> GraphAnswer:
    """Return what `ask` returns, which is told how many `tries` were before. `rest` spends the pauses.

    Raises the problem of the last try as soon as another one may not be made, or would come too late.
    """
    tries = 0
    while True:
        try:
            return await ask(tries=tries)
        except TryAgain as failure:
            tries += 1
            pause = failure.after
            if pause is None or tries == _TRIES or pause + LEAST_TRY > deadline.left():
                raise failure.told() from failure
        with tally.waiting():
            await rest(pause)
