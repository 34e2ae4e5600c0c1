"""A customer's calendar configuration: what was saved, which part of it answers, and in which state it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lib.domain.checkup import Report
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.errors import CustomerNotFound, Owner, Refused

# One address and nothing around it: "a@x.com;b@y.com" or "<b@y.com> a@x.com" must not pass for an address of x.com.
_PLAIN_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]+@([^\s@<>()\[\],;:\"\\]+)")


UNSETTLED = "unsettled"
"""The mark of a customer while a user's connection is being changed."""


class ConfigurationType(StrEnum):
    """How the calendars are reached: not at all, by this deployment's application, or by the customer's."""

    NONE = "none"
    BASIC = "basic"
    ADVANCED = "advanced"


class Consent(StrEnum):
    """Who agrees: each user for themselves (delegated), or an administrator for all (application permissions)."""

    USER = "user"
    ADMIN = "admin"


class Details(StrEnum):
    """How much of a meeting callers see."""

    TIME = "time"
    FULL = "full"


@dataclass(frozen=True)
class Wishes:
    """The part of a configuration that needs no test: changing it can break nothing at Microsoft."""

    details: Details = Details.TIME
    redirect_uri: str | None = None
    allowed_domains: tuple[str, ...] | None = None
    alert_recipients: tuple[str, ...] = ()

    def redirect_uri_of(self, own: Sequence[str]) -> str:
        """Return where sign-ins come back to: the default, `own`'s first, if the wish is not of `own` (any more)."""
        return self.redirect_uri if self.redirect_uri is not None and self.redirect_uri in own else own[0]

    def allows(self, address: str) -> bool:
        """Return whether this address may be asked for: with a list of domains only one plain address each."""
        if self.allowed_domains is None:
            return True
        plain = _PLAIN_ADDRESS.fullmatch(address)
        return plain is not None and plain[1].lower() in self.allowed_domains


@dataclass(frozen=True)
class Access:
    """The part of a configuration that a test has to prove, the secret's value aside."""

    type: ConfigurationType = ConfigurationType.NONE
    tenant_id: str | None = None
    application_id: str | None = None
    consent: Consent = Consent.USER
    login_url: str | None = None


@dataclass(frozen=True)
class Draft:
    """A configuration as somebody typed it: validated, not stored."""

    access: Access = Access()
    wishes: Wishes = Wishes()
    secret_expires: Expiry = UNKNOWN
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Revision:
    """What one save stored.

    `secret_version` names the vault's version of the client secret, `learned_expires` is what Entra ID told about it,
    `tenant` the tenant's GUID once it is pinned. `scoped` tells that the test read free/busy although its token
    carried no calendar role: Exchange's RBAC for Applications lets it.
    """

    id: str
    saved_at: datetime
    access: Access
    wishes: Wishes = Wishes()
    secret_version: str | None = None
    secret_expires: Expiry = UNKNOWN
    learned_expires: Expiry = UNKNOWN
    tenant: str | None = None
    scoped: bool = False

    @property
    def users_connect(self) -> bool:
        """Whether calendars are read as users who connected."""
        return self.access.type is not ConfigurationType.NONE and self.access.consent is Consent.USER

    @property
    def expires(self) -> Expiry:
        """What is known about the secret's expiry: what Entra ID said counts more than what was typed."""
        return self.learned_expires if self.learned_expires.known else self.secret_expires


@dataclass(frozen=True)
class AdminConsent:
    """What is proven of an administrator's consent. `answered_at`: when Microsoft last sent an administrator back."""

    granted: bool | None = None
    granted_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True)
class Customer:
    """One customer as stored. `edition` changes with every save: it is the ETag that callers see.

    `generation` is the random mark of this life of the customer; `leftovers` are the generations whose secret and
    links are still to be removed, so that a removal which failed half-way is finished later. `connections_mark` is
    random and changes whenever a user connects or disconnects: what a process remembers of users' connections counts
    as long as the mark is the one it was read under, and under the mark `UNSETTLED` nothing is remembered.
    """

    id: str
    generation: str
    edition: str
    newest: Revision | None
    active: Revision | None = None
    last_test: Report | None = None
    failing: bool = False
    admin_consent: AdminConsent = AdminConsent()
    leftovers: tuple[str, ...] = ()
    connections_mark: str = ""

    @property
    def in_use(self) -> Revision | None:
        """The revision whose credential counts: the one that calendars use, before any was tested the newest."""
        return self.active or self.newest

    @property
    def users_connect(self) -> bool:
        """Whether users' connections are needed: for the revision that answers, or for the one that shall."""
        return any(revision.users_connect for revision in (self.active, self.newest) if revision)

    @property
    def deleted(self) -> bool:
        """Whether only the memory of what is still to be removed is left."""
        return self.newest is None

    @property
    def pending(self) -> bool:
        """Whether a newer revision waits for its test."""
        newest = self.newest
        if newest is None or newest.access.type is ConfigurationType.NONE:
            return False
        return self.active is None or self.active.id != newest.id

    @property
    def state(self) -> str:
        """The contract's word: untested, ready or failing."""
        if self.active is None:
            return "untested"
        return "failing" if self.failing else "ready"

    def secret_name(self) -> str:
        """Return the vault's name for this customer's secret: no customer id can name another's."""
        return secret_name(self.id, self.generation)


def secret_name(customer: str, generation: str) -> str:
    """Return the vault's name for the secret of a customer's generation."""
    return f"customer--{customer}--{generation}"


def saved(customer: Customer | None) -> tuple[Customer, Revision]:
    """Return the customer and its newest revision. Raises CustomerNotFound."""
    if customer is None or customer.newest is None:
        raise CustomerNotFound
    return customer, customer.newest


def configured(customer: Customer | None) -> tuple[Customer, Revision]:
    """Return the customer and its newest revision of a type other than none. Raises CustomerNotFound, Refused."""
    found, newest = saved(customer)
    if newest.access.type is ConfigurationType.NONE:
        raise not_configured()
    return found, newest


def answering(customer: Customer | None) -> tuple[Customer, Revision]:
    """Return the customer and the revision that calendars use. Raises CustomerNotFound, Refused."""
    found, _ = configured(customer)
    if found.active is None:
        raise Refused(
            "calendarNotTested",
            "The calendar configuration was not tested successfully yet.",
            remedy="Choose Test Calendar Configuration and follow what it says. Calendars work once it has passed.",
            owner=Owner.ATS_ADMIN,
        )
    return found, found.active


def not_configured() -> Refused:
    """Return the error of a customer whose configuration type is none."""
    return Refused(
        "calendarNotConfigured",
        "This customer has no calendar integration: its configuration type is None.",
        remedy="Choose Advanced in the Calendar Configuration, enter the Entra application, save and test it.",
        owner=Owner.ATS_ADMIN,
    )
