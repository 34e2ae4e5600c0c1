"""Every other schema: errors, links, connections, the secret scan; and all of them under their names."""

from typing import Any

from lib.domain.scan import MOST_PROBLEMS
from lib.web.openapi import patterns, schemas_calendar, schemas_checkup
from lib.web.openapi import schemas_configuration as configuration
from lib.web.openapi.components import MICROSOFT_ANSWER
from lib.web.openapi.parts import Json, count, flag, moment, or_null, record, request, schema, text, word
from lib.web.openapi.words import WORDS

_LONGEST_URL = 2048

_ERROR = record(
    "An error in Microsoft Graph's shape.",
    {"error": schema("ErrorDetail")},
)

_INNER_ERROR = record(
    "What helps to mend it.",
    {
        "date": text(
            "When it happened, in UTC; as Graph writes it, without an offset.",
            pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$",
        ),
        "request-id": text("The id of this call, also in the header `request-id`.", format="uuid"),
        "client-request-id": text(
            "The caller's own id of this call; the `request-id` if the request had none.",
            pattern=patterns.CLIENT_REQUEST_ID,
        ),
        "remedy": text("For people: what to do, and where to click."),
        "owner": schema("Owner"),
        "microsoftCode": text("Microsoft's own code, such as AADSTS7000222."),
        "microsoftRequestId": text("The `request-id` of Microsoft Graph, for Microsoft's support."),
        "microsoftTraceId": text("The trace ID of Entra ID, for Microsoft's support."),
        "microsoftCorrelationId": text("The correlation ID of Entra ID, for Microsoft's support."),
    },
    optional=(
        "microsoftCode",
        "microsoftRequestId",
        "microsoftTraceId",
        "microsoftCorrelationId",
    ),
)


_ERROR_DETAIL = record(
    "The error.",
    {
        "code": schema("ErrorCode"),
        "message": text("For people: what happened. Never a secret, a token or another customer's data."),
        "innerError": schema("InnerError"),
    },
)

_LINK_REQUEST = request(
    "Where the browser returns to.",
    {
        "returnUrl": or_null(
            text(
                "The address in the ATS to which the browser returns; without it a page says what happened. Its origin "
                "has to be one that this deployment allows. `calendar=connected` or `calendar=failed&code=…` is added "
                "to its query.",
                format="uri",
                pattern=r"^https?://(?![/?#])[!-\[\]-~]+$",
                maxLength=_LONGEST_URL,
            )
        )
    },
    optional=("returnUrl",),
)

_LINK = record(
    "A link to open in a browser. Show it only to the person it is for.",
    {
        "url": text("The link. Whoever holds it may open it until it expires.", format="uri"),
        "expiresAt": moment("Until when it can be opened."),
    },
)

_CONNECTION = record(
    "Whether a user has connected a calendar. Null where there is nothing to tell.",
    {
        "user": text("The user as named in the request; an object id in lower case."),
        "state": schema("ConnectionState"),
        "connectedAt": or_null(moment("When the user connected.")),
        "lastUsedAt": or_null(moment("When it was used last, exact to a day.")),
        "reason": or_null(text("For people: why it does not work any more.")),
        "remedy": or_null(text("For people: what to do.")),
    },
)

_SCAN_SUMMARY = record(
    "What a run of the secret scan did. Before the first run there are no moments, and nothing is complete.",
    {
        "startedAt": or_null(moment("When it began.")),
        "finishedAt": or_null(moment("When it ended.")),
        "complete": flag("False when any page or customer could not be looked at; the next run goes on there."),
        "customers": count("How many customers it met."),
        "credentials": count("How many client secrets it looked at."),
        "due": count("How many alerts were due: one per customer told about."),
        "sent": count("How many of the alerts, and all clears, were sent."),
        "couldNotCheck": count("How many customers could not be checked; their operators learn it daily."),
        "problems": {
            "type": "array",
            "description": f"What was found wrong, one by one; of very many the first {MOST_PROBLEMS}.",
            "items": schema("ScanProblem"),
            "maxItems": MOST_PROBLEMS,
        },
    },
)

_SCAN_PROBLEM = record(
    "Something that a run found wrong, or could not do.",
    {
        "customer": or_null(text("The customer; null if it concerns the whole run.")),
        "code": text(
            "For programs: an error code of this connector, or scanRunning, outOfTime, unusedSecret, unreadable, "
            "basicNotChecked, noRecipients, emailNotConfigured, emailFailed, emailRefused, paced, deliveryRunning. "
            "More may be added."
        ),
        "message": text("For people: what happened."),
    },
)

_DESCRIPTION: Json = {
    "type": "object",
    "description": "An OpenAPI 3.1 description (spec.openapis.org/oas/v3.1.0).",
    "properties": {"openapi": text("The version of OpenAPI.", pattern=r"^3\.1\.[0-9]+$")},
    "required": ["openapi", "info", "paths"],
}

_HEALTH = record("The function app can serve.", {"status": text("Always `ok`.", const="ok")})


def all_schemas(codes: list[str], sign_in_hosts: frozenset[str]) -> dict[str, Any]:
    """Return the schemas by name. `codes` are those of all errors."""
    return {
        "CalendarConfigurationInput": configuration.configuration_input(sign_in_hosts),
        "CalendarConfiguration": configuration.configuration(),
        "SecretStatus": configuration.SECRET_STATUS,
        "AdminConsent": configuration.ADMIN_CONSENT,
        "TestRequest": schemas_checkup.TEST_REQUEST,
        "TestReport": schemas_checkup.TEST_REPORT,
        "TestCheck": schemas_checkup.TEST_CHECK,
        "LinkRequest": _LINK_REQUEST,
        "Link": _LINK,
        "Connection": _CONNECTION,
        "MicrosoftAnswer": MICROSOFT_ANSWER,
        **schemas_calendar.SCHEMAS,
        "ScanSummary": _SCAN_SUMMARY,
        "ScanProblem": _SCAN_PROBLEM,
        "Health": _HEALTH,
        "Description": _DESCRIPTION,
        "Error": _ERROR,
        "ErrorDetail": _ERROR_DETAIL,
        "ErrorCode": word("For programs. Which codes a call can answer stands with each of its statuses.", codes),
        "InnerError": _INNER_ERROR,
        **WORDS,
    }
