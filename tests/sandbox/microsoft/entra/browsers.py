"""Browsers and who is signed in in them: the cookie that makes single sign-on (facts 3.2)."""

import contextlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.tokens import new_id
from tests.sandbox.world.tenants import Account, Tenant

_COOKIE = "ESTSAUTH"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in in a browser."""

    tenant: Tenant
    account: Account
    at: datetime
    strong: bool
    revocations: int

    def is_good(self, now: datetime) -> bool:
        """Tell whether the sign-in still stands; else the sign-in page comes again."""
        account = self.account
        if account not in self.tenant.accounts or account.disabled or account.revocations > self.revocations:
            return False
        return account.sign_in_frequency is None or now - self.at < account.sign_in_frequency


@dataclass
class Browser:
    """One browser's session: whoever signed in there, by object id."""

    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    session_id: str = field(default_factory=new_id)
    people: dict[str, Person] = field(default_factory=dict)

    def sign_in(self, tenant: Tenant, account: Account, now: datetime) -> Person:
        """Sign somebody in; the page asks for a second factor where Conditional Access wants one."""
        strong = account.conditional_access == "mfa"
        self.people[account.object_id] = person = Person(tenant, account, now, strong, account.revocations)
        return person

    def remember(self, answer: web.Response) -> web.Response:
        """Set the cookie if anybody is signed in, and return the answer."""
        if self.people:
            answer.set_cookie(_COOKIE, self.cookie, path="/", secure=True, httponly=True, samesite="None")
        return answer


class Browsers:
    """All browsers that came by."""

    def __init__(self) -> None:
        self._browsers: dict[str, Browser] = {}

    def of(self, seen: SeenRequest) -> Browser:
        """Return the browser of a request: the one that its cookie names, else a new one."""
        cookies: SimpleCookie = SimpleCookie()
        with contextlib.suppress(CookieError):
            cookies.load(seen.headers.get("cookie", ""))
        sent = cookies[_COOKIE].value if _COOKIE in cookies else ""
        return self._browsers.get(sent) or Browser()

    def keep(self, browser: Browser) -> None:
        """Keep a browser in which somebody signed in."""
        self._browsers[browser.cookie] = browser
