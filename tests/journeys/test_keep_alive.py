"""What ends a connection, what does not, and the timer that keeps idle ones alive."""

import threading
from collections.abc import Callable, Iterator
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
    expect_test_passes,
    keep_alive,
    my_calls,
    refused_token,
    row_of,
    rows,
    seconds_ago,
    state,
    table,
    token_requests,
    working_people,
)
from tests.journeys.test_configuration import another_secret
from tests.journeys.test_entra_trouble import OUTAGES
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A tested company whose recruiter is connected."""
    return working_people(stack, api)


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[Api]:
    """A client of another process on the same stores."""
    with another_instance(stack) as api:
        yield api


def _change(**to: Any) -> Callable[[PeopleCompany], None]:
    """Return what changes the recruiter's account so."""
    return lambda company: company.account(company.recruiter).__dict__.update(to)


# What ends a grant, and whether the user can connect again at once.
DEAD: dict[str, tuple[Callable[[PeopleCompany], None], bool]] = {
    "revoked": (lambda c: c.account(c.recruiter).revoke_sessions(datetime.now(UTC)), True),
    "password reset": (lambda c: c.account(c.recruiter).reset_password(datetime.now(UTC)), True),
    "sign-in frequency": (_change(sign_in_frequency=timedelta(0)), False),
    "second factor": (_change(conditional_access="mfa"), True),
    "Conditional Access": (_change(conditional_access="block"), False),
    "disabled": (_change(disabled=True), False),
    "removed": (lambda c: c.tenant.accounts.remove(c.account(c.recruiter)), False),
    "consent withdrawn": (lambda c: c.application.user_scopes.clear(), True),
    "not assigned": (lambda c: c.application.__dict__.update(assignment_required=True), False),
}


@pytest.mark.parametrize(("kill", "again"), DEAD.values(), ids=DEAD)
def test_a_dead_grant_is_recognised_told_and_not_tried_again(stack, api: Api, second: Api, people, kill, again: bool):
    assert value(second.schedule(people))
    kill(people)
    stack.microsoft.clear_requests()
    with Faults(stack, refused_token(None)):
        error = expect_refused(api.schedule(people), 409, "reconnectRequired", hides=("Trace ID", people.secret))
        for process in (api, second, api, second, api, second):
            expect_refused(process.schedule(people), 409, "reconnectRequired")
    assert error["innerError"]["remedy"]
    assert error["innerError"]["microsoftCode"].startswith("AADSTS")
    assert len(token_requests(stack, people, "refresh_token")) == 1

    shown = connection(second, people, people.recruiter).json()
    assert (shown["state"], shown["user"]) == ("reconnectRequired", people.recruiter)
    assert shown["reason"]
    assert shown["remedy"]
    if again:
        expect_connects(stack, api, people, people.recruiter)
        assert value(api.schedule(people))
        assert value(second.schedule(people))
        shown = connection(api, people, people.recruiter).json()
        assert (shown["state"], shown["reason"], shown["remedy"]) == ("connected", None, None)


def test_a_marked_connection_is_not_used_any_more(stack: Stack, api: Api, people: PeopleCompany):
    people.account(people.recruiter).revoke_sessions(datetime.now(UTC))
    with Faults(stack, refused_token()):
        expect_refused(api.schedule(people), 409, "reconnectRequired")
    assert state(api, people, people.recruiter) == "reconnectRequired"
    stack.microsoft.clear_requests()

    expect_refused(api.schedule(people), 409, "reconnectRequired")
    assert my_calls(stack) == []


def test_a_grant_that_nobody_used_for_ninety_days_is_dead():
    with Stack() as own:
        api = Api(own)
        people = working_people(own, api)
        own.microsoft.travel(days=91)

        expect_refused(api.schedule(people), 409, "reconnectRequired")
        assert state(api, people, people.recruiter) == "reconnectRequired"
        own.microsoft.clear_requests()
        expect_refused(api.schedule(people), 409, "reconnectRequired")
        assert own.microsoft.count("entra") == 0


