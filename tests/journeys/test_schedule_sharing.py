"""Identical getSchedule calls at the same moment share their requests to Graph; nothing else is shared or kept."""

import http.client
import json
import time
from typing import Any

import pytest

from tests.journeys.api import KEY, Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.people import expect_connects, my_calls, working_people
from tests.journeys.schedules import (
    DAY,
    MONDAY,
    Question,
    ask,
    asking,
    crowd,
    expect_answered,
    reasons,
    shown,
    slow_graph,
    timed,
    utc,
)
from tests.journeys.storms import ready_company, says, throttled, trouble
from tests.journeys.test_configuration import at_once
from tests.journeys.test_get_schedule import claims, graph_calls, value
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()


def graphs(stack: Stack) -> int:
    """Return how many getSchedule requests Graph got, of whomever."""
    return len([seen for seen in list(stack.microsoft.requests) if seen.path.lower().endswith("getschedule")])


def test_twenty_identical_calls_share_one_request(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 10)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.5):
        answers = at_once(*[asking(stack, ready, TODAY, *calendars)] * 20)

    assert graphs(stack) == 1
    for answer in answers:
        expect_answered(answer, TODAY, calendars)
    assert len({answer.headers["request-id"] for answer in answers}) == 20, "each call is its own"


def test_identical_big_calls_share_all_their_parts(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    question = Question(MONDAY, MONDAY + 60 * DAY, 60)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.2):
        answers = at_once(*[asking(stack, ready, question, *calendars)] * 5)

    assert graphs(stack) == 10
    for answer in answers:
        expect_answered(answer, question, calendars)


def test_what_means_the_same_is_identical(stack: Stack, api: Api, ready: Company):
    """Property names in any letter case and order, the interval as digits, UTC said or left out."""
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"
    start, end = ({"dateTime": at.isoformat()} for at in (MONDAY, MONDAY + DAY))
    zone = {"timeZone": "UTC"}
    bodies: list[dict[str, Any]] = [
        {"schedules": [ready.ada], "startTime": start, "endTime": end, "availabilityViewInterval": 60},
        {"AvailabilityViewInterval": "60", "EndTime": end, "StartTime": start, "Schedules": [ready.ada]},
        {"schedules": [ready.ada], "startTime": start | zone, "endTime": end, "availabilityViewInterval": 60},
    ]
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.5):
        answers = at_once(*(lambda body=body: Api(stack).call("POST", path, json=body) for body in bodies * 2))

    assert graphs(stack) == 1
    assert all(value(answer) == value(answers[0]) for answer in answers)


def test_what_is_answered_is_never_kept(stack: Stack, api: Api, ready: Company):
    zoe = person(ready.tenant, "Zoe")
    stack.microsoft.clear_requests()

    for number in range(4):
        meetings = [Meeting(utc(hours=hour), utc(hours=hour + 1)) for hour in range(number)]
        zoe.meetings[:] = meetings
        expect_answered(ask(api, ready, TODAY, zoe.address), TODAY, {zoe.address: meetings})
    assert graphs(stack) == 4


def test_each_difference_is_a_question_of_its_own(stack: Stack, api: Api, ready: Company):
    olga = person(ready.tenant, "Olga").user_principal_name
    other = ready_company(stack, api)
    tokyo = {"Prefer": 'outlook.timezone="Tokyo Standard Time"'}
    ada = ready.ada
    calls = {
        "as it is": asking(stack, ready, TODAY, ada),
        "another person": asking(stack, ready, TODAY, ready.recruiter),
        "one more": asking(stack, ready, TODAY, ada, ready.recruiter),
        "another order": asking(stack, ready, TODAY, ready.recruiter, ada),
        "another user": asking(stack, ready, TODAY, ada, user=olga),
        "another customer": asking(stack, other, TODAY, other.ada),
        "the same people of another customer": asking(stack, other, TODAY, ada),
        "another zone preferred": asking(stack, ready, TODAY, ada, headers=tokyo),
        "another start": asking(stack, ready, Question(MONDAY + DAY, MONDAY + 2 * DAY), ada),
        "another end": asking(stack, ready, Question(MONDAY, MONDAY + 2 * DAY), ada),
        "another interval": asking(stack, ready, Question(minutes=30), ada),
    }
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.4):
        answers = dict(zip(calls, at_once(*calls.values()), strict=True))

    assert {answer.status_code for answer in answers.values()} == {200}
    assert graphs(stack) >= len(calls) - 2, "only what asks for the same people in another order could be shared"
    known = {name: reasons(answer) for name, answer in answers.items()}
    assert known["the same people of another customer"] == {ada: "5009"}, "they know nobody there"
    assert [*known["another order"]] == [ready.recruiter, ada]
    assert len(shown(answers["another interval"])[ada]["availabilityView"]) == 48
    assert len(shown(answers["another end"])[ada]["availabilityView"]) == 48
    assert {claims(call)["tid"] for call in graph_calls(stack, other)} == {other.tenant.id}
    assert {claims(call)["tid"] for call in graph_calls(stack, ready)} == {ready.tenant.id}


