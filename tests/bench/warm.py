"""Figure 1: a warm get_schedule for twenty people, one caller at a time, against Graph asked directly.

As the application, and as a user who connected a calendar.
"""

from tests.bench import world
from tests.bench.callers import Direct, Function, Script
from tests.bench.place import LATENCIES, Place
from tests.bench.report import Result, median, ms, p95, progress, table, wrong
from tests.bench.rounds import interleaved
from tests.sandbox.browser import Browser

_ROUNDS = 60
_OURS, _AS_USER, _LIMIT, _SCRIPT = "our function", "our function, as user", "aiohttp, directly", "requests, directly"
_READ, _REFUSED = "read_configuration", "a refused call"


async def measure(place: Place) -> tuple[Result, ...]:
    """Save and test the customer, then measure; returns the results against both ways to ask Graph."""
    with place.start_host() as host:
        async with (
            Function(host.url) as ours,
            Function(host.url, world.USERS_CUSTOMER) as as_user,
            Direct(place) as limit,
            Script(place) as script,
        ):
            await ours.set_up()
            await as_user.set_up_user(Browser(str(place.authority.ca_file)))
            expected = world.views(await limit.ask())
            if len(expected) != len(world.PEOPLE) or "none" in expected.values():
                wrong(f"Graph did not answer for everyone: {expected}")
            progress(f"figure 1: {_ROUNDS} rounds of warm calls")
            asks = {_OURS: ours.ask, _AS_USER: as_user.ask, _LIMIT: limit.ask, _SCRIPT: script.ask}
            times = await interleaved(asks, _ROUNDS, expected)
            parts = await interleaved({_READ: ours.read, _REFUSED: ours.refused}, _ROUNDS // 2, None)
    _print(times, parts)
    return (
        _result(times, _LIMIT, "warm get_schedule : bare aiohttp", 1.10),
        _result(times, _SCRIPT, "warm get_schedule : requests.Session", 1.0),
        _result(times, _LIMIT, "the same as a user : bare aiohttp", 1.10, _AS_USER),
    )


def _print(times: dict[str, list[float]], parts: dict[str, list[float]]) -> None:
    def row(name: str, measured: dict[str, list[float]]) -> list[str]:
        seconds = measured[name]
        ratios = [f"{median(times[_OURS]) / median(seconds):.3f}", f"{p95(times[_OURS]) / p95(seconds):.3f}"]
        return [name, ms(median(seconds)), ms(p95(seconds)), *(ratios if name in times else ["", ""])]

    people, latency = len(world.PEOPLE), ms(LATENCIES["graph"])
    table(
        f"1. Warm get_schedule, {people} people, Graph takes {latency} ms, {_ROUNDS} interleaved rounds",
        ("asked through", "median ms", "p95 ms", "ours : this, median", "p95"),
        [row(name, times) for name in times],
    )
    table(
        "   For comparison, the same host without Graph",
        ("call", "median ms", "p95 ms"),
        [
            [f"{_REFUSED} (the host and the function's edge)", *row(_REFUSED, parts)[1:3]],
            [f"{_READ} (that and one table read)", *row(_READ, parts)[1:3]],
            ["get_schedule, above the bare aiohttp call", ms(median(times[_OURS]) - median(times[_LIMIT])), ""],
        ],
    )


def _result(times: dict[str, list[float]], other: str, name: str, aim: float, ours: str = _OURS) -> Result:
    ratio = median(times[ours]) / median(times[other])
    high = p95(times[ours]) / p95(times[other])
    return Result(name, f"<= {aim:.2f}", f"{ratio:.3f} (p95 {high:.3f})", ratio <= aim)
