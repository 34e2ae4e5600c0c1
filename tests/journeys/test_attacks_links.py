"""Tickets: guessed, enumerated, timed, multiplied, kept alive."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from lib.domain.consent import MOST_OPENINGS, SIGN_IN_LIFE, USER_LINK_LIFE, customer_mark
from tests.journeys.api import Api, Company, another_instance, new_company
from tests.journeys.attacker import (
    consents,
    deliver,
    expect_no_way_on,
    expect_nothing_leaked,
    invite,
    log_of,
    new_office,
    put_row,
)
from tests.journeys.browser import Browser, link, state_of, to_microsoft
from tests.journeys.tables_between import TablesBetween
from tests.sandbox.stack import Stack


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


def opened(url: str) -> requests.Response:
    """Open a link as a stranger."""
    return requests.get(url, timeout=30, allow_redirects=False)


def links(stack: Stack, company: Company) -> list[dict]:
    """Return the rows of the customer's links."""
    return [row for row in consents(stack, company) if row["RowKey"].startswith("link-")]


def age(stack: Stack, company: Company, by: timedelta) -> None:
    """Let time pass for all links and sign-ins of the customer."""
    for row in consents(stack, company):
        put_row(stack, "consents", row | {"expiresAt": row["expiresAt"] - by})


def dead_links(stack: Stack, api: Api) -> dict[str, str]:
    """Return links that must not work any more, each for a reason of its own, and guesses."""
    offices = {name: new_office(stack, api) for name in ("expired", "deleted", "again", "admin", "none", "moved")}
    found = {name: invite(api, company, company.recruiter) for name, company in offices.items()}
    age(stack, offices["expired"], USER_LINK_LIFE)
    path = "/customers/{}/calendar"
    for name in ("deleted", "again"):
        assert api.call("DELETE", path.format(offices[name].customer)).status_code == 204
    assert api.save(offices["again"], offices["again"].document(consent="user")).status_code == 200
    assert api.save(offices["admin"]).status_code == 200
    assert api.save(offices["none"], {"configurationType": "none"}).status_code == 200
    other = new_company(stack)
    moved = offices["moved"].document(tenantId=other.tenant.id, applicationId=other.application.app_id, consent="user")
    assert api.save(offices["moved"], moved).status_code == 200
    good = found["again"]
    mark = customer_mark(offices["again"].customer)
    return found | {
        "a guess with the customer's mark": f"{stack.public_url}/connect/{mark}{'A' * 43}",
        "a guess with another mark": f"{stack.public_url}/connect/{'0' * 16}{'A' * 43}",
        "one character off": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "another letter case": good.swapcase().replace(stack.public_url.swapcase(), stack.public_url),
        "no form at all": f"{stack.public_url}/connect/x",
        "a slash behind": f"{good}%2F",
        "a blank behind": f"{good}%20",
        "a line end behind": f"{good}%0A",
    }


def test_every_dead_link_is_the_same_page_and_costs_two_reads_at_most(stack: Stack, api: Api):
    """Two for a ticket that exists; a guess costs one read, whether its customer exists or not."""
    dead = dead_links(stack, api)
    pages, reads = {}, {}
    with TablesBetween(stack) as between, another_instance(stack, TABLES_ENDPOINT=between.endpoint) as second:
        opened(f"{second.url}/connect/{'0' * 16}{'B' * 43}")  # builds what a first call builds
        for name, url in dead.items():
            between.seen.clear()
            answer = opened(url.replace(stack.public_url, second.url))
            expect_no_way_on(answer)
            pages[name] = (answer.status_code, answer.text)
            reads[name] = len(between.seen)
            assert all(method == "GET" for method, _ in between.seen), "a dead link changes nothing"

    assert {status for status, _ in pages.values()} - {400} <= {404}, {name: page[0] for name, page in pages.items()}
    assert len({text for status, text in pages.values() if status == 400}) == 1
    assert all(count <= 2 for count in reads.values()), reads
    guesses = {count for name, count in reads.items() if "guess" in name or name in {"one character off", "deleted"}}
    assert guesses == {1}, reads
    expect_nothing_leaked(stack, [url.rpartition("/")[2] for url in dead.values() if len(url) > 70])


