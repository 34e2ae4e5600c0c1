"""A proxy between the functions and their tables: counts what is asked, and breaks what a test wants broken."""

import http.client
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

from tests.sandbox.stack import Stack

Verdict = Literal["pass", "refuse", "lose"] | None


class TablesBetween:
    """Forwards to Azurite. `judge` is asked for each (method, path): refuse it, or lose the answer of what was done."""

    def __init__(self, stack: Stack) -> None:
        self.seen: list[tuple[str, str]] = []
        self.judge: Callable[[str, str], Verdict] = lambda method, path: "pass"
        self._trust = ssl.create_default_context(cafile=stack.environment()["SSL_CERT_FILE"])
        self._behind = stack.azurite.port
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                between._answer(self)

            do_GET = do_PUT = do_POST = do_PATCH = do_MERGE = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.socket = stack.authority.server_context().wrap_socket(self._server.socket, server_side=True)
        self.endpoint = f"https://127.0.0.1:{self._server.server_address[1]}/devstoreaccount1"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.seen.append((handler.command, handler.path))
        verdict = self.judge(handler.command, handler.path)
        if verdict == "refuse":
            status, headers, answer = 503, [], b""
        else:
            status, headers, answer = self._forward(handler, body)
        if verdict == "lose":
            handler.close_connection = True
            return
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("transfer-encoding", "connection", "content-length", "keep-alive"):
                handler.send_header(name, value)
        if status != 204:
            handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def _forward(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPSConnection("127.0.0.1", self._behind, context=self._trust, timeout=30)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() != "connection"}
            connection.request(handler.command, handler.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()
