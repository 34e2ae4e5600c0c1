"""`python -m tests.bench`: measure everything in one run and print it; `… scan` or `… schedule`: only these figures."""

import argparse
import asyncio
import os
import platform
import signal
import sys
import time

from tests.bench import (
    callers_at_once,
    cold,
    imports,
    memory,
    others,
    people,
    requests_made,
    scan,
    storm,
    warm,
)
from tests.bench.place import Place
from tests.bench.processes import others_seconds
from tests.bench.report import Result, WrongAnswer, progress, say, table


async def measure(customers: int) -> list[Result]:
    """Take all figures, one after the other; the first four in one place."""
    progress("starting the simulated Microsoft and Azurite")
    with Place() as place:
        results = list(await warm.measure(place))
        results += await requests_made.measure(place)
        result, baseline = imports.measure(place)
        results += [result, await cold.measure(place, baseline)]
    results += [storm.measure(), await scan.measure(customers)]
    return results + await measure_schedule(customers)


async def measure_scan(customers: int) -> list[Result]:
    """Take the scan's figure only."""
    return [await scan.measure(customers)]


async def measure_schedule(_: int) -> list[Result]:
    """Take the figures of getSchedule at any size only."""
    with Place() as place:
        results = await people.measure(place)
        results += await others.measure(place)
        results += await callers_at_once.measure(place)
    return results + await memory.measure()


_QUIET = 0.1  # of a core
FIGURES = {"all": measure, "scan": measure_scan, "schedule": measure_schedule}


def main() -> int:
    """Return the exit code: 1 if anything answered wrongly, whatever the figures."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("figure", nargs="?", choices=tuple(FIGURES), default="all")
    arguments.add_argument("--customers", type=int, default=scan.CUSTOMERS, metavar="N", help="how many are scanned")
    options = arguments.parse_args()
    if options.customers < 1:
        arguments.error("there is nothing to measure without a customer")
    began, busy = time.monotonic(), others_seconds()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started is stopped
    try:
        results = asyncio.run(FIGURES[options.figure](options.customers))
    except WrongAnswer as problem:
        sys.stderr.write(f"The benchmark stopped, because something is wrong: {problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    table("Summary", ("figure", "aim", "result", ""), [result.row() for result in results])
    cores, seconds = os.cpu_count(), time.monotonic() - began
    say(f"\n  {cores} cores, Python {platform.python_version()}, {seconds:.0f} s. Noisy: compare ratios, never times.")
    if (others := (others_seconds() - busy) / seconds) > _QUIET:
        say(
            f"  Other programs took {others:.1f} of the {cores} cores: where an aim was missed, try again without them."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
