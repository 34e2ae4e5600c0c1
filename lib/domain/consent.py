"""Consent links and sign-ins: what they are made of, and what an answer from Microsoft must satisfy.

A link (ticket) can be opened again until it expires; each opening is a sign-in of its own, bound to one browser by a
cookie and usable once (RFC 9700 section 4.7; OWASP ASVS 5.0, 10.1.2). Only digests of tickets, states and cookies are
stored.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from lib.domain.advice import Topic, for_entra

ADMIN_LINK_LIFE = timedelta(days=7)
USER_LINK_LIFE = timedelta(minutes=15)
SIGN_IN_LIFE = timedelta(hours=1)

# Opening is anonymous, and each opening is kept until it expires. Mail scanners open links too, some several times.
MOST_OPENINGS = 200

# A sign-in that failed offers links (to try again, for an administrator): so often for one invitation.
MOST_OFFERS = 4

# A mark of the customer (16 hexadecimal characters, so that a row is found by its key) and 256 random bits.
TOKEN = re.compile(r"[0-9a-f]{16}[A-Za-z0-9_-]{43}")


class Ending(StrEnum):
    """How a consent ended; `CONNECTED` or one of the contract's codes."""

    CONNECTED = "connected"
    DECLINED = "declined"
    ADMIN_CONSENT_REQUIRED = "adminConsentRequired"
    WRONG_ACCOUNT = "wrongAccount"
    WRONG_TENANT = "wrongTenant"
    NOT_VERIFIED = "notVerified"
    BLOCKED_BY_POLICY = "blockedByPolicy"
    MICROSOFT_ERROR = "microsoftError"


class Variant(StrEnum):
    """How a user's sign-in differs from the usual one.

    `OTHER_ACCOUNT`: Microsoft lets the user choose among accounts, after a wrong one was used.
    `REGISTERED`: asks for what the application's registration lists, after asking for less was refused: an
    administrator may have approved just that (Calendars.Read, say).
    """

    OTHER_ACCOUNT = "otherAccount"
    REGISTERED = "registered"


@dataclass(frozen=True)
class Link:
    """An invitation: whoever holds its ticket may open it until it expires.

    `user` is the name of the user who shall connect, None if an administrator shall consent for all. `variant` is
    how the sign-in differs from the usual one. A link to try again, offered on a page after a failed sign-in, has the
    digest of the `root` link it descends from, and `ends_at`, when its sign-ins end at the latest: no invitation lives
    for ever.
    """

    digest: str
    customer: str
    generation: str
    expires_at: datetime
    return_url: str | None = None
    openings: int = 0
    user: str | None = None
    variant: Variant | None = None
    root: str | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class SignIn:
    """One opening of a link: what must come back, from which browser, until when. `used` once answered.

    `user` and `variant` are those of the link; `root` is the digest of the invitation that it all began with.
    """

    digest: str
    customer: str
    generation: str
    binder_digest: str
    redirect_uri: str
    expires_at: datetime
    return_url: str | None = None
    used: bool = False
    user: str | None = None
    variant: Variant | None = None
    root: str | None = None


def new_token(customer: str, random: str) -> str:
    """Return a ticket or state for this customer; `random` is 43 URL-safe characters (256 bits)."""
    return customer_mark(customer) + random


def customer_mark(customer: str) -> str:
    """Return the part of a token that tells where its row is, without telling whose it is."""
    return digest(f"customer {customer}")[:16]


def mark_of(token: str) -> str:
    """Return the customer's mark inside a ticket or state."""
    return token[:16]


def cookie_part(state: str) -> str:
    """Return the part of a cookie's name that belongs to a state, so that sign-ins side by side keep apart."""
    return digest(state)[:12]


def digest(token: str) -> str:
    """Return what is stored instead of a ticket, a state or a cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    """Return whether the text has the form of a ticket or state."""
    return TOKEN.fullmatch(text) is not None


class LinkNotUsable(Exception):
    """The ticket is unknown, expired, or of a customer that was deleted or changed: all look the same from outside."""


class AnswerNotUsable(Exception):
    """The answer is unknown, expired, replayed or of another browser: all look the same from outside."""


@dataclass(frozen=True)
class Start:
    """Where an opened link sends the browser, and the cookie that binds it. `customer` is for the log."""

    location: str = field(repr=False)
    name_part: str
    binder: str = field(repr=False)
    customer: str | None = None


@dataclass(frozen=True)
class WayOut:
    """What a page offers somebody whose own sign-in failed.

    `user` is the account that is needed; `retry` starts again, another way; `admin_link` is for an administrator;
    `basic`: the deployment's own application was used.
    """

    user: str
    retry: str | None = field(default=None, repr=False)
    admin_link: str | None = field(default=None, repr=False)
    basic: bool = False


@dataclass(frozen=True)
class Finish:
    """How a consent ended and where the browser goes from here. `codes` are Microsoft's, for the page.

    `for_users`: an administrator's consent was for each user's own connection, not for the application as a whole.
    `way_out` is there when a user's own sign-in ended. `customer` is for the log.
    """

    ending: Ending
    return_url: str | None
    codes: tuple[int, ...] = ()
    for_users: bool = False
    way_out: WayOut | None = None
    customer: str | None = None


@dataclass(frozen=True)
class Answer:
    """What Microsoft sent a browser with: all of it can be made up by anybody who knows the address.

    Sources: Microsoft Learn, "Admin consent on the Microsoft identity platform", "OAuth 2.0 authorization code flow".
    """

    error: str | None = None
    error_codes: tuple[int, ...] = ()
    consented: bool = False
    tenant: str | None = None
    code: str | None = field(default=None, repr=False)


_ADMIN_NEEDED = frozenset({65001, 90093, 90094, 90095, 900941})
_FOREIGN_ACCOUNT = frozenset({50020, 50034})
_DECLINED = frozenset({"access_denied", "permission_denied", "consent_required"})


def refusal(error: str, codes: Sequence[int]) -> Ending:
    """Return how a sign-in ended that Microsoft answered with an error, whatever else the answer carries."""
    for code in codes:
        if code == 65004:
            return Ending.DECLINED
        if code in _ADMIN_NEEDED:
            return Ending.ADMIN_CONSENT_REQUIRED
        if for_entra([code]).topic is Topic.POLICY:
            return Ending.BLOCKED_BY_POLICY
        if code in _FOREIGN_ACCOUNT:
            return Ending.WRONG_ACCOUNT
    return Ending.DECLINED if error in _DECLINED and not codes else Ending.MICROSOFT_ERROR
