"""Helpers for tests that sign a user in by hand: the link, the forms, the code, the tokens."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt

from tests.sandbox.microsoft.testing import Client, Reply
from tests.sandbox.world import demo
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account, Tenant

NANCY = "recruiter@northwind.com"
SCOPE = "openid profile email offline_access Calendars.ReadBasic User.Read"


class SignIn:
    """Northwind's application with a plain client, as a user and the application use Entra ID in turn."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.microsoft = client.microsoft

    @property
    def northwind(self) -> Tenant:
        """The tenant."""
        return self.microsoft.world.tenants[demo.NORTHWIND]

    @property
    def application(self) -> Application:
        """Its application."""
        return self.northwind.applications[demo.NORTHWIND_APPLICATION]

    @property
    def nancy(self) -> Account:
        """The recruiter's account."""
        account = self.northwind.account(NANCY)
        assert account is not None
        return account

    def address(self, tenant: str = demo.NORTHWIND, **changes: str | None) -> str:
        """Return an address of /authorize; parameters that are None are left out."""
        query = {
            "client_id": demo.NORTHWIND_APPLICATION,
            "response_type": "code",
            "redirect_uri": demo.REDIRECT_URI,
            "scope": SCOPE,
            "state": "some state/&=",
        } | changes
        sent = urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.microsoft.entra_url}/{tenant}/oauth2/v2.0/authorize?{sent}"

    async def open(self, cookie: str = "", **changes: Any) -> Reply:
        """Open the link in a browser that has this cookie."""
        return await self.client.send("GET", self.address(**changes), headers={"Cookie": cookie} if cookie else None)

    async def press(
        self, action: str, account: str = NANCY, fields: dict[str, str] | None = None, **more: Any
    ) -> Reply:
        """Press a button on one of the pages of the link that `more` changes."""
        form = {"account": account, "action": action} | (fields or {})
        return await self.client.send("POST", self.address(**more), data=form)

    async def code(self, account: str = NANCY, **changes: Any) -> str:
        """Sign in, consent and return the code."""
        return back(await self.press("accept", account, **changes))["code"]

    async def redeem(self, code: str, tenant: str = demo.NORTHWIND, **fields: str | None) -> Reply:
        """Redeem a code; fields that are None are left out."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": demo.REDIRECT_URI, "scope": None}
        return await self._ask(tenant, form | fields)

    async def refresh(self, token: str, tenant: str = demo.NORTHWIND, **fields: str | None) -> Reply:
        """Use a refresh token; fields that are None are left out."""
        form = {"grant_type": "refresh_token", "refresh_token": token, "scope": None}
        return await self._ask(tenant, form | fields)

    async def tokens(self, account: str = NANCY, **changes: Any) -> dict[str, Any]:
        """Sign in, consent, and return the answer with the tokens."""
        answer = await self.redeem(await self.code(account, **changes))
        assert answer.status == 200, answer.text
        body: dict[str, Any] = answer.body
        return body

    async def _ask(self, tenant: str, form: dict[str, str | None]) -> Reply:
        own = {"client_id": demo.NORTHWIND_APPLICATION, "client_secret": demo.NORTHWIND_SECRET}
        return await self.client.ask_token(tenant, **(own | form))


def back(answer: Reply) -> dict[str, str]:
    """Return what a redirect to the application tells it."""
    assert answer.status == 302, answer.text
    target = urlsplit(answer.headers["Location"])
    assert target._replace(query="").geturl() == demo.REDIRECT_URI
    return dict(parse_qsl(target.query))


def cookie(answer: Reply) -> str:
    """Return the cookie that an answer sets, as a browser sends it again."""
    return str(answer.headers["Set-Cookie"].partition(";")[0])


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says."""
    return jwt.decode(token, options={"verify_signature": False})


def problem(answer: Reply) -> tuple[int, str, int, str | None]:
    """Return status, error, code and suberror of a refusal of the token endpoint."""
    return answer.status, answer.body["error"], answer.body["error_codes"][0], answer.body.get("suberror")
