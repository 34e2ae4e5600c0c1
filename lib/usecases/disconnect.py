"""Forget a user's connection."""

from lib.domain.connection import user_key
from lib.ports import Connections, Customers, Random
from lib.usecases.connected import mark_connections


async def disconnect(
    customer_id: str, user: str, *, customers: Customers, connections: Connections, random: Random
) -> None:
    """Remove the user's tokens, and tell every process; fine if there is nothing.

    First the row, then the mark: a process that reads the new mark finds no row. The mark is renewed also when there
    was no row, because an earlier attempt may have come only half-way.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted:
        return
    await connections.remove(customer_id, stored.customer.generation, user_key(user))
    await mark_connections(stored.customer, customers, random())
