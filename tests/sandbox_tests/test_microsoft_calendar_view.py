"""calendarView at the simulated Graph."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.sandbox.microsoft.testing import NOON
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import Meeting

DAY = {"startDateTime": "2026-03-04T00:00:00Z", "endDateTime": "2026-03-05T00:00:00Z"}
ADA = "users/ada@contoso.com/calendar/calendarView"


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


async def view(client, token, path=ADA, headers=None, **query):
    url = path if path.startswith("https:") else f"{client.microsoft.graph_url}/v1.0/{path}"
    headers = {"Authorization": f"Bearer {token}"} | (headers or {})
    return await client.send("GET", url, headers=headers, params=DAY | query if url.endswith("iew") else None)


def refusal(answer):
    return answer.status, answer.body["error"]["code"]


async def test_the_events_of_a_day(client, token):
    answer = await view(client, token)
    assert answer.status == 200
    assert "@odata.nextLink" not in answer.body
    review, circle, doctor = answer.body["value"]
    assert {name: value for name, value in review.items() if name not in ("id", "@odata.etag")} == {
        "subject": "Analytical engine review",
        "isAllDay": False,
        "isCancelled": False,
        "sensitivity": "normal",
        "showAs": "busy",
        "type": "singleInstance",
        "location": {"displayName": "Room Turing"},
        "start": {"dateTime": "2026-03-04T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-04T10:00:00.0000000", "timeZone": "UTC"},
    }
    assert circle["showAs"] == "tentative"
    assert (doctor["sensitivity"], doctor["subject"]) == ("private", "Doctor")  # an application sees it all
    assert len({event["id"] for event in answer.body["value"]}) == 3


async def test_select_and_the_zone(client, token):
    query = {"$select": "ShowAs, start,end,isAllDay,sensitivity"}
    answer = await view(client, token, headers={"Prefer": 'outlook.timezone="Tokyo Standard Time"'}, **query)
    assert answer.headers["Preference-Applied"] == 'outlook.timezone="Tokyo Standard Time"'
    event = answer.body["value"][0]
    assert set(event) == {"@odata.etag", "id", "showAs", "start", "end", "isAllDay", "sensitivity"}
    assert event["start"] == {"dateTime": "2026-03-04T18:00:00.0000000", "timeZone": "Tokyo Standard Time"}
    assert refusal(await view(client, token, **{"$select": "shoeSize"})) == (400, "BadRequest")


async def test_offsets_count_and_the_prefer_header_does_not(client, token):
    window = {"startDateTime": "2026-03-04T10:00:00+01:00", "endDateTime": "2026-03-04T09:15:00"}
    answer = await view(client, token, headers={"Prefer": 'outlook.timezone="Tokyo Standard Time"'}, **window)
    assert [event["subject"] for event in answer.body["value"]] == ["Analytical engine review"]


async def test_pages(client, token):
    client.contoso.mailbox("ada@contoso.com").meetings = [
        Meeting(NOON + timedelta(minutes=number), NOON + timedelta(hours=1), subject=f"Ü {number}")
        for number in range(25)
    ]
    subjects, url, pages = [], ADA, []
    while url:
        answer = await view(client, token, url, **{"$select": "subject"})
        pages.append(len(answer.body["value"]))
        subjects += [event["subject"] for event in answer.body["value"]]
        url = answer.body.get("@odata.nextLink")
    assert pages == [10, 10, 5]
    assert subjects == [f"Ü {number}" for number in range(25)]
    assert len((await view(client, token, **{"$top": "7"})).body["value"]) == 7
    assert len((await view(client, token, **{"$top": "25"})).body["value"]) == 25


async def test_the_largest_page(client, token):
    client.contoso.mailbox("ada@contoso.com").meetings = [
        Meeting(NOON + timedelta(seconds=number), NOON + timedelta(hours=1)) for number in range(1100)
    ]
    answer = await view(client, token, **{"$top": "999999", "$select": "showAs"})
    assert len(answer.body["value"]) == 1000
    rest = await view(client, token, answer.body["@odata.nextLink"])
    assert len(rest.body["value"]) == 100
    assert "subject" not in rest.body["value"][0]


async def test_what_an_event_shows_of_a_meeting(client, token):
    ada = client.contoso.mailbox("ada@contoso.com")
    whole_day = Meeting(NOON.replace(hour=0), NOON.replace(hour=0) + timedelta(days=1), "oof", is_all_day=True)
    ada.meetings = [whole_day, replace(whole_day, status="unknown", is_recurring=True, is_all_day=False)]
    first, second = (await view(client, token)).body["value"]
    assert (first["showAs"], first["isAllDay"], first["type"]) == ("oof", True, "singleInstance")
    assert (second["showAs"], second["isAllDay"], second["type"]) == ("unknown", False, "occurrence")


WRONG = {
    "no window": ({"startDateTime": None}, "ErrorInvalidParameter"),
    "no time": ({"endDateTime": "soon"}, "ErrorInvalidParameter"),
    "an offset lost in the URL": ({"startDateTime": "2026-03-04T00:00:00 01:00"}, "ErrorInvalidParameter"),
    "backwards": ({"endDateTime": "2026-03-03T00:00:00Z"}, "ErrorCalendarEndDateIsEarlierThanStartDate"),
    "more than five years": ({"endDateTime": "2031-03-05T00:00:00Z"}, "ErrorInvalidRequest"),
    "top 0": ({"$top": "0"}, "BadRequest"),
    "top in words": ({"$top": "ten"}, "BadRequest"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_request(client, token, name):
    change, code = WRONG[name]
    query = {key: value for key, value in (DAY | change).items() if value is not None}
    url = f"{client.microsoft.graph_url}/v1.0/{ADA}"
    answer = await client.send("GET", url, headers={"Authorization": f"Bearer {token}"}, params=query)
    assert refusal(answer) == (400, code)


@pytest.mark.parametrize(
    "path",
    [
        "users/ada@contoso.com/calendarView",
        "Users/Ada@Contoso.com/Calendar/CALENDARVIEW",
        "users/ada@contoso.com/calendars/AAMkAD=/calendarView",
    ],
)
async def test_the_spellings_of_the_path(client, token, path):
    url = f"{client.microsoft.graph_url}/v1.0/{path}"
    answer = await client.send("GET", url, headers={"Authorization": f"Bearer {token}"}, params=DAY)
    assert (answer.status, len(answer.body["value"])) == (200, 3)


async def test_who_may_not(client, token):
    assert refusal(await view(client, token, "me/calendarView")) == (400, "BadRequest")
    assert refusal(await view(client, token, "users/nobody@contoso.com/calendarView")) == (404, "ErrorInvalidUser")
    assert refusal(await view(client, await client.token("Mail.Read"))) == (403, "ErrorAccessDenied")
    fabrikam = await client.fabrikam_token()
    assert (await view(client, fabrikam, "users/mary@fabrikam.com/calendarView")).status == 200
    assert refusal(await view(client, fabrikam, "users/dorothy@fabrikam.com/calendarView")) == (
        403,
        "ErrorAccessDenied",
    )


async def test_ones_own_events(user):
    token = (await user.tokens(NANCY, scope="Calendars.ReadBasic User.Read"))["access_token"]
    answer = await view(user.client, token, "me/calendarView")
    assert [event["subject"] for event in answer.body["value"]] == ["Lunch with a candidate"]
    others = await view(user.client, token, "users/steven@northwind.com/calendarView")
    assert refusal(others) == (404, "ErrorItemNotFound")


async def test_it_is_throttled_together_with_get_schedule(client, token):
    client.microsoft.latency["graph"] = 0.5
    asked = [client.schedule(token, "users/ada@contoso.com/calendar/getSchedule") for _ in range(2)]
    answers = await asyncio.gather(*asked, *(view(client, token) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200] * 4 + [429]
    assert list(client.microsoft.most_in_flight.values()) == [5]
