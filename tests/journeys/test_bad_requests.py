"""Bad input in the bodies that ask (test, invitation, getSchedule) and in headers."""

import json
import uuid

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import OWNERS, expect_refused, raw, vault_values
from tests.sandbox.stack import Stack

SURROGATE = "\ud800abc"
LONG = "x" * 40_000
ODD = [5, True, [], {}, "\x00", "a\x07b", "a\r\nb", SURROGATE, LONG]
_JSON = {"Content-Type": "application/json"}


def _id(value: object) -> str:
    return ascii(value)[:40]


def _post(api: Api, path: str, body: object, **headers: str):
    return api.call("POST", path, data=json.dumps(body).encode(), headers=_JSON | headers)


@pytest.mark.parametrize("user", [*ODD, "", " ", None, "a b@x.example", "../x", "a/b@x.example", "a?b", "a#b"], ids=_id)
def test_a_test_names_its_bad_user(stack: Stack, api: Api, ready: Company, user: object):
    stack.microsoft.clear_requests()

    answer = _post(api, f"/customers/{ready.customer}/calendar/test", {"user": user})

    expect_refused(answer, 400, "invalidRequest", "user", hides=(LONG,))
    assert stack.microsoft.count("graph") == 0


def test_a_test_without_a_user_says_so(api: Api, ready: Company):
    expect_refused(_post(api, f"/customers/{ready.customer}/calendar/test", {}), 400, "invalidRequest", "user")


@pytest.mark.parametrize("draft", [5, True, [], "advanced", "\x00"], ids=_id)
def test_a_draft_that_is_no_object_is_refused(api: Api, ready: Company, draft: object):
    body = {"user": ready.recruiter, "configuration": draft}

    expect_refused(
        _post(api, f"/customers/{ready.customer}/calendar/test", body), 400, "invalidRequest", "configuration"
    )


DRAFTS = {
    "configurationType": "premium",
    "provider": "google",
    "tenantId": "common",
    "applicationId": "abc",
    "applicationSecret": "a\x00b",
    "secretExpires": "soon",
    "consent": "both",
    "loginUrl": "https://evil.example/",
    "redirectUri": "https://evil.example/mobile/getcalendar",
    "details": "all",
    "allowedDomains": "contoso.com",
    "alertRecipients": ["nobody"],
}


@pytest.mark.parametrize(("name", "value"), DRAFTS.items())
def test_a_bad_property_of_a_draft_is_named_and_changes_nothing(stack, api: Api, ready: Company, name: str, value):
    marked = f"Mark~{uuid.uuid4().hex}"
    before = api.read(ready).json()
    draft = ready.document(applicationSecret=marked) | {name: value}

    answer = _post(api, f"/customers/{ready.customer}/calendar/test", {"user": ready.recruiter, "configuration": draft})

    expect_refused(answer, 400, "invalidRequest", name, hides=(marked,))
    assert api.read(ready).json() == before
    assert marked not in vault_values(stack)


BAD_RETURNS = ["", " ", "/relative", "javascript:alert(1)", "ats.example", "//ats.example", None]


@pytest.mark.parametrize("url", [value for value in [*ODD, *BAD_RETURNS] if value is not None], ids=_id)
def test_an_invitation_names_its_bad_return_url(api: Api, ready: Company, url: object):
    answer = _post(api, f"/customers/{ready.customer}/calendar/admin-consent", {"returnUrl": url})

    assert answer.status_code == 400
    expect_refused(answer, 400, answer.json()["error"]["code"], "returnUrl", hides=(LONG,))
    assert answer.json()["error"]["code"] in ("invalidRequest", "returnUrlNotAllowed")


def _schedule_body(company: Company, **changes: object) -> dict[str, object]:
    hours = ({"dateTime": f"2026-11-20T{hour:02}:00:00", "timeZone": "UTC"} for hour in (9, 17))
    return {"schedules": [company.ada], "startTime": next(hours), "endTime": next(hours)} | changes


TIMES = [
    *(None, 5, "2026-11-20T09:00:00", [], {}, {"dateTime": None}, {"dateTime": 5}, {"dateTime": ""}),
    *({"dateTime": "tomorrow"}, {"dateTime": "2026-13-01T00:00:00"}, {"dateTime": "2026-02-30T00:00:00"}),
    *({"dateTime": "2026-11-20T25:00:00"}, {"dateTime": "\x00"}, {"dateTime": SURROGATE}, {"dateTime": LONG}),
]
ZONES = ["Nowhere/Land", "", 5, [], {}, "\x00", "a\r\nb", SURROGATE, LONG, "../../etc/passwd"]
BAD_SCHEDULES = [
    *(("schedules", value) for value in [None, "ada@a.example", 5, {}, [], [5], [None], [[]], [True], [{}]]),
    *(("startTime", value) for value in TIMES),
    *(("endTime", value) for value in TIMES),
    *(("startTime", {"dateTime": "2026-11-20T09:00:00", "timeZone": zone}) for zone in ZONES),
    *(("endTime", {"dateTime": "2026-11-20T17:00:00", "timeZone": zone}) for zone in ZONES),
    *(("availabilityViewInterval", value) for value in [0, 4, 1441, -30, 1.5, True, "", "x", [], {}, "30 ", 10**30]),
]


