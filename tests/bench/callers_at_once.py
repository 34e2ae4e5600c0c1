"""Figure 9: 32 callers at once, each of another customer: how many calls, and what a call costs the processor.

Against a bare aiohttp client, which no function app can beat, and against threads with requests, which is what a user
would write. Who asks our functions is a process of its own, and does not count.
"""

import asyncio
import math
import os
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

from tests.bench import world
from tests.bench.callers import KEY, Direct, Function
from tests.bench.load import Calls, write
from tests.bench.part import Part
from tests.bench.place import LATENCIES, Place
from tests.bench.processes import all_processor_seconds, child, processor_seconds
from tests.bench.report import Result, median, ms, p95, progress, say, table, wrong
from tests.sandbox.host.process import HostProcess

_CALLERS = len(world.COMPANIES)
_SECONDS, _ROUNDS = 5.0, 2
_SETTING_UP = 8  # customers at a time
_OURS, _LIMIT, _SCRIPT = "our function", "aiohttp, directly", "threads with requests, directly"
_PARTS = {"refused": "a refused call (the host and the function's edge)", "health": "health (that and one table read)"}
_BUSY = 0.85  # of a core: more is called full
_PROCESSES = ("host", "callers", "Graph", "Azurite")
_ALL = "all"  # that the machine does, with processes of strangers


@dataclass
class _Load:
    """A way to ask, and what came of it. `answering` is the process that counts, as seen by its processor time."""

    calls: str
    way: str
    answering: str
    seconds: float = 0.0
    times: list[float] = field(default_factory=list)
    used: dict[str, float] = field(default_factory=dict)

    def add(self, told: Mapping[str, Any], used: Mapping[str, float]) -> None:
        """Add a round."""
        self.seconds += told["seconds"]
        self.times += told["times"]
        self.used = {name: self.used.get(name, 0.0) + seconds for name, seconds in used.items()}

    @property
    def throughput(self) -> float:
        """Calls per second."""
        return len(self.times) / self.seconds

    @property
    def cost(self) -> float:
        """Seconds of the processor that a call takes in the process that counts."""
        return self.used[self.answering] / len(self.times)

    @property
    def limit(self) -> str:
        """Say what kept it from being faster: a process that cannot use more than a core, all cores, or Graph."""
        cores = {name: used / self.seconds for name, used in self.used.items()}
        busiest = max(_PROCESSES, key=lambda name: cores[name])
        if cores[busiest] > _BUSY:
            return f"{busiest}, a full core"
        if cores[_ALL] > _BUSY * (os.cpu_count() or 1):
            strangers = cores[_ALL] - sum(cores[name] for name in _PROCESSES)
            return "all cores full" + (f", {strangers:.1f} of strangers" if strangers > 1 - _BUSY else "")
        return "Graph's latency"


async def measure(place: Place) -> list[Result]:
    """Save and test the customers, then let all ways ask in turns."""
    loads = {
        _OURS: _Load("function", "aiohttp", "host"),
        _LIMIT: _Load("graph", "aiohttp", "callers"),
        _SCRIPT: _Load("graph", "threads", "callers"),
    }
    parts = {name: _Load(calls, "aiohttp", "host") for calls, name in _PARTS.items()}
    with place.start_host() as host:
        processes = {
            "host": child("tests.sandbox.host"),
            "Graph": place.microsoft.pid,
            "Azurite": child("azurite", str(place.azurite.port)),
        }

        def used() -> dict[str, float]:
            each = {name: processor_seconds(pid) for name, pid in processes.items()}
            return each | {_ALL: all_processor_seconds()}

        progress(f"figure 9: {_CALLERS} customers")
        await _write_calls(place, host)
        await _take(place, loads, used, _ROUNDS, _SECONDS)
        await _take(place, parts, used, 1, _SECONDS / 2)
    _print(loads, parts)
    return _results(loads)


