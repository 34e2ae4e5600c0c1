"""An SMTP server on this machine, in a thread of its own, that delivers into an inbox and misbehaves on demand."""

import asyncio
import contextlib
import socket
import ssl
import threading
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from tests.sandbox.certificates import Authority
from tests.sandbox.mail.connection import Connection
from tests.sandbox.mail.faults import Faults, SmtpFault
from tests.sandbox.mail.inbox import Inbox

_LIMIT = 10.0  # seconds to start or stop


class SmtpServer:
    """Listens on 127.0.0.1 from `start` to `stop`; started again, it has the same port.

    With "starttls" nothing is accepted before STARTTLS, as at submission servers; with "implicit" TLS comes first; with
    "none" there is no TLS, and AUTH goes in clear. With a `login` nothing is accepted before AUTH.
    """

    def __init__(
        self,
        inbox: Inbox,
        authority: Authority,
        *,
        login: tuple[str, str] | None = None,
        tls: Literal["starttls", "implicit", "none"] = "starttls",
    ) -> None:
        self.inbox = inbox
        self.login = login
        self.tls = tls
        self.port = 0
        self.connections = 0
        """How many clients have connected so far."""
        self.errors: list[str] = []
        """Exceptions inside the server: bugs, so tests assert that it is empty."""
        self.ordered = Faults()
        self._authority = authority
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None

    @property
    def faults(self) -> list[SmtpFault]:
        """Faults in the order they are tried; append, remove and clear as you like."""
        return self.ordered.waiting

    def url(self) -> str:
        """Return the EMAIL_URL that names this server and the login."""
        user = ":".join(quote(part, safe="") for part in self.login) + "@" if self.login else ""
        return f"{'smtps' if self.tls == 'implicit' else 'smtp'}://{user}localhost:{self.port}"

    def start(self) -> None:
        """Start; return when it listens."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ready = threading.Event()
        try:
            listening.bind(("127.0.0.1", self.port))
            listening.listen(128)
            self.port = int(listening.getsockname()[1])
        except OSError:
            listening.close()
            raise
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening, ready)), name="smtp-server", daemon=True
        )
        self._thread.start()
        if not ready.wait(_LIMIT):
            raise TimeoutError("the SMTP server did not start")

    def stop(self) -> None:
        """Stop, break open connections, and return when the thread has ended."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_LIMIT)
        if self._thread.is_alive():
            raise TimeoutError("the SMTP server did not stop")
        self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _serve(self, listening: socket.socket, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        context = self._authority.server_context() if self.tls != "none" else None
        first = context if self.tls == "implicit" else None
        server = await self._loop.create_server(lambda: self._connection(context), sock=listening, ssl=first)
        ready.set()
        await self._stopping.wait()
        server.close()
        server.abort_clients()
        await server.wait_closed()
        await asyncio.sleep(0)  # the sessions that lost their connection are cancelled and end

    def _connection(self, context: ssl.SSLContext | None) -> Connection:
        """Return the protocol of a new client."""
        self.connections += 1
        options: dict[str, Any] = {"loop": self._loop, "enable_SMTPUTF8": True, "auth_require_tls": False}
        if self.tls == "starttls":  # of TLS from the beginning aiosmtpd does not know
            options |= {"tls_context": context, "require_starttls": True, "auth_require_tls": True}
        return Connection(self, **options)
