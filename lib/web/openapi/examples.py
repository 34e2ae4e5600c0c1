"""Examples of requests and answers: made from domain objects by the functions that read requests and write answers."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from lib.domain import checkup, verdicts
from lib.domain.checkup import CheckName, Report
from lib.domain.configuration import AdminConsent, Customer, saved
from lib.domain.connection import ConnectionReport, Ended, reconnect_required
from lib.domain.free_busy import NOT_ALLOWED, Answer, FreeBusy, Item, refused
from lib.domain.microsoft import EntraRefused
from lib.domain.permissions import check_permission
from lib.domain.saving import activated, save
from lib.domain.scan import Problem, Summary
from lib.settings import Settings, read
from lib.web.configuration_form import moment, read_draft, show, show_report
from lib.web.connection_form import show_connection
from lib.web.openapi.parts import Json
from lib.web.scan_form import show_summary
from lib.web.schedule_answer import write_schedules

CUSTOMER = "contoso"
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
_TODAY = AT.date()
_TENANT = "3f1d6c52-8a0b-4e7f-9c34-5d2e1b6a7f80"
_MARK = "6d1f0b7e2a9c4f58b3e1d7a0c5f29486"
_ENVIRONMENT = {
    "PUBLIC_URL": "https://calendar.example",
    "OTHER_REDIRECT_URIS": "https://staging.calendar.example/mobile/getcalendar",
    "RETURN_URLS": "https://ats.example",
    "KEY_VAULT_URL": "https://example.vault.azure.net",
    "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
}
SETTINGS_IN_PRODUCTION = read(_ENVIRONMENT)
SETTINGS = read(
    _ENVIRONMENT | {"DEPLOYMENT_STAGE": "staging", "BASIC_APPLICATION_ID": "a7c1e9d4-2b58-4f03-8e6d-1c9b0a3f5d72"}
)

NONE: Json = {"configurationType": "none"}
BASIC: Json = {"configurationType": "basic", "tenantId": "contoso.onmicrosoft.com", "consent": "user"}
ADMIN: Json = {
    "configurationType": "advanced",
    "provider": "office365",
    "tenantId": "contoso.onmicrosoft.com",
    "applicationId": "5b0e2d7c-91f4-4a36-b8c5-7e6d1f0a2b94",
    "applicationSecret": "made-up~Value.of-a_client-secret",
    "secretExpires": "2027-11-20",
    "consent": "admin",
    "alertRecipients": ["it@contoso.com"],
}
USER: Json = ADMIN | {
    "consent": "user",
    "secretExpires": "never",
    "loginUrl": "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?whr=contoso.com",
    "details": "full",
    "allowedDomains": ["contoso.com"],
}
KEEPING_THE_SECRET: Json = {name: value for name, value in ADMIN.items() if name != "applicationSecret"}


def basic(settings: Settings) -> object:
    """Read the configuration of type Basic. Raises BasicNotAllowed where it is not offered."""
    return read_draft(BASIC, settings)


def _customer(document: Json) -> Customer:
    """Return a customer as this document's first save leaves it."""
    draft = read_draft(document, SETTINGS)
    version = "1" * 32 if draft.secret else None
    return save(None, CUSTOMER, draft, secret_version=version, now=AT, mark=_MARK)


def _tested(customer: Customer, report: Report) -> Customer:
    """Return a customer whose test had this result."""
    active = activated(customer, _MARK, tenant=_TENANT) if report.passed else customer
    consent = AdminConsent(granted=True, granted_at=AT) if report.passed else AdminConsent()
    return _with(active or customer, last_test=report, admin_consent=consent)


def _with(customer: Customer, **changes: Any) -> Customer:
    return Customer(**(vars(customer) | changes))


_REDIRECTS = SETTINGS.all_redirect_uris
PASSED = checkup.report(
    AT,
    [
        checkup.passed(CheckName.TENANT, f"The tenant exists; its ID is {_TENANT}."),
        checkup.passed(CheckName.CREDENTIAL, "Entra ID accepts the application and its secret."),
        checkup.check_expiry(read_draft(ADMIN, SETTINGS).secret_expires, _TODAY, near=60),
        verdicts.consent_of_admin(has_role=True, read=True, redirect_uris=_REDIRECTS),
        check_permission(["Calendars.ReadBasic.All"]),
        verdicts.free_busy_read({"availabilityView": "0"}),
        checkup.skipped(CheckName.RESOURCES, "Rooms and equipment come with a later version; nothing was checked."),
    ],
)
FAILED = checkup.report(
    AT,
    [
        checkup.passed(CheckName.TENANT, f"The tenant exists; its ID is {_TENANT}."),
        verdicts.refused_by_entra(CheckName.CREDENTIAL, EntraRefused([7000215], "invalid_client")),
        checkup.check_expiry(read_draft(ADMIN, SETTINGS).secret_expires, _TODAY, near=60),
    ],
)
SAVED = _customer(ADMIN)


