"""Forget a user's connection."""

from lib.domain.configuration import Customer
from lib.domain.connection import user_key
from lib.domain.fields import GUID
from lib.ports import Connections, Customers, Random
from lib.usecases.connections_mark import mark_connections


async def disconnect(
    customer_id: str, user: str, *, customers: Customers, connections: Connections, random: Random
) -> None:
    """Remove the user's tokens, those of the same account under another name too; fine if there is nothing.

    The customer's mark is renewed before and after: the first empties the memory of every process, so that nothing goes
    on with a token whose row is gone if this is interrupted; the second is for a process that read the row in between.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted:
        return
    customer = stored.customer
    await mark_connections(customer, customers, random())
    account = await _account(customer, user, connections)
    await connections.remove(customer_id, customer.generation, user_key(user))
    if account:
        await connections.remove_account(customer_id, customer.generation, account)
    await mark_connections(customer, customers, random())


async def _account(customer: Customer, user: str, connections: Connections) -> str | None:
    """Return the object id of the user, as far as it is known."""
    if GUID.fullmatch(user):
        return user.lower()
    found = await connections.read(customer.id, customer.generation, user_key(user))
    return found.connection.object_id or None if found else None
