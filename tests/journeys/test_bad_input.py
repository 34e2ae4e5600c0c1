"""Bad input: the contract's error, naming the property, and nothing half-stored."""

import json
import uuid

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import expect_refused, raw, vault_values
from tests.sandbox.stack import Stack

LONG = "x" * 40_000
SURROGATE = "\ud800abc"

BAD_EVERYWHERE = [5, 1.5, True, {}, {"a": 1}, "\x00", "a\x07b", "line\r\nbreak", SURROGATE, LONG]
BAD = {
    "configurationType": ["", "premium", "ADVANCED ", ["advanced"]],
    "provider": ["", "google", ["office365"]],
    "tenantId": [
        *("", " ", "common", "organizations", "consumers", "Common", "contoso", "../contoso.com", "a.com/../b.com"),
        *("a.com?x=1", "a.com#x", "a b.com", "a.com\n", "a@b.com", "https://a.com", "a..com", "-a.com", ".com"),
        *("{c0471050-0000-4000-8000-000000000001}", "%2e%2e", "a" * 300 + ".com", "a.com:443", "a\\b.com"),
    ],
    "applicationId": ["", "abc", "{c0471050-0000-4000-8000-000000000001}", "c0471050-0000-4000-8000-000000000001\n"],
    "applicationSecret": ["", " ", "tab\tin it", "new\nline"],
    "secretExpires": [
        *("", "soon", "2027-13-01", "2027-02-30", "20-11-2027", "20271120", "2027-W01-1", "2027-11-20T00:00:00Z"),
        *("２０２７-11-20", "2027-11-20 ", "0000-00-00"),
    ],
    "consent": ["", "both", ["admin"]],
    "loginUrl": [
        *("https://evil.example/common/oauth2/v2.0/authorize", "javascript:alert(1)", "//evil.example"),
        *("https://login.microsoftonline.com@evil.example/", "https://login.microsoftonline.com.evil.example/"),
        *("http://login.microsoftonline.com/", "ftp://login.microsoftonline.com/", "login.microsoftonline.com"),
    ],
    "redirectUri": [
        *("", "https://evil.example/mobile/getcalendar", "https://staging.ats.example/mobile/getcalendar"),
        *("/mobile/getcalendar", "javascript:alert(1)"),
    ],
    "details": ["", "all", ["time"]],
    "allowedDomains": ["contoso.com", [5], [""], ["a b.com"], ["a@b.com"], ["a\x00.com"], [None], [["a.com"]], ["*"]],
    "alertRecipients": [
        *("ada@contoso.com", [5], [""], ["nobody"], ["a@b.com\r\nBcc: c@d.com"], [None], ["a@b.com, c@d.com"]),
        *(["<a@b.com>"], [SURROGATE + "@b.com"], ["x" * 400 + "@b.com"]),
    ],
}
CASES = [(name, value) for name, values in BAD.items() for value in [*values, *BAD_EVERYWHERE]]


def _id(value: object) -> str:
    return ascii(value)[:40]


@pytest.mark.parametrize(("name", "value"), CASES, ids=_id)
def test_a_bad_value_is_refused_by_name_and_stores_nothing(stack: Stack, api: Api, company: Company, name, value):
    marked = f"Mark~{uuid.uuid4().hex}"
    document = company.document(applicationSecret=marked) | {name: value}

    body = json.dumps(document).encode()
    answer = api.call("PUT", f"/customers/{company.customer}/calendar", data=body, headers=_JSON)

    expect_refused(answer, 400, "invalidRequest", name, hides=(marked, LONG))
    expect_refused(api.read(company), 404, "customerNotFound")
    assert marked not in vault_values(stack)


_JSON = {"Content-Type": "application/json"}


