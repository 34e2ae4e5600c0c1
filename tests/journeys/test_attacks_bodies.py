"""Answers in forms that nobody should send: given twice, too large, of another type, by another method, with markup."""

import json
from urllib.parse import urlencode

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    RETURN,
    connections,
    deliver,
    expect_common_page,
    expect_ended,
    expect_nothing_leaked,
    expect_nothing_stored,
    expect_refused_answer,
    expect_sent_back,
    finish_url,
    invite,
    new_office,
    secrets_of,
    sign_in,
)
from tests.journeys.browser import Browser, state_of, to_microsoft
from tests.journeys.expect import raw
from tests.sandbox.stack import Stack

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


@pytest.fixture
def browser(stack: Stack) -> Browser:
    """The victim's browser."""
    return Browser(stack)


def send(stack: Stack, browser: Browser, body: bytes | str, **headers: str):
    """Post a body as it is."""
    return browser.open(finish_url(stack), "POST", data=body, headers=headers or FORM)


@pytest.mark.parametrize("double", ["code", "state", "error", "admin_consent", "session_state", "x"])
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_parameter_given_twice_is_refused(stack: Stack, api: Api, office: Company, browser, double, first):
    fields = sign_in(browser, invite(api, office, office.recruiter, returnUrl=RETURN), office.recruiter)
    twice = [(double, fields.get(double, "1")), (double, "another")]
    rest = [pair for pair in fields.items() if pair[0] != double]
    body = urlencode([*twice, *rest] if first else [*rest, *twice])

    expect_refused_answer(stack, send(stack, browser, body), secrets_of(browser, fields), office)

    assert deliver(stack, browser, fields).status_code == 303, "what cannot be read must not use up the sign-in"


def spoilt(fields: dict[str, str]) -> dict[str, tuple[bytes, str]]:
    """Return bodies that are no form_post of Microsoft's, each with its content type."""
    form = urlencode(fields)
    part = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    usual = FORM["Content-Type"]
    return {
        "json": (json.dumps(fields).encode(), "application/json"),
        "multipart": (f"{part}--b--\r\n".encode(), "multipart/form-data; boundary=b"),
        "utf-16": (form.encode("utf-16"), f"{usual}; charset=utf-16"),
        "a byte over 127": (form.encode() + b"&x=\xe4", usual),
        "separated by semicolons": (form.replace("&", ";").encode(), usual),
        "many parameters": (form.encode() + b"".join(b"&p%d=1" % number for number in range(50)), usual),
        "just over 16 KiB": (form.encode() + b"&x=" + b"a" * (16 * 1024 + 1 - len(form) - 3), usual),
        "two MiB": (form.encode() + b"&x=" + b"a" * 2 * 1024 * 1024, usual),
        "a million ampersands": (b"&" * 1_000_000 + form.encode(), usual),
        "nothing": (b"", usual),
        "only separators": (b"&=&=&", usual),
        "percent": (b"%" * 3000, usual),
        "gzip": (b"\x1f\x8b\x08\x00" + b"\x00" * 100, usual),
    }


@pytest.mark.parametrize("name", spoilt({"code": "", "state": ""}))
def test_a_body_that_is_no_form_post_is_refused_and_uses_nothing_up(
    stack: Stack, api: Api, office: Company, browser, name
):
    fields = sign_in(browser, invite(api, office, office.recruiter, returnUrl=RETURN), office.recruiter)
    body, content_type = spoilt(fields)[name]

    answer = send(stack, browser, body, **{"Content-Type": content_type})

    expect_refused_answer(stack, answer, secrets_of(browser, fields), office)
    assert deliver(stack, browser, fields).status_code == 303


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_other_methods_do_nothing_at_either_address(stack: Stack, api: Api, office: Company, browser, method):
    url = invite(api, office, office.recruiter)
    fields = sign_in(browser, url, office.recruiter)
    ticket = url.removeprefix(stack.public_url)

    for target, body in ((ticket, None), ("/mobile/getcalendar", urlencode(fields).encode())):
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, (value, _) in browser.cookies.items())}
        answer = raw(stack, method, target, body, FORM | cookies)
        assert answer.status_code in (404, 405)
        assert "location" not in answer.headers
        assert "set-cookie" not in answer.headers

    expect_nothing_stored(stack, office)
    expect_nothing_leaked(stack, secrets_of(browser, url, fields), office)
    assert deliver(stack, browser, fields).status_code == 200


def test_posting_to_a_link_opens_nothing(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter)

    answer = browser.open(url, "POST", data={"x": "1"})

    assert answer.status_code in (404, 405)
    assert "Location" not in answer.headers
    assert browser.cookies == {}


MARKUP = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;javascript:alert(1)"
PLACES = ["error", "error_description", "error_subcode", "error_uri", "session_state", "client_info", "tenant", "x"]


@pytest.mark.parametrize("place", PLACES)
def test_markup_in_any_parameter_is_never_shown(stack: Stack, api: Api, office: Company, browser, place):
    said = {"error": "access_denied", "error_description": "AADSTS65004: no"} | {place: f"AADSTS65004 {MARKUP}"}
    for method in ("POST", "GET"):
        state = state_of(to_microsoft(browser, invite(api, office, office.recruiter)))
        sent = {"params" if method == "GET" else "data": said | {"state": state}}

        text = expect_ended(browser.open(finish_url(stack), method, **sent), "alert(1)", "<img", "javascript:")

        assert "AADSTS65004" in text
        foreign = {"params" if method == "GET" else "data": said | {"state": MARKUP}}
        expect_common_page(stack, browser.open(finish_url(stack), method, **foreign))
    assert connections(stack, office) == []
    assert "alert(1)" not in stack.host.stderr_text()


@pytest.mark.parametrize("place", PLACES)
def test_markup_in_any_parameter_never_reaches_the_ats(stack: Stack, api: Api, office: Company, browser, place):
    state = state_of(to_microsoft(browser, invite(api, office, office.recruiter, returnUrl=RETURN)))
    said = {"error": "access_denied", "error_description": "AADSTS65004: no"} | {place: f"AADSTS65004 {MARKUP}\r\nX: y"}

    answer = deliver(stack, browser, said | {"state": state})

    expect_sent_back(answer, "declined")
    assert "X" not in answer.headers
    expect_nothing_stored(stack, office)
