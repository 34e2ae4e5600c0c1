"""The simulated Graph: getSchedule's answer, its errors per schedule, and who may ask (facts 1, 2, 7)."""

import asyncio
import re
from datetime import timedelta

import pytest

from tests.sandbox.microsoft.testing import NOON, question
from tests.sandbox.world import Meeting, demo
from tests.sandbox.world.applications import stable_id

ROLE = "Calendars.ReadBasic.All"


@pytest.fixture
async def token(client):
    return await client.token(ROLE)


def at(hour, minute=0):
    return NOON.replace(hour=hour, minute=minute)


def error_of(answer):
    return answer.status, answer.body["error"]["code"]


async def entry_of(client, token, address, **more):
    answer = await client.schedule(token, schedules=(address,), **more)
    assert answer.status == 200
    (entry,) = answer.body["value"]
    assert entry["scheduleId"] == address
    return entry


async def test_the_answer_has_graphs_form(client, token):
    sent = "11111111-2222-4333-8444-555555555555"
    answer = await client.schedule(token, headers={"client-request-id": sent}, availabilityViewInterval=60)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert answer.headers["client-request-id"] == sent
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.headers["request-id"])
    assert answer.headers["x-ms-ags-diagnostic"].startswith('{"ServerInfo"')
    assert "Date" in answer.headers
    assert answer.body["@odata.context"].endswith("/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)")
    assert "@odata.nextLink" not in answer.body
    (ada,) = answer.body["value"]
    assert ada["scheduleId"] == "ada@contoso.com"
    assert ada["availabilityView"] == "0210000200"  # 8 to 18 o'clock
    assert ada["scheduleItems"][0] == {
        "isPrivate": False,
        "status": "busy",
        "start": {"dateTime": "2026-03-04T09:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-03-04T10:00:00.0000000", "timeZone": "UTC"},
        "subject": "Analytical engine review",
        "location": "Room Turing",
        "isMeeting": True,
        "isRecurring": False,
        "isException": False,
        "isReminderSet": True,
    }
    assert ada["workingHours"] == {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": "W. Europe Standard Time"},
    }


async def test_private_items_and_those_of_owners_who_share_times_only_are_bare(client, token):
    ada = await entry_of(client, token, "ada@contoso.com")
    assert set(ada["scheduleItems"][-1]) == {"status", "start", "end"}  # the doctor
    linus = await entry_of(client, token, "linus@contoso.com")
    assert linus["scheduleItems"]
    assert all(set(item) == {"status", "start", "end"} for item in linus["scheduleItems"])


async def test_slots_have_one_digit_each_and_the_highest_wins(client, token):
    linus = client.contoso.mailbox("linus@contoso.com")
    linus.meetings = [
        Meeting(at(9), at(10), "free"),
        Meeting(at(9), at(10), "workingElsewhere"),
        Meeting(at(10), at(11), "tentative"),
        Meeting(at(10, 30), at(12), "busy"),
        Meeting(at(11, 59), at(12, 1), "oof"),
    ]
    entry = await entry_of(client, token, "linus@contoso.com", start="2026-03-04T09:00:00", end="2026-03-04T12:40:00")
    assert entry["availabilityView"] == "00122330"  # 7 slots and a third: rounded up
    statuses = [item["status"] for item in entry["scheduleItems"]]
    assert statuses == ["free", "workingElsewhere", "tentative", "busy", "oof"]  # free ones are listed too


async def test_an_item_that_touches_the_window_is_returned_whole(client, token):
    client.contoso.mailbox("linus@contoso.com").meetings = [
        Meeting(at(6), at(9), "busy"),  # ends where the window begins
        Meeting(at(7), at(9, 15), "busy"),
        Meeting(at(10, 45), at(20), "oof"),
        Meeting(at(11), at(12), "busy"),  # begins where it ends
    ]
    more = {"start": "2026-03-04T09:00:00", "end": "2026-03-04T11:00:00"}
    entry = await entry_of(client, token, "linus@contoso.com", **more)
    assert entry["availabilityView"] == "2003"
    starts = [item["start"]["dateTime"] for item in entry["scheduleItems"]]
    assert starts == ["2026-03-04T07:00:00.0000000", "2026-03-04T10:45:00.0000000"]


