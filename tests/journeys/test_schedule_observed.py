"""What a getSchedule call leaves to be seen: one line in the log, and Server-Timing."""

import json
import re
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.schedules import (
    DAY,
    MONDAY,
    Question,
    ask,
    asking,
    crowd,
    line_of,
    reasons,
    slow_graph,
    utc,
)
from tests.journeys.storms import says, throttled, trouble
from tests.journeys.test_configuration import at_once
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()


def server_timing(answer: Any) -> dict[str, float]:
    """Return the durations in the header, in milliseconds (W3C Server Timing)."""
    found = dict(re.findall(r"([\w-]+)(?:;[^,]*?)?;dur=([\d.]+)", answer.headers["Server-Timing"]))
    return {name: float(duration) for name, duration in found.items()}


def test_one_line_tells_what_a_call_was(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 43)
    question = Question(MONDAY, MONDAY + 60 * DAY, 60)
    nobodies = [f"nobody{number}@{ready.tenant.domains[1]}" for number in range(3)]
    stack.microsoft.clear_requests()
    refusal = trouble(ready, next(iter(calendars)), status=503, body=says("x"), times=1)
    with Faults(stack, refusal):
        answer = ask(api, ready, question, *calendars, *nobodies, next(iter(calendars)))

    line = line_of(stack, answer)
    assert (line["function"], line["status"], line["customer"]) == ("get_schedule", 200, ready.customer)
    assert (line["people"], line["unknown"]) == (47, 3)
    calls = graph_calls(stack, ready)
    assert (line["requests"], line["retries"]) == (len(calls), 1)
    assert line["requests"] == 3 * 2 + 1
    genuine = {call.request_id for call in calls if call.status == 200}
    assert set(line["graphRequestIds"]) >= genuine
    assert len(line["graphRequestIds"]) == len(set(line["graphRequestIds"]))


def test_no_address_is_in_any_line(stack: Stack, api: Api, ready: Company):
    secret = Meeting(utc(hours=1), utc(hours=2), subject="Merger with Initech", location="Vault 9")
    people = [person(ready.tenant, name, secret).address for name in ("Ottokar", "Philomena")]
    begun = len(stack.host.stderr_text())
    ask(api, ready, TODAY, *people, "quirinus@nowhere.example", "no address at all")
    ask(api, ready, TODAY, *people, headers={"Prefer": 'outlook.timezone="Nowhere/Ottokar"'})
    with Faults(stack, trouble(ready, status=400, body=says(f"Bad {people[0]}"))):
        ask(api, ready, TODAY, *people)
    with Faults(stack, trouble(ready, **throttled("300"))):
        answer = ask(api, ready, TODAY, *people)
    line_of(stack, answer)

    written = stack.host.stderr_text()[begun:].lower()
    for word in ("ottokar", "philomena", "quirinus", "recruiter@", "initech", "vault 9", "no address at all", "eyj"):
        assert word not in written, word


def test_the_milliseconds_are_split_into_ours_and_microsofts(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    with slow_graph(stack, 0.2):
        answer = ask(api, ready, TODAY, *calendars)

    line = line_of(stack, answer)
    assert 390 < line["msMicrosoft"] < 700, "two rounds of four that ran side by side, not the sum of all"
    assert 0 < line["msOurs"] < 300
    assert line["ms"] == pytest.approx(line["msMicrosoft"] + line["msOurs"], abs=1)
    timing = server_timing(answer)
    assert timing["total"] == pytest.approx(timing["microsoft"] + timing["connector"], abs=1)
    assert timing["microsoft"] == pytest.approx(line["msMicrosoft"], abs=5)
    assert timing["total"] == pytest.approx(line["ms"], abs=50)


def test_waiting_for_microsoft_to_allow_it_again_is_not_our_time(stack: Stack, api: Api, ready: Company):
    with Faults(stack, trouble(ready, times=1, **throttled("1"))):
        answer = ask(api, ready, TODAY, ready.ada)

    line = line_of(stack, answer)
    assert reasons(answer) == {ready.ada: None}
    assert line["retries"] == 1
    assert line["ms"] > 990
    assert line["msOurs"] < 300


def test_errors_have_a_line_and_server_timing_too(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 45)
    stack.microsoft.clear_requests()
    with Faults(stack, trouble(ready, **throttled("300"))):
        answer = ask(api, ready, TODAY, *calendars)

    expect_refused(answer, 429, "throttled")
    line = line_of(stack, answer)
    assert (line["status"], line["error"], line["people"]) == (429, "throttled", 45)
    assert line["requests"] == len(graph_calls(stack, ready))
    assert server_timing(answer)["total"] > 0


def test_unknown_people_are_counted_whatever_the_cause(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 40)
    document = ready.document(applicationSecret=None, allowedDomains=[ready.tenant.domains[1]])
    assert api.save(ready, document).status_code == 200
    with Faults(stack, trouble(ready, next(iter(calendars)), **throttled("300"))):
        answer = ask(api, ready, TODAY, *calendars, "boss@elsewhere.example", f"nobody@{ready.tenant.domains[1]}")

    unknown = [address for address, reason in reasons(answer).items() if reason]
    assert line_of(stack, answer)["unknown"] == len(unknown) == 22
    assert line_of(stack, answer)["people"] == 42


def test_callers_who_share_a_look_up_have_a_line_each(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    with slow_graph(stack, 0.4):
        answers = at_once(*[asking(stack, ready, TODAY, ready.ada)] * 5)

    (call,) = graph_calls(stack, ready)
    lines = [line_of(stack, answer) for answer in answers]
    assert {line["people"] for line in lines} == {1}
    assert sum(line["requests"] for line in lines) == 1, "the one request is counted once"
    assert all(call.request_id in line["graphRequestIds"] for line in lines), "support asks for it, whoever calls"


def test_a_line_for_the_largest_call_is_still_one_line(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 1000)
    answer = ask(api, ready, TODAY, *calendars)

    line = line_of(stack, answer)
    assert (line["people"], line["requests"], line["unknown"]) == (1000, 50, 0)
    assert len(json.dumps(line)) < 32_000, "Application Insights cuts a message off there"


def test_the_callers_request_id_reaches_graph_and_the_log(stack: Stack, api: Api, ready: Company):
    mine = "5f0e6b1c-2222-4222-8333-444455556666"
    stack.microsoft.clear_requests()
    answer = ask(api, ready, TODAY, ready.ada, headers={"client-request-id": mine})

    assert value(answer)
    assert answer.headers["client-request-id"] == mine
    assert mine in json.dumps(line_of(stack, answer))
