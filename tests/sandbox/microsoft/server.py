"""The runner: all services in one background thread with an event loop of its own, each on a free port of 127.0.0.1.

No exception of a service becomes a hang: it is answered with 500 and kept in `errors`, which tests assert to be empty.
A client that hangs up is noticed at once, whatever the service is doing for it.
"""

import asyncio
import contextlib
import socket
import ssl
import threading
import traceback
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.faults import cut, reset, truncate
from tests.sandbox.microsoft.journal import Journal
from tests.sandbox.microsoft.services import Service, Watching

_LARGEST_BODY = 16 * 1024 * 1024  # more than any service accepts, so that each refuses in its own words
_START_LIMIT = 20.0
_STOP_LIMIT = 10.0


class ServerThread:
    """Runs services until stopped. Sockets are bound at construction, so that URLs are known before the start."""

    def __init__(self, names: tuple[str, ...], journal: Journal, goes_on: Callable[[], bool]) -> None:
        """Make it; `goes_on` tells whether requests whose client hung up are worked on to their end."""
        self._journal = journal
        self._goes_on = goes_on
        self._abandoned: set[asyncio.Task[web.StreamResponse]] = set()
        self._sockets = {name: _free_port() for name in names}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def port(self, name: str) -> int:
        """Return the port of a service."""
        port: int = self._sockets[name].getsockname()[1]
        return port

    def start(self, services: Mapping[str, Service], contexts: Mapping[str, ssl.SSLContext | None]) -> None:
        """Start serving; return when every service listens."""
        self._thread = threading.Thread(
            target=self._run, args=(services, contexts), name="simulated-microsoft", daemon=True
        )
        self._thread.start()
        if not self._ready.wait(_START_LIMIT):
            raise TimeoutError("the simulated Microsoft did not start")
        if self._failure is not None:
            raise RuntimeError("the simulated Microsoft could not start") from self._failure

    def stop(self) -> None:
        """Stop serving, hanging requests included, and wait for the thread to end."""
        if self._thread is None:
            for bound in self._sockets.values():
                bound.close()
            return
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            # The loop may end between the check and the call if the start failed; then there is nothing to stop.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_LIMIT)
        if self._thread.is_alive():
            raise TimeoutError("the simulated Microsoft did not stop")
        self._thread = None

    def _run(self, services: Mapping[str, Service], contexts: Mapping[str, ssl.SSLContext | None]) -> None:
        try:
            asyncio.run(self._serve(services, contexts))
        except BaseException as problem:
            self._failure = problem
            self._journal.errors.append(traceback.format_exc())
        finally:
            self._ready.set()

    async def _serve(self, services: Mapping[str, Service], contexts: Mapping[str, ssl.SSLContext | None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        runners = []
        try:
            for name, service in services.items():
                application = web.Application(client_max_size=_LARGEST_BODY)
                application.router.add_route("*", "/{path:.*}", self._handler(name, service))
                runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
                runners.append(runner)
                await runner.setup()
                await web.SockSite(runner, self._sockets[name], ssl_context=contexts.get(name), backlog=512).start()
            self._ready.set()
            await self._stopping.wait()
        finally:
            # Closing a TLS connection waits for the client's goodbye, which an idle client never sends: so abort.
            servers = [runner.server for runner in runners if runner.server is not None]
            transports = [handler.transport for server in servers for handler in server.connections]
            for runner in runners:
                await runner.cleanup()
            for transport in transports:
                if transport is not None:
                    transport.abort()
            for bound in self._sockets.values():
                bound.close()
            await asyncio.sleep(0.02)  # lets aborted transports close, else they warn when collected

    def _handler(self, name: str, service: Service) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        watched = service if isinstance(service, Watching) else None

        async def handle(request: web.Request) -> web.StreamResponse:
            seen = SeenRequest(
                name,
                request.method,
                request.path,
                dict(request.query),
                {key.lower(): value for key, value in request.headers.items()},
                await request.read(),
            )
            self._journal.note(seen)
            try:
                with watched.waiting(seen) if watched else contextlib.nullcontext():
                    # A task of its own, since aiohttp cancels this one when the client hangs up.
                    work = asyncio.Task(self._work(request, seen, service), loop=self._loop, eager_start=True)
                    return await asyncio.shield(work)
            except asyncio.CancelledError:
                self._abandon(seen, work)
                raise

        return handle

    def _abandon(self, seen: SeenRequest, work: asyncio.Task[web.StreamResponse]) -> None:
        if work.done() or self._stopping is None or self._stopping.is_set():
            return
        seen.aborted = True
        if self._goes_on():
            self._abandoned.add(work)
            work.add_done_callback(self._abandoned.discard)
        else:
            work.cancel()

    async def _work(self, request: web.Request, seen: SeenRequest, service: Service) -> web.StreamResponse:
        try:
            answer = await self._answer(request, seen, service)
        except Exception:
            self._journal.errors.append(f"{seen.method} {seen.service}{seen.path}\n{traceback.format_exc()}")
            answer = json_answer(500, {"error": {"code": "simulatorError", "message": "a bug of the simulator"}})
        if not seen.aborted:
            seen.status = answer.status
        return answer

    async def _answer(self, request: web.Request, seen: SeenRequest, service: Service) -> web.StreamResponse:
        fault = self._journal.take_fault(seen)
        if fault is None:
            return await service.answer(seen)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.mode == "hang":
            await self._wait_for_the_end(request)
        if fault.mode in ("reset", "hang"):
            reset(request)
            return web.Response(status=502)  # goes nowhere
        answer = fault.answer() or await service.answer(seen)
        if fault.mode == "cut":
            return cut(answer)
        return await truncate(request, answer) if fault.mode == "truncate" else answer

    async def _wait_for_the_end(self, request: web.Request) -> None:
        """Wait until the client gives up or the simulator stops."""
        if self._stopping is None:
            return
        while not self._stopping.is_set() and request.transport is not None and not request.transport.is_closing():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)


def _free_port() -> socket.socket:
    """Return a socket bound to a free port of 127.0.0.1."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.bind(("127.0.0.1", 0))
    return bound