def _shown(customer: Customer) -> Json:
    return show(*saved(customer), SETTINGS, _TODAY)


# As JSON, so that an example holds plain strings and not the domain's words.
def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


CONFIGURATIONS: Json = _plain(
    {
        "untested": _shown(SAVED),
        "ready": _shown(_tested(SAVED, PASSED)),
        "userConsent": _shown(_customer(USER)),
        "none": _shown(_customer(NONE)),
    }
)
REPORTS: Json = _plain({"passed": show_report(PASSED), "failed": show_report(FAILED)})

_ENDED = reconnect_required(Ended(AT, (50173,), "invalid_grant"))
CONNECTIONS: Json = _plain(
    {
        state: show_connection("recruiter@contoso.com", report)
        for state, report in {
            "connected": ConnectionReport("connected", AT - timedelta(days=40), AT - timedelta(days=1)),
            "notConnected": ConnectionReport("notConnected"),
            "reconnectRequired": ConnectionReport(
                "reconnectRequired",
                AT - timedelta(days=40),
                AT - timedelta(days=1),
                f"{_ENDED.message} ({_ENDED.trace.code})",
                _ENDED.remedy,
            ),
            "notNeeded": ConnectionReport("notNeeded"),
        }.items()
    }
)

SCANS: Json = _plain(
    {
        "finished": show_summary(
            Summary(
                AT,
                AT + timedelta(seconds=7),
                complete=True,
                customers=12,
                credentials=11,
                due=2,
                sent=2,
                problems=(Problem(CUSTOMER, "AADSTS7000222", "The client secret has expired."),),
            )
        ),
        "neverRun": show_summary(None),
    }
)


def link(life: timedelta) -> Json:
    """Return the answer of an invitation whose link is valid that long."""
    url = f"{SETTINGS.public_url}/connect/1f0c8a37d2b94e65hVw8yQ2mZk4rT6nB1xC3vL5jG7fD9sA0pO_iU-yE2wR"
    return {"url": url, "expiresAt": moment(AT + life)}


# The request of the vendor's own document, and the same with what may be added.
SEED_REQUEST: Json = {
    "schedules": ["test@test.onmicrosoft.com"],
    "startTime": {"dateTime": "2019-11-19T00:00:00"},
    "endTime": {"dateTime": "2019-11-25T00:00:00"},
}
SCHEDULE_REQUEST: Json = {
    "schedules": ["ada@contoso.com", "room-turing@contoso.com", "nobody@contoso.com", "eve@candidate.example"],
    "startTime": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
    "endTime": {"dateTime": "2026-11-23T17:00:00", "timeZone": "UTC"},
    "availabilityViewInterval": 60,
}
_HOURS = json.dumps(
    {
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "timeZone": {"name": "W. Europe Standard Time"},
    }
)


def _hour(hour: int, day: date = date(2026, 11, 23)) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


async def schedules() -> Json:
    """Return what getSchedule answers to the two example requests."""
    context = f"{SETTINGS.cloud.graph_url}/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
    ada = FreeBusy("00220100", (Item("busy", _hour(11), _hour(13)), Item("tentative", _hour(14), _hour(15))), _HOURS)
    answers: list[Answer] = [
        ("ada@contoso.com", ada),
        ("room-turing@contoso.com", FreeBusy("0" * 8, ())),
        ("nobody@contoso.com", refused("5009")),
        ("eve@candidate.example", NOT_ALLOWED),
    ]
    day = date(2019, 11, 19)
    seed = FreeBusy(
        "0" * 38 + "1" + "0" * 249, (Item("tentative", _hour(19, day), _hour(19, day) + timedelta(minutes=30)),)
    )
    return {
        "severalPeople": json.loads(await write_schedules(answers, None, context)),
        "oneWeek": json.loads(await write_schedules([("test@test.onmicrosoft.com", seed)], None, context)),
    }
