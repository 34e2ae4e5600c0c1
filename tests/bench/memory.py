"""Figure 10: the memory of the host's process for the largest call, and whether it answers others meanwhile."""

import asyncio
import json
import math
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.bench import world
from tests.bench.callers import AT_ONCE, Direct, Function
from tests.bench.part import Part
from tests.bench.place import LATENCIES, Place
from tests.bench.processes import child, memory
from tests.bench.report import Result, median, ms, progress, say, table, wrong

_DAYS, _A_DAY = 60, 10
_WINDOWS = 2  # that Graph has to be asked for: by the stricter of its documents it takes less than 42 days
_MEBIBYTE = 1024 * 1024
_AROUND = 0.5  # seconds before and after a call in which health is asked for, too


@dataclass(frozen=True)
class _Call:
    """A call: how long it took, how much it answered, the host's memory then, and how long others waited meanwhile."""

    name: str
    seconds: float
    size: int
    now: float
    peak: float
    others: list[float]

    def row(self) -> list[str]:
        """Return a line of the table."""
        size, slowest = f"{self.size / _MEBIBYTE:.2f}", max(self.others)
        figures = [f"{self.seconds:.2f}", size, f"{self.now:.0f}", f"{self.peak:.0f}"]
        return [self.name, *figures, str(len(self.others)), ms(median(self.others)), ms(slowest)]


async def measure() -> list[Result]:
    """Ask for a few people, then for a thousand and two months, both of the same process."""
    progress(f"figure 10: {len(world.MANY_PEOPLE):,} people with {_A_DAY} meetings on each of {_DAYS} days")
    with Place(days=_DAYS, a_day=_A_DAY) as place, place.start_host() as host:
        async with (
            Function(host.url) as ours,
            Direct(place) as direct,
            Part(place.folder, "tests.bench.pinger", place.microsoft.environment, f"{host.url}/health") as pinger,
        ):
            await ours.set_up()
            few = await _call(f"{len(world.PEOPLE)} people, 1 day", ours, pinger, world.question())
            many = await _call(
                f"{len(world.MANY_PEOPLE):,} people, {_DAYS} days", ours, pinger, _largest(_DAYS), direct
            )
            after = await _call("20 people once more", ours, pinger, world.question())
    _print(few, many, after)
    return [
        Result("1,000 people x 60 days: peak memory : of 20 people", "none", f"{many.peak / few.peak:.2f}", met=None),
        Result("the slowest health meanwhile, ms", "none", ms(max(many.others)), met=None),
    ]


def _largest(days: int, first: int = 0) -> dict[str, Any]:
    return world.question(world.MANY_PEOPLE, days, first)


async def _call(
    name: str, ours: Function, pinger: Part, question: dict[str, Any], direct: Direct | None = None
) -> _Call:
    """Call the function while somebody else asks for its health; hold a large answer to Graph's own."""
    pid = child("tests.sandbox.host")
    await pinger.ask()
    await asyncio.sleep(_AROUND)
    began = time.perf_counter()
    body = await ours.ask_unread(question)
    seconds = time.perf_counter() - began
    await asyncio.sleep(_AROUND)
    others = await pinger.ask()
    now, peak = memory(pid)
    if direct is not None:
        await _check(json.loads(body), direct)
    return _Call(name, seconds, len(body), now, peak, others)


async def _check(answer: dict[str, Any], direct: Direct) -> None:
    """Hold views and numbers of entries to what Graph says of each half of the time; no meeting crosses the seam."""
    progress("figure 10: asking Graph for the same")
    views: dict[str, str] = dict.fromkeys(world.MANY_PEOPLE, "")
    entries: Counter[str] = Counter()
    days = _DAYS // _WINDOWS
    for number in range(_WINDOWS):
        told = await direct.ask_for_many(_largest(days, number * days))
        views = {person: views[person] + view for person, view in world.views(told).items()}
        entries.update(_entries(told))
    world.check("the largest call", answer, views)
    if _entries(answer) != entries or entries.total() != len(world.MANY_PEOPLE) * _DAYS * _A_DAY:
        wrong(f"Graph has {entries.total():,} entries, the largest call {_entries(answer).total():,}.")


def _entries(answer: dict[str, Any]) -> Counter[str]:
    return Counter({one["scheduleId"]: len(one["scheduleItems"]) for one in answer["value"]})


def _print(*calls: _Call) -> None:
    people, meetings = len(world.MANY_PEOPLE), _DAYS * _A_DAY
    requests = people // len(world.PEOPLE) * _WINDOWS
    floor = math.ceil(requests / AT_ONCE) * LATENCIES["graph"]
    table(
        f"10. {people:,} people, {_DAYS} days, {_A_DAY} meetings a day: {people * meetings:,} entries, details time",
        ("call", "s", "answer MiB", "in use MiB", "most so far MiB", "health calls", "median ms", "slowest ms"),
        [call.row() for call in calls],
    )
    say(
        f"  Memory of the host's process. Graph's latency alone: {floor:.1f} s for {requests} requests by {AT_ONCE}.\n"
        "  The rest is what the simulated Graph, the host and the functions compute. Health calls (one table read)\n"
        "  go on one after the other meanwhile."
    )
