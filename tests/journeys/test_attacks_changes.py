"""The customer changes while somebody signs in, while a grant is renewed, while connections are kept alive."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests

from tests.journeys.api import Api, Company, new_company
from tests.journeys.attacker import (
    RETURN,
    SCOPES,
    connect,
    connection_of,
    connections,
    consents,
    deliver,
    expect_common_page,
    expect_nothing_leaked,
    expect_nothing_stored,
    expect_refused_answer,
    invite,
    log_of,
    new_office,
    put_row,
    secrets_of,
    sign_in,
    state_of_user,
)
from tests.journeys.browser import Browser
from tests.journeys.expect import Faults, expect_refused
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

Change = Callable[[Api, Company], Any]


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


def delete(api: Api, company: Company) -> None:
    assert api.call("DELETE", f"/customers/{company.customer}/calendar").status_code == 204


def delete_and_save(api: Api, company: Company) -> None:
    delete(api, company)
    assert api.save(company, company.document(consent="user")).status_code == 200


def switch_off(api: Api, company: Company) -> None:
    assert api.save(company, {"configurationType": "none"}).status_code == 200


def off_and_on(api: Api, company: Company) -> None:
    switch_off(api, company)
    assert api.save(company, company.document(consent="user")).status_code == 200


def admin_consents(api: Api, company: Company) -> None:
    assert api.save(company).status_code == 200


def another_application(api: Api, company: Company) -> None:
    document = company.document(consent="user", applicationId="0badc0de-0000-4000-8000-00000000beef")
    assert api.save(company, document).status_code == 200


def disconnect(api: Api, company: Company) -> None:
    path = f"/customers/{company.customer}/users/{company.recruiter}/calendar/connection"
    assert api.call("DELETE", path).status_code == 204


NEW_LIFE: list[Change] = [delete, delete_and_save, switch_off, off_and_on, another_application]


@pytest.mark.parametrize("change", [*NEW_LIFE, admin_consents])
@pytest.mark.parametrize("return_url", [None, RETURN], ids=["page", "returnUrl"])
def test_a_sign_in_ends_with_the_life_it_was_begun_in(stack: Stack, api: Api, office: Company, change, return_url):
    browser = Browser(stack)
    url = invite(api, office, office.recruiter, **({"returnUrl": return_url} if return_url else {}))
    fields = sign_in(browser, url, office.recruiter)
    change(api, office)

    for said in (fields, {"state": fields["state"], "error": "access_denied"}):
        expect_refused_answer(stack, deliver(stack, browser, said), secrets_of(browser, url, fields), office)


def meanwhile(
    stack: Stack, company: Company, call: Callable[[], Any], change: Callable[[], Any], *, times: int | None = None
) -> Any:
    """Make a call that waits for the company's token endpoint, change something meanwhile, return the call's answer."""
    path = f"{company.tenant.id}/oauth2/v2.0/token"
    answers: list[Any] = []
    known = len(stack.microsoft.requests)
    with Faults(stack, Fault("entra", path, "POST", delay=1.0, times=times)):
        running = threading.Thread(target=lambda: answers.append(call()))
        running.start()
        for _ in range(500):
            if any(path in seen.path for seen in list(stack.microsoft.requests)[known:]):
                break
            time.sleep(0.01)
        else:
            raise AssertionError("the token endpoint was not asked")
        change()
        running.join()
    return answers[0]


@pytest.mark.parametrize("change", NEW_LIFE)
def test_a_change_while_the_code_is_redeemed_leaves_nothing_behind(stack: Stack, api: Api, office: Company, change):
    browser = Browser(stack)
    url = invite(api, office, office.recruiter, returnUrl=RETURN)
    fields = sign_in(browser, url, office.recruiter)

    answer = meanwhile(stack, office, lambda: deliver(stack, browser, fields), lambda: change(Api(stack), office))

    expect_common_page(stack, answer)
    expect_nothing_stored(stack, office)
    expect_nothing_leaked(stack, secrets_of(browser, url, fields), office)


def test_a_sign_in_that_fails_while_the_customer_is_deleted_leaves_no_links(stack: Stack, api: Api, office: Company):
    """The way out of a failed sign-in would be two new links."""
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter), office.ada)

    answer = meanwhile(stack, office, lambda: deliver(stack, browser, fields), lambda: delete(Api(stack), office))

    expect_common_page(stack, answer)
    expect_nothing_stored(stack, office)
    assert consents(stack, office) == []


def test_a_disconnection_while_the_same_user_connects_leaves_one_of_both(stack: Stack, api: Api, office: Company):
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)

    answer = meanwhile(stack, office, lambda: deliver(stack, browser, fields), lambda: disconnect(Api(stack), office))

    assert answer.status_code == 200
    assert state_of_user(api, office, office.recruiter) == "connected"
    disconnect(api, office)
    expect_nothing_stored(stack, office)


@pytest.fixture
def connected(stack: Stack, api: Api, office: Company) -> Company:
    """A tested company whose recruiter is connected."""
    assert connect(stack, api, office, office.recruiter).status_code == 200
    assert api.test(office).json()["passed"] is True
    return office


@pytest.mark.parametrize("change", [*NEW_LIFE, disconnect])
def test_a_change_while_a_grant_is_renewed_is_not_undone_by_it(stack: Stack, api: Api, connected: Company, change):
    with Faults(stack, Fault("graph", "getSchedule", status=401, times=1)):
        answer = meanwhile(
            stack, connected, lambda: Api(stack).schedule(connected), lambda: change(Api(stack), connected)
        )

    assert answer.status_code == 409, answer.text[:300]
    expect_nothing_stored(stack, connected)
    assert api.schedule(connected).status_code in (404, 409)


def test_a_change_while_a_test_renews_a_grant_is_not_undone_by_it(stack: Stack, api: Api, connected: Company):
    answer = meanwhile(stack, connected, lambda: Api(stack).test(connected), lambda: disconnect(Api(stack), connected))

    assert answer.json()["passed"] is False
    expect_nothing_stored(stack, connected)
    expect_refused(api.schedule(connected), 409, "userNotConnected")


def test_somebody_elses_reconnection_during_a_renewal_is_not_overwritten(stack: Stack, api: Api, connected: Company):
    """Disconnected, then another account under the same name: what was under way for the first must not come back."""
    ada = connected.tenant.account(connected.ada)
    ada.other_addresses.append(connected.recruiter)

    def change() -> None:
        disconnect(Api(stack), connected)
        assert connect(stack, Api(stack), connected, connected.recruiter, connected.ada).status_code == 200

    with Faults(stack, Fault("graph", "getSchedule", status=401, times=1)):
        answer = meanwhile(stack, connected, lambda: Api(stack).schedule(connected), change, times=1)

    assert answer.status_code == 200, "the renewal of the first goes on with what is there by now"
    assert connection_of(stack, connected, connected.recruiter)["objectId"] == ada.object_id
    asked = [seen for seen in stack.microsoft.requests if seen.path.endswith("/me/calendar/getSchedule")]
    claims = jwt.decode(asked[-1].bearer, options={"verify_signature": False})
    assert claims["oid"] == ada.object_id


def keep_alive(stack: Stack) -> bool:
    """Run the timer to its end; return whether it succeeded."""
    good, bad = "keep_connections_alive succeeded", "keep_connections_alive failed"
    before = log_of(stack).count(good), log_of(stack).count(bad)
    path = f"{stack.public_url}/admin/functions/keep_connections_alive"
    started = requests.post(path, json={"input": ""}, headers={"x-functions-key": "sandbox-master"}, timeout=30)
    assert started.status_code == 202
    for _ in range(1500):
        ends = log_of(stack).count(good), log_of(stack).count(bad)
        if ends != before:
            return ends[0] > before[0]
        time.sleep(0.02)
    raise AssertionError("the timer did not end")


def make_due(stack: Stack, company: Company) -> dict[str, Any]:
    """Make the recruiter's connection one that nobody renewed for two months; return its row."""
    row = connection_of(stack, company, company.recruiter)
    put_row(stack, "connections", row | {"renewedAt": row["renewedAt"] - timedelta(days=60)})
    return connection_of(stack, company, company.recruiter)


@pytest.mark.parametrize("change", [*NEW_LIFE, disconnect])
def test_a_change_while_a_connection_is_kept_alive_is_not_undone_by_it(stack, api: Api, connected: Company, change):
    make_due(stack, connected)

    assert meanwhile(stack, connected, lambda: keep_alive(stack), lambda: change(Api(stack), connected))

    expect_nothing_stored(stack, connected)


def test_keeping_alive_goes_on_when_one_row_was_moved_or_edited(stack: Stack, api: Api, connected: Company):
    other = new_company(stack)
    other.application.registered_scopes |= SCOPES
    assert api.save(other, other.document(consent="user")).status_code == 200
    good = make_due(stack, connected)
    bad = {"PartitionKey": other.customer, "sealed": b"\x00" * 700}
    put_row(stack, "connections", good | bad)
    put_row(stack, "connections", good | {"RowKey": f"{'0' * 32}-{good['RowKey'].rpartition('-')[2]}"})

    assert keep_alive(stack)

    assert connection_of(stack, connected, connected.recruiter)["renewedAt"] > good["renewedAt"]
    assert len(connections(stack, connected)) == 1, "a row of another generation is swept"
    expect_nothing_stored(stack, other)
