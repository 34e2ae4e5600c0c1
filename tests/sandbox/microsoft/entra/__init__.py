"""Entra ID: routing of its endpoints."""

import re

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.entra.adminconsent import AdminConsent
from tests.sandbox.microsoft.entra.authorize import Authorize
from tests.sandbox.microsoft.entra.discovery import Discovery
from tests.sandbox.microsoft.entra.errors import EntraError, Trace, error_answer
from tests.sandbox.microsoft.entra.grants import Grants
from tests.sandbox.microsoft.entra.pages import error_page
from tests.sandbox.microsoft.entra.token import TokenEndpoint
from tests.sandbox.microsoft.surroundings import Surroundings

_ROUTES = {
    "instance": re.compile(r"/common/discovery/instance", re.IGNORECASE),
    "configuration": re.compile(r"/([^/]+)(?:/v2\.0)?/\.well-known/openid-configuration", re.IGNORECASE),
    "keys": re.compile(r"/([^/]+)/discovery(?:/v2\.0)?/keys", re.IGNORECASE),
    "authorize": re.compile(r"/([^/]+)/oauth2/v2\.0/authorize", re.IGNORECASE),
    "token": re.compile(r"/([^/]+)/oauth2/v2\.0/token", re.IGNORECASE),
    "consent_v2": re.compile(r"/([^/]+)/v2\.0/adminconsent", re.IGNORECASE),
    "consent_v1": re.compile(r"/([^/]+)/adminconsent", re.IGNORECASE),
}
_METHODS = {"token": ("POST",)} | dict.fromkeys(("authorize", "consent_v2", "consent_v1"), ("GET", "POST"))
_WITH_PAGES = {"authorize", "consent_v2", "consent_v1"}


class Entra:
    """The sign-in host."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._discovery = Discovery(shared)
        grants = Grants()
        self._authorize = Authorize(shared, grants)
        self._token = TokenEndpoint(shared, grants)
        self._consent = AdminConsent(shared)

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request."""
        await self._shared.spend_latency("entra")
        trace = Trace(seen, self._shared.now())
        name, tenant = _route(seen.path)
        if name and seen.method not in _METHODS.get(name, ("GET",)):
            return web.Response(status=405, headers=trace.headers)
        try:
            match name:
                case "instance":
                    return self._discovery.instance(seen, trace)
                case "configuration":
                    return self._discovery.configuration(tenant, trace)
                case "keys":
                    return self._discovery.keys(tenant, trace)
                case "authorize":
                    return self._authorize.answer(tenant, seen, trace)
                case "token":
                    return self._token.answer(tenant, seen, trace)
                case "consent_v2" | "consent_v1":
                    return self._consent.answer(tenant, seen, trace, version=2 if name == "consent_v2" else 1)
        except EntraError as problem:
            if name in _WITH_PAGES:
                return error_page(problem, trace)
            return error_answer(problem, trace, self._shared.entra_url)
        return web.Response(status=404, headers=trace.headers)


def _route(path: str) -> tuple[str | None, str]:
    """Return the name of the endpoint and the tenant in the path."""
    for name, pattern in _ROUTES.items():
        if found := pattern.fullmatch(path):
            return name, found[1] if pattern.groups else ""
    return None, ""
