"""Sees everything secret that comes up in a journey: what Entra ID issues, what is sent, what is answered."""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Self
from unittest.mock import patch
from urllib.parse import unquote

import requests

from tests.sandbox.azurite import KEY as ACCOUNT_KEY
from tests.sandbox.microsoft.entra.grants import Grants
from tests.sandbox.stack import SMTP_LOGIN, Stack
from tests.sandbox.world.demo import INFRASTRUCTURE_SECRET
from tests.telemetry.needles import Needle, needles

KEY = "token-encryption-key"
_BASE64 = re.compile(r"[A-Za-z0-9+/]{43}=")
_TICKET = re.compile(r"/connect/([A-Za-z0-9_-]{20,})")
_FORM_FIELDS = {
    "client_secret": "client secret",
    "code": "authorization code",
    "code_verifier": "PKCE verifier",
    "refresh_token": "refresh token",
    "state": "state",
    "nonce": "nonce",
    "code_challenge": "PKCE challenge",
}


@dataclass(frozen=True)
class Exchange:
    """A call of the functions, and what they answered."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass
class Witness:
    """Watches a sandbox while its `with` block lasts; nothing is changed by it."""

    stack: Stack
    tokens: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    refresh_tokens: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    _watching: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        issuer = self.stack.microsoft.tokens
        for where, name, seen in (
            (issuer, "sign", self.tokens),
            (Grants, "add_code", self.codes),
            (Grants, "add_refresh_token", self.refresh_tokens),
        ):
            self._watching.enter_context(patch.object(where, name, _noting(getattr(where, name), seen)))
        send = requests.Session.send

        def sent(session: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
            answer = send(session, request, **more)
            self._note(request, answer)
            return answer

        self._watching.enter_context(patch.object(requests.Session, "send", sent))
        return self

    def __exit__(self, *_: object) -> None:
        self._watching.close()

    def _note(self, request: requests.PreparedRequest, answer: requests.Response) -> None:
        if not str(request.url).startswith("http://localhost:"):
            return  # not to the functions
        exchange = Exchange(str(request.method), str(request.url), answer.status_code, answer.headers, answer.text)
        self.exchanges.append(exchange)
        for line in answer.raw.headers.getlist("Set-Cookie"):
            self.cookies += [morsel.value for morsel in SimpleCookie(line).values()]

    def secrets(self) -> list[Needle]:
        """Return every secret that came up."""
        return [
            *needles("token", self.tokens),
            *needles("authorization code", self.codes),
            *needles("refresh token", self.refresh_tokens),
            *needles("cookie", self.cookies),
            *needles("ticket", self._tickets()),
            *self._sent_to_entra(),
            *self._in_the_vault(),
            *needles("client secret", self._registered()),
            *needles("SMTP password", [SMTP_LOGIN[1]]),
            *needles("account key", [ACCOUNT_KEY]),
            *needles("identity header", [self.stack.microsoft.identity_header]),
            *needles("client secret", [INFRASTRUCTURE_SECRET]),
        ]

    def _tickets(self) -> Iterator[str]:
        for exchange in self.exchanges:
            for text in (exchange.url, exchange.text, exchange.headers.get("Location", "")):
                yield from _TICKET.findall(unquote(text))

    def _sent_to_entra(self) -> Iterator[Needle]:
        for seen in list(self.stack.microsoft.requests):
            if seen.service == "entra":
                for name, kind in _FORM_FIELDS.items():
                    yield from needles(kind, [seen.form.get(name), seen.query.get(name)])

    def _registered(self) -> Iterator[str]:
        for application in self.stack.world.all_applications():
            yield from (secret.value for secret in application.secrets)

    def _in_the_vault(self) -> Iterator[Needle]:
        for secret in [*self.stack.world.vault_secrets.values(), *self.stack.world.deleted_secrets.values()]:
            values = [version.value for version in secret.versions]
            if secret.name == KEY:
                keys = [base64.b64decode(value) for value in values if _BASE64.fullmatch(value)]
                values += [
                    form for key in keys for form in (key.hex(), base64.urlsafe_b64encode(key).decode(), repr(key))
                ]
            yield from needles("token-encryption key" if secret.name == KEY else "client secret", values)

    def people(self) -> list[Needle]:
        """Return who and what must not be named: addresses, names, meetings."""
        tenants = list(self.stack.world.tenants.values())
        accounts = [account for tenant in tenants for account in tenant.accounts]
        boxes = [box for tenant in tenants for box in tenant.mailboxes.values()]
        meetings = [meeting for box in boxes for meeting in box.meetings]
        addresses = [text for one in accounts for text in (one.user_principal_name, one.mail, *one.other_mails)]
        addresses += [text for box in boxes for text in (box.address, *box.aliases)]
        return [
            *needles("address", addresses, secret=False),
            *needles("name", [one.display_name for one in accounts], secret=False, least=10),
            *needles("meeting", [text for one in meetings for text in (one.subject, one.location)], secret=False),
        ]


def _noting(made: Any, seen: list[str]) -> Any:
    """Return the function, noting what it returns."""

    def noted(*arguments: Any, **more: Any) -> Any:
        result = made(*arguments, **more)
        seen.append(result)
        return result

    return noted
