"""Examples of errors: raised by the code that raises them, written by the function that writes them."""

from collections.abc import Callable
from datetime import UTC, datetime

import azure.functions as func

from lib.domain import connection, fields, refusals
from lib.domain.configuration import answering, not_configured
from lib.domain.errors import (
    CalendarError,
    ConfigurationChanged,
    CustomerNotFound,
    InternalError,
    MicrosoftTimeout,
    MicrosoftTrace,
    MicrosoftUnavailable,
    Owner,
    Throttled,
)
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.web.edge import Call, error_body
from lib.web.json_body import LARGEST_BODY, limited_body
from lib.web.openapi.examples import SAVED, SETTINGS, SETTINGS_IN_PRODUCTION, basic
from lib.web.openapi.parts import Problem

_DATE = "2026-11-20T09:00:00"
_REQUEST_ID = "2c8d1f6a-5b7e-4a30-9d42-6e1f0a7b3c58"
_CLIENT_REQUEST_ID = "7f3c2a51-0d2e-4c61-9f0a-8a4b6a1c2d3e"
_ENTRA = MicrosoftTrace(
    trace_id="9b1f4c02-3e5d-4f7a-8c60-1d2e3f4a5b00", correlation_id="0e6a7d3b-8f21-4c95-b7e4-5a6b7c8d9e0f"
)
_GRAPH = MicrosoftTrace(request_id="e4b7a1d0-6c3f-4f58-9a2b-7d8e9f0a1b2c")


def raised(work: Callable[[], object]) -> CalendarError:
    """Return the error that a piece of work ends in."""
    try:
        work()
    except CalendarError as problem:
        return problem
    raise ValueError("this example is no error")


def problem(error: CalendarError) -> Problem:
    """Return an error as it is answered."""
    call = Call(request(), request_id=_REQUEST_ID, client_request_id=_CLIENT_REQUEST_ID)
    body = error_body(call, error)
    body["error"]["innerError"]["date"] = _DATE
    return Problem(error.status, error.code, body)


def request(body: bytes = b"") -> func.HttpRequest:
    """Return a request with this body."""
    return func.HttpRequest("POST", "/", body=body)


def _entra(code: int, error: str) -> EntraRefused:
    return EntraRefused([code], error, trace=_ENTRA)


def invalid(work: Callable[[], object]) -> Problem:
    """Return the error of a request that cannot be used, which this piece of work finds."""
    return problem(raised(work))


def invalid_customer() -> Problem:
    """Return the error of a customer's id that is none."""
    return invalid(lambda: fields.customer_id("Contoso GmbH"))


def invalid_user() -> Problem:
    """Return the error of a user's name that is none."""
    return invalid(lambda: fields.user_name("Ada Lovelace"))


def invalid_client_request_id() -> Problem:
    """Return the error of a correlation id that cannot be echoed."""
    wrong = func.HttpRequest("GET", "/", headers={"client-request-id": "my call"}, body=b"")
    return invalid(Call(wrong).check_client_request_id)


RETURN_URL_NOT_ALLOWED = problem(
    raised(lambda: fields.return_url("returnUrl", "https://elsewhere.example/", SETTINGS.return_urls))
)
BASIC_NOT_ALLOWED = problem(raised(lambda: basic(SETTINGS_IN_PRODUCTION)))
CUSTOMER_NOT_FOUND = problem(CustomerNotFound())
CONFIGURATION_CHANGED = problem(ConfigurationChanged())
REQUEST_TOO_LARGE = problem(raised(lambda: limited_body(request(b" " * (LARGEST_BODY + 1)))))
CALENDAR_NOT_CONFIGURED = problem(not_configured())
CALENDAR_NOT_TESTED = problem(raised(lambda: answering(SAVED)))
CONNECTION_NOT_NEEDED = problem(connection.not_needed())
USER_NOT_CONNECTED = problem(connection.not_connected())
RECONNECT_REQUIRED = problem(
    connection.reconnect_required(connection.Ended(datetime(2026, 11, 20, tzinfo=UTC), (50173,), "invalid_grant"))
)
CONSENT_REQUIRED = problem(refusals.entra_error(_entra(65001, "invalid_grant")))
CREDENTIAL_EXPIRED = problem(refusals.entra_error(_entra(7000222, "invalid_client")))
CREDENTIAL_REFUSED = problem(refusals.entra_error(_entra(7000215, "invalid_client")))
PERMISSION_MISSING = problem(
    refusals.graph_error(GraphRefused(403, "ErrorAccessDenied", trace=_GRAPH), roles=(), scoped=False)
)
MAILBOX_NOT_REACHABLE = problem(
    refusals.graph_error(GraphRefused(404, "MailboxNotEnabledForRESTAPI", trace=_GRAPH), roles=(), scoped=False)
)
THROTTLED = problem(Throttled(10, trace=_GRAPH))
MICROSOFT_UNAVAILABLE = problem(
    refusals.graph_error(GraphRefused(503, "ServiceUnavailable", trace=_GRAPH), roles=(), scoped=False)
)
STORAGE_UNAVAILABLE = problem(
    MicrosoftUnavailable(
        "This deployment's Table Storage cannot be used right now.",
        remedy="Try again in a minute. If it goes on, look at the Table Storage in the Azure portal and at its "
        "settings.",
        owner=Owner.OPERATOR,
    )
)
CANNOT_SERVE = problem(MicrosoftUnavailable("The function app cannot serve right now.", remedy="Its log says why."))
MICROSOFT_TIMEOUT = problem(MicrosoftTimeout(trace=_GRAPH))
INTERNAL_ERROR = problem(InternalError())
