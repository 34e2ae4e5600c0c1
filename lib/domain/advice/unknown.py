"""What is said about codes that the dictionary does not know: what kind of refusal it is, and where to look it up.

Entra ID's kinds are the values of OAuth's `error` (RFC 6749 sections 4.1.2.1 and 5.2; Microsoft Learn, "Handling error
codes in your application"), Graph's are HTTP statuses (Microsoft Learn, "Microsoft Graph error responses").
"""

from dataclasses import dataclass

from lib.domain.advice.graph import NAME_FIRST, SCOPES
from lib.domain.advice.words import CONNECT, CONSENT_LINK, LATER, Topic
from lib.domain.errors import Owner


@dataclass(frozen=True)
class Kind:
    """A kind of refusal: what it says in general, and the first thing to try."""

    topic: Topic
    owner: Owner
    says: str
    first: str
    retry: bool = False


_CREDENTIAL = Kind(
    Topic.CREDENTIAL,
    Owner.ATS_ADMIN,
    "Entra ID did not accept the application's proof of identity.",
    "Check the application (client) ID, and paste the client secret's Value (not the Secret ID) again.",
)
_GRANT = Kind(
    Topic.GRANT,
    Owner.USER,
    "What was granted to the application is not valid, no longer valid, or not enough for a rule of the organisation.",
    f"{CONNECT} If no user signs in here, send an Entra administrator the code.",
)
_NOT_ALLOWED = Kind(
    Topic.CONSENT,
    Owner.ATS_ADMIN,
    "The application may not sign in here: it is usually not known, not approved or not enabled in this tenant.",
    f"Check the tenant ID and the application (client) ID. {CONSENT_LINK}",
)
_CONSENT = Kind(
    Topic.CONSENT,
    Owner.ENTRA_ADMIN,
    "The application has not been approved for what it asks.",
    CONSENT_LINK,
)
_DECLINED = Kind(
    Topic.CONSENT,
    Owner.USER,
    "The consent was declined, or the account may not give it.",
    "Open the link again and choose Accept, or send the admin consent link to an administrator of the tenant.",
)
_INTERACTION = Kind(
    Topic.GRANT,
    Owner.USER,
    "Entra ID wants the user to do something on its sign-in page.",
    CONNECT,
)
_POLICY = Kind(
    Topic.POLICY,
    Owner.ENTRA_ADMIN,
    "A rule of the organisation does not allow this sign-in.",
    "An Entra administrator finds the rule in the Microsoft Entra admin center (entra.microsoft.com) > Entra ID > "
    "Monitoring & health > Sign-in logs.",
)
_REQUEST = Kind(
    Topic.OURS,
    Owner.OPERATOR,
    "Entra ID did not accept the way it was asked.",
    "Check the tenant ID and the application (client) ID. If both are right, tell the operator of this connector.",
)
_SERVICE = Kind(
    Topic.OURS,
    Owner.OPERATOR,
    "Entra ID does not know the service or the permission that was asked for.",
    "The operator of this connector checks that MICROSOFT_CLOUD, ENTRA_URL and GRAPH_URL name one cloud.",
)
_TENANT = Kind(
    Topic.TENANT,
    Owner.ATS_ADMIN,
    "The tenant is not the one that was expected, or Entra ID does not know it.",
    "Check the tenant ID and the cloud in which the organisation is.",
)
_BUSY = Kind(Topic.TRANSIENT, Owner.OPERATOR, "Entra ID has a passing problem on Microsoft's side.", LATER, retry=True)

ANY_ENTRA = Kind(
    Topic.UNKNOWN,
    Owner.OPERATOR,
    "Entra ID refused the sign-in.",
    "Try again once. If it stays, give the code to an Entra administrator or to the operator of this connector.",
)

