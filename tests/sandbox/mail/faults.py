"""Faults that tests order from the SMTP server."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["connect", "ehlo", "auth", "mail", "rcpt", "data"]


@dataclass
class SmtpFault:
    """What happens at this stage, `times` times (None: always); with `recipient` only if an address contains it.

    Mode "answer" says `answer`, such as "550 5.1.1 no such user", instead of what the server would say; after a 421 it
    closes the connection, as RFC 5321 wants. "drop" breaks the connection, "drop_after_data" (stage "data" only) keeps
    the mail and breaks the connection before it says so, "hang" says nothing more.

    The stage "connect" is the greeting, "ehlo" is HELO too, and "data" is where the message has come in whole.
    """

    stage: Stage
    answer: str = ""
    recipient: str = ""
    mode: Literal["answer", "drop", "drop_after_data", "hang"] = "answer"
    times: int | None = None

    def __post_init__(self) -> None:
        if self.mode == "answer" and not self.answer:
            raise ValueError("what is to be answered?")
        if self.mode == "drop_after_data" and self.stage != "data":
            raise ValueError("drop_after_data is for the stage data")

    def matches(self, stage: Stage, recipients: Iterable[str]) -> bool:
        """Tell whether this fault is for this moment."""
        if self.times == 0 or self.stage != stage:
            return False
        return not self.recipient or any(self.recipient.lower() in address.lower() for address in recipients)


class Faults:
    """The faults still to come; `waiting` may be changed in any thread."""

    def __init__(self) -> None:
        self.waiting: list[SmtpFault] = []
        self._lock = threading.Lock()

    def take(self, stage: Stage, recipients: Iterable[str] = ()) -> SmtpFault | None:
        """Return the first fault for this moment and count its use."""
        recipients = tuple(recipients)
        with self._lock:
            found = next((fault for fault in self.waiting if fault.matches(stage, recipients)), None)
            if found is not None and found.times is not None:
                found.times -= 1
            return found
