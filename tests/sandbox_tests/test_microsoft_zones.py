"""The time zones that the simulated Graph knows (facts 1.6)."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.sandbox.microsoft.graph.zone_names import PROMISED, WINDOWS
from tests.sandbox.microsoft.testing import question, running
from tests.sandbox.world import Meeting


@pytest.fixture(scope="module")
def microsoft():
    with running() as running_one:
        yield running_one


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


@pytest.fixture
def strict(microsoft):
    microsoft.world.iana_zones = "promised"
    yield
    microsoft.world.iana_zones = "most"


async def view(client, token, zone, start="2026-03-03T00:00:00", end="2026-03-06T00:00:00", who="linus"):
    body = question((f"{who}@contoso.com",))
    body["startTime"] = {"dateTime": start, "timeZone": zone}
    body["endTime"] = {"dateTime": end, "timeZone": zone}
    answer = await client.schedule(token, json=body, headers={"Prefer": f'outlook.timezone="{zone}"'})
    return answer.status, answer.body


async def refusal(client, token, zone):
    status, body = await view(client, token, zone)
    return status, body["error"]["code"]


@pytest.mark.usefixtures("strict")
async def test_everything_that_is_promised(client, token):
    assert len(PROMISED) == 103
    for name in (*PROMISED, *WINDOWS):
        status, body = await view(client, token, name)
        assert status == 200, name
        for item in body["value"][0]["scheduleItems"]:
            assert item["start"]["timeZone"] == name


def test_every_name_has_rules():
    for name, iana in (PROMISED | WINDOWS).items():
        assert ZoneInfo(iana).utcoffset(datetime(2026, 3, 4)) is not None, name


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Asia/Toshkent", "West Asia Standard Time"),
        ("Asia/Astana", "Asia/Almaty"),
        ("Europe/Kyiv", "FLE Standard Time"),
        ("America/Santa_Isabel", "Pacific Standard Time (Mexico)"),
        ("asia/YANGON", "Myanmar Standard Time"),
        ("Etc/GMT+12", "Dateline Standard Time"),
    ],
)
async def test_names_that_the_database_spells_otherwise(client, token, name, same):
    times = []
    for zone in (name, same):
        _, body = await view(client, token, zone)
        times.append([item["start"]["dateTime"] for item in body["value"][0]["scheduleItems"]])
    assert times[0]
    assert times[0] == times[1]


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("name", ["Europe/Vienna", "Asia/Calcutta", "Etc/UTC", "GMT"])
async def test_other_iana_names_can_be_refused(client, token, name):
    assert await refusal(client, token, name) == (400, "TimeZoneNotSupportedException")


@pytest.mark.parametrize("name", ["Europe/Vienna", "Asia/Calcutta", "Etc/UTC"])
async def test_other_iana_names_usually_resolve(client, token, name):
    assert (await view(client, token, name))[0] == 200


@pytest.mark.parametrize("name", ["Customized Time Zone", "CET", "+01:00", "Berlin", "", " "])
async def test_what_is_no_zone(client, token, name):
    assert await refusal(client, token, name) == (400, "TimeZoneNotSupportedException")


@pytest.mark.parametrize(("day", "slots"), [("2026-03-29", 46), ("2026-10-25", 50), ("2026-06-01", 48)])
async def test_days_on_which_the_clock_changes_are_shorter_or_longer(client, token, day, slots):
    following = f"{day[:-2]}{int(day[-2:]) + 1:02}"
    _, body = await view(client, token, "W. Europe Standard Time", f"{day}T00:00:00", f"{following}T00:00:00")
    assert len(body["value"][0]["availabilityView"]) == slots


async def test_each_time_has_the_offset_of_its_own_day(client, token):
    meetings = [
        Meeting(datetime.fromisoformat(f"2026-03-{day}T09:00Z"), datetime.fromisoformat(f"2026-03-{day}T10:00Z"))
        for day in (28, 29)
    ]
    client.contoso.mailbox("katherine@contoso.com").meetings = meetings
    _, body = await view(client, token, "Europe/Berlin", "2026-03-28T10:00", "2026-03-29T12:00", "katherine")
    starts = [item["start"]["dateTime"][:16] for item in body["value"][0]["scheduleItems"]]
    assert starts == ["2026-03-28T10:00", "2026-03-29T11:00"]
