"""What a customer's configuration means for its users' connections, and what a call of theirs costs."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.api import Api, another_instance, new_company
from tests.journeys.expect import expect_refused
from tests.journeys.people import (
    PeopleCompany,
    connection,
    expect_connects,
    expect_test_passes,
    invitation,
    invite,
    my_calls,
    new_browser,
    new_people_company,
    query_of,
    rows,
    saved_people,
    state,
    table,
    token_requests,
    working_people,
)
from tests.journeys.tables_between import TablesBetween
from tests.journeys.test_configuration import another_secret
from tests.journeys.test_consent import expect_page
from tests.journeys.test_get_schedule import claims, graph_calls, value
from tests.sandbox.stack import Stack


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A tested company whose recruiter is connected."""
    return working_people(stack, api)


def test_an_invitation_needs_a_configuration_that_users_connect_for(api: Api, stack: Stack):
    company = new_people_company(stack)
    expect_refused(invitation(api, company, company.recruiter), 404, "customerNotFound")
    api.save(company, {"configurationType": "none"})
    expect_refused(invitation(api, company, company.recruiter), 409, "calendarNotConfigured")
    api.save(company, company.document(consent="admin"))
    expect_refused(invitation(api, company, company.recruiter), 409, "connectionNotNeeded")
    api.save(company)
    assert invitation(api, company, company.recruiter).status_code == 201


@pytest.mark.parametrize(("method", "end"), [("POST", "connect"), ("GET", "connection"), ("DELETE", "connection")])
def test_nobody_without_a_key_invites_reads_or_disconnects(api: Api, people: PeopleCompany, method: str, end: str):
    path = f"/customers/{people.customer}/users/{people.recruiter}/calendar/{end}"
    assert api.call(method, path, key=None).status_code == 401
    assert state(api, people, people.recruiter) == "connected"


@pytest.mark.parametrize("url", ["https://evil.example/", "https://ats.example.evil.example/", "http://ats.example/"])
def test_a_return_url_of_another_origin_is_refused(stack: Stack, api: Api, url: str):
    company = saved_people(stack, api)
    answer = invitation(api, company, company.recruiter, returnUrl=url)
    expect_refused(answer, 400, "returnUrlNotAllowed")


@pytest.mark.parametrize("user", ["recruiter", "a b", "x" * 2000 + "@y.example", "%20", "@"])
def test_a_user_that_is_no_name_is_refused(stack: Stack, api: Api, user: str):
    company = saved_people(stack, api)
    for answer in (invitation(api, company, user), connection(api, company, user)):
        expect_refused(answer, 400, "invalidRequest", "user")


def test_the_link_starts_where_the_cookie_is_needed(stack: Stack):
    """The configuration's redirect URI may be on another of the deployment's hosts."""
    with another_instance(stack, REDIRECT_URIS="https://hire.example/mobile/getcalendar") as api:
        company = saved_people(stack, api, redirectUri="https://hire.example/mobile/getcalendar")
        url = invite(api, company, company.recruiter)
        assert url.startswith("https://hire.example/connect/")
        browser = new_browser(stack)
        begun = browser.open(api.url + url.removeprefix("https://hire.example"), follow=False)
    assert query_of(begun.headers["Location"])["redirect_uri"] == "https://hire.example/mobile/getcalendar"


@pytest.mark.parametrize("parameter", ["whr", "domain_hint"])
def test_a_custom_sign_in_url_gives_its_hint_and_nothing_else(stack: Stack, api: Api, parameter: str):
    entra = stack.microsoft.entra_url
    url = f"{entra}/common/oauth2/v2.0/authorize?{parameter}=login.partner.example"
    company = saved_people(stack, api, loginUrl=url)

    begun = new_browser(stack).open(invite(api, company, company.recruiter), follow=False)

    location = begun.headers["Location"]
    assert location.startswith(f"{entra}/{company.tenant.domains[0]}/oauth2/v2.0/authorize?")
    asked = query_of(location)
    assert asked.get("domain_hint", asked.get("whr")) == "login.partner.example"
    assert asked["login_hint"] == company.recruiter
    expect_connects(stack, api, company, company.recruiter)


