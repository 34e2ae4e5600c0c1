"""Forget a user's connection."""

from lib.domain.configuration import Customer
from lib.domain.connection import user_key
from lib.domain.fields import GUID
from lib.ports import Connections, Customers, Random
from lib.usecases.connections_mark import announce_change, settle_change


async def disconnect(
    customer_id: str, user: str, *, customers: Customers, connections: Connections, random: Random
) -> None:
    """Remove the user's tokens, those of the same account under another name too; fine if there is nothing.

    The row of the given name goes last: it tells whose the others are, should this have to be done again.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted:
        return
    customer = stored.customer
    if not await announce_change(customer, customers):
        return
    account, key = await _account(customer, user, connections), user_key(user)
    names = await connections.of_account(customer_id, customer.generation, account) if account else []
    for name in (*(name for name in names if name != key), key):
        await connections.remove(customer_id, customer.generation, name)
    await settle_change(customer, customers, random())


async def _account(customer: Customer, user: str, connections: Connections) -> str | None:
    """Return the object id of the user, as far as it is known."""
    if GUID.fullmatch(user):
        return user.lower()
    found = await connections.read(customer.id, customer.generation, user_key(user))
    return found.connection.object_id or None if found else None
