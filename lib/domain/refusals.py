"""What a refusal of Microsoft means to a caller: one of the contract's errors, with the dictionary's advice."""

from lib.domain.advice import Advice, Topic, for_entra, for_graph
from lib.domain.errors import (
    CalendarError,
    InvalidRequest,
    MicrosoftTimeout,
    MicrosoftTrace,
    MicrosoftUnavailable,
    Owner,
    Refused,
    Throttled,
)
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.permissions import READS_CALENDARS

_ENTRA_CODES = {
    Topic.CREDENTIAL_EXPIRED: "credentialExpired",
    Topic.CONSENT: "consentRequired",
    Topic.PERMISSION: "permissionMissing",
}
_REQUEST_PROPERTIES = {
    "timezonenotsupportedexception": "timeZone",
    "errorinvalidtimeinterval": "endTime",
    "errortimeintervaltoobig": "endTime",
    "errorinvalidmergedfreebusyinterval": "availabilityViewInterval",
    "errormailboxdataarraytoobig": "schedules",
    "errormailboxdataarrayempty": "schedules",
}
_PAUSE = 10.0  # seconds to wait when Microsoft throttles without saying how long


def entra_advice(refused: EntraRefused) -> Advice:
    """Return what the dictionary says of a refusal by Entra ID."""
    return for_entra(refused.codes, refused.error, refused.suberror)


def entra_error(refused: EntraRefused) -> CalendarError:
    """Return the error of a call that Entra ID gave no app-only token for."""
    advice = entra_advice(refused)
    trace = _with_code(refused.trace, advice)
    if advice.topic is Topic.THROTTLED:
        return Throttled(_PAUSE, trace=trace)
    if advice.topic is Topic.TRANSIENT:
        return MicrosoftUnavailable(advice.message, remedy=advice.remedy, owner=advice.owner, trace=trace)
    code = _ENTRA_CODES.get(advice.topic, "credentialRefused")
    return Refused(code, advice.message, remedy=advice.remedy, owner=advice.owner, trace=trace)


def is_passing(refused: EntraRefused) -> bool:
    """Return whether Entra ID only cannot answer right now."""
    advice = entra_advice(refused)
    return advice.retry or advice.topic in {Topic.THROTTLED, Topic.TRANSIENT}


def speaks_of_credential(refused: EntraRefused) -> bool:
    """Return whether Entra ID refused the application's secret, and so never looked at what came with it."""
    return refused.error == "invalid_client" or entra_advice(refused).topic in {
        Topic.CREDENTIAL,
        Topic.CREDENTIAL_EXPIRED,
    }


def user_error(refused: EntraRefused) -> CalendarError:
    """Return the error of a call that Entra ID gave no token of a user for, although the user's grant is not dead."""
    advice = entra_advice(refused)
    if advice.topic in {Topic.GRANT, Topic.SIGN_IN}:  # a passing one: a final one ends the connection
        return MicrosoftUnavailable(
            advice.message, remedy=advice.remedy, owner=advice.owner, trace=_with_code(refused.trace, advice)
        )
    return entra_error(refused)


def secret_missing() -> Refused:
    """Return the error of a secret that the vault no longer holds, or holds disabled."""
    return Refused(
        "credentialRefused",
        "The client secret is no longer in this deployment's Key Vault, or was disabled there.",
        remedy="Paste the client secret's Value into the Calendar Configuration again, save and test.",
        owner=Owner.ATS_ADMIN,
    )


def of_basic(problem: CalendarError) -> CalendarError:
    """Return a problem with the application as it is told of Basic, whose application and secret are the operator's."""
    if problem.code not in {"credentialRefused", "credentialExpired"}:
        return problem
    return Refused(
        problem.code,
        "Entra ID does not accept this deployment's own application, which Basic uses: its secret is missing, wrong or "
        "has expired.",
        remedy="The operator makes a new client secret for the application of BASIC_APPLICATION_ID and stores its "
        "Value as the secret basic-application in this deployment's Key Vault. Or use Advanced.",
        owner=Owner.OPERATOR,
        trace=problem.trace,
    )


def graph_error(refused: GraphRefused, *, roles: tuple[str, ...], scoped: bool) -> CalendarError:
    """Return the error of a getSchedule call that Graph refused whole.

    `roles` are those of the token; `scoped` tells that the application is known to work without a calendar role, so
    that a refusal speaks about the mailbox and not about the permission.
    """
    advice = for_graph(refused.status, refused.code)
    trace = _with_code(refused.trace, advice)
    if advice.topic is Topic.REQUEST:
        name = _REQUEST_PROPERTIES.get((refused.code or "").lower(), "body")
        return InvalidRequest(name, f"refused by Microsoft Graph. {advice.message}", remedy=advice.remedy)
    if advice.topic is Topic.MAILBOX:
        return _refused("mailboxNotReachable", advice, trace)
    if advice.topic is Topic.PERMISSION:
        if scoped or set(roles) & READS_CALENDARS:
            return _out_of_scope(trace)
        return _refused("permissionMissing", advice, trace)
    if advice.topic is Topic.THROTTLED:
        return Throttled(_PAUSE, trace=trace)
    if refused.status == 504:
        return MicrosoftTimeout(trace=trace)
    if refused.status == 401:
        return _refused("credentialRefused", advice, trace)
    return MicrosoftUnavailable(advice.message, remedy=advice.remedy, owner=advice.owner, trace=trace)


def _refused(code: str, advice: Advice, trace: MicrosoftTrace) -> Refused:
    return Refused(code, advice.message, remedy=advice.remedy, owner=advice.owner, trace=trace)


def _out_of_scope(trace: MicrosoftTrace) -> Refused:
    """The application may read calendars, but not as this mailbox (Microsoft Learn, "RBAC for Applications")."""
    return Refused(
        "mailboxNotReachable",
        "Exchange Online does not let the application use this mailbox, although it may read calendars. Usually a "
        "policy limits it to other mailboxes.",
        remedy="Ask as a user inside that group, or let the Exchange administrator add this mailbox to the scope of "
        "RBAC for Applications (or to the application access policy). A change takes up to two hours to arrive.",
        owner=Owner.EXCHANGE_ADMIN,
        trace=trace,
    )


def _with_code(trace: MicrosoftTrace, advice: Advice) -> MicrosoftTrace:
    return MicrosoftTrace(trace.code or advice.code, trace.request_id, trace.trace_id, trace.correlation_id)
