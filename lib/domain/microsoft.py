"""What Microsoft answers, in our words: tokens, tenants, and two kinds of refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lib.domain.errors import MicrosoftTrace


@dataclass(frozen=True)
class AppToken:
    """An app-only access token for Graph. `tenant` and `roles` are the token's own claims `tid` and `roles`.

    `expires_at` and `fetched_at` are in seconds since the epoch.
    """

    value: str = field(repr=False)
    expires_at: float
    tenant: str | None = None
    roles: tuple[str, ...] = ()
    fetched_at: float = 0.0


@dataclass(frozen=True)
class UserToken:
    """A delegated access token for Graph. `tenant` and `object_id` are those of the account it was granted for.

    `scopes` are what Entra ID said it carries. `expires_at` and `fetched_at` are in seconds since the epoch.
    """

    value: str = field(repr=False)
    expires_at: float
    tenant: str
    object_id: str
    scopes: tuple[str, ...] = ()
    fetched_at: float = 0.0


@dataclass(frozen=True)
class Granted:
    """What Entra ID gave for an authorization code or a refresh token.

    `cache` is MSAL's token cache of this one user, refresh token included; `claims` are the ID token's. Without a
    refresh token it is not `renewable`.
    """

    token: UserToken
    cache: str = field(repr=False)
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    renewable: bool = True


@dataclass(frozen=True)
class Directory:
    """A tenant as its OpenID configuration describes it: its GUID and the issuer of its ID tokens."""

    id: str
    issuer: str


@dataclass(frozen=True)
class RegisteredSecret:
    """A client secret as Entra ID lists it: `hint` is its first three characters, `key_id` what it calls Secret ID."""

    hint: str
    ends_at: datetime
    key_id: str | None = None
    starts_at: datetime | None = None


class EntraRefused(Exception):
    """Entra ID answered with an OAuth error. `codes` are the numbers of its AADSTS codes, most specific first."""

    def __init__(
        self,
        codes: Sequence[int],
        error: str | None = None,
        *,
        suberror: str | None = None,
        trace: MicrosoftTrace | None = None,
    ) -> None:
        super().__init__(f"Entra ID refused: {error} {list(codes)}")
        self.codes = tuple(codes)
        self.error = error
        self.suberror = suberror
        self.trace = trace or MicrosoftTrace()


class GraphRefused(Exception):
    """Graph answered the whole request with an error status."""

    def __init__(self, status: int, code: str | None, *, trace: MicrosoftTrace | None = None) -> None:
        super().__init__(f"Graph refused: {status} {code}")
        self.status = status
        self.code = code
        self.trace = trace or MicrosoftTrace(code=code)


class SecretMissing(Exception):
    """The vault does not hold the secret that the configuration names, or it is disabled."""
