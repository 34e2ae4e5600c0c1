"""Windows in which clocks are changed: a slot is a length of time, so none is added or swallowed."""

from datetime import timedelta

import pytest

from lib.domain.schedule import Part
from tests.domain.clocks import BERLIN, at, between, zone

LOS_ANGELES, LORD_HOWE = zone("America/Los_Angeles"), zone("Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("start", "end", "interval", "slots"),
    [
        pytest.param("2026-10-25T00:00", "2026-10-26T00:00", 60, 25, id="the day of 25 hours"),
        pytest.param("2026-10-25T00:00", "2026-10-26T00:00", 5, 300, id="the day of 25 hours, by five minutes"),
        pytest.param("2026-10-25T00:00", "2026-10-26T00:00", 1440, 2, id="the day of 25 hours begins another slot"),
        pytest.param("2026-03-29T00:00", "2026-03-30T00:00", 60, 23, id="the day of 23 hours"),
        pytest.param("2026-03-29T00:00", "2026-03-30T00:00", 1440, 1, id="the day of 23 hours is one slot"),
        pytest.param("2026-10-25T01:30", "2026-10-25T02:30", 30, 2, id="up to the hour that comes twice"),
        pytest.param("2026-10-25T02:30", "2026-10-25T03:00", 30, 3, id="from the first of two half past twos"),
        pytest.param("2026-10-25T02:00", "2026-10-25T03:00", 30, 4, id="both hours"),
        pytest.param("2026-03-29T01:30", "2026-03-29T03:30", 30, 2, id="across the hour that is left out"),
        pytest.param("2026-03-29T02:30", "2026-03-29T04:00", 30, 1, id="from inside the hour that is left out"),
        pytest.param("2026-03-29T01:30", "2026-03-29T02:30", 30, 2, id="into the hour that is left out"),
        pytest.param("2026-01-01T00:00", "2026-12-31T00:00", 60, 364 * 24, id="there and back"),
    ],
)
def test_there_are_as_many_slots_as_time_passes(start: str, end: str, interval: int, slots: int):
    assert between(at(start, BERLIN), at(end, BERLIN), interval).slots == slots


def test_graph_is_asked_for_the_same_moments_in_utc():
    call = between(at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN))

    body = call.as_graph(Part(("a@x.com",), 0, 25))

    assert body["startTime"] == {"dateTime": "2026-10-24T22:00:00", "timeZone": "UTC"}
    assert body["endTime"] == {"dateTime": "2026-10-25T23:00:00", "timeZone": "UTC"}


def test_start_and_end_may_lie_in_two_zones():
    call = between(at("2026-11-23T08:00", BERLIN), at("2026-11-23T08:00", LOS_ANGELES), 90)

    assert (call.length, call.slots) == (timedelta(hours=9), 6)
    assert call.as_graph(Part(("a@x.com",), 0, 6))["endTime"]["dateTime"] == "2026-11-23T16:00:00"


def test_a_change_of_half_an_hour_is_half_an_hour():
    assert between(at("2026-10-04T00:00", LORD_HOWE), at("2026-10-05T00:00", LORD_HOWE), 30).slots == 47


def test_parts_of_a_long_window_stay_on_the_grid_of_its_start_across_changes():
    call = between(at("2026-09-01T09:07", BERLIN), at("2026-12-01T09:07", BERLIN), 7)

    parts = call.parts(call.people)

    assert len(parts) == 3
    starts = [call.start.at + part.first * timedelta(minutes=7) for part in parts]
    assert all((start - call.start.at) % timedelta(minutes=7) == timedelta(0) for start in starts)
    assert (parts[0].first, parts[-1].last, call.slots) == (0, call.slots, (91 * 24 * 60 + 60 + 6) // 7)
