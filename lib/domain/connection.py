"""One user's connection: the delegated consent behind *Connect your calendar*, and what became of it.

    notConnected ──── the user signs in ───▶ connected ──── Entra ID ends the grant ───▶ reconnectRequired
         ▲                                       │                                          │      │
         └──────────────── disconnect ───────────┴──────────────────────────────────────────┘      │
                                                 ▲──────────── the user signs in again ────────────┘

Refresh tokens live for 90 days without use (Microsoft Learn, "Refresh tokens in the Microsoft identity platform"), so
a connection that was not renewed for 30 days is renewed by a timer. A passing fault never ends a connection.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from lib.domain.advice import Advice, Topic, for_entra
from lib.domain.errors import MicrosoftTrace, Owner, Refused
from lib.domain.fields import same_user
from lib.domain.microsoft import EntraRefused, UserToken

RENEW_AFTER = timedelta(days=30)

# Which OAuth errors say that this grant will never work again (RFC 6749 section 5.2, OpenID Connect Core 3.1.2.6).
# Others speak about the application (invalid_client, unauthorized_client) or about the moment.
_DEAD = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
# What invalid_grant is also said with although the grant is not what is wrong.
_NOT_THE_GRANT = frozenset({Topic.THROTTLED, Topic.TRANSIENT, Topic.CREDENTIAL, Topic.CREDENTIAL_EXPIRED})


@dataclass(frozen=True)
class Grant:
    """What was granted, as it is sealed.

    `cache` is MSAL's token cache of this one user, with the refresh token; `scopes` are what it was asked with;
    `token` is the access token, as long as it lasts; `name` is the user as the ATS writes it.
    """

    cache: str = field(repr=False)
    scopes: tuple[str, ...]
    token: UserToken
    name: str | None = None

    def as_text(self) -> str:
        """Return the grant as a JSON text. It is secret."""
        parts = {"cache": self.cache, "scopes": self.scopes, "token": asdict(self.token), "name": self.name}
        return json.dumps(parts)

    @classmethod
    def parse(cls, text: str) -> "Grant":
        """Return the grant of such a text. Raises ValueError, KeyError, TypeError for another one."""
        read = json.loads(text)
        token = read["token"]
        user_token = UserToken(**token | {"scopes": tuple(token["scopes"])})
        return cls(read["cache"], tuple(read["scopes"]), user_token, read.get("name"))


@dataclass(frozen=True)
class Ended:
    """Why and when Entra ID ended a grant: its codes and OAuth error, which the dictionary explains."""

    at: datetime
    codes: tuple[int, ...] = ()
    error: str | None = None
    suberror: str | None = None

    @property
    def advice(self) -> Advice:
        """What happened, who can mend it, what to do."""
        return for_entra(self.codes, self.error, self.suberror)


@dataclass(frozen=True)
class Connection:
    """One user's connection as stored. `user` is the key that `user_key` makes of the name the ATS uses.

    `tenant` and `object_id` are those of the account that signed in; the sealed tokens open for no other.
    `sealed` is the `Grant`, `renewed_at` when Entra ID last gave tokens, `last_used_at` is exact to a day.
    """

    customer: str
    generation: str
    user: str
    tenant: str
    object_id: str
    sealed: bytes = field(repr=False)
    connected_at: datetime
    renewed_at: datetime
    last_used_at: datetime | None = None
    ended: Ended | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """What the seal binds the tokens to: they open in no other row."""
        return (self.customer, self.generation, self.user, self.tenant, self.object_id)


@dataclass(frozen=True)
class ConnectionReport:
    """What `read_connection` tells. `reason` and `remedy` are for people."""

    state: str
    connected_at: datetime | None = None
    last_used_at: datetime | None = None
    reason: str | None = None
    remedy: str | None = None


def user_key(user: str) -> str:
    """Return the name of a user's row: a digest, since a user name may hold characters that a table key may not."""
    return hashlib.sha256(f"user {same_user(user)}".encode()).hexdigest()[:40]


def ends_the_grant(refused: EntraRefused) -> bool:
    """Return whether this refusal of a refresh token is final, so that only the user can help by signing in again."""
    if refused.error not in _DEAD:
        return False
    advice = for_entra(refused.codes, refused.error, refused.suberror)
    return advice.topic not in _NOT_THE_GRANT and not advice.retry


def not_connected() -> Refused:
    """Return the error of a user without a connection."""
    return Refused(
        "userNotConnected",
        "This user has not connected a calendar.",
        remedy="Choose Connect your calendar and sign in.",
        owner=Owner.USER,
    )


def not_needed() -> Refused:
    """Return the error of connecting a calendar where an administrator consents for everybody."""
    return Refused(
        "connectionNotNeeded",
        "Nobody needs to connect a calendar here: an administrator consents for everybody.",
        remedy="Ask for free/busy times right away. To let each user consent instead, choose User Consent in the "
        "Calendar Configuration.",
        owner=Owner.ATS_ADMIN,
    )


def reconnect_required(ended: Ended) -> Refused:
    """Return the error of a connection whose grant is dead."""
    advice = ended.advice
    return Refused(
        "reconnectRequired",
        advice.message,
        remedy=advice.remedy,
        owner=advice.owner,
        trace=MicrosoftTrace(code=advice.code),
    )


def unreadable() -> Refused:
    """Return the error of a connection whose sealed tokens do not open: moved, edited, or the key is gone."""
    return Refused(
        "reconnectRequired",
        "The stored connection of this user cannot be opened any more.",
        remedy="Choose Connect your calendar and sign in again. If it happens to many users, the operator checks the "
        "secret token-encryption-key in this deployment's Key Vault: an older version may be disabled.",
        owner=Owner.USER,
    )
