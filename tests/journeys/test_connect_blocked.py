"""Connect your calendar where it does not end well: users may not consent, decline, or somebody forges an answer."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
import requests

from tests.journeys.api import Api
from tests.journeys.people import (
    ATS,
    PeopleCompany,
    connect,
    decide,
    expect_connects,
    expect_sent_back,
    expect_test_passes,
    go_back,
    invite,
    new_browser,
    new_people_company,
    open_link,
    query_of,
    rows,
    saved_people,
    state,
    token_requests,
)
from tests.journeys.test_configuration import at_once
from tests.journeys.test_connect import code_form, expect_nothing_stored
from tests.journeys.test_consent import expect_page
from tests.journeys.test_get_schedule import value
from tests.sandbox.browser import Browser
from tests.sandbox.stack import Stack

BLOCKS = [90094, 90095, 900941]


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A company with user consent that is saved, not tested."""
    return saved_people(stack, api)


def blocked(company: PeopleCompany, code: Any) -> PeopleCompany:
    """Let only administrators of this company consent."""
    company.tenant.user_consent = "admin"
    company.tenant.consent_block = code
    return company


def blocked_answer(stack: Stack, api: Api, company: PeopleCompany, **body: Any) -> requests.Response:
    """Try to connect the recruiter, who leaves Microsoft's page by its button where it shows one."""
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, company, company.recruiter, **body))
    answer = decide(stack, browser, company.recruiter)
    for _ in range(3):
        if not browser.url.startswith(stack.microsoft.entra_url):
            return answer
        answer = decide(stack, browser, company.recruiter, "cancel")
    return answer


def consent_links(text: str) -> list[str]:
    """Return the links to these functions that a page shows as text to copy or to click."""
    return list(dict.fromkeys(re.findall(r"http://localhost:\d+/connect/[A-Za-z0-9_-]+", unescape(text))))


def expect_admin_consents(stack: Stack, text: str, company: PeopleCompany) -> None:
    """Check that one of the page's links leads an administrator to consent for the organisation."""
    for url in consent_links(text):
        browser = new_browser(stack)
        open_link(stack, browser, url)
        if browser.url.partition("?")[0].endswith("/adminconsent"):
            done = browser.submit({"account": company.admin, "action": "accept"})
            expect_page(done, 200)
            return
    raise AssertionError(f"the page offers no administrator's link: {text[-1500:]}")


@pytest.mark.parametrize("block", BLOCKS)
def test_who_may_not_consent_gets_a_link_for_the_administrator_that_works(stack, api: Api, people, block: int):
    text = expect_page(blocked_answer(stack, api, blocked(people, block)), 400, "Trace ID", "The grant requires")

    assert "administrator" in text.lower()
    assert "<textarea" in text, "a text to copy"
    copied = unescape(text.partition("<textarea")[2].partition("</textarea>")[0])
    assert consent_links(copied), "the text to copy has the link in it"
    assert people.secret not in text
    expect_nothing_stored(stack, api, people, people.recruiter)
    expect_admin_consents(stack, copied, people)

    browser = new_browser(stack)
    open_link(stack, browser, invite(api, people, people.recruiter))
    answer = go_back(stack, browser, browser.submit({"account": people.recruiter, "action": "signin"}))
    expect_page(answer, 200)
    assert state(api, people, people.recruiter) == "connected"
    expect_test_passes(api, people)
    assert value(api.schedule(people))[0]["availabilityView"]


def test_the_ats_learns_that_an_administrator_is_needed(stack: Stack, api: Api, people: PeopleCompany):
    answer = blocked_answer(stack, api, blocked(people, 90094), returnUrl=ATS)
    expect_sent_back(answer, calendar="failed", code="adminConsentRequired")


@pytest.mark.parametrize("block", [90095, 900941])
def test_where_microsoft_tells_only_that_it_was_cancelled_the_ats_learns_that(stack, api: Api, people, block: int):
    answer = blocked_answer(stack, api, blocked(people, block), returnUrl=ATS)
    assert query_of(answer.headers["Location"])["code"] in ("declined", "adminConsentRequired")
    assert answer.status_code == 303


