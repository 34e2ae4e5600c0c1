"""The token endpoint: client_credentials with its traps (facts 3.3, 4.1).

Checks are in the order Entra makes them visible: tenant, parameters, application, form of the scope, credential,
service principal, resource.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime
from urllib.parse import unquote_plus

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.entra.discovery import SHARED_TENANTS, find_tenant
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID, LIFETIME
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Tenant, World

_DEFAULT = "/.default"


class TokenEndpoint:
    """`/oauth2/v2.0/token`. `grants` maps grant types to what answers them."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self.grants: dict[str, Callable[[Tenant, dict[str, str]], dict[str, object]]] = {
            "client_credentials": self._client_credentials
        }

    def answer(self, tenant_name: str, seen: SeenRequest, trace: Trace) -> web.Response:
        """Answer a token request. Raises EntraError."""
        form = _with_basic(seen)
        if tenant_name.lower() in SHARED_TENANTS:
            raise EntraError(50059)  # an app-only token needs a concrete tenant (facts 3.3)
        tenant = find_tenant(self._shared.world, tenant_name)
        for parameter in ("grant_type", "client_id"):
            if not form.get(parameter):
                raise EntraError(900144, parameter=parameter)
        grant = self.grants.get(form["grant_type"])
        if grant is None:
            raise EntraError(70003, grant=form["grant_type"])
        return json_answer(200, grant(tenant, form), trace.headers)

    def _client_credentials(self, tenant: Tenant, form: dict[str, str]) -> dict[str, object]:
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


def find_application(world: World, tenant: Tenant, app_id: str) -> Application:
    """Return the application in this tenant. Raises EntraError 700016.

    A multi-tenant application that nobody consented to yet is returned without a service principal.
    """
    found = tenant.application(app_id)
    if found is None and (elsewhere := world.multi_tenant_application(app_id)) is not None:
        found = elsewhere.in_other_tenant()
    if found is None:
        raise EntraError(700016, app=app_id, name=tenant.display_name)
    return found


def check_credential(application: Application, form: dict[str, str], now: datetime) -> None:
    """Check the client secret. Raises EntraError: missing, wrong (also the secret's id), expired."""
    if form.get("client_assertion"):
        raise EntraError(700027)  # no application of the sandbox has a certificate
    if not form.get("client_secret"):
        raise EntraError(7000218)
    for secret in application.secrets:
        if secret.value == form["client_secret"] and secret.start <= now:
            if secret.end <= now:
                raise EntraError(7000222, app=application.app_id)
            return
    raise EntraError(7000215, app=application.app_id)


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


def _with_basic(seen: SeenRequest) -> dict[str, str]:
    """Return the form, with the client id and secret of an HTTP Basic header if there is one."""
    form = seen.form
    scheme, _, encoded = seen.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return form
        form |= {"client_id": unquote_plus(user), "client_secret": unquote_plus(password)}
    return form