@pytest.mark.parametrize(("name", "value"), BAD_SCHEDULES, ids=_id)
def test_get_schedule_names_its_bad_property(api: Api, ready: Company, name: str, value: object):
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"

    answer = _post(api, path, _schedule_body(ready, **{name: value}))

    property_name = "timeZone" if isinstance(value, dict) and "timeZone" in value else name
    expect_refused(answer, 400, "invalidRequest", property_name, hides=(LONG,))


@pytest.mark.parametrize("name", ["schedules", "startTime", "endTime"])
def test_get_schedule_names_its_missing_property(api: Api, ready: Company, name: str):
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"
    body = _schedule_body(ready)
    del body[name]

    expect_refused(_post(api, path, body), 400, "invalidRequest", name)


def test_an_end_before_the_start_is_refused(api: Api, ready: Company):
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"
    for hour in (9, 8):
        body = _schedule_body(ready, endTime={"dateTime": f"2026-11-20T{hour:02}:00:00", "timeZone": "UTC"})
        expect_refused(_post(api, path, body), 400, "invalidRequest", "endTime")


def test_one_property_in_two_spellings_is_refused(api: Api, ready: Company):
    """Names match in any letter case, so these are one property given twice."""
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"

    expect_refused(
        _post(api, path, _schedule_body(ready, Schedules=["b@b.example"])), 400, "invalidRequest", "schedules"
    )


@pytest.mark.parametrize(
    "zone", ['outlook.timezone="Nowhere/Land"', 'outlook.timezone=""', 'outlook.timezone="%s"' % ("x" * 3000)]
)
def test_an_unknown_zone_in_prefer_is_refused(api: Api, ready: Company, zone: str):
    answer = api.schedule(ready, headers={"Prefer": zone})

    expect_refused(answer, 400, "invalidRequest", "Prefer")


@pytest.mark.parametrize(
    "prefer", ["", "return=minimal", "outlook.timezone", ";;;", '"', "outlook.timezone=UTC", "x" * 5000]
)
def test_other_preferences_are_no_reason_to_fail(api: Api, ready: Company, prefer: str):
    answer = api.schedule(ready, headers={"Prefer": prefer})

    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        expect_refused(answer, 400, "invalidRequest", "Prefer")


@pytest.mark.parametrize("etag", ["", "abc", '"', '"abc"', 'W/"abc"', '""', "x" * 5000, '"a", "b"', "datetime'x'"])
def test_a_foreign_if_match_never_saves(api: Api, ready: Company, etag: str):
    before = api.read(ready)

    answer = api.save(ready, ready.document(details="full"), headers={"If-Match": etag})

    assert answer.status_code in (400, 412)
    expect_refused(answer, answer.status_code, {400: "invalidRequest", 412: "configurationChanged"}[answer.status_code])
    assert api.read(ready).json() == before.json()


def test_if_match_on_a_customer_never_saved_is_a_failed_precondition(stack: Stack, api: Api, company: Company):
    for etag in ('"abc"', "*"):
        expect_refused(api.save(company, headers={"If-Match": etag}), 412, "configurationChanged")
    assert company.secret not in vault_values(stack)


def test_the_callers_request_id_is_echoed(api: Api, company: Company):
    mine = str(uuid.uuid4())

    error = expect_refused(
        api.call("GET", f"/customers/{company.customer}/calendar", headers={"client-request-id": mine}),
        404,
        "customerNotFound",
    )

    assert error["innerError"]["client-request-id"] == mine


@pytest.mark.parametrize("mine", ["", " ", "<script>alert(1)</script>", "x" * 5000, "a\tb", "\u00e4"])
def test_an_odd_request_id_is_named_or_replaced(stack: Stack, mine: str):
    answer = raw(stack, "GET", "/customers/nobody/calendar", headers={"client-request-id": mine.encode("latin-1")})

    assert answer.status_code in (400, 404)
    if answer.status_code == 400:
        expect_refused(answer, 400, "invalidRequest", "client-request-id")
    assert len(answer.json()["error"]["innerError"]["client-request-id"]) < 1000
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "calendar", None, 404),
        ("PUT", "calendar", {"configurationType": "premium"}, 400),
        ("PUT", "calendar", [], 400),
        ("POST", "calendar/test", {"user": 5}, 400),
        ("POST", "calendar/admin-consent", {}, 404),
    ],
)
def test_every_error_has_a_remedy_and_an_owner(api: Api, company: Company, method, path, body, status):
    answer = api.call(method, f"/customers/{company.customer}/{path}", json=body)

    inner = answer.json()["error"]["innerError"]
    assert answer.status_code == status
    assert inner.get("owner") in OWNERS
    assert inner.get("remedy")


def test_without_or_with_a_wrong_key_the_host_refuses(api: Api, ready: Company):
    for key in (None, "wrong"):
        assert api.call("GET", f"/customers/{ready.customer}/calendar", key=key).status_code == 401
        assert api.call("DELETE", f"/customers/{ready.customer}/calendar", key=key).status_code == 401
    assert api.read(ready).status_code == 200
