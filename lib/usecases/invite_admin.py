"""Make a link with which an administrator grants consent for all."""

from lib.domain.configuration import configured
from lib.domain.consent import ADMIN_LINK_LIFE, SIGN_IN_LIFE, Link
from lib.ports import Customers
from lib.usecases.sign_ins import SignIns, leave_nothing


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
    url, link = await sign_ins.invite(customer, newest, ADMIN_LINK_LIFE, return_url=return_url)
    await leave_nothing(customer_id, customer.generation, customers, sign_ins.consents)
    return url, link
