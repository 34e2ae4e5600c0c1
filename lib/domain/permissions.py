"""Permissions on Microsoft Graph: which ones let free/busy be read, which serve a feature, which are too much.

Application permissions are the `roles` of an app-only token, delegated ones the scopes of a user's.
Source: Microsoft Learn, "calendar: getSchedule", "Microsoft Graph permissions reference".
"""

from collections.abc import Sequence

from lib.domain.checkup import Check, CheckName, Outcome, passed, redirect_uris_text
from lib.domain.errors import Owner

# Application permissions on Microsoft Graph that let an application ask for free/busy.
# Source: Microsoft Learn, "calendar: getSchedule"; the role is called Calendars.ReadBasic.All in tokens.
READS_CALENDARS = frozenset({"Calendars.ReadBasic.All", "Calendars.ReadBasic", "Calendars.Read", "Calendars.ReadWrite"})

# What serves a feature of ours. Calendars.Read is here because application access policies and RBAC for Applications
# know no smaller one.
SERVES_A_FEATURE = frozenset(
    {
        "Calendars.ReadBasic.All",
        "Calendars.ReadBasic",
        "Calendars.Read",
        "Place.Read.All",
        "User.Read",
        "Application.Read.All",
        "Application.ReadWrite.OwnedBy",
    }
)

# Permissions with which an application may read its own registration, and so its secret's expiry.
# Source: Microsoft Learn, "Get application".
READS_ITSELF = frozenset(
    {"Application.Read.All", "Application.ReadWrite.OwnedBy", "Application.ReadWrite.All", "Directory.Read.All"}
)


def check_permission(roles: Sequence[str]) -> Check:
    """Judge the application permissions in a token. No calendar role is a warning: Exchange may still allow it."""
    held = set(roles)
    if not held & READS_CALENDARS:
        return Check(
            CheckName.PERMISSION,
            Outcome.WARNING,
            "The token carries no calendar permission. That is right if Exchange's RBAC for Applications grants it; "
            "the next check shows it.",
            code="noCalendarRole",
            remedy="If you did not set up RBAC for Applications, add the application permission "
            "Calendars.ReadBasic.All and grant admin consent.",
            owner=Owner.ENTRA_ADMIN,
        )
    if excess := sorted(held - SERVES_A_FEATURE):
        return Check(
            CheckName.PERMISSION,
            Outcome.WARNING,
            f"Calendars can be read. The application holds more than it needs: {', '.join(excess[:10])}.",
            code="morePermissionThanNeeded",
            remedy="In the Entra admin center open App registrations > your application > API permissions, remove what "
            "is named here, and keep Calendars.ReadBasic.All (and Place.Read.All for rooms).",
            owner=Owner.ENTRA_ADMIN,
        )
    held_calendars = ", ".join(sorted(held & READS_CALENDARS))
    hint = "" if "Calendars.Read" not in held else " Calendars.ReadBasic.All would be enough, unless a policy needs it."
    return passed(CheckName.PERMISSION, f"The application may read free/busy times ({held_calendars}).{hint}")


# Delegated scopes, in lower case: those that read free/busy, and those that serve a feature or signing in.
_CALENDAR_SCOPES = frozenset({"calendars.readbasic", "calendars.read", "calendars.readwrite"})
_USEFUL_SCOPES = frozenset(
    {
        "calendars.readbasic",
        "calendars.read",
        "user.read",
        "place.read.all",
        "openid",
        "profile",
        "email",
        "offline_access",
    }
)


def short_scope(scope: str) -> str:
    """Return a scope's name without the resource it belongs to: Entra ID answers with both spellings."""
    return scope.rpartition("/")[2]


def reads_calendars(scopes: Sequence[str]) -> bool:
    """Return whether a token with these scopes may read free/busy."""
    return any(short_scope(scope).lower() in _CALENDAR_SCOPES for scope in scopes)


def check_scopes(scopes: Sequence[str]) -> Check:
    """Judge the delegated permissions that a user's token carries."""
    held = {short_scope(scope) for scope in scopes}
    if not reads_calendars(scopes):
        return Check(
            CheckName.PERMISSION,
            Outcome.FAILED,
            "The user's consent does not include reading calendars.",
            code="noCalendarScope",
            remedy="In the Entra admin center open App registrations > your application > API permissions > Add a "
            "permission > Microsoft Graph > Delegated permissions > Calendars.ReadBasic. Then the user chooses Connect "
            "your calendar again.",
            owner=Owner.ENTRA_ADMIN,
        )
    if excess := sorted(name for name in held if name.lower() not in _USEFUL_SCOPES):
        return Check(
            CheckName.PERMISSION,
            Outcome.WARNING,
            f"Calendars can be read. The user's consent includes more than is needed: {', '.join(excess[:10])}.",
            code="morePermissionThanNeeded",
            remedy="In the Entra admin center open App registrations > your application > API permissions, remove the "
            "delegated permissions named here, and keep Calendars.ReadBasic and User.Read.",
            owner=Owner.ENTRA_ADMIN,
        )
    calendars = ", ".join(sorted(name for name in held if name.lower() in _CALENDAR_SCOPES))
    hint = "" if "Calendars.Read" not in held else " Calendars.ReadBasic would be enough."
    return passed(CheckName.PERMISSION, f"The user lets the application read free/busy times ({calendars}).{hint}")


def permission_refused(code: str, redirect_uris: Sequence[str]) -> Check:
    """Return the failed permission check: the token has no calendar role and Exchange refused the call."""
    return Check(
        CheckName.PERMISSION,
        Outcome.FAILED,
        "The application has no permission to read calendars: its token carries none, and Exchange refused the call.",
        code=code,
        remedy="Choose one of two ways. (1) In the Entra admin center open App registrations > your application > API "
        "permissions > Add a permission > Microsoft Graph > Application permissions > Calendars.ReadBasic.All, then "
        "Grant admin consent (or send the administrator the admin consent link); it counts for all mailboxes. (2) In "
        "Exchange Online assign the role Application Calendars.Read with RBAC for Applications; a change there takes "
        f"up to two hours to arrive. For the link, {redirect_uris_text(redirect_uris)}",
        owner=Owner.ENTRA_ADMIN,
    )
