"""Free/busy times, the secret scan, and what operators and tools ask."""

from typing import Any

from lib.domain.errors import InvalidRequest
from lib.domain.zones import Zone
from lib.web.openapi import errors, examples
from lib.web.openapi.parts import Json, Operation, answer, content, example, schema
from lib.web.schedule_form import read_schedule_request

CALENDARS, SCAN, OPERATION = "Calendars", "Secret scan", "Operation"
_STORAGE = (errors.STORAGE_UNAVAILABLE,)


class _NoZones:
    """Zones for an example that names none."""

    def find(self, name: str) -> Zone | None:
        """See `lib.domain.zones.Zones`."""
        raise InvalidRequest(name, "is not expected here")


def _too_short() -> Any:
    body = examples.SEED_REQUEST | {"availabilityViewInterval": 1}
    return read_schedule_request(body, None, _NoZones())


_SCHEDULE_PROBLEMS = (
    errors.invalid(_too_short),
    errors.BASIC_NOT_ALLOWED,
    errors.CUSTOMER_NOT_FOUND,
    errors.CALENDAR_NOT_CONFIGURED,
    errors.CALENDAR_NOT_TESTED,
    errors.USER_NOT_CONNECTED,
    errors.RECONNECT_REQUIRED,
    errors.CONSENT_REQUIRED,
    errors.CREDENTIAL_EXPIRED,
    errors.CREDENTIAL_REFUSED,
    errors.PERMISSION_MISSING,
    errors.MAILBOX_NOT_REACHABLE,
    errors.REQUEST_TOO_LARGE,
    errors.THROTTLED,
    errors.MICROSOFT_UNAVAILABLE,
    errors.MICROSOFT_TIMEOUT,
)
_GET_SCHEDULE = (
    "A drop-in for Microsoft Graph's `POST /users/{user}/calendar/getSchedule`: a Graph client works with the base URL "
    "`{PUBLIC_URL}/customers/{customer}` and the header `x-functions-key`, in any letter case of the path; an incoming "
    "`Authorization` is ignored. Many people and long times are split by Graph's limits and joined again; throttling "
    "and passing faults are dealt with here, within 25 seconds. **Unknown is never free**: an address that could not "
    "be read has `error` and nothing that could be taken for free time, and the rest of the answer stands. The whole "
    "call is an error only if nobody could be read, for a cause that lies in the call itself."
)
_SEE_ALSO = "The same as the operation `get_schedule`: Graph has two spellings, and so has this connector."
_SCHEDULE_BODY: Json = {
    "required": True,
    "content": content(
        schema("ScheduleRequest"),
        {
            "oneWeek": example("Six days of one person, in UTC", examples.SEED_REQUEST),
            "severalPeople": example("A working day of several people and a room", examples.SCHEDULE_REQUEST),
        },
    ),
}


def calendars(answers: Json) -> tuple[Operation, ...]:
    """Return getSchedule in both spellings. `answers` are what it answers to its examples."""
    found = answer(
        "One entry per address, in the order asked.",
        content(
            schema("ScheduleAnswer"),
            {
                "severalPeople": example("Busy, free, and two that are unknown", answers["severalPeople"]),
                "oneWeek": example("Six days of one person", answers["oneWeek"]),
            },
        ),
        "Preference-Applied",
        "Server-Timing",
    )
    return tuple(
        Operation(
            name,
            CALENDARS,
            summary,
            description,
            {"200": found},
            _SCHEDULE_PROBLEMS,
            ("Customer", "User", "Prefer"),
            _SCHEDULE_BODY,
        )
        for name, summary, description in (
            ("get_schedule", "Read free/busy times: getSchedule", _GET_SCHEDULE),
            ("get_schedule_namespaced", "Read free/busy times: microsoft.graph.getSchedule", _SEE_ALSO),
        )
    )


def _summary(description: str, *names: str) -> Json:
    titles = {"finished": "A run that reached everybody", "neverRun": "No run yet"}
    shown = {name: example(titles[name], examples.SCANS[name]) for name in names}
    return {"200": answer(description, content(schema("ScanSummary"), shown))}


OTHERS = (
    Operation(
        "scan_secrets_now",
        SCAN,
        "Scan all client secrets now",
        "Finds expiring and dead credentials of all customers, and e-mails the people who can act, for three minutes "
        "at most; what was not reached (`complete` is false) the next run goes on with. The same runs daily by itself. "
        "While another scan is running, it is waited for.",
        _summary("The summary of this run.", "finished"),
        (errors.invalid_client_request_id(), *_STORAGE),
    ),
    Operation(
        "read_secret_scan",
        SCAN,
        "Read the summary of the last scan",
        "When it ran, and what it found.",
        _summary("The summary.", "finished", "neverRun"),
        (errors.invalid_client_request_id(), *_STORAGE),
    ),
    Operation(
        "health",
        OPERATION,
        "Ask whether the function app can serve",
        "200 when its settings are right and its table can be reached. No customer data.",
        {"200": answer("It can.", content(schema("Health"), {"ok": example("It can serve", {"status": "ok"})}))},
        (errors.invalid_client_request_id(), errors.CANNOT_SERVE),
    ),
    Operation(
        "openapi",
        OPERATION,
        "Read this description",
        "All HTTP functions as OpenAPI 3.1. It changes only when another version is deployed, and may be kept for five "
        "minutes.",
        {
            "200": answer(
                "The description.",
                {"application/json": {"schema": {"$ref": "#/components/schemas/Description"}}},
            )
        },
        (errors.invalid_client_request_id(),),
    ),
)
