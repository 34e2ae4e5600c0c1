"""Small fakes of what alerts need: their memory, leases, summaries, and a mail service. They share the steps."""

import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lib.domain.alerts import History
from lib.domain.letters import Letter
from lib.domain.notices import Notice, Queued
from lib.domain.scan import Summary
from lib.ports import Conflict, Deadline
from lib.ports.alerts import Lease, Pace, StoredHistory
from tests.usecases.fakes import Steps


class FakeAlerts:
    """Histories and waiting rows; a commit is all or nothing, as in the table."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.rows: dict[str, StoredHistory] = {}
        self.queue: dict[str, Queued] = {}
        self.steps = steps or Steps()
        self._numbers = itertools.count(1)

    async def histories(self, after: str) -> AsyncIterator[StoredHistory]:
        for customer in sorted(self.rows):
            if customer > after and customer in self.rows:
                self.steps.enter("page of histories")
                self.steps.leave()
                yield self.rows[customer]

    async def history(self, customer: str) -> StoredHistory | None:
        self.steps.enter("read history")
        self.steps.leave()
        return self.rows.get(customer)

    async def commit(
        self, history: History, etag: str | None, notice: Notice | None, recipients: Sequence[str]
    ) -> None:
        self.steps.enter("commit history")
        now = self.rows.get(history.customer)
        if (now.etag if now else None) != etag:
            raise Conflict
        if notice:
            for recipient in {address.lower(): address for address in recipients}.values():
                row = f"notice-{next(self._numbers)}"
                self.queue[row] = Queued(row, recipient, notice)
        self._put(history)
        self.steps.leave()

    async def waiting(self) -> AsyncIterator[Queued]:
        for queued in list(self.queue.values()):
            self.steps.enter("page of notices")
            self.steps.leave()
            yield queued

    async def handing_over(self, customer: str, now: datetime) -> None:
        self.steps.enter("note handing over")
        if customer in self.rows:
            self._put(replace(self.rows[customer].history, handed_over_at=now))
        self.steps.leave()

    async def postpone(self, queued: Queued, not_before: datetime, *, refused: bool) -> None:
        self.steps.enter("postpone")
        if queued.row in self.queue:
            later = replace(self.queue[queued.row], not_before=not_before, refusals=queued.refusals + refused)
            self.queue[queued.row] = later
        self.steps.leave()

    async def drop(self, customer: str, rows: Sequence[str]) -> None:
        self.steps.enter("drop notices")
        self._remove(lambda queued: queued.row in rows)
        self.steps.leave()

    async def forget(self, customer: str) -> None:
        self.steps.enter("forget alerts")
        self.rows.pop(customer, None)
        self._remove(lambda queued: queued.notice.customer == customer)
        self.steps.leave()

    async def unknown(self) -> AsyncIterator[str]:
        self.steps.enter("page of unknown")
        self.steps.leave()
        for customer, stored in sorted(self.rows.items()):
            if stored.history.unknown is not None:
                yield customer

    def _put(self, history: History) -> None:
        self.rows[history.customer] = StoredHistory(history, f"h{next(self._numbers)}")

    def _remove(self, gone: Callable[[Queued], bool]) -> None:
        self.queue = {row: queued for row, queued in self.queue.items() if not gone(queued)}


class FakeLeases:
    def __init__(self, steps: Steps | None = None) -> None:
        self.rows: dict[str, Lease] = {}
        self.steps = steps or Steps()
        self._etags = itertools.count(1)

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        self.steps.enter("take lease")
        held = self.rows.get(name)
        if held is not None and held.until > now and held.owner != owner:
            return None
        lease = self._put(Lease(name, owner, until, held.note if held else "", ""))
        self.steps.leave()
        return lease

    async def renew(self, lease: Lease, until: datetime, note: str) -> Lease:
        self.steps.enter("renew lease")
        if self.rows.get(lease.name) != lease:
            raise Conflict
        renewed = self._put(replace(lease, until=until, note=note))
        self.steps.leave()
        return renewed

    async def give_back(self, lease: Lease, note: str) -> None:
        self.steps.enter("give lease back")
        if self.rows.get(lease.name) != lease:
            raise Conflict
        self._put(replace(lease, owner="", until=lease.until.replace(year=2000), note=note))
        self.steps.leave()

    def _put(self, lease: Lease) -> Lease:
        self.rows[lease.name] = replace(lease, etag=f"l{next(self._etags)}")
        return self.rows[lease.name]


class FakeScans:
    def __init__(self, steps: Steps | None = None) -> None:
        self.summaries: list[Summary] = []
        self.steps = steps or Steps()

    async def add(self, summary: Summary) -> None:
        self.steps.enter("add summary")
        self.summaries.append(summary)
        self.steps.leave()

    async def last(self) -> Summary | None:
        self.steps.enter("read summary")
        self.steps.leave()
        return self.summaries[-1] if self.summaries else None


@dataclass
class FakeMail:
    """Takes every letter, unless `problems` has something for its recipient; what it took is in `sent`."""

    steps: Steps = field(default_factory=Steps)
    pace: Pace | None = None
    sent: list[tuple[str, Letter, str]] = field(default_factory=list)
    problems: dict[str, list[Exception]] = field(default_factory=dict)

    async def send(self, letter: Letter, recipient: str, key: str, deadline: Deadline) -> None:
        self.steps.enter("send letter")
        if ordered := self.problems.get(recipient):
            raise ordered.pop(0)
        self.sent.append((recipient, letter, key))
        self.steps.leave()

    def subjects(self, recipient: str) -> list[str]:
        """The subjects of the letters that this recipient got."""
        return [letter.subject for to, letter, _ in self.sent if to == recipient]
