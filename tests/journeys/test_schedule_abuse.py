"""getSchedule bodies that no well-behaved client sends: refused by name, or answered truly; never a crash."""

import json
import socket
import time
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import expect_refused, raw
from tests.journeys.schedules import DAY, MONDAY, Question, ask, asking, crowd, expect_answered, reasons, timed
from tests.journeys.storms import side_by_side
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack

TODAY = Question()
JSON = {"Content-Type": "application/json"}


def path(company: Company) -> str:
    """Return where the recruiter asks."""
    return f"/customers/{company.customer}/users/{company.recruiter}/calendar/getSchedule"


def post(api: Api, company: Company, body: bytes) -> Any:
    """Send a body as it is."""
    return api.call("POST", path(company), data=body, headers=JSON)


def written(**changes: Any) -> bytes:
    """Return today's body with changes."""
    return json.dumps({"schedules": ["ada@a.example"], **TODAY.json()} | changes).encode()


WRONG: dict[str, tuple[str, Any]] = {
    "no list": ("schedules", "ada@a.example"),
    "an empty list": ("schedules", []),
    "null in the list": ("schedules", ["a@b.example", None]),
    "a number in the list": ("schedules", ["a@b.example", 7]),
    "a list in the list": ("schedules", [["a@b.example"]]),
    "an object in the list": ("schedules", [{"address": "a@b.example"}]),
    "a wrong one at the end of many": ("schedules", ["a@b.example"] * 999 + [5]),
    "a list as the start": ("startTime", [1]),
    "a number as the end": ("endTime", 20270215),
    "an offset in the time": ("startTime", {"dateTime": "2027-02-15T00:00:00+01:00", "timeZone": "UTC"}),
    "a Z in the time": ("endTime", {"dateTime": "2027-02-15T00:00:00Z", "timeZone": "UTC"}),
    "a day that is none": ("startTime", {"dateTime": "2027-02-29T00:00:00", "timeZone": "UTC"}),
    "a year before all": ("startTime", {"dateTime": "0000-01-01T00:00:00", "timeZone": "UTC"}),
    "a second too many": ("startTime", {"dateTime": "2027-02-15T23:59:61", "timeZone": "UTC"}),
    "a number as the zone": ("startTime", {"dateTime": "2027-02-15T00:00:00", "timeZone": 1}),
    "no minutes": ("availabilityViewInterval", 0),
    "four minutes": ("availabilityViewInterval", 4),
    "1441 minutes": ("availabilityViewInterval", 1441),
    "many minutes": ("availabilityViewInterval", 10**40),
    "part of a minute": ("availabilityViewInterval", 30.5),
    "true minutes": ("availabilityViewInterval", True),
    "minutes in words": ("availabilityViewInterval", "thirty"),
}


@pytest.mark.parametrize(("name", "wrong"), WRONG.values(), ids=WRONG)
def test_a_wrong_value_is_refused_by_name_before_graph_is_asked(stack: Stack, api: Api, ready, name: str, wrong: Any):
    stack.microsoft.clear_requests()

    expect_refused(post(api, ready, written(**{name: wrong})), 400, "invalidRequest", name)
    assert stack.microsoft.count("graph") == 0


EDGES = [("0001-01-01T00:00:00", "0001-01-02T00:00:00"), ("9999-12-30T00:00:00", "9999-12-31T23:59:59")]


@pytest.mark.parametrize(("start", "end"), EDGES)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_edges_of_all_time_are_no_crash(api: Api, ready: Company, start: str, end: str, zone: str):
    body = {"startTime": {"dateTime": start, "timeZone": zone}, "endTime": {"dateTime": end, "timeZone": zone}}
    headers = {"Prefer": f'outlook.timezone="{zone}"'}

    answer = ask(api, ready, TODAY, ready.ada, json=body, headers=headers)

    assert answer.status_code in (200, 400), answer.text[:300]
    if answer.status_code == 400:
        expect_refused(answer, 400, "invalidRequest", "Time")


def test_a_thousand_addresses_as_long_as_they_may_be(stack: Stack, api: Api, ready: Company):
    """64 before the @ and 255 behind it (RFC 5321): 320 characters, 325 KB of body."""
    domain = ".".join(["d" * 62] * 4) + ".abc"
    long = [f"{number:04}".rjust(64, "x") + "@" + domain for number in range(998)]
    assert {len(address) for address in long} == {64 + 1 + len(domain)}
    stack.microsoft.clear_requests()

    answer = ask(api, ready, TODAY, ready.ada, *long, ready.recruiter)

    assert [one["scheduleId"] for one in value(answer)] == [ready.ada, *long, ready.recruiter]
    assert [address for address, reason in reasons(answer).items() if not reason] == [ready.ada, ready.recruiter]
    assert max(len(call.body) for call in graph_calls(stack, ready)) < 400 * 1024


STRANGE = {
    "nothing": "",
    "a space": " ",
    "spaces around": " ADA ",
    "a NUL": "a\x00b@c.example",
    "a line break": "a@b.example\r\nX-Evil: 1",
    "half a pair": "\ud800@b.example",
    "another script": "аda@b.example",
    "an emoji": "🦄@b.example",
    "right to left": "\u202eadaa@b.example",
    "two ats": "a@b@c.example",
    "a name and an address": "Ada <ada@b.example>",
    "quotes": '"ada\\""@b.example',
    "JSON": '"},{"scheduleId":"x","availabilityView":"000',
    "very long": "x" * 100_000 + "@b.example",
    "a path": "../../users/x@b.example",
    "SMTP:": "SMTP:ada@b.example",
}


