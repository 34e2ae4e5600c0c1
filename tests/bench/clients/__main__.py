"""`python -m tests.bench.clients NAME TASK`: one client, asked once for each line that is read.

It asks once unasked, which nobody times, and prints a line of JSON; then one for each line it reads: the seconds that
asking took, and the views. It ends with its input.
"""

import argparse
import asyncio
import json
import sys
import time
from importlib import import_module
from pathlib import Path

from tests.bench.clients.task import Client, Task

CLIENTS = {
    "function": ("plain", "Function"),
    "o365": ("python_o365", "PythonO365"),
    "sdk": ("microsofts_sdk", "MicrosoftsSdk"),
    "batches": ("batches", "Batches"),
}


async def _serve(name: str, task: Task) -> None:
    module, kind = CLIENTS[name]
    client: Client = getattr(import_module(f"tests.bench.clients.{module}"), kind)(task)
    try:
        await _ask(client)
        while await asyncio.to_thread(sys.stdin.readline):
            await _ask(client)
    finally:
        await client.close()


async def _ask(client: Client) -> None:
    began, used = time.perf_counter(), time.process_time()
    views = await client.ask()
    told = {"seconds": time.perf_counter() - began, "processor": time.process_time() - used, "views": views}
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.clients", description=__doc__)
    arguments.add_argument("name", choices=CLIENTS)
    arguments.add_argument("task", type=Path)
    options = arguments.parse_args()
    asyncio.run(_serve(options.name, Task.read(options.task)))
