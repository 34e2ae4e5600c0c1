"""What the customers of the demo world are made of."""

from collections.abc import Callable
from datetime import datetime

from tests.sandbox.world.applications import stable_id
from tests.sandbox.world.mailboxes import Mailbox, Meeting
from tests.sandbox.world.tenants import Account, Tenant

REDIRECT_URI = "http://localhost:7071/mobile/getcalendar"
ADMIN = "Global Administrator"
CALENDAR_SCOPES = {"Calendars.ReadBasic", "User.Read"}

At = Callable[..., datetime]
"""Returns a time by day (0 is today), hour and minute."""


def person(
    tenant: Tenant, name: str, *meetings: Meeting, upn: str | None = None, roles: set[str] | None = None, **more: object
) -> Mailbox:
    """Add a person to the tenant, account and mailbox with one object id, and return the mailbox."""
    domain = tenant.domains[1]
    address = f"{name.split()[0].lower()}@{domain}"
    upn = upn or address
    object_id = stable_id(tenant.id, upn)
    mailbox = Mailbox(address, upn, object_id, name, meetings=list(meetings), **more)  # type: ignore[arg-type]
    tenant.add(Account(upn, name, object_id, address, list(mailbox.aliases), roles or set()), mailbox)
    return mailbox


def thing(tenant: Tenant, address: str, name: str, *meetings: Meeting, **more: object) -> Mailbox:
    """Add a room, a piece of equipment or a list to the tenant and return it."""
    mailbox = Mailbox(address, address, stable_id(tenant.id, address), name, meetings=list(meetings), **more)  # type: ignore[arg-type]
    tenant.add(mailbox)
    return mailbox
