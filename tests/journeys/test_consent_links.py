"""Consent links: guessed, expired, deleted, opened twice; and answers in forms that nobody should send."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.data.tables import TableServiceClient, UpdateMode

from tests.journeys.api import Api, Company, new_company
from tests.journeys.browser import Browser, changed, consent, link, press, state_of, to_microsoft
from tests.journeys.expect import expect_refused, raw
from tests.journeys.test_configuration import at_once
from tests.journeys.test_consent import expect_page, fresh, granted  # noqa: F401  (fresh is a fixture)
from tests.sandbox.stack import Stack


def test_an_invitation_needs_a_saved_configuration(api: Api, company: Company):
    path = f"/customers/{company.customer}/calendar/admin-consent"
    expect_refused(api.call("POST", path), 404, "customerNotFound")

    api.save(company, {"configurationType": "none"})
    expect_refused(api.call("POST", path), 409, "calendarNotConfigured")

    api.save(company, company.document(consent="user"))
    assert api.call("POST", path).status_code == 201


FOREIGN = [
    *("https://evil.example/", "https://ats.example.evil.example/", "http://ats.example/", "https://ats.example:444/"),
    *("https://ats.example@evil.example/", "https://evil.example/https://ats.example", "https://sub.ats.example/"),
    *("https://ats.example\\@evil.example/", "https://ats.example%2eevil.example/"),
]


@pytest.mark.parametrize("url", FOREIGN)
def test_a_return_url_of_another_origin_is_refused(api: Api, ready: Company, url: str):
    answer = api.call("POST", f"/customers/{ready.customer}/calendar/admin-consent", json={"returnUrl": url})

    assert answer.status_code == 400
    if "\\" not in url and "%" not in url:
        expect_refused(answer, 400, "returnUrlNotAllowed")


TICKETS = ["a", "x" * 43, "x" * 3000, "%C3%A4", "a%2Fb", "a%0Ab", "%3Cscript%3E", "a.b", "%27", "..a"]


def test_guessed_tickets_all_look_alike(stack: Stack):
    answers = [raw(stack, "GET", f"/connect/{ticket}", headers={"x-functions-key": ""}) for ticket in TICKETS]

    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.text for answer in answers}) == 1
    assert all("location" not in answer.headers and "set-cookie" not in answer.headers for answer in answers)


def test_a_ticket_with_one_character_changed_is_unknown(stack: Stack, api: Api, ready: Company):
    url = link(api, ready)
    guess = url[:-1] + ("a" if url[-1] != "a" else "b")

    assert expect_page(Browser(stack).open(guess), 400) == raw(stack, "GET", "/connect/guess").text


def test_the_same_link_opens_again_and_in_parallel_and_both_end_well(stack: Stack, api: Api, fresh: Company):  # noqa: F811
    url = link(api, fresh)
    first, second = Browser(stack), Browser(stack)
    places = at_once(lambda: to_microsoft(first, url), lambda: to_microsoft(second, url))
    assert state_of(places[0]) != state_of(places[1])

    admin = f"admin@{fresh.tenant.domains[1]}"
    for browser, place in zip((first, second), places, strict=True):
        expect_page(browser.open(press(browser, place, admin)), 200)
    expect_page(consent(stack, url, fresh), 200)


def test_the_same_answer_twice_at_once_counts_once(stack: Stack, api: Api, fresh: Company):  # noqa: F811
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(api, fresh)), f"admin@{fresh.tenant.domains[1]}")
    twin = Browser(stack)
    twin.cookies = dict(browser.cookies)

    answers = at_once(lambda: browser.open(back), lambda: twin.open(back))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert granted(api, fresh) is True


def test_the_link_and_a_running_sign_in_of_a_deleted_customer_are_dead(stack: Stack, api: Api, fresh: Company):  # noqa: F811
    url = link(api, fresh)
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, url), f"admin@{fresh.tenant.domains[1]}")
    api.call("DELETE", f"/customers/{fresh.customer}/calendar")

    expect_page(browser.open(url), 400)
    expect_page(browser.open(back), 400)
    assert api.save(fresh).status_code == 200
    expect_page(browser.open(url), 400)
    expect_page(browser.open(back), 400)


def test_a_link_of_the_application_before_is_refused(stack: Stack, api: Api, fresh: Company):  # noqa: F811
    """The generation is renewed when the tenant or the application changes."""
    url = link(api, fresh)
    other = new_company(stack)
    api.save(fresh, fresh.document(tenantId=other.tenant.id, applicationId=other.application.app_id))

    expect_page(Browser(stack).open(url), 400)


def _age(stack: Stack, words: tuple[str, ...]) -> int:
    """Move every moment of expiry in rows of links and sign-ins to the past; return how many were moved."""
    past = datetime.now(UTC) - timedelta(minutes=1)
    changed_rows = 0
    bundle = stack.environment()["SSL_CERT_FILE"]
    with TableServiceClient.from_connection_string(
        stack.azurite.connection_string, connection_verify=bundle
    ) as service:
        for table in service.list_tables():
            client = service.get_table_client(table.name)
            for row in client.list_entities():
                names = [name for name in row if any(word in name.lower() for word in words)]
                patch = {name: past.isoformat() if isinstance(row[name], str) else past for name in names}
                if patch and "secret" not in " ".join(names).lower():
                    keys = {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
                    client.update_entity(keys | patch, mode=UpdateMode.MERGE)
                    changed_rows += 1
    return changed_rows


def test_an_expired_link_and_an_expired_sign_in_are_the_page_of_unknown_ones(stack: Stack, api, fresh: Company):  # noqa: F811
    url = link(api, fresh)
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, url), f"admin@{fresh.tenant.domains[1]}")

    assert _age(stack, ("expires", "expiry", "valid", "until")) >= 2

    assert expect_page(browser.open(url), 400) == raw(stack, "GET", "/connect/guess").text
    expect_page(browser.open(back), 400)
    assert granted(api, fresh) is not True


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_authorization_code_is_no_answer_to_admin_consent(stack: Stack, api, fresh: Company, method: str):  # noqa: F811
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(api, fresh)), f"admin@{fresh.tenant.domains[1]}")
    query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | {"code": "0.AAA"}

    where = f"{stack.public_url}/mobile/getcalendar"
    answer = browser.open(where, "POST", data=query) if method == "POST" else browser.open(changed(where, **query))

    expect_page(answer, 400, "0.AAA")


@pytest.mark.parametrize("double", ["state", "admin_consent", "tenant", "error"])
def test_parameters_given_twice_are_refused(stack: Stack, api: Api, fresh: Company, double: str):  # noqa: F811
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(api, fresh)), f"admin@{fresh.tenant.domains[1]}")

    expect_page(browser.open(f"{back}&{double}=access_denied&{double}=x"), 400)


@pytest.mark.parametrize(
    "markup", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x00\x07", "x" * 2500]
)
def test_what_microsoft_or_somebody_writes_is_never_shown(stack: Stack, api: Api, fresh: Company, markup: str):  # noqa: F811
    browser = Browser(stack)
    state = state_of(to_microsoft(browser, link(api, fresh)))
    url = changed(
        f"{stack.public_url}/mobile/getcalendar",
        error=markup[:150],
        error_description=markup,
        state=state,
        error_uri=markup,
    )

    expect_page(browser.open(url), 400, "alert(1)", "x" * 200)
    expect_page(Browser(stack).open(url), 400, "alert(1)", "x" * 200)


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "query", ["", "?state=", "?state=%00", "?state=%FF", "?error=x", "?admin_consent=True", "?&&=&"]
)
def test_any_other_answer_is_the_page_and_never_a_redirect(stack: Stack, method: str, query: str):
    browser = Browser(stack)

    answer = browser.open(f"{stack.public_url}/mobile/getcalendar{query}", method)

    expect_page(answer, 400)
    assert "Location" not in answer.headers
