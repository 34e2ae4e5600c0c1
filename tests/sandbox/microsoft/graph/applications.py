"""Reading an application's registration and so the expiry of its secrets (facts 5)."""

import re

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller
from tests.sandbox.microsoft.graph.errors import insufficient_privileges, not_in_directory
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.applications import Application, ClientSecret
from tests.sandbox.world.tenants import Tenant


class Applications:
    """`GET /applications(appId='…')` and `GET /applications/{object id}`."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one request. Raises GraphError."""
        await self._shared.spend_latency("graph")
        if caller.application is None or caller.user is not None:
            raise insufficient_privileges()
        named = match.groupdict()
        found = _find(caller.tenant, named.get("app_id"), named.get("object_id"))
        # Without a right that reads all, whether the application exists is not told.
        if not caller.application.may_read_applications(set(caller.roles), found or caller.application):
            raise insufficient_privileges()
        if found is None:
            raise not_in_directory(named.get("app_id") or named.get("object_id") or "")
        shown = _shown(found)
        select = [name.strip() for name in seen.query.get("$select", "").split(",") if name.strip()]
        context = f"{self._shared.graph_url}/v1.0/$metadata#applications"
        context += f"({','.join(select)})/$entity" if select else "/$entity"
        if select:
            shown = {name: value for name, value in shown.items() if name.lower() in {n.lower() for n in select}}
        return {"@odata.context": context, **shown}, {}


def _find(tenant: Tenant, app_id: str | None, object_id: str | None) -> Application | None:
    """Return the registration; it lives in the home tenant only. The key of the path form is the object id."""
    if app_id is not None:
        found = tenant.application(app_id)
    else:
        by_id = {application.object_id.lower(): application for application in tenant.applications.values()}
        found = by_id.get((object_id or "").lower())
    return found if found is not None and found.home else None


def _shown(application: Application) -> dict[str, object]:
    return {
        "id": application.object_id,
        "appId": application.app_id,
        "displayName": application.display_name,
        "signInAudience": "AzureADMultipleOrgs" if application.multi_tenant else "AzureADMyOrg",
        "passwordCredentials": [_credential(secret) for secret in application.secrets],
        "keyCredentials": [],
        "web": {
            "homePageUrl": None,
            "logoutUrl": None,
            "redirectUris": list(application.redirect_uris),
            "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        },
    }


def _credential(secret: ClientSecret) -> dict[str, object]:
    return {
        "customKeyIdentifier": None,
        "displayName": secret.display_name,
        "endDateTime": secret.end.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "hint": secret.value[:3],
        "keyId": secret.key_id,
        "secretText": None,
        "startDateTime": secret.start.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
