"""Time zones of getSchedule as Graph takes them: Windows and IANA names, in the body and in Prefer."""

import http.client
import json
from typing import Any

import pytest

from tests.journeys.api import KEY, Api, Company
from tests.journeys.expect import expect_refused
from tests.journeys.schedules import DAY, HOUR, MONDAY, Question, ask, expect_free_busy, rules, shown, utc, wall_clock
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

# The IANA names that Graph's documentation lists (facts 1.6), in both spellings where it gives two.
LISTED = """
Etc/GMT+12 Etc/GMT+11 Pacific/Honolulu America/Anchorage America/Santa_Isabel America/Los_Angeles America/Phoenix
America/Chihuahua America/Denver America/Guatemala America/Chicago America/Mexico_City America/Regina America/Bogota
America/New_York America/Indiana/Indianapolis America/Caracas America/Asuncion America/Halifax America/Cuiaba
America/La_Paz America/Santiago America/St_Johns America/Sao_Paulo America/Argentina/Buenos_Aires America/Cayenne
America/Godthab America/Montevideo America/Bahia Etc/GMT+2 Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca
Etc/GMT Europe/London Atlantic/Reykjavik Europe/Berlin Europe/Budapest Europe/Paris Europe/Warsaw Africa/Lagos
Africa/Windhoek Europe/Bucharest Asia/Beirut Africa/Cairo Asia/Damascus Africa/Johannesburg Europe/Kyiv Europe/Kiev
Europe/Istanbul Asia/Jerusalem Asia/Amman Asia/Baghdad Europe/Kaliningrad Asia/Riyadh Africa/Nairobi Asia/Tehran
Asia/Dubai Asia/Baku Europe/Moscow Indian/Mauritius Asia/Tbilisi Asia/Yerevan Asia/Kabul Asia/Karachi Asia/Tashkent
Asia/Kolkata Asia/Colombo Asia/Kathmandu Asia/Almaty Asia/Dhaka Asia/Yekaterinburg Asia/Yangon Asia/Rangoon
Asia/Bangkok Asia/Novosibirsk Asia/Shanghai Asia/Krasnoyarsk Asia/Singapore Australia/Perth Asia/Taipei
Asia/Ulaanbaatar Asia/Irkutsk Asia/Tokyo Asia/Seoul Australia/Adelaide Australia/Darwin Australia/Brisbane
Australia/Sydney Pacific/Port_Moresby Australia/Hobart Asia/Yakutsk Pacific/Guadalcanal Asia/Vladivostok
Pacific/Auckland Etc/GMT-12 Pacific/Fiji Asia/Magadan Pacific/Tongatapu Pacific/Apia Pacific/Kiritimati
"""
# Microsoft's own spellings in that list, which are no names of IANA's: name → zone
OWN_SPELLINGS = {"Asia/Toshkent": "Asia/Tashkent", "Asia/Astana": "Asia/Almaty"}

# Windows names, those that go their own way among them → the zone by CLDR
WINDOWS = {
    "UTC": "UTC",
    "Dateline Standard Time": "Etc/GMT+12",
    "UTC-11": "Etc/GMT+11",
    "Aleutian Standard Time": "America/Adak",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "Marquesas Standard Time": "Pacific/Marquesas",
    "Pacific Standard Time": "America/Los_Angeles",
    "Pacific Standard Time (Mexico)": "America/Tijuana",
    "US Mountain Standard Time": "America/Phoenix",
    "Canada Central Standard Time": "America/Regina",
    "Central America Standard Time": "America/Guatemala",
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indiana/Indianapolis",
    "Newfoundland Standard Time": "America/St_Johns",
    "Tocantins Standard Time": "America/Araguaina",
    "Azores Standard Time": "Atlantic/Azores",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kyiv",
    "South Africa Standard Time": "Africa/Johannesburg",
    "Turkey Standard Time": "Europe/Istanbul",
    "Iran Standard Time": "Asia/Tehran",
    "Afghanistan Standard Time": "Asia/Kabul",
    "India Standard Time": "Asia/Kolkata",
    "Sri Lanka Standard Time": "Asia/Colombo",
    "Nepal Standard Time": "Asia/Kathmandu",
    "Myanmar Standard Time": "Asia/Yangon",
    "N. Central Asia Standard Time": "Asia/Novosibirsk",
    "China Standard Time": "Asia/Shanghai",
    "Aus Central W. Standard Time": "Australia/Eucla",
    "Tokyo Standard Time": "Asia/Tokyo",
    "Cen. Australia Standard Time": "Australia/Adelaide",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "Lord Howe Standard Time": "Australia/Lord_Howe",
    "Norfolk Standard Time": "Pacific/Norfolk",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Chatham Islands Standard Time": "Pacific/Chatham",
    "UTC+13": "Etc/GMT-13",
    "Line Islands Standard Time": "Pacific/Kiritimati",
}
NAMES = {name: name for name in LISTED.split()} | OWN_SPELLINGS | WINDOWS
MEETING = Meeting(utc(hours=20, minutes=10), utc(hours=21, minutes=40))


