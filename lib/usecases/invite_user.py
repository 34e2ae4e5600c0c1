"""Make a link with which a user connects a calendar."""

from lib.domain.configuration import configured
from lib.domain.connection import not_needed
from lib.domain.consent import SIGN_IN_LIFE, USER_LINK_LIFE, Link
from lib.ports import Customers
from lib.usecases.sign_ins import SignIns, leave_nothing


async def invite_user(
    customer_id: str, user: str, return_url: str | None, *, customers: Customers, sign_ins: SignIns
) -> tuple[str, Link]:
    """Return the link's address and what was stored of it.

    Raises CustomerNotFound, Refused (type none; admin consent, which needs no connections), BasicNotAllowed.
    """
    stored = await customers.read(customer_id)
    customer, newest = configured(stored.customer if stored else None)
    if not customer.users_connect:
        raise not_needed()
    sign_ins.credentials.application_id(newest.access)
    await sign_ins.consents.forget(customer_id, expired_by=sign_ins.now() - SIGN_IN_LIFE)
    url, link = await sign_ins.invite(customer, newest, USER_LINK_LIFE, return_url=return_url, user=user)
    await leave_nothing(customer_id, customer.generation, customers, sign_ins.consents)
    return url, link