async def _write_calls(place: Place, host: HostProcess) -> None:
    """Save and test all customers, and write down what is asked for them in each way."""
    gate = asyncio.Semaphore(_SETTING_UP)
    asked: dict[str, list[Calls]] = {"function": [], "graph": [], "refused": [], "health": []}

    async def set_up(company: world.Company) -> None:
        question = world.question(company.people)
        async with gate, Function(host.url, company.id, company.user) as ours, Direct(place, company) as direct:
            await ours.set_up(company.configuration)
            views = world.views(await direct.ask(question))
            if len(views) != len(company.people) or "none" in views.values():
                wrong(f"Graph did not answer for all people of {company.id}: {views}")
        asked["function"].append(Calls(ours.address, KEY, question, views))
        asked["graph"].append(Calls(direct.address, direct.headers, question, views))
        asked["refused"].append(Calls(ours.address, KEY, question | {"startTime": None}, status=400))
        asked["health"].append(Calls(f"{host.url}/health", {}, method="GET"))

    await asyncio.gather(*map(set_up, world.COMPANIES))
    for name, calls in asked.items():
        write(calls, place.folder / f"{name}.json")


async def _take(
    place: Place, loads: Mapping[str, _Load], used: Callable[[], dict[str, float]], rounds: int, seconds: float
) -> None:
    """Let each way ask for so long, in every round in another order; the others' processes wait meanwhile."""
    async with AsyncExitStack() as running:
        parts: dict[str, Part] = {}
        for name, load in loads.items():
            arguments = (str(place.folder / f"{load.calls}.json"), load.way, str(seconds))
            part = Part(place.folder, "tests.bench.load", place.microsoft.environment, *arguments)
            parts[name] = await running.enter_async_context(part)
            await part.read()
        for number in range(rounds):
            for name in list(loads)[:: 1 if number % 2 == 0 else -1]:
                progress(f"figure 9: {name}")
                before = used()
                told = await parts[name].ask()
                after = used()
                spent = {process: after[process] - before[process] for process in before}
                loads[name].add(told, spent | {"callers": told["processor"]})


def _print(loads: Mapping[str, _Load], parts: Mapping[str, _Load]) -> None:
    def row(name: str, load: _Load) -> list[str]:
        measured = [f"{load.throughput:.0f}", ms(median(load.times)), ms(p95(load.times))]
        per_call = [ms(load.used[process] / len(load.times)) for process in _PROCESSES]
        return [name, *measured, *per_call, load.limit]

    head = ("calls/s", "median ms", "p95 ms", *_PROCESSES, "limited by")
    latency, cores = LATENCIES["graph"], os.cpu_count()
    table(
        f"9. {_CALLERS} callers at once, 20 people each, Graph takes {ms(latency)} ms, {_ROUNDS} x {_SECONDS:.0f} s",
        ("asked through", *head),
        [row(name, load) for name, load in loads.items()],
    )
    table("   The same host without Graph", ("call", *head), [row(name, load) for name, load in parts.items()])
    say(
        f"  {', '.join(_PROCESSES)}: milliseconds of the processor per call; they share {cores} cores. What counts is\n"
        "  the host's process where ours is asked, since callers compute elsewhere, and the callers' where Graph is.\n"
        f"  Nobody can make more than {_CALLERS / latency:.0f} calls/s, since each waits for Graph."
    )


def _results(loads: Mapping[str, _Load]) -> list[Result]:
    ours = loads[_OURS]

    def result(other: str, least: float, most: float) -> tuple[Result, Result]:
        throughput, cost = ours.throughput / loads[other].throughput, ours.cost / loads[other].cost
        met = None if math.isnan(cost) else cost <= most
        return (
            Result(
                f"{len(world.COMPANIES)} callers, calls/s : {other}",
                f">= {least}",
                f"{throughput:.2f}",
                throughput >= least,
            ),
            Result(f"{len(world.COMPANIES)} callers, processor per call : {other}", f"<= {most}", f"{cost:.2f}", met),
        )

    return [*result(_LIMIT, 0.6, 2.5), *result(_SCRIPT, 1.5, 1.0)]
