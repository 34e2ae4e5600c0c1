"""`python -m tests.bench`: measure everything in one run and print it. `python -m tests.bench scan`: the scan only."""

import argparse
import asyncio
import os
import platform
import signal
import sys
import time

from tests.bench import cold, imports, requests_made, scan, storm, warm
from tests.bench.place import Place
from tests.bench.report import Result, WrongAnswer, progress, say, table


async def measure(customers: int) -> list[Result]:
    """Take all figures, one after the other; the first four in one place."""
    progress("starting the simulated Microsoft and Azurite")
    with Place() as place:
        results = list(await warm.measure(place))
        results += await requests_made.measure(place)
        result, baseline = imports.measure(place)
        results += [result, await cold.measure(place, baseline)]
    return [*results, storm.measure(), await scan.measure(customers)]


async def measure_scan(customers: int) -> list[Result]:
    """Take the scan's figure only."""
    return [await scan.measure(customers)]


def main() -> int:
    """Return the exit code: 1 if anything answered wrongly, whatever the figures."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("figure", nargs="?", choices=("all", "scan"), default="all")
    arguments.add_argument("--customers", type=int, default=scan.CUSTOMERS, metavar="N", help="how many are scanned")
    options = arguments.parse_args()
    if options.customers < 1:
        arguments.error("there is nothing to measure without a customer")
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started is stopped
    try:
        figures = measure_scan if options.figure == "scan" else measure
        results = asyncio.run(figures(options.customers))
    except WrongAnswer as problem:
        sys.stderr.write(f"The benchmark stopped, because something is wrong: {problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    table("Summary", ("figure", "aim", "result", ""), [result.row() for result in results])
    cores, seconds = os.cpu_count(), time.monotonic() - began
    say(f"\n  {cores} cores, Python {platform.python_version()}, {seconds:.0f} s. Noisy: compare ratios, never times.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
