"""What the use cases need from outside. Adapters implement these; unit tests have small fakes.

What is needed from Microsoft Graph is in `lib.ports.graph`, what only alerts and the secret scan need in
`lib.ports.alerts`.

Every method may raise `MicrosoftUnavailable` or `MicrosoftTimeout` when its system cannot be used or takes too long.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lib.domain.configuration import Customer
from lib.domain.connection import Connection, Grant
from lib.domain.consent import Link, SignIn
from lib.domain.credential import Expiry
from lib.domain.microsoft import AppToken, Directory, Granted

Now = Callable[[], datetime]
Random = Callable[[], str]

LEAST_TRY = 0.1  # seconds that have to be left of a deadline for another try; less is none


@dataclass
class Deadline:
    """The moment (on the monotonic clock) at which a call has to be answered."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def within(self, seconds: float) -> "Deadline":
        """Return this deadline, or the one that many seconds from now if that is earlier."""
        return Deadline(min(self.at, time.monotonic() + seconds))

    def extend(self, other: "Deadline") -> None:
        """Move this deadline to the other one if that is later: who shares a piece of work waits for it as long."""
        self.at = max(self.at, other.at)

    def left(self) -> float:
        """Return the seconds left, never below zero."""
        return max(0.0, self.at - time.monotonic())


class Conflict(Exception):
    """Somebody else wrote the row first."""


class Damaged(Exception):
    """A row cannot be read: it was not written by this application, or was edited."""


@dataclass(frozen=True)
class Stored:
    """A customer as read, with the table's own ETag for a conditional write."""

    customer: Customer
    etag: str


class Customers(Protocol):
    """Where customers' configurations are kept: one row each, so that one write changes all of it or nothing."""

    async def read(self, customer: str) -> Stored | None:
        """Return the customer, or None. Raises Damaged."""

    async def write(self, customer: Customer, etag: str | None) -> None:
        """Write the whole customer if its row still has this etag (None: if there is no row). Raises Conflict."""

    async def remove(self, customer: str, etag: str) -> None:
        """Remove the row if it still has this etag. Raises Conflict. A row that is gone is fine."""

    def all(self, after: str) -> AsyncIterator[tuple[str, Customer | None]]:
        """Go through the customers with an id greater than `after`, in the order of their ids, tombstones included.

        They come without their last test, so they are not to be written back. None stands for one whose row cannot be
        read.
        """


@dataclass(frozen=True)
class VaultVersion:
    """What the vault tells about a version of a secret without its value. `ours`: this application wrote it.

    `expires` is what a version says that somebody gave a date, or for ours also "never"; else it is unknown. `copy_of`
    is the version whose value it was given again, with another expiry.
    """

    id: str
    created_at: datetime
    enabled: bool
    expires: Expiry
    ours: bool
    copy_of: str = ""


@dataclass(frozen=True)
class VaultSecret:
    """What the vault tells about a secret without its value; `created_at` is its newest version's."""

    name: str
    created_at: datetime


class Vault(Protocol):
    """Where client secrets are kept. A version never changes."""

    async def write(self, name: str, secret: str, expires: Expiry, *, copy_of: str | None = None) -> str:
        """Store a new version and return its id; `copy_of` names the version that has the same value.

        Raises Conflict if the secret was deleted in the meantime.
        """

    async def recover(self, name: str) -> None:
        """Bring back a secret that somebody deleted, with all its versions. One that is not deleted is fine."""

    async def read(self, name: str, version: str) -> str:
        """Return the secret. Raises SecretMissing."""

    async def newest(self, name: str) -> tuple[str, str] | None:
        """Return the newest version's id and value, None if there is no such secret. Raises SecretMissing: disabled."""

    async def disable(self, name: str, version: str) -> None:
        """Make a version that no configuration names unreadable. A version that is gone is fine."""

    async def delete(self, name: str) -> None:
        """Delete the secret with all its versions. One that is gone is fine."""

    async def note_expiry(self, name: str, version: str, expires: Expiry) -> None:
        """Record what Entra ID told about a version whose expiry was not known."""

    async def versions(self, name: str) -> list[VaultVersion]:
        """Return what is known of all versions, the oldest first; none if there is no such secret."""

    def all_secrets(self) -> AsyncIterator[VaultSecret]:
        """Go through all secrets of the vault, page by page."""


