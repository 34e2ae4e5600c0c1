"""Is this user connected, and does it work: read_connection, disconnect, and Test Calendar Configuration for users."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, another_instance
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.people import (
    PeopleCompany,
    change_row,
    connection,
    disconnect,
    expect_connects,
    new_people_company,
    refused_token,
    row_of,
    rows,
    saved_people,
    seconds_ago,
    state,
    token_requests,
    working_people,
)
from tests.journeys.test_checkup import outcomes, report
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A tested company whose recruiter is connected."""
    return working_people(stack, api)


@pytest.fixture
def saved(stack: Stack, api: Api) -> PeopleCompany:
    """A company that is saved; nobody is connected and nothing tested."""
    return saved_people(stack, api)


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[Api]:
    """A client of another process on the same stores."""
    with another_instance(stack) as api:
        yield api


EMPTY = dict.fromkeys(("connectedAt", "lastUsedAt", "reason", "remedy"))


def test_who_never_connected_is_not_connected(api: Api, saved: PeopleCompany):
    shown = connection(api, saved, saved.recruiter).json()
    assert shown == {"user": saved.recruiter, "state": "notConnected"} | EMPTY


def test_nobody_of_an_unknown_customer_is_anything(stack: Stack, api: Api):
    company = new_people_company(stack)
    expect_refused(connection(api, company, company.recruiter), 404, "customerNotFound")
    assert disconnect(api, company, company.recruiter).status_code in (204, 404)


def test_the_last_use_is_exact_to_a_day(stack: Stack, api: Api, people: PeopleCompany):
    used = connection(api, people, people.recruiter).json()["lastUsedAt"]
    assert used is None or 0 <= seconds_ago(used) < 24 * 3600
    old = datetime.now(UTC) - timedelta(days=3)
    change_row(stack, row_of(stack, people, people.account(people.recruiter)), lastUsedAt=old)
    assert seconds_ago(connection(api, people, people.recruiter).json()["lastUsedAt"]) > 2 * 24 * 3600

    with another_instance(stack) as fresh:
        assert value(fresh.schedule(people))
        assert 0 <= seconds_ago(connection(fresh, people, people.recruiter).json()["lastUsedAt"]) < 24 * 3600


def test_disconnecting_forgets_at_once_in_every_process(stack: Stack, api: Api, second: Api, people: PeopleCompany):
    expect_connects(stack, api, people, people.ada)
    for process in (api, second):
        assert value(process.schedule(people))
        assert value(process.schedule(people, user=people.ada))

    answer = disconnect(api, people, people.recruiter.upper())

    assert (answer.status_code, answer.content) == (204, b"")
    assert [row["objectId"] for row in rows(stack, people)] == [people.account(people.ada).object_id]
    stack.microsoft.clear_requests()
    for process in (second, api):
        expect_refused(process.schedule(people), 409, "userNotConnected")
        assert connection(process, people, people.recruiter).json()["state"] == "notConnected"
    assert stack.microsoft.count("graph") == 0
    for process in (second, api):
        assert value(process.schedule(people, user=people.ada))
    assert disconnect(second, people, people.recruiter).status_code == 204, "also when there is nothing to forget"
    expect_connects(stack, second, people, people.recruiter)
    for process in (api, second):
        assert value(process.schedule(people))


def test_after_disconnecting_the_name_counts_again(stack: Stack, api: Api, people: PeopleCompany):
    """What was known of the object id is forgotten, too: the address may belong to somebody else by now."""
    mail = people.kay.mail
    assert mail
    expect_connects(stack, api, people, mail, account=people.kay.user_principal_name)
    people.kay.mail = None
    people.account(people.ada).mail = mail

    assert disconnect(api, people, mail).status_code == 204
    expect_connects(stack, api, people, mail, account=people.ada)


def test_the_test_fails_for_a_user_who_is_not_connected(stack: Stack, api: Api, saved: PeopleCompany):
    expect_connects(stack, api, saved, saved.ada)

    answer = api.test(saved)

    checks = report(answer)
    assert outcomes(checks) == "pppf" + "sss"
    assert checks["consent"]["owner"] == "user"
    assert "connect" in (checks["consent"]["message"] + checks["consent"]["remedy"]).lower()
    assert api.read(saved).json()["state"] == "untested"
    expect_refused(api.schedule(saved, user=saved.ada), 409, "calendarNotTested")


@pytest.mark.parametrize("name", ["as is", "upper case"])
def test_the_test_passes_for_a_connected_user_and_calendars_are_used(stack, api: Api, saved: PeopleCompany, name: str):
    expect_connects(stack, api, saved, saved.recruiter)
    expect_refused(api.schedule(saved), 409, "calendarNotTested")

    answer = api.test(saved, user=saved.recruiter.upper() if name == "upper case" else saved.recruiter)

    assert outcomes(report(answer)) == "ppppp" + "ps"
    shown = api.read(saved).json()
    assert (shown["state"], shown["pending"], shown["tenantId"]) == ("ready", False, saved.tenant.id)
    assert shown["lastTest"] == answer.json()
    assert shown["adminConsent"]["granted"] is None
    assert value(api.schedule(saved))[0]["availabilityView"]


def test_the_user_of_the_test_may_be_an_object_id(stack: Stack, api: Api, saved: PeopleCompany):
    kay = saved.kay
    expect_connects(stack, api, saved, kay.object_id, account=kay.user_principal_name)

    assert report(api.test(saved, user=kay.object_id))["freeBusy"]["outcome"] in ("passed", "warning")
    assert api.read(saved).json()["state"] == "ready"


