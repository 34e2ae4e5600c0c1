"""A process of the benchmark that answers in lines of JSON."""

import asyncio
import itertools
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.bench.place import CHECKOUT
from tests.bench.report import wrong

_LONGEST_LINE = 16 * 1024 * 1024
_numbers = itertools.count(1)
_LAST_WORDS = 2000  # characters of what it wrote to stderr


class Part:
    """Runs a module with exactly these settings. It is to end when its input ends. An async context manager."""

    def __init__(self, folder: Path, module: str, settings: Mapping[str, str], *arguments: str) -> None:
        self._module = module
        self._command = [sys.executable, "-m", module, *arguments]
        self._environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self._environment |= settings
        self._log = folder / f"{module}.{next(_numbers)}.log"

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=CHECKOUT,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LONGEST_LINE,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    async def ask(self) -> Any:
        """Send a line, which is its word to go on, and return what it answers."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        return await self.read()

    async def read(self) -> Any:
        """Return the next line. Raises WrongAnswer if it ended instead."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            wrong(f"{self._module} ended: {self._log.read_text()[-_LAST_WORDS:]}")
        return json.loads(line)