_BUSY = {"error": "temporarily_unavailable", "error_description": "AADSTS90033: x", "error_codes": [90033]}
_LOOP = {"error": "invalid_request", "error_description": "AADSTS50196: x", "error_codes": [50196]}
_LIST = {"status": 400, "body": b"[]", "headers": {"Content-Type": "application/json"}}
TROUBLE: dict[str, Any] = {
    **OUTAGES,
    "busy": ({"status": 400, "body": _BUSY}, 502, "microsoftUnavailable"),
    "a list": (_LIST, 502, "microsoftUnavailable"),
    "a loop": ({"status": 400, "body": _LOOP}, None, None),
}


@pytest.mark.parametrize(("fault", "status", "code"), TROUBLE.values(), ids=TROUBLE)
def test_a_passing_trouble_of_entra_never_ends_a_connection(
    stack, api: Api, people, fault: dict[str, Any], status, code
):
    if "Retry-After" in fault.get("headers", {}):
        fault = fault | {"headers": fault["headers"] | {"Retry-After": "0"}}
    with Faults(stack, refused_token(), Fault("entra", "/token", **fault)):
        answer = api.schedule(people)

    assert state(api, people, people.recruiter) == "connected"
    with another_instance(stack) as fresh, Faults(stack, refused_token()):
        assert value(fresh.schedule(people))
    error = answer.json()["error"]
    assert error["code"] not in ("reconnectRequired", "userNotConnected", "internalError")
    assert (status or answer.status_code, code or error["code"]) == (answer.status_code, error["code"])


def test_an_entra_that_never_answers_ends_no_connection(stack: Stack, api: Api, people: PeopleCompany):
    """Slow by its nature: the deadline is 25 seconds."""
    with Faults(stack, refused_token(), Fault("entra", "/token", mode="hang")):
        expect_refused(api.schedule(people), 504, "microsoftTimeout")

    assert state(api, people, people.recruiter) == "connected"
    assert value(api.schedule(people))


def test_an_ended_secret_of_the_application_ends_no_connection(stack: Stack, api: Api, people: PeopleCompany):
    people.application.secrets[0].end = datetime.now(UTC) - timedelta(minutes=1)
    with Faults(stack, refused_token()):
        expect_refused(api.schedule(people), 409, "credentialExpired")
    _age(stack, people, 31)
    keep_alive(stack)
    assert state(api, people, people.recruiter) == "connected"

    assert api.save(people, people.document(applicationSecret=another_secret(people))).status_code == 200
    expect_test_passes(api, people)
    with Faults(stack, refused_token()):
        assert value(api.schedule(people))


def _age(stack: Stack, people: PeopleCompany, days: float) -> None:
    """Let the recruiter's connection be idle for so many days."""
    renewed = datetime.now(UTC) - timedelta(days=days)
    change_row(stack, row_of(stack, people, people.account(people.recruiter)), renewedAt=renewed)


def test_an_idle_connection_is_renewed_and_a_fresh_one_is_left_alone(stack: Stack, api: Api, people: PeopleCompany):
    expect_connects(stack, api, people, people.ada)
    _age(stack, people, 30.1)
    before = row_of(stack, people, people.account(people.recruiter))
    other = row_of(stack, people, people.account(people.ada))
    shown = connection(api, people, people.recruiter).json()
    stack.microsoft.clear_requests()

    keep_alive(stack)

    after = row_of(stack, people, people.account(people.recruiter))
    assert len(token_requests(stack, people, "refresh_token")) == 1
    assert before["sealed"] != after["sealed"]
    assert 0 <= seconds_ago(after["renewedAt"]) < 60
    assert connection(api, people, people.recruiter).json() == shown, "a renewal is no use, and no new connection"
    unchanged = row_of(stack, people, people.account(people.ada))
    assert (dict(unchanged), unchanged.metadata["etag"]) == (dict(other), other.metadata["etag"])
    assert value(api.schedule(people))
    with another_instance(stack) as fresh:
        assert value(fresh.schedule(people))


