"""Keep users' connections alive: renew those that nobody used for 30 days, long before Entra ID's 90 days run out.

Before that, connections of customers that were deleted or began anew are removed: a process that was killed while it
stored one may have left it. They were of no use to anybody.

Each connection stands for itself: one that fails stops no other, and is tried again the next day. One that Entra ID
declares dead is marked once. A run that is cut short loses nothing: what was renewed is no longer due.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from lib.domain.configuration import ConfigurationType, Consent, Customer, Revision
from lib.domain.connection import RENEW_AFTER
from lib.domain.errors import CalendarError, Refused
from lib.domain.microsoft import EntraRefused, SecretMissing
from lib.ports import Customers, Deadline, StoredConnection
from lib.usecases.credentials import Credentials
from lib.usecases.renewals import Overtaken, Renewals

_log = logging.getLogger("calendar_connector")

_SIDE_BY_SIDE = 8  # Entra ID is asked by as many threads at most
_SECONDS = 20.0  # for one renewal


@dataclass
class KeptAlive:
    """What a run did, in numbers of connections, and of generations removed. `complete` is false if time ran out."""

    due: int = 0
    renewed: int = 0
    ended: int = 0
    failed: int = 0
    removed: int = 0
    complete: bool = True


@dataclass
class _Run:
    """One run: its numbers, and the customers it has read."""

    result: KeptAlive = field(default_factory=KeptAlive)
    customers: dict[str, Customer | None] = field(default_factory=dict)


@dataclass(frozen=True)
class KeepAlive:
    """Renews idle connections."""

    customers: Customers
    renewals: Renewals
    credentials: Credentials

    async def run(self, deadline: Deadline) -> KeptAlive:
        """Renew every connection that is due, a few side by side, until the deadline. Raises what the table raises."""
        run, under_way = _Run(), set[asyncio.Task[None]]()
        await self._remove_what_is_over(run)
        try:
            async for stored in self.renewals.connections.not_renewed_since(self.renewals.now() - RENEW_AFTER):
                if deadline.left() < _SECONDS:
                    run.result.complete = False
                    break
                run.result.due += 1
                under_way.add(asyncio.create_task(self._one(stored, run)))
                if len(under_way) >= _SIDE_BY_SIDE:
                    _, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if under_way:
                await asyncio.wait(under_way)
        return run.result

    async def _one(self, stored: StoredConnection, run: _Run) -> None:
        connection = stored.connection
        try:
            customer = run.customers.get(connection.customer)
            revision = _revision(customer, connection.generation)
            if customer is None or revision is None:
                run.result.due -= 1  # nobody uses connections now; they are kept in case that is changed back
                return
            credential = self.credentials.of(customer, revision, connection.tenant)
            grant = await self.renewals.open(connection)
            await self.renewals.renew(stored, grant, credential, Deadline.after(_SECONDS))
            run.result.renewed += 1
        except Overtaken:
            run.result.renewed += 1  # by somebody else
        except Refused as problem:
            ended = problem.trace.code is not None  # else it was disconnected meanwhile, or does not open
            run.result.ended += ended
            run.result.failed += not ended
        except (CalendarError, EntraRefused, SecretMissing) as problem:
            _log.warning("a connection of customer %s was not renewed: %s", connection.customer, problem)
            run.result.failed += 1

    async def _remove_what_is_over(self, run: _Run) -> None:
        """Read every customer that has connections, and remove those of a generation that is not the customer's own."""
        async for customer_id, generation in self.renewals.connections.generations():
            if customer_id not in run.customers:
                stored = await self.customers.read(customer_id)
                run.customers[customer_id] = stored.customer if stored else None
            customer = run.customers[customer_id]
            if customer is None or customer.deleted or customer.generation != generation:
                await self.renewals.connections.forget(customer_id, generation)
                run.result.removed += 1


def _revision(customer: Customer | None, generation: str) -> Revision | None:
    """Return the revision whose application the connections belong to, None if users do not connect now."""
    if customer is None or customer.generation != generation:
        return None
    revision = customer.active or customer.newest
    if revision is None or revision.access.type is ConfigurationType.NONE or revision.access.consent is Consent.ADMIN:
        return None
    return revision