def test_a_user_who_declines_is_told_what_to_do(stack: Stack, api: Api, people: PeopleCompany):
    page = connect(stack, api, people, people.recruiter, action="cancel")
    back = connect(stack, api, people, people.recruiter, action="cancel", returnUrl=ATS)

    expect_page(page, 400, "Trace ID", "declined to consent to access")
    expect_sent_back(back, calendar="failed", code="declined")
    expect_nothing_stored(stack, api, people, people.recruiter)
    expect_connects(stack, api, people, people.recruiter)


@pytest.mark.parametrize("block", BLOCKS)
def test_what_the_administrator_registered_and_granted_is_enough(stack: Stack, api: Api, block: int):
    """The vendors' documents have Calendars.Read registered; users there cannot consent to anything else."""
    company = blocked(new_people_company(stack, scopes={"Calendars.Read", "User.Read"}), block)
    company.application.granted_scopes = {"Calendars.Read", "User.Read"}
    assert api.save(company).status_code == 200
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, company, company.recruiter))

    answer = decide(stack, browser, company.recruiter, "signin")
    if browser.url.startswith(
        stack.microsoft.entra_url
    ):  # Microsoft's own page tells the functions "cancelled", no more
        text = decide(stack, browser, company.recruiter, "cancel").text
        (button,) = [unescape(url) for url in re.findall(r'href="([^"]+)"', text) if "/connect/" in url]
        answer = go_back(stack, browser, browser.open(button))

    expect_page(answer, 200)
    assert state(api, company, company.recruiter) == "connected"
    expect_test_passes(api, company)
    assert value(api.schedule(company))[0]["availabilityView"]


def test_an_administrator_who_accepts_for_everybody_lets_users_connect_who_may_not_consent(stack, api: Api, people):
    blocked(people, 90094)
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, people, people.admin))
    page = browser.submit({"account": people.admin, "action": "accept", "organization": "yes"})
    expect_page(go_back(stack, browser, page), 200)

    answer = connect(stack, api, people, people.recruiter, action="signin")
    expect_page(answer, 200)


def _unassigned(company: PeopleCompany) -> None:
    company.application.assignment_required = True


def _conditional_access(company: PeopleCompany) -> None:
    company.account(company.recruiter).conditional_access = "block"


@pytest.mark.parametrize("policy", [_unassigned, _conditional_access])
def test_a_policy_that_keeps_the_user_out_is_named_as_one(stack, api: Api, people, policy: Callable[..., None]):
    policy(people)

    expect_sent_back(
        connect(stack, api, people, people.recruiter, returnUrl=ATS), calendar="failed", code="blockedByPolicy"
    )
    expect_page(connect(stack, api, people, people.recruiter), 400, "Trace ID", "block users unless")
    expect_nothing_stored(stack, api, people, people.recruiter)


@pytest.mark.parametrize("error", ["server_error", "temporarily_unavailable", "invalid_request", "something_new"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_any_other_error_of_microsoft_is_its_fault_and_not_shown(stack, api: Api, people, error: str, method: str):
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, people, people.recruiter, returnUrl=ATS))
    fields = {"error": error, "error_description": "<b>AADSTS90033</b>: busy", "state": query_of(browser.url)["state"]}

    answer = send(stack, browser, fields, method)

    expect_sent_back(answer, calendar="failed", code="microsoftError")
    expect_nothing_stored(stack, api, people, people.recruiter)


def send(stack: Stack, browser: Browser, fields: dict[str, str], method: str = "POST") -> requests.Response:
    """Send an answer to finish_consent."""
    where = f"{stack.public_url}/mobile/getcalendar"
    if method == "POST":
        return browser.post(where, fields, follow=False)
    return browser.open(requests.Request("GET", where, params=fields).prepare().url or "", follow=False)


