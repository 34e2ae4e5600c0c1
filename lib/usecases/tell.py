"""Decide what has to be told about a customer, and queue it: in one transaction with the history that says so.

So nothing is told twice because two instances looked at once (one of them meets a conflict and looks again), and
nothing is lost because a process ended in between.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from lib.domain.alerts import History, Judgement, Kind, by_urgency, judge, judge_unchecked, reopened
from lib.domain.configuration import Customer
from lib.domain.errors import ConfigurationChanged
from lib.domain.findings import Seen
from lib.domain.notices import BASIC, DEPLOYMENT, MOST_NAMED, Notice, Unchecked
from lib.ports import Conflict, Customers, Damaged, Now
from lib.ports.alerts import Alerts, StoredHistory
from lib.usecases.updating import ATTEMPTS, let_others_pass

_log = logging.getLogger("calendar_connector")


@dataclass(frozen=True)
class Outcome:
    """What came of it. `due`: something has to be told, an all clear aside; `nobody`: and there is no reader."""

    due: bool = False
    nobody: bool = False


@dataclass(frozen=True)
class Teller:
    """Queues alerts. `operators` are told about everything, `thresholds` are in days."""

    alerts: Alerts
    customers: Customers
    operators: tuple[str, ...]
    thresholds: tuple[int, ...]
    now: Now

    async def about_customer(self, customer: Customer, seen: Seen, stored: StoredHistory | None) -> Outcome:
        """Queue what is due about a customer. `stored` is its history as it was read before.

        Raises ConfigurationChanged if others keep writing it.
        """
        newest = customer.newest
        own = newest.wishes.alert_recipients if newest else ()

        def judged(history: History) -> Judgement:
            return judge(history, seen, self.thresholds, self.now().date())

        def notice(kinds: tuple[Kind, ...]) -> Notice:
            return _notice(customer, seen, kinds, self.now())

        outcome = await self._tell(customer.id, customer.generation, stored, judged, notice, own)
        if outcome.due:
            await self._forget_if_gone(customer)
        return outcome

    async def about_basic(self, seen: Seen, application_id: str | None) -> Outcome:
        """Queue for the operators what is due about the deployment's own application, which Basic uses."""

        def judged(history: History) -> Judgement:
            return judge(history, seen, self.thresholds, self.now().date())

        def notice(kinds: tuple[Kind, ...]) -> Notice:
            return Notice(
                BASIC,
                "",
                kinds,
                self.now(),
                application_id=application_id,
                expires=seen.expires,
                works=seen.works,
                refused=seen.refused,
            )

        return await self._tell(BASIC, "", await self.alerts.history(BASIC), judged, notice, ())

    async def about_unchecked(self, unchecked: Sequence[Unchecked], in_all: int) -> Outcome:
        """Queue for the operators what could not be checked, or that all of it can be checked again."""
        names = {entry.customer or "" for entry in unchecked}

        def judged(history: History) -> Judgement:
            return judge_unchecked(history, names, self.now().date())

        def notice(kinds: tuple[Kind, ...]) -> Notice:
            shown = tuple(sorted(unchecked, key=lambda entry: entry.customer is not None)[:MOST_NAMED])
            return Notice(DEPLOYMENT, "", kinds, self.now(), unchecked=shown, unchecked_in_all=in_all)

        return await self._tell(DEPLOYMENT, "", await self.alerts.history(DEPLOYMENT), judged, notice, ())

    async def _tell(
        self,
        customer_id: str,
        generation: str,
        stored: StoredHistory | None,
        judged: Callable[[History], Judgement],
        notice: Callable[[tuple[Kind, ...]], Notice],
        own: Sequence[str],
    ) -> Outcome:
        recipients = list({address.lower(): address for address in (*self.operators, *own)}.values())
        for attempt in range(ATTEMPTS):
            before = stored.history if stored else History(customer_id, generation)
            same = before if before.generation == generation else reopened(before)
            now = judged(replace(same, generation=generation))
            solved = (Kind.SOLVED,) if now.solved and before.handed_over_at else ()
            kinds = by_urgency((*now.due, *solved))
            if now.history == before and not now.due:
                return Outcome()
            if now.due and not recipients:
                _write_down(customer_id, kinds, notice(kinds))
                return Outcome(due=True, nobody=True)  # not noted as told: whoever comes later is told
            try:
                to_tell = notice(kinds) if kinds and recipients else None
                etag = stored.etag if stored else None
                await self.alerts.commit(now.history, etag, to_tell, recipients)
            except Conflict:
                await let_others_pass(attempt)
                stored = await self.alerts.history(customer_id)
                continue
            _write_down(customer_id, kinds, to_tell)
            return Outcome(due=bool(now.due))
        raise ConfigurationChanged

    async def _forget_if_gone(self, customer: Customer) -> None:
        """Take back what was queued for a customer that was deleted while it was looked at."""
        with suppress(Damaged):
            stored = await self.customers.read(customer.id)
            if stored is None or stored.customer.deleted:
                await self.alerts.forget(customer.id)


def _notice(customer: Customer, seen: Seen, kinds: tuple[Kind, ...], now: datetime) -> Notice:
    revision = customer.in_use
    ended = sorted(seen.ended, key=lambda user: user.at, reverse=True)  # of many, those that are news are named
    return Notice(
        customer=customer.id,
        generation=customer.generation,
        kinds=kinds,
        found_at=now,
        tenant=(revision.tenant or revision.access.tenant_id) if revision else None,
        application_id=revision.access.application_id if revision else None,
        credential=seen.credential,
        tested=customer.active is not None,
        expires=seen.expires,
        works=seen.works,
        hint=seen.hint,
        key_id=seen.key_id,
        refused=seen.refused,
        withdrawn=seen.withdrawn,
        newer=seen.newer,
        newer_until=seen.newer_until,
        users=tuple(user.name for user in ended[:MOST_NAMED]),
        ended_at=tuple(user.at.isoformat() for user in ended[:MOST_NAMED]),
        users_in_all=len(ended),
    )


def _write_down(customer_id: str, kinds: tuple[Kind, ...], notice: Notice | None) -> None:
    """Write one line per alert: it reaches the log even if no e-mail reaches anybody. All clears are no alerts."""
    if notice is None or set(kinds) <= {Kind.SOLVED}:
        return
    trouble = notice.refused or notice.withdrawn
    line = {
        "event": "secretAlert",
        "customer": customer_id,
        "kinds": kinds,
        "expires": notice.expires.as_text(),
        "reason": trouble.code if trouble else None,
    }
    told = {name: value for name, value in line.items() if value is not None}
    _log.warning("an alert about customer %s", customer_id, extra={"line": told})