@pytest.mark.parametrize("strange", STRANGE.values(), ids=STRANGE)
def test_a_strange_address_is_unknown_or_refused_and_never_harms_the_others(api: Api, ready: Company, strange: str):
    calendars = crowd(ready, 25)
    strange = strange.replace("ADA", ready.ada)

    answer = post(api, ready, written(schedules=[*calendars, strange]))

    if answer.status_code == 400:
        expect_refused(answer, 400, "invalidRequest", "schedules", hides=("x" * 1000,))
        return
    found = value(answer)
    assert [one["scheduleId"] for one in found] == [*calendars, strange], (
        "clients look their addresses up in the answer"
    )
    assert "error" in found[-1] or strange.strip() == ready.ada
    for one in found[:-1]:
        assert one["availabilityView"] == TODAY.view(calendars[one["scheduleId"]])


def test_a_body_over_one_mebibyte_is_too_large_and_one_just_below_is_not(stack: Stack, api: Api, ready: Company):
    body = written(schedules=[ready.ada])
    stack.microsoft.clear_requests()

    assert reasons(post(api, ready, body + b" " * (1024 * 1024 - len(body)))) == {ready.ada: None}
    expect_refused(post(api, ready, body + b" " * (1024 * 1024 - len(body) + 1)), 413, "requestTooLarge")
    addresses = [f"{number:07}@nowhere.example" for number in range(200_000)]
    expect_refused(post(api, ready, written(schedules=addresses)), 413, "requestTooLarge")
    assert stack.microsoft.count("graph") == 1


def test_too_many_addresses_in_a_body_that_is_small_enough_are_refused_at_once(api: Api, ready: Company):
    answer, took = timed(lambda: post(api, ready, written(schedules=["a@b.c"] * 100_000)))()

    expect_refused(answer, 400, "invalidRequest", "schedules", "1000")
    assert took < 1
    assert len(answer.content) < 2000


TWICE = [
    b'{"schedules": ["a@b.example"], "schedules": ["c@d.example"], %s}',
    b'{"schedules": ["a@b.example"], "SCHEDULES": ["c@d.example"], %s}',
    b'{"schedules": ["a@b.example"], "Schedules": null, %s}',
]


@pytest.mark.parametrize("body", TWICE)
def test_a_property_twice_is_refused(stack: Stack, api: Api, ready: Company, body: bytes):
    stack.microsoft.clear_requests()
    rest = json.dumps(TODAY.json()).encode()[1:-1]

    expect_refused(post(api, ready, body % rest), 400, "invalidRequest", "schedules")
    assert stack.microsoft.count("graph") == 0


def test_properties_that_graph_does_not_know_change_nothing_or_are_refused(api: Api, ready: Company):
    answer = post(api, ready, written(schedules=[ready.ada], user="admin@x.example", customer="other", details="full"))

    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert "subject" not in answer.text


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_ask_nothing(stack: Stack, api: Api, ready: Company, method: str):
    stack.microsoft.clear_requests()
    answer = api.call(method, path(ready), described=False, data=written(), headers=JSON)

    assert answer.status_code in (404, 405)
    assert stack.microsoft.count("graph") == 0


def test_the_same_call_again_and_again_gives_the_same_answer(api: Api, ready: Company):
    calendars = crowd(ready, 45)
    question = Question(MONDAY, MONDAY + 90 * DAY, 15)

    first = value(ask(api, ready, question, *calendars))
    for _ in range(5):
        assert value(ask(api, ready, question, *calendars)) == first


def test_many_different_calls_at_once_are_each_answered_for_themselves(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 60)
    addresses = list(calendars)
    calls = {
        number: asking(stack, ready, Question(minutes=5 + number), *addresses[number : number + 1 + number % 23])
        for number in range(40)
    }
    begun = time.monotonic()

    answers = side_by_side(calls)

    for number, answer in answers.items():
        asked = {address: calendars[address] for address in addresses[number : number + 1 + number % 23]}
        expect_answered(answer, Question(minutes=5 + number), asked)
    assert time.monotonic() - begun < 10


def test_a_body_that_comes_slowly_or_not_at_all_holds_up_nobody(stack: Stack, api: Api, ready: Company):
    half = written(schedules=[ready.ada])
    with socket.create_connection(("localhost", stack.port)) as slow:
        head = f"POST {path(ready)} HTTP/1.1\r\nHost: localhost\r\nx-functions-key: sandbox\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(half)}\r\n\r\n"
        slow.sendall(head.encode() + half[: len(half) // 2])
        answer, took = timed(asking(stack, ready, TODAY, ready.ada))()

    assert reasons(answer) == {ready.ada: None}
    assert took < 2


def test_a_chunked_body_is_taken(stack: Stack, api: Api, ready: Company):
    pieces = iter([written(schedules=[ready.ada])[:20], written(schedules=[ready.ada])[20:]])

    answer = api.call("POST", path(ready), data=pieces, headers=JSON)

    assert reasons(answer) == {ready.ada: None}


def test_paths_with_tricks_in_the_user_ask_nothing(stack: Stack, ready: Company):
    stack.microsoft.clear_requests()
    for user in ("..%2f..%2fme", "a%00b", "x%0d%0aHost:evil", "%2e%2e", "a%3fb@c.example", "a%5cb@c.example"):
        target = f"/customers/{ready.customer}/users/{user}/calendar/getSchedule"
        answer = raw(stack, "POST", target, written(schedules=[ready.ada]))
        assert answer.status_code in (400, 404), user
    assert stack.microsoft.count("graph") == 0
