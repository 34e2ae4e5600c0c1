"""What an application asks of /authorize, and the way back to it (facts 3.2)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from tests.sandbox.microsoft.entra.clients import asked_client, check_redirect_uri
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.entra.scopes import Scopes, read_scopes
from tests.sandbox.microsoft.entra.sign_in_pages import form_post_page
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Tenant

_MODES = {"query", "fragment", "form_post"}
_PROMPTS = {"", "login", "none", "consent", "select_account"}
_METHODS = {"plain", "S256"}
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True)
class AuthorizeRequest:
    """A request whose application and redirect URI are good. `tenant` is None at /common and /organizations."""

    tenant: Tenant | None
    application: Application
    redirect_uri: str
    query: Mapping[str, str]

    @property
    def prompt(self) -> str:
        """The prompt, "" if there is none."""
        return self.query.get("prompt", "")

    @property
    def silent(self) -> bool:
        """Whether no page may be shown."""
        return self.prompt == "none"

    @property
    def challenge(self) -> str | None:
        """The PKCE challenge."""
        return self.query.get("code_challenge") or None

    @property
    def challenge_method(self) -> str:
        """How the challenge was made; `plain` is assumed when it is left out."""
        return self.query.get("code_challenge_method") or "plain"

    def scopes(self, shared: Surroundings) -> Scopes:
        """Return the scopes asked for. Raises EntraError."""
        name = self.tenant.display_name if self.tenant else ""
        return read_scopes(self.query.get("scope", ""), shared.graph_audiences, self.application, name)

    def check(self) -> None:
        """Check what the application learns by redirect if it is wrong. Raises EntraError."""
        if not self.query.get("response_type"):
            raise EntraError(900144, parameter="response_type")
        if self.query["response_type"] != "code":
            raise EntraError(70005)  # no application of the sandbox may have ID tokens from here
        if self.query.get("response_mode", "query") not in _MODES:
            raise EntraError(70007, mode=self.query["response_mode"])
        if self.prompt not in _PROMPTS:
            raise EntraError(90023)
        if self.challenge is None:
            if self.query.get("code_challenge_method"):
                raise EntraError(50147)
            return
        if self.challenge_method not in _METHODS:
            raise EntraError(50149)
        if not _CHALLENGE.fullmatch(self.challenge):
            raise EntraError(501491)

    def go_back(self, answer: dict[str, str], trace: Trace) -> web.Response:
        """Send the browser back to the application with an answer and the state that was sent."""
        if "state" in self.query:
            answer["state"] = self.query["state"]
        mode = self.query.get("response_mode", "query")
        if mode == "form_post":
            return form_post_page(self.redirect_uri, answer, trace)
        parts = urlsplit(self.redirect_uri)
        if mode == "fragment":
            target = parts._replace(fragment=urlencode(answer))
        else:
            target = parts._replace(query="&".join(filter(None, (parts.query, urlencode(answer)))))
        return web.Response(status=302, headers=trace.headers | {"Location": urlunsplit(target)})


def read_request(shared: Surroundings, tenant_name: str, query: Mapping[str, str]) -> AuthorizeRequest:
    """Return the request. Raises EntraError for what Entra shows on its own page, without any redirect."""
    tenant, application = asked_client(shared.world, tenant_name, query.get("client_id", ""))
    if tenant_name.lower() == "consumers":
        raise EntraError(700016, app=application.app_id, name="Microsoft Accounts")
    redirect_uri = query.get("redirect_uri", "")
    check_redirect_uri(application, redirect_uri)
    if application.disabled:
        raise EntraError(7000112, app=application.app_id, app_name=application.display_name)
    return AuthorizeRequest(tenant, application, redirect_uri, query)
