"""Where it is measured: the simulated Microsoft, Azurite and the functions host, each a process of its own."""

import dataclasses
import json
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from tests.bench import world
from tests.bench.report import wrong
from tests.sandbox.azurite import Azurite
from tests.sandbox.certificates import Authority
from tests.sandbox.host.process import HostProcess

CHECKOUT = Path(__file__).resolve().parents[2]
LATENCIES = {"graph": 0.1, "entra": 0.02, "vault": 0.02, "identity": 0.02}  # seconds


class Microsoft:
    """The process of the simulated Microsoft."""

    def __init__(self, authority: Authority, latencies: Mapping[str, float], world: Mapping[str, int]) -> None:
        command = [sys.executable, "-m", "tests.bench.microsoft"]
        command += [part for name, number in world.items() for part in (f"--{name}", str(number))]
        command += [part for name, value in latencies.items() for part in (f"--latency-{name}", str(value))]
        command += ["--authority", *map(str, dataclasses.astuple(authority))]
        self._process = subprocess.Popen(
            command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.environment: dict[str, str] = self._read()
        self.pid = self._process.pid

    def counts(self) -> dict[str, int]:
        """Return how many requests each service has seen so far. Raises WrongAnswer for a bug of the simulator."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        told = self._read()
        if errors := told.pop("errors"):
            wrong(f"The simulated Microsoft failed: {errors[0]}")
        return told

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else wrong("The simulated Microsoft ended.")

    def stop(self) -> None:
        """Stop it."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Place:
    """Everything but the host, which each figure starts as it needs it. A context manager.

    With `customers`, Microsoft has that many, else people with `a_day` meetings on each of so many `days`.
    """

    def __init__(
        self,
        latencies: Mapping[str, float] = LATENCIES,
        customers: int = 0,
        *,
        days: int = world.DAYS,
        a_day: int = world.A_DAY,
    ) -> None:
        self._exit = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="calendar-bench-"))
        self._exit.callback(shutil.rmtree, self.folder, ignore_errors=True)
        try:
            self.authority = Authority.create(self.folder / "certificates")
            self.microsoft = Microsoft(
                self.authority, latencies, {"customers": customers, "days": days, "meetings": a_day}
            )
            self._exit.callback(self.microsoft.stop)
            self.azurite = self._exit.enter_context(Azurite(self.authority, self.folder / "azurite"))
        except BaseException:
            self._exit.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def environment(self, **changes: str) -> dict[str, str]:
        """Return the settings of the function app. Compiled code is kept, but not in the checkout."""
        settings = {
            "PUBLIC_URL": "http://localhost:7071",
            "TABLES_ENDPOINT": self.azurite.endpoint,
            "PYTHONPYCACHEPREFIX": str(self.folder / "pycache"),
        }
        return self.microsoft.environment | settings | changes

    def start_host(self, app: Path = CHECKOUT, **changes: str) -> HostProcess:
        """Start the functions host and return when it is ready."""
        return HostProcess.start(self.environment(**changes), app=app)

    def trust(self) -> ssl.SSLContext:
        """Return the TLS settings of a client that trusts the place's servers."""
        return self.authority.client_context()
