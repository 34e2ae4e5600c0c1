"""The world that the simulated Microsoft shows: tenants, applications, mailboxes, and what lies in the vault."""

from tests.sandbox.world.applications import Application, ClientSecret
from tests.sandbox.world.demo import demo_world
from tests.sandbox.world.mailboxes import Mailbox, Meeting, WorkingHours
from tests.sandbox.world.secrets import SecretVersion, VaultSecret
from tests.sandbox.world.tenants import Account, ManagedIdentity, Tenant, World

__all__ = [
    "Account",
    "Application",
    "ClientSecret",
    "Mailbox",
    "ManagedIdentity",
    "Meeting",
    "SecretVersion",
    "Tenant",
    "VaultSecret",
    "WorkingHours",
    "World",
    "demo_world",
]
