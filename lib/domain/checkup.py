"""What "the configuration works" means: the checks, their order, and what each outcome says.

The contract's order: tenant, credential, secretExpiry, consent, permission, freeBusy, resources. A check that failed
skips those that need what it found missing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lib.domain.advice import Advice
from lib.domain.credential import Expiry
from lib.domain.errors import Owner


class CheckName(StrEnum):
    """The checks, in the order of the report."""

    TENANT = "tenant"
    CREDENTIAL = "credential"
    SECRET_EXPIRY = "secretExpiry"  # noqa: S105  the name of a check
    CONSENT = "consent"
    PERMISSION = "permission"
    FREE_BUSY = "freeBusy"
    RESOURCES = "resources"


class Outcome(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One line of the report; `code`, `remedy` and `owner` are there when somebody should act."""

    name: CheckName
    outcome: Outcome
    message: str
    code: str | None = None
    remedy: str | None = None
    owner: Owner | None = None


@dataclass(frozen=True)
class Report:
    """What a test found, check by check in the contract's order."""

    tested_at: datetime
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.outcome is not Outcome.FAILED for check in self.checks)

    @property
    def missed_consent(self) -> bool:
        """Whether what failed is what an administrator's consent mends."""
        failed = {check.name: check.code for check in self.checks if check.outcome is Outcome.FAILED}
        return bool(failed.keys() & {CheckName.CONSENT, CheckName.PERMISSION}) or (
            failed.get(CheckName.CREDENTIAL) in {"AADSTS700016", "AADSTS700011"}
        )


def report(tested_at: datetime, checks: Iterable[Check]) -> Report:
    """Return the report in the contract's order; a check that nobody made is skipped because one before it failed."""
    made = {check.name: check for check in checks}
    return Report(tested_at, tuple(made.get(name) or skipped(name, _NEEDS_EARLIER) for name in CheckName))


_NEEDS_EARLIER = "Not checked: it needs a check above that failed."


def passed(name: CheckName, message: str) -> Check:
    """Return a check that found what it wanted."""
    return Check(name, Outcome.PASSED, message)


def skipped(name: CheckName, message: str) -> Check:
    """Return a check that was not made, and why."""
    return Check(name, Outcome.SKIPPED, message)


def failed(name: CheckName, advice: Advice, *, note: str = "") -> Check:
    """Return a check that failed as the dictionary explains it; `note` is added to what happened."""
    return _advised(name, Outcome.FAILED, advice, note)


def warned(name: CheckName, advice: Advice, *, note: str = "") -> Check:
    """Return a check that found something to look at, as the dictionary explains it."""
    return _advised(name, Outcome.WARNING, advice, note)


def _advised(name: CheckName, outcome: Outcome, advice: Advice, note: str) -> Check:
    message = f"{advice.message} {note}".strip()
    return Check(name, outcome, message, advice.code, advice.remedy, advice.owner)


def redirect_uris_text(redirect_uris: Sequence[str]) -> str:
    """Return the sentence that names the exact redirect URIs to register."""
    return f"register these under Authentication > Web > Redirect URIs, exactly so: {', '.join(redirect_uris)}."


_RENEW = (
    "In the Entra admin center open App registrations > your application > Certificates & secrets > New client secret, "
    "copy its Value (not the Secret ID), paste it into the Calendar Configuration, save and test."
)


def check_expiry(expiry: Expiry, today: date, *, near: int) -> Check:
    """Judge a secret's expiry: `near` is the number of days from which on it warns. Never fails: Entra ID decides."""
    left = expiry.days_left(today)
    if left is None:
        return (
            passed(CheckName.SECRET_EXPIRY, "The client secret never expires.") if expiry.never else _unknown_expiry()
        )
    on = expiry.as_text()
    if left <= 0:
        when = "today" if left == 0 else f"{-left} day{'s' * (left != -1)} ago"
        return _expiry_warning("secretExpired", f"The client secret expired {when}, on {on}.")
    text = f"The client secret expires in {left} day{'s' * (left != 1)}, on {on}."
    return _expiry_warning("secretExpiresSoon", text) if left <= near else passed(CheckName.SECRET_EXPIRY, text)


def _expiry_warning(code: str, message: str) -> Check:
    return Check(CheckName.SECRET_EXPIRY, Outcome.WARNING, message, code, _RENEW, Owner.ENTRA_ADMIN)


def _unknown_expiry() -> Check:
    return Check(
        CheckName.SECRET_EXPIRY,
        Outcome.WARNING,
        "It is not known when the client secret expires, so nobody can be warned in time.",
        code="secretExpiryUnknown",
        remedy="Enter the date shown under Certificates & secrets as secretExpires, or grant the application "
        "permission Application.Read.All so that it can be read from Entra ID.",
        owner=Owner.ATS_ADMIN,
    )
