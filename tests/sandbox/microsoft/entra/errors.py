"""Entra's errors: the AADSTS codes with their texts, as JSON and as pages (facts 3.3, 4)."""

from datetime import UTC, datetime

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.tokens import new_id
from tests.sandbox.world.tenants import is_guid

# code: (the OAuth `error`, the text)
_TEXTS = {
    50011: (
        "invalid_request",
        "The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        "application '{app}'. Make sure the redirect URI sent in the request matches one added to your application in "
        "the Azure portal. Navigate to https://aka.ms/redirectUriMismatchError to learn more about how to fix this.",
    ),
    50020: (
        "invalid_request",
        "User account '{user}' from identity provider 'https://sts.windows.net/{provider}/' does not exist in tenant "
        "'{name}' and cannot access the application '{app}'({app_name}) in that tenant. The account needs to be added "
        "as an external user in the tenant first. Sign out and sign in again with a different Azure Active Directory "
        "user account.",
    ),
    50059: (
        "invalid_request",
        "No tenant-identifying information found in either the request or implied by any provided credentials.",
    ),
    50194: (
        "invalid_request",
        "Application '{app}'({app_name}) is not configured as a multi-tenant application. Usage of the /common "
        "endpoint is not supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint or "
        "configure the application to be multi-tenant.",
    ),
    65004: ("consent_required", "The resource owner or authorization server denied the request."),
    70003: ("unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70011: (
        "invalid_scope",
        "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid. The scope "
        "format is invalid. Scope must be in a valid URI form <https://example/scope> or a valid Guid <guid/scope>.",
    ),
    90002: (
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud. Check with your subscription administrator, this may happen if there are no active "
        "subscriptions for the tenant.",
    ),
    90093: (
        "access_denied",
        "GraphUserUnauthorized: Graph returned with a forbidden error code for the request.",
    ),
    90094: ("access_denied", "The grant requires admin permission."),
    500011: (
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {name}. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You might have sent your authentication request to the wrong tenant.",
    ),
    500113: ("invalid_request", "No reply address is registered for the application."),
    700016: (
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{name}'. This can happen if the "
        "application has not been installed by the administrator of the tenant or consented to by any user in the "
        "tenant. You may have sent your authentication request to the wrong tenant.",
    ),
    700027: (
        "invalid_client",
        "Client assertion contains an invalid signature. [Reason - The key was not found.]",
    ),
    900023: (
        "invalid_request",
        "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid external domain.",
    ),
    900144: ("invalid_request", "The request body must contain the following parameter: '{parameter}'."),
    900432: ("invalid_request", "Confidential Client is not supported in Cross Cloud request."),
    900971: ("invalid_request", "No reply address provided."),
    1002012: (
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a scope value with "
        "/.default suffixed to the resource identifier (application ID URI).",
    ),
    7000112: ("unauthorized_client", "Application '{app}'({app_name}) is disabled."),
    7000215: (
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not "
        "the client secret ID, for a secret added to app '{app}'.",
    ),
    7000218: (
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: (
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for "
        "your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: "
        "https://aka.ms/certCreds.",
    ),
    7000229: (
        "invalid_client",
        "The client application {app} is missing service principal in the tenant {tenant_id}. See instructions here: "
        "https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
}


class EntraError(Exception):
    """A refusal with an AADSTS code. `error` overrides the code's usual OAuth error."""

    def __init__(self, code: int, error: str | None = None, **parts: str) -> None:
        usual, text = _TEXTS[code]
        self.code = code
        self.error = error or usual
        self.text = f"AADSTS{code}: {text.format(**parts)}"
        super().__init__(self.text)


class Trace:
    """The ids that an answer of Entra carries."""

    def __init__(self, seen: SeenRequest, now: datetime) -> None:
        sent = seen.headers.get("client-request-id", "")
        self.trace_id = seen.request_id
        self.correlation_id = sent if is_guid(sent) else new_id()
        self.timestamp = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return {
            "Cache-Control": "no-store, no-cache",
            "Pragma": "no-cache",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": self.trace_id,
            "x-ms-ests-server": "2.1.22222.1 - SANDBOX ProdSlices",
            "x-ms-srs": "1.P",
        }

    def describe(self, problem: EntraError) -> str:
        """Return the `error_description`: newer answers have spaces before the ids, no line breaks (facts 3.3)."""
        ids = f"Trace ID: {self.trace_id} Correlation ID: {self.correlation_id} Timestamp: {self.timestamp}"
        return f"{problem.text} {ids}"


def error_answer(problem: EntraError, trace: Trace, entra_url: str) -> web.Response:
    """Return an error as JSON: invalid_client is 401, every other OAuth error 400 (facts 3.3)."""
    body = {
        "error": problem.error,
        "error_description": trace.describe(problem),
        "error_codes": [problem.code],
        "timestamp": trace.timestamp,
        "trace_id": trace.trace_id,
        "correlation_id": trace.correlation_id,
        "error_uri": f"{entra_url}/error?code={problem.code}",
    }
    return json_answer(401 if problem.error == "invalid_client" else 400, body, trace.headers)