@pytest.mark.parametrize("name", ["upper case", "object id"])
def test_the_user_may_be_named_in_capitals_or_by_object_id(stack: Stack, api: Api, people: PeopleCompany, name: str):
    kay = people.kay
    user = kay.user_principal_name if name == "upper case" else kay.object_id
    expect_connects(stack, api, people, user, account=kay.user_principal_name)
    stack.microsoft.clear_requests()

    assert value(api.schedule(people, user=user.upper()))[0]["availabilityView"]
    (call,) = my_calls(stack)
    assert claims(call)["oid"] == kay.object_id


def test_details_and_allowed_domains_hold_for_users_too(stack: Stack, api: Api, people: PeopleCompany):
    for one in value(api.schedule(people)):
        assert all(set(item) == {"status", "start", "end"} for item in one["scheduleItems"])

    soft: dict[str, Any] = {"details": "full", "allowedDomains": [people.tenant.domains[1]]}
    api.save(people, people.document(applicationSecret=None, **soft))
    stack.microsoft.clear_requests()
    ada, outside = value(api.schedule(people, people.ada, "boss@elsewhere.example"))

    assert ada["scheduleItems"][0]["subject"] == "Secret plans"
    assert outside["error"]["responseCode"] == "notAllowed"
    (call,) = my_calls(stack)
    assert call.json()["schedules"] == [people.ada]
    assert state(api, people, people.recruiter) == "connected"


def test_who_is_not_connected_is_told_how(stack: Stack, api: Api, people: PeopleCompany):
    stack.microsoft.clear_requests()
    error = expect_refused(api.schedule(people, user=people.ada), 409, "userNotConnected")

    assert error["innerError"]["owner"] == "user"
    assert error["innerError"]["remedy"]
    assert my_calls(stack) == []


def test_nothing_of_the_callers_own_authorization_is_used(stack: Stack, api: Api, people: PeopleCompany):
    stack.microsoft.clear_requests()
    assert value(api.schedule(people, headers={"Authorization": "Bearer forged.by.caller"}))
    refused = api.schedule(people, user=people.ada, headers={"Authorization": "Bearer forged.by.caller"})
    expect_refused(refused, 409, "userNotConnected")
    assert all("forged" not in str(seen.headers) for seen in stack.microsoft.requests)


def test_from_users_to_the_administrator_and_back(stack: Stack, api: Api, people: PeopleCompany):
    people.application.registered_roles = people.application.granted_roles = {"Calendars.ReadBasic.All"}
    stack.microsoft.clear_requests()

    api.save(people, people.document(consent="admin", applicationSecret=None))
    assert value(api.schedule(people)), "until the test passed users' connections keep answering"
    expect_test_passes(api, people)
    assert value(api.schedule(people, user=people.ada)), "nobody needs a connection now"
    assert [call.path for call in graph_calls(stack, people)], "asked as the application"
    shown = connection(api, people, people.recruiter).json()
    empty = dict.fromkeys(("connectedAt", "lastUsedAt", "reason", "remedy"))
    assert shown == {"user": people.recruiter, "state": "notNeeded"} | empty
    expect_refused(invitation(api, people, people.recruiter), 409, "connectionNotNeeded")

    api.save(people, people.document(applicationSecret=None))
    assert value(api.schedule(people, user=people.ada)), "until the test passed the application keeps answering"
    expect_test_passes(api, people)
    expect_refused(api.schedule(people, user=people.ada), 409, "userNotConnected")
    assert state(api, people, people.recruiter) == "connected"
    stack.microsoft.clear_requests()
    assert value(api.schedule(people))
    assert len(my_calls(stack)) == 1


def test_a_new_secret_keeps_connections(stack: Stack, api: Api, people: PeopleCompany):
    api.save(people, people.document(applicationSecret=another_secret(people)))
    assert value(api.schedule(people))
    expect_test_passes(api, people)
    people.application.secrets = people.application.secrets[-1:]
    with another_instance(stack) as fresh:
        assert value(fresh.schedule(people))


