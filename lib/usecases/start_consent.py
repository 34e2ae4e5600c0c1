"""Open a consent link: bind this browser to a sign-in of its own and send it to Microsoft."""

from dataclasses import replace

from lib.domain.configuration import ConfigurationType, Revision
from lib.domain.consent import Link, LinkNotUsable, Start, digest, is_token, mark_of
from lib.domain.errors import BasicNotAllowed, CustomerNotFound
from lib.ports import Customers
from lib.usecases.sign_ins import SignIns, leave_nothing


async def start_consent(ticket: str, *, customers: Customers, sign_ins: SignIns) -> Start:
    """Store a new sign-in of this link and return where to go. Raises LinkNotUsable."""
    link, revision = await _open(ticket, customers, sign_ins)
    if not await sign_ins.consents.count_opening(link):
        raise LinkNotUsable
    try:
        start = await sign_ins.begin(link, revision)
        await leave_nothing(link.customer, link.generation, customers, sign_ins.consents)
    except (CustomerNotFound, BasicNotAllowed):
        raise LinkNotUsable from None
    return replace(start, customer=link.customer)


async def _open(ticket: str, customers: Customers, sign_ins: SignIns) -> tuple[Link, Revision]:
    if not is_token(ticket):
        raise LinkNotUsable
    link = await sign_ins.consents.link(mark_of(ticket), digest(ticket))
    if link is None or link.expires_at <= sign_ins.now():
        raise LinkNotUsable
    stored = await customers.read(link.customer)
    newest = stored.customer.newest if stored else None
    if stored is None or newest is None or stored.customer.generation != link.generation:
        raise LinkNotUsable
    if newest.access.type is ConfigurationType.NONE:
        raise LinkNotUsable
    if link.user is not None and not stored.customer.users_connect:
        raise LinkNotUsable  # nobody connects any more since the consent was changed
    return link, newest
