"""Clocks that change inside the window: the hour that comes twice, the one that never comes, and every slot."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.schedules import DAY, MINUTE, Question, ask, expect_answered, expect_free_busy, shown
from tests.journeys.test_get_schedule import value
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

# Zone → the days in 2027 on which its clocks change; a zone without any is here for its odd distance
CHANGES = {
    "Europe/Berlin": [datetime(2027, 3, 28), datetime(2027, 10, 31)],
    "America/New_York": [datetime(2027, 3, 14), datetime(2027, 11, 7)],
    "Australia/Lord_Howe": [datetime(2027, 4, 4), datetime(2027, 10, 3)],  # by half an hour
    "Pacific/Chatham": [datetime(2027, 4, 4), datetime(2027, 9, 26)],
    "Asia/Kathmandu": [datetime(2027, 6, 1)],
}
DAYS = [(zone, day) for zone, days in CHANGES.items() for day in days]


def around(question: Question) -> list[Meeting]:
    """Return an entry in every third quarter of an hour of a question's time, and one over all of it."""
    start, end = question.moments()
    quarters = int((end - start) / (15 * MINUTE))
    entries = [
        Meeting(
            start + number * 15 * MINUTE, start + (number + 1) * 15 * MINUTE, ("busy", "oof", "tentative")[number % 3]
        )
        for number in range(0, quarters, 3)
    ]
    return [*entries[:300], Meeting(start - DAY, end + DAY, "workingElsewhere")]


@pytest.mark.parametrize("minutes", [5, 30, 60, 1440])
@pytest.mark.parametrize(("zone", "day"), DAYS)
def test_every_slot_of_a_day_that_is_longer_or_shorter_is_there(api, ready: Company, zone: str, day: datetime, minutes):
    question = Question(day - DAY, day + 2 * DAY, minutes, zone)
    calendars = {person(ready.tenant, "Dora", *around(question)).address: around(question)}

    expect_answered(ask(api, ready, question, *calendars), question, calendars)
    preferred = ask(api, ready, question, *calendars, headers={"Prefer": f'outlook.timezone="{zone}"'})
    expect_answered(preferred, question, calendars, zone=zone)


@pytest.mark.parametrize(("zone", "day"), DAYS)
@pytest.mark.parametrize("minutes", [30, 1440])
def test_a_long_window_over_a_change_is_joined_without_a_gap(
    api: Api, ready: Company, zone: str, day: datetime, minutes
):
    """The change lies in the first, the second and the third of the parts that Graph is asked for."""
    for before in (20, 60, 100):
        start = day - before * DAY + timedelta(hours=9, minutes=10)
        question = Question(start, start + 130 * DAY, minutes, zone)
        near = Question(day - DAY, day + DAY, 60, zone)
        calendars = {person(ready.tenant, f"D{before}", *around(near)).address: around(near)}
        preferred = ask(api, ready, question, *calendars, headers={"Prefer": f'outlook.timezone="{zone}"'})
        expect_answered(preferred, question, calendars, zone=zone)


def test_a_day_has_as_many_slots_as_hours(api: Api, ready: Company):
    for day, hours in [(datetime(2027, 3, 28), 23), (datetime(2027, 10, 31), 25), (datetime(2027, 10, 30), 24)]:
        question = Question(day, day + DAY, 60, "Europe/Berlin")
        assert len(value(ask(api, ready, question, ready.ada))[0]["availabilityView"]) == hours
    for day, halves in [(datetime(2027, 4, 4), 49), (datetime(2027, 10, 3), 47)]:
        question = Question(day, day + DAY, 30, "Australia/Lord_Howe")
        assert len(value(ask(api, ready, question, ready.ada))[0]["availabilityView"]) == halves


TWICE = {
    "Europe/Berlin": (datetime(2027, 10, 31, 2, 30), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    "America/New_York": (datetime(2027, 11, 7, 1, 15), datetime(2027, 11, 7, 5, 15, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2027, 4, 4, 1, 45), datetime(2027, 4, 3, 14, 45, tzinfo=UTC)),
}


@pytest.mark.parametrize(("zone", "wall", "moment"), [(zone, *at) for zone, at in TWICE.items()])
def test_a_time_that_comes_twice_means_the_first(api: Api, ready: Company, zone: str, wall: datetime, moment: datetime):
    first = Meeting(moment, moment + 5 * MINUTE)
    dora = person(ready.tenant, "Dora", first).address

    beginning = shown(ask(api, ready, Question(wall, wall + DAY, 5, zone), dora))[dora]
    ending = shown(ask(api, ready, Question(wall - DAY, wall, 5, zone), dora))[dora]

    assert Question(wall, wall + DAY, 5, zone).moments()[0] == moment
    assert beginning["availabilityView"].startswith("20")
    assert len(ending["availabilityView"]) == 288
    assert set(ending["availabilityView"]) == {"0"}


NEVER = {
    "Europe/Berlin": datetime(2027, 3, 28, 2, 30),
    "America/New_York": datetime(2027, 3, 14, 2, 0),
    "Australia/Lord_Howe": datetime(2027, 10, 3, 2, 15),
}


@pytest.mark.parametrize(("zone", "wall"), NEVER.items())
def test_a_time_that_never_comes_is_taken_as_if_the_clock_had_not_changed_yet(api, ready: Company, zone: str, wall):
    question = Question(wall, wall + timedelta(hours=6), 15, zone)
    calendars = {person(ready.tenant, "Dora", *around(question)).address: around(question)}
    expect_answered(ask(api, ready, question, *calendars), question, calendars)

    until = Question(wall - timedelta(hours=6), wall, 15, zone)
    expect_answered(ask(api, ready, until, *calendars), until, calendars)


@pytest.mark.parametrize("days", [1, 100])
def test_entries_that_look_alike_because_the_clock_went_back_are_two(api: Api, ready: Company, days: int):
    """02:30 to 02:45 in summer time and, an hour later, 02:30 to 02:45 in winter time: the same words, two entries."""
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    meetings = [Meeting(first + n * timedelta(hours=1), first + n * timedelta(hours=1) + 15 * MINUTE) for n in (0, 1)]
    dora = person(ready.tenant, "Dora", *meetings).address
    day = datetime(2027, 10, 31)

    for back in (0, days - 1, days // 2):
        question = Question(day - back * DAY, day + (days - back) * DAY, 15, "Europe/Berlin")
        answer = ask(api, ready, question, dora, headers={"Prefer": 'outlook.timezone="Europe/Berlin"'})
        expect_free_busy(shown(answer)[dora], question, meetings, "Europe/Berlin")
        items = shown(answer)[dora]["scheduleItems"]
        assert len(items) == 2
        assert items[0] == items[1]


def test_an_entry_over_the_change_keeps_its_wall_clocks(api: Api, ready: Company):
    night = Meeting(datetime(2027, 10, 30, 22, tzinfo=UTC), datetime(2027, 10, 31, 5, tzinfo=UTC))
    dora = person(ready.tenant, "Dora", night).address
    question = Question(datetime(2027, 10, 31, 0), datetime(2027, 10, 31, 6), 60, "Europe/Berlin")

    answer = ask(api, ready, question, dora, headers={"Prefer": 'outlook.timezone="W. Europe Standard Time"'})

    one = shown(answer)[dora]
    assert one["availabilityView"] == "2" * 7
    (item,) = one["scheduleItems"]
    assert item["start"]["dateTime"] == "2027-10-31T00:00:00.0000000"
    assert item["end"]["dateTime"] == "2027-10-31T06:00:00.0000000"
