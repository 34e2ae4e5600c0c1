"""getSchedule as python-o365 asks it and reads it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.compatibility.windows import Window, shown_in
from tests.journeys.api import Api, Company, new_company
from tests.sandbox.stack import Stack
from tests.sandbox.world.mailboxes import Meeting

BERLIN = ZoneInfo("Europe/Berlin")
BUSY_IN_ITS_SECOND_HOUR = ["free", "busy"] + ["free"] * 22


def test_several_people_come_as_words_and_moments(o365, ready: Company, meeting: Meeting, day: Window):
    nobody = f"nobody@{ready.tenant.domains[1]}"
    ada, unknown, recruiter = o365.ask(ready.ada, nobody, ready.recruiter, during=day)

    assert [one["scheduleId"] for one in (ada, unknown, recruiter)] == [ready.ada, nobody, ready.recruiter]
    assert ada["availabilityView"] == BUSY_IN_ITS_SECOND_HOUR
    (item,) = ada["scheduleItems"]
    assert (item["status"], item["start"], item["end"]) == ("busy", meeting.start, meeting.end)
    assert recruiter["availabilityView"] == ["free"] * 24
    assert recruiter["scheduleItems"] == []
    hours = ada["workingHours"]
    assert hours["daysOfWeek"] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert (hours["startTime"], hours["endTime"]) == ("08:00:00.0000000", "17:00:00.0000000")
    assert hours["timeZone"] == {"name": "W. Europe Standard Time"}


def test_an_unknown_address_is_an_error_and_never_looks_free(o365, ready: Company, day: Window):
    (unknown,) = o365.ask(f"nobody@{ready.tenant.domains[1]}", during=day)

    assert unknown["error"]["responseCode"] == "5009"
    assert unknown["error"]["message"]
    assert unknown["availabilityView"] == [], "the library adds that itself: no slots, so none that are free"
    assert "scheduleItems" not in unknown


@pytest.mark.parametrize("zone", [None, UTC, BERLIN, ZoneInfo("Asia/Kolkata"), ZoneInfo("America/New_York")], ids=str)
def test_clocks_may_be_of_any_zone_or_of_none(o365, ready: Company, meeting: Meeting, day: Window, zone):
    start, end = shown_in(zone or BERLIN, day)
    if zone is None:
        start, end = start.replace(tzinfo=None), end.replace(tzinfo=None)
    (ada,) = o365.ask(ready.ada, during=(start, end))

    assert ada["availabilityView"] == BUSY_IN_ITS_SECOND_HOUR
    assert ada["scheduleItems"][0]["start"] == meeting.start


def test_every_windows_zone_that_the_library_may_name_is_known(o365, ready: Company, day: Window):
    from requests import HTTPError

    from tests.compatibility.python_o365 import ZONES

    unknown = []
    for windows, iana in ZONES.items():
        try:  # only whether it is known: what the library takes an IANA zone for is in places years old
            assert o365.ask(ready.ada, during=shown_in(ZoneInfo(iana), day))[0]["availabilityView"]
        except HTTPError:
            unknown.append(windows)
    assert unknown == []


def test_a_preferred_zone_changes_no_moment(o365, ready: Company, meeting: Meeting, day: Window):
    o365.headers["Prefer"] = 'outlook.timezone="Tokyo Standard Time"'
    (ada,) = o365.ask(ready.ada, during=day)

    assert (ada["scheduleItems"][0]["start"], ada["scheduleItems"][0]["end"]) == (meeting.start, meeting.end)
    assert ada["availabilityView"] == BUSY_IN_ITS_SECOND_HOUR


@pytest.mark.parametrize(("interval", "slots"), [(5, 288), ("30", 48), (1440, 1)])
def test_the_interval_may_be_a_number_or_text(o365, ready: Company, day: Window, interval, slots: int):
    (ada,) = o365.ask(ready.ada, during=day, interval=interval)

    assert len(ada["availabilityView"]) == slots
    assert ada["availabilityView"].count("busy") == max(1, slots // 24)


def test_a_user_may_be_an_object_id(o365, ready: Company, day: Window):
    recruiter = ready.tenant.user(ready.recruiter)
    assert recruiter is not None

    (ada,) = o365.ask(ready.ada, during=day, resource=f"users/{recruiter.object_id}")
    assert ada["availabilityView"] == BUSY_IN_ITS_SECOND_HOUR


def test_the_librarys_authorization_is_ignored_and_never_forwarded(stack: Stack, o365, ready: Company, day: Window):
    from tests.compatibility.python_o365 import FORGED

    stack.microsoft.clear_requests()

    assert o365.ask(ready.ada, during=day)[0]["availabilityView"] == BUSY_IN_ITS_SECOND_HOUR
    assert stack.microsoft.requests
    assert all(FORGED not in str(seen.headers) for seen in stack.microsoft.requests)


def test_a_refusal_is_raised_with_our_message_and_keeps_its_code(
    stack: Stack, o365, api: Api, ready: Company, day: Window
):
    api.save(ready, ready.document(tenantId=new_company(stack).tenant.id))
    refusal = o365.expect_refused(ready.ada, during=day, status=409)

    error = refusal.response.json()["error"]
    assert error["code"] == "calendarNotTested"
    assert error["message"] in str(refusal)


def test_without_exceptions_a_refusal_is_an_empty_list_and_nobody_looks_free(o365, ready: Company, day: Window):
    o365.connection.raise_http_errors = False

    assert o365.ask(ready.ada, during=day[::-1]) == []
