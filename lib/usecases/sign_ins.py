"""Links to sign-ins, and the sign-ins they lead to: each opening of a link is stored and sent to Microsoft."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from lib.domain.clouds import Cloud
from lib.domain.configuration import Consent, Customer, Revision
from lib.domain.consent import (
    SIGN_IN_LIFE,
    Link,
    SignIn,
    Start,
    Variant,
    cookie_part,
    digest,
    new_token,
)
from lib.domain.errors import CustomerNotFound
from lib.domain.sign_in import Asked, authorize_url, sign_in_url
from lib.ports import ConsentStore, Customers, Now, Random
from lib.usecases.credentials import Credentials

_DELEGATED = ("Calendars.ReadBasic", "User.Read")  # contract: Consent links


@dataclass(frozen=True)
class SignIns:
    """Begins sign-ins, and makes the links that lead to them.

    `redirect_uris` are this deployment's own, the default first.
    """

    cloud: Cloud
    credentials: Credentials
    consents: ConsentStore
    redirect_uris: tuple[str, ...]
    now: Now
    random: Random

    async def invite(
        self,
        customer: Customer,
        revision: Revision,
        life: timedelta,
        *,
        return_url: str | None = None,
        user: str | None = None,
        after: SignIn | None = None,
        variant: Variant | None = None,
    ) -> tuple[str, Link]:
        """Store a link and return its address with what was stored of it.

        `after` is a sign-in of that user that failed: the link ends with it, and is of its invitation.

        The address is on the redirect URI's origin, so that the browser's cookie and Microsoft's answer meet there.
        """
        ticket = new_token(customer.id, self.random())
        ends_at = after.expires_at if after else None
        link = Link(
            digest(ticket),
            customer.id,
            customer.generation,
            min(filter(None, (self.now() + life, ends_at))),
            return_url,
            user=user,
            variant=variant,
            root=after.root if after else None,
            ends_at=ends_at,
        )
        await self.consents.add_link(link)
        return f"{origin(revision.wishes.redirect_uri_of(self.redirect_uris))}/connect/{ticket}", link

    async def begin(self, link: Link, revision: Revision) -> Start:
        """Store a sign-in of this link and return where the browser goes. Raises BasicNotAllowed."""
        application_id = self.credentials.application_id(revision.access)
        state, binder = new_token(link.customer, self.random()), self.random()
        uri = revision.wishes.redirect_uri_of(self.redirect_uris)
        await self.consents.add_sign_in(
            SignIn(
                digest(state),
                link.customer,
                link.generation,
                digest(binder),
                uri,
                min(filter(None, (self.now() + SIGN_IN_LIFE, link.ends_at))),
                link.return_url,
                user=link.user,
                variant=link.variant,
                root=link.root or link.digest,
            )
        )
        tenant = revision.tenant or revision.access.tenant_id or ""
        if link.user is None:
            location = self._admin_consent(revision, tenant, application_id, uri, state)
        else:
            scopes = self.scopes(link.variant)
            other = link.variant is Variant.OTHER_ACCOUNT
            asked = Asked(application_id, uri, scopes, state, binder, link.user, select_account=other)
            location = authorize_url(self.cloud, tenant, revision.access, asked)
        return Start(location, cookie_part(state), binder)

    async def begin_again(self, sign_in: SignIn, revision: Revision, variant: Variant) -> Start:
        """Begin a sign-in that failed once more, another way; it ends when the first one would have."""
        return await self.begin(
            Link(
                digest="",
                customer=sign_in.customer,
                generation=sign_in.generation,
                expires_at=sign_in.expires_at,
                return_url=sign_in.return_url,
                user=sign_in.user,
                variant=variant,
                root=sign_in.root,
                ends_at=sign_in.expires_at,
            ),
            revision,
        )

    def scopes(self, variant: Variant | None) -> tuple[str, ...]:
        """Return the delegated scopes that a user's sign-in asks for."""
        if variant is Variant.REGISTERED:
            return (self.cloud.graph_scope,)
        # A short name means Microsoft Graph; the documentation of the other clouds writes it out.
        return _DELEGATED if self.cloud.name == "global" else self._written_out()

    def _written_out(self) -> tuple[str, ...]:
        return tuple(f"{self.cloud.graph_url}/{name}" for name in _DELEGATED)

    def _admin_consent(self, revision: Revision, tenant: str, application_id: str, uri: str, state: str) -> str:
        """Return the address of the admin consent page, for all that is registered or the delegated scopes by name."""
        admin = revision.access.consent is Consent.ADMIN
        query = {
            "client_id": application_id,
            "scope": self.cloud.graph_scope if admin else " ".join(self._written_out()),
            "redirect_uri": uri,
            "state": state,
        }
        return f"{sign_in_url(self.cloud, revision.access)}/{tenant}/v2.0/adminconsent?{urlencode(query)}"


def origin(url: str) -> str:
    """Return scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def leave_nothing(customer_id: str, generation: str, customers: Customers, consents: ConsentStore) -> None:
    """Remove what was just written if the customer was deleted or began anew in the meantime (contract: generation).

    Raises CustomerNotFound then.
    """
    stored = await customers.read(customer_id)
    if stored is None or stored.customer.deleted or stored.customer.generation != generation:
        await consents.forget(customer_id, generation=generation)
        raise CustomerNotFound
