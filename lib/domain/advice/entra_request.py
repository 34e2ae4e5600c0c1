"""Entra ID is busy or out of order, or the connector asked it wrongly.

Sources: Microsoft Learn, "Microsoft Entra authentication and authorization error codes", "OAuth 2.0 client credentials
flow"; wordings seen in public logs. The number 1002012 is not in Microsoft's list.
"""

from lib.domain.advice.words import LATER, TELL_OPERATOR, Topic, entra
from lib.domain.errors import Owner

_OUR_FAULT = f"This is usually a fault of the connector. {TELL_OPERATOR}"
_SET_UP = f"{TELL_OPERATOR} There, MICROSOFT_CLOUD, ENTRA_URL and GRAPH_URL must all name the same cloud."

CODES = (
    *entra(
        90033,
        90006,
        90024,
        90012,
        90090,
        90091,
        50033,
        topic=Topic.TRANSIENT,
        owner=Owner.OPERATOR,
        retry=True,
        message="Entra ID has a passing problem on Microsoft's side.",
        remedy=f"{LATER} If it goes on, look at the service health page of Azure or Microsoft 365.",
    ),
    *entra(
        90055,
        topic=Topic.THROTTLED,
        owner=Owner.OPERATOR,
        retry=True,
        message="Entra ID is limiting this tenant: too many sign-ins arrived in a short time.",
        remedy=LATER,
    ),
    *entra(
        50196,
        topic=Topic.THROTTLED,
        owner=Owner.OPERATOR,
        retry=True,
        message="Entra ID stopped answering for a while, because the same request was sent too often in a short time.",
        remedy="Wait a few minutes and try again. If it comes back, tell the operator of this connector: a program "
        "is asking in a loop or does not keep its tokens.",
    ),
    *entra(
        1002016,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="The connection to Entra ID used an outdated encryption that Microsoft no longer accepts.",
        remedy="The operator of this connector has to allow TLS 1.2 or newer, also in a proxy on the way to "
        "Microsoft. Nothing needs to be changed in the Calendar Configuration.",
    ),
    *entra(
        500011,
        50001,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="Entra ID does not know the service that was asked for in this tenant. Usually the connector is set "
        "to another Microsoft cloud than the tenant's.",
        remedy=f"{_SET_UP} The tenant also needs Microsoft 365 with Exchange Online.",
    ),
    *entra(
        70011,
        700022,
        700023,
        28002,
        28003,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="Entra ID does not accept the permissions in the form that the connector asked for them.",
        remedy=_SET_UP,
    ),
    *entra(
        1002012,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="For an application without a user, permissions must be asked for as a whole (with /.default), and "
        "they were not.",
        remedy=_SET_UP,
    ),
    *entra(
        90009,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="The application asked for access to itself instead of to Microsoft Graph.",
        remedy=_SET_UP,
    ),
    *entra(
        9002313,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="Entra ID could not understand the request. Usually the sign-in's answer was damaged on the way.",
        remedy=f"Start again once. If it happens again, it is usually a fault of the connector. {TELL_OPERATOR}",
    ),
    *entra(
        900144,
        90014,
        90004,
        90023,
        90100,
        topic=Topic.OURS,
        owner=Owner.OPERATOR,
        message="Entra ID missed a part of the request.",
        remedy=_OUR_FAULT,
    ),
)