def test_a_dead_connection_fails_the_test_and_nobody_else(stack: Stack, api: Api, people: PeopleCompany):
    expect_connects(stack, api, people, people.ada)
    people.account(people.recruiter).revoke_sessions(datetime.now(UTC))

    with another_instance(stack) as fresh, Faults(stack, refused_token(None)):
        checks = report(fresh.test(people))

    assert checks["consent"]["outcome"] == "failed"
    assert checks["consent"]["code"] == "AADSTS50173"
    assert checks["consent"]["owner"] == "user"
    assert checks["freeBusy"]["outcome"] == "skipped"
    assert state(api, people, people.recruiter) == "reconnectRequired"
    assert api.read(people).json()["state"] == "failing"
    assert value(api.schedule(people, user=people.ada)), "a failed test changes nothing about what answers"


def test_a_draft_of_another_application_uses_no_stored_connection(stack: Stack, api: Api, people: PeopleCompany):
    other = new_people_company(stack)
    other.tenant, other.application.home = people.tenant, True
    people.tenant.add(other.application)
    before, row = api.read(people), dict(row_of(stack, people, people.account(people.recruiter)))
    draft = people.document(applicationId=other.application.app_id, applicationSecret=other.secret)
    stack.microsoft.clear_requests()

    checks = report(api.test(people, configuration=draft))

    assert (checks["credential"]["outcome"], checks["consent"]["outcome"]) == ("passed", "failed")
    assert token_requests(stack, people, "refresh_token") == token_requests(stack, other, "refresh_token") == []
    assert stack.microsoft.count("graph") == 0
    after = api.read(people)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])
    assert dict(row_of(stack, people, people.account(people.recruiter))) == row


def test_a_draft_of_the_same_application_uses_the_connection(stack: Stack, api: Api, people: PeopleCompany):
    before = api.read(people)
    checks = report(api.test(people, configuration=people.document(details="full")))
    assert outcomes(checks) == "ppppp" + "ps"
    assert api.read(people).json() == before.json()


def test_a_draft_for_users_fails_while_nobody_is_connected(stack: Stack, api: Api):
    """The customer works with admin consent and thinks about letting users connect."""
    company = saved_people(stack, api, consent="admin")
    company.application.granted_roles = {"Calendars.ReadBasic.All"}
    assert api.test(company).json()["passed"] is True

    checks = report(api.test(company, configuration=company.document()))
    assert checks["consent"]["outcome"] == "failed"
    assert api.read(company).json()["state"] == "ready"


def test_more_than_is_needed_is_a_warning_that_names_it(stack: Stack, api: Api, saved: PeopleCompany):
    saved.application.granted_scopes = {"Calendars.ReadBasic", "User.Read", "Mail.Read"}
    expect_connects(stack, api, saved, saved.recruiter)

    checks = report(api.test(saved))

    assert checks["permission"]["outcome"] == "warning"
    assert "Mail.Read" in checks["permission"]["message"] + checks["permission"]["remedy"]
    assert api.read(saved).json()["state"] == "ready"


def test_a_wrong_secret_is_the_credentials_fault_not_the_users(stack: Stack, api: Api, people: PeopleCompany):
    api.save(people, people.document(applicationSecret="Wro~ng"))

    checks = report(api.test(people))

    assert (checks["credential"]["outcome"], checks["credential"]["code"]) == ("failed", "AADSTS7000215")
    assert checks["consent"]["outcome"] == "skipped"
    assert state(api, people, people.recruiter) == "connected"
    assert value(api.schedule(people)), "the secret that passed keeps answering"


@pytest.mark.parametrize("hosted", ["onPremises", "none"])
def test_a_connected_user_without_a_mailbox_fails_free_busy_alone(stack: Stack, api: Api, people, hosted: str):
    user = person(people.tenant, "Onno", hosted=hosted).user_principal_name
    expect_connects(stack, api, people, user)

    assert outcomes(report(api.test(people, user=user))) == "ppppp" + "fs"
    expect_refused(api.schedule(people, user=user), 409, "mailboxNotReachable")
    assert state(api, people, user) == "connected"


@pytest.mark.parametrize("fault", [{"mode": "reset"}, {"status": 503}], ids=["reset", "503"])
def test_when_entra_cannot_be_reached_nothing_is_judged(stack: Stack, api: Api, people: PeopleCompany, fault):
    before = api.read(people).json()
    with Faults(stack, Fault("entra", **fault)):
        expect_refused(api.test(people), 502, "microsoftUnavailable")
    assert api.read(people).json() == before
    assert state(api, people, people.recruiter) == "connected"


GRAPH: dict[str, Any] = {
    "503": ({"status": 503}, 502, "microsoftUnavailable"),
    "reset": ({"mode": "reset"}, 502, "microsoftUnavailable"),
    "half an answer": ({"mode": "truncate"}, 502, "microsoftUnavailable"),
    "429": ({"status": 429, "headers": {"Retry-After": "120"}}, 429, "throttled"),
    "401 for every token": (
        {"status": 401, "body": {"error": {"code": "InvalidAuthenticationToken", "message": "x"}}}, None, None,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "status", "code"), GRAPH.values(), ids=GRAPH)
def test_a_trouble_of_graph_never_ends_a_connection(stack, api: Api, people, fault: dict[str, Any], status, code):
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("graph", "/me/calendar", **fault)):
        answer = api.schedule(people)

    error = expect_refused(answer, status or answer.status_code, code or answer.json()["error"]["code"])
    assert error["code"] not in ("reconnectRequired", "userNotConnected", "internalError")
    assert len(token_requests(stack, people, "refresh_token")) <= 1
    assert state(api, people, people.recruiter) == "connected"
    with another_instance(stack) as fresh:
        assert value(fresh.schedule(people))
