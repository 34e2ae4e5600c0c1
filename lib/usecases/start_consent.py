"""Open a consent link: bind this browser to a sign-in of its own and send it to Microsoft."""

from urllib.parse import urlencode

from lib.domain.clouds import Cloud
from lib.domain.configuration import ConfigurationType, Consent, Revision
from lib.domain.consent import (
    MOST_OPENINGS,
    SIGN_IN_LIFE,
    Link,
    LinkNotUsable,
    SignIn,
    Start,
    cookie_part,
    digest,
    is_token,
    mark_of,
    new_token,
)
from lib.domain.errors import CustomerNotFound
from lib.ports import ConsentStore, Customers, Now, Random
from lib.usecases.invite_admin import leave_nothing, redirect_uri

# What a user-consent customer's administrator consents to for everybody (contract: Consent links).
_DELEGATED = ("Calendars.ReadBasic", "User.Read")


async def start_consent(
    ticket: str,
    *,
    cloud: Cloud,
    basic_application_id: str | None,
    default_redirect_uri: str,
    customers: Customers,
    consents: ConsentStore,
    now: Now,
    random: Random,
) -> Start:
    """Store a new sign-in of this link and return where to go. Raises LinkNotUsable."""
    link, revision = await _open(ticket, customers, consents, now)
    await consents.count_opening(link)
    state, binder = new_token(link.customer, random()), random()
    uri = redirect_uri(revision, default_redirect_uri)
    await consents.add_sign_in(
        SignIn(
            digest(state), link.customer, link.generation, digest(binder), uri, now() + SIGN_IN_LIFE, link.return_url
        )
    )
    try:
        await leave_nothing(link.customer, link.generation, customers, consents)
    except CustomerNotFound:
        raise LinkNotUsable from None
    application = revision.access.application_id
    if revision.access.type is ConfigurationType.BASIC:
        application = basic_application_id
    tenant = revision.tenant or revision.access.tenant_id
    query = {
        "client_id": application or "",
        "scope": _scope(revision, cloud),
        "redirect_uri": uri,
        "state": state,
    }
    return Start(f"{cloud.entra_url}/{tenant}/v2.0/adminconsent?{urlencode(query)}", cookie_part(state), binder)


async def _open(ticket: str, customers: Customers, consents: ConsentStore, now: Now) -> tuple[Link, Revision]:
    if not is_token(ticket):
        raise LinkNotUsable
    link = await consents.link(mark_of(ticket), digest(ticket))
    if link is None or link.expires_at <= now() or link.openings >= MOST_OPENINGS:
        raise LinkNotUsable
    stored = await customers.read(link.customer)
    newest = stored.customer.newest if stored else None
    if stored is None or newest is None or stored.customer.generation != link.generation:
        raise LinkNotUsable
    if newest.access.type is ConfigurationType.NONE:
        raise LinkNotUsable
    return link, newest


def _scope(revision: Revision, cloud: Cloud) -> str:
    """Return the scope of the admin consent endpoint: all that is registered, or the delegated ones by name."""
    if revision.access.consent is Consent.ADMIN:
        return cloud.graph_scope
    return " ".join(f"{cloud.graph_url}/{name}" for name in _DELEGATED)
