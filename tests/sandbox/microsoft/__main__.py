"""`python -m tests.sandbox.microsoft`: the simulated Microsoft with the demo world as a process of its own.

Prints one line of JSON, the settings that make another process use it, then serves until SIGTERM or Ctrl-C.
"""

import argparse
import json
import signal
import tempfile
import threading
from pathlib import Path

from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft.simulator import SimulatedMicrosoft
from tests.sandbox.microsoft.surroundings import utc_now
from tests.sandbox.world.demo import demo_world


def main() -> None:
    """Serve until told to stop."""
    arguments = argparse.ArgumentParser(prog="python -m tests.sandbox.microsoft", description=__doc__)
    for service in ("entra", "graph", "vault", "identity", "communication"):
        arguments.add_argument(f"--latency-{service}", type=float, default=0.0, metavar="SECONDS")
    arguments.add_argument("--folder", type=Path, help="where to keep the certificates (default: a temporary folder)")
    options = arguments.parse_args()

    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with tempfile.TemporaryDirectory(prefix="sandbox-") as temporary:
        authority = Authority.create(options.folder or Path(temporary))
        # Nobody reads the requests of this process, and a benchmark makes many.
        with SimulatedMicrosoft(demo_world(utc_now()), authority, keep_requests=False) as microsoft:
            for service in microsoft.latency:
                microsoft.latency[service] = getattr(options, f"latency_{service}")
            print(json.dumps(microsoft.environment()), flush=True)
            ended.wait()


if __name__ == "__main__":
    main()
