"""The HTTP side of the host: finds the function, checks the key, invokes, answers."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from typing import Any

from aiohttp import HttpVersion11, web

from tests.sandbox.host.configuration import HostConfiguration
from tests.sandbox.host.functions import FunctionApp, HttpFunction
from tests.sandbox.host.http_requests import decode_path, key_in_query, split_target, to_message
from tests.sandbox.host.http_responses import empty, to_response
from tests.sandbox.host.keys import KEY_HEADER, may_call
from tests.sandbox.host.timers import keep_running, run_timer
from tests.sandbox.host.worker import FunctionFailedError, invoke

_log = logging.getLogger("host")
_LARGEST_BODY = 100 * 1024 * 1024
_KEEP_ALIVE_SECONDS = 130  # Kestrel's


class Host:
    """Answers requests for the functions of one app; call `start_timers` to let timers fire too."""

    def __init__(self, app: FunctionApp, configuration: HostConfiguration) -> None:
        self._app = app
        self._custom_headers = configuration.custom_headers
        self._background: set[asyncio.Task[None]] = set()  # a task nobody holds may be collected

    def server(self) -> web.Server:
        """Return the server for aiohttp to run; a handler is not cancelled when its caller goes away."""
        loop = asyncio.get_running_loop()

        def make_request(*arguments: Any) -> web.BaseRequest:
            return web.BaseRequest(*arguments, loop, client_max_size=_LARGEST_BODY)

        return web.Server(
            self._answer, request_factory=make_request, access_log=None, keepalive_timeout=_KEEP_ALIVE_SECONDS
        )

    def start_timers(self) -> None:
        """Let every timer fire on its schedule."""
        for timer in self._app.timers.values():
            self._in_background(keep_running(timer))

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        raw_path, query = split_target(request.raw_path)
        path = decode_path(raw_path)
        if path is None:
            return empty(400)
        if path.lower() == "/admin" or path.lower().startswith("/admin/"):
            return await self._answer_admin(request, path, query)
        found = self._find(request.method, path[1:])
        if found is None:
            return empty(404, self._custom_headers)  # also for a wrong method: azure-functions-host issue 10098
        function, route_params = found
        if not may_call(function.level, request.headers.get(KEY_HEADER), key_in_query(query)):
            return empty(401, self._custom_headers)
        try:
            body = await _read_body(request)
        except web.HTTPRequestEntityTooLarge:
            return empty(413, self._custom_headers)
        message = to_message(request, path, query, route_params, body)
        # A task of its own: a connection's requests share one context, an invocation's variables are its own.
        return await asyncio.create_task(self._invoke(function, message), name=function.name)

    def _find(self, method: str, path: str) -> tuple[HttpFunction, dict[str, str]] | None:
        for function in self._app.http:
            if function.accepts(method):
                route_params = function.template.match(path)
                if route_params is not None:
                    return function, route_params
        return None

    async def _invoke(self, function: HttpFunction, message: Any) -> web.Response:
        headers = message.value.headers
        try:
            result = await invoke(
                function.function_id,
                function.argument,
                message,
                trace_parent=headers.get("traceparent", ""),
                trace_state=headers.get("tracestate", ""),
            )
            return to_response(result, self._custom_headers)
        except (FunctionFailedError, ValueError) as error:
            _log.error("%s failed: %s", function.name, error)
            return empty(500, self._custom_headers)

    async def _answer_admin(self, request: web.BaseRequest, path: str, query: str) -> web.Response:
        if not may_call("admin", request.headers.get(KEY_HEADER), key_in_query(query)):
            return empty(401)
        parts = path.lower().strip("/").split("/")[1:]
        if parts == ["host", "status"] and request.method == "GET":
            return web.json_response({"state": "Running"})
        if len(parts) == 2 and parts[0] == "functions" and request.method == "POST":
            return await self._run_now(request, parts[1])
        return empty(404)

    async def _run_now(self, request: web.BaseRequest, name: str) -> web.Response:
        timer = self._app.timers.get(name)
        if timer is None:
            return empty(404)
        try:
            order = json.loads(await _read_body(request))
        except ValueError:
            order = None
        if not isinstance(order, dict):
            return empty(400)
        self._in_background(run_timer(timer, "on demand"))
        return empty(202)

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


async def _read_body(request: web.BaseRequest) -> bytes:
    if not request.body_exists:
        return b""
    if request.version == HttpVersion11 and request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # what was written is not part of the answer
    if request.content_length is None:
        _log.warning(
            "A body without Content-Length: Azure hands it to Python as empty (azure-functions-host issue 7930)."
        )
    return await request.read()
