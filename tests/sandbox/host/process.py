"""Starts the host as a process of its own, for tests, the sandbox and the benchmarks."""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self

_CHECKOUT = Path(__file__).resolve().parents[3]
_READY = "Host ready on "
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ")  # what a process needs to run


class HostProcess:
    """A running host; stop it, or use it as a context manager. Make one with `start`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.url = ""
        self._process = process
        self._stdout: list[str] = []
        self._stderr: list[str] = []
        self._settled = threading.Event()  # ready, or ended
        assert process.stdout is not None
        assert process.stderr is not None
        # Pipes are read all the time: a full one would block the host.
        self._readers = [
            threading.Thread(target=self._read_stdout, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_stderr, args=(process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @classmethod
    def start(
        cls,
        environment: Mapping[str, str],
        *,
        app: Path | None = None,
        port: int = 0,
        python: Path | None = None,
        folder: Path | None = None,
    ) -> Self:
        """Start the host (on a free port unless one is given) and return when it is ready.

        It sees exactly `environment`, and PATH, HOME and the locale of this process. `app` is the folder of
        ``function_app.py``, `folder` the one that has the host itself; both are this checkout if they are left out.
        `python` is another interpreter than this one. Raises RuntimeError with what the host wrote to stderr when it
        ends instead, or is not ready within a minute.
        """
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        interpreter, app = str(python or sys.executable), app or _CHECKOUT
        command = [interpreter, "-m", "tests.sandbox.host", "--port", str(port), "--app", str(app)]
        host = cls(
            subprocess.Popen(
                command,
                cwd=folder or _CHECKOUT,
                env={**inherited, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        )
        try:
            host._wait_until_ready()
        except BaseException:
            host.stop()
            raise
        return host

    def _wait_until_ready(self) -> None:
        settled = self._settled.wait(_START_SECONDS)
        if not self.url:
            code = self.stop()
            why = f"ended with code {code}" if settled else f"was not ready within {_START_SECONDS:.0f} s"
            raise RuntimeError(f"The functions host {why}:\n{self.stderr_text()}")

    def stdout_text(self) -> str:
        """Return all that the host has written to stdout so far."""
        return "".join(self._stdout)

    def stderr_text(self) -> str:
        """Return all that the host has written to stderr so far."""
        return "".join(self._stderr)

    def stop(self) -> int:
        """Stop the host, if it still runs, and return its exit code."""
        self._process.terminate()
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        for reader in self._readers:
            reader.join(_STOP_SECONDS)
        return code

    def kill(self) -> None:
        """End the host at once with SIGKILL, as a crash does, and return when it has ended: nothing is tidied up."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _read_stdout(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._stdout.append(line)
                if line.startswith(_READY) and not self.url:
                    self.url = line.removeprefix(_READY).strip()
                    self._settled.set()
        self._settled.set()

    def _read_stderr(self, pipe: IO[str]) -> None:
        with pipe:
            for line in pipe:
                self._stderr.append(line)
