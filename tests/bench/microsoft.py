"""`python -m tests.bench.microsoft`: the simulated Microsoft with the benchmark's world, as a process of its own.

As `python -m tests.sandbox.microsoft`, but it counts, and its world has people who have something in their calendars,
or with `--customers N` that many customers.
Prints one line of JSON, the settings that make another process use it. Then, for each line it reads, one with the
requests seen so far per service. It ends with its input, so it cannot outlive the benchmark.
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from tests.bench import many_customers
from tests.bench.world import A_DAY, DAYS, bench_world
from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.surroundings import utc_now

SERVICES = ("entra", "graph", "vault", "identity")


def main() -> None:
    """Serve until the input ends."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.microsoft", description=__doc__)
    for service in SERVICES:
        arguments.add_argument(f"--latency-{service}", type=float, default=0.0, metavar="SECONDS")
    arguments.add_argument("--authority", nargs=4, type=Path, required=True, help="its files, as Authority names them")
    arguments.add_argument("--customers", type=int, default=0, metavar="N")
    arguments.add_argument("--days", type=int, default=DAYS, metavar="N", help="on which people have meetings")
    arguments.add_argument("--meetings", type=int, default=A_DAY, metavar="N", help="on each of these days")
    options = arguments.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the benchmark, which then ends this in its turn
    many, now = options.customers, utc_now()
    world = many_customers.world(many, now) if many else bench_world(now, options.days, options.meetings)
    with SimulatedMicrosoft(world, Authority(*options.authority), keep_requests=False) as microsoft:
        for service in SERVICES:
            microsoft.latency[service] = getattr(options, f"latency_{service}")
        _tell(microsoft.environment())
        for _ in sys.stdin:
            _tell({service: microsoft.count(service) for service in SERVICES} | {"errors": microsoft.errors})


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
