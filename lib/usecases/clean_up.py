"""Remove what earlier generations of a customer left: secret, links, sign-ins, and users' connections.

A customer's row remembers its leftovers until they are gone, so a removal that failed half-way is finished by the
next save or deletion. Doing it twice does no harm.
"""

import logging
from dataclasses import dataclass, replace

from lib.domain.configuration import Customer, secret_name
from lib.domain.errors import CalendarError
from lib.ports import Conflict, Connections, ConsentStore, Customers, Vault
from lib.ports.alerts import Alerts

_log = logging.getLogger("calendar_connector")


@dataclass(frozen=True)
class Cleaner:
    """Removes leftovers."""

    customers: Customers
    vault: Vault
    consents: ConsentStore
    connections: Connections
    alerts: Alerts

    async def forget_alerts(self, customer_id: str) -> None:
        """Remove the alert history of a customer that is deleted, and what waits to be told."""
        await self.alerts.forget(customer_id)

    async def remove(self, customer_id: str, generations: tuple[str, ...]) -> None:
        """Remove what these generations left. Raises what the stores raise; what was removed stays so."""
        for generation in generations:
            await self.vault.delete(secret_name(customer_id, generation))
            await self.consents.forget(customer_id, generation=generation)
            await self.connections.forget(customer_id, generation)

    async def sweep(self, customer: Customer) -> Customer:
        """Remove the customer's leftovers if that works now, and return the customer as it is then stored.

        A failure is left for the next time: what the caller asked for is done already.
        """
        if not customer.leftovers:
            return customer
        try:
            await self.remove(customer.id, customer.leftovers)
            stored = await self.customers.read(customer.id)
            if stored and stored.customer.edition == customer.edition:
                # Only what was removed: another save may have left more in the meantime.
                left = tuple(name for name in stored.customer.leftovers if name not in customer.leftovers)
                swept = replace(stored.customer, leftovers=left)
                await self.customers.write(swept, stored.etag)
                return swept
        except (CalendarError, Conflict) as problem:
            _log.warning("leftovers of customer %s stay until the next save: %s", customer.id, type(problem).__name__)
        return customer
