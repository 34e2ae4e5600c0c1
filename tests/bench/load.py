"""`python -m tests.bench.load CALLS WAY SECONDS`: many callers at once, in a process in which nothing else happens.

CALLS is a file: a list of what each caller asks again and again. WAY is `aiohttp`, one event loop, or `threads`, one
thread with a requests.Session each. Every answer is checked. They ask for a second to warm up; then a line of JSON is
printed, and one for each line read: the callers ask for so many seconds, and what came of it is told. It ends with its
input.
"""

import argparse
import asyncio
import json
import ssl
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import aiohttp
import requests

from tests.bench import world
from tests.bench.report import wrong

_TIMEOUT = 90.0
_WARM_UP = 1.0


@dataclass(frozen=True)
class Calls:
    """What one caller asks, and the status and the availability views that it has to get; None: any."""

    url: str
    headers: dict[str, str]
    body: dict[str, Any] | None = None
    views: dict[str, str] | None = None
    status: int = 200
    method: str = "POST"

    def check(self, status: int, answer: Any) -> None:
        """Hold an answer to what it has to be. Raises WrongAnswer."""
        if status != self.status:
            wrong(f"{self.url} answered {status}: {answer}")
        if self.views is not None:
            world.check(self.url, answer, self.views)


def write(calls: Sequence[Calls], file: Path) -> None:
    """Write what the callers ask."""
    file.write_text(json.dumps([asdict(each) for each in calls]))


async def _loop(calls: Calls, session: aiohttp.ClientSession, until: float, times: list[float]) -> None:
    while (began := time.perf_counter()) < until:
        async with session.request(calls.method, calls.url, json=calls.body, headers=calls.headers) as answer:
            calls.check(answer.status, await answer.json())
        times.append(time.perf_counter() - began)


def _thread(calls: Calls, session: requests.Session, until: float, times: list[float]) -> None:
    while (began := time.perf_counter()) < until:
        answer = session.request(calls.method, calls.url, json=calls.body, headers=calls.headers, timeout=_TIMEOUT)
        calls.check(answer.status_code, answer.json())
        times.append(time.perf_counter() - began)


async def _by_aiohttp(calls: Sequence[Calls], seconds: float) -> None:
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(), limit=len(calls))
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=_TIMEOUT)) as session:

        async def work(until: float, times: list[float]) -> None:
            async with asyncio.TaskGroup() as group:
                for each in calls:
                    group.create_task(_loop(each, session, until, times))

        await work(time.perf_counter() + _WARM_UP, [])
        _tell({})
        while await asyncio.to_thread(sys.stdin.readline):
            began, used, times = time.perf_counter(), time.process_time(), list[float]()
            await work(began + seconds, times)
            _tell(_measured(began, used, times))


def _by_threads(calls: Sequence[Calls], seconds: float) -> None:
    sessions = [requests.Session() for _ in calls]
    with ThreadPoolExecutor(len(calls)) as threads:

        def work(until: float, times: list[float]) -> None:
            asking = [threads.submit(_thread, *each, until, times) for each in zip(calls, sessions, strict=True)]
            for thread in asking:
                thread.result()

        work(time.perf_counter() + _WARM_UP, [])
        _tell({})
        while sys.stdin.readline():
            began, used, times = time.perf_counter(), time.process_time(), list[float]()
            work(began + seconds, times)
            _tell(_measured(began, used, times))


def _measured(began: float, used: float, times: list[float]) -> dict[str, Any]:
    """Return seconds, processor time of all threads, and the seconds of each call."""
    return {"seconds": time.perf_counter() - began, "processor": time.process_time() - used, "times": times}


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Ask until the input ends."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.load", description=__doc__)
    arguments.add_argument("calls", type=Path)
    arguments.add_argument("way", choices=("aiohttp", "threads"))
    arguments.add_argument("seconds", type=float)
    options = arguments.parse_args()
    calls = [Calls(**each) for each in json.loads(options.calls.read_text())]
    if options.way == "threads":
        _by_threads(calls, options.seconds)
    else:
        asyncio.run(_by_aiohttp(calls, options.seconds))


if __name__ == "__main__":
    main()