def prefer(zone: str) -> dict[str, str]:
    """Return the header that asks for a zone."""
    return {"Prefer": f'outlook.timezone="{zone}"'}


def in_zone(question: Question, name: str) -> dict[str, Any]:
    """Return a question's body with another name for its zone."""
    body = question.json()
    for side in ("startTime", "endTime"):
        body[side]["timeZone"] = name
    return body


def test_every_zone_that_graph_names_is_taken_in_the_body_and_in_prefer(api: Api, ready: Company):
    mia = person(ready.tenant, "Mia", MEETING).address
    wrong = {}
    for name, iana in NAMES.items():
        question = Question(MONDAY, MONDAY + 2 * DAY, 30, iana)
        answer = ask(api, ready, question, mia, json=in_zone(question, name), headers=prefer(name))
        if answer.status_code != 200:
            wrong[name] = answer.text[:100]
            continue
        one = shown(answer)[mia]
        expected = question.view([MEETING]), question.items([MEETING], iana, name)
        if (one["availabilityView"], one["scheduleItems"]) != expected:
            wrong[name] = f"{one['scheduleItems']} {one['availabilityView']}"
        if answer.headers.get("Preference-Applied") != f'outlook.timezone="{name}"':
            wrong[name] = str(answer.headers.get("Preference-Applied"))
    assert wrong == {}


@pytest.mark.parametrize(
    "name", ["europe/berlin", "EUROPE/BERLIN", "w. europe standard time", "W. EUROPE STANDARD TIME"]
)
def test_zones_may_be_written_in_any_letter_case(api: Api, ready: Company, name: str):
    mia = person(ready.tenant, "Mia", MEETING).address
    question = Question(MONDAY, MONDAY + DAY, 60, "Europe/Berlin")

    answer = ask(api, ready, question, mia, json=in_zone(question, name), headers=prefer(name))

    one = shown(answer)[mia]
    assert one["availabilityView"] == question.view([MEETING])
    (item,) = one["scheduleItems"]
    assert item["start"]["dateTime"] == wall_clock(MEETING.start, "Europe/Berlin")["dateTime"]
    assert item["start"]["timeZone"].lower() == name.lower()
    assert answer.headers["Preference-Applied"].lower() == f'outlook.timezone="{name}"'.lower()


@pytest.mark.parametrize(
    "written",
    [
        'outlook.timezone="Asia/Tokyo"',
        'Outlook.TimeZone="Asia/Tokyo"',
        'outlook.timezone = "Asia/Tokyo"',
        'return=minimal, outlook.timezone="Asia/Tokyo"',
        'outlook.timezone="Asia/Tokyo", odata.maxpagesize=5',
        'IdType="ImmutableId",outlook.timezone="Asia/Tokyo";x=y',
    ],
)
def test_the_preference_is_found_among_others(api: Api, ready: Company, written: str):
    mia = person(ready.tenant, "Mia", MEETING).address

    answer = ask(api, ready, Question(), mia, headers={"Prefer": written})

    (item,) = shown(answer)[mia]["scheduleItems"]
    assert item["start"] == wall_clock(MEETING.start, "Asia/Tokyo")
    assert answer.headers["Preference-Applied"] == 'outlook.timezone="Asia/Tokyo"'


