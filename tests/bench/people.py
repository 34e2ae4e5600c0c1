"""Figure 7: one call for up to a thousand people, against the time that Graph's answers take at the least."""

import math
from dataclasses import dataclass

from tests.bench import world
from tests.bench.callers import AT_ONCE, Direct, Function
from tests.bench.place import LATENCIES, Place
from tests.bench.report import Result, median, ms, p95, progress, say, table, wrong
from tests.bench.rounds import interleaved

_ROUNDS = {20: 40, 100: 20, 400: 10, 1000: 8}
_WARM_UPS = 2
_AIM = 1.15
_OURS, _LIMIT = "our function", "aiohttp"


@dataclass(frozen=True)
class _Size:
    """A number of people, and the seconds that asking for them took."""

    people: int
    times: dict[str, list[float]]

    @property
    def requests(self) -> int:
        """How many requests Graph wants for them."""
        return math.ceil(self.people / len(world.PEOPLE))

    @property
    def floor(self) -> float:
        """What nobody can be faster than, in seconds."""
        return math.ceil(self.requests / AT_ONCE) * LATENCIES["graph"]

    def ratio(self, name: str) -> float:
        """Return the median of a way to ask, divided by the floor."""
        return median(self.times[name]) / self.floor

    def row(self) -> tuple[str, ...]:
        """Return a line of the table."""
        ours, limit = self.times[_OURS], self.times[_LIMIT]
        return (
            f"{self.people:,}",
            *(str(self.requests), ms(self.floor)),
            *(ms(median(ours)), ms(p95(ours)), f"{self.ratio(_OURS):.3f}"),
            *(ms(median(limit)), f"{self.ratio(_LIMIT):.3f}", f"{median(ours) / median(limit):.3f}"),
        )

    def result(self) -> Result:
        """Return the last line."""
        ratio = self.ratio(_OURS)
        return Result(f"{self.people:,} people in one call : floor", f"<= {_AIM}", f"{ratio:.3f}", ratio <= _AIM)


async def measure(place: Place) -> list[Result]:
    """Save and test the customer, then measure each number of people."""
    with place.start_host() as host:
        async with Function(host.url) as ours, Direct(place) as limit:
            await ours.set_up()
            sizes = [await _measure(number, ours, limit) for number in _ROUNDS]
    rounds = ", ".join(f"{rounds} for {number:,}" for number, rounds in _ROUNDS.items())
    table(
        f"7. One call for many people, Graph takes {ms(LATENCIES['graph'])} ms for 20 and {AT_ONCE} requests at once",
        ("people", "requests", "floor ms", "ours ms", "p95", ": floor", "bare aiohttp ms", ": floor", "ours : bare"),
        [size.row() for size in sizes],
    )
    say(
        f"  Medians of interleaved rounds ({rounds}). Floor: one wave of {AT_ONCE} requests after\n"
        "  the other. The bare client does just that, so what it takes above the floor is the simulated Graph's\n"
        "  computing and its own."
    )
    return [size.result() for size in sizes]


async def _measure(number: int, ours: Function, limit: Direct) -> _Size:
    progress(f"figure 7: {_ROUNDS[number]} rounds of {number:,} people")
    question = world.question(world.MANY_PEOPLE[:number])
    expected = world.views(await limit.ask_for_many(question))
    if len(expected) != number or "none" in expected.values():
        wrong(f"Graph did not answer for all of {number:,} people: {expected}")
    asks = {_OURS: lambda: ours.ask(question), _LIMIT: lambda: limit.ask_for_many(question)}
    return _Size(number, await interleaved(asks, _ROUNDS[number], expected, _WARM_UPS))
