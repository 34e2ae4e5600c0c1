"""Change a customer's row although others may change it at the same time."""

import asyncio
import random
from collections.abc import Callable

from lib.domain.configuration import Customer
from lib.domain.errors import MicrosoftUnavailable
from lib.ports import Conflict, Customers

ATTEMPTS = 40  # writes of others that may come before this one


async def update(customer_id: str, customers: Customers, change: Callable[[Customer], Customer | None]) -> bool:
    """Store what `change` makes of the customer as it is then; return whether something was stored.

    Nothing is if the customer is gone or `change` returns None.

    Raises MicrosoftUnavailable if others keep being faster: nobody's precondition failed, it is just busy.
    """
    for attempt in range(ATTEMPTS):
        stored = await customers.read(customer_id)
        if stored is None or stored.customer.deleted:
            return False
        changed = change(stored.customer)
        if changed is None:
            return False
        try:
            await customers.write(changed, stored.etag)
            return True
        except Conflict:
            await let_others_pass(attempt)
    raise MicrosoftUnavailable(
        "This customer's configuration, connections or tests are being changed by many calls at once.",
        remedy="Try again in a minute.",
    )


async def let_others_pass(attempt: int) -> None:
    """Wait for a moment that is different for everybody, and longer the longer it goes on."""
    await asyncio.sleep(random.uniform(0, 0.02 * min(attempt + 1, 10)))  # noqa: S311  spreads load, protects nothing