def test_a_connection_idle_for_less_than_thirty_days_is_left_alone(stack: Stack, people: PeopleCompany):
    _age(stack, people, 29)
    stack.microsoft.clear_requests()
    keep_alive(stack)
    assert token_requests(stack, people, "refresh_token") == []


def test_the_timer_marks_a_dead_one_once(stack: Stack, api: Api, people: PeopleCompany):
    _age(stack, people, 31)
    people.account(people.recruiter).revoke_sessions(datetime.now(UTC))
    stack.microsoft.clear_requests()

    for _ in range(3):
        keep_alive(stack)

    assert len(token_requests(stack, people, "refresh_token")) == 1
    assert state(api, people, people.recruiter) == "reconnectRequired"
    expect_refused(api.schedule(people), 409, "reconnectRequired")


@pytest.mark.parametrize("fault", [case[0] for case in OUTAGES.values()], ids=OUTAGES)
def test_the_timer_marks_nothing_in_an_outage_and_tries_again_next_time(stack, api: Api, people, fault: dict[str, Any]):
    _age(stack, people, 31)
    with Faults(stack, Fault("entra", "/token", **fault)):
        keep_alive(stack)
    assert state(api, people, people.recruiter) == "connected"
    if fault.get("status") != 429:  # then Entra ID asked to wait
        keep_alive(stack)
        row = row_of(stack, people, people.account(people.recruiter))
        assert 0 <= seconds_ago(row["renewedAt"]) < 60


def test_one_broken_row_does_not_stop_the_others(stack: Stack, api: Api, people: PeopleCompany):
    for user in (people.ada, people.kay.user_principal_name):
        expect_connects(stack, api, people, user)
    for row in rows(stack, people):
        change_row(stack, row, renewedAt=datetime.now(UTC) - timedelta(days=40))
    first = min(rows(stack, people), key=lambda row: row["RowKey"])
    change_row(stack, first, sealed=b"nonsense", tenant="")

    keep_alive(stack)

    others = [row for row in rows(stack, people) if row["RowKey"] != first["RowKey"]]
    assert [0 <= seconds_ago(row["renewedAt"]) < 60 for row in others] == [True, True]


@pytest.mark.parametrize("idle", [0, 31])
def test_rows_of_generations_that_are_gone_are_removed(stack: Stack, api: Api, people: PeopleCompany, idle: int):
    (row,) = rows(stack, people)
    old = dict(row) | {"renewedAt": datetime.now(UTC) - timedelta(days=idle)}
    assert api.call("DELETE", f"/customers/{people.customer}/calendar").status_code == 204
    _bring_back(stack, old)
    stack.microsoft.clear_requests()
    keep_alive(stack)
    assert rows(stack, people) == []

    assert api.save(people).status_code == 200
    expect_connects(stack, api, people, people.recruiter)
    _bring_back(stack, old)
    keep_alive(stack)
    (kept,) = rows(stack, people)
    assert kept["RowKey"] != old["RowKey"]
    assert token_requests(stack, people, "refresh_token") == [], "another generation's tokens are not used"
    assert state(api, people, people.recruiter) == "connected"


def _bring_back(stack: Stack, row: dict[str, Any]) -> None:
    """Write a row as a slow request does after a deletion."""
    with table(stack) as client:
        client.create_entity(row)


def test_the_timer_does_not_bring_back_who_disconnects_while_it_runs(stack: Stack, api: Api, people: PeopleCompany):
    _age(stack, people, 31)
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("entra", "/token", delay=1.0)):
        running = threading.Thread(target=lambda: keep_alive(stack))
        running.start()
        while running.is_alive() and not token_requests(stack, people, "refresh_token"):
            running.join(0.01)
        assert disconnect(api, people, people.recruiter).status_code == 204
        running.join()

    assert rows(stack, people) == []
    assert state(api, people, people.recruiter) == "notConnected"
