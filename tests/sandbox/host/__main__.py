"""``python -m tests.sandbox.host --port N``: serve ``function_app.py`` on this machine."""

import argparse
import asyncio
import errno
import logging
import math
import os
import signal
import sys
import threading
from pathlib import Path

from aiohttp import web

from tests.sandbox.host.configuration import read_host_json
from tests.sandbox.host.errors import HostError
from tests.sandbox.host.functions import order_differences, read_functions
from tests.sandbox.host.server import Host
from tests.sandbox.host.worker import load_functions

_CHECKOUT = Path(__file__).resolve().parents[3]
_GRACE_SECONDS = 2.0  # for calls in flight at the end
_LONGEST_STOP_SECONDS = 5.0


def main() -> int:
    """Serve until told to stop; return 1 when the app cannot be served, after saying why on stderr."""
    options = _options()
    _configure_logging(debug=options.debug)
    try:
        asyncio.run(_serve(options))
    except HostError as error:
        print(error, file=sys.stderr)
        if options.debug and error.__cause__ is not None:
            print(error.__cause__, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # while loading
        return 130
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.host", description="Serve function_app.py locally.")
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--app", type=Path, default=_CHECKOUT, help="folder of function_app.py and host.json")
    parser.add_argument("--debug", action="store_true", help="show tracebacks and what the worker library logs")
    return parser.parse_args()


def _configure_logging(*, debug: bool) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    # In debug mode asyncio tells of every poll at level INFO; its warnings are what one wants.
    logging.getLogger("asyncio").setLevel(logging.DEBUG if debug else logging.WARNING)
    # What the worker says at start is said again by us, in a sentence; per call it says nothing one needs.
    logging.getLogger("azure.functions").setLevel(logging.DEBUG if debug else logging.CRITICAL)


async def _serve(options: argparse.Namespace) -> None:
    host = await _load(options.app.resolve())
    stop = _stop_at_signals(asyncio.get_running_loop())
    runner = web.ServerRunner(host.server(), shutdown_timeout=_GRACE_SECONDS)
    await runner.setup()
    try:
        port = await _listen(runner, options.host, options.port)
        host.start_timers()
        print(f"Host ready on http://localhost:{port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _load(app: Path) -> Host:
    """Load the app on this loop, as Azure does; asyncio's debug mode need not complain that imports take time."""
    loop = asyncio.get_running_loop()
    loop.slow_callback_duration, usual = math.inf, loop.slow_callback_duration
    configuration = read_host_json(app)
    functions = read_functions(await load_functions(app), configuration, os.environ)
    for difference in order_differences(functions):
        logging.getLogger("host").warning(difference)
    await asyncio.sleep(0)  # the limit is looked up when a callback ends: begin another one
    loop.slow_callback_duration = usual
    return Host(functions, configuration)


async def _listen(runner: web.ServerRunner, address: str, port: int) -> int:
    """Listen on the address; on 127.0.0.1 also on ::1, because ``localhost`` may mean either. Return the port."""
    try:
        await web.TCPSite(runner, address, port, backlog=1024).start()
        port = runner.addresses[0][1]
        if address == "127.0.0.1":
            await _listen_on_ipv6(runner, port)
    except OSError as error:
        raise HostError(f"Cannot listen on {address} port {port}: {error.strerror or error}.") from error
    return port


async def _listen_on_ipv6(runner: web.ServerRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, "::1", port, backlog=1024).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise


def _stop_at_signals(loop: asyncio.AbstractEventLoop) -> asyncio.Event:
    stop = asyncio.Event()

    def end(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(stop.set)
        deadline = threading.Timer(_LONGEST_STOP_SECONDS, os._exit, (0,))
        deadline.daemon = True
        deadline.start()

    # Not loop.add_signal_handler: a function that blocks the loop must not keep the process.
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    return stop


if __name__ == "__main__":
    sys.exit(main())
