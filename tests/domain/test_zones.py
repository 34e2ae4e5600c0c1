"""What a clock means, and how a moment is shown, also when clocks are changed and at the ends of the calendar."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.clocks import zone


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "wall", "moment"),
    [
        pytest.param("UTC", "2026-11-23T09:00", "2026-11-23T09:00", id="UTC"),
        pytest.param("Europe/Berlin", "2026-11-23T09:00", "2026-11-23T08:00", id="winter"),
        pytest.param("W. Europe Standard Time", "2026-07-01T09:00", "2026-07-01T07:00", id="summer"),
        pytest.param("Asia/Kolkata", "2026-11-23T00:00", "2026-11-22T18:30", id="half an hour"),
        pytest.param("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30", id="twice: the first"),
        pytest.param("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00", id="after the hour that came twice"),
        pytest.param("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30", id="left out: as 03:30"),
        pytest.param("Europe/Berlin", "2026-03-29T03:30", "2026-03-29T01:30", id="03:30 itself"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45", id="half an hour is left out"),
    ],
)
def test_a_wall_clock_means_a_moment(name: str, wall: str, moment: str):
    assert zone(name).moment(datetime.fromisoformat(wall)) == utc(moment)
    assert zone(name).moment(datetime.fromisoformat(wall)).tzinfo is UTC


@pytest.mark.parametrize(("name", "wall"), [("Asia/Tokyo", "0001-01-01T00:00"), ("Etc/GMT+12", "9999-12-31T23:00")])
def test_what_lies_beyond_the_calendar_is_no_moment(name: str, wall: str):
    with pytest.raises(ValueError, match="calendar"):
        zone(name).moment(datetime.fromisoformat(wall))


@pytest.mark.parametrize(
    ("name", "moment", "shown"),
    [
        ("UTC", "2026-11-23T08:00", "2026-11-23T08:00:00.0000000"),
        ("Europe/Berlin", "2026-11-23T08:00:01.5", "2026-11-23T09:00:01.5000000"),
        ("europe/BERLIN", "2026-07-01T08:00", "2026-07-01T10:00:00.0000000"),
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T02:30:00.0000000"),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T02:30:00.0000000"),
        ("Europe/Berlin", "2026-03-29T01:30", "2026-03-29T03:30:00.0000000"),
        ("UTC", "0033-04-03T15:00", "0033-04-03T15:00:00.0000000"),
    ],
)
def test_a_moment_is_shown_with_seven_digits_and_the_name_that_was_asked_for(name: str, moment: str, shown: str):
    assert zone(name).show(utc(moment)) == {"dateTime": shown, "timeZone": "UTC" if name == "UTC" else name}


@pytest.mark.parametrize(("name", "moment"), [("Etc/GMT+12", "0001-01-01T00:00"), ("Asia/Tokyo", "9999-12-31T23:00")])
def test_what_a_zones_clock_cannot_show_is_shown_in_utc(name: str, moment: str):
    assert zone(name).show(utc(moment)) == {"dateTime": f"{moment}:00.0000000", "timeZone": "UTC"}


@settings(derandomize=True, deadline=None, database=None)
@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/Los_Angeles", "Australia/Lord_Howe"]),
)
def test_what_is_shown_means_the_same_moment_unless_it_comes_twice(moment: datetime, name: str):
    shown = zone(name).show(moment.replace(tzinfo=UTC))
    wall = datetime.fromisoformat(shown["dateTime"])
    ambiguous = (
        wall.replace(tzinfo=zone(name).rules).utcoffset() != wall.replace(tzinfo=zone(name).rules, fold=1).utcoffset()
    )
    assert ambiguous or zone(name).moment(wall) == moment.replace(tzinfo=UTC)
