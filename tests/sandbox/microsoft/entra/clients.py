"""The application of a request: which one it is, where it may be used, what proves it (facts 3.2, 3.3, 4.1, 4.3)."""

import base64
import binascii
from datetime import datetime
from urllib.parse import unquote_plus

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.entra.discovery import SHARED_TENANTS, find_tenant
from tests.sandbox.microsoft.entra.errors import EntraError
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Tenant, World


def asked_client(world: World, tenant_name: str, app_id: str) -> tuple[Tenant | None, Application]:
    """Return the tenant (None at /common and /organizations) and the application that somebody is to sign in to.

    Raises EntraError: what Entra shows on a page of its own, since it cannot know whom it would redirect to.
    """
    if tenant_name.lower() in SHARED_TENANTS:
        return None, multi_tenant_application(world, app_id)
    tenant = find_tenant(world, tenant_name)
    if tenant.cloud != "global":
        raise EntraError(900432)
    if not app_id:
        raise EntraError(900144, parameter="client_id")
    return tenant, find_application(world, tenant, app_id)


def multi_tenant_application(world: World, app_id: str) -> Application:
    """Return the application for an address of all tenants. Raises EntraError: unknown, or of one tenant only."""
    found = world.multi_tenant_application(app_id)
    if found is not None:
        return found
    known = next((app for app in world.all_applications() if app.app_id.lower() == app_id.lower()), None)
    if known is None:
        raise EntraError(700016, app=app_id, name="Microsoft Accounts")
    raise EntraError(50194, app=app_id, app_name=known.display_name)


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


def check_redirect_uri(application: Application, uri: str, *, below: bool = False) -> None:
    """Refuse a redirect URI that is not registered; with `below` more path segments may follow a registered one."""
    if not application.redirect_uris:
        raise EntraError(500113)
    if not uri:
        raise EntraError(900971)
    follows = below and any(uri.startswith(known.rstrip("/") + "/") for known in application.redirect_uris)
    if uri not in application.redirect_uris and not follows:
        raise EntraError(50011, uri=uri, app=application.app_id)


def with_basic(seen: SeenRequest) -> dict[str, str]:
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
