"""Tenants, the accounts in them, and the world that holds them all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tests.sandbox.world.applications import Application
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.rules import CalendarRules
from tests.sandbox.world.secrets import VaultSecret

# Who may consent to application permissions of Graph, and who only to delegated ones (facts 4.4, code 90093).
_CONSENTS_TO_ALL = {"Global Administrator", "Privileged Role Administrator"}
_CONSENTS_TO_SCOPES = {"Cloud Application Administrator", "Application Administrator"}


@dataclass
class Account:
    """Somebody who can sign in. `mail` and `other_addresses` need not contain the user principal name.

    `other_addresses` are aliases that Exchange verified; `other_mails` is what anybody may have written about
    themselves. `conditional_access` "block" refuses every token (53003); "mfa" those from sign-ins without a second
    factor (50076), which the simulated sign-in page adds from then on. After `sign_in_frequency` refresh tokens end
    (70043).
    """

    user_principal_name: str
    display_name: str
    object_id: str
    mail: str | None = None
    other_addresses: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    other_mails: list[str] = field(default_factory=list)
    disabled: bool = False
    conditional_access: Literal["none", "block", "mfa"] = "none"
    sign_in_frequency: timedelta | None = None
    tokens_valid_from: datetime | None = None
    revocations: int = 0
    """How often the sessions were revoked; sign-ins remember it, so that a stopped clock does not matter."""

    def may_consent(self, *, to_roles: bool) -> bool:
        """Tell whether this account may give admin consent, with or without application permissions in it."""
        return bool(self.roles & (_CONSENTS_TO_ALL if to_roles else _CONSENTS_TO_ALL | _CONSENTS_TO_SCOPES))

    def revoke_sessions(self, now: datetime) -> None:
        """End all sign-ins so far, as "revoke sign-in sessions" does: refresh tokens answer 50173 from now on."""
        self.tokens_valid_from = now
        self.revocations += 1

    def reset_password(self, now: datetime) -> None:
        """Let an administrator reset the password, which revokes the sessions (facts 3.5)."""
        self.revoke_sessions(now)


@dataclass
class ManagedIdentity:
    """An identity of the function app; `client_id` is what `AZURE_CLIENT_ID` names."""

    client_id: str
    object_id: str
    may_use_vault: bool = True
    may_send_mail: bool = True


@dataclass
class Tenant:
    """An Entra ID tenant with its Exchange organisation. Any of `domains` (all verified) names it, as does its id.

    With `user_consent` "admin" users may not consent for themselves, administrators may. `consent_block` is how users
    learn it: 90094 by redirect, 90095 (with a form to ask an administrator) and 900941 (risky) on a page of Entra's.
    """

    id: str
    display_name: str
    domains: list[str]
    cloud: str = "global"
    accounts: list[Account] = field(default_factory=list)
    applications: dict[str, Application] = field(default_factory=dict)
    mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    user_consent: Literal["allowed", "admin"] = "allowed"
    consent_block: Literal[90094, 90095, 900941] = 90094
    _users: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def add(self, *things: Account | Application | Mailbox) -> None:
        """Add accounts, applications and mailboxes under their keys."""
        for thing in things:
            if isinstance(thing, Account):
                self.accounts.append(thing)
            elif isinstance(thing, Application):
                self.applications[thing.app_id.lower()] = thing
            else:
                self.mailboxes[thing.address.lower()] = thing

    def application(self, app_id: str) -> Application | None:
        """Return the application with this client id."""
        return self.applications.get(app_id.lower())

    def account(self, name: str) -> Account | None:
        """Return the account with this user principal name or object id."""
        name = name.lower()
        return next((a for a in self.accounts if name in (a.user_principal_name.lower(), a.object_id.lower())), None)

    def mailbox(self, address: str) -> Mailbox | None:
        """Return the mailbox or list that mail to this address reaches."""
        found = self.mailboxes.get(address.lower())
        return found or next((box for box in self.mailboxes.values() if box.has_address(address)), None)

    def user(self, name: str) -> Mailbox | None:
        """Return the mailbox that Graph's /users/{name} means: by object id or user principal name, never by mail."""
        name = name.lower()
        remembered = self.mailboxes.get(self._users.get(name, ""))
        if remembered is not None and _is_user(remembered, name):
            return remembered
        found = next(((key, box) for key, box in self.mailboxes.items() if _is_user(box, name)), None)
        if found is None:
            return None
        self._users[name], box = found
        return box


def _is_user(box: Mailbox, name: str) -> bool:
    return box.kind != "list" and name in (box.object_id.lower(), box.user_principal_name.lower())


@dataclass
class World(CalendarRules):
    """Everything the simulator shows. `home` is the tenant that the function app, its vault and identities are in."""

    home_id: str
    tenants: dict[str, Tenant] = field(default_factory=dict)
    managed_identities: list[ManagedIdentity] = field(default_factory=list)
    vault_secrets: dict[str, VaultSecret] = field(default_factory=dict)
    deleted_secrets: dict[str, VaultSecret] = field(default_factory=dict)
    vault_users: set[str] = field(default_factory=set)
    """Client ids of service principals that may use the vault."""
    mail_users: set[str] = field(default_factory=set)
    """Client ids of service principals that may send by Communication Services."""
    sender_addresses: set[str] = field(default_factory=lambda: {"donotreply@sandbox-0000.azurecomm.net"})
    """The senders that are set up in Communication Services; their domains are the linked ones."""

    def add(self, tenant: Tenant) -> Tenant:
        """Add a tenant and return it."""
        self.tenants[tenant.id.lower()] = tenant
        return tenant

    def prepare(self) -> None:
        """Put all calendars in order now; else each is when it is first looked at, which a benchmark would notice."""
        for tenant in self.tenants.values():
            for box in tenant.mailboxes.values():
                box.calendar()

    @property
    def home(self) -> Tenant:
        """The tenant of the function app itself."""
        return self.tenants[self.home_id]

    def find_tenant(self, guid_or_domain: str) -> Tenant | None:
        """Return the tenant with this id or verified domain."""
        name = guid_or_domain.lower()
        if name in self.tenants:
            return self.tenants[name]
        return next((t for t in self.tenants.values() if name in (d.lower() for d in t.domains)), None)

    def mailbox(self, address: str) -> Mailbox | None:
        """Return the mailbox with this address in whatever tenant it is."""
        return next((box for t in self.tenants.values() if (box := t.mailbox(address))), None)

    def all_applications(self) -> Iterator[Application]:
        """Return every registration and enterprise application."""
        return (application for tenant in self.tenants.values() for application in tenant.applications.values())

    def multi_tenant_application(self, app_id: str) -> Application | None:
        """Return the registration of a multi-tenant application, wherever its home is."""
        homes = (a for a in self.all_applications() if a.home and a.multi_tenant)
        return next((a for a in homes if a.app_id.lower() == app_id.lower()), None)


def is_guid(text: str) -> bool:
    """Tell whether the text has the form of a GUID."""
    return re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
