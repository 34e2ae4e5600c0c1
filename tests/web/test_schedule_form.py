"""Reading a getSchedule call: as Graph takes it, with zones that are known before anything is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import CalendarError, InvalidRequest
from lib.domain.schedule import Part, ScheduleRequest
from lib.domain.zones import UTC_ZONE
from lib.web.schedule_form import read_schedule_request
from tests.domain.clocks import FakeZones

SEED = {
    "schedules": ["test@test.onmicrosoft.com"],
    "startTime": {"dateTime": "2019-11-19T00:00:00"},
    "endTime": {"dateTime": "2019-11-25T00:00:00"},
}


def read(body: dict[str, Any], prefer: str | None = None) -> ScheduleRequest:
    return read_schedule_request(body, prefer, FakeZones())


def starting(text: Any, zone: Any = None) -> dict[str, Any]:
    """Return the seed document's request with another start."""
    return SEED | {"startTime": {"dateTime": text} | ({} if zone is None else {"timeZone": zone})}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_seed_documents_own_request_is_read_with_utc_and_half_hours():
    call = read(SEED)

    assert (call.start.zone, call.end.zone, call.interval, call.zone) == (UTC_ZONE, UTC_ZONE, 30, None)
    assert call.as_graph(Part(call.people, 0, call.slots)) == {
        "schedules": ["test@test.onmicrosoft.com"],
        "startTime": {"dateTime": "2019-11-19T00:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2019-11-25T00:00:00", "timeZone": "UTC"},
        "availabilityViewInterval": 30,
    }


def test_names_match_in_any_letter_case_and_a_number_may_be_text():
    call = read(
        {
            "Schedules": ["a@x.com"],
            "STARTTIME": {"DateTime": "2026-11-23T09:00:00.0000000", "timezone": "Pacific Standard Time"},
            "EndTime": {"datetime": "2026-11-23T10:00:00", "TimeZone": "Pacific Standard Time"},
            "AvailabilityViewInterval": "15",
            "@odata.type": "#ignored",
        },
        'outlook.timezone="Europe/Berlin"',
    )

    assert (call.people, call.interval, call.start.zone.name) == (("a@x.com",), 15, "Pacific Standard Time")
    assert call.zone is not None
    assert call.zone.name == "Europe/Berlin"
    assert (call.start.at, call.end.at) == (utc("2026-11-23T17:00"), utc("2026-11-23T18:00"))


def test_spaces_around_a_zone_are_none_of_it():
    assert read(starting("2019-11-19T00:00", " utc ")).start.zone == UTC_ZONE


def test_an_address_is_taken_as_it_was_given():
    assert read(SEED | {"schedules": [" a@x.com ", "B@x.com"]}).people == (" a@x.com ", "B@x.com")


def test_a_time_with_a_z_is_utc():
    call = read(
        SEED
        | {
            "startTime": {"dateTime": "2026-11-23T09:00:00Z"},
            "endTime": {"dateTime": "2026-11-23T10:00:00.0000000Z", "timeZone": "utc"},
        }
    )

    assert (call.start.at, call.end.at) == (utc("2026-11-23T09:00"), utc("2026-11-23T10:00"))


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2019-11-19T09:00", None, "2019-11-19T09:00"),
        ("2019-11-19T09:00:30", None, "2019-11-19T09:00:30"),
        ("2019-11-19T09:00:00.5", None, "2019-11-19T09:00:00.5"),
        ("2019-11-19T09:00:00.1234567", None, "2019-11-19T09:00:00.123456"),
        ("2019-11-19T09:00:00.123456789", None, "2019-11-19T09:00:00.123456"),
        ("2019-11-19T23:59:59.9999999", None, "2019-11-19T23:59:59.999999"),
        ("2019-11-19T09:00:00", "Europe/Berlin", "2019-11-19T08:00"),
        ("2019-11-19T09:00:00", "W. Europe Standard Time", "2019-11-19T08:00"),
        ("2019-10-27T02:30:00", "Europe/Berlin", "2019-10-27T00:30"),
        ("2019-03-31T02:30:00", "Europe/Berlin", "2019-03-31T01:30"),
    ],
)
def test_a_time_means_a_moment(text: str, zone: str | None, moment: str):
    assert read(starting(text, zone)).start.at == utc(moment)


