"""`python -m tests.bench.pinger URL`: asks one cheap thing again and again, in a process in which nothing else happens.

Each line that it reads begins it or ends it. Prints a line of JSON when it has begun, and one with the seconds of each
answer when it has ended. It ends with its input.
"""

import asyncio
import json
import sys
import time

import aiohttp

_PAUSE = 0.02  # seconds


async def _serve(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        while await _line():
            times: list[float] = []
            asking = asyncio.create_task(_ask(session, url, times))
            _tell({})
            await _line()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            _tell(times)


async def _ask(session: aiohttp.ClientSession, url: str, times: list[float]) -> None:
    while True:
        began = time.perf_counter()
        async with session.get(url) as answer:
            answer.raise_for_status()
            await answer.read()
        times.append(time.perf_counter() - began)
        await asyncio.sleep(_PAUSE)


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
