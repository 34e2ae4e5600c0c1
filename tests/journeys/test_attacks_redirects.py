"""Sending a browser elsewhere: by the returnUrl of an invitation, by parameters, by a row that somebody edited."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    RETURN,
    connections,
    consents,
    deliver,
    expect_common_page,
    expect_sent_back,
    finish_url,
    invite,
    new_office,
    put_row,
    sign_in,
    sign_in_row,
)
from tests.journeys.browser import Browser, state_of, to_microsoft
from tests.sandbox.stack import Stack

EVIL = "https://evil.example/"


@pytest.fixture(scope="module")
def office(stack: Stack) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, Api(stack))


def ask(api: Api, company: Company, kind: str, url: object):
    """Ask for a link with this returnUrl."""
    place = "calendar/admin-consent" if kind == "admin" else f"users/{company.recruiter}/calendar/connect"
    return api.call("POST", f"/customers/{company.customer}/{place}", json={"returnUrl": url})


# The host at the end of each is what some program, somewhere, would go to; none is https://ats.example.
REFUSED = [
    *("https://evil.example", "https://evil.example/https://ats.example", "https://evil.example#https://ats.example/"),
    *("https://ats.example.evil.example/", "https://evilats.example/", "https://ats.example@evil.example/"),
    *("https://ats.example:pw@evil.example/", "https://user@ats.example/", "//ats.example/", "/people", "people"),
    *("https://ats.example:444/", "https://ats.example:80/", "https://ats.example:0443/", "https://ats.example:x/"),
    *("http://ats.example/", "https:ats.example", "https:ats.example/", "https:/ats.example/", "https:///ats.example/"),
    *("https://ats.example\\@evil.example/", "https://evil.example\\@ats.example/", "\\\\ats.example/"),
    *("https://\\ats.example", "https://ats.example%2eevil.example/", "https://ats.example%00.evil.example/"),
    *("https://ats.example%23.evil.example/", "https://ats.example.", "https://ats.example./", "https://аts.example/"),
    *("https://ATS。example/", "https://ats。example/", "https://xn--ts-8cd.example/", "https://ats.example/\u00a0"),
    *("https://ats.example ", " https://ats.example/", "https://ats.example/ @evil.example", "https://a\tts.example"),
    *("https://ats.example/\r\nLocation: https://evil.example", "https://ats.example/\n", "\thttps://ats.example/"),
    *("javascript:alert(1)//https://ats.example/", "javascript://ats.example/%0aalert(1)", "data:text/html,x"),
    *("vbscript:x", "file://ats.example/", "ftp://ats.example/", "https://[ats.example]/", "https://[::1]/"),
    *("https://ats.example:443:80/", "https://:443/", "https://ats.example:99999/", "https://127.0.0.1/"),
    *("http://localhost/", "", " ", "x" * 3000, f"https://ats.example/{'a' * 2100}", "https://ats.example/\u2028"),
    *("https://ats.example/\ud800", 5, True, [], ["https://ats.example/"], {"url": "https://ats.example/"}),
]


@pytest.mark.parametrize("kind", ["user", "admin"])
@pytest.mark.parametrize("url", REFUSED, ids=lambda url: ascii(url)[:50])
def test_a_return_url_that_leads_anywhere_else_makes_no_link(stack: Stack, api: Api, office: Company, kind, url):
    before = len(consents(stack, office))

    answer = ask(api, office, kind, url)

    assert answer.status_code == 400, answer.text[:300]
    assert answer.json()["error"]["code"] in {"invalidRequest", "returnUrlNotAllowed"}
    assert "evil" not in answer.text, "a refusal never repeats what it refuses"
    assert len(consents(stack, office)) == before


TAKEN = {
    "https://ats.example": "https://ats.example?calendar=failed&code=declined",
    "HTTPS://ATS.EXAMPLE/": "https://ATS.EXAMPLE/?calendar=failed&code=declined",
    "https://ats.example:443/a": "https://ats.example:443/a?calendar=failed&code=declined",
    "https://ats.example?.evil.example": "https://ats.example?.evil.example&calendar=failed&code=declined",
    "https://ats.example#.evil.example": "https://ats.example?calendar=failed&code=declined#.evil.example",
    "https://ats.example//evil.example/..": "https://ats.example//evil.example/..?calendar=failed&code=declined",
    "https://ats.example/?calendar=connected": "https://ats.example/?calendar=failed&code=declined",
    "https://ats.example/?calendar=connected&calendar=x#calendar=connected": (
        "https://ats.example/?calendar=failed&code=declined#calendar=connected"
    ),
    "https://ats.example/?next=https://evil.example": (
        "https://ats.example/?next=https://evil.example&calendar=failed&code=declined"
    ),
}


@pytest.mark.parametrize("url", TAKEN)
def test_a_return_url_that_is_taken_leads_to_the_ats_whatever_stands_in_it(stack: Stack, api, office: Company, url):
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, invite(api, office, office.recruiter, returnUrl=url)))

    answer = deliver(stack, browser, {"error": "access_denied", "state": state})

    assert answer.status_code == 303
    assert answer.headers["Location"] == TAKEN[url]
    assert urlsplit(answer.headers["Location"]).hostname == "ats.example"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


WAYS = ["returnUrl", "return_url", "redirect", "redirect_uri", "url", "next", "RelayState", "target"]


@pytest.mark.parametrize("way", WAYS)
def test_no_parameter_of_an_answer_or_a_link_says_where_to_go(stack: Stack, api: Api, office: Company, way):
    browser = Browser(stack)
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    opened = browser.open(url, params={way: EVIL})
    assert opened.headers["Location"].startswith(stack.microsoft.entra_url)
    assert "evil" not in opened.headers["Location"]
    state = state_of(opened.headers["Location"])

    expect_common_page(stack, browser.open(finish_url(stack), params={way: EVIL, "state": "x"}))
    answer = deliver(stack, browser, {"error": "access_denied", "state": state, way: EVIL})

    expect_sent_back(answer, "declined")


def test_forged_headers_change_no_address(stack: Stack, api: Api, office: Company):
    forged = {"X-Forwarded-Host": "evil.example", "X-Original-Host": "evil.example", "Forwarded": "host=evil.example"}
    forged |= {"X-Forwarded-Proto": "http", "X-Original-URL": EVIL, "Referer": EVIL, "Origin": "https://evil.example"}
    path = f"/customers/{office.customer}/users/{office.recruiter}/calendar/connect"

    answer = api.call("POST", path, headers=forged | {"Host": "evil.example"})
    opened = Browser(stack).open(answer.json()["url"], headers=forged)

    assert answer.json()["url"].startswith(f"{stack.public_url}/connect/")
    assert parse_qs(urlsplit(opened.headers["Location"]).query)["redirect_uri"] == [finish_url(stack)]
    assert "evil" not in str(opened.headers)


@pytest.mark.parametrize("edited", [EVIL, "https://left-by-the-operator.example/", "javascript:alert(1)"])
def test_a_return_url_is_checked_again_before_it_is_used(stack: Stack, api: Api, office: Company, edited):
    """By then somebody may have edited the row, or the operator have taken the origin out of RETURN_URLS."""
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter, returnUrl=RETURN), office.recruiter)
    put_row(stack, "consents", sign_in_row(stack, office, fields["state"]) | {"returnUrl": edited})

    answer = deliver(stack, browser, fields)

    assert not answer.headers.get("Location", "").startswith(edited)


def test_after_all_that_nobody_is_connected(stack: Stack, office: Company):
    rows = connections(stack, office)
    assert len(rows) <= 1, "only the sign-in whose row was edited was a true one"
