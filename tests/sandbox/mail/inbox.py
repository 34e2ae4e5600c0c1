"""What was sent, by whichever way: kept for tests to look at and for people to read."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Literal


@dataclass(frozen=True)
class ReceivedMail:
    """One mail. `sender` and `recipients` are the envelope's; `text` and `html` are "" when there is no such part.

    `message_id` is the header of a mail by SMTP, `operation_id` that of a mail by Communication Services; `raw` is the
    message as it came by SMTP, byte for byte. Of a header that is there twice, `headers` has the first.
    """

    via: Literal["smtp", "acs"]
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str = ""
    html: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    message_id: str | None = None
    operation_id: str | None = None
    raw: bytes | None = field(default=None, repr=False)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def reached(self, address: str) -> bool:
        """Tell whether it was sent to this address, in whatever case."""
        return address.lower() in (recipient.lower() for recipient in self.recipients)


class Inbox:
    """Keeps all mails, in the order they came. Safe to use in any thread."""

    def __init__(self) -> None:
        self._mails: list[ReceivedMail] = []
        self._changed = threading.Condition()

    @property
    def mails(self) -> list[ReceivedMail]:
        """All mails so far, the first one first; a list of the caller's own."""
        with self._changed:
            return list(self._mails)

    def to(self, address: str) -> list[ReceivedMail]:
        """Return the mails to this address, the first one first."""
        return [mail for mail in self.mails if mail.reached(address)]

    def add(self, mail: ReceivedMail) -> None:
        """Keep a mail."""
        with self._changed:
            self._mails.append(mail)
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget all mails."""
        with self._changed:
            self._mails.clear()

    def wait_for(self, number: int, seconds: float) -> list[ReceivedMail]:
        """Return all mails as soon as there are that many. Raises TimeoutError. Blocks, so not for an event loop."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._mails) >= number, seconds):
                raise TimeoutError(f"{len(self._mails)} of {number} mails came within {seconds} s")
            return list(self._mails)


def parsed(raw: bytes, sender: str, recipients: tuple[str, ...]) -> ReceivedMail:
    """Return a mail that came by SMTP."""
    message = message_from_bytes(raw, policy=default)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers.setdefault(name, str(value))
    return ReceivedMail(
        "smtp",
        sender,
        recipients,
        str(message.get("Subject", "")),
        _part(message, "plain"),
        _part(message, "html"),
        headers,
        message_id=headers.get("Message-ID"),
        raw=raw,
    )


def _part(message: EmailMessage, kind: Literal["plain", "html"]) -> str:
    """Return the text of the part that a reader of this kind would show, its lines ended as Python does."""
    found = message.get_body((kind,))
    return str(found.get_content()).replace("\r\n", "\n") if found is not None else ""
