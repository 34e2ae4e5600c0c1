"""What can go wrong, in the words of the business.

    CalendarError                 (has code, status, message, remedy, owner)
    ├── InvalidRequest            400  the caller sent something that cannot be used; names the property
    │   ├── ReturnUrlNotAllowed   400
    │   └── BasicNotAllowed       400
    ├── CustomerNotFound          404
    ├── ConfigurationChanged      412
    ├── RequestTooLarge           413
    ├── Refused                   409  somebody has to act first: the code says what, the owner who
    ├── Throttled                 429  with the seconds to wait
    ├── InternalError             500  a fault of ours
    ├── MicrosoftUnavailable      502
    └── MicrosoftTimeout          504

Three texts, three readers: `code` is for machines, `message` and `remedy` are for people and never repeat a secret, a
token, text from outside or another customer's data, and `str(error)` is for the log. The codes and statuses are those
of the contract's table of errors.
"""

from dataclasses import dataclass
from enum import StrEnum


class Owner(StrEnum):
    """Who can mend it."""

    USER = "user"
    ATS_ADMIN = "atsAdmin"
    ENTRA_ADMIN = "entraAdmin"
    EXCHANGE_ADMIN = "exchangeAdmin"
    OPERATOR = "operator"


@dataclass(frozen=True)
class MicrosoftTrace:
    """What Microsoft's support asks for: their code and the ids of the answer. Never their text."""

    code: str | None = None
    request_id: str | None = None
    trace_id: str | None = None
    correlation_id: str | None = None

    @property
    def of_entra(self) -> str:
        """The ids of an answer of Entra ID, for a remark in the log."""
        return f"trace {self.trace_id}, correlation {self.correlation_id}"


class CalendarError(Exception):
    """Something a caller is told about."""

    code = "microsoftUnavailable"
    status = 502
    owner: Owner | None = None

    def __init__(
        self,
        message: str,
        *,
        remedy: str | None = None,
        owner: Owner | None = None,
        trace: MicrosoftTrace | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.owner = owner or type(self).owner
        self.trace = trace or MicrosoftTrace()


class InvalidRequest(CalendarError):
    """The caller sent something that cannot be used. `name` is the property, parameter or header."""

    code = "invalidRequest"
    status = 400
    owner = Owner.ATS_ADMIN

    def __init__(self, name: str, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{name}: {problem}", remedy=remedy or f"Correct {name} and send the request again.")
        self.name = name
        self.problem = problem


class ReturnUrlNotAllowed(InvalidRequest):
    """The origin of a `returnUrl` is not one of this deployment's `RETURN_URLS`."""

    code = "returnUrlNotAllowed"
    owner = Owner.OPERATOR


class BasicNotAllowed(InvalidRequest):
    """Basic is for trying out: this deployment does not offer it."""

    code = "basicNotAllowed"


class CustomerNotFound(CalendarError):
    """This customer's calendar was never configured, or was deleted."""

    code = "customerNotFound"
    status = 404
    owner = Owner.ATS_ADMIN

    def __init__(self) -> None:
        super().__init__(
            "This customer has no calendar configuration.",
            remedy="Save the Calendar Configuration first.",
        )


class ConfigurationChanged(CalendarError):
    """Somebody else saved in between: the `If-Match` of the caller is no longer the current ETag."""

    code = "configurationChanged"
    status = 412
    owner = Owner.ATS_ADMIN

    def __init__(self) -> None:
        super().__init__(
            "The configuration was changed by somebody else in the meantime; nothing was saved.",
            remedy="Load the configuration again, look at what changed, and repeat your change.",
        )


class RequestTooLarge(CalendarError):
    """The body is longer than is accepted."""

    code = "requestTooLarge"
    status = 413
    owner = Owner.ATS_ADMIN


class Refused(CalendarError):
    """It cannot be done until somebody acts; `code` is one of the contract's codes for status 409."""

    status = 409

    def __init__(
        self,
        code: str,
        message: str,
        *,
        remedy: str,
        owner: Owner,
        trace: MicrosoftTrace | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy, owner=owner, trace=trace)
        self.code = code


class Throttled(CalendarError):
    """Microsoft asks to slow down. `retry_after` is in seconds."""

    code = "throttled"
    status = 429
    owner = Owner.OPERATOR

    def __init__(self, retry_after: float, *, trace: MicrosoftTrace | None = None) -> None:
        super().__init__(
            "Microsoft 365 is limiting how fast this application may ask.",
            remedy="Nothing is wrong with the configuration. Try again after the time given in Retry-After.",
            trace=trace,
        )
        self.retry_after = retry_after


class InternalError(CalendarError):
    """A fault of this connector. What it was is in the log only."""

    code = "internalError"
    status = 500
    owner = Owner.OPERATOR

    def __init__(self) -> None:
        super().__init__(
            "Something went wrong here that should not have.",
            remedy="Tell the operator of this deployment the request-id; the log has the place.",
        )


class MicrosoftUnavailable(CalendarError):
    """Microsoft, or the Azure service that keeps our data, cannot be used right now."""

    owner = Owner.OPERATOR


class MicrosoftTimeout(CalendarError):
    """Microsoft did not answer within the time this call has."""

    code = "microsoftTimeout"
    status = 504
    owner = Owner.OPERATOR

    def __init__(self, *, trace: MicrosoftTrace | None = None) -> None:
        super().__init__(
            "Microsoft 365 did not answer in time.",
            remedy="Try again in a minute. If it goes on, look at the Microsoft 365 service health page.",
            trace=trace,
        )