def test_another_application_is_another_life(stack: Stack, api: Api, people: PeopleCompany):
    other = new_people_company(stack)
    elsewhere = people.document(
        tenantId=other.tenant.id, applicationId=other.application.app_id, applicationSecret=other.secret
    )
    stack.microsoft.clear_requests()

    assert api.save(people, elsewhere).status_code == 200
    assert state(api, people, people.recruiter) == "notConnected"
    expect_refused(api.schedule(people), 409, "calendarNotTested")
    report = api.test(people).json()
    assert {check["check"]: check["outcome"] for check in report["checks"]}["consent"] == "failed"

    assert api.save(people).status_code == 200
    assert state(api, people, people.recruiter) == "notConnected", "going back brings nothing back"
    assert my_calls(stack) == []
    assert token_requests(stack, people, "refresh_token") == []
    expect_connects(stack, api, people, people.recruiter)
    expect_test_passes(api, people)


def test_a_domain_that_moves_before_the_test_takes_no_connection_with_it(stack: Stack, api: Api):
    company, thief = saved_people(stack, api), new_people_company(stack)
    expect_connects(stack, api, company, company.recruiter)
    domain = company.tenant.domains[0]
    company.tenant.domains[0] = f"left.{domain}"
    thief.tenant.domains.append(domain)
    thief.tenant.add(company.application)
    stack.microsoft.clear_requests()

    checks = {check["check"]: check["outcome"] for check in api.test(company).json()["checks"]}

    assert (checks["tenant"], checks["consent"]) == ("passed", "failed")
    assert my_calls(stack) == []
    assert api.read(company).json()["state"] == "untested"


def test_a_link_and_a_sign_in_of_the_life_before_are_unknown(stack: Stack, api: Api, people: PeopleCompany):
    url = invite(api, people, people.ada)
    browser = new_browser(stack)
    browser.open(url)
    page = browser.submit({"account": people.ada, "action": "accept"})
    other = new_people_company(stack)
    changes = {"applicationId": other.application.app_id, "tenantId": other.tenant.id}
    assert api.save(people, people.document(**changes)).status_code == 200

    expect_page(browser.pass_on(page), 400)
    expect_page(new_browser(stack).open(url), 400)
    assert state(api, people, people.ada) == "notConnected"


def test_a_deleted_customers_connections_are_deleted_however_many(stack: Stack, api: Api, people: PeopleCompany):
    (row,) = rows(stack, people)
    with table(stack) as client:
        for number in range(120):
            client.create_entity(dict(row) | {"RowKey": f"{row['RowKey'][:-4]}{number:04d}"})
    assert api.call("DELETE", f"/customers/{people.customer}/calendar").status_code == 204

    assert rows(stack, people) == []
    expect_refused(connection(api, people, people.recruiter), 404, "customerNotFound")
    expect_refused(api.schedule(people), 404, "customerNotFound")
    api.save(people)
    assert state(api, people, people.recruiter) == "notConnected"


def test_two_customers_of_one_tenant_share_no_connection(stack: Stack, api: Api, people: PeopleCompany):
    twin = PeopleCompany(new_company(stack).customer, people.tenant, people.application, people.secret)
    assert api.save(twin).status_code == 200

    assert state(api, twin, people.recruiter) == "notConnected"
    report = api.test(twin).json()
    assert report["passed"] is False
    expect_connects(stack, api, twin, people.recruiter)
    api.call("DELETE", f"/customers/{twin.customer}/calendar")
    assert value(api.schedule(people))


@pytest.fixture
def between(stack: Stack) -> Iterator[TablesBetween]:
    """A proxy that counts what is asked of the tables."""
    with TablesBetween(stack) as proxy:
        yield proxy


def test_a_warm_call_asks_graph_once_and_the_tables_once_and_nobody_else(stack, between: TablesBetween, people):
    with another_instance(stack, TABLES_ENDPOINT=between.endpoint) as api:
        assert value(api.schedule(people))
        assert value(api.schedule(people))
        stack.microsoft.clear_requests()
        between.seen.clear()
        for _ in range(5):
            assert value(api.schedule(people))
        counts = {service: stack.microsoft.count(service) for service in ("graph", "entra", "vault", "identity")}

    assert counts == {"graph": 5, "entra": 0, "vault": 0, "identity": 0}
    assert [method for method, _ in between.seen] == ["GET"] * 5