@pytest.mark.parametrize(
    ("prefer", "hour", "name"),
    [
        ('outlook.timezone="Pacific Standard Time"', "01", "Pacific Standard Time"),
        ('IdType="ImmutableId", outlook.timezone="India Standard Time"', "14", "India Standard Time"),
        ('outlook.timezone="Europe/Berlin"', "10", "Europe/Berlin"),
        ("odata.maxpagesize=2", "09", "UTC"),
    ],
)
async def test_only_the_prefer_header_steers_the_zone_of_the_answer(client, token, prefer, hour, name):
    body = question()
    body["startTime"] = {"dateTime": "2026-03-04T09:00:00.0000000", "timeZone": "W. Europe Standard Time"}
    answer = await client.schedule(token, json=body, headers={"Prefer": prefer})
    start = answer.body["value"][0]["scheduleItems"][0]["start"]
    assert (start["dateTime"][11:13], start["timeZone"]) == (hour, name)
    assert len(start["dateTime"]) == len("2026-03-04T09:00:00.0000000")


async def test_windows_and_iana_zones_mean_the_same(client, token):
    body = question()
    for zone, start in (
        ("Pacific Standard Time", "00:00"),
        ("America/Los_Angeles", "00:00"),
        ("Tokyo Standard Time", "17:00"),
    ):
        body["startTime"] = {"dateTime": f"2026-03-04T{start}", "timeZone": zone}
        view = (await client.schedule(token, json=body)).body["value"][0]["availabilityView"]
        assert view == (await client.schedule(token)).body["value"][0]["availabilityView"]


async def test_names_match_without_case_and_digits_may_be_a_string(client, token):
    usual = question(availabilityViewInterval=15)
    body = {
        "Schedules": usual["schedules"],
        "StartTime": {"DateTime": usual["startTime"]["dateTime"], "TimeZone": "UTC"},
        "EndTime": usual["endTime"],
        "AvailabilityViewInterval": "15",
    }
    answer = await client.schedule(token, json=body)
    assert len(answer.body["value"][0]["availabilityView"]) == 40


async def test_a_missing_zone_is_the_mailboxs(client, token):
    body = question()
    del body["startTime"]["timeZone"], body["endTime"]["timeZone"]
    answer = await client.schedule(token, json=body)  # the recruiter's mailbox is in Berlin, so 7 to 17 in UTC
    assert answer.body["value"][0]["availabilityView"].startswith("000022")
    answer = await client.schedule(token, "users/room-hopper@contoso.com/calendar/getSchedule", json=body)
    assert error_of(answer) == (400, "TimeZoneNotSupportedException")
    assert answer.body["error"]["message"].endswith("not supported: ''.")


async def test_the_seed_documents_own_request(client, token):
    body = {
        "schedules": ["test@test.onmicrosoft.com"],
        "startTime": {"dateTime": "2019-11-19T00:00:00"},
        "endTime": {"dateTime": "2019-11-25T00:00:00"},
    }
    answer = await client.schedule(token, "users/test@test.onmicrosoft.com/calendar/getSchedule", json=body)
    (entry,) = answer.body["value"]
    (item,) = entry["scheduleItems"]
    assert (item["status"], item["start"]["dateTime"]) == ("tentative", "2019-11-19T19:00:00.0000000")
    assert entry["workingHours"]["timeZone"]["@odata.type"] == "#microsoft.graph.customTimeZone"
    assert len(entry["availabilityView"]) == 6 * 48


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("nobody@contoso.com", "5009", "Unable to resolve e-mail address nobody@contoso.com"),
        ("candidate@elsewhere.example", "5009", "to an Active Directory object."),
        ("mary@fabrikam.com", "5009", "Unable to resolve"),
        ("kjohnson@contoso.onmicrosoft.com", "5009", "Unable to resolve"),  # a user principal name is no address
        ("someone@outlook.com", "ErrorProxyRequestProcessingFailed", "401: Unauthorized"),
        ("onno@contoso.com", "ErrorProxyRequestProcessingFailed", "Unable to connect to the remote server"),
        ("una@contoso.com", "ErrorMailRecipientNotFound", "Unable to resolve"),
        ("max@contoso.com", "5006", "too many calendar entries"),
        ("c0471050-0000-4000-8000-000000000001", "ErrorInvalidSmtpAddress", "not valid"),
    ],
)
async def test_an_address_that_cannot_be_read_is_an_error_in_a_200(client, token, address, code, message):
    answer = await client.schedule(token, schedules=(address, "ada@contoso.com"))
    bad, good = answer.body["value"]
    assert answer.status == 200
    assert set(bad) == {"scheduleId", "error"}
    assert bad["error"]["responseCode"] == code
    assert message in bad["error"]["message"]
    assert good["availabilityView"]


