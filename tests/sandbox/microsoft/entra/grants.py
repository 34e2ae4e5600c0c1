"""What Entra remembers of sign-ins: authorization codes and refresh tokens, both opaque to clients (facts 3.5)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.sandbox.microsoft.entra.scopes import Scopes

CODE_LIFETIME = timedelta(minutes=10)
REFRESH_LIFETIME = timedelta(days=90)


@dataclass(frozen=True)
class SignIn:
    """One sign-in of a user to an application. `strong` tells whether a second factor was shown."""

    tenant_id: str
    app_id: str
    user_id: str
    scopes: Scopes
    at: datetime
    strong: bool
    revocations: int
    session_id: str


@dataclass
class Code:
    """An authorization code. `authority` is the tenant's id, or "" if it was asked for at an address of all tenants."""

    sign_in: SignIn
    authority: str
    redirect_uri: str
    issued: datetime
    nonce: str | None
    challenge: str | None
    challenge_method: str
    redeemed: bool = False


@dataclass(frozen=True)
class RefreshToken:
    """A refresh token. Its 90 days run from its issue: whoever uses it gets a new one, and with it 90 days more."""

    sign_in: SignIn
    issued: datetime


@dataclass
class Grants:
    """All codes and refresh tokens that were issued."""

    codes: dict[str, Code] = field(default_factory=dict)
    refresh_tokens: dict[str, RefreshToken] = field(default_factory=dict)

    def add_code(self, code: Code) -> str:
        """Keep a code and return the text that stands for it."""
        text = f"1.{secrets.token_urlsafe(96)}"
        self.codes[text] = code
        return text

    def add_refresh_token(self, sign_in: SignIn, now: datetime) -> str:
        """Return a new refresh token; those before it stay good (facts 3.3)."""
        text = f"1.{secrets.token_urlsafe(160)}"
        self.refresh_tokens[text] = RefreshToken(sign_in, now)
        return text
