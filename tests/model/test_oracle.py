"""The oracle itself, against what Microsoft's documentation shows and against counting minute by minute."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from tests.model import clocks
from tests.model.oracle import Directory, Window, schedule
from tests.model.profile import examples
from tests.model.questions import Call, calls
from tests.sandbox.world.mailboxes import Mailbox, Meeting, Status, WorkingHours


def at(hour: int, minute: int = 0, day: int = 15) -> datetime:
    return datetime(2019, 3, day, hour, minute, tzinfo=UTC)


def mailbox(*meetings: Meeting, **more: Any) -> Mailbox:
    return Mailbox("ada@contoso.com", "ada@contoso.com", "1", meetings=list(meetings), **more)


def ask(box: Mailbox, window: Window, *, full: bool = False) -> dict[str, Any]:
    return schedule(Directory([box]), box.address, window, full=full)


def test_the_example_of_the_documentation():
    """Microsoft Learn, "calendar: getSchedule": 9 to 18 in Pacific time (here UTC-7), 60 minutes."""
    pacific = "Pacific Standard Time"
    nine = clocks.moment(datetime(2019, 3, 15, 9), pacific)
    box = mailbox(
        Meeting(nine + timedelta(hours=3), nine + timedelta(hours=5), subject="Lunch", location="Cafe"),
        Meeting(nine + timedelta(hours=6), nine + timedelta(hours=7), "tentative"),
        Meeting(nine + timedelta(hours=7), nine + timedelta(hours=8), "oof"),
        working_hours=WorkingHours(start="08:00", end="17:00"),
        time_zone=pacific,
    )

    answer = ask(box, Window(nine, nine + timedelta(hours=9), 60, pacific), full=True)

    assert answer["availabilityView"] == "000220130"
    lunch = answer["scheduleItems"][0]
    assert lunch["start"] == {"dateTime": "2019-03-15T12:00:00.0000000", "timeZone": pacific}
    assert lunch["end"] == {"dateTime": "2019-03-15T14:00:00.0000000", "timeZone": pacific}
    assert (lunch["status"], lunch["subject"], lunch["location"], lunch["isPrivate"]) == (
        "busy",
        "Lunch",
        "Cafe",
        False,
    )
    assert answer["workingHours"] == {
        "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        "startTime": "08:00:00.0000000",
        "endTime": "17:00:00.0000000",
        "timeZone": {"name": pacific},
    }


@pytest.mark.parametrize(
    ("meetings", "view"),
    [
        ([], "000"),
        ([(at(9), at(9, 1), "busy")], "200"),
        ([(at(9, 59), at(10, 1), "busy")], "220"),
        ([(at(8), at(9), "busy")], "000"),
        ([(at(8), at(20), "oof")], "333"),
        ([(at(11, 10), at(12), "busy")], "000"),  # after the end of a last slot that is cut short
        ([(at(9), at(12), "workingElsewhere")], "000"),
        ([(at(9), at(12), "free"), (at(10), at(11), "tentative")], "010"),
        ([(at(9), at(12), "tentative"), (at(10), at(11), "oof"), (at(9), at(11), "busy")], "231"),
    ],
)
def test_the_highest_status_in_a_slot_wins(meetings: list[tuple[datetime, datetime, Status]], view: str):
    box = mailbox(*(Meeting(*parts) for parts in meetings))

    assert ask(box, Window(at(9), at(11, 10), 60))["availabilityView"] == view


def test_an_item_that_touches_the_window_is_whole_and_look_alikes_are_two():
    long = Meeting(at(0, day=1), at(0, day=30), "workingElsewhere")

    items = ask(mailbox(long, long, Meeting(at(11), at(12))), Window(at(9), at(11), 60))["scheduleItems"]

    assert [item["start"]["dateTime"] for item in items] == ["2019-03-01T00:00:00.0000000"] * 2
    assert {item["status"] for item in items} == {"workingElsewhere"}


def test_nothing_but_times_of_what_is_private_or_not_shared():
    private, open_ = Meeting(at(9), at(10), subject="s", is_private=True), Meeting(at(10), at(11), subject="s")
    window = Window(at(9), at(12), 60)

    assert [set(item) for item in ask(mailbox(private), window, full=True)["scheduleItems"]] == [
        {"status", "start", "end"}
    ]
    assert [set(item) for item in ask(mailbox(open_), window)["scheduleItems"]] == [{"status", "start", "end"}]
    hidden = ask(mailbox(open_, shares="time"), window, full=True)["scheduleItems"]
    assert [set(item) for item in hidden] == [{"status", "start", "end"}]


@pytest.mark.parametrize(
    ("wall", "zone", "utc"),
    [
        ("2026-07-01T12:00", "W. Europe Standard Time", "2026-07-01T10:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),  # twice: the first
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30"),  # never: 3:30 on the clock
        ("2026-11-01T01:15", "america/new_york", "2026-11-01T05:15"),
        ("2026-04-05T01:45", "Lord Howe Standard Time", "2026-04-04T14:45"),  # half an hour is put back
        ("2026-10-04T02:10", "Lord Howe Standard Time", "2026-10-03T15:40"),
        ("2026-01-01T00:00", "Nepal Standard Time", "2025-12-31T18:15"),
        ("2011-12-30T12:00", "Samoa Standard Time", "2011-12-30T22:00"),  # a day that did not happen
    ],
)
def test_what_clocks_mean(wall: str, zone: str, utc: str):
    assert clocks.moment(datetime.fromisoformat(wall), zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@examples(60)
@given(call=calls(most_people=3, most_digits=400))
def test_counting_minute_by_minute_comes_to_the_same(call: Call):
    """No arithmetic with slots: look at each slot, at each meeting, and whether they have any time in common."""
    window, directory = call.window, call.people.directory
    digits = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3, "unknown": 4}
    for box in call.people.mailboxes:
        view, start = "", window.start
        meetings = directory.meetings(box)
        while start < window.end:
            end = min(start + window.slot, window.end)
            view += str(max((digits[one.status] for one in meetings if one.start < end and one.end > start), default=0))
            start = end
        assert window.view([one for one in meetings if window.has_of(one)]) == view
        assert window.slots == len(view)
