"""Figure 4: from process start to the first answered get_schedule, against what such a start cannot avoid."""

import shutil
import time
from pathlib import Path

import aiohttp

from tests.bench import world
from tests.bench.callers import Function
from tests.bench.floor import STEPS, FirstCall
from tests.bench.place import CHECKOUT, LATENCIES, Place
from tests.bench.report import Result, median, ms, progress, table, wrong

_ROUNDS = 5
_READY, _FIRST = "start until ready", "first call"
_EMPTY_APP = """
import azure.functions as func
app = func.FunctionApp()

@app.route(route="nothing", auth_level=func.AuthLevel.ANONYMOUS)
async def nothing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("ok")
"""

Times = dict[str, list[float]]


async def measure(place: Place, imports: float) -> Result:
    """Return the result; `imports` is the time that importing the libraries takes (figure 3)."""
    progress(f"figure 4: {_ROUNDS} cold starts")
    ours: Times = {_READY: [], _FIRST: []}
    empty: Times = {_READY: [], _FIRST: []}
    trips: Times = {step: [] for step in STEPS}
    empty_app = _empty_app(place.folder / "empty")
    for number in range(-1, _ROUNDS):  # the first round fills caches and is not counted
        expected, floor = await _by_hand(place)
        started = await _start_ours(place, expected)
        nothing = await _start_empty(place, empty_app)
        if number >= 0:
            for times, measured in ((trips, floor), (ours, started), (empty, nothing)):
                for name, seconds in measured.items():
                    times[name].append(seconds)
    return _print(imports, trips, ours, empty)


async def _by_hand(place: Place) -> tuple[dict[str, str], dict[str, float]]:
    first = FirstCall(place)
    return world.views(await first.run()), first.seconds


async def _start_ours(place: Place, expected: dict[str, str]) -> dict[str, float]:
    began = time.perf_counter()
    with place.start_host() as host:
        ready = time.perf_counter()
        async with Function(host.url) as ours:
            answer = await ours.ask()
            ended = time.perf_counter()
    world.check("the first call", answer, expected)
    return {_READY: ready - began, _FIRST: ended - ready}


async def _start_empty(place: Place, app: Path) -> dict[str, float]:
    """Start the same host with an app of one function that does nothing: what the sandbox's host itself takes."""
    began = time.perf_counter()
    with place.start_host(app) as host:
        ready = time.perf_counter()
        async with aiohttp.ClientSession() as session, session.get(f"{host.url}/nothing") as answer:
            if await answer.text() != "ok":
                wrong(f"The empty app answered {answer.status}")
            ended = time.perf_counter()
    return {_READY: ready - began, _FIRST: ended - ready}


def _empty_app(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(CHECKOUT / "host.json", folder)
    (folder / "function_app.py").write_text(_EMPTY_APP)
    return folder


def _total(times: Times) -> float:
    return median([sum(parts) for parts in zip(*times.values(), strict=True)])


def _print(imports: float, trips: Times, ours: Times, empty: Times) -> Result:
    total, host = _total(ours), _total(empty)
    floor = imports + sum(median(seconds) for seconds in trips.values())
    latencies = ", ".join(f"{name} {ms(seconds)}" for name, seconds in LATENCIES.items())
    table(
        f"4. From process start to the first answer, {_ROUNDS} rounds (latency in ms: {latencies})",
        ("part", "median ms", "ratio"),
        [
            ("cannot be avoided: import of the libraries (3)", ms(imports), ""),
            *((f"  {step}", ms(median(seconds)), "") for step, seconds in trips.items()),
            ("= the floor", ms(floor), "1.00"),
            (f"our function app: {_READY}", ms(median(ours[_READY])), ""),
            (f"  {_FIRST}", ms(median(ours[_FIRST])), ""),
            ("= to the first answer", ms(total), f"{total / floor:.2f}"),
            ("of which the local host with an empty app", ms(host), f"{host / floor:.2f}"),
            ("  ours : floor and that host", ms(floor + host), f"{total / (floor + host):.2f}"),
        ],
    )
    return Result("process start to first answer : floor", "none", f"{total / floor:.2f}", met=None)