class ConsentStore(Protocol):
    """Where consent links and sign-ins are kept."""

    async def add_link(self, link: Link) -> None:
        """Store a link."""

    async def link(self, mark: str, digest: str) -> Link | None:
        """Return the link of a ticket, or None."""

    async def count_opening(self, link: Link) -> bool:
        """Note that a link was opened once more; False if it may not be opened so often (`MOST_OPENINGS`)."""

    async def count_offer(self, sign_in: SignIn) -> bool:
        """Note that a failed sign-in offers links; False if its invitation is gone or did too often (`MOST_OFFERS`)."""

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """Store a sign-in."""

    async def claim(self, mark: str, digest: str, binder_digests: frozenset[str], now: datetime) -> SignIn | None:
        """Mark the sign-in as used and return it; None if unknown, expired, of another browser, or used before.

        Of two claims at once, one gets it.
        """

    async def forget(self, customer: str, *, generation: str | None = None, expired_by: datetime | None = None) -> None:
        """Remove the customer's links and sign-ins: those of a generation, or those expired by a moment."""

    async def remove_expired(self, moment: datetime) -> None:
        """Remove every customer's links and sign-ins that had expired by this moment."""


@dataclass(frozen=True)
class StoredConnection:
    """A connection as read, with the table's own ETag for a conditional write."""

    connection: Connection
    etag: str


class Connections(Protocol):
    """Where users' connections are kept: one row per customer, generation and user."""

    async def read(self, customer: str, generation: str, user: str) -> StoredConnection | None:
        """Return the connection of this user key, or None."""

    async def write(self, connection: Connection, etag: str | None) -> str:
        """Write it if its row still has this etag (None: if there is no row); return the new one. Raises Conflict."""

    async def remove(self, customer: str, generation: str, user: str) -> None:
        """Remove the row. One that is gone is fine."""

    async def of_account(self, customer: str, generation: str, object_id: str) -> list[str]:
        """Return the user keys under which this account is connected."""

    async def forget(self, customer: str, generation: str) -> None:
        """Remove all connections of a customer's generation, however many."""

    def generations(self) -> AsyncIterator[tuple[str, str]]:
        """Go through the customers and generations that have connections, each once."""

    def ended(self, customer: str, generation: str) -> AsyncIterator[StoredConnection]:
        """Go through a customer's connections that have ended."""

    def not_renewed_since(self, moment: datetime) -> AsyncIterator[StoredConnection]:
        """Go through all customers' connections that were last renewed before this moment and have not ended."""


class SealBroken(Exception):
    """A sealed value does not open: it was edited, moved to another row, or its key is gone or disabled."""


class Sealer(Protocol):
    """Seals what must not be readable in the table. What is sealed for one identity opens for no other."""

    async def seal(self, text: str, identity: tuple[str, ...]) -> bytes:
        """Return the text sealed with the newest key."""

    async def open(self, sealed: bytes, identity: tuple[str, ...]) -> str:
        """Return the text. Raises SealBroken."""


@dataclass(frozen=True)
class Credential:
    """What proves an application. `key` names it for caches: customer, generation and version of the secret.

    `secret` fetches the value, and only when a token has to be asked for. What is only being tried is not kept.
    """

    key: tuple[str, ...]
    tenant: str
    application_id: str
    secret: Callable[[], Awaitable[str]]
    keep: bool = True


class Entra(Protocol):
    """Microsoft Entra ID."""

    async def directory(self, tenant: str, deadline: Deadline) -> Directory:
        """Return the tenant that a GUID or a domain names. Raises EntraRefused."""

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        """Return an app-only token for Graph, from memory unless `fresh`. Raises EntraRefused, SecretMissing."""


@dataclass(frozen=True)
class Redemption:
    """An authorization code and what has to come with it to be redeemed (RFC 6749 section 4.1.3, RFC 7636)."""

    code: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)
    nonce_seed: str = field(repr=False)
    scopes: tuple[str, ...]


class UserEntra(Protocol):
    """Microsoft Entra ID for what users grant. Nothing is kept here between two calls."""

    async def redeem(self, credential: Credential, redemption: Redemption, deadline: Deadline) -> Granted:
        """Redeem an authorization code, once. Raises EntraRefused, SecretMissing."""

    async def refresh(self, credential: Credential, grant: Grant, deadline: Deadline) -> Granted:
        """Ask for new tokens. Raises EntraRefused, SecretMissing."""