def test_another_parameter_in_login_url_is_refused(stack: Stack, api: Api, company: Company):
    sign_in = f"{stack.microsoft.entra_url}/common/oauth2/v2.0/authorize"

    for query in ("prompt=none", "whr=contoso.com&redirect_uri=https://evil.example", "domain_hint=a&client_id=b"):
        expect_refused(
            api.save(company, company.document(loginUrl=f"{sign_in}?{query}")), 400, "invalidRequest", "loginUrl"
        )
    assert api.save(company, company.document(loginUrl=f"{sign_in}?whr=contoso.com")).status_code == 200


@pytest.mark.parametrize("missing", ["tenantId", "applicationId", "applicationSecret"])
@pytest.mark.parametrize("how", ["left out", "null"])
def test_advanced_needs_tenant_application_and_secret(stack: Stack, api: Api, company: Company, missing, how):
    document = company.document()
    if how == "null":
        document[missing] = None
    else:
        del document[missing]

    expect_refused(api.save(company, document), 400, "invalidRequest", missing)
    expect_refused(api.read(company), 404, "customerNotFound")
    assert company.secret not in vault_values(stack)


def test_a_misspelt_property_is_refused_by_name(stack: Stack, api: Api, company: Company):
    answer = api.save(company, company.document(tenantID="x.example", alowedDomains=["a.example"]))

    assert answer.status_code == 400, "a misspelt allowedDomains would silently allow everybody"
    expect_refused(answer, 400, "invalidRequest")
    expect_refused(api.read(company), 404, "customerNotFound")


