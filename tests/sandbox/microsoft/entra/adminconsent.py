"""Admin consent, v2 and v1: the pages and the redirects back (facts 3.4).

What is wrong with the client, the tenant or the redirect URI is shown as a page; everything else is told by redirect,
where v2 says admin_consent=True on errors too.
"""

from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.entra.clients import asked_client, check_redirect_uri
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.entra.pages import consent_page, error_page
from tests.sandbox.microsoft.entra.scopes import FREE_SCOPES
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account, Tenant

_DECLINED = "The resource owner or authorization server denied the request."


@dataclass(frozen=True)
class _Asked:
    """A consent request whose client and redirect URI are good. `tenant` is None at /common and /organizations."""

    version: int
    tenant: Tenant | None
    application: Application
    redirect_uri: str
    scope: str
    state: str | None


class AdminConsent:
    """`/{tenant}/v2.0/adminconsent` and `/{tenant}/adminconsent`."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    def answer(self, tenant_name: str, seen: SeenRequest, trace: Trace, version: int) -> web.Response:
        """Answer the page, or what was pressed on it. Raises EntraError for what is shown as a page."""
        asked = self._asked(tenant_name, seen, version)
        try:
            roles, scopes = self._permissions(asked)
        except EntraError as problem:
            return _back(asked, _failure(asked, problem, trace), trace)
        if seen.method == "GET":
            tenants = [asked.tenant] if asked.tenant else list(self._shared.world.tenants.values())
            accounts = sorted(
                (account for tenant in tenants for account in tenant.accounts),
                key=lambda account: (not account.may_consent(to_roles=True), not account.roles),
            )
            name = asked.tenant.display_name if asked.tenant else "their organization"
            return consent_page(asked.application.display_name, name, sorted(roles | scopes), accounts, trace)
        return self._pressed(asked, seen.form, roles, scopes, trace)

    def _pressed(
        self, asked: _Asked, form: dict[str, str], roles: set[str], scopes: set[str], trace: Trace
    ) -> web.Response:
        tenant, account = self._account(asked, form.get("account", ""))
        if tenant is None:
            return error_page(EntraError(50059), trace)
        if form.get("action") != "accept":
            return _back(asked, _failure(asked, EntraError(65004, reason=_DECLINED), trace, tenant), trace)
        if account is None:
            problem = EntraError(
                50020,
                user=form.get("account", ""),
                provider=self._shared.world.home_id,
                name=tenant.display_name,
                app=asked.application.app_id,
                app_name=asked.application.display_name,
            )
            return error_page(problem, trace)
        if not account.may_consent(to_roles=bool(roles)):
            # Without any role the grant "requires admin"; an admin with too small a role is turned away by Graph.
            problem = EntraError(90093 if account.roles else 90094)
            return _back(asked, _failure(asked, problem, trace, tenant), trace)
        application = tenant.application(asked.application.app_id)
        if application is None:
            application = asked.application.in_other_tenant()
            tenant.add(application)
        application.consent(self._shared.now(), roles, scopes)
        return _back(asked, _success(asked, tenant, roles | scopes, self._shared.graph_url), trace)

    def _account(self, asked: _Asked, name: str) -> tuple[Tenant | None, Account | None]:
        """Return the tenant that is consented for and the account, if it is one of that tenant."""
        if asked.tenant is not None:
            return asked.tenant, asked.tenant.account(name)
        found = ((tenant, tenant.account(name)) for tenant in self._shared.world.tenants.values())
        return next(((tenant, account) for tenant, account in found if account), (None, None))

    def _asked(self, tenant_name: str, seen: SeenRequest, version: int) -> _Asked:
        """Check what is told on a page if it is wrong."""
        query = seen.query
        if tenant_name.lower() in ({"consumers"} if version == 1 else {"consumers", "common"}):
            raise EntraError(50059)  # v2 takes a tenant or organizations, not common
        tenant, application = asked_client(self._shared.world, tenant_name, query.get("client_id", ""))
        if version == 2 and not query.get("scope"):
            raise EntraError(900144, parameter="scope")
        redirect_uri = query.get("redirect_uri", "")
        check_redirect_uri(application, redirect_uri, below=version == 1)
        return _Asked(version, tenant, application, redirect_uri, query.get("scope", ""), query.get("state"))

    def _permissions(self, asked: _Asked) -> tuple[set[str], set[str]]:
        """Return the roles and scopes asked for; `.default` means all that is registered. Raises EntraError."""
        registered = asked.application
        everything = set(registered.registered_roles), set(registered.registered_scopes)
        if asked.version == 1:
            return everything
        scopes = set()
        for scope in asked.scope.split():
            resource, _, name = scope.rpartition("/")
            if name in FREE_SCOPES and not resource:
                continue
            if resource and resource.rstrip("/") not in {self._shared.graph_url, GRAPH_APP_ID}:
                raise EntraError(500011, resource=resource, name=asked.tenant.display_name if asked.tenant else "")
            if name == ".default":
                return everything
            scopes.add(name)  # a short name means Graph
        return set(), scopes


def _success(asked: _Asked, tenant: Tenant, granted: set[str], graph_url: str) -> dict[str, str]:
    answer = {"admin_consent": "True", "tenant": tenant.id}
    if asked.version == 2:
        answer["scope"] = " ".join(f"{graph_url}/{name}" for name in sorted(granted)) or asked.scope
    return answer


def _failure(asked: _Asked, problem: EntraError, trace: Trace, tenant: Tenant | None = None) -> dict[str, str]:
    if asked.version == 1 and problem.code == 65004:
        return {"error": "permission_denied", "error_description": "The admin canceled the request"}
    answer = {"error": problem.error, "error_description": trace.describe(problem)}
    if asked.version == 2:
        tenant = tenant or asked.tenant
        answer |= {"admin_consent": "True"} | ({"tenant": tenant.id} if tenant else {})
    return answer


def _back(asked: _Asked, answer: dict[str, str], trace: Trace) -> web.Response:
    """Return the redirect to the application, with the state that it sent."""
    if asked.state is not None:
        answer["state"] = asked.state
    parts = urlsplit(asked.redirect_uri)
    query = "&".join(filter(None, (parts.query, urlencode(answer))))
    return web.Response(status=302, headers=trace.headers | {"Location": urlunsplit(parts._replace(query=query))})
