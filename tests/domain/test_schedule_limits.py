"""How much one call may ask for, and that a refusal says what to narrow."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.errors import InvalidRequest
from lib.domain.schedule import LONGEST_WINDOW, MOST_PEOPLE, Moment, ScheduleRequest
from lib.domain.zones import UTC_ZONE, Zone
from tests.domain.clocks import BERLIN, START, ask, at, between, crowd, zone

deterministic = settings(derandomize=True, deadline=None, max_examples=200, database=None)


def expect_refused(name: str, **call: Any) -> str:
    """Make a call of so many `people`, and return what its refusal says."""
    with pytest.raises(InvalidRequest, match=f"^{name}:") as refused:
        ask(*crowd(int(call.pop("people", 1))), **call)
    assert (refused.value.name, refused.value.status) == (name, 400)
    return refused.value.message


def test_a_thousand_people_can_be_asked_for():
    assert len(ask(*crowd(1000)).people) == MOST_PEOPLE == 1000


def test_one_more_is_refused():
    assert "1,000" in expect_refused("schedules", people=1001)


def test_an_address_counts_as_often_as_it_is_asked_for():
    with pytest.raises(InvalidRequest, match="^schedules:"):
        ask(*["a@x.com"] * 1001)


@pytest.mark.parametrize("length", [{"hours": 0}, {"hours": -1}, {"microseconds": 0}, {"days": -400}])
def test_a_window_that_does_not_end_after_its_start_is_refused(length: dict[str, float]):
    assert "later than startTime" in expect_refused("endTime", **length)


def test_the_shortest_window_is_one_slot():
    assert ask("a@x.com", microseconds=1).slots == 1


def test_a_year_and_a_day_can_be_asked_for():
    assert ask("a@x.com", days=366).length == LONGEST_WINDOW == timedelta(days=366)


def test_longer_is_refused():
    assert "366 days" in expect_refused("endTime", days=366, microseconds=1)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        pytest.param("2027-10-30T00:00", "2028-10-30T00:00", id="an hour more has passed"),
        pytest.param("2028-03-25T00:00", "2029-03-26T00:00", id="an hour less has passed"),
        pytest.param("2028-03-26T02:30", "2029-03-26T02:30", id="begins in the hour that was left out"),
    ],
)
def test_a_day_is_a_day_of_the_callers_own_clock(start: str, end: str):
    assert between(at(start, BERLIN), at(end, BERLIN), 1440).length == timedelta(
        days=(datetime.fromisoformat(end) - datetime.fromisoformat(start)).days
    )
    with pytest.raises(InvalidRequest, match="^endTime:"):
        between(at(start, BERLIN), Moment.of(at(start).wall + timedelta(days=366, minutes=1), BERLIN))


def test_one_zone_under_two_names_is_one_clock():
    call = between(at("2027-10-30T00:00", BERLIN), at("2028-10-30T00:00", zone("W. Europe Standard Time")))

    assert call.length == timedelta(days=366)


def test_between_two_clocks_the_time_that_passes_counts():
    start = at("2027-01-01T00:00")

    assert between(start, at("2028-01-02T01:00", BERLIN)).length == timedelta(days=366)
    with pytest.raises(InvalidRequest, match="^endTime:"):
        between(start, at("2028-01-02T01:00:01", BERLIN))


def test_what_is_earlier_by_another_clock_is_earlier():
    assert between(at("2026-11-23T23:00", zone("Asia/Tokyo")), at("2026-11-23T15:00")).slots == 1
    with pytest.raises(InvalidRequest, match="^endTime:"):
        between(at("2026-11-23T09:00"), at("2026-11-23T09:30", BERLIN))


@pytest.mark.parametrize(
    ("people", "days"),
    [(1000, 168), (981, 168), (800, 210), (660, 252), (560, 294), (500, 336), (440, 366), (20, 366), (1, 366)],
)
def test_two_hundred_requests_worth_can_be_asked_for_in_one_call(people: int, days: int):
    assert len(ask(*crowd(people), days=days).people) == people


@pytest.mark.parametrize(
    ("people", "length"),
    [
        (1000, {"days": 168, "microseconds": 1}),
        (1000, {"days": 366}),
        (801, {"days": 210}),
        (661, {"days": 252}),
        (561, {"days": 294}),
        (441, {"days": 366}),
        (441, {"days": 336, "minutes": 1}),
    ],
)
def test_more_is_refused(people: int, length: dict[str, float]):
    expect_refused("schedules", people=people, **length)


def test_the_refusal_says_what_was_asked_for_and_what_to_narrow():
    message = expect_refused("schedules", people=1000, days=200, minutes=1)

    assert message == (
        "schedules: 1,000 addresses for 201 days are too many for one call: ask for at most 800 addresses in this "
        "time, or for at most 168 days for these addresses"
    )


def long_calls() -> st.SearchStrategy[tuple[int, timedelta]]:
    return st.tuples(st.integers(1, MOST_PEOPLE), st.timedeltas(timedelta(hours=1), LONGEST_WINDOW))


@deterministic
@example((1000, timedelta(days=168, seconds=1)), BERLIN)
@example((23, LONGEST_WINDOW), UTC_ZONE)
@given(long_calls(), st.sampled_from([UTC_ZONE, BERLIN, zone("America/Los_Angeles")]))
def test_whoever_does_as_the_refusal_says_is_answered(call: tuple[int, timedelta], clock: Zone):
    people, length = call

    def attempt(people: int, length: timedelta) -> ScheduleRequest:
        return between(Moment.of(START, clock), Moment.of(START + length, clock), 60, crowd(people))

    try:
        attempt(people, length)
    except InvalidRequest as refused:
        told = re.search(r"at most ([\d,]+) addresses in this time, or for at most (\d+) days", refused.message)
        assert told is not None
        fewer, days = int(told[1].replace(",", "")), timedelta(days=int(told[2]))
        attempt(fewer, length)
        attempt(people, days)
        for more in ((fewer + 1, length), (people, days + timedelta(hours=25))):
            with pytest.raises(InvalidRequest, match="^schedules:"):
                attempt(*more)
