"""Who calls Graph, and which mailboxes they may reach (facts 2.4, 7)."""

from dataclasses import dataclass
from urllib.parse import quote

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.errors import GraphError, access_denied, not_in_directory
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.tokens import GRAPH_APP_ID, InvalidToken
from tests.sandbox.world.applications import Application
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.tenants import Tenant, is_guid

CALENDAR_ROLES = {"Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"}
CALENDAR_SCOPES = {"Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"}

_RAOP = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."


@dataclass(frozen=True)
class Caller:
    """What the token says. App-only tokens have `roles`, delegated ones `scopes` and the `user`'s object id."""

    tenant: Tenant
    application: Application | None
    app_id: str
    roles: frozenset[str]
    scopes: frozenset[str]
    user: str | None


def check_caller(shared: Surroundings, seen: SeenRequest) -> Caller:
    """Return the caller. Raises GraphError 401 with the challenge that Graph sends."""
    try:
        claims = shared.tokens.check(seen.bearer, shared.now(), shared.graph_audiences)
    except InvalidToken as problem:
        challenge = (
            f'Bearer realm="", authorization_uri="{shared.entra_url}/common/oauth2/authorize", '
            f'client_id="{GRAPH_APP_ID}"'
        )
        raise GraphError(401, "InvalidAuthenticationToken", str(problem), {"WWW-Authenticate": challenge}) from None
    tenant = shared.world.find_tenant(claims["tid"])
    if tenant is None:
        raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.")
    app_id = claims.get("appid", "")
    scopes = frozenset(claims.get("scp", "").split())
    return Caller(
        tenant,
        tenant.application(app_id),
        app_id,
        frozenset(claims.get("roles", ())),
        scopes,
        # A user's token without any scope is still a user's.
        claims.get("oid") if scopes or claims.get("idtyp") == "user" else None,
    )


def find_mailbox(caller: Caller, user: str | None) -> Mailbox:
    """Return the mailbox in the URL (`user` None: /me) if the caller may read free/busy through it.

    Raises GraphError: /me without a user, missing permission, unknown user, no mailbox in the cloud, out of scope.
    """
    if user is None:
        if caller.user is None:
            raise bad_me()
        user = caller.user
    _check_permission(caller)
    mailbox = caller.tenant.user(user)
    if mailbox is None:
        raise _no_mailbox() if caller.tenant.account(user) else _unknown(user)
    if caller.user is None:
        _check_scope(caller, mailbox)
    elif mailbox.object_id != caller.user:
        # Delegated: the other user's calendar is not visible to the caller (facts 1.5).
        raise GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")
    if mailbox.hosted != "cloud":
        raise _no_mailbox()
    return mailbox


def bad_me() -> GraphError:
    """Return the error of /me with an app-only token."""
    return GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")


def in_scope(caller: Caller, mailbox: Mailbox) -> bool:
    """Tell whether an application may reach a mailbox, by its roles, RBAC for Applications and access policies."""
    try:
        _check_scope(caller, mailbox)
    except GraphError:
        return False
    return True


def _check_permission(caller: Caller) -> None:
    """Refuse a token without any calendar right. RBAC for Applications shows only per mailbox."""
    rbac = caller.application.rbac_scope if caller.application else None
    granted = caller.scopes & CALENDAR_SCOPES if caller.user else caller.roles & CALENDAR_ROLES
    if not granted and (caller.user or rbac is None):
        raise access_denied()


def _check_scope(caller: Caller, mailbox: Mailbox) -> None:
    """Apply RBAC for Applications and application access policies: rights add up (facts 7.1, 7.2)."""
    application = caller.application
    rbac, policy = (application.rbac_scope, application.access_policy) if application else (None, None)
    if rbac is not None and _names(rbac, mailbox):
        return
    if not caller.roles & CALENDAR_ROLES:
        raise access_denied()
    if policy is not None and not _names(policy, mailbox):
        raise GraphError(403, "ErrorAccessDenied", _RAOP)


def _names(addresses: set[str], mailbox: Mailbox) -> bool:
    return any(mailbox.has_address(address) for address in addresses)


def _no_mailbox() -> GraphError:
    """Return the 404 of a user without a mailbox in the cloud."""
    text = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
    return GraphError(404, "MailboxNotEnabledForRESTAPI", text)


def _unknown(user: str) -> GraphError:
    """Return the 404 of a user that does not exist: by id the directory answers, by name Exchange (facts 1.5)."""
    if is_guid(user):
        return not_in_directory(user)
    return GraphError(404, "ErrorInvalidUser", f"The requested user '{quote(user, safe='@.!#$^~+')}' is invalid.")
