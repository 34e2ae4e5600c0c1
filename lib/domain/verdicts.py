"""What Microsoft's answers say about the checks of a test (see checkup.py): pure judgement, no asking."""

from collections.abc import Sequence
from typing import Any

from lib.domain import checkup
from lib.domain.advice import for_graph, for_schedule
from lib.domain.checkup import Check, CheckName, Outcome
from lib.domain.errors import CalendarError, MicrosoftTrace, Owner, Refused
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.refusals import entra_advice, graph_error, of_basic, secret_missing

NO_PERMISSION = "permissionMissing"
_UNKNOWN_ADDRESS = frozenset({"5009", "ErrorMailRecipientNotFound", "ErrorInvalidSmtpAddress"})


def refused_by_entra(name: CheckName, refused: EntraRefused) -> Check:
    """Return the failed check of something that Entra ID refused, with the ids that Microsoft's support asks for."""
    return checkup.failed(name, entra_advice(refused), note=_ids(refused.trace))


def free_busy_refused(refused: GraphRefused, roles: tuple[str, ...], *, scoped: bool) -> tuple[Check, bool]:
    """Return the failed free/busy check, and whether it was refused for want of a permission."""
    problem = graph_error(refused, roles=roles, scoped=scoped)
    code = refused.code or for_graph(refused.status, refused.code).code
    check = problem_found(CheckName.FREE_BUSY, problem, code, _ids(refused.trace))
    return check, problem.code == NO_PERMISSION


def problem_found(name: CheckName, problem: CalendarError, code: str, note: str = "") -> Check:
    """Return the failed check of a problem that is told elsewhere as an error."""
    message = f"{problem.message} {note}".strip()
    return Check(name, Outcome.FAILED, message, code, problem.remedy, problem.owner)


def _ids(trace: MicrosoftTrace) -> str:
    ids = {"trace ID": trace.trace_id, "correlation ID": trace.correlation_id, "request-id": trace.request_id}
    known = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
    return f"(For Microsoft's support: {known}.)" if known else ""


def free_busy_read(entry: Any) -> Check:
    """Judge the one schedule of a test's answer."""
    error = entry.get("error") if isinstance(entry, dict) else {"responseCode": None}
    if error is None and isinstance(entry.get("availabilityView"), str):
        return checkup.passed(CheckName.FREE_BUSY, "The user's free/busy times were read.")
    code = error.get("responseCode") if isinstance(error, dict) else None
    advice = for_schedule(code if isinstance(code, str) else None)
    if code in _UNKNOWN_ADDRESS:
        # The mailbox answered, so everything works; only this name is no e-mail address (UPN and address differ).
        note = "The mailbox itself answered: the name given for the user is just no e-mail address."
        return checkup.warned(CheckName.FREE_BUSY, advice, note=note)
    return checkup.failed(CheckName.FREE_BUSY, advice)


def consent_of_admin(*, has_role: bool, read: bool, redirect_uris: Sequence[str]) -> Check:
    """Judge an administrator's consent by what the token carries and by whether a call worked."""
    redirects = f"For consent links, {checkup.redirect_uris_text(redirect_uris)}"
    if has_role:
        return checkup.passed(CheckName.CONSENT, f"An administrator has granted consent. {redirects}")
    if read:
        text = "Exchange's RBAC for Applications lets the application in; admin consent is not needed for that."
        return checkup.passed(CheckName.CONSENT, f"{text} {redirects}")
    return Check(
        CheckName.CONSENT,
        Outcome.WARNING,
        "No admin consent for application permissions shows in the token.",
        code="consentNotSeen",
        remedy="Send the admin consent link to an administrator of the tenant, unless RBAC for Applications is "
        f"meant to do. {redirects}",
        owner=Owner.ENTRA_ADMIN,
    )


def secret_gone(*, basic: bool = False) -> Check:
    """Return the failed credential check of a secret that the vault does not hold."""
    problem = of_basic(secret_missing()) if basic else secret_missing()
    return problem_found(CheckName.CREDENTIAL, problem, problem.code)


def connection_refused(problem: Refused) -> Check:
    """Return the failed consent check of a user who has not connected a calendar, or has to connect it again."""
    code = problem.trace.code or problem.code
    note = "The test needs somebody who has connected a calendar." if problem.code == "userNotConnected" else ""
    return problem_found(CheckName.CONSENT, problem, code, note)
