"""What to do, step by step.

The steps to renew a secret are those of the vendors' documents: App registrations, Certificates & secrets, New client
secret, the Value and not the ID.
"""

from collections.abc import Sequence

from lib.domain.alerts import Kind
from lib.domain.notices import BASIC, Notice

RENEWAL = "How to renew the client secret"

WHO_RENEWS = (
    "Steps 1 to 4 and 7 are for whoever manages your organisation's Microsoft 365, steps 5 and 6 for whoever "
    "administers the ATS. If that is not you, please forward this letter."
)

_CONSENT = (
    "In the ATS open the Calendar Configuration and choose Test Calendar Configuration. If it passes, there is nothing "
    "else to do: for example because Exchange's RBAC for Applications lets the application in now.",
    "Otherwise ask for the admin consent link, and send it to an administrator of the Microsoft 365 tenant, who opens "
    "it, signs in and accepts.",
    "Choose Test Calendar Configuration again. When it passes, calendars can be looked up again.",
)
_NEWER = (
    "This is for whoever operates the calendar connector; please forward it if that is not you.",
    "Look at the newest version of this customer's secret in the Key Vault: it has to be the Value of a client secret "
    "of this application, not its Secret ID.",
    "Add the right Value as another version, or disable the wrong one.",
)
_CONNECTIONS = (
    "Ask the user (each of them, if there are several) to open the ATS, choose Connect your calendar, and sign in.",
    "If it happens to many at once, ask the organisation's IT which rule changed (Conditional Access).",
)
_UNCHECKED = (
    "Wait for the next scan, or start one with POST /secret-scan. When everything could be checked, you get an all "
    "clear.",
    "If it goes on, look at the services named above and at this deployment's log. A configuration that cannot be read "
    "has to be saved again, or deleted.",
)


def steps(kind: Kind, notices: Sequence[Notice], portal: str) -> tuple[str, ...]:
    """Return what to do about a kind, steps to renew a secret aside. `portal` is where administrators click."""
    match kind:
        case Kind.CONSENT:
            return _CONSENT
        case Kind.NEWER:
            return _NEWER
        case Kind.CONNECTIONS:
            return _CONNECTIONS
        case Kind.UNCHECKED:
            return _UNCHECKED
        case Kind.UNKNOWN if all(notice.customer == BASIC for notice in notices):
            return ("Look up the date in Entra ID, and give it to the version of basic-application in the Key Vault.",)
        case Kind.UNKNOWN:
            return (
                f"Sign in to {portal} and open Entra ID, App registrations, the application, Certificates & secrets: "
                "the column Expires has the date. (Instead, the application may read the date itself: grant it the "
                "application permission Application.Read.All, with admin consent.)",
                "In the ATS open the Calendar Configuration, enter that date and choose Save.",
            )
    return ()


def needs_renewal(notice: Notice) -> bool:
    """Return whether a new secret is what helps. Where something else does, the trouble has a remedy of its own."""
    if {Kind.EXPIRED, Kind.EXPIRING} & set(notice.kinds):
        return True
    return Kind.REFUSED in notice.kinds and not (notice.refused and notice.refused.remedy)


def renewal(notices: Sequence[Notice], portal: str) -> tuple[str, ...]:
    """Return the steps to renew the secrets of these customers."""
    until_then = " Until then the old one is used." if all(_still_serves(notice) for notice in notices) else ""
    ids = {notice.application_id for notice in notices if notice.application_id}
    which = "each application named above, by its ID"
    if len(ids) == 1:
        which = f"the application with the Application (client) ID {ids.pop()}"
    return (
        f"Sign in to {portal} as an administrator who may manage applications.",
        f"Open Entra ID, App registrations, All applications, and there {which}",
        "Open Certificates & secrets, choose New client secret, enter a description, choose when it expires, and "
        "choose Add.",
        "Copy the Value at once: it is shown only now. (The Value, not the Secret ID.)",
        "In the ATS open the Calendar Configuration, paste the Value as the Application Secret, enter the new expiry "
        "date and choose Save.",
        f"Choose Test Calendar Configuration. When it passes, the new secret is in use.{until_then}",
        f"Back in {portal}, delete the old secret.",
    )


def _still_serves(notice: Notice) -> bool:
    renewed = set(notice.kinds) & {Kind.EXPIRED, Kind.REFUSED, Kind.EXPIRING}
    return notice.tested and (notice.works or renewed == {Kind.EXPIRING})


def renewal_of_basic(portal: str) -> tuple[str, ...]:
    """Return the steps to renew the secret of the deployment's own application."""
    return (
        f"Sign in to {portal} and open Entra ID, App registrations, the application of BASIC_APPLICATION_ID.",
        "Open Certificates & secrets, choose New client secret, enter a description, choose when it expires, and "
        "choose Add.",
        "Copy the Value at once: it is shown only now. (The Value, not the Secret ID.)",
        "Store it as a new version of the secret basic-application in this deployment's Key Vault, with its expiry "
        "date.",
        f"Back in {portal}, delete the old secret.",
    )
