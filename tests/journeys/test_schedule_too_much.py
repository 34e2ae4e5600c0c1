"""What is too much for Graph in one piece is asked in smaller ones; what can't be split is unknown, with its reason."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults
from tests.journeys.schedules import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    Question,
    ask,
    crowd,
    expect_answered,
    expect_free_busy,
    people_asked,
    reasons,
    rules,
    shown,
    utc,
    window_asked,
)
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.microsoft import Fault
from tests.sandbox.microsoft.faults import asks_for
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person, thing
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()
MONTH = Question(MONDAY, MONDAY + 40 * DAY, 60)
TOLD = ["schedule", "request"]


def every_hour(days: float) -> list[Meeting]:
    """Return a meeting in each hour of so many days."""
    return [Meeting(utc(hours=hour), utc(hours=hour, minutes=30)) for hour in range(int(days * 24))]


@pytest.fixture
def small_calendars(stack: Stack) -> Iterator[None]:
    """Graph takes no more than 100 entries of a mailbox, instead of 1,000, so that tests are quick."""
    with rules(stack, largest_calendar=100):
        yield


@pytest.mark.parametrize("told", TOLD)
def test_a_crowded_mailbox_is_read_in_shorter_windows(stack: Stack, api: Api, ready: Company, told: str):
    """5006 is documented as the schedule's error and was seen as the whole request's (facts 1.4, 14)."""
    entries = every_hour(40)
    crowded = person(ready.tenant, "Crow", *entries).address
    with rules(stack, largest_calendar=100, too_many_entries=told):
        expect_answered(ask(api, ready, MONTH, crowded), MONTH, {crowded: entries})


@pytest.mark.parametrize("told", TOLD)
def test_a_crowded_mailbox_takes_nobody_along(stack: Stack, api: Api, ready: Company, told: str):
    calendars = crowd(ready, 50)
    entries = every_hour(20)
    calendars |= {person(ready.tenant, "Crow", *entries).address: entries}
    calendars |= crowd(ready, 10, first=50)
    with rules(stack, largest_calendar=100, too_many_entries=told):
        stack.microsoft.clear_requests()
        expect_answered(ask(api, ready, MONTH, *calendars), MONTH, calendars)

    assert len(graph_calls(stack, ready)) < 60, (
        "only what was too much is asked again, not everything in ever smaller parts"
    )


@pytest.mark.parametrize("told", TOLD)
def test_more_entries_than_any_window_may_have_are_unknown_with_the_reason(stack, api: Api, ready: Company, told: str):
    entries = [Meeting(utc(3), utc(3) + HOUR)] * 130
    calendars = crowd(ready, 25)
    crowded = person(ready.tenant, "Crow", *entries).address
    with rules(stack, largest_calendar=100, too_many_entries=told):
        answer = ask(api, ready, MONTH, *calendars, crowded)

    expect_free_busy(shown(answer)[next(iter(calendars))], MONTH, next(iter(calendars.values())))
    assert {reasons(answer)[address] for address in calendars} == {None}
    assert reasons(answer)[crowded] in ("5006", "ErrorResultSetTooBig")
    error = shown(answer)[crowded]["error"]
    assert "too many" in error["message"].lower() or "entries" in error["message"].lower()


@pytest.mark.usefixtures("small_calendars")
def test_the_search_for_a_window_that_works_ends_soon(stack: Stack, api: Api, ready: Company):
    """One slot is too much: that is found without asking about each of the thousands of slots."""
    question = Question(MONDAY, MONDAY + 40 * DAY, 5)
    crowded = person(ready.tenant, "Crow", *[Meeting(utc(3), utc(3) + MINUTE)] * 130).address
    stack.microsoft.clear_requests()

    assert reasons(ask(api, ready, question, crowded))[crowded] == "5006"

    assert len(graph_calls(stack, ready)) <= 4 * math.log2(40 * 288)


@pytest.mark.usefixtures("small_calendars")
def test_a_crowded_week_in_a_year_is_read(api: Api, ready: Company):
    question = Question(MONDAY, MONDAY + 366 * DAY, 60)
    entries = [Meeting(utc(200, minutes=20 * number), utc(200, minutes=20 * number + 5)) for number in range(400)]
    crowded = person(ready.tenant, "Crow", *entries).address

    expect_answered(ask(api, ready, question, crowded), question, {crowded: entries})


@pytest.mark.usefixtures("small_calendars")
def test_halves_cut_in_the_middle_of_entries_show_each_once(api: Api, ready: Company):
    long = [Meeting(utc(day), utc(day + 9), "tentative") for day in range(0, 40, 4)]
    entries = long + every_hour(40)
    crowded = person(ready.tenant, "Crow", *entries).address

    expect_answered(ask(api, ready, MONTH, crowded), MONTH, {crowded: entries})


def team(company: Company, name: str, members: int) -> tuple[str, list[Meeting]]:
    """Add a distribution list of people who are busy one hour each; return its address and all their meetings."""
    meetings = [Meeting(utc(hours=number % 24), utc(hours=number % 24 + 1)) for number in range(members)]
    addresses = [person(company.tenant, f"{name}{n}", meeting).address for n, meeting in enumerate(meetings)]
    group = thing(company.tenant, f"{name}@{company.tenant.domains[1]}", name, kind="list", members=addresses)
    return group.address, meetings


def test_a_list_is_answered_as_one(api: Api, ready: Company):
    group, meetings = team(ready, "team", 10)

    expect_answered(ask(api, ready, TODAY, group), TODAY, {group: meetings})


def test_a_list_that_overflows_is_unknown_with_its_reason_and_the_others_stand(api: Api, ready: Company):
    group, _ = team(ready, "everybody", 101)
    calendars = crowd(ready, 30)

    answer = ask(api, ready, TODAY, *list(calendars)[:10], group, *list(calendars)[10:])

    assert [address for address, reason in reasons(answer).items() if reason] == [group]
    assert reasons(answer)[group] == "ErrorFreeBusyDLLimitReached"
    for address, meetings in calendars.items():
        expect_free_busy(shown(answer)[address], TODAY, meetings)


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("largest", [20, 100])
def test_lists_that_are_too_many_people_together_are_asked_apart(stack, api: Api, ready: Company, told: str, largest):
    """Graph counts the members of lists, too: 20 entities by the documentation, 100 by experience (facts 1.4)."""
    calendars: dict[str, list[Meeting]] = {}
    for number in range(6):
        calendars |= dict([team(ready, f"team{number}", largest - number)])
        calendars |= crowd(ready, 3, first=3 * number)
    with rules(stack, largest_people=largest, beyond_people=told):
        expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)


@pytest.mark.parametrize("told", TOLD)
def test_a_list_of_more_people_than_a_request_takes_is_unknown_alone(stack: Stack, api: Api, ready: Company, told: str):
    group, _ = team(ready, "team", 25)
    calendars = crowd(ready, 30)
    with rules(stack, largest_people=20, beyond_people=told):
        answer = ask(api, ready, TODAY, *calendars, group)

    assert [address for address, reason in reasons(answer).items() if reason] == [group]
    assert reasons(answer)[group] in ("ErrorIndividualMailboxLimitReached", "ErrorMailboxDataArrayTooBig", "5002")


@pytest.mark.parametrize("largest", [1, 3, 10, 19])
def test_a_tenant_that_takes_fewer_addresses_is_asked_for_fewer(stack: Stack, api: Api, ready: Company, largest: int):
    calendars = crowd(ready, 45)
    with rules(stack, largest_schedules=largest):
        expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)


@pytest.mark.parametrize("longest", [2, 7, 31, 41])
@pytest.mark.parametrize("people", [1, 25])
def test_a_stricter_tenant_is_asked_for_shorter_windows(stack: Stack, api: Api, ready: Company, longest: int, people):
    question = Question(MONDAY, MONDAY + 100 * DAY, 60)
    entries = [Meeting(utc(day), utc(day + 3), "oof") for day in range(0, 100, 9)]
    calendars = crowd(ready, people - 1) | {person(ready.tenant, "Stella", *entries).address: entries}
    with rules(stack, longest_window_days=longest):
        stack.microsoft.clear_requests()
        expect_answered(ask(api, ready, question, *calendars), question, calendars)

    worked = [call for call in graph_calls(stack, ready) if call.status == 200]
    assert all(end - start < longest * DAY for start, end in map(window_asked, worked))


@pytest.mark.parametrize(("count", "days"), [(1000, 168), (440, 366)])
def test_the_largest_call_of_a_stricter_tenant_is_answered(
    stack: Stack, api: Api, ready: Company, count: int, days: int
):
    question = Question(MONDAY, MONDAY + days * DAY, 1440)
    calendars = crowd(ready, count)
    with rules(stack, longest_window_days=31):
        answer = ask(api, ready, question, *calendars)

    assert {reason for reason in reasons(answer).values() if reason} == set()
    expect_answered(answer, question, calendars)


def test_a_tenant_that_takes_less_than_one_slot_leaves_everybody_unknown(stack: Stack, api: Api, ready: Company):
    """Nothing can be split any more, and nothing refused the call itself: so it is a 200 that says why."""
    question = Question(MONDAY, MONDAY + 3 * DAY, 1440)
    with rules(stack, longest_window_days=1):
        answer = ask(api, ready, question, ready.ada, ready.recruiter)

    assert reasons(answer) == dict.fromkeys([ready.ada, ready.recruiter], "ErrorTimeIntervalTooBig")


WHOLE = {
    "entries": (400, "ErrorResultSetTooBig"),
    "entries by number": (400, "5006"),
    "addresses": (400, "ErrorMailboxDataArrayTooBig"),
    "addresses by number": (400, "5002"),
    "people": (400, "ErrorIndividualMailboxLimitReached"),
    "list": (400, "ErrorFreeBusyDLLimitReached"),
    "bytes": (413, "ErrorRequestStreamTooBig"),
}


@pytest.mark.parametrize(("status", "code"), WHOLE.values(), ids=WHOLE)
def test_one_address_that_is_too_much_is_unknown_and_the_others_are_known(
    stack, api: Api, ready, status: int, code: str
):
    """Whatever of Graph's limits it is, and although Graph refuses the whole request with it."""
    calendars = crowd(ready, 45)
    culprit = list(calendars)[17]
    body: dict[str, Any] = {"error": {"code": code, "message": "Too much."}}
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("graph", ready.recruiter, status=status, body=body, where=asks_for(culprit))):
        answer = ask(api, ready, TODAY, *calendars)

    assert [address for address, reason in reasons(answer).items() if reason] == [culprit]
    assert reasons(answer)[culprit] == code
    for address, meetings in calendars.items():
        if address != culprit:
            expect_free_busy(shown(answer)[address], TODAY, meetings)
    assert len(graph_calls(stack, ready)) < 3 + 2 * 20 + 2 * 24