BAD_BODIES = {
    "nothing": b"",
    "not JSON": b"hello",
    "cut off": b'{"consent": "admin"',
    "a list": b"[]",
    "a string": b'"advanced"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "invalid UTF-8": b'{"consent": "\xff\xfe"}',
    "UTF-16": '{"consent": "admin"}'.encode("utf-16"),
    "two documents": b"{}{}",
    "NaN": b'{"consent": NaN}',
    "Infinity": b'{"consent": -Infinity}',
    "deep": b'{"consent":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "deep objects": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "a huge number": b'{"secretExpires": ' + b"9" * 6_000 + b"}",
    "comment": b'{"consent": "admin" /* no */}',
}
TARGETS = {
    "save": ("PUT", "calendar"),
    "test": ("POST", "calendar/test"),
    "invite": ("POST", "calendar/admin-consent"),
    "schedule": ("POST", "users/recruiter@a.example/calendar/getSchedule"),
}


# The body of an invitation is optional, so an empty one is fine there.
BAD_CALLS = [
    pytest.param(body, *target, id=f"{what}-{name}")
    for name, target in TARGETS.items()
    for what, body in BAD_BODIES.items()
    if not (body == b"" and name == "invite")
]


@pytest.mark.parametrize(("body", "method", "path"), BAD_CALLS)
def test_what_is_no_json_object_is_refused(api: Api, company: Company, body: bytes, method: str, path: str):
    answer = api.call(method, f"/customers/{company.customer}/{path}", data=body, headers=_JSON)

    expect_refused(answer, 400, "invalidRequest", "body" if body in (b"", b"hello", b"[]", b"5") else "")


@pytest.mark.parametrize("bom", [b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_server_error(api: Api, company: Company, bom: bytes):
    body = bom + json.dumps(company.document()).encode()
    answer = api.call("PUT", f"/customers/{company.customer}/calendar", data=body, headers=_JSON)

    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        expect_refused(answer, 400, "invalidRequest")


DUPLICATES = {
    "save": ("PUT", "calendar", '{"consent": "user", "consent": "admin"}', "consent"),
    "same value": ("PUT", "calendar", '{"consent": "admin", "consent": "admin"}', "consent"),
    "test": ("POST", "calendar/test", '{"user": "a@b.example", "user": "c@d.example"}', "user"),
    "draft": ("POST", "calendar/test", '{"user": "a@b.co", "configuration": {"consent": 1, "consent": 2}}', "consent"),
    "invite": ("POST", "calendar/admin-consent", '{"returnUrl": "https://ats.example/", "returnUrl": ""}', "returnUrl"),
    "schedule": (
        *("POST", "users/a@b.co/calendar/getSchedule"),
        *('{"schedules": [], "startTime": {"dateTime": "1", "dateTime": "2"}}', "dateTime"),
    ),
}


@pytest.mark.parametrize(("method", "path", "body", "name"), DUPLICATES.values(), ids=DUPLICATES)
def test_a_property_given_twice_is_refused_by_name(api: Api, company: Company, method, path, body, name):
    answer = api.call(method, f"/customers/{company.customer}/{path}", data=body.encode(), headers=_JSON)

    expect_refused(answer, 400, "invalidRequest", name)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "text/json;", "x" * 99])
def test_another_content_type_is_refused(stack: Stack, api: Api, company: Company, media_type: str):
    body = json.dumps(company.document()).encode()
    headers = {"Content-Type": media_type}
    answer = api.call("PUT", f"/customers/{company.customer}/calendar", data=body, headers=headers)

    expect_refused(answer, 400, "invalidRequest", "Content-Type")
    assert company.secret not in vault_values(stack)


@pytest.mark.parametrize(("method", "path"), TARGETS.values(), ids=TARGETS)
def test_a_body_over_one_mebibyte_is_refused_as_too_large(api: Api, company: Company, method: str, path: str):
    target = f"/customers/{company.customer}/{path}"
    padding = 1024 * 1024 - len('{"user": ""}')

    exact = b'{"user": "' + b"x" * padding + b'"}'
    assert len(exact) == 1024 * 1024
    assert api.call(method, target, data=exact, headers=_JSON).status_code in (400, 404)
    expect_refused(api.call(method, target, data=exact + b" ", headers=_JSON), 413, "requestTooLarge")


CUSTOMERS = [
    *("Contoso", "-a", "a-", "a_b", "a.b", "a" * 64, "a%20b", "%C3%A4", "a%2Fb", "a%5Cb", "a%0Ab", "a%27b", "%25"),
    *("a%3Fb", "a%23b", "%E2%80%AE", "%FF", "a;b", "a*b", "x" * 5000, "%F0%9F%98%80", "a%0D%0Aset-cookie:x"),
]


@pytest.mark.parametrize("customer", CUSTOMERS, ids=_id)
def test_a_customer_id_of_another_form_is_refused(stack: Stack, customer: str):
    for method, path in (("GET", "calendar"), ("DELETE", "calendar"), ("PUT", "calendar"), ("POST", "calendar/test")):
        body = None if method in ("GET", "DELETE") else b"{}"
        expect_refused(raw(stack, method, f"/customers/{customer}/{path}", body), 400, "invalidRequest", "customer")


@pytest.mark.parametrize("customer", ["%2e%2e", "..", ".", "%00", "a%00b", "a/../b", "%2e", "", "%2e%2e%2f%2e%2e"])
def test_path_tricks_reach_no_customer(stack: Stack, customer: str):
    answer = raw(stack, "GET", f"/customers/{customer}/calendar")

    assert answer.status_code in (400, 404)
    assert "tenantId" not in answer.text


USERS = [
    "a%20b",
    "a%2Fb@x.example",
    "a%0Ab",
    "x" * 2000,
    "%E2%80%AE@x.example",
    "a%5Cb",
    "a%3Fb",
    "a%23b",
    "%FF",
    "%20",
]


@pytest.mark.parametrize("user", USERS, ids=_id)
def test_a_user_of_another_form_is_refused_before_microsoft_is_asked(stack: Stack, ready: Company, user: str):
    stack.microsoft.clear_requests()
    body = json.dumps({"schedules": [ready.ada], "startTime": _at(9), "endTime": _at(10)}).encode()

    answer = raw(stack, "POST", f"/customers/{ready.customer}/users/{user}/calendar/getSchedule", body)

    expect_refused(answer, 400, "invalidRequest", "user")
    assert stack.microsoft.count("graph") == 0


def _at(hour: int) -> dict[str, str]:
    return {"dateTime": f"2026-11-20T{hour:02}:00:00"}
