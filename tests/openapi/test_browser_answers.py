"""The browser's way through consent answers as described: redirects, pages, cookies, headers."""

from typing import Any

import pytest
import requests

from tests.journeys.api import Api, Company, new_company
from tests.journeys.browser import link
from tests.journeys.conforming import expect_described
from tests.journeys.people import ATS, PeopleCompany, decide, invite, open_link, saved_people
from tests.sandbox.browser import Browser
from tests.sandbox.stack import Stack


class Watched(Browser):
    """A browser in which every answer of the functions is held against their description."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(str(stack.authority.ca_file))
        self._own = stack.public_url
        self.seen: list[tuple[str, str, int]] = []
        self._session.hooks["response"].append(self._look)

    def _look(self, answer: requests.Response, **_: Any) -> None:
        if str(answer.request.url).startswith(self._own):
            path, method = answer.request.path_url, str(answer.request.method)
            expect_described(answer, method, path, url=self._own)
            self.seen.append((method, path.split("/")[1].partition("?")[0], answer.status_code))


@pytest.fixture
def browser(stack: Stack) -> Watched:
    return Watched(stack)


@pytest.fixture
def people(stack: Stack) -> PeopleCompany:
    return saved_people(stack, Api(stack))


@pytest.fixture
def company(stack: Stack) -> Company:
    company = new_company(stack, consented=False)
    assert Api(stack).save(company).status_code == 200
    return company


@pytest.mark.parametrize(
    ("body", "action", "status"),
    [
        ({}, "accept", 200),
        ({}, "cancel", 400),
        ({"returnUrl": ATS}, "accept", 303),
        ({"returnUrl": ATS}, "cancel", 303),
    ],
)
def test_a_users_sign_in_is_as_described(
    stack: Stack, browser: Watched, people: PeopleCompany, body: dict[str, str], action: str, status: int
):
    open_link(stack, browser, invite(Api(stack), people, people.recruiter, **body))
    decide(stack, browser, people.recruiter, action)

    assert browser.seen == [("GET", "connect", 302), ("POST", "mobile", status)]


@pytest.mark.parametrize(
    ("body", "action", "status"), [({}, "accept", 200), ({}, "cancel", 400), ({"returnUrl": ATS}, "accept", 303)]
)
def test_an_administrators_consent_is_as_described(
    stack: Stack, browser: Watched, company: Company, body: dict[str, str], action: str, status: int
):
    open_link(stack, browser, link(Api(stack), company, **body))
    decide(stack, browser, f"admin@{company.tenant.domains[1]}", action)

    assert browser.seen == [("GET", "connect", 302), ("GET", "mobile", status)]


def test_links_and_answers_that_cannot_be_used_are_as_described(stack: Stack, browser: Watched):
    browser.open(f"{stack.public_url}/connect/nothing")
    browser.open(f"{stack.public_url}/mobile/getcalendar?state=x")
    browser.post(f"{stack.public_url}/mobile/getcalendar", {"state": "x", "code": "y"})

    assert browser.seen == [("GET", "connect", 400), ("GET", "mobile", 400), ("POST", "mobile", 400)]
