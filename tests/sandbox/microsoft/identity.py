"""App Service's managed identity endpoint, `IDENTITY_ENDPOINT` (facts: runtime.md 3).

`GET {IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=…[&client_id=…]` with the header X-IDENTITY-HEADER.
"""

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import LIFETIME
from tests.sandbox.world.tenants import ManagedIdentity

_API_VERSION = "2019-08-01"


class Identity:
    """The endpoint of one function app."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request."""
        await self._shared.spend_latency("identity")
        if seen.path != "/msi/token" or seen.method != "GET":
            return _problem(404, "Not found.")
        if seen.headers.get("x-identity-header") != self._shared.identity_header:
            # The header protects against requests that somebody tricks the app into (SSRF).
            return _problem(401, "Unauthorized: the X-IDENTITY-HEADER is missing or wrong.")
        if seen.query.get("api-version") != _API_VERSION:
            return _problem(400, "BadRequest: api-version is missing or not supported.")
        resource = seen.query.get("resource")
        if not resource:
            return _problem(400, "BadRequest: the resource parameter is missing.")
        identity = self._identity(seen)
        if identity is None:
            text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return _problem(400, text)
        return json_answer(200, self._token(identity, resource))

    def _identity(self, seen: SeenRequest) -> ManagedIdentity | None:
        """Return the identity asked for by client id or object id; the first one stands for the system-assigned."""
        identities = self._shared.world.managed_identities
        client_id = seen.query.get("client_id", seen.query.get("clientid"))
        object_id = seen.query.get("object_id", seen.query.get("principal_id"))
        if client_id is None and object_id is None:
            return identities[0] if identities and "mi_res_id" not in seen.query else None
        wanted = (client_id or object_id or "").lower()
        known = ((identity, identity.client_id if client_id else identity.object_id) for identity in identities)
        return next((identity for identity, name in known if name.lower() == wanted), None)

    def _token(self, identity: ManagedIdentity, resource: str) -> dict[str, str]:
        now = self._shared.now()
        token = self._shared.tokens.issue(
            now,
            self._shared.world.home_id,
            resource,
            appid=identity.client_id,
            appidacr="2",
            idtyp="app",
            oid=identity.object_id,
            sub=identity.object_id,
            xms_mirid="/subscriptions/sandbox/resourcegroups/sandbox/providers/Microsoft.ManagedIdentity/"
            f"userAssignedIdentities/{identity.client_id}",
        )
        return {
            "access_token": token,
            "client_id": identity.client_id,
            "expires_on": str(int(now.timestamp()) + LIFETIME),
            "resource": resource,
            "token_type": "Bearer",
        }


def _problem(status: int, message: str) -> web.Response:
    return json_answer(status, {"statusCode": status, "message": message})
