"""What the simulated Graph refuses of a getSchedule request (facts 1.4, 1.5)."""

import json

import pytest

from tests.sandbox.microsoft.testing import question, running
from tests.sandbox.world import demo


@pytest.fixture(scope="module")
def microsoft():
    with running() as running_one:
        yield running_one


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


def when(text, zone="UTC"):
    return {"dateTime": text, "timeZone": zone}


WRONG = {
    "empty window": ({"endTime": when("2026-03-04T08:00:00")}, "ErrorInvalidTimeInterval"),
    "backwards": ({"endTime": when("2026-03-04T07:00:00")}, "ErrorInvalidTimeInterval"),
    "62 days": ({"endTime": when("2026-05-05T08:00:00")}, "ErrorTimeIntervalTooBig"),
    "interval 4": ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval"),
    "interval 1441": ({"availabilityViewInterval": 1441}, "ErrorInvalidMergedFreeBusyInterval"),
    "interval in words": ({"availabilityViewInterval": "half an hour"}, "BadRequest"),
    "interval with a fraction": ({"availabilityViewInterval": 30.5}, "BadRequest"),
    "nobody": ({"schedules": []}, "ErrorMailboxDataArrayEmpty"),
    "null schedules": ({"schedules": None}, "ErrorMailboxDataArrayEmpty"),
    "101 people": ({"schedules": ["ada@contoso.com"] * 101}, "ErrorMailboxDataArrayTooBig"),
    "a string for people": ({"schedules": "ada@contoso.com"}, "BadRequest"),
    "numbers for people": ({"schedules": [1]}, "BadRequest"),
    "unknown zone": (
        {"startTime": when("2026-03-04T08:00:00", "Nowhere Standard Time")},
        "TimeZoneNotSupportedException",
    ),
    "an offset": ({"startTime": when("2026-03-04T08:00:00+01:00")}, "BadRequest"),
    "no such day": ({"startTime": when("2026-02-30T08:00:00")}, "BadRequest"),
    "no start": ({"startTime": None}, "BadRequest"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_request(client, token, name):
    change, code = WRONG[name]
    answer = await client.schedule(token, json=question() | change)
    assert (answer.status, answer.body["error"]["code"]) == (400, code)


async def test_the_texts_that_microsoft_sends(client, token):
    answer = await client.schedule(token, json=question(["ada@contoso.com"] * 101))
    assert answer.body["error"]["message"] == (
        "There are too many target users in the EmailAddress array. The allowed size = 100; the actual size = 101."
    )
    answer = await client.schedule(token, json=question("ada@contoso.com"))
    assert answer.body["error"]["message"].startswith(
        "When trying to read a null collection parameter value in JSON Light, a node of type "
    )
    answer = await client.schedule(token, headers={"Prefer": 'outlook.timezone="Nowhere"'})
    text = "A valid TimeZone value must be specified. The following TimeZone value is not supported: 'Nowhere'."
    assert (answer.body["error"]["code"], answer.body["error"]["message"]) == ("TimeZoneNotSupportedException", text)
    answer = await client.schedule(token, start="2026-03-04T08:00:00", end="2026-03-04T08:00:00")
    expected = "The time duration specified for FreeBusyViewOptions.TimeWindow is invalid."
    assert answer.body["error"]["message"] == expected


async def test_what_is_just_within_the_limits(client, token):
    assert (await client.schedule(token, schedules=("ada@contoso.com",) * 100)).status == 200
    assert (await client.schedule(token, end="2026-05-05T07:59:00")).status == 200
    for interval in (5, 1440, "5"):
        assert (await client.schedule(token, availabilityViewInterval=interval)).status == 200


async def test_limits_can_be_made_those_of_the_documentation(client, token):
    client.microsoft.world.largest_schedules = 20
    client.microsoft.world.longest_window_days = 42
    try:
        answer = await client.schedule(token, schedules=("ada@contoso.com",) * 21)
        assert answer.body["error"]["code"] == "ErrorMailboxDataArrayTooBig"
        answer = await client.schedule(token, end="2026-04-15T08:00:00")
        assert answer.body["error"]["code"] == "ErrorTimeIntervalTooBig"
    finally:
        client.microsoft.world.largest_schedules = 100
        client.microsoft.world.longest_window_days = 62


async def test_an_explicit_null_interval_is_a_500(client, token):
    assert (await client.schedule(token, json=question(availabilityViewInterval=None))).status == 500


@pytest.mark.parametrize("data", [b"", b"not json", b"[]", b'"text"'])
async def test_a_body_that_is_no_json_object(client, token, data):
    answer = await client.schedule(token, data=data, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")


async def test_the_content_type_is_required(client, token):
    answer = await client.schedule(token, data=json.dumps(question()).encode(), headers={"Content-Type": "text/plain"})
    assert answer.status == 400


async def test_a_body_over_400_kb(client, token):
    answer = await client.schedule(token, json=question(padding="x" * 410_000))
    assert (answer.status, answer.body["error"]["code"]) == (413, "ErrorRequestStreamTooBig")


async def test_the_members_of_lists_count(client, token):
    contoso = client.contoso
    for name, size in (("huge", 101), ("large", 60)):
        members = ["ada@contoso.com"] * size
        demo.thing(contoso, f"{name}@contoso.com", name, kind="list", members=members)
    asked = ("huge@contoso.com", "large@contoso.com", "LARGE@contoso.com", "ada@contoso.com")
    answer = await client.schedule(token, schedules=asked)
    codes = [entry.get("error", {}).get("responseCode") for entry in answer.body["value"]]
    over = "ErrorIndividualMailboxLimitReached"
    assert codes == ["ErrorFreeBusyDLLimitReached", None, over, over]


async def test_ten_thousand_requests_in_ten_minutes(client, token, monkeypatch):
    monkeypatch.setattr("tests.sandbox.microsoft.graph.throttle.IN_TEN_MINUTES", 3)
    path = "users/grace@contoso.com/calendar/getSchedule"
    statuses = [(await client.schedule(token, path)).status for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    client.microsoft.travel(minutes=11)
    assert (await client.schedule(token, path)).status == 200