@pytest.mark.parametrize("code", ["ErrorInvalidParameter", "BadRequest", "UnknownError", "aCodeOfTomorrow"])
def test_a_request_refused_for_another_reason_is_not_asked_again_and_again(stack: Stack, api, ready, code: str):
    calendars = crowd(ready, 45)
    culprit = list(calendars)[17]
    body: dict[str, Any] = {"error": {"code": code, "message": "Something is wrong."}}
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("graph", ready.recruiter, status=400, body=body, where=asks_for(culprit))):
        answer = ask(api, ready, TODAY, *calendars)

    unknown = {address for address, reason in reasons(answer).items() if reason}
    assert culprit in unknown
    together = next(people_asked(call) for call in graph_calls(stack, ready) if culprit in people_asked(call))
    assert unknown <= set(together)
    assert len(graph_calls(stack, ready)) < 50


def test_after_a_stricter_tenant_the_next_is_asked_as_usual(stack: Stack, api: Api, ready: Company):
    with rules(stack, longest_window_days=7):
        assert value(ask(api, ready, MONTH, ready.ada))
    stack.microsoft.clear_requests()

    assert value(ask(api, ready, MONTH, ready.ada))
    asked = [end - start for start, end in map(window_asked, graph_calls(stack, ready))]
    assert max(asked) > timedelta(days=1)
