"""`python -m tests.bench.scanner`: what is measured of a secret scan, in a process in which nothing else happens.

The services are those of the function app, built by its own code. Prints one line of JSON when they are built, then
scans once for each line it reads and prints what came of it. It ends with its input.
"""

import asyncio
import dataclasses
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import function_app
from lib.ports import Deadline
from lib.usecases.deliver_alerts import Delivered, Delivery
from lib.usecases.scan_secrets import Scan

_LONGEST = 3600.0  # seconds; generous, since nothing is to be cut short
_STATUS = Path("/proc/self/status")


@dataclasses.dataclass
class _TimedDelivery:
    """The delivery, and how long sending took."""

    delivery: Delivery
    seconds: float = 0.0

    async def run(self, deadline: Deadline) -> Delivered:
        """See `Delivery`."""
        began = time.perf_counter()
        try:
            return await self.delivery.run(deadline)
        finally:
            self.seconds = time.perf_counter() - began


async def _serve() -> None:
    scan = (await function_app.bootstrap.services()).scan
    _tell(_memory())
    while await asyncio.to_thread(sys.stdin.readline):
        _tell(await _measured(scan))


async def _measured(scan: Scan) -> dict[str, Any]:
    delivery = _TimedDelivery(scan.delivery)
    scan = dataclasses.replace(scan, delivery=delivery)
    began, used = time.perf_counter(), time.process_time()
    summary = await scan.run(Deadline.after(_LONGEST), Deadline.after(_LONGEST))
    return {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - used,  # of all threads
        "sending": delivery.seconds,
        "summary": dataclasses.asdict(summary),
        **_memory(),
    }


def _memory() -> dict[str, float]:
    """Return the memory in use and the most so far, in MiB; where the system does not tell, the most stands for both.

    Linux hands `ru_maxrss` down from the process that started this one, so it would tell the larger of the two.
    """
    if _STATUS.exists():
        status = dict(line.split(":", 1) for line in _STATUS.read_text().splitlines() if ":" in line)
        return {name: int(status[key].split()[0]) / 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))}
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return {"now": most, "peak": most}


def _tell(value: object) -> None:
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve())
    sys.stdout.flush()
    os._exit(0)  # the function app never closes its sessions either; nobody wants to be warned of that
