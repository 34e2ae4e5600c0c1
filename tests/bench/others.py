"""Figure 8: a hundred people, against what a user of Graph's libraries would have to write, and against $batch."""

import asyncio
from contextlib import AsyncExitStack

from tests.bench import world
from tests.bench.callers import KEY, Direct, Function, graph_token
from tests.bench.clients.task import Task
from tests.bench.part import Part
from tests.bench.place import LATENCIES, Place
from tests.bench.report import Result, median, ms, p95, progress, say, table, wrong

_PEOPLE = 100
_ROUNDS = 12
_OURS = "function"
_NAMES = {
    _OURS: "our function, one call",
    "sdk": "msgraph-sdk, 5 chunks one after another",
    "o365": "O365, 5 chunks one after another",
    "batches": "aiohttp, 5 $batch of 20 calendarViews",
}
_SHORT = {"sdk": "msgraph-sdk", "o365": "O365", "batches": "calendarViews in $batch"}


async def measure(place: Place) -> list[Result]:
    """Save and test the customer, start each client in a process of its own, and let them ask in turns."""
    async with AsyncExitStack() as running:
        host = running.enter_context(place.start_host())
        question = world.question(world.MANY_PEOPLE[:_PEOPLE])
        async with Function(host.url) as ours, Direct(place) as direct:
            await ours.set_up()
            expected = world.views(await direct.ask_for_many(question))
        if len(expected) != _PEOPLE or "none" in expected.values():
            wrong(f"Graph did not answer for all of {_PEOPLE} people: {expected}")
        graph_url = place.microsoft.environment["GRAPH_URL"]
        task, file = Task(graph_url, graph_token(place), world.USER, ours.address, KEY, question), place.folder / "task"
        task.write(file)
        clients = {}
        for name in _NAMES:
            progress(f"figure 8: starting {_NAMES[name]}")
            part = Part(place.folder, "tests.bench.clients", place.microsoft.environment, name, str(file))
            clients[name] = await running.enter_async_context(part)
            world.check_views(name, (await part.read())["views"], expected)
        progress(f"figure 8: {_ROUNDS} rounds")
        times, used = await _in_turns(clients, expected)
    _print(times, used)
    return [_result(times, name) for name in _SHORT]


async def _in_turns(
    clients: dict[str, Part], expected: dict[str, str]
) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Return each client's seconds, and the processor time that it took for one asking."""
    times: dict[str, list[float]] = {name: [] for name in clients}
    used = dict.fromkeys(clients, 0.0)
    names = list(clients)
    for number in range(_ROUNDS):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            told = await clients[name].ask()
            world.check_views(name, told["views"], expected)
            times[name].append(told["seconds"])
            used[name] += told["processor"] / _ROUNDS
            await asyncio.sleep(LATENCIES["graph"] / 2)
    return times, used


def _print(times: dict[str, list[float]], used: dict[str, float]) -> None:
    table(
        f"8. {_PEOPLE} people, Graph takes {ms(LATENCIES['graph'])} ms, {_ROUNDS} rounds in turns, everything warm",
        ("asked through", "median ms", "p95 ms", "ours : this", "its processor ms"),
        [
            [
                _NAMES[name],
                *(ms(median(seconds)), ms(p95(seconds))),
                *(f"{median(times[_OURS]) / median(seconds):.2f}", ms(used[name])),
            ]
            for name, seconds in times.items()
        ],
    )
    say(
        "  All give the same availability views. O365 is spared the 200 ms that it waits before each request.\n"
        "  A batch of the simulated Graph takes as long as its slowest request: all twenty are worked on at once."
    )


def _result(times: dict[str, list[float]], name: str) -> Result:
    ratio = median(times[_OURS]) / median(times[name])
    return Result(f"{_PEOPLE} people : {_SHORT[name]}", "< 1.00", f"{ratio:.2f}", ratio < 1)
