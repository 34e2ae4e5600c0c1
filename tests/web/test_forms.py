"""Bodies: read strictly, refused by name."""

import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.errors import CalendarError, InvalidRequest, RequestTooLarge
from lib.settings import read
from lib.web.configuration_form import read_draft
from lib.web.json_body import LARGEST_BODY, read_object
from lib.web.schedule_form import read_schedule_request

SETTINGS = read(
    {
        "PUBLIC_URL": "https://calendar.example",
        "KEY_VAULT_URL": "https://v.vault.azure.net",
        "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
    }
)
SEED = {
    "schedules": ["test@test.onmicrosoft.com"],
    "startTime": {"dateTime": "2019-11-19T00:00:00"},
    "endTime": {"dateTime": "2019-11-25T00:00:00"},
}


def request(body: bytes | str, content_type: str | None = "application/json") -> func.HttpRequest:
    headers = {"content-type": content_type} if content_type else {}
    raw = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    return func.HttpRequest("POST", "/x", headers=headers, body=raw)


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', None]
)
def test_json_is_taken_with_and_without_its_charset(content_type: str | None):
    assert read_object(request('{"a": 1}', content_type)) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "name"),
    [
        ("{}", "text/plain", "Content-Type"),
        ("{}", "application/x-www-form-urlencoded", "Content-Type"),
        ("{}", "application/json; charset=latin-1", "Content-Type"),
        ("", "application/json", "body"),
        ("{", "application/json", "body"),
        ("[]", "application/json", "body"),
        ('"x"', "application/json", "body"),
        ("null", "application/json", "body"),
        (b'{"a": "\xff"}', "application/json", "body"),
        ('{"a": NaN}', "application/json", "body"),
        ('{"a": -Infinity}', "application/json", "body"),
        ('{"a": 1, "a": 2}', "application/json", "a"),
        ('{"x": {"b": 1, "b": 1}}', "application/json", "b"),
        ("[" * 100_000, "application/json", "body"),
    ],
)
def test_other_bodies_are_refused_by_name(body: bytes | str, content_type: str, name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:"):
        read_object(request(body, content_type))


def test_a_body_over_a_mebibyte_is_too_large():
    just_right = json.dumps({"a": "x" * (LARGEST_BODY - 9)})
    assert len(just_right) == LARGEST_BODY
    assert read_object(request(just_right))["a"]

    with pytest.raises(RequestTooLarge):
        read_object(request(just_right + " "))


def test_no_body_is_fine_where_it_is_optional():
    assert read_object(request("", None), optional=True) == {}


def test_the_seed_documents_own_request_is_read_with_utc_and_half_hours():
    ask = read_schedule_request(SEED, None)

    assert (ask.start.zone, ask.end.zone, ask.interval, ask.zone) == ("UTC", "UTC", 30, None)
    assert ask.as_graph(ask.people)["startTime"] == {"dateTime": "2019-11-19T00:00:00", "timeZone": "UTC"}


def test_names_match_in_any_letter_case_and_a_number_may_be_text():
    ask = read_schedule_request(
        {
            "Schedules": ["a@x.com"],
            "STARTTIME": {"DateTime": "2026-11-23T09:00:00.0000000", "timezone": "Pacific Standard Time"},
            "EndTime": {"datetime": "2026-11-23T10:00:00", "TimeZone": "Pacific Standard Time"},
            "AvailabilityViewInterval": "15",
            "@odata.type": "#ignored",
        },
        'outlook.timezone="Europe/Berlin"',
    )

    assert (ask.interval, ask.zone, ask.start.zone) == (15, "Europe/Berlin", "Pacific Standard Time")


def test_a_time_with_a_z_is_utc_and_sent_without_it():
    z = {
        "startTime": {"dateTime": "2026-11-23T09:00:00Z"},
        "endTime": {"dateTime": "2026-11-23T10:00:00Z", "timeZone": "utc"},
    }

    assert read_schedule_request(SEED | z, None).start.text == "2026-11-23T09:00:00"


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"schedules": None}, "schedules"),
        ({"schedules": []}, "schedules"),
        ({"schedules": "a@x.com"}, "schedules"),
        ({"schedules": {"0": "a@x.com"}}, "schedules"),
        ({"schedules": ["a@x.com", 5]}, r"schedules\[1\]"),
        ({"schedules": ["a@x.com", ""]}, r"schedules\[1\]"),
        ({"schedules": ["a\nb@x.com"]}, r"schedules\[0\]"),
        ({"schedules": ["\ud800@x.com"]}, r"schedules\[0\]"),
        ({"schedules": ["x" * 400]}, r"schedules\[0\]"),
        ({"schedules": ["a@x.com"] * 21}, "schedules"),
        ({"startTime": None}, "startTime"),
        ({"startTime": "2026-11-23T09:00:00"}, "startTime"),
        ({"startTime": {}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": 5}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": "tomorrow"}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": "2026-02-30T09:00:00"}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": "2026-11-23T09:00:00+01:00"}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": "2026-11-23T09:00:00Z", "timeZone": "Europe/Berlin"}}, "startTime.dateTime"),
        ({"startTime": {"dateTime": "2019-11-19T00:00:00", "timeZone": 5}}, "startTime.timeZone"),
        ({"startTime": {"dateTime": "2019-11-19T00:00:00", "timeZone": ""}}, "startTime.timeZone"),
        ({"startTime": {"dateTime": "2019-11-19T00:00:00", "timeZone": 'x"\r\ny'}}, "startTime.timeZone"),
        ({"startTime": {"dateTime": "2019-11-19T00:00:00", "zone": "UTC"}}, "startTime.zone"),
        ({"endTime": {"dateTime": "2019-11-19T00:00:00"}}, "endTime"),
        ({"endTime": {"dateTime": "2020-11-19T00:00:00"}}, "endTime"),
        ({"availabilityViewInterval": True}, "availabilityViewInterval"),
        ({"availabilityViewInterval": 4}, "availabilityViewInterval"),
        ({"availabilityViewInterval": 1441}, "availabilityViewInterval"),
        ({"availabilityViewInterval": 30.5}, "availabilityViewInterval"),
        ({"availabilityViewInterval": "thirty"}, "availabilityViewInterval"),
        ({"availabilityViewInterval": []}, "availabilityViewInterval"),
        ({"unheardOf": 1}, "unheardOf"),
        ({"<script>": 1}, "body"),
        ({"SCHEDULES": []}, "SCHEDULES"),
    ],
)
def test_a_wrong_call_is_refused_by_name(change: dict[str, Any], name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:"):
        read_schedule_request(SEED | change, None)


@pytest.mark.parametrize(
    "prefer", ["outlook.timezone", 'outlook.timezone=""', 'outlook.timezone="a<b"', "outlook.timezone="]
)
def test_a_wrong_prefer_is_refused_by_name(prefer: str):
    with pytest.raises(InvalidRequest, match="^Prefer:"):
        read_schedule_request(SEED, prefer)


@pytest.mark.parametrize("prefer", [None, "", "return=minimal", "respond-async, wait=10"])
def test_other_preferences_are_left_alone(prefer: str | None):
    assert read_schedule_request(SEED, prefer).zone is None


def test_a_zone_is_found_among_other_preferences():
    assert read_schedule_request(SEED, 'return=minimal, outlook.timezone="UTC"').zone == "UTC"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_SCHEDULE = ("schedules", "startTime", "endTime", "availabilityViewInterval", "dateTime", "timeZone")
_CONFIGURATION = (
    *("configurationType", "provider", "tenantId", "applicationId", "applicationSecret", "secretExpires", "consent"),
    *("loginUrl", "redirectUri", "details", "allowedDomains", "alertRecipients"),
)


@given(st.dictionaries(st.sampled_from(_SCHEDULE), JSON), st.none() | st.text())
def test_no_body_whatever_makes_the_reading_of_a_call_fail_in_another_way(change: dict[str, Any], prefer: str | None):
    try:
        read_schedule_request(SEED | change, prefer)
    except CalendarError as refused:
        assert refused.status == 400


@given(st.dictionaries(st.sampled_from(_CONFIGURATION), JSON | st.sampled_from(["none", "basic", "advanced", "admin"])))
def test_no_body_whatever_makes_the_reading_of_a_configuration_fail_in_another_way(body: dict[str, Any]):
    try:
        read_draft(body, SETTINGS)
    except CalendarError as refused:
        assert refused.status == 400