def test_a_day_that_ends_a_tick_before_midnight_is_whole():
    day = {"startTime": {"dateTime": "2019-11-19T00:00:00"}, "endTime": {"dateTime": "2019-11-19T23:59:59.9999999"}}

    call = read(SEED | day)

    assert (call.slots, call.length) == (48, timedelta(days=1, microseconds=-1))


@pytest.mark.parametrize("interval", [5, 30, 1440, 30.0, "5", "1440", "0060"])
def test_an_interval_is_a_number_of_minutes(interval: float | str):
    assert read(SEED | {"availabilityViewInterval": interval}).interval == int(interval)


def test_an_interval_that_is_null_is_left_out():
    assert read(SEED | {"availabilityViewInterval": None}).interval == 30


def test_a_thousand_addresses_for_a_year_fit_into_two_calls():
    many = {"schedules": [f"p{number}@x.com" for number in range(1000)]}

    assert len(read(SEED | many).people) == 1000
    with pytest.raises(InvalidRequest, match="^schedules: .*at most 440 addresses"):
        read(SEED | many | {"endTime": {"dateTime": "2020-11-19T00:00:00"}})


LATER = "2019-11-26T00:00:00"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"schedules": None}, "schedules"),
    ({"schedules": []}, "schedules"),
    ({"schedules": "a@x.com"}, "schedules"),
    ({"schedules": {"0": "a@x.com"}}, "schedules"),
    ({"schedules": ["a@x.com", 5]}, r"schedules\[1\]"),
    ({"schedules": ["a@x.com", ""]}, r"schedules\[1\]"),
    ({"schedules": ["a@x.com", None]}, r"schedules\[1\]"),
    ({"schedules": ["a\nb@x.com"]}, r"schedules\[0\]"),
    ({"schedules": ["\ud800@x.com"]}, r"schedules\[0\]"),
    ({"schedules": ["x" * 400]}, r"schedules\[0\]"),
    ({"schedules": ["a@x.com"] * 1001}, "schedules"),
    ({"startTime": None}, "startTime"),
    ({"endTime": None}, "endTime"),
    ({"startTime": "2026-11-23T09:00:00"}, "startTime"),
    ({"startTime": []}, "startTime"),
    ({"startTime": {}}, "startTime.dateTime"),
    (starting(5), "startTime.dateTime"),
    (starting("tomorrow"), "startTime.dateTime"),
    (starting("2019-11-19"), "startTime.dateTime"),
    (starting("2019-11-19 09:00:00"), "startTime.dateTime"),
    (starting("2026-02-30T09:00:00"), "startTime.dateTime"),
    (starting("2019-11-19T24:00:00"), "startTime.dateTime"),
    (starting("2019-11-19T09:00:60"), "startTime.dateTime"),
    (starting("0000-11-19T09:00:00"), "startTime.dateTime"),
    (starting("2019-11-19T09:00:00.1234567891"), "startTime.dateTime"),
    (starting("2019-11-19T09:00:00."), "startTime.dateTime"),
    (starting("2026-11-23T09:00:00+01:00"), "startTime.dateTime"),
    (starting("2026-11-23T09:00:00Z", "Europe/Berlin"), "startTime.dateTime"),
    (starting("0001-01-01T00:00:00", "Asia/Tokyo"), "startTime.dateTime"),
    (starting("2019-11-19T00:00:00", 5), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", ""), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", "Mars/Olympus"), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", "Europe"), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", "+01:00"), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", 'x"\r\ny'), "startTime.timeZone"),
    (starting("2019-11-19T00:00:00", "x" * 200), "startTime.timeZone"),
    ({"endTime": {"dateTime": LATER, "timeZone": "Mars/Olympus"}}, "endTime.timeZone"),
    ({"startTime": {"dateTime": "2019-11-19T00:00:00", "zone": "UTC"}}, "startTime.zone"),
    ({"endTime": {"dateTime": "2019-11-19T00:00:00"}}, "endTime"),
    ({"endTime": {"dateTime": "2018-11-19T00:00:00"}}, "endTime"),
    ({"endTime": {"dateTime": "2020-11-19T00:00:01"}}, "endTime"),
    ({"availabilityViewInterval": True}, "availabilityViewInterval"),
    ({"availabilityViewInterval": 4}, "availabilityViewInterval"),
    ({"availabilityViewInterval": 1441}, "availabilityViewInterval"),
    ({"availabilityViewInterval": "4"}, "availabilityViewInterval"),
    ({"availabilityViewInterval": 30.5}, "availabilityViewInterval"),
    ({"availabilityViewInterval": 30.5}, "availabilityViewInterval"),
    ({"availabilityViewInterval": "thirty"}, "availabilityViewInterval"),
    ({"availabilityViewInterval": "١٥"}, "availabilityViewInterval"),
    ({"availabilityViewInterval": "1" * 5000}, "availabilityViewInterval"),
    ({"availabilityViewInterval": []}, "availabilityViewInterval"),
    ({"unheardOf": 1}, "unheardOf"),
    ({"<script>": 1}, "body"),
    ({"SCHEDULES": []}, "SCHEDULES"),
]