async def test_aliases_rooms_and_equipment_are_read_and_repeated_as_asked(client, token):
    asked = ("AUGUSTA@contoso.com", "room-turing@contoso.com", "projector@contoso.com", "katherine@contoso.com")
    answer = await client.schedule(token, schedules=asked)
    assert [entry["scheduleId"] for entry in answer.body["value"]] == list(asked)
    assert not any("error" in entry for entry in answer.body["value"])
    assert "workingHours" not in answer.body["value"][2]


async def test_a_list_is_one_entry_merged_over_its_members(client, token):
    panel = await entry_of(client, token, "panel@contoso.com")
    ada = await entry_of(client, token, "ada@contoso.com")
    grace = await entry_of(client, token, "grace@contoso.com")
    pairs = zip(ada["availabilityView"], grace["availabilityView"], strict=True)
    assert panel["availabilityView"] == "".join(max(pair) for pair in pairs)
    assert len(panel["scheduleItems"]) == len(ada["scheduleItems"]) + len(grace["scheduleItems"])


async def test_more_than_a_thousand_entries(client, token):
    start = at(9)
    client.contoso.mailbox("linus@contoso.com").meetings = [
        Meeting(start + timedelta(seconds=n), start + timedelta(seconds=n + 60)) for n in range(1001)
    ]
    entry = await entry_of(client, token, "linus@contoso.com")
    text = "The result set contains too many calendar entries. The allowed size = 1000; the actual size = 1001."
    assert entry["error"] == {"responseCode": "5006", "message": text}


@pytest.mark.parametrize(
    "path",
    [
        "USERS/Recruiter@Contoso.com/Calendar/GETSCHEDULE",
        "users/recruiter%40contoso.com/calendar/microsoft.graph.getSchedule",
        "users/recruiter@contoso.com/calendars/AAMkAD=/getSchedule",
        f"users/{stable_id(demo.CONTOSO, 'recruiter@contoso.com')}/calendar/getSchedule",
        "users/kjohnson@contoso.onmicrosoft.com/calendar/getSchedule",
    ],
)
async def test_the_spellings_of_the_path(client, token, path):
    assert (await client.schedule(token, path)).status == 200


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("nobody@contoso.com", (404, "ErrorInvalidUser")),
        ("katherine@contoso.com", (404, "ErrorInvalidUser")),  # an e-mail address that is no user principal name
        ("augusta@contoso.com", (404, "ErrorInvalidUser")),
        ("panel@contoso.com", (404, "ErrorInvalidUser")),
        ("mary@fabrikam.com", (404, "ErrorInvalidUser")),
        ("00000000-0000-4000-8000-000000000000", (404, "Request_ResourceNotFound")),
        ("onno@contoso.com", (404, "MailboxNotEnabledForRESTAPI")),
        ("una@contoso.com", (404, "MailboxNotEnabledForRESTAPI")),
    ],
)
async def test_a_mailbox_in_the_path_that_cannot_ask(client, token, user, expected):
    answer = await client.schedule(token, f"users/{user}/calendar/getSchedule")
    assert error_of(answer) == expected
    inner = answer.body["error"]["innerError"]
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inner["date"])


async def test_me_needs_a_user(client, token):
    answer = await client.schedule(token, "me/calendar/getSchedule")
    assert error_of(answer) == (400, "BadRequest")
    assert answer.body["error"]["message"] == "/me request is only valid with delegated authentication flow."


