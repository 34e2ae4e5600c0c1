"""Show a customer's calendar configuration."""

from lib.domain.configuration import Customer, saved
from lib.ports import Customers


async def read_configuration(customer_id: str, *, customers: Customers) -> Customer:
    """Return the customer as stored. Raises CustomerNotFound."""
    stored = await customers.read(customer_id)
    return saved(stored.customer if stored else None)[0]
