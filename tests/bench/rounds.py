"""Times of several ways to ask the same, taken in turns, so that what disturbs one disturbs all."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.bench import world
from tests.bench.place import LATENCIES

_WARM_UPS = 5

Ask = Callable[[], Awaitable[Any]]


async def interleaved(
    asks: Mapping[str, Ask], rounds: int, expected: dict[str, str] | None, warm_ups: int = _WARM_UPS
) -> dict[str, list[float]]:
    """Return the seconds of each way to ask. Every round asks in another order; every answer is checked.

    Calls that do not wait for Graph (nothing expected) pause as long before: what was idle answers more slowly.
    """
    names = list(asks)
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(-warm_ups, rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            if expected is None:
                await asyncio.sleep(LATENCIES["graph"])
            began = time.perf_counter()
            answer = await asks[name]()
            seconds = time.perf_counter() - began
            if expected is not None:
                world.check(name, answer, expected)
            if number >= 0:
                times[name].append(seconds)
    return times
