"""Test Calendar Configuration as JSON Schema."""

from lib.domain.checkup import CheckName
from lib.web.openapi import patterns
from lib.web.openapi.parts import flag, moment, or_null, record, request, schema, text

TEST_REPORT = record(
    "What a test found, check by check in this order.",
    {
        "passed": flag("True when no check failed. Only then is the saved revision taken into use."),
        "testedAt": moment("When the test was made."),
        "checks": {
            "type": "array",
            "description": f"All checks, in this order: {', '.join(CheckName)}.",
            "items": schema("TestCheck"),
            "minItems": len(CheckName),
            "maxItems": len(CheckName),
        },
    },
)

TEST_CHECK = record(
    "One check of the test.",
    {
        "check": schema("CheckName"),
        "outcome": schema("CheckOutcome"),
        "code": or_null(
            text(
                "For programs: Microsoft's code, an error code of this connector, or secretExpired, secretExpiresSoon, "
                "secretExpiryUnknown, consentNotSeen, noCalendarRole, noCalendarScope, morePermissionThanNeeded; null "
                "where nobody has to act. More may be added."
            )
        ),
        "message": text("For people: what happened."),
        "remedy": or_null(text("For people: what to do, and where to click; null where nobody has to act.")),
        "owner": or_null(schema("Owner", "Who can act; null where nobody has to.")),
    },
)

TEST_REQUEST = request(
    "Whose calendar is read for the test, and optionally a draft to test without saving it.",
    {
        "user": text(
            "The user principal name or Entra object id of somebody with a mailbox; under user consent, somebody who "
            "has connected a calendar.",
            pattern=patterns.USER,
            maxLength=320,
        ),
        "configuration": schema(
            "CalendarConfigurationInput",
            "A draft to test instead of the saved configuration. Nothing is stored. Its secret may be left out as when "
            "saving.",
        ),
    },
    optional=("configuration",),
)
