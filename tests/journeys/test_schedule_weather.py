"""Graph in bad weather: short trouble is not seen, long trouble leaves people unknown, and never is anybody free."""

import time
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.people import token_requests
from tests.journeys.schedules import (
    Question,
    ask,
    asking,
    crowd,
    expect_answered,
    reasons,
    timed,
)
from tests.journeys.storms import SHORT, Arrivals, http_date, ready_company, says, side_by_side, throttled, trouble
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack

TODAY = Question()


@pytest.mark.parametrize("times", [1, 2])
def test_trouble_that_passes_is_not_seen(stack: Stack, api: Api, times: int):
    """Of five parts one meets it: all kinds at once, each with a company of its own, since each waits a while."""
    companies = {kind: ready_company(stack, api) for kind in SHORT}
    calendars = {kind: crowd(company, 100) for kind, company in companies.items()}
    faults = [
        trouble(company, next(iter(calendars[kind])), times=times, **SHORT[kind]) for kind, company in companies.items()
    ]

    with Faults(stack, *faults):
        answers = side_by_side({k: timed(asking(stack, c, TODAY, *calendars[k])) for k, c in companies.items()})

    assert [fault.times for fault in faults] == [0] * len(faults), "each was met"
    unknown = {kind: {r for r in reasons(answer).values() if r} for kind, (answer, _) in answers.items()}
    assert {kind: why for kind, why in unknown.items() if why} == {}
    for kind, (answer, took) in answers.items():
        expect_answered(answer, TODAY, calendars[kind])
        assert took < 10, kind


# (Retry-After, the least pause in seconds, the longest that would be reasonable)
WAITS: dict[str, tuple[Any, float, float]] = {
    "seconds": (lambda: "2", 2.0, 4.0),
    "a fraction": (lambda: "0.5", 0.5, 2.0),
    "a longer fraction": (lambda: "1.75", 1.75, 3.5),
    "a date": (lambda: http_date(3), 1.9, 5.0),
    "nothing": (lambda: None, 0.01, 3.0),
    "no second": (lambda: "0", 0.0, 3.0),
    "a time with spaces": (lambda: " 1 ", 1.0, 3.0),
    "two times": (lambda: "1, 1", 0.0, 3.0),
}


def test_graph_is_asked_again_when_it_says_so_and_not_sooner(stack: Stack, api: Api):
    cases = [(kind, status) for kind in WAITS for status in (429, 503)]
    companies = {case: ready_company(stack, api) for case in cases}
    arrivals = {case: Arrivals() for case in cases}
    faults = []
    for (kind, status), company in companies.items():
        refusal = trouble(company, times=1, **throttled(WAITS[kind][0](), status))
        usual = trouble(company)  # answers as ever, and is only here to note the time
        refusal.where = usual.where = arrivals[kind, status]
        faults += [refusal, usual]

    with Faults(stack, *faults):
        answers = side_by_side({case: asking(stack, c, TODAY, c.ada) for case, c in companies.items()})

    for case, company in companies.items():
        assert reasons(answers[case]) == {company.ada: None}
        (pause,) = arrivals[case].pauses
        _, least, most = WAITS[case[0]]
        assert least - 0.02 <= pause <= most, f"{case}: asked again after {pause:.2f} s"


def test_a_wait_beyond_the_deadline_is_not_waited_for(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 40)
    first = next(iter(calendars))
    with Faults(stack, trouble(ready, first, **throttled("300"))):
        answer, took = timed(asking(stack, ready, TODAY, *calendars))()
        alone, _ = timed(asking(stack, ready, TODAY, first))()

    assert took < 2
    assert [address for address, reason in reasons(answer).items() if reason] == list(calendars)[:20]
    expect_refused(alone, 429, "throttled")
    assert 1 <= int(alone.headers["Retry-After"]) <= 300
    begun = time.monotonic()
    expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)
    assert time.monotonic() - begun < 1, "what another call was told to wait is no reason to make this one wait"


