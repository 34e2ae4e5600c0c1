"""The secret scan: look at every customer's credential, queue what is due, send it, and prove that it ran.

One instance scans at a time, by a lease whose note says where it was. A run goes once round: from where the last one
stopped to the end, then from the beginning to there. So a run that was cut short or killed is gone on with, and whoever
has the time looks at everybody. What is looked at twice does no harm: what was told stands in the customer's history.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import datetime

from lib.domain.configuration import ConfigurationType, Customer
from lib.domain.errors import CalendarError
from lib.domain.notices import BASIC
from lib.domain.scan import Summary
from lib.ports import Customers, Deadline, Now
from lib.ports.alerts import Alerts, Scans, StoredHistory
from lib.usecases.deliver_alerts import Delivery
from lib.usecases.histories import Histories
from lib.usecases.housekeeping import Housekeeping, life
from lib.usecases.leasing import Busy, Held, Leasing
from lib.usecases.look_at_basic import BasicLooker
from lib.usecases.look_at_customer import Looked, Looker
from lib.usecases.scan_run import Run
from lib.usecases.tell import Teller

_log = logging.getLogger("calendar_connector")

_LEASE = "scan"
_SIDE_BY_SIDE = 24  # customers: eight wait in threads for a token, as many for the vault, the others stand ready
_CUSTOMER_SECONDS = 30.0
_UNUSED = (
    "The vault holds a secret customer--… of this customer that no configuration uses. If no other deployment shares "
    "the vault, delete it there."
)
_GRACE = 10.0  # seconds for whoever is being looked at when the time for looking is over


@dataclass(frozen=True)
class Scan:
    """The scan of all customers, and the sending of what it found."""

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
        started_at, run = self.now(), Run()
        try:
            async with self.leasing.alone(_LEASE, look_until) as held:
                await self._look_at_all(held, run, look_until)
                await self._about_deployment(run, held)
                await self._send(run, deadline)
                summary = self._summary(started_at, run)
                await self.scans.add(summary)
                return summary
        except Busy:
            run.whole = False
            run.count.problem(None, "scanRunning", "Another scan is running; its summary follows when it has finished.")
            return self._summary(started_at, run)

    def _summary(self, started_at: datetime, run: Run) -> Summary:
        count = run.count
        return Summary(
            started_at,
            self.now(),
            run.complete,
            count.customers,
            count.credentials,
            count.due,
            count.sent,
            count.could_not_check,
            tuple(count.problems),
        )

    async def _look_at_all(self, held: Held, run: Run, until: Deadline) -> None:
        """Go once round. A page that fails ends its part of the way; where it was, the next run begins."""
        begin = held.note
        await self._guarded(run, self._walk(held, run, begin, None, until))
        if begin:
            stopped_at = "" if run.whole else held.note
            await self._guarded(run, self._walk(held, run, "", begin, until))
            held.note = stopped_at or held.note
        if run.whole:
            held.note = ""
            await self._guarded(run, self._tell_unused(run, until))

    async def _guarded(self, run: Run, part: Awaitable[None]) -> None:
        """Do a part of the run; what goes wrong with it is noted, and the run goes on with the next."""
        try:
            await part
        except CalendarError as problem:
            run.broke_off(problem.code, problem.message)
        except Exception as problem:
            _log.exception("the scan broke off: %s", type(problem).__name__)
            run.broke_off("internalError", "Something went wrong that should not have.")

    async def _tell_unused(self, run: Run, until: Deadline) -> None:
        for customer_id in await self.housekeeping.unused(run.known, until):
            run.count.problem(customer_id, "unusedSecret", _UNUSED)

    async def _walk(self, held: Held, run: Run, after: str, last: str | None, until: Deadline) -> None:
        """Look at the customers after one id, up to and with another, unless time runs out or the lease is lost.

        The note follows the last customer up to whom all are done.
        """
        histories = Histories(self.alerts, self.customers, after)
        window: deque[tuple[str, asyncio.Task[None]]] = deque()
        try:
            async for customer_id, customer in self.customers.all(after):
                if last is not None and customer_id > last:
                    break
                if until.left() <= 0 or held.lost:
                    run.cut_short()
                    return
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

    async def _one(
        self, customer_id: str, customer: Customer | None, stored: StoredHistory | None, run: Run, deadline: Deadline
    ) -> None:
        """Look at one customer, and queue what is due. Whatever is wrong with one must not stop the others."""
        if customer is not None and customer.deleted:
            return  # its history is removed with it
        run.count.customers += 1
        if customer is None:
            run.could_not(customer_id, "unreadable", "The stored configuration cannot be read.")
            return
        run.known.add(life(customer.id, customer.generation))
        try:
            unchecked = await self._look_and_tell(customer, stored, run, deadline)
        except CalendarError as problem:
            unchecked = problem
        except Exception as problem:
            _log.exception("customer %s was not looked at: %s", customer_id, type(problem).__name__)
            run.could_not(customer_id, "internalError", "Something went wrong here that should not have.")
            return
        if unchecked is not None:
            run.could_not(customer_id, unchecked.code, unchecked.message)

    async def _look_and_tell(
        self, customer: Customer, stored: StoredHistory | None, run: Run, deadline: Deadline
    ) -> CalendarError | None:
        """Return what could not be asked about the customer; what is known is told all the same."""
        looked = await self.looker.look(customer, deadline)
        run.count.credentials += looked.has_credential
        if looked.unchecked is not None:
            looked.seen = looked.seen and replace(looked.seen, unsure=True)
        await self._tell(looked, stored, run)
        return looked.unchecked

    async def _tell(self, looked: Looked, stored: StoredHistory | None, run: Run) -> None:
        customer, seen = looked.customer, looked.seen
        if seen is None:  # type none: nothing is reported any more
            if stored is not None:
                await self.alerts.forget(customer.id)
            return
        if _is_basic(customer):
            run.uses_basic(customer)
        for trouble in (seen.refused, seen.withdrawn):
            if trouble is not None:
                run.count.problem(customer.id, trouble.code, trouble.message)
        run.told(customer.id, await self.teller.about_customer(customer, seen, stored))

    async def _about_deployment(self, run: Run, held: Held) -> None:
        """Look at the application of Basic if somebody uses it, and tell the operators what could not be checked.

        Not after the lease was lost: this process stood still meanwhile, and knows less than whoever took over.
        """
        if held.lost:
            return
        await self._guarded(run, self._about_basic(run))
        if run.whole or run.unchecked:  # whoever was not reached may be what could not be checked before
            await self._guarded(run, self._about_unchecked(run))

    async def _about_basic(self, run: Run) -> None:
        seen = await self.basic.look(run.basic, Deadline.after(_CUSTOMER_SECONDS)) if run.basic else None
        if seen is None:
            if run.complete and not run.basic:
                await self.alerts.forget(BASIC)
            return
        run.count.credentials += 1
        if not seen.asked:
            text = "By way of no customer that uses Basic could be told whether its secret still works."
            run.count.problem(None, "basicNotChecked", text)
        run.told(None, await self.teller.about_basic(seen, self.basic.credentials.basic_application_id))

    async def _about_unchecked(self, run: Run) -> None:
        run.told(None, await self.teller.about_unchecked(run.unchecked, run.unchecked_in_all))

    async def _send(self, run: Run, deadline: Deadline) -> None:
        try:
            delivered = await self.delivery.run(deadline)
        except CalendarError as problem:
            run.count.problem(None, problem.code, f"Alerts could not be sent. {problem.message}")
            return
        except Exception as problem:
            _log.exception("alerts could not be sent: %s", type(problem).__name__)
            run.count.problem(None, "internalError", "Alerts could not be sent.")
            return
        run.count.sent = delivered.alerts
        if delivered.problem:
            text = f"Letters that wait to be sent: {delivered.waiting}. The timer deliver_alerts tries every hour."
            run.count.problem(None, delivered.problem, text)
        if delivered.refused:
            run.count.problem(None, "emailRefused", f"Letters that the e-mail service refused: {delivered.refused}.")


async def _finish_first(window: deque[tuple[str, "asyncio.Task[None]"]], held: Held) -> None:
    customer_id, task = window[0]
    await task
    window.popleft()
    held.note = customer_id


def _is_basic(customer: Customer) -> bool:
    revision = customer.in_use
    return revision is not None and revision.access.type is ConfigurationType.BASIC
