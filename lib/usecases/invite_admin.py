"""Make a link with which an administrator grants consent for all."""

from urllib.parse import urlsplit

from lib.domain.configuration import Revision, configured
from lib.domain.consent import LINK_LIFE, Link, digest, new_token
from lib.domain.errors import CustomerNotFound
from lib.ports import ConsentStore, Customers, Now, Random


async def invite_admin(
    customer_id: str,
    return_url: str | None,
    *,
    default_redirect_uri: str,
    customers: Customers,
    consents: ConsentStore,
    now: Now,
    random: Random,
) -> tuple[str, Link]:
    """Return the link's address and what was stored of it. Raises CustomerNotFound, Refused (type none).

    The address is on the origin of the redirect URI, so that the browser's cookie and Microsoft's answer meet there.
    """
    stored = await customers.read(customer_id)
    customer, newest = configured(stored.customer if stored else None)
    ticket = new_token(customer_id, random())
    moment = now()
    link = Link(digest(ticket), customer_id, customer.generation, moment + LINK_LIFE, return_url)
    await consents.forget(customer_id, expired_by=moment)
    await consents.add_link(link)
    await leave_nothing(customer_id, customer.generation, customers, consents)
    return f"{origin(redirect_uri(newest, default_redirect_uri))}/connect/{ticket}", link


async def leave_nothing(customer_id: str, generation: str, customers: Customers, consents: ConsentStore) -> None:
    """Remove what was just written if the customer was deleted or began anew in the meantime (contract: generation).

    Raises CustomerNotFound then.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted or stored.customer.generation != generation:
        await consents.forget(customer_id, generation=generation)
        raise CustomerNotFound


def redirect_uri(revision: Revision, default: str) -> str:
    """Return the redirect URI that this revision uses."""
    return revision.wishes.redirect_uri or default


def origin(url: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
