"""Two processes of the function app over the same tables: what one forgets, the other must not remember."""

from collections.abc import Iterator

import jwt
import pytest
import requests

from tests.journeys.api import Api, Company, another_instance
from tests.journeys.attacker import (
    connect,
    connection_of,
    connections,
    deliver,
    expect_nothing_stored,
    finish_url,
    invite,
    new_office,
    sign_in,
)
from tests.journeys.browser import Browser
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.test_configuration import at_once
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[Api]:
    """A client of another instance with the same settings."""
    with another_instance(stack) as api:
        yield api


@pytest.fixture
def office(stack: Stack, api: Api, second: Api) -> Company:
    """A tested company whose recruiter is connected, which both processes remember."""
    company = new_office(stack, api)
    assert connect(stack, api, company, company.recruiter).status_code == 200
    assert api.test(company).json()["passed"] is True
    for client in (api, second):
        assert client.schedule(company).status_code == 200
    return company


def connection_path(company: Company, user: str | None = None) -> str:
    return f"/customers/{company.customer}/users/{user or company.recruiter}/calendar/connection"


def last_caller(stack: Stack) -> str:
    """Return the object id of the account that Graph's last schedule was asked for."""
    asked = [seen for seen in list(stack.microsoft.requests) if seen.path.endswith("/calendar/getSchedule")]
    return str(jwt.decode(asked[-1].bearer, options={"verify_signature": False})["oid"])


def test_who_is_disconnected_in_one_process_is_so_in_the_other_at_once(stack: Stack, api, second: Api, office: Company):
    for one, other in ((api, second), (second, api)):
        assert one.call("DELETE", connection_path(office)).status_code == 204
        before = stack.microsoft.count("graph")
        for client in (one, other):
            expect_refused(client.schedule(office), 409, "userNotConnected")
        assert stack.microsoft.count("graph") == before, "a token that was kept in memory was used"
        expect_nothing_stored(stack, office)
        assert connect(stack, api, office, office.recruiter).status_code == 200
        assert other.schedule(office).status_code == 200


def test_another_account_under_the_same_name_is_used_in_both_processes(stack: Stack, api, second: Api, office: Company):
    ada = office.tenant.account(office.ada)
    ada.other_addresses.append(office.recruiter)
    assert api.call("DELETE", connection_path(office)).status_code == 204
    assert connect(stack, api, office, office.recruiter, office.ada).status_code == 200

    for client in (second, api):
        assert client.schedule(office).status_code == 200
        assert last_caller(stack) == ada.object_id


def test_a_grant_that_ended_in_one_process_and_was_given_anew_works_in_both(stack, api: Api, second, office: Company):
    account = office.tenant.account(office.recruiter)
    account.revoke_sessions(stack.microsoft.now())
    for client in (api, second):
        with Faults(stack, Fault("graph", "getSchedule", status=401, times=1)):
            expect_refused(client.schedule(office), 409, "reconnectRequired")

    assert connect(stack, api, office, office.recruiter).status_code == 200

    for client in (api, second):
        assert client.schedule(office).status_code == 200


def test_both_processes_renew_at_once_and_neither_breaks_the_other(stack: Stack, api: Api, second, office: Company):
    for _ in range(5):
        with Faults(stack, Fault("graph", "getSchedule", status=401, times=2)):
            answers = at_once(lambda: api.schedule(office), lambda: second.schedule(office))
        assert {answer.status_code for answer in answers} <= {200, 409}, [answer.text[:200] for answer in answers]
        for client in (api, second):
            assert client.schedule(office).status_code == 200
    assert len(connections(stack, office)) == 1


def test_one_answer_in_two_processes_at_once_counts_once(stack: Stack, api: Api, second: Api, office: Company):
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.ada), office.ada)
    ((name, (value, _)),) = browser.cookies.items()
    other = finish_url(stack).replace(stack.public_url, second.url)

    def post() -> requests.Response:
        headers = {"Cookie": f"{name}={value}"}
        return requests.post(other, data=fields, headers=headers, timeout=60, allow_redirects=False)

    answers = at_once(lambda: deliver(stack, browser, fields), post)

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert len(connections(stack, office)) == 2


def test_two_accounts_finish_for_one_name_in_two_processes_and_one_wins(stack, api: Api, second, office: Company):
    assert api.call("DELETE", connection_path(office)).status_code == 204
    ada = office.tenant.account(office.ada)
    ada.other_addresses.append(office.recruiter)
    posts = []
    for account, base in ((office.recruiter, stack.public_url), (office.ada, second.url)):
        browser = Browser(stack)
        fields = sign_in(browser, invite(api, office, office.recruiter), account)
        ((name, (value, _)),) = browser.cookies.items()
        posts.append((f"{base}/mobile/getcalendar", fields, {"Cookie": f"{name}={value}"}))

    answers = at_once(
        *(
            lambda post=post: requests.post(post[0], data=post[1], headers=post[2], timeout=60, allow_redirects=False)
            for post in posts
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    winner = office.tenant.account((office.recruiter, office.ada)[[a.status_code for a in answers].index(200)])
    assert connection_of(stack, office, office.recruiter)["objectId"] == winner.object_id


def test_disconnecting_one_user_leaves_the_others_of_all_customers_connected(stack, api: Api, second, office: Company):
    """Same tenant, same application, same account, another customer."""
    twin = Company(f"{office.customer}-twin", office.tenant, office.application, office.secret)
    assert api.save(twin, twin.document(consent="user")).status_code == 200
    assert connect(stack, api, twin, twin.recruiter).status_code == 200
    assert connect(stack, api, office, office.ada).status_code == 200
    assert api.test(twin).json()["passed"] is True

    assert api.call("DELETE", connection_path(office)).status_code == 204

    for client in (api, second):
        expect_refused(client.schedule(office), 409, "userNotConnected")
        assert client.schedule(office, user=office.ada).status_code == 200
        assert client.schedule(twin).status_code == 200
    assert api.call("DELETE", f"/customers/{twin.customer}/calendar").status_code == 204
    assert second.schedule(office, user=office.ada).status_code == 200


def test_every_user_gets_answers_of_the_own_token_only(stack: Stack, api: Api, second: Api, office: Company):
    assert connect(stack, api, office, office.ada).status_code == 200
    users = [office.recruiter, office.ada] * 4

    for client in (api, second):
        for user in users:
            assert client.schedule(office, user=user).status_code == 200
            assert last_caller(stack) == office.tenant.account(user).object_id
        at_once(*(lambda user=user, client=client: _fresh(client).schedule(office, user=user) for user in users))
        assert client.schedule(office, user=office.ada).status_code == 200
        assert last_caller(stack) == office.tenant.account(office.ada).object_id


def _fresh(client: Api) -> Api:
    """Return a client with a session of its own: sessions are not for several threads."""
    new = object.__new__(Api)
    new.url, new.session = client.url, requests.Session()
    return new