def test_a_mailbox_that_is_throttled_for_a_while_is_waited_for_by_all_its_parts(stack: Stack, api: Api, ready: Company):
    """As Graph does it: for some seconds every request is refused, with the time that is left."""
    calendars = crowd(ready, 400)
    until = time.monotonic() + 2
    refusals = []
    for left in (2, 1):
        refusal = trouble(ready, **throttled(str(left)))
        refusal.where = lambda _, left=left: left - 1 < until - time.monotonic() <= left
        refusals.append(refusal)
    stack.microsoft.clear_requests()
    with Faults(stack, *refusals):
        answer, took = timed(asking(stack, ready, TODAY, *calendars))()

    expect_answered(answer, TODAY, calendars)
    assert 1.9 < took < 6
    assert len(graph_calls(stack, ready)) <= 20 + 20, "nobody is asked again before it is time"


def test_a_token_refused_once_is_fetched_anew_once_for_all_parts(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    assert value(ask(api, ready, TODAY, ready.ada))
    bearer = graph_calls(stack, ready)[-1].bearer
    stack.microsoft.clear_requests()
    ended = trouble(ready, status=401, body=says("InvalidAuthenticationToken"))
    ended.where = lambda seen: seen.bearer == bearer
    with Faults(stack, ended):
        answer, took = timed(asking(stack, ready, TODAY, *calendars))()

    expect_answered(answer, TODAY, calendars)
    assert len(token_requests(stack, ready, "client_credentials")) == 1
    calls = graph_calls(stack, ready)
    assert len(calls) <= 10
    assert {call.bearer == bearer for call in calls if call.status == 200} == {False}
    assert took < 3


def test_a_token_refused_again_and_again_is_an_error_and_no_loop(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    stack.microsoft.clear_requests()
    with Faults(stack, trouble(ready, status=401, body=says("InvalidAuthenticationToken"))):
        answer, took = timed(asking(stack, ready, TODAY, *calendars))()

    assert answer.status_code in (409, 502), answer.text[:300]
    expect_refused(answer, answer.status_code, answer.json()["error"]["code"], hides=("availabilityView",))
    assert took < 5
    assert len(graph_calls(stack, ready)) <= 10
    assert len(token_requests(stack, ready, "client_credentials")) <= 2
    expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)


def test_a_token_refused_for_one_part_only_leaves_the_others_known(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 60)
    with Faults(stack, trouble(ready, next(iter(calendars)), status=401, body=says("InvalidAuthenticationToken"))):
        answer = ask(api, ready, TODAY, *calendars)

    assert [address for address, reason in reasons(answer).items() if reason] == list(calendars)[:20]


REFUSALS = {"403": (403, says("ErrorAccessDenied")), "404": (404, says("MailboxNotEnabledForRESTAPI"))}


@pytest.mark.parametrize(("status", "body"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_after_somebody_was_read_is_part_of_a_200(stack: Stack, api: Api, ready: Company, status: int, body):
    """While a scope or a consent spreads, Graph says yes to one request and no to the next."""
    calendars = crowd(ready, 40)
    nobodies = [f"nobody{number}@{ready.tenant.domains[1]}" for number in range(5)]
    with Faults(stack, trouble(ready, next(iter(calendars)), status=status, body=body, delay=0.5)):
        answer = ask(api, ready, TODAY, *calendars)
        strangers = ask(api, ready, TODAY, *list(calendars)[:20], *nobodies)

    unknown = {address: reason for address, reason in reasons(answer).items() if reason}
    assert unknown == dict.fromkeys(list(calendars)[:20], "mailboxNotReachable")
    assert reasons(strangers) == unknown | dict.fromkeys(nobodies, "5009"), "what Graph says of an address is no error"


def test_a_refusal_that_breaks_off_is_asked_again(stack: Stack, api: Api, ready: Company):
    """What was refused and why is not known, so it is no fault of the caller's."""
    calendars = crowd(ready, 40)
    half = b'{"error": {"code": "ErrorTimeInt'
    headers = {"Content-Type": "application/json"}
    with Faults(stack, trouble(ready, status=400, body=half, headers=headers, times=2)):
        expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)
