"""Answers that Microsoft never gave, or gave to somebody else: replayed, foreign, expired, by another browser."""

from datetime import timedelta

import pytest
import requests

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    RETURN,
    TOKENS,
    connect,
    connections,
    consents,
    deliver,
    expect_common_page,
    expect_ended,
    expect_nothing_leaked,
    expect_refused_answer,
    finish_url,
    invite,
    new_office,
    press,
    put_row,
    secrets_of,
    sign_in,
    sign_in_row,
)
from tests.journeys.browser import Browser, link, state_of, to_microsoft
from tests.journeys.expect import seen
from tests.sandbox.stack import Stack


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


@pytest.fixture
def browser(stack: Stack) -> Browser:
    """The victim's browser."""
    return Browser(stack)


@pytest.mark.parametrize("return_url", [None, RETURN], ids=["page", "returnUrl"])
def test_an_answer_that_was_used_is_refused_for_ever_after(
    stack: Stack, api: Api, office: Company, browser, return_url
):
    url = invite(api, office, office.recruiter, **({"returnUrl": return_url} if return_url else {}))
    fields = sign_in(browser, url, office.recruiter)
    cookies = dict(browser.cookies)
    assert deliver(stack, browser, fields).status_code == (303 if return_url else 200)
    before = connections(stack, office)
    secrets = secrets_of(browser, url, fields)

    for again in (
        fields,
        {**fields, "code": fields["code"][::-1]},
        {"state": fields["state"], "error": "access_denied"},
    ):
        browser.cookies = dict(cookies)
        expect_common_page(stack, deliver(stack, browser, again))

    assert connections(stack, office) == before
    expect_nothing_leaked(stack, secrets, office)


STATES = {
    "none": None,
    "empty": "",
    "short": "abc",
    "right form": "0123456789abcdef" + "A" * 43,
    "with a line end": "0123456789abcdef" + "A" * 43 + "\n",
    "nul": "\x00" * 59,
    "markup": "<script>alert(1)</script>",
    "quote": "' or PartitionKey ne '",
    "path": "../../customers/x",
    "long": "a" * 9000,
    "unicode": "０" * 59,
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_state_that_nobody_was_given_is_refused(stack: Stack, api: Api, office: Company, browser, state):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)
    secrets = secrets_of(browser, url, fields)
    changed = {name: value for name, value in (fields | {"state": state}).items() if value is not None}

    expect_refused_answer(stack, deliver(stack, browser, changed), secrets, office)


def test_the_state_of_somebody_elses_sign_in_is_refused(stack: Stack, api: Api, office: Company, browser):
    other = new_office(stack, api)
    stranger = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter, returnUrl=RETURN), office.recruiter)
    foreign = sign_in(stranger, invite(api, other, other.recruiter, returnUrl=RETURN), other.recruiter)
    secrets = secrets_of(browser, fields, foreign)

    mixed = [fields | {"state": foreign["state"]}, foreign]
    for answer in (deliver(stack, browser, parts) for parts in mixed):
        expect_refused_answer(stack, answer, secrets, office, other)

    assert deliver(stack, stranger, foreign).status_code == 303, "a stranger's try must not use up the own answer"


COOKIES = {
    "none": lambda name, value: {},
    "empty": lambda name, value: {name: ""},
    "of another flow": lambda name, value: {name[:-12] + "0" * 12: value},
    "another value": lambda name, value: {name: value[::-1]},
    "cut": lambda name, value: {name: value[:-1]},
    "longer": lambda name, value: {name: value + "A"},
    "in quotes": lambda name, value: {name: f'"{value}"'},
    "as a part of another": lambda name, value: {"x": f"{name}={value}"},
    "with another prefix": lambda name, value: {name.replace("__Secure-", "__Host-"): value},
    "case": lambda name, value: {name.swapcase(): value},
}


@pytest.mark.parametrize("spoil", COOKIES.values(), ids=COOKIES)
def test_without_this_browsers_own_cookie_an_answer_is_refused(stack: Stack, api: Api, office: Company, browser, spoil):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)
    secrets = secrets_of(browser, url, fields)
    kept = dict(browser.cookies)
    ((name, (value, path)),) = kept.items()
    browser.cookies = {name: (value, path) for name, value in spoil(name, value).items()}

    expect_refused_answer(stack, deliver(stack, browser, fields), secrets, office)

    browser.cookies = kept
    assert deliver(stack, browser, fields).headers["Location"].endswith("calendar=connected")