def unknown_page(stack: Stack) -> str:
    """Return the page of an answer that nobody knows."""
    return expect_page(send(stack, new_browser(stack), {"state": "x" * 43, "code": "1.x"}), 400)


def test_a_code_in_the_address_is_refused_and_not_redeemed(stack: Stack, api: Api, people: PeopleCompany):
    browser = new_browser(stack)
    fields = code_form(stack, browser, invite(api, people, people.recruiter, returnUrl=ATS), people.recruiter)
    stack.microsoft.clear_requests()

    answer = send(stack, browser, fields, "GET")

    expect_page(answer, 400, fields["code"], fields["state"])
    assert token_requests(stack, people, "authorization_code") == []
    expect_nothing_stored(stack, api, people, people.recruiter)


def test_an_answer_counts_once_even_twice_at_once(stack: Stack, api: Api, people: PeopleCompany):
    browser = new_browser(stack)
    fields = code_form(stack, browser, invite(api, people, people.recruiter), people.recruiter)
    twin = new_browser(stack)
    twin.cookies = dict(browser.cookies)
    cookies = dict(browser.cookies)

    answers = at_once(lambda: send(stack, browser, fields), lambda: send(stack, twin, fields))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    browser.cookies = cookies
    assert expect_page(send(stack, browser, fields), 400) == unknown_page(stack)
    assert state(api, people, people.recruiter) == "connected", "a replay takes nothing away"
    log = stack.host.stderr_text()
    assert not [hidden for hidden in (fields["code"], fields["state"], people.recruiter) if hidden in log]


def test_an_answer_in_another_browser_is_unknown_and_uses_nothing_up(stack: Stack, api: Api, people: PeopleCompany):
    browser, other = new_browser(stack), new_browser(stack)
    fields = code_form(stack, browser, invite(api, people, people.recruiter, returnUrl=ATS), people.recruiter)
    open_link(stack, other, invite(api, people, people.recruiter, returnUrl=ATS))

    assert expect_page(send(stack, other, fields), 400) == unknown_page(stack)
    expect_nothing_stored(stack, api, people, people.recruiter)
    expect_sent_back(send(stack, browser, fields), calendar="connected")


def test_a_code_of_another_sign_in_cannot_be_slipped_in(stack: Stack, api: Api, people: PeopleCompany):
    """PKCE and the nonce: the thief's code in the victim's browser connects the thief's account to nobody."""
    victim, thief = new_browser(stack), new_browser(stack)
    mine = code_form(stack, victim, invite(api, people, people.recruiter, returnUrl=ATS), people.recruiter)
    stolen = code_form(stack, thief, invite(api, people, people.recruiter, returnUrl=ATS), people.recruiter)

    expect_sent_back(send(stack, victim, mine | {"code": stolen["code"]}), calendar="failed", code="microsoftError")
    expect_nothing_stored(stack, api, people, people.recruiter)


ODD = {
    "the answer of admin consent": {"admin_consent": "True", "tenant": "{tenant}", "code": None},
    "no code": {"code": None},
    "an empty code": {"code": ""},
    "no state": {"state": None},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_of_another_kind_connects_nobody(stack: Stack, api: Api, people, changes: dict[str, Any], method):
    browser = new_browser(stack)
    fields: dict[str, Any] = code_form(stack, browser, invite(api, people, people.recruiter), people.recruiter)
    fields |= {name: text and text.format(tenant=people.tenant.id) for name, text in changes.items()}

    expect_page(send(stack, browser, {name: text for name, text in fields.items() if text is not None}, method), 400)
    expect_nothing_stored(stack, api, people, people.recruiter)


@pytest.mark.parametrize("double", ["state", "code"])
def test_parameters_given_twice_are_refused(stack: Stack, api: Api, people: PeopleCompany, double: str):
    browser = new_browser(stack)
    fields = code_form(stack, browser, invite(api, people, people.recruiter), people.recruiter)
    twice: Any = [*fields.items(), (double, fields[double])]

    expect_page(send(stack, browser, twice), 400)
    assert rows(stack, people) == []
