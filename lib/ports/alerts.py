"""What alerts and the secret scan need from outside: their memory, leases, and a way to send letters.

Every method may raise `MicrosoftUnavailable` or `MicrosoftTimeout` when its system cannot be used or takes too long.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lib.domain.alerts import History
from lib.domain.letters import Letter
from lib.domain.notices import Notice, Queued
from lib.domain.scan import Summary
from lib.ports import Deadline


@dataclass(frozen=True)
class StoredHistory:
    """A history as read, with the table's own ETag for a conditional write."""

    history: History
    etag: str


class Alerts(Protocol):
    """What was told about each customer, and the notices that wait to be sent. One partition per customer.

    A customer's notices and its history change together, in one transaction: what is due is queued or it is not told.
    """

    def histories(self, after: str) -> AsyncIterator[StoredHistory]:
        """Go through the histories of customers with an id greater than `after`, in the order of their ids.

        Those that stand for the deployment come first. One that cannot be read is left out.
        """

    async def history(self, customer: str) -> StoredHistory | None:
        """Return a customer's history, or None. One that cannot be read is one in which nothing was told."""

    async def commit(
        self, history: History, etag: str | None, notice: Notice | None, recipients: Sequence[str]
    ) -> None:
        """Write the history if it still has this etag (None: if there is none), and queue the notice.

        There is one waiting row per recipient. All of it or nothing, up to some ninety recipients: for those beyond it
        is queued before, so that it may repeat but not get lost. Raises Conflict.
        """

    def waiting(self) -> AsyncIterator[Queued]:
        """Go through all notices that wait to be sent, of all customers. One that cannot be read is left out."""

    async def handing_over(self, customer: str, now: datetime) -> None:
        """Note in the history that a letter about what is open is handed over now. A history that is gone is fine."""

    async def postpone(self, queued: Queued, not_before: datetime, *, refused: bool) -> None:
        """Note that the letter failed, or was `refused`, and when to try again. A row that is gone is fine."""

    async def drop(self, customer: str, rows: Sequence[str]) -> None:
        """Remove these rows of a customer: they were sent, or nobody has to be told any more. Gone is fine."""

    async def forget(self, customer: str) -> None:
        """Remove everything about a customer."""

    def unknown(self) -> AsyncIterator[str]:
        """Go through the customers whose secret's expiry is not known."""


@dataclass(frozen=True)
class Lease:
    """The right to do something alone, until a moment. `note` is the holder's own text, which outlives the lease."""

    name: str
    owner: str
    until: datetime
    note: str
    etag: str


class Leases(Protocol):
    """Who does what alone. A lease that was not given back is free once its time is over."""

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """Return the lease, with the note that its last holder left; None while somebody else has it."""

    async def renew(self, lease: Lease, until: datetime, note: str) -> Lease:
        """Hold it longer and leave a note. Raises Conflict if it was lost."""

    async def give_back(self, lease: Lease, note: str) -> None:
        """Give it back with a note. Raises Conflict if it was lost."""


class Scans(Protocol):
    """The summaries of past runs."""

    async def add(self, summary: Summary) -> None:
        """Keep a run's summary; of very old runs none is kept."""

    async def last(self) -> Summary | None:
        """Return the summary of the run that finished last, or None."""


@dataclass(frozen=True)
class Pace:
    """How many letters may be sent in a minute and in an hour."""

    per_minute: int
    per_hour: int


class LetterRefused(Exception):
    """The service will not take this letter, for this recipient or as it is. `code` is its own, for the log.

    `passing`: it may take it later (a full mailbox, greylisting).
    """

    def __init__(self, code: str, *, passing: bool = False) -> None:
        super().__init__(f"the letter was refused: {code}")
        self.code = code
        self.passing = passing


class Mail(Protocol):
    """Sends letters."""

    @property
    def pace(self) -> Pace | None:
        """What the service lets us send; None: it has not told."""

    async def send(self, letter: Letter, recipient: str, key: str, deadline: Deadline) -> None:
        """Hand a letter over; return once the service has accepted it.

        `key` (a GUID) is the same whenever the same letter is tried again, so that the service or the reader can drop
        a repetition. Raises LetterRefused (this letter), Throttled, MicrosoftUnavailable, MicrosoftTimeout (any).
        """
