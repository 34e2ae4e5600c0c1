"""Forget a customer: configuration, secret, links, connections, alerts.

First the row becomes a tombstone, from then on nothing of the customer answers; then its things are removed; then the
row. Whoever is interrupted in between finds the tombstone and goes on.
"""

from contextlib import suppress
from dataclasses import replace

from lib.domain.configuration import AdminConsent, Customer
from lib.domain.errors import MicrosoftUnavailable
from lib.ports import Conflict, Customers, Random
from lib.usecases.clean_up import Cleaner
from lib.usecases.save_configuration import check_edition

_ATTEMPTS = 6


async def delete_configuration(
    customer_id: str, *, if_match: frozenset[str] | None, customers: Customers, cleaner: Cleaner, random: Random
) -> None:
    """Forget the customer; fine if there is none. Raises ConfigurationChanged."""
    for _ in range(_ATTEMPTS):
        stored = await customers.read(customer_id)
        if stored is None:
            return
        customer = stored.customer
        if not customer.deleted:
            check_edition(customer, if_match)
            with suppress(Conflict):  # whoever was faster is looked at in the next round
                await customers.write(_tombstone(customer, random()), stored.etag)
            continue
        await cleaner.forget_alerts(customer_id)
        await cleaner.remove(customer_id, customer.leftovers)  # a tombstone, ours or of one who was interrupted
        with suppress(Conflict):  # saved again meanwhile: that one stays, and its row still names the leftovers
            await customers.remove(customer_id, stored.etag)
        return
    raise MicrosoftUnavailable(
        "The configuration is being changed by others at the same time; it was not deleted.",
        remedy="Repeat the deletion.",
    )


def _tombstone(customer: Customer, mark: str) -> Customer:
    return replace(
        customer,
        edition=mark,
        newest=None,
        active=None,
        last_test=None,
        failing=False,
        admin_consent=AdminConsent(),
        leftovers=(*customer.leftovers, customer.generation),
    )