def test_preferences_may_come_in_headers_of_their_own(stack: Stack, api: Api, ready: Company):
    """RFC 7240, 2: several Prefer headers mean the same as one with all of them; of two values the first counts."""
    mia = person(ready.tenant, "Mia", MEETING).address
    target = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"
    body = json.dumps({"schedules": [mia], **Question().json()}).encode()

    for preferences in (["return=minimal", 'outlook.timezone="Asia/Tokyo"'], ['outlook.timezone="Asia/Tokyo"', "a=b"]):
        connection = http.client.HTTPConnection("localhost", stack.port, timeout=30)
        connection.putrequest("POST", target)
        headers = [("x-functions-key", KEY), ("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        for name, text in [*headers, *(("Prefer", preference) for preference in preferences)]:
            connection.putheader(name, text)
        connection.endheaders(body)
        answer = connection.getresponse()
        (one,) = json.loads(answer.read())["value"]
        connection.close()
        assert one["scheduleItems"][0]["start"] == wall_clock(MEETING.start, "Asia/Tokyo"), preferences


def test_the_bodys_zone_does_not_steer_the_answers(api: Api, ready: Company):
    mia = person(ready.tenant, "Mia", MEETING).address
    question = Question(MONDAY, MONDAY + DAY, 60, "Asia/Tokyo")

    answer = ask(api, ready, question, mia)

    (item,) = shown(answer)[mia]["scheduleItems"] or [None]
    assert item is None  # 20:10 is the next day in Tokyo
    later = Question(MONDAY + DAY, MONDAY + 2 * DAY, 60, "Asia/Tokyo")
    expect_free_busy(shown(ask(api, ready, later, mia))[mia], later, [MEETING], "UTC")
    assert "Preference-Applied" not in answer.headers


def test_start_and_end_may_be_in_different_zones(api: Api, ready: Company):
    mia = person(ready.tenant, "Mia", MEETING).address
    for start_zone, end_zone in [
        ("Asia/Tokyo", "America/New_York"),
        ("Asia/Kathmandu", "UTC"),
        ("UTC", "Asia/Kathmandu"),
    ]:
        question = Question(MONDAY, MONDAY + 2 * DAY, 45, start_zone, end_zone)
        expect_free_busy(shown(ask(api, ready, question, mia))[mia], question, [MEETING])


def test_an_end_that_is_earlier_only_by_its_zone_is_refused(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    question = Question(MONDAY, MONDAY + 5 * HOUR, 45, "America/New_York", "Asia/Tokyo")

    expect_refused(ask(api, ready, question, ready.ada), 400, "invalidRequest", "endTime")
    assert stack.microsoft.count("graph") == 0
    same = Question(MONDAY + 9 * HOUR, MONDAY, 45, "Asia/Tokyo", "UTC")
    expect_refused(ask(api, ready, same, ready.ada), 400, "invalidRequest", "endTime")


BAD = [
    *("Nowhere/Land", "Mars Standard Time", "CEST", "+02:00", "GMT+1", "Europe/Berlín", "Europe Berlin", "Etc/"),
    *("posix/Europe/Berlin", "localtime", "Factory", "../UTC", "America/", "zone.tab", "W. Europe Daylight Time"),
]


@pytest.mark.parametrize("name", BAD)
def test_an_unknown_zone_is_refused_by_name_before_graph_is_asked(stack: Stack, api: Api, ready: Company, name: str):
    stack.microsoft.clear_requests()
    start, end = Question().json()["startTime"], Question().json()["endTime"]

    bad_start = ask(api, ready, Question(), ready.ada, json={"startTime": start | {"timeZone": name}})
    bad_end = ask(api, ready, Question(), ready.ada, json={"endTime": end | {"timeZone": name}})
    expect_refused(bad_start, 400, "invalidRequest", "startTime", "timeZone")
    expect_refused(bad_end, 400, "invalidRequest", "endTime", "timeZone")
    if name.isascii():
        expect_refused(ask(api, ready, Question(), ready.ada, headers=prefer(name)), 400, "invalidRequest", "Prefer")
    assert stack.microsoft.count("graph") == 0


@pytest.mark.parametrize("zones", ["most", "promised"])
def test_a_tenant_that_knows_only_the_promised_zones_does_as_well(stack, api: Api, ready: Company, zones: str):
    """Only the listed IANA names are promised (facts 1.6): which others a tenant takes is no affair of the caller's."""
    mia = person(ready.tenant, "Mia", MEETING).address
    with rules(stack, iana_zones=zones):
        for name in ("Europe/Vienna", "Europe/Zurich", "America/Toronto", "Asia/Calcutta", "Australia/Lord_Howe"):
            question = Question(MONDAY, MONDAY + DAY, 60, name)
            expect_free_busy(shown(ask(api, ready, question, mia))[mia], question, [MEETING])
            answer = ask(api, ready, question, mia, headers=prefer(name))
            expect_free_busy(shown(answer)[mia], question, [MEETING], name)


def test_a_long_window_in_a_zone_is_answered_in_the_preferred_one(stack: Stack, api: Api, ready: Company):
    meetings = [Meeting(utc(day), utc(day + 2), "oof") for day in range(0, 100, 10)]
    mia = person(ready.tenant, "Mia", *meetings).address
    question = Question(MONDAY, MONDAY + 100 * DAY, 60, "Asia/Kathmandu")

    answer = ask(api, ready, question, mia, headers=prefer("India Standard Time"))

    expect_free_busy(shown(answer)[mia], question, meetings, "Asia/Kolkata", "India Standard Time")
    assert len(graph_calls(stack, ready)) >= 3


def test_wall_clocks_may_carry_fractions_as_graph_writes_them(api: Api, ready: Company):
    mia = person(ready.tenant, "Mia", MEETING).address
    for written in (
        "2027-02-15T00:00:00.0000000",
        "2027-02-15T00:00:00.000",
        "2027-02-15T00:00:00",
        "2027-02-15T00:00",
    ):
        answer = ask(api, ready, Question(), mia, json={"startTime": {"dateTime": written, "timeZone": "UTC"}})
        expect_free_busy(shown(answer)[mia], Question(), [MEETING])
