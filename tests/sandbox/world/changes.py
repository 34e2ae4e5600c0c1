"""What time and administrators do to a world: secrets age, are added and put into the vault, roles are granted.

The function app runs on the real clock, so for it days pass by making everything in Entra ID older.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from tests.sandbox.world.applications import READ_OWNED, Application, ClientSecret
from tests.sandbox.world.secrets import SecretVersion, VaultSecret
from tests.sandbox.world.tenants import World


def let_time_pass(application: Application, days: float) -> None:
    """Make an application's client secrets so many days older, in every tenant that it is in.

    Graph then shows the earlier dates, and Entra ID refuses those that have ended (7000222).
    """
    by = timedelta(days=days)
    for secret in application.secrets:  # the very objects: enterprise applications in other tenants share them
        secret.start -= by
        secret.end -= by


def add_secret(
    application: Application,
    value: str,
    *,
    days: float = 180,
    name: str | None = None,
    now: datetime | None = None,
) -> ClientSecret:
    """Add a client secret, as an administrator does in the portal (which proposes 180 days); the old ones stay."""
    now = now or datetime.now(UTC)
    secret = ClientSecret(value, str(uuid.uuid4()), name, now, now + timedelta(days=days))
    application.secrets.append(secret)
    return secret


def put_by_hand(
    world: World,
    name: str,
    value: str,
    *,
    expires: datetime | None = None,
    tags: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> SecretVersion:
    """Put a new version of a secret into the vault, as the portal does: without content type, tags and expiry."""
    now = now or datetime.now(UTC)
    until = int(expires.timestamp()) if expires else None
    version = SecretVersion(uuid.uuid4().hex, value, now, now, tags=dict(tags or {}), expires=until)
    world.vault_secrets.setdefault(name.lower(), VaultSecret(name)).versions.append(version)
    return version


def let_read_itself(application: Application) -> None:
    """Register and grant the least role with which an application reads its own registration, and make it its owner."""
    application.registered_roles.add(READ_OWNED)
    application.granted_roles.add(READ_OWNED)
    application.owns_itself = True
