"""One SMTP connection: aiosmtpd's session, with the faults that tests order."""

import asyncio
import hmac
import logging
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException

from tests.sandbox.mail.faults import Faults, Stage
from tests.sandbox.mail.inbox import Inbox, parsed
from tests.sandbox.transports import reset

logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of itself at every login


class Owner(Protocol):
    """What a connection needs of its server."""

    inbox: Inbox
    login: tuple[str, str] | None
    ordered: Faults
    errors: list[str]


class Connection(SMTP):
    """A session with one client, which begins with the greeting."""

    def __init__(self, owner: Owner, **options: Any) -> None:
        super().__init__(_Hooks(owner), authenticator=_authenticator(owner), hostname="localhost", **options)
        # Set here and not by the option, which warns where AUTH is possible without TLS; that is what a test ordered.
        self._auth_required = owner.login is not None
        self._ordered = owner.ordered

    async def _handle_client(self) -> None:
        try:
            answer = await self.misbehave("connect")
            if answer is not None:
                await self.push(answer)
        except asyncio.CancelledError:
            self._close()  # as aiosmtpd does where a client goes away later on
            raise
        if answer is None:
            await super()._handle_client()
        else:
            self._close()

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.close()

    async def push(self, status: str | bytes) -> None:
        """Send an answer; after "421, closing transmission channel" close it (RFC 5321, 3.8)."""
        await super().push(status)
        text = status.encode() if isinstance(status, str) else status
        if text.startswith(b"421"):
            self._close()

    async def misbehave(
        self, stage: Stage, recipients: Sequence[str] = (), keep: Callable[[], None] | None = None
    ) -> str | None:
        """Do what was ordered for this moment: return an answer to give instead, or None if nothing was ordered.

        `keep` keeps the mail, where there is one. Does not return from a connection that broke or hangs.
        """
        fault = self._ordered.take(stage, recipients)
        if fault is None:
            return None
        if fault.mode == "answer":
            return fault.answer
        if fault.mode == "drop_after_data" and keep is not None:
            keep()
        if fault.mode != "hang":
            reset(self.transport)
        await asyncio.Event().wait()  # until the client goes away or the server stops: both cancel this
        raise AssertionError("nobody sets it")


class _Hooks:
    """What aiosmtpd calls; MISSING lets it go on as usual."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    async def handle_EHLO(  # noqa: N802  # the names are aiosmtpd's
        self, server: Connection, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        if (answer := await server.misbehave("ehlo")) is not None:
            return [answer]
        session.host_name = hostname
        return [line for line in responses if self._owner.login or not line.startswith("250-AUTH")]

    async def handle_HELO(self, server: Connection, session: Session, envelope: Envelope, hostname: str) -> Any:  # noqa: N802
        if (answer := await server.misbehave("ehlo")) is not None:
            return answer
        session.host_name = hostname
        return "250 localhost"

    async def handle_AUTH(self, server: Connection, session: Session, envelope: Envelope, args: list[str]) -> Any:  # noqa: N802
        return await server.misbehave("auth") or MISSING

    async def handle_MAIL(self, server: Connection, session: Session, envelope: Envelope, *_: Any) -> Any:  # noqa: N802
        return await server.misbehave("mail") or MISSING

    async def handle_RCPT(  # noqa: N802
        self, server: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> Any:
        return await server.misbehave("rcpt", [address]) or MISSING

    async def handle_DATA(self, server: Connection, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipients = tuple(envelope.rcpt_tos)

        def keep() -> None:
            raw = envelope.original_content or b""
            self._owner.inbox.add(parsed(raw, envelope.mail_from or "", recipients))

        if (answer := await server.misbehave("data", recipients, keep)) is not None:
            return answer
        keep()
        return "250 2.0.0 OK: queued"

    async def handle_exception(self, problem: Exception) -> str:
        """Keep what is a bug of the sandbox; clients that break off or do not trust the certificate are none."""
        if not isinstance(problem, OSError | TLSSetupException):
            self._owner.errors.append("".join(traceback.format_exception(problem)))
        return "451 4.3.0 a bug of the sandbox"


def _authenticator(owner: Owner) -> Any:
    """Return what checks user and password."""

    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword) -> AuthResult:
        user, password = owner.login or ("", "")
        right = hmac.compare_digest(given.login, user.encode()) and hmac.compare_digest(
            given.password, password.encode()
        )
        return AuthResult(success=right and owner.login is not None, handled=False)

    return check
