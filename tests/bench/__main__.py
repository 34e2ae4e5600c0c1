"""`python -m tests.bench`: measure everything in one run and print it."""

import asyncio
import os
import platform
import signal
import sys
import time

from tests.bench import cold, imports, requests_made, storm, warm
from tests.bench.place import Place
from tests.bench.report import Result, WrongAnswer, progress, say, table


async def measure() -> list[Result]:
    """Take all figures, one after the other, in one place."""
    progress("starting the simulated Microsoft and Azurite")
    with Place() as place:
        results = list(await warm.measure(place))
        results += await requests_made.measure(place)
        result, baseline = imports.measure(place)
        results += [result, await cold.measure(place, baseline)]
    return [*results, storm.measure()]


def main() -> int:
    """Return the exit code: 1 if anything answered wrongly, whatever the figures."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything started is stopped
    try:
        results = asyncio.run(measure())
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
