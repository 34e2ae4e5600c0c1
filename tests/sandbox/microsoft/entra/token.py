"""The token endpoint, and its grant client_credentials with its traps (facts 3.3, 4.1); users' are in `redeem.py`.

Checks are in the order Entra makes them visible: tenant, parameters, application, form of the scope, credential,
service principal, resource.
"""

from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.entra.clients import check_credential, find_application, with_basic
from tests.sandbox.microsoft.entra.discovery import SHARED_TENANTS, find_tenant
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.entra.grants import Grants
from tests.sandbox.microsoft.entra.redeem import UserGrants
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID, LIFETIME
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Tenant

_DEFAULT = "/.default"


class TokenEndpoint:
    """`/oauth2/v2.0/token`. `grants` maps grant types to what answers them."""

    def __init__(self, shared: Surroundings, grants: Grants) -> None:
        self._shared = shared
        users = UserGrants(shared, grants)
        self.grants: dict[str, Callable[[str, dict[str, str]], dict[str, object]]] = {
            "authorization_code": users.redeem_code,
            "client_credentials": self._client_credentials,
            "refresh_token": users.redeem_refresh_token,
        }

    def answer(self, tenant_name: str, seen: SeenRequest, trace: Trace) -> web.Response:
        """Answer a token request. Raises EntraError."""
        form = with_basic(seen)
        if tenant_name.lower() not in SHARED_TENANTS:
            find_tenant(self._shared.world, tenant_name)
        for parameter in ("grant_type", "client_id"):
            if not form.get(parameter):
                raise EntraError(900144, parameter=parameter)
        grant = self.grants.get(form["grant_type"])
        if grant is None:
            raise EntraError(70003, grant=form["grant_type"])
        return json_answer(200, grant(tenant_name, form), trace.headers)

    def _client_credentials(self, tenant_name: str, form: dict[str, str]) -> dict[str, object]:
        if tenant_name.lower() in SHARED_TENANTS:
            raise EntraError(50059)  # an app-only token needs a concrete tenant (facts 3.3)
        tenant = find_tenant(self._shared.world, tenant_name)
        now = self._shared.now()
        application = find_application(self._shared.world, tenant, form["client_id"])
        resource = _resource(form.get("scope", ""))
        check_credential(application, form, now)
        if tenant.cloud != "global":
            raise EntraError(900432)
        if application.disabled:
            raise EntraError(7000112, app=application.app_id, app_name=application.display_name)
        if not application.has_service_principal(now):
            raise EntraError(7000229, app=application.app_id, tenant_id=tenant.id)
        token = self._issue(tenant, application, resource, now)
        return {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}

    def _issue(self, tenant: Tenant, application: Application, resource: str, now: datetime) -> str:
        for_graph = resource.rstrip("/") in self._shared.graph_audiences
        # The deployment's own resources live in its own tenant; other tenants do not know them.
        at_home = tenant.id == self._shared.world.home_id
        if not for_graph and not (at_home and resource.rstrip("/") in self._shared.infrastructure_resources):
            raise EntraError(500011, resource=resource, name=tenant.display_name)
        principal = application.service_principal_id(tenant.id)
        return self._shared.tokens.issue(
            now,
            tenant.id,
            GRAPH_APP_ID if resource == GRAPH_APP_ID else resource.rstrip("/") if for_graph else resource,
            app_displayname=application.display_name,
            appid=application.app_id,
            appidacr="1",
            idtyp="app",
            oid=principal,
            sub=principal,
            roles=sorted(application.roles(now)) if for_graph else None,
        )


def _resource(scope: str) -> str:
    """Return the resource of a client_credentials scope, which is exactly one `<resource>/.default`."""
    scopes = scope.split()
    if not scopes:
        raise EntraError(900144, parameter="scope")
    if len(scopes) > 1:
        raise EntraError(70011, scope=scope)
    if not scope.strip().endswith(_DEFAULT) or scopes[0] == _DEFAULT:
        raise EntraError(1002012, scope=scope)
    return scopes[0].removesuffix(_DEFAULT)
