"""What Microsoft leaves open about getSchedule: each variant can be played (facts 1.2, 1.4, 1.5, 2.2, 7.3, 14)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.sandbox.microsoft.testing import NOON
from tests.sandbox.world import Meeting, demo

PEOPLE = "ErrorIndividualMailboxLimitReached"


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


@pytest.fixture
def world(client):
    return client.microsoft.world


@pytest.fixture
def linus(client):
    return client.contoso.mailbox("linus@contoso.com")


def group(client, name, size):
    return demo.thing(
        client.contoso, f"{name}@contoso.com", name, kind="list", members=["ada@contoso.com"] * size
    ).address


async def codes(client, token, *schedules):
    """Return the error code of each schedule, None of the good ones."""
    answer = await client.schedule(token, schedules=schedules)
    assert answer.status == 200
    return [entry.get("error", {}).get("responseCode") for entry in answer.body["value"]]


async def refusal(client, token, *schedules, **more):
    answer = await client.schedule(token, schedules=schedules or ("ada@contoso.com",), **more)
    return answer.status, answer.body["error"]["code"]


def crowd(count):
    return [Meeting(NOON + timedelta(seconds=n), NOON + timedelta(seconds=n + 60)) for n in range(count)]


async def test_too_many_entries_may_fail_the_whole_request(client, token, world, linus):
    linus.meetings = crowd(1001)
    assert await codes(client, token, "linus@contoso.com", "ada@contoso.com") == ["5006", None]
    world.too_many_entries = "request"
    assert await refusal(client, token, "ada@contoso.com", "linus@contoso.com") == (400, "ErrorResultSetTooBig")
    assert await codes(client, token, "ada@contoso.com") == [None]
    linus.meetings = crowd(1000)
    assert await codes(client, token, "linus@contoso.com") == [None]


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("mixed", ["5009", "ErrorMailRecipientNotFound", "5006"]),
        ("numeric", ["5009", "5009", "5006"]),
        ("named", ["ErrorMailRecipientNotFound", "ErrorMailRecipientNotFound", "ErrorResultSetTooBig"]),
    ],
)
async def test_codes_are_numbers_or_names(client, token, world, linus, spelling, expected):
    world.schedule_codes = spelling
    linus.meetings = crowd(1001)
    asked = ("nobody@contoso.com", "una@contoso.com", "linus@contoso.com", "onno@contoso.com", "max@contoso.com")
    assert await codes(client, token, *asked) == [*expected, "ErrorProxyRequestProcessingFailed", "5006"]


@pytest.mark.parametrize("days", [42, 62])
async def test_the_window_has_to_be_shorter_than_the_limit(client, token, world, days):
    world.longest_window_days = days
    start = NOON.replace(hour=8)
    just, over = (
        f"{start + timedelta(days=days) - by:%Y-%m-%dT%H:%M:%S}" for by in (timedelta(seconds=1), timedelta())
    )
    assert (await client.schedule(token, end=just)).status == 200
    assert await refusal(client, token, end=over) == (400, "ErrorTimeIntervalTooBig")


async def test_twenty_people_read_strictly(client, token, world):
    world.largest_people = 20
    panel = group(client, "panel18", 18)
    one, two, three = "ada@contoso.com", "grace@contoso.com", "nobody@contoso.com"
    assert await codes(client, token, panel, one, two) == [None, None, None]
    assert await codes(client, token, one, two, panel) == [None, None, None]
    assert await codes(client, token, panel, one, two, three) == [None, None, None, PEOPLE]
    assert await codes(client, token, one, two, three, panel) == [None, None, "5009", PEOPLE]
    assert await codes(client, token, *[one] * 21) == [None] * 20 + [PEOPLE]


async def test_more_than_twenty_may_fail_the_whole_request(client, token, world):
    world.largest_people, world.beyond_people = 20, "request"
    panel = group(client, "panel19", 19)
    assert await codes(client, token, panel, "ada@contoso.com") == [None, None]
    answer = await client.schedule(token, schedules=(panel, "ada@contoso.com", "grace@contoso.com"))
    text = "There are too many target users in the EmailAddress array. The allowed size = 20; the actual size = 21."
    assert (answer.status, answer.body["error"]["code"]) == (400, "ErrorMailboxDataArrayTooBig")
    assert answer.body["error"]["message"] == text


async def test_how_long_a_list_may_be(client, token, world):
    world.largest_list = 5
    asked = (group(client, "five", 5), group(client, "six", 6))
    assert await codes(client, token, *asked) == [None, "ErrorFreeBusyDLLimitReached"]


async def test_the_answers_may_come_in_another_order(client, token, world):
    asked = ("ada@contoso.com", "nobody@contoso.com", "grace@contoso.com")
    for schedules in (asked, asked[:2]):
        in_order = (await client.schedule(token, schedules=schedules)).body["value"]
        world.shuffled_schedules = True
        shuffled = (await client.schedule(token, schedules=schedules)).body["value"]
        world.shuffled_schedules = False
        assert shuffled != in_order
        assert sorted(shuffled, key=str) == sorted(in_order, key=str)


async def test_no_data_is_a_four_and_unknown(client, token, linus):
    linus.meetings = [
        Meeting(NOON, NOON + timedelta(hours=1), "unknown"),
        Meeting(NOON, NOON + timedelta(hours=2), "oof"),
    ]
    answer = await client.schedule(token, schedules=("linus@contoso.com",), start="2026-03-04T11:00:00")
    (entry,) = answer.body["value"]
    assert entry["availabilityView"].startswith("0044330")
    assert {item["status"] for item in entry["scheduleItems"]} == {"unknown", "oof"}


async def test_applications_may_be_shown_times_only(client, token, world, user):
    signed_in = (await user.tokens(scope="Calendars.ReadBasic"))["access_token"]
    world.app_only_details = False
    (ada,) = (await client.schedule(token)).body["value"]
    assert {name for item in ada["scheduleItems"] for name in item} == {"status", "start", "end"}
    answer = await user.client.schedule(signed_in, "me/calendar/getSchedule", schedules=("steven@northwind.com",))
    assert answer.body["value"][0]["scheduleItems"][0]["subject"] == "Sales figures"


async def test_the_scope_may_cover_everybody_asked_for(client, world):
    token, path = await client.fabrikam_token(), "users/hiring@fabrikam.com/calendar/getSchedule"
    members = ["mary@fabrikam.com", "dorothy@fabrikam.com"]
    demo.thing(world.tenants[demo.FABRIKAM], "all@fabrikam.com", "All", kind="list", members=members)
    asked = (*members, "all@fabrikam.com")
    views = []
    for world.scope_covers_schedules in (False, True):
        mary, dorothy, everybody = (await client.schedule(token, path, schedules=asked)).body["value"]
        assert "error" not in mary
        assert ("error" in dorothy) is world.scope_covers_schedules
        views.append(everybody["availabilityView"])
    assert dorothy["error"]["responseCode"] == "ErrorNoFreeBusyAccess"
    assert views[1] == mary["availabilityView"] != views[0]


async def test_four_at_once_may_be_per_application(client, token, world):
    world.concurrency = "application"
    client.microsoft.latency["graph"] = 0.5
    paths = [f"users/{name}@contoso.com/calendar/getSchedule" for name in ("ada", "grace", "linus") for _ in range(2)]
    answers = await asyncio.gather(*(client.schedule(token, path) for path in paths))
    assert sorted(answer.status for answer in answers) == [200] * 4 + [429] * 2


async def test_what_is_shown_follows_every_change_of_the_calendar(client, token, linus):
    async def shown():
        answer = await client.schedule(token, schedules=("linus@contoso.com",))
        return answer.body["value"][0]["availabilityView"], answer.body["value"][0]["scheduleItems"]

    linus.shares, linus.meetings = "details", [Meeting(NOON, NOON + timedelta(hours=1), subject="One")]
    (view, (item,)) = await shown()
    assert (view.strip("0"), item["subject"]) == ("22", "One")
    linus.meetings.append(Meeting(NOON - timedelta(hours=1), NOON, "oof", "Zero"))
    assert [item["subject"] for item in (await shown())[1]] == ["Zero", "One"]
    linus.meetings[0] = replace(linus.meetings[0], status="tentative", is_private=True)
    (view, (_, item)) = await shown()
    assert (view.strip("0"), set(item)) == ("3311", {"status", "start", "end"})
    linus.shares = "time"
    assert all(set(item) == {"status", "start", "end"} for item in (await shown())[1])
    linus.meetings.clear()
    assert await shown() == ("0" * 20, [])
