"""What Graph is asked instead of a call: every slot of everybody exactly once, within Graph's limits."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.domain.schedule import Part, ScheduleRequest
from tests.domain.clocks import START, ask, crowd

deterministic = settings(derandomize=True, deadline=None, max_examples=150, database=None)
DAY = timedelta(days=1)


def moment(body: dict[str, Any], name: str) -> datetime:
    assert body[name]["timeZone"] == "UTC"
    wall = datetime.fromisoformat(body[name]["dateTime"])
    assert wall.tzinfo is None, "Graph takes no offset"
    return wall.replace(tzinfo=UTC)


def expect_whole(call: ScheduleRequest, parts: list[Part]) -> None:
    """Assert that the parts are what Graph takes, and together everything that was asked for, once."""
    asked: Counter[tuple[str, int]] = Counter()
    for part in parts:
        body = call.as_graph(part)
        start, end = moment(body, "startTime"), moment(body, "endTime")
        assert timedelta(0) < end - start < 42 * DAY, "what every version of Graph's documentation allows"
        assert 1 <= len(part.people) <= 20
        assert start == call.start.at + part.first * timedelta(minutes=call.interval), "on the call's own grid"
        assert -(-(end - start) // timedelta(minutes=call.interval)) == part.slots, "as many digits"
        assert end <= call.end.at
        asked.update((person, part.first) for person in part.people)
    for person in call.people:
        mine = sorted((part.first, part.last) for part in parts if person in part.people)
        assert (mine[0][0], mine[-1][1]) == (0, call.slots)
        assert all(one[1] == other[0] for one, other in pairwise(mine)), "no slot left out, none twice"
    assert set(asked.values()) == {1}


odd_starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))
lengths = st.timedeltas(timedelta(microseconds=1), 366 * DAY) | st.integers(1, 366).map(lambda days: days * DAY)


@deterministic
@example(1, START, 42 * DAY, 1440)
@example(20, START, 42 * DAY, 30)
@example(21, START, 366 * DAY, 5)
@example(60, START, 84 * DAY - timedelta(microseconds=1), 1439)
@given(st.integers(1, 60), odd_starts, lengths, st.integers(5, 1440))
def test_the_parts_are_the_whole(people: int, start: datetime, length: timedelta, interval: int):
    call = ask(*crowd(people), start=start, interval=interval, microseconds=length // timedelta(microseconds=1))

    expect_whole(call, call.parts(call.people))


@deterministic
@given(lengths, st.integers(5, 1440))
def test_there_are_no_more_parts_than_the_limits_make_necessary_and_none_is_much_longer(
    length: timedelta, interval: int
):
    call = ask("a@x.com", interval=interval, microseconds=length // timedelta(microseconds=1))
    parts = call.parts(call.people)
    longest = next(slots for slots in range(42 * 1440 // interval + 1, 0, -1) if slots * call.slot < 42 * DAY)

    assert len(parts) == -(-call.slots // longest)
    assert max(part.slots for part in parts) - min(part.slots for part in parts) <= 1


@pytest.mark.parametrize(
    ("people", "length", "parts"),
    [
        (1, {"hours": 4}, 1),
        (20, {"hours": 4}, 1),
        (21, {"hours": 4}, 2),
        (1000, {"hours": 4}, 50),
        (1, {"days": 41, "hours": 23}, 1),
        (1, {"days": 42}, 2),
        (1, {"days": 366}, 9),
        (400, {"days": 366}, 180),
        (1000, {"days": 160}, 200),
    ],
)
def test_so_many_requests_are_made(people: int, length: dict[str, Any], parts: int):
    call = ask(*crowd(people), **length)

    assert len(call.parts(call.people)) == parts


def test_the_parts_of_the_same_people_follow_one_another():
    call = ask(*crowd(41), days=100)

    parts = call.parts(call.people)

    assert [part.people for part in parts] == [crowd(41)[:20]] * 3 + [crowd(41)[20:40]] * 3 + [crowd(41)[40:]] * 3
    assert [part.first for part in parts] == [0, 800, 1600] * 3


def test_only_the_people_given_are_asked_for_in_their_order():
    call = ask("c@x.com", "a@x.com", "b@x.com")

    assert call.parts(["b@x.com", "c@x.com"]) == [Part(("b@x.com", "c@x.com"), 0, 4)]
    assert call.parts([]) == []


def test_graph_is_asked_in_utc_for_people_window_and_interval_and_nothing_else():
    call = ask("a@x.com", "b@x.com", hours=3.5)

    assert call.as_graph(Part(("a@x.com", "b@x.com"), 0, 4)) == {
        "schedules": ["a@x.com", "b@x.com"],
        "startTime": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-11-23T12:30:00", "timeZone": "UTC"},
        "availabilityViewInterval": 60,
    }
    assert call.as_graph(Part(("a@x.com",), 1, 3)) == {
        "schedules": ["a@x.com"],
        "startTime": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-11-23T12:00:00", "timeZone": "UTC"},
        "availabilityViewInterval": 60,
    }


def test_odd_starts_and_fractions_of_a_second_stay():
    call = ask("a@x.com", start=datetime(2026, 11, 23, 9, 7, 30, 250_000), interval=7, minutes=20)

    assert call.slots == 3
    assert call.as_graph(Part(("a@x.com",), 1, 3))["startTime"]["dateTime"] == "2026-11-23T09:14:30.250000"
    assert call.as_graph(Part(("a@x.com",), 1, 3))["endTime"]["dateTime"] == "2026-11-23T09:27:30.250000"


@pytest.mark.parametrize(
    ("length", "interval", "slots"),
    [
        ({"hours": 4}, 60, 4),
        ({"hours": 4}, 30, 8),
        ({"hours": 1.1}, 60, 2),
        ({"hours": 24}, 1440, 1),
        ({"hours": 25}, 1440, 2),
        ({"minutes": 3}, 5, 1),
        ({"minutes": 5, "microseconds": 1}, 5, 2),
        ({"hours": 24, "microseconds": -1}, 30, 48),  # 00:00:00 to 23:59:59.9999999
    ],
)
def test_a_view_has_one_digit_per_slot_and_the_last_may_be_only_begun(
    length: dict[str, Any], interval: int, slots: int
):
    assert ask("a@x.com", interval=interval, **length).slots == slots


WHOLE = Part(crowd(5), 10, 17)


def test_half_of_the_people_are_asked_for_and_then_the_other_half():
    assert WHOLE.halves_of_people() == (Part(crowd(5)[:3], 10, 17), Part(crowd(5)[3:], 10, 17))
    assert Part(crowd(2), 0, 1).halves_of_people() == (Part(("p0@x.com",), 0, 1), Part(("p1@x.com",), 0, 1))


def test_half_of_the_time_is_asked_for_and_then_the_other_half():
    assert WHOLE.halves_of_time() == (Part(crowd(5), 10, 14), Part(crowd(5), 14, 17))
    assert Part(crowd(5), 3, 5).halves_of_time() == (Part(crowd(5), 3, 4), Part(crowd(5), 4, 5))


def test_one_person_and_one_slot_have_no_halves():
    assert Part(("a@x.com",), 0, 9).halves_of_people() == ()
    assert Part(crowd(5), 3, 4).halves_of_time() == ()
