"""Tell every process that a user of a customer connected or disconnected."""

from dataclasses import replace

from lib.domain.configuration import Customer
from lib.ports import Customers
from lib.usecases.updating import update


async def mark_connections(customer: Customer, customers: Customers, mark: str) -> bool:
    """Renew the customer's mark; return False if the customer was deleted or began anew in the meantime.

    Raises ConfigurationChanged if others keep being faster.
    """
    marked = False

    def change(current: Customer) -> Customer | None:
        nonlocal marked
        marked = current.generation == customer.generation
        return replace(current, connections_mark=mark) if marked else None

    await update(customer.id, customers, change)
    return marked