def test_users_who_connected_never_share_with_each_other(stack: Stack, api: Api):
    people = working_people(stack, api)
    expect_connects(stack, api, people, people.ada)
    hidden = person(people.tenant, "Hid", Meeting(utc(hours=1), utc(hours=2), subject="Secret")).address
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.4):
        answers = at_once(
            asking(stack, people, TODAY, hidden),
            asking(stack, people, TODAY, hidden, user=people.ada),
            asking(stack, people, TODAY, hidden),
        )

    assert {answer.status_code for answer in answers} == {200}
    assert len(my_calls(stack)) == 2
    assert len({call.bearer for call in my_calls(stack)}) == 2


def test_details_are_each_callers_own(stack: Stack, api: Api, ready: Company):
    """Both look at the same moment at the same entry; only the second asks after the configuration shows subjects."""
    sam = person(ready.tenant, "Sam", Meeting(utc(hours=1), utc(hours=2), subject="Interview with Kim")).address

    def then_full() -> Any:
        time.sleep(0.3)
        assert Api(stack).save(ready, ready.document(applicationSecret=None, details="full")).status_code == 200
        return ask(Api(stack), ready, TODAY, sam)

    with slow_graph(stack, 1.0):
        before, after = at_once(asking(stack, ready, TODAY, sam), then_full)

    assert "Kim" not in before.text
    assert shown(after)[sam]["scheduleItems"][0]["subject"] == "Interview with Kim"


def test_allowed_domains_are_each_callers_own(stack: Stack, api: Api, ready: Company):
    def then_forbidden() -> Any:
        time.sleep(0.3)
        document = ready.document(applicationSecret=None, allowedDomains=["elsewhere.example"])
        assert Api(stack).save(ready, document).status_code == 200
        return ask(Api(stack), ready, TODAY, ready.ada)

    with slow_graph(stack, 1.0):
        before, after = at_once(asking(stack, ready, TODAY, ready.ada), then_forbidden)

    assert reasons(before) == {ready.ada: None}
    assert reasons(after) == {ready.ada: "notAllowed"}


def test_a_caller_who_leaves_takes_nothing_from_the_others(stack: Stack, api: Api, ready: Company):
    body = json.dumps({"schedules": [ready.ada], **TODAY.json()})
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"

    def impatient() -> None:
        connection = http.client.HTTPConnection("localhost", stack.port)
        connection.request("POST", path, body, {"x-functions-key": KEY, "Content-Type": "application/json"})
        time.sleep(0.4)
        connection.close()

    stack.microsoft.clear_requests()
    with slow_graph(stack, 1.0):
        _, (late, _), (later, _) = at_once(
            impatient,
            timed(asking(stack, ready, TODAY, ready.ada), after=0.2),
            timed(asking(stack, ready, TODAY, ready.ada), after=0.6),
        )

    assert reasons(late) == reasons(later) == {ready.ada: None}
    assert graphs(stack) == 1


@pytest.mark.parametrize("shared", [{"mode": "reset"}, {"status": 503, "body": says("x")}], ids=["reset", "503"])
def test_a_hiccup_is_shared_and_repaired_once(stack: Stack, api: Api, ready: Company, shared: dict[str, Any]):
    stack.microsoft.clear_requests()
    with slow_graph(stack, 0.3), Faults(stack, trouble(ready, times=1, delay=0.3, **shared)):
        answers = at_once(*[asking(stack, ready, TODAY, ready.ada)] * 10)

    assert [reasons(answer) for answer in answers] == [{ready.ada: None}] * 10
    assert graphs(stack) == 2


def test_an_error_is_shared_and_then_forgotten(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    with Faults(stack, trouble(ready, delay=0.4, **throttled("100"))):
        answers = at_once(*[asking(stack, ready, TODAY, ready.ada)] * 10)

    for answer in answers:
        expect_refused(answer, 429, "throttled")
        assert 1 <= int(answer.headers["Retry-After"]) <= 100
    assert len({answer.json()["error"]["innerError"]["request-id"] for answer in answers}) == 10
    assert graphs(stack) == 1
    assert reasons(ask(api, ready, TODAY, ready.ada)) == {ready.ada: None}
