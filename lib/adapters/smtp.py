"""Letters by SMTP (RFC 5321, 6409): any server that takes submissions, with TLS and mostly with a login.

smtplib is synchronous, so it works in a thread. Its exceptions repeat the server's text, the recipient or the login:
none of them leaves this module, not even as the cause of another.
"""

import asyncio
import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from lib.adapters.letter_html import as_html
from lib.adapters.letter_text import as_text, one_line
from lib.adapters.mailing import MailTimeout, check_recipient, unusable
from lib.adapters.smtp_answers import SERVICE, refused, translated
from lib.domain.errors import CalendarError
from lib.domain.letters import Letter
from lib.ports import Deadline
from lib.ports.alerts import LetterRefused, Pace

_LONGEST_STEP = 60.0  # seconds without a word of the server (RFC 5321, 4.5.3.2 would allow it minutes)
_LONGEST_LINE = 300  # of a header (RFC 5322 allows 998): folded at 78, a subject may come out with a space in front
_PORTS = {"smtp": 587, "smtps": 465}  # RFC 6409, 8314
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LOGINS = frozenset({"CRAM-MD5", "PLAIN", "LOGIN"})  # smtplib's


class SmtpMail:
    """One SMTP server; implements `lib.ports.alerts.Mail`.

    `url` is `smtp://[user:password@]host[:587]` (TLS by STARTTLS) or `smtps://…[:465]` (TLS from the start). Nothing is
    sent without TLS and a certificate that can be trusted, except to this very machine if its server has no STARTTLS.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or _PORTS[parts.scheme]
        self._implicit = parts.scheme == "smtps"
        self._login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._sender = sender
        self._domain = sender.rpartition("@")[2]

    @property
    def pace(self) -> Pace | None:
        """See `lib.ports.alerts.Mail`. A server does not tell."""
        return None

    async def send(self, letter: Letter, recipient: str, key: str, deadline: Deadline) -> None:
        """See `lib.ports.alerts.Mail`.

        A caller that ran into the deadline may have sent the letter: the thread is not ended with the call, and a
        connection that breaks before the last answer leaves it open, too. Sent again, it has the same Message-ID.
        """
        check_recipient(recipient)
        if not deadline.left():
            raise MailTimeout(SERVICE)
        try:
            async with asyncio.timeout(deadline.left()):
                problem = await asyncio.to_thread(self._outcome, letter, recipient, key, deadline)
        except TimeoutError:
            raise MailTimeout(SERVICE) from None
        if problem is not None:
            raise problem

    def _outcome(
        self, letter: Letter, recipient: str, key: str, deadline: Deadline
    ) -> CalendarError | LetterRefused | None:
        """Send the letter; return the error to raise. Returned and not raised, it has no exception of smtplib in it."""
        try:
            self._hand_over(self._message(letter, recipient, key), recipient, deadline)
        except (smtplib.SMTPException, OSError, ValueError, CalendarError, LetterRefused) as problem:
            return translated(problem)
        return None

    def _message(self, letter: Letter, recipient: str, key: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = recipient
        message["Subject"] = one_line(letter.subject)
        message["Date"] = datetime.now(UTC)
        message["Message-ID"] = f"<{key}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply, please
        message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
        # Quoted-printable passes through servers without 8BITMIME, and no line gets too long.
        message.set_content(as_text(letter), cte="quoted-printable")
        message.add_alternative(as_html(letter), subtype="html", cte="quoted-printable")
        return message

    def _hand_over(self, message: EmailMessage, recipient: str, deadline: Deadline) -> None:
        client = self._connect(deadline)
        try:
            self._encrypt(client, deadline)
            self._log_in(client, deadline)
            _limit(client, deadline)
            # Not `send_message`, which writes ">From" where a line begins with "From".
            content = message.as_bytes(policy=SMTP.clone(max_line_length=_LONGEST_LINE))
            client.sendmail(self._sender, [recipient], content)
            # The letter is the server's now; its answer to QUIT would change nothing and may never come.
            with suppress(smtplib.SMTPException, OSError):
                client.putcmd("quit")
        finally:
            client.close()

    def _connect(self, deadline: Deadline) -> smtplib.SMTP:
        # The sender's domain as EHLO name: looking up this machine's own takes long in some networks, and some relays
        # know by it whom they serve.
        seconds = _seconds(deadline)
        if self._implicit:
            return smtplib.SMTP_SSL(
                self._host, self._port, self._domain, timeout=seconds, context=ssl.create_default_context()
            )
        return smtplib.SMTP(self._host, self._port, self._domain, timeout=seconds)

    def _encrypt(self, client: smtplib.SMTP, deadline: Deadline) -> None:
        if self._implicit:
            return
        _limit(client, deadline)
        client.ehlo_or_helo_if_needed()
        if client.has_extn("starttls"):
            client.starttls(context=ssl.create_default_context())
        elif self._host not in _LOOPBACK:
            raise unusable(
                "The e-mail server offers no encryption, so nothing was sent to it.",
                "Name a server and a port in EMAIL_URL that offer STARTTLS (mostly 587), or use smtps:// (mostly 465).",
            )

    def _log_in(self, client: smtplib.SMTP, deadline: Deadline) -> None:
        if self._login is None:
            return
        _limit(client, deadline)
        client.ehlo_or_helo_if_needed()
        if not _LOGINS & set(client.esmtp_features.get("auth", "").split()):
            raise refused(None)
        client.login(*self._login)


def _seconds(deadline: Deadline) -> float:
    """Return the seconds for the next step. Raises TimeoutError: nothing is begun for a caller who has gone."""
    if not deadline.left():
        raise TimeoutError
    return min(_LONGEST_STEP, deadline.left())


def _limit(client: smtplib.SMTP, deadline: Deadline) -> None:
    if client.sock is not None:
        client.sock.settimeout(_seconds(deadline))
