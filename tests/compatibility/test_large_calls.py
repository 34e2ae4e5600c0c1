"""More people and longer windows than Graph takes at once: its clients need not know how we do it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.api import Company
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

# The SDK says of itself, while it is imported bit by bit, that parts of it are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

HOUR = timedelta(hours=1)
MONDAY = datetime(2027, 2, 15, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = MONDAY.replace(tzinfo=BERLIN)
LOST_TO_SUMMER_TIME = 1  # hour, on 28 March 2027


def crowd(company: Company) -> dict[str, int]:
    """Add 45 people; return for each address the hour of the day in which that person is busy."""
    hours = {}
    for number in range(45):
        start = MONDAY + number % 24 * HOUR
        hours[person(company.tenant, f"P{number}", Meeting(start, start + HOUR)).address] = number % 24
    return hours


def far(company: Company, start: datetime) -> list[Meeting]:
    """Add somebody with a meeting at both ends of 100 days and a month of holidays between them; return these."""
    entries = [
        Meeting(start + 5 * HOUR, start + 6 * HOUR),
        Meeting(start + timedelta(days=30), start + timedelta(days=60), "oof"),
        Meeting(start + timedelta(days=99), start + timedelta(days=99) + HOUR, "tentative"),
    ]
    person(company.tenant, "Fara", *entries)
    return entries


async def test_the_sdk_gets_45_people_an_unknown_one_and_one_asked_twice(sdk, ready: Company):
    from tests.compatibility.microsofts_sdk import asks

    hours = crowd(ready)
    nobody, first = f"nobody@{ready.tenant.domains[1]}", next(iter(hours))
    asked = [*hours, nobody, first]
    answers = await sdk.ask(ready.recruiter, asks(*asked, during=(MONDAY, MONDAY + timedelta(days=1))))

    assert [one.schedule_id for one in answers] == asked
    assert [one.availability_view and one.availability_view.index("2") for one in answers] == [
        *hours.values(),
        None,
        hours[first],
    ]
    assert [one.schedule_id for one in answers if one.error] == [nobody]


def test_python_o365_gets_45_people_an_unknown_one_and_one_asked_twice(o365, ready: Company):
    hours = crowd(ready)
    nobody, first = f"nobody@{ready.tenant.domains[1]}", next(iter(hours))
    asked = [*hours, nobody, first]
    answers = o365.ask(*asked, during=(MONDAY, MONDAY + timedelta(days=1)))

    assert [one["scheduleId"] for one in answers] == asked
    assert [one["availabilityView"] and one["availabilityView"].index("busy") for one in answers] == [
        *hours.values(),
        [],
        hours[first],
    ]
    assert [one["scheduleId"] for one in answers if "error" in one] == [nobody]


async def test_the_sdk_gets_100_days_as_one_view_and_each_entry_once(sdk, ready: Company):
    from tests.compatibility.microsofts_sdk import asks

    entries = far(ready, MONDAY)
    window = (MONDAY, MONDAY + timedelta(days=100))
    body = asks(f"fara@{ready.tenant.domains[1]}", during=window, interval=1440)
    (fara,) = await sdk.ask(ready.recruiter, body)

    assert fara.availability_view == "2" + "0" * 29 + "3" * 30 + "0" * 39 + "1"
    assert [(item.status.value, item.start.date_time, item.end.date_time) for item in fara.schedule_items] == [
        (entry.status, f"{entry.start:%Y-%m-%dT%H:%M:%S}.0000000", f"{entry.end:%Y-%m-%dT%H:%M:%S}.0000000")
        for entry in entries
    ]


def test_python_o365_gets_100_days_across_the_change_to_summer_time(o365, ready: Company):
    window = (CLOCK, CLOCK + timedelta(days=100))  # wall clocks: 100 midnights in Berlin
    entries = far(ready, CLOCK.astimezone(UTC))
    (fara,) = o365.ask(f"fara@{ready.tenant.domains[1]}", during=window)

    view = ["free"] * (100 * 24 - LOST_TO_SUMMER_TIME)
    view[5], view[99 * 24] = "busy", "tentative"
    view[30 * 24 : 60 * 24] = ["out of office"] * (30 * 24)
    assert fara["availabilityView"] == view
    assert [(item["start"], item["end"]) for item in fara["scheduleItems"]] == [
        (entry.start, entry.end) for entry in entries
    ]