def test_the_cookie_of_another_flow_of_the_same_link_is_refused(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    attacker = Browser(stack)
    fields = sign_in(attacker, url, office.recruiter)
    sign_in(browser, url, office.recruiter)
    ((mine, value),) = attacker.cookies.items()
    secrets = [*secrets_of(browser, url, fields), *secrets_of(attacker)]
    browser.cookies[mine] = next(iter(browser.cookies.values()))  # right name, the other flow's value

    expect_refused_answer(stack, deliver(stack, browser, fields), secrets, office)
    attacker.cookies[mine] = value
    assert deliver(stack, attacker, fields).status_code == 303


def test_cookies_planted_beside_the_own_one_do_no_harm(stack: Stack, api: Api, office: Company, browser):
    """A sibling domain may plant cookies of the same name, which browsers send first (RFC 6265, section 8.6)."""
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    ((name, (value, _)),) = browser.cookies.items()
    browser.cookies = {}
    planted = "; ".join(f"{name}={letter * 43}" for letter in "ABC")

    answer = browser.open(
        finish_url(stack), "POST", data=fields, headers={"Cookie": f"x=1; {planted}; {name}={value}; y=2"}
    )

    assert answer.status_code == 200


def test_an_attackers_flow_planted_in_the_victims_browser_connects_nobody(stack: Stack, api: Api, office: Company):
    """Session fixation: the attacker's own cookie and address of Microsoft, but the victim signs in there."""
    attacker, victim = Browser(stack), Browser(stack)
    address = to_microsoft(attacker, invite(api, office, office.ada))
    victim.cookies = dict(attacker.cookies)
    fields = press(victim, address, office.recruiter)

    expect_ended(deliver(stack, victim, fields), *secrets_of(victim, fields))

    assert connections(stack, office) == []
    expect_nothing_leaked(stack, secrets_of(attacker, fields), office)


def test_an_answer_after_an_hour_is_refused(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)
    row = sign_in_row(stack, office, fields["state"])
    put_row(stack, "consents", row | {"expiresAt": row["expiresAt"] - timedelta(hours=1, seconds=1)})

    expect_refused_answer(stack, deliver(stack, browser, fields), secrets_of(browser, url, fields), office)


@pytest.mark.parametrize("spelling", ["code", "Code", "CODE"])
def test_a_code_by_get_is_refused_and_never_redeemed(stack: Stack, api: Api, office: Company, browser, spelling):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)
    secrets = secrets_of(browser, url, fields)
    query = {spelling: fields["code"], "state": fields["state"]}

    expect_refused_answer(stack, browser.open(finish_url(stack), params=query), secrets, office)
    expect_refused_answer(stack, browser.open(finish_url(stack), params=query | {"error": "x"}), secrets, office)

    assert not [request for request in seen(stack, "entra", office) if request.path.endswith("/token")]


def test_a_code_in_the_address_of_a_post_counts_for_nothing(stack: Stack, api: Api, office: Company, browser):
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    query, body = {"code": fields["code"]}, {"state": fields["state"]}

    answer = browser.open(finish_url(stack), "POST", params=query, data=body)

    expect_refused_answer(stack, answer, secrets_of(browser, fields), office)
    assert not [request for request in seen(stack, "entra", office) if request.path.endswith("/token")]


def test_a_code_beside_an_error_is_not_redeemed(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)

    answer = deliver(stack, browser, fields | {"error": "server_error"})

    assert answer.headers["Location"].endswith("calendar=failed&code=microsoftError")
    assert connections(stack, office) == []
    assert not [request for request in seen(stack, "entra", office) if request.path.endswith("/token")]
    expect_nothing_leaked(stack, secrets_of(browser, url, fields), office)


def test_a_users_sign_in_takes_no_admin_consent_for_an_answer(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    for method in ("GET", "POST"):
        state = state_of(to_microsoft(browser, url))
        said = {"admin_consent": "True", "tenant": office.tenant.id, "state": state, "scope": "x"}

        answer = browser.open(finish_url(stack), method, **({"params": said} if method == "GET" else {"data": said}))

        expect_refused_answer(stack, answer, secrets_of(browser, url, {"state": state}), office)


def test_an_administrators_sign_in_takes_no_code_for_an_answer(stack: Stack, api: Api, office: Company, browser):
    """Not even a good code of a user's own sign-in, with the user's cookie beside it."""
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    state = state_of(to_microsoft(browser, link(api, office, returnUrl=RETURN)))

    for more in ({}, {"admin_consent": "True", "tenant": office.tenant.id}):
        answer = deliver(stack, browser, {"code": fields["code"], "state": state} | more)
        expect_refused_answer(stack, answer, secrets_of(browser, fields, {"state": state}), office)
    assert deliver(stack, browser, fields).status_code == 200


def test_the_cookie_goes_to_the_redirect_uri_only_and_out_of_reach_of_scripts(api: Api, office: Company):
    answer = requests.get(invite(api, office, office.recruiter), allow_redirects=False, timeout=30)

    (line,) = answer.raw.headers.getlist("Set-Cookie")
    parts = {part.strip().lower().partition("=")[0]: part.strip().partition("=")[2] for part in line.split(";")[1:]}
    assert parts["path"] == "/mobile/getcalendar"
    assert {"secure", "httponly"} <= parts.keys()
    assert parts.get("domain", "") == ""
    assert int(parts["max-age"]) <= 3600
    assert line.startswith("__Secure-")


def test_nothing_of_a_good_sign_in_leaks_either(stack: Stack, api: Api, office: Company, browser):
    url = invite(api, office, office.recruiter)
    fields = sign_in(browser, url, office.recruiter)
    secrets = secrets_of(browser, url, fields)

    assert deliver(stack, browser, fields).status_code == 200
    assert connect(stack, api, office, office.ada).status_code == 200

    assert len(connections(stack, office)) == 2
    assert len(consents(stack, office)) >= 4
    expect_nothing_leaked(stack, secrets, office)


def test_the_checks_for_leaks_notice_one(stack: Stack, api: Api, office: Company, browser):
    """In the log and in each of the tables; else the tests here would prove nothing."""
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    assert TOKENS.search(fields["code"])
    assert deliver(stack, browser, fields).status_code == 200
    sealed = connections(stack, office)[0]["sealed"].decode("latin-1")

    for found in ("start_consent", office.application.app_id, office.recruiter, sealed[:30]):
        with pytest.raises(AssertionError):
            expect_nothing_leaked(stack, [found], office)
