"""Tell every process that a user's connection changes.

Before the change the customer's mark becomes one under which no process remembers anything, afterwards a new one: so an
interruption at any point leaves processes that read the rows each time, never one that goes on with what is gone.
"""

from dataclasses import replace

from lib.domain.configuration import UNSETTLED, Customer
from lib.ports import Customers
from lib.usecases.updating import update


async def announce_change(customer: Customer, customers: Customers) -> bool:
    """Let every process forget; return False if the customer was deleted or began anew in the meantime."""
    return await _mark(customer, customers, UNSETTLED)


async def settle_change(customer: Customer, customers: Customers, mark: str) -> bool:
    """Let processes remember again; return False if the customer was deleted or began anew in the meantime."""
    return await _mark(customer, customers, mark)


async def _mark(customer: Customer, customers: Customers, mark: str) -> bool:
    def change(current: Customer) -> Customer | None:
        return replace(current, connections_mark=mark) if current.generation == customer.generation else None

    return await update(customer.id, customers, change)
