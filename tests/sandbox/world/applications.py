"""Applications: what is registered, what proves them, what an administrator consented to."""

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

_NAMES = uuid.UUID("5a4d0b0e-5a4d-4b0e-8a4d-0b0e5a4d0b0e")

# The roles that read any application, and the one that reads only what the application owns (facts 5).
_READ_ANY = {"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
READ_OWNED = "Application.ReadWrite.OwnedBy"

ADMIN_SCOPES = {"Application.Read.All", "Directory.Read.All", "Place.Read.All", "User.Read.All"}
"""Delegated scopes that only an administrator may consent to, in every tenant (facts 6.1)."""


def stable_id(*parts: str) -> str:
    """Return a GUID that is always the same for the same parts, so that the demo world never changes its ids."""
    return str(uuid.uuid5(_NAMES, "/".join(parts)))


@dataclass
class ClientSecret:
    """A client secret of a registration. `key_id` is what people paste by mistake instead of the value."""

    value: str
    key_id: str
    display_name: str | None
    start: datetime
    end: datetime


@dataclass
class Application:
    """An application in one tenant: the registration (where `home`) and its service principal together.

    `registered_*` is what the registration asks for and admin consent would grant; `granted_*` what it granted.
    `user_scopes` is what single users granted for themselves, by their object ids. With `assignment_required` only
    the users in `assigned` (object ids) may sign in (facts 4.4, code 50105).
    With `rbac_scope` Exchange RBAC for Applications lets the mailboxes named there through, whatever the token says;
    with `access_policy` an application access policy refuses all mailboxes but those named (facts 7).
    """

    app_id: str
    display_name: str
    object_id: str = ""
    redirect_uris: list[str] = field(default_factory=list)
    secrets: list[ClientSecret] = field(default_factory=list)
    registered_roles: set[str] = field(default_factory=set)
    registered_scopes: set[str] = field(default_factory=set)
    granted_roles: set[str] = field(default_factory=set)
    granted_scopes: set[str] = field(default_factory=set)
    user_scopes: dict[str, set[str]] = field(default_factory=dict)
    assignment_required: bool = False
    assigned: set[str] = field(default_factory=set)
    rbac_scope: set[str] | None = None
    access_policy: set[str] | None = None
    service_principal: bool = True
    disabled: bool = False
    multi_tenant: bool = False
    home: bool = True
    owns_itself: bool = True
    consent_lag: float = 0.0
    """Seconds after admin consent in which tokens still show what was before it (facts 3.4)."""
    consented_at: datetime | None = None
    _before: tuple[bool, frozenset[str]] = (True, frozenset())

    def __post_init__(self) -> None:
        self.object_id = self.object_id or stable_id("registration", self.app_id)

    def service_principal_id(self, tenant_id: str) -> str:
        """Return the object id of its service principal (the enterprise application) in that tenant."""
        return stable_id("service principal", tenant_id, self.app_id)

    def consent(self, now: datetime, roles: set[str], scopes: set[str]) -> None:
        """Grant admin consent; tokens show it after `consent_lag` seconds."""
        self._before = (self.service_principal, frozenset(self.granted_roles))
        self.consented_at = now
        self.service_principal = True
        self.granted_roles |= roles
        self.granted_scopes |= scopes

    def consent_of_user(self, user_id: str, scopes: set[str]) -> None:
        """Grant scopes for one user only; this is also how an application first arrives in a tenant."""
        self.service_principal = True
        self.user_scopes.setdefault(user_id, set()).update(scopes)

    def remove_consent_of_user(self, user_id: str) -> None:
        """Take back what this user granted; what an administrator granted for all stays."""
        self.user_scopes.pop(user_id, None)

    def scopes(self, user_id: str) -> set[str]:
        """Return the delegated scopes that hold for a user, by the user's own consent and by an administrator's."""
        return self.granted_scopes | self.user_scopes.get(user_id, set())

    def _replicating(self, now: datetime) -> bool:
        return self.consented_at is not None and now < self.consented_at + timedelta(seconds=self.consent_lag)

    def has_service_principal(self, now: datetime) -> bool:
        """Tell whether tokens can be issued, as far as this consent has reached all replicas."""
        return self._before[0] if self._replicating(now) else self.service_principal

    def roles(self, now: datetime) -> set[str]:
        """Return the application roles that a token issued now carries."""
        return set(self._before[1]) if self._replicating(now) else set(self.granted_roles)

    def may_read_applications(self, roles: set[str], target: "Application") -> bool:
        """Tell whether a token of this application with these roles may read the registration `target`."""
        if roles & _READ_ANY:
            return True
        return READ_OWNED in roles and target is self and self.owns_itself

    @property
    def may_read_itself(self) -> bool:
        """Whether the roles granted to it let it read its own registration (and so its secrets' expiry)."""
        return self.may_read_applications(self.granted_roles, self)

    def in_other_tenant(self) -> "Application":
        """Return the enterprise application that consent creates in a customer's tenant: same secrets, no grants."""
        return replace(
            self,
            home=False,
            granted_roles=set(),
            granted_scopes=set(),
            user_scopes={},
            assignment_required=False,
            assigned=set(),
            service_principal=False,
            rbac_scope=None,
            access_policy=None,
        )
