"""Azurite, Microsoft's emulator of Azure Storage: its table service, as a process of its own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from tests.sandbox.certificates import Authority
from tests.sandbox.ports import free_port, waits_for_port

_MAIN = Path(__file__).parent / "node/node_modules/azurite/dist/src/table/main.js"
_START_SECONDS = 60.0

# The well-known development account of every Azurite; no secret (Microsoft Learn, "Connect to Azurite").
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azurite:
    """A running table service on HTTPS that takes tokens of a managed identity, as Azure does; data in memory only."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self._authority = authority
        self._folder = folder
        self.port = free_port()
        self._process = self._start()

    @property
    def endpoint(self) -> str:
        """The setting TABLES_ENDPOINT."""
        return f"https://127.0.0.1:{self.port}/{ACCOUNT}"

    @property
    def connection_string(self) -> str:
        """The setting TABLES_CONNECTION_STRING."""
        return f"DefaultEndpointsProtocol=https;AccountName={ACCOUNT};AccountKey={KEY};TableEndpoint={self.endpoint};"

    def _start(self) -> "subprocess.Popen[bytes]":
        self._folder.mkdir(parents=True, exist_ok=True)
        files = self._authority
        options = [
            *("--tablePort", str(self.port), "--inMemoryPersistence", "--disableTelemetry", "--silent"),
            *("--oauth", "basic", "--cert", str(files.certificate_file), "--key", str(files.key_file)),
        ]
        log = (self._folder / "azurite.log").open("wb")
        with log:
            process = subprocess.Popen([_node(), str(_MAIN), *options], stdout=log, stderr=log, cwd=self._folder)
        if not waits_for_port(self.port, _START_SECONDS, lambda: process.poll() is None):
            process.kill()
            raise RuntimeError(f"Azurite did not start:\n{(self._folder / 'azurite.log').read_text()}")
        return process

    def pause(self) -> None:
        """Stop answering, as an outage does."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Answer again."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Stop it. SIGINT, since SIGTERM loses the last writes (facts: runtime.md 4)."""
        self.resume()
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _node() -> str:
    """Return the path of Node.js: the machine's, or the one that setup put into the virtual environment."""
    places = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    node = shutil.which("node", path=places)
    if node is None:
        raise RuntimeError("Node.js is not here: run make setup")
    return node
