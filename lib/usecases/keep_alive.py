"""Keep users' connections alive: renew those that nobody used for 30 days, long before Entra ID's 90 days run out.

Each connection stands for itself: one that fails stops no other, and is tried again the next day. One that Entra ID
declares dead is marked once. A run that is cut short loses nothing: what was renewed is no longer due.

Afterwards what is over is removed: connections of customers that were deleted or began anew (a process that was killed
while it stored one may have left it), and links and sign-ins that have expired, since they name users.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from lib.domain.configuration import Customer, Revision
from lib.domain.connection import RENEW_AFTER
from lib.domain.consent import SIGN_IN_LIFE
from lib.domain.errors import BasicNotAllowed, Refused
from lib.ports import ConsentStore, Customers, Deadline, StoredConnection
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
    consents: ConsentStore
    renewals: Renewals
    credentials: Credentials

    async def run(self, deadline: Deadline) -> KeptAlive:
        """Renew every connection that is due, a few side by side, until the deadline. Raises what the table raises."""
        run, under_way = _Run(), set[asyncio.Task[None]]()
        try:
            async for stored in self.renewals.connections.not_renewed_since(self.renewals.now() - RENEW_AFTER):
                if deadline.left() < _SECONDS:
                    run.result.complete = False
                    break
                under_way.add(asyncio.create_task(self._one(stored, run)))
                if len(under_way) >= _SIDE_BY_SIDE:
                    _, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if under_way:
                await asyncio.wait(under_way)
        await self._remove_what_is_over(run.result, deadline)
        await self.consents.remove_expired(self.renewals.now() - SIGN_IN_LIFE)  # an hour is left to sign-ins under way
        return run.result

    async def _one(self, stored: StoredConnection, run: _Run) -> None:
        connection, result = stored.connection, run.result
        try:
            customer = await self._customer(connection.customer, run)
            revision = _revision(customer, connection.generation)
            if customer is None or revision is None:
                return  # nobody uses it now; it is kept in case that is changed back
            credential = self.credentials.of(customer, revision, connection.tenant)
            result.due += 1
            grant = await self.renewals.open(connection)
            await self.renewals.renew(stored, grant, credential, Deadline.after(_SECONDS))
            result.renewed += 1
        except Overtaken:
            result.renewed += 1  # by somebody else
        except BasicNotAllowed:
            return  # Basic is not offered any more: nobody uses it
        except Refused as problem:
            if problem.code == "userNotConnected":
                result.due -= 1  # disconnected meanwhile
            elif problem.trace.code:  # Entra ID's word
                result.ended += 1
            else:
                result.failed += 1  # does not open
        except Exception as problem:  # whatever is wrong with one must not stop the others
            _log.warning("a connection of customer %s was not renewed: %s", connection.customer, type(problem).__name__)
            result.failed += 1

    async def _customer(self, customer_id: str, run: _Run) -> Customer | None:
        """Return the customer; each is read once per run."""
        if customer_id not in run.customers:
            stored = await self.customers.read(customer_id)
            run.customers[customer_id] = stored.customer if stored else None
        return run.customers[customer_id]

    async def _remove_what_is_over(self, result: KeptAlive, deadline: Deadline) -> None:
        """Remove connections of a generation that is not the customer's own, as read after they were found."""
        async for customer_id, generation in self.renewals.connections.generations():
            if deadline.left() < _SECONDS:
                result.complete = False
                return
            try:
                stored = await self.customers.read(customer_id)
                if stored is None or stored.customer.deleted or stored.customer.generation != generation:
                    await self.renewals.connections.forget(customer_id, generation)
                    result.removed += 1
            except Exception as problem:  # whatever is wrong with one must not stop the others
                _log.warning("connections of customer %s were not looked at: %s", customer_id, type(problem).__name__)
                result.failed += 1


def _revision(customer: Customer | None, generation: str) -> Revision | None:
    """Return the revision whose application the connections belong to, None if users do not connect now."""
    if customer is None or customer.generation != generation:
        return None
    revisions = (revision for revision in (customer.active, customer.newest) if revision)
    return next((revision for revision in revisions if revision.users_connect), None)