@pytest.mark.parametrize(("change", "name"), WRONG, ids=lambda value: str(value)[:80])
def test_a_wrong_call_is_refused_by_name(change: dict[str, Any], name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:") as refused:
        read(SEED | change)

    assert refused.value.status == 400


def test_what_is_refused_is_not_repeated():
    with pytest.raises(InvalidRequest) as refused:
        read(starting("2019-11-19T00:00:00", "<script>Mars"))

    assert "Mars" not in f"{refused.value.message} {refused.value.remedy}"
    assert "Europe/Berlin" in refused.value.message


@pytest.mark.parametrize(
    "prefer",
    [
        *("outlook.timezone", 'outlook.timezone=""', 'outlook.timezone="a<b"', "outlook.timezone="),
        *('outlook.timezone="Mars/Olympus"', "outlook.timezone=Mars/Olympus", 'OUTLOOK.TIMEZONE="+01:00"'),
        *('outlook.timezone="UTC', "return=minimal, outlook.timezone"),
    ],
)
def test_a_wrong_prefer_is_refused_by_name(prefer: str):
    with pytest.raises(InvalidRequest, match="^Prefer:"):
        read(SEED, prefer)


@pytest.mark.parametrize("prefer", [None, "", "return=minimal", "respond-async, wait=10"])
def test_other_preferences_are_left_alone(prefer: str | None):
    assert read(SEED, prefer).zone is None


@pytest.mark.parametrize(
    ("prefer", "name"),
    [
        ('outlook.timezone="UTC"', "UTC"),
        ('return=minimal, outlook.timezone="UTC"', "UTC"),
        ('return=minimal;outlook.timezone="Europe/Berlin"; respond-async', "Europe/Berlin"),
        ('Outlook.TimeZone = "W. Europe Standard Time"', "W. Europe Standard Time"),
        ("outlook.timezone=Europe/Berlin, return=minimal", "Europe/Berlin"),
        ('outlook.timezone=" Europe/Berlin "', "Europe/Berlin"),
    ],
)
def test_a_zone_is_found_among_other_preferences(prefer: str, name: str):
    zone = read(SEED, prefer).zone

    assert zone is not None
    assert zone.name == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ("schedules", "startTime", "endTime", "availabilityViewInterval", "dateTime", "timeZone")


@given(st.dictionaries(st.sampled_from(_NAMES), JSON), st.none() | st.text())
def test_no_body_whatever_makes_the_reading_of_a_call_fail_in_another_way(change: dict[str, Any], prefer: str | None):
    try:
        read(SEED | change, prefer)
    except CalendarError as refused:
        assert refused.status == 400


@given(st.datetimes(), st.sampled_from(["UTC", "Asia/Tokyo", "Etc/GMT+12", "Europe/Berlin"]), st.text() | st.none())
def test_no_time_whatever_does_either(wall: datetime, zone: str, prefer: str | None):
    try:
        read(starting(wall.isoformat(), zone), f"outlook.timezone={prefer}")
    except CalendarError as refused:
        assert refused.status == 400