@pytest.mark.parametrize("role", ["Calendars.ReadBasic.All", "Calendars.Read", "Calendars.ReadWrite"])
async def test_any_calendar_role_is_enough(client, role):
    assert (await client.schedule(await client.token(role))).status == 200


@pytest.mark.parametrize("roles", [(), ("Mail.Read", "User.Read.All", "Calendars.ReadBasic")])
async def test_no_calendar_role_is_denied(client, roles):
    answer = await client.schedule(await client.token(*roles))
    assert error_of(answer) == (403, "ErrorAccessDenied")
    assert answer.body["error"]["message"] == "Access is denied. Check credentials and try again."


async def test_rbac_for_applications_lets_its_mailboxes_through_without_roles(client):
    token = await client.fabrikam_token()
    asked = ("mary@fabrikam.com", "dorothy@fabrikam.com")
    inside = await client.schedule(token, "users/hiring@fabrikam.com/calendar/getSchedule", schedules=asked)
    assert inside.status == 200
    assert not any("error" in entry for entry in inside.body["value"])  # the scope is that of the asking mailbox
    outside = await client.schedule(token, "users/dorothy@fabrikam.com/calendar/getSchedule")
    assert error_of(outside) == (403, "ErrorAccessDenied")


async def test_an_access_policy_narrows_roles_but_not_rbac(client, token):
    client.application.access_policy = {"ada@contoso.com"}
    client.application.rbac_scope = {"grace@contoso.com"}
    assert (await client.schedule(token, "users/ada@contoso.com/calendar/getSchedule")).status == 200
    assert (await client.schedule(token, "users/grace@contoso.com/calendar/getSchedule")).status == 200
    answer = await client.schedule(token)
    assert error_of(answer) == (403, "ErrorAccessDenied")
    assert "[RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings." in answer.body["error"]["message"]


async def test_a_bad_token_is_401_with_a_challenge(client, token):
    wrong_audience = client.microsoft.tokens.issue(client.microsoft.now(), demo.CONTOSO, "https://vault.azure.net")
    tampered = token[:-6] + ("AAAAAA" if token[-6:] != "AAAAAA" else "BBBBBB")
    expected = {
        "": "Access token is empty.",
        "nonsense": "CompactToken validation failed with reason code: 80049228.",
        tampered: "CompactToken validation failed with reason code: 80049228.",
        wrong_audience: "Access token validation failure. Invalid audience.",
    }
    for bad, message in expected.items():
        answer = await client.schedule(bad)
        assert error_of(answer) == (401, "InvalidAuthenticationToken")
        assert answer.body["error"]["message"] == message
        assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="", authorization_uri="https://')
    client.microsoft.travel(seconds=3700)
    answer = await client.schedule(token)
    assert answer.body["error"]["message"] == "Lifetime validation failed, the token is expired."


async def test_four_at_once_per_mailbox(client, token):
    client.microsoft.latency["graph"] = 0.4
    answers = await asyncio.gather(*(client.schedule(token) for _ in range(6)))
    refused = [answer for answer in answers if answer.status == 429]
    assert sorted(answer.status for answer in answers) == [200] * 4 + [429] * 2
    assert refused[0].headers["Retry-After"] == "1"
    assert refused[0].body["error"]["code"] == "ApplicationThrottled"
    assert refused[0].body["error"]["message"] == "Application is over its MailboxConcurrency limit."
    others = ("ada@contoso.com", "grace@contoso.com")
    paths = [f"users/{user}/calendar/getSchedule" for user in others for _ in range(4)]
    answers = await asyncio.gather(*(client.schedule(token, path) for path in paths))
    assert {answer.status for answer in answers} == {200}


async def test_unknown_paths_and_methods(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{client.microsoft.graph_url}/v1.0/users/recruiter@contoso.com/calendar"
    assert (await client.send("POST", f"{url}/getNothing", headers=headers)).status == 400
    assert (await client.send("GET", f"{url}/getSchedule", headers=headers)).status == 405