OAUTH_ERRORS = {
    "invalid_client": _CREDENTIAL,
    "invalid_grant": _GRANT,
    "unauthorized_client": _NOT_ALLOWED,
    "invalid_request": _REQUEST,
    "unsupported_grant_type": _REQUEST,
    "unsupported_response_type": _REQUEST,
    "invalid_scope": _SERVICE,
    "invalid_resource": _SERVICE,
    "interaction_required": _INTERACTION,
    "login_required": _INTERACTION,
    "consent_required": _CONSENT,
    "access_denied": _DECLINED,
    "permission_denied": _DECLINED,
    "invalid_tenant": _TENANT,
    "wrong_tenant": _TENANT,  # our own adapter's: the token is of another tenant than the one asked
    "temporarily_unavailable": _BUSY,
    "server_error": _BUSY,
}

# The extra word that Entra ID puts beside `invalid_grant` and `interaction_required`; from public code, not documented.
SUBERRORS = {
    "consent_required": _CONSENT,
    "basic_action": _INTERACTION,
    "additional_action": _INTERACTION,
    "user_password_expired": _INTERACTION,
    "bad_token": _GRANT,
    "message_only": _POLICY,
    "protection_policy_required": _POLICY,
    "device_authentication_failed": _POLICY,
}

_GRAPH_PERMISSION = Kind(
    Topic.PERMISSION,
    Owner.ENTRA_ADMIN,
    "Microsoft 365 refused access.",
    "In the Microsoft Entra admin center (entra.microsoft.com) open Entra ID > App registrations > your application "
    "> API permissions and check that Calendars.ReadBasic.All (application) or Calendars.ReadBasic (delegated) is "
    f"listed with the status Granted. {SCOPES}",
)
_GRAPH_REQUEST = Kind(
    Topic.REQUEST,
    Owner.ATS_ADMIN,
    "Microsoft 365 did not accept the request.",
    "Check the addresses, the time window and the time zone. If they look right, tell the operator of this connector.",
)
_GRAPH_THROTTLED = Kind(
    Topic.THROTTLED,
    Owner.OPERATOR,
    "Microsoft 365 is limiting how fast this application may ask.",
    "Nothing is wrong with the configuration. Wait as long as Retry-After says, then try again.",
    retry=True,
)
_GRAPH_BUSY = Kind(
    Topic.TRANSIENT,
    Owner.OPERATOR,
    "Microsoft 365 has a passing problem on its side.",
    f"{LATER} If it goes on, look at the Microsoft 365 service health page.",
    retry=True,
)
ANY_GRAPH = Kind(
    Topic.UNKNOWN,
    Owner.OPERATOR,
    "Microsoft 365 refused the request.",
    "Try again once. If it stays, tell the operator of this connector.",
)
GRAPH_STATUSES = {
    400: _GRAPH_REQUEST,
    401: Kind(
        Topic.CREDENTIAL,
        Owner.OPERATOR,
        "Microsoft Graph did not accept the access token.",
        "Try again: a new token is fetched then. If it goes on, the operator of this connector checks that "
        "MICROSOFT_CLOUD, ENTRA_URL and GRAPH_URL name one cloud.",
        retry=True,
    ),
    403: _GRAPH_PERMISSION,
    404: Kind(Topic.MAILBOX, Owner.ATS_ADMIN, "Microsoft 365 did not find the user's mailbox or calendar.", NAME_FIRST),
    408: _GRAPH_BUSY,
    413: _GRAPH_REQUEST,
    422: _GRAPH_REQUEST,
    423: _GRAPH_BUSY,
    429: _GRAPH_THROTTLED,
    509: _GRAPH_THROTTLED,
}
SERVER_ERROR = _GRAPH_BUSY

ANY_ADDRESS = Kind(
    Topic.UNKNOWN,
    Owner.EXCHANGE_ADMIN,
    "Microsoft 365 could not read this calendar.",
    "Check the address, and try again in a few minutes. If it stays, give the code to the Exchange administrator.",
    retry=True,
)
