"""The Calendar Configuration: read, save, delete, test."""

from lib.domain import fields
from lib.web.configuration_form import read_draft
from lib.web.openapi import errors, examples
from lib.web.openapi.parts import Json, Operation, answer, content, example, schema

TAG = "Configuration"
_STORAGE = (errors.STORAGE_UNAVAILABLE,)

REQUESTS: Json = {
    "adminConsent": example("Advanced, an administrator consents for all", examples.ADMIN),
    "userConsent": example("Advanced, each user connects a calendar", examples.USER),
    "keepTheSecret": example("A change that keeps the stored secret", examples.KEEPING_THE_SECRET),
    "basic": example("Basic, to try it out (not in production)", examples.BASIC),
    "none": example("No integration", examples.NONE),
}
_CONFIGURATIONS: Json = {
    "untested": example("Saved, not tested yet", examples.CONFIGURATIONS["untested"]),
    "ready": example("Tested and in use", examples.CONFIGURATIONS["ready"]),
    "userConsent": example("Each user connects a calendar", examples.CONFIGURATIONS["userConsent"]),
    "none": example("No integration", examples.CONFIGURATIONS["none"]),
}
_CONFIGURATION = content(schema("CalendarConfiguration"), _CONFIGURATIONS)
_OF_CUSTOMER: Json = {"customer": "$request.path.customer"}


def _link(operation: str, description: str, **more: object) -> Json:
    return {"operationId": operation, "parameters": _OF_CUSTOMER, "description": description, **more}


_AFTER_SAVING: Json = {
    "test": _link(
        "test_configuration",
        "A saved configuration is used once its test has passed: name a user in the body.",
    ),
    "inviteAdmin": _link("invite_admin", "Send the customer's administrator a link to grant consent."),
    "read": _link("read_configuration", "The same configuration."),
}
_AFTER_TESTING: Json = {
    "getSchedule": {
        "operationId": "get_schedule",
        "parameters": _OF_CUSTOMER | {"user": "$request.body#/user"},
        "description": "After a passed test, calendars answer.",
    },
    "read": _link("read_configuration", "Its `lastTest` has this report."),
}


OPERATIONS = (
    Operation(
        "read_configuration",
        TAG,
        "Read a customer's Calendar Configuration",
        "Answers the newest revision, never its secret, and how things stand: whether calendars work (`state`), "
        "whether a newer revision waits for its test (`pending`), what the last test said, and when the client "
        "secret ends.",
        {"200": answer("The configuration.", _CONFIGURATION, "ETag")},
        (errors.invalid_customer(), errors.CUSTOMER_NOT_FOUND, *_STORAGE),
        ("Customer",),
    ),
    Operation(
        "save_configuration",
        TAG,
        "Save a customer's Calendar Configuration",
        "Validates the whole document and stores it; Microsoft is not asked. Only the secret is kept when it is left "
        "out (the first save of type Advanced needs it). What was saved waits for its test, and until that has passed, "
        "the revision before it keeps answering. Two kinds of save take effect at once: another tenant or application, "
        "and type None, leave the customer untested; a save that changes nothing but `alertRecipients`, `details`, "
        "`allowedDomains`, `secretExpires` or `redirectUri` needs no test.",
        {"200": answer("Saved; the configuration as reading it answers.", _CONFIGURATION, "ETag", links=_AFTER_SAVING)},
        (
            errors.invalid(lambda: read_draft({"configurationType": "advanced"}, examples.SETTINGS)),
            errors.BASIC_NOT_ALLOWED,
            errors.CONFIGURATION_CHANGED,
            errors.REQUEST_TOO_LARGE,
            *_STORAGE,
        ),
        ("Customer", "IfMatch"),
        {"required": True, "content": content(schema("CalendarConfigurationInput"), REQUESTS)},
    ),
    Operation(
        "delete_configuration",
        TAG,
        "Forget a customer",
        "Removes configuration, connections, links and alert history; the client secret is deleted and unused at once "
        "(Key Vault keeps it for its recovery period). Also 204 when there was nothing. Saving again at once works.",
        {"204": answer("Nothing of the customer answers any more.")},
        (errors.invalid_customer(), errors.CONFIGURATION_CHANGED, *_STORAGE),
        ("Customer", "IfMatch"),
    ),
    Operation(
        "test_configuration",
        TAG,
        "Test Calendar Configuration",
        "Tries the whole chain as it would be used: tenant, secret, consent, permission, and the free/busy times of "
        "one user. Each check that fails says what happened, what to do, and who can do it. The answer is 200 whenever "
        "the test could run, also when it did not pass. A passed test takes the newest revision into use; a failed one "
        "changes nothing of what answers. With `configuration` a draft is tried without storing anything. Where users "
        "consent, the test's user has to be connected. It may take a minute.",
        {
            "200": answer(
                "The report.",
                content(
                    schema("TestReport"),
                    {
                        "passed": example("Everything works", examples.REPORTS["passed"]),
                        "failed": example("The secret is wrong", examples.REPORTS["failed"]),
                    },
                ),
                links=_AFTER_TESTING,
            )
        },
        (
            errors.invalid(lambda: fields.user_name(None)),
            errors.BASIC_NOT_ALLOWED,
            errors.CUSTOMER_NOT_FOUND,
            errors.CALENDAR_NOT_CONFIGURED,
            errors.REQUEST_TOO_LARGE,
            errors.THROTTLED,
            errors.MICROSOFT_UNAVAILABLE,
        ),
        ("Customer",),
        {
            "required": True,
            "content": content(
                schema("TestRequest"),
                {
                    "saved": example("Test what was saved", {"user": "recruiter@contoso.com"}),
                    "draft": example(
                        "Try a draft without saving it",
                        {"user": "recruiter@contoso.com", "configuration": examples.ADMIN},
                    ),
                },
            ),
        },
    ),
)
