"""Make a link with which an administrator grants consent for all."""

from lib.domain.configuration import configured
from lib.domain.consent import LINK_LIFE, SIGN_IN_LIFE, Link
from lib.domain.errors import CustomerNotFound
from lib.ports import ConsentStore, Customers
from lib.usecases.sign_ins import SignIns


async def invite_admin(
    customer_id: str, return_url: str | None, *, customers: Customers, sign_ins: SignIns
) -> tuple[str, Link]:
    """Return the link's address and what was stored of it.

    Raises CustomerNotFound, Refused (type none), BasicNotAllowed.
    """
    stored = await customers.read(customer_id)
    customer, newest = configured(stored.customer if stored else None)
    sign_ins.credentials.application_id(newest.access)
    await sign_ins.consents.forget(customer_id, expired_by=sign_ins.now() - SIGN_IN_LIFE)
    url, link = await sign_ins.invite(customer, newest, LINK_LIFE, return_url=return_url)
    await leave_nothing(customer_id, customer.generation, customers, sign_ins.consents)
    return url, link


async def leave_nothing(customer_id: str, generation: str, customers: Customers, consents: ConsentStore) -> None:
    """Remove what was just written if the customer was deleted or began anew in the meantime (contract: generation).

    Raises CustomerNotFound then.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted or stored.customer.generation != generation:
        await consents.forget(customer_id, generation=generation)
        raise CustomerNotFound
