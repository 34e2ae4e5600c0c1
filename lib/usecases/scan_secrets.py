"""The secret scan: look at every customer's credential, queue what is due, send it, and prove that it ran.

One instance scans at a time, by a lease whose note says where it was. A run goes once round: from where the last one
stopped to the end, then from the beginning to there. So a run that was cut short or killed is gone on with, and whoever
has the time looks at everybody. What is looked at twice does no harm: what was told stands in the customer's history.
"""

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field

from lib.domain.configuration import ConfigurationType, Customer
from lib.domain.errors import CalendarError
from lib.domain.notices import MOST_NAMED, Unchecked
from lib.domain.scan import Count, Summary
from lib.ports import Customers, Deadline, Now
from lib.ports.alerts import Alerts, Scans, StoredHistory
from lib.usecases.deliver_alerts import Delivery
from lib.usecases.histories import Histories
from lib.usecases.housekeeping import Housekeeping, life
from lib.usecases.leasing import Busy, Held, Leasing
from lib.usecases.look_at_basic import BasicLooker, basic_notice
from lib.usecases.look_at_customer import Looked, Looker
from lib.usecases.tell import Outcome, Teller

_log = logging.getLogger("calendar_connector")

_LEASE = "scan"
_SIDE_BY_SIDE = 12  # customers; the requests for tokens among them run in eight threads
_CUSTOMER_SECONDS = 30.0
_GRACE = 10.0  # seconds for whoever is being looked at when the time for looking is over


@dataclass
class _Run:
    """One run on its way."""

    count: Count = field(default_factory=Count)
    unchecked: list[Unchecked] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    basic: Customer | None = None
    failed: bool = False  # a page or a customer could not be looked at

    def could_not(self, customer: str | None, code: str, message: str) -> None:
        """Note what could not be looked at."""
        self.failed = True
        self.count.could_not_check += customer is not None
        self.count.problem(customer, code, message)
        if len(self.unchecked) < MOST_NAMED:
            self.unchecked.append(Unchecked(customer, code, message))

    def told(self, customer: str, outcome: Outcome) -> None:
        """Count what is due."""
        self.count.due += outcome.due
        if outcome.nobody:
            text = "Nobody can be told: there are no alert recipients, and ALERT_RECIPIENTS is not set."
            self.count.problem(customer, "noRecipients", text)