def test_tickets_have_nothing_in_common_but_the_mark(stack: Stack, api: Api, office: Company):
    tickets = [invite(api, office, office.recruiter).rpartition("/")[2] for _ in range(20)]

    assert {ticket[:16] for ticket in tickets} == {customer_mark(office.customer)}
    for place in range(16, 59):
        assert len({ticket[place] for ticket in tickets}) > 2
    assert not any(word in ticket for ticket in tickets for word in (office.customer, "recruiter"))


def test_a_live_link_tells_a_stranger_no_secret(stack: Stack, api: Api, office: Company):
    url = invite(api, office, office.recruiter)

    answer = opened(url)

    assert answer.status_code == 302
    assert answer.text == ""
    assert answer.headers["Referrer-Policy"] == "no-referrer", "the next page must not learn the ticket"
    assert "no-store" in answer.headers["Cache-Control"]
    assert url.rpartition("/")[2] not in answer.headers["Location"] + str(answer.headers.get("Set-Cookie"))
    assert url.rpartition("/")[2] not in log_of(stack)


def fail(stack: Stack, url: str) -> list[str]:
    """Open a user's link, decline without asking Microsoft, and return the links of the page."""
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, url))
    page = deliver(stack, browser, {"error": "access_denied", "state": state}).text
    return [html.unescape(found) for found in re.findall(rf"{stack.public_url}/connect/[\w-]{{59}}", page)]


def test_the_fifteen_minutes_of_a_link_cannot_be_prolonged_for_ever(stack: Stack, api: Api, office: Company):
    url: str | None = invite(api, office, office.recruiter)
    step, passed = USER_LINK_LIFE - timedelta(minutes=1), timedelta()

    while url and passed < 4 * SIGN_IN_LIFE:
        found = fail(stack, url)
        url = found[0] if found else None
        age(stack, office, step)
        passed += step
        if url and opened(url).status_code != 302:
            url = None

    assert url is None, f"after {passed} the invitation of {USER_LINK_LIFE} still opens"


def test_failing_on_purpose_makes_no_flood_of_links(stack: Stack, api: Api, office: Company):
    """Anonymous, with one link: every answer that fails adds a link of 15 minutes and an administrator's of 7 days."""
    url = invite(api, office, office.recruiter)
    for _ in range(20):
        fail(stack, url)

    made = links(stack, office)
    assert len(made) <= 10, f"one link became {len(made)}, worth {len(made) * MOST_OPENINGS} openings"


def test_opening_a_link_many_times_at_once_is_limited_too(stack: Stack, api: Api, office: Company):
    """Each opening is a row until the next invitation, so the limit counts for those at the same moment as well."""
    url, left = invite(api, office, office.recruiter), 15
    (row,) = links(stack, office)
    put_row(stack, "consents", row | {"openings": MOST_OPENINGS - left})
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: opened(url).status_code, range(5 * left)))

    assert answers.count(302) <= left
    assert opened(url).status_code == 400
    assert len(consents(stack, office)) <= 1 + left


def test_opening_a_link_one_after_the_other_is_limited(stack: Stack, api: Api, office: Company):
    url = invite(api, office, office.recruiter)
    assert opened(url).status_code == 302
    (row,) = links(stack, office)
    put_row(stack, "consents", row | {"openings": MOST_OPENINGS})
    before = len(consents(stack, office))

    expect_no_way_on(opened(url))

    assert len(consents(stack, office)) == before


def test_a_finished_sign_in_takes_its_cookie_away(stack: Stack, api: Api, office: Company):
    """Each opening leaves a cookie of some 85 bytes; a hundred of them fill what servers take of headers."""
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, link(api, office)))
    assert len(browser.cookies) == 1

    assert deliver(stack, browser, {"error": "access_denied", "state": state}).status_code == 400

    assert browser.cookies == {}


def test_the_way_out_of_a_slow_sign_in_does_not_depend_on_what_others_do(stack: Stack, api: Api, office: Company):
    """A sign-in lasts an hour, its invitation 15 minutes: then somebody else's invitation takes away its row."""
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, invite(api, office, office.recruiter)))
    (row,) = links(stack, office)
    put_row(stack, "consents", row | {"expiresAt": row["expiresAt"] - USER_LINK_LIFE})
    invite(api, office, office.ada)

    page = deliver(stack, browser, {"error": "access_denied", "state": state}).text

    assert "/connect/" in page, "the page tells to start again and to send a text to the IT department, and has neither"
