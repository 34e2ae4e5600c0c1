"""What waits, gathered by reader; and what of it is still true when its turn has come."""

import uuid
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace

from lib.domain.alerts import History, Kind, reopened
from lib.domain.configuration import ConfigurationType, Customer
from lib.domain.freshness import is_about_another, of_secret_in_use, of_today, of_users
from lib.domain.letters.compose import Content
from lib.domain.notices import BASIC, DEPLOYMENT, Notice, Queued, as_one, still_true
from lib.ports import Conflict, Customers, Damaged, Now
from lib.ports.alerts import Alerts
from lib.usecases.ended_users import EndedUsers

_MOST_READ = 20_000  # notices of one run, so that memory stays bounded; the next run reads the others
_MOST_IN_A_LETTER = 300  # notices, the most urgent first; the others come with the next run
_NAMESPACE = uuid.UUID("6f1c2a50-7d8e-4c43-9a54-0d6f6a6b1d11")  # random; of the keys of letters


@dataclass
class Digest:
    """What waits for one reader, the most urgent first.

    `first_about` are the customers of whom no letter about what is open was handed over before;
    `left_out` waits on, since nobody can tell now whether it is true, `later` because the letter would be too long.
    """

    recipient: str
    for_operators: bool
    queued: list[Queued] = field(default_factory=list)
    first_about: set[str] = field(default_factory=set)
    left_out: list[Queued] = field(default_factory=list)
    later: list[Queued] = field(default_factory=list)

    @property
    def key(self) -> str:
        """A GUID that is the same as long as the same waits: a letter that is tried again has it again.

        After a refusal it is another one, since the service remembers what became of the first.
        """
        rows = sorted(f"{queued.row} {queued.refusals}" for queued in self.queued)
        return str(uuid.uuid5(_NAMESPACE, "\n".join([self.recipient.lower(), *rows])))

    @property
    def urgency(self) -> tuple[str, bool, bool, tuple[int, object]]:
        """What failed before comes last, the oldest failure first, so that it holds up nobody.

        Of others, expired ones and operators come first.
        """
        first = self.queued[0].notice
        failed = max((queued.not_before.isoformat() for queued in self.queued if queued.not_before), default="")
        return failed, first.kind is not Kind.EXPIRED, not self.for_operators, first.urgency

    def rows(self) -> dict[str, list[str]]:
        """Return the names of the rows by customer."""
        rows = defaultdict(list)
        for queued in self.queued:
            rows[queued.notice.customer].append(queued.row)
        return dict(rows)


@dataclass(frozen=True)
class Digests:
    """Gathers what waits."""

    alerts: Alerts
    customers: Customers
    ended_users: EndedUsers
    operators: tuple[str, ...]
    now: Now

    async def waiting(self) -> list[Digest]:
        """Return what waits to be sent now, one digest per reader, the most urgent first."""
        found: dict[str, Digest] = {}
        operators = {address.lower() for address in self.operators}
        read = 0
        async for queued in self.alerts.waiting():
            if queued.not_before is not None and queued.not_before > self.now():
                continue
            read += 1
            if read > _MOST_READ:
                break
            reader = queued.recipient.lower()
            digest = found.setdefault(reader, Digest(queued.recipient, reader in operators))
            digest.queued.append(queued)
        for digest in found.values():
            digest.queued.sort(key=lambda queued: (queued.notice.urgency, queued.notice.customer))
            digest.later = digest.queued[_MOST_IN_A_LETTER:]
            del digest.queued[_MOST_IN_A_LETTER:]
        return sorted(found.values(), key=lambda digest: digest.urgency)

    async def still_true(self, digest: Digest) -> Content | None:
        """Return what the letter has to say, None if nothing is left to say. What is no longer true is removed.

        What was solved is not told any more, nor what concerns a customer that was deleted, nor to somebody who is no
        longer to be told.
        """
        true: dict[str, list[Notice]] = defaultdict(list)
        left: list[Queued] = []
        for customer_id, of_customer in _by_customer(digest.queued).items():
            try:
                known = await self._known(customer_id, digest.recipient)
            except Damaged:
                digest.left_out += of_customer
                continue  # nobody knows whom this concerns: it waits, and the operators are told that it cannot be read
            for queued in of_customer:
                notice = await self._true(queued.notice, known) if known else None
                if notice is None:
                    await self.alerts.drop(customer_id, [queued.row])
                    continue
                left.append(queued)
                true[customer_id].append(notice)
                if known is not None and known.history.handed_over_at is None:
                    digest.first_about.add(customer_id)
        digest.queued = left
        if not left:
            return None
        notices = sorted((as_one(of_customer) for of_customer in true.values()), key=lambda notice: notice.urgency)
        unknown = [customer async for customer in self.alerts.unknown()] if digest.for_operators else []
        return Content(tuple(notices), digest.for_operators, tuple(sorted(unknown)))

    async def _true(self, notice: Notice, known: "_Known") -> Notice | None:
        """Return what is left of a notice now."""
        today = self.now().date()
        true, customer = still_true(notice, known.history), known.customer
        if true is not None and customer is not None:
            if is_about_another(true, customer):
                await self._begin_anew(known)
            if true.generation != customer.generation:
                return None
            true = of_secret_in_use(replace(true, tested=customer.active is not None), customer)
            if true is not None and Kind.CONNECTIONS in true.kinds:
                true = of_users(true, [user.at for user in await self.ended_users.of(customer)])
        return true and of_today(true, today)

    async def _begin_anew(self, known: "_Known") -> None:
        """Let the next scan tell what there is to tell of the secret in use, since what waited was about another."""
        revision = known.customer.in_use if known.customer else None
        after = reopened(known.history, revision.secret_version if revision else None)
        if known.begun_anew or after == known.history:
            return
        known.begun_anew = True
        with suppress(Conflict):  # a scan was faster, and has judged
            await self.alerts.commit(after, known.etag, None, [])

    async def _known(self, customer_id: str, recipient: str) -> "_Known | None":
        """Return what is known of the customer now, None if this reader is not to be told about it."""
        stored = await self.alerts.history(customer_id)
        if stored is None:
            return None
        if customer_id in {DEPLOYMENT, BASIC}:
            return _Known(stored.history, stored.etag) if _among(recipient, self.operators) else None
        found = await self.customers.read(customer_id)
        newest = found.customer.newest if found else None
        if found is None or newest is None or newest.access.type is ConfigurationType.NONE:
            return None
        readers = (*self.operators, *newest.wishes.alert_recipients)
        return _Known(stored.history, stored.etag, found.customer) if _among(recipient, readers) else None


@dataclass
class _Known:
    """What is true now. `customer` is None for what is about the deployment itself."""

    history: History
    etag: str
    customer: Customer | None = None
    begun_anew: bool = False


def _among(recipient: str, readers: tuple[str, ...]) -> bool:
    return recipient.lower() in {address.lower() for address in readers}


def _by_customer(queued: list[Queued]) -> dict[str, list[Queued]]:
    found: dict[str, list[Queued]] = defaultdict(list)
    for one in queued:
        found[one.notice.customer].append(one)
    return found