@dataclass(frozen=True)
class Scan:
    """Scans."""

    customers: Customers
    alerts: Alerts
    scans: Scans
    looker: Looker
    basic: BasicLooker
    teller: Teller
    housekeeping: Housekeeping
    delivery: Delivery
    leasing: Leasing
    now: Now

    async def run(self, look_until: Deadline, deadline: Deadline) -> Summary:
        """Look at customers until `look_until`, send what waits until `deadline`, and return the run's summary.

        While another instance scans, this one waits for it. Raises what the tables raise when they cannot be used.
        """
        started_at = self.now()
        try:
            async with self.leasing.alone(_LEASE, look_until) as held:
                run = _Run()
                complete = await self._look_at_all(held, run, look_until)
                await self._send(run, deadline)
                count = run.count
                summary = Summary(
                    started_at,
                    self.now(),
                    complete and not run.failed,
                    count.customers,
                    count.credentials,
                    count.due,
                    count.sent,
                    count.could_not_check,
                    tuple(count.problems),
                )
                await self.scans.add(summary)
                return summary
        except Busy:
            count = Count()
            count.problem(None, "scanRunning", "Another scan is running; its summary follows when it has finished.")
            return Summary(started_at, self.now(), complete=False, problems=tuple(count.problems))

    async def _look_at_all(self, held: Held, run: _Run, until: Deadline) -> bool:
        """Go once round; return whether that came to its end. A page that fails ends it there."""
        begin = held.note
        try:
            whole = await self._walk(held, run, begin, None, until) and (
                not begin or await self._walk(held, run, "", begin, until)
            )
            if whole:
                held.note = ""
                await self.housekeeping.delete_orphans(run.known, until)
        except CalendarError as problem:
            run.could_not(None, problem.code, f"The scan broke off. {problem.message}")
            whole = False
        except Exception as problem:
            _log.exception("the scan broke off: %s", type(problem).__name__)
            run.could_not(None, "internalError", "The scan broke off. Something went wrong that should not have.")
            whole = False
        await self._about_deployment(run)
        return whole

    async def _walk(self, held: Held, run: _Run, after: str, last: str | None, until: Deadline) -> bool:
        """Look at the customers after one id, up to and with another; False if time ran out or the lease was lost.

        The note follows the last customer up to whom all are done.
        """
        histories = Histories(self.alerts, self.customers, after)
        window: deque[tuple[str, asyncio.Task[None]]] = deque()
        try:
            async for customer_id, customer in self.customers.all(after):
                if last is not None and customer_id > last:
                    break
                if until.left() <= 0 or held.lost:
                    return False
                stored = await histories.of(customer_id)
                deadline = Deadline(until.at + _GRACE).within(_CUSTOMER_SECONDS)
                task = asyncio.create_task(self._one(customer_id, customer, stored, run, deadline))
                window.append((customer_id, task))
                if len(window) >= _SIDE_BY_SIDE:
                    await _finish_first(window, held)
            await histories.forget_others(last)
        finally:
            while window:
                await _finish_first(window, held)
        return True

    async def _one(
        self, customer_id: str, customer: Customer | None, stored: StoredHistory | None, run: _Run, deadline: Deadline
    ) -> None:
        """Look at one customer, and queue what is due. Whatever is wrong with one must not stop the others."""
        if customer is not None and customer.deleted:
            return  # its history is removed with it
        run.count.customers += 1
        try:
            if customer is None:
                run.could_not(customer_id, "unreadable", "The stored configuration cannot be read.")
                return
            run.known.add(life(customer.id, customer.generation))
            looked = await self.looker.look(customer, deadline)
            run.count.credentials += looked.has_credential
            if looked.unchecked is not None:
                run.could_not(customer_id, looked.unchecked.code, looked.unchecked.message)
            await self._tell(looked, stored, run)
        except CalendarError as problem:
            run.could_not(customer_id, problem.code, problem.message)
        except Exception as problem:
            _log.exception("customer %s was not looked at: %s", customer_id, type(problem).__name__)
            run.could_not(customer_id, "internalError", "Something went wrong here that should not have.")

    async def _tell(self, looked: Looked, stored: StoredHistory | None, run: _Run) -> None:
        customer, seen = looked.customer, looked.seen
        if seen is None:  # type none: nothing is reported any more
            if stored is not None:
                await self.alerts.forget(customer.id)
            return
        if _is_basic(customer):
            run.basic = run.basic or customer
        for trouble in (seen.refused, seen.withdrawn):
            if trouble is not None:
                run.count.problem(customer.id, trouble.code, trouble.message)
        run.told(customer.id, await self.teller.about_customer(customer, seen, stored))

    async def _about_deployment(self, run: _Run) -> None:
        """Look at the application of Basic if somebody uses it, and tell the operators what could not be checked."""
        try:
            if run.basic is not None:
                await self._about_basic(run.basic, run)
            run.told("", await self.teller.about_unchecked(run.unchecked, run.count.could_not_check))
        except CalendarError as problem:
            run.could_not(None, problem.code, problem.message)

    async def _about_basic(self, customer: Customer, run: _Run) -> None:
        revision = customer.active or customer.newest
        seen = revision and await self.basic.look(customer, revision, Deadline.after(_CUSTOMER_SECONDS))
        if not seen:
            return
        run.count.credentials += 1
        application_id = self.looker.credentials.basic_application_id
        outcome = await self.teller.about_basic(
            seen, lambda kinds: basic_notice(application_id, seen, kinds, self.now())
        )
        run.told("", outcome)

    async def _send(self, run: _Run, deadline: Deadline) -> None:
        try:
            delivered = await self.delivery.run(deadline)
        except CalendarError as problem:
            run.count.problem(None, problem.code, f"Alerts could not be sent. {problem.message}")
            return
        run.count.sent = delivered.alerts
        if delivered.problem:
            text = f"{delivered.waiting} letters wait to be sent; deliver_alerts tries every hour."
            run.count.problem(None, delivered.problem, text)
        if delivered.refused:
            run.count.problem(None, "emailRefused", f"{delivered.refused} letters were refused by the e-mail service.")


async def _finish_first(window: deque[tuple[str, "asyncio.Task[None]"]], held: Held) -> None:
    customer_id, task = window[0]
    await task
    window.popleft()
    held.note = customer_id


def _is_basic(customer: Customer) -> bool:
    revision = customer.active or customer.newest
    return revision is not None and revision.access.type is ConfigurationType.BASIC
