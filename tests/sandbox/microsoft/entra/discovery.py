"""Discovery: the openid-configuration of a tenant, the signing keys, Entra's host names (facts 3.1, 10.2)."""

import re

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import signing_key
from tests.sandbox.world.tenants import Tenant, World, is_guid

SHARED_TENANTS = {"common", "organizations", "consumers"}

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", re.IGNORECASE)
_DAY = {"Cache-Control": "max-age=86400, private"}
_CLAIMS = [
    *("sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud"),
    *("exp", "iat", "auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash"),
    "email",
]
_CLOUD_HOSTS = {  # cloud: (cloud_instance_name, Graph's host, region scope)
    "global": ("microsoftonline.com", "graph.microsoft.com", "EU"),
    "usgov": ("microsoftonline.us", "graph.microsoft.us", "USGov"),
    "usgovdod": ("microsoftonline.us", "dod-graph.microsoft.us", "DOD"),
    "china": ("partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", "AS"),
}


def find_tenant(world: World, name: str, *, unknown: str | None = None) -> Tenant:
    """Return the tenant with this id or domain. Raises EntraError 90002 (with error `unknown`) or 900023."""
    tenant = world.find_tenant(name)
    if tenant is not None:
        return tenant
    if not is_guid(name) and not _DOMAIN.fullmatch(name):
        raise EntraError(900023, tenant=name)
    raise EntraError(90002, unknown, tenant=name)


class Discovery:
    """The documents that say where everything is."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    def configuration(self, name: str, trace: Trace) -> web.Response:
        """Answer the openid-configuration: a domain's answer has the tenant's GUID in it."""
        entra = self._shared.entra_url
        if name.lower() in SHARED_TENANTS:
            path, issuer, cloud = name.lower(), f"{entra}/{{tenantid}}/v2.0", "global"
        else:
            # On discovery an unknown tenant is invalid_tenant, on /token invalid_request (facts 3.1).
            tenant = find_tenant(self._shared.world, name, unknown="invalid_tenant")
            path, issuer, cloud = tenant.id, f"{entra}/{tenant.id}/v2.0", tenant.cloud
        instance, graph_host, region = _CLOUD_HOSTS[cloud]
        body = {
            "token_endpoint": f"{entra}/{path}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{entra}/{path}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": issuer,
            "request_uri_parameter_supported": False,
            "userinfo_endpoint": f"{self._shared.graph_url}/oidc/userinfo",
            "authorization_endpoint": f"{entra}/{path}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{entra}/{path}/oauth2/v2.0/devicecode",
            "http_logout_supported": True,
            "frontchannel_logout_supported": True,
            "end_session_endpoint": f"{entra}/{path}/oauth2/v2.0/logout",
            "claims_supported": _CLAIMS,
            "kerberos_endpoint": f"{entra}/{path}/kerberos",
            "tenant_region_scope": None if name.lower() in SHARED_TENANTS else region,
            "cloud_instance_name": instance,
            "cloud_graph_host_name": "graph.windows.net",
            "msgraph_host": graph_host,
            "rbac_url": "https://pas.windows.net",
        }
        return json_answer(200, body, trace.headers | _DAY)

    def keys(self, name: str, trace: Trace) -> web.Response:
        """Answer the signing keys."""
        shared_by_all = name.lower() in SHARED_TENANTS
        path = "{tenantid}" if shared_by_all else find_tenant(self._shared.world, name).id
        keys = [signing_key().public_jwk(f"{self._shared.entra_url}/{path}/v2.0")]
        return json_answer(200, {"keys": keys}, trace.headers | _DAY)

    def instance(self, seen: SeenRequest, trace: Trace) -> web.Response:
        """Answer instance discovery, which MSAL asks for with api-version 1.0 and 1.1."""
        host = self._shared.entra_url.removeprefix("https://")
        if seen.query.get("api-version") not in ("1.0", "1.1"):
            raise EntraError(900144, parameter="api-version")
        if "authorization_endpoint" not in seen.query:
            raise EntraError(900144, parameter="authorization_endpoint")
        body = {
            "tenant_discovery_endpoint": f"{self._shared.entra_url}/common/v2.0/.well-known/openid-configuration",
            "api-version": seen.query["api-version"],
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        }
        return json_answer(200, body, trace.headers | _DAY)
