"""How much one getSchedule call takes: 1,000 people, 366 days, and a bound on both together."""

import random
import re
from datetime import timedelta

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import expect_refused
from tests.journeys.schedules import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    Question,
    ask,
    crowd,
    expect_answered,
    expect_graphs_limits,
    fewest,
    rules,
    shown,
    utc,
)
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()


def days(count: float, minutes: int = 1440) -> Question:
    """Return a question about so many days."""
    return Question(MONDAY, MONDAY + count * DAY, minutes)


def strangers(count: int) -> list[str]:
    """Return addresses of which Microsoft knows none: asking for them is all that matters."""
    return [f"stranger{number}@nowhere.example" for number in range(count)]


@pytest.mark.parametrize("count", [1, 20, 21, 100, 1000])
def test_any_number_of_people_up_to_a_thousand_is_answered_in_the_order_asked(stack: Stack, api, ready, count: int):
    calendars = crowd(ready, count)
    asked = list(calendars)
    random.Random(count).shuffle(asked)
    stack.microsoft.clear_requests()

    answer = ask(api, ready, TODAY, *asked)

    expect_answered(answer, TODAY, {address: calendars[address] for address in asked})
    calls = graph_calls(stack, ready)
    expect_graphs_limits(calls)
    assert len(calls) == fewest(count, 1)


@pytest.mark.parametrize("count", [1, 41, 42, 43, 62, 100, 366])
def test_any_number_of_days_up_to_366_is_answered_in_one_piece(stack: Stack, api: Api, ready: Company, count: int):
    question = days(count, 60)
    meetings = [Meeting(utc(day, hours=day % 24), utc(day, hours=day % 24 + 1)) for day in range(0, 370, 3)]
    calendars = {
        person(ready.tenant, name, *meetings[first:]).address: meetings[first:] for first, name in enumerate("ABC")
    }
    stack.microsoft.clear_requests()

    answer = ask(api, ready, question, *calendars)

    expect_answered(answer, question, calendars)
    calls = graph_calls(stack, ready)
    expect_graphs_limits(calls)
    assert len(calls) == fewest(3, count)


def test_a_year_in_slots_of_five_minutes_is_one_view(api: Api, ready: Company):
    question = days(366, 5)
    meetings = [Meeting(utc(day), utc(day, minutes=6)) for day in (0, 41, 42, 84, 200, 365)]
    address = person(ready.tenant, "Yara", *meetings).address

    view = shown(ask(api, ready, question, address))[address]["availabilityView"]

    assert len(view) == 366 * 288
    assert [slot for slot, digit in enumerate(view) if digit != "0"] == [
        day * 288 + slot for day in (0, 41, 42, 84, 200, 365) for slot in (0, 1)
    ]


# (people, days): pieces of 20 people by pieces of 42 days may be 200
BOUND = [(1000, 168), (800, 210), (660, 252), (440, 366), (1000, 1)]
BEYOND = [(1000, 169), (801, 210), (800, 210.01), (661, 252), (441, 366), (1000, 366), (1000, 210)]


@pytest.mark.parametrize(("people", "length"), BOUND)
def test_as_much_as_the_bound_allows_is_answered(stack: Stack, api: Api, ready: Company, people: int, length: int):
    calendars = crowd(ready, 3)
    asked = [*strangers(people - 3), *calendars]
    stack.microsoft.clear_requests()

    answer = ask(api, ready, days(length), *asked)

    assert [one["scheduleId"] for one in value(answer)] == asked
    found = shown(answer)
    for address, meetings in calendars.items():
        assert found[address]["availabilityView"] == days(length).view(meetings)
    expect_graphs_limits(graph_calls(stack, ready))


@pytest.mark.parametrize(("people", "length"), BEYOND)
def test_beyond_the_bound_the_message_says_what_to_narrow_and_is_right(stack, api: Api, ready: Company, people, length):
    stack.microsoft.clear_requests()

    error = expect_refused(ask(api, ready, days(length), *strangers(people)), 400, "invalidRequest", "schedules")

    assert stack.microsoft.count("graph") == 0, "refused before Microsoft is asked"
    fewer, shorter = (re.search(rf"at most (\d+) {unit}", error["message"]) for unit in ("addresses", "days"))
    assert fewer
    assert shorter
    assert error["innerError"]["owner"] == "atsAdmin"
    assert int(fewer[1]) < people
    assert int(shorter[1]) < length
    assert ask(api, ready, days(length), *strangers(int(fewer[1]))).status_code == 200
    assert ask(api, ready, days(int(shorter[1])), *strangers(people)).status_code == 200
    more = ask(api, ready, days(length), *strangers(int(fewer[1]) + 1))
    longer = ask(api, ready, days(int(shorter[1]) + 1), *strangers(people))
    assert (more.status_code, longer.status_code) == (400, 400), "it says the most there is"


def test_more_than_a_thousand_people_are_refused_also_if_some_are_asked_twice(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()

    expect_refused(ask(api, ready, TODAY, *strangers(1001)), 400, "invalidRequest", "schedules", "1000")
    expect_refused(ask(api, ready, TODAY, *[ready.ada] * 1001), 400, "invalidRequest", "schedules", "1000")
    assert stack.microsoft.count("graph") == 0
    assert len(value(ask(api, ready, TODAY, *[ready.ada] * 1000))) == 1000


@pytest.mark.parametrize("more", [timedelta(seconds=1), MINUTE, DAY, 3000 * DAY])
def test_more_than_366_days_are_refused(stack: Stack, api: Api, ready: Company, more: timedelta):
    stack.microsoft.clear_requests()

    answer = ask(api, ready, Question(MONDAY, MONDAY + 366 * DAY + more, 1440), ready.ada)

    expect_refused(answer, 400, "invalidRequest", "endTime", "366")
    assert stack.microsoft.count("graph") == 0


def test_366_days_are_counted_on_the_wall(api: Api, ready: Company):
    """From summer to winter an hour comes twice: those are 366 days to everybody who looks at a calendar."""
    start = MONDAY.replace(month=10, day=30)  # summer time until the day after; in 2028 until 29 October
    question = Question(start, start + 366 * DAY, 1440, "Europe/Berlin")
    begun, ended = question.moments()
    assert ended - begun == 366 * DAY + HOUR

    assert len(value(ask(api, ready, question, ready.ada))[0]["availabilityView"]) == 367


def test_an_address_asked_often_and_in_other_letters_is_answered_each_time(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 50)
    odd = [address.upper() if number % 2 else address.title() for number, address in enumerate(calendars)]
    asked = [*calendars, *odd, *reversed(calendars), f"nobody@{ready.tenant.domains[1]}", *odd[:5]]

    found = value(ask(api, ready, TODAY, *asked))

    assert [one["scheduleId"] for one in found] == asked
    for one in found:
        if not one["scheduleId"].startswith("nobody"):
            assert one["availabilityView"] == TODAY.view(calendars[one["scheduleId"].lower()])
    assert [one["scheduleId"] for one in found if "error" in one] == [f"nobody@{ready.tenant.domains[1]}"]


def test_a_graph_that_answers_in_another_order_mixes_nobody_up(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 45)
    with rules(stack, shuffled_schedules=True):
        expect_answered(ask(api, ready, TODAY, *calendars), TODAY, calendars)
