"""The parts of a long window joined again: views slot by slot, items once, nothing lost and nothing made up."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.schedules import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    Question,
    ask,
    expect_answered,
    expect_free_busy,
    expect_graphs_limits,
    seams,
    shown,
    utc,
)
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting, Status

INTERVALS = [5, 7, 13, 15, 30, 60, 1439, 1440]
STARTS = {
    "a full hour": MONDAY,
    "an odd minute": MONDAY + timedelta(hours=8, minutes=7),
    "odd seconds": MONDAY + timedelta(hours=23, minutes=58, seconds=37),
    "part of a second": MONDAY + timedelta(seconds=59, milliseconds=250),
}
STATUSES: tuple[Status, ...] = ("free", "tentative", "busy", "oof", "workingElsewhere")


def calendar(seed: int, days: int, count: int = 30) -> list[Meeting]:
    """Return entries at any time from before the Monday to so many days later, from seconds to months long."""
    dice = random.Random(seed)
    entries = []
    for _ in range(count):
        start = utc(dice.uniform(-40, days + 5), microseconds=0).replace(microsecond=0)
        length = dice.choice((30, 600, 1800, 3600, 86_400, 5 * 86_400, 45 * 86_400, 100 * 86_400)) * dice.uniform(
            0.5, 1
        )
        entries.append(Meeting(start, start + timedelta(seconds=int(length)), dice.choice(STATUSES)))
    return entries


def busy(company: Company, name: str, *entries: Meeting) -> dict[str, list[Meeting]]:
    """Add somebody with these entries; return them by the address."""
    return {person(company.tenant, name, *entries).address: list(entries)}


@pytest.mark.parametrize("minutes", INTERVALS)
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_long_window_is_answered_as_an_unlimited_graph_would(stack, api: Api, ready: Company, minutes: int, start):
    question = Question(start, start + timedelta(days=100, hours=3, minutes=17, seconds=5), minutes)
    calendars: dict[str, list[Meeting]] = {}
    for seed in range(3):
        calendars |= busy(ready, f"P{seed}", *calendar(seed + minutes, 100, 4 + 8 * seed))
    stack.microsoft.clear_requests()

    expect_answered(ask(api, ready, question, *calendars), question, calendars)
    expect_graphs_limits(graph_calls(stack, ready))


LENGTHS = {
    "shorter than a slot": timedelta(minutes=3),
    "a second longer than a slot": timedelta(hours=24, seconds=1),
    "a second": timedelta(seconds=1),
    "a second shorter than 42 days": timedelta(days=42, seconds=-1),
    "42 days": timedelta(days=42),
    "a second longer than 42 days": timedelta(days=42, seconds=1),
    "84 days": timedelta(days=84),
    "a slot and a bit more than 126 days": timedelta(days=127, seconds=1),
    "a year": timedelta(days=366),
}


@pytest.mark.parametrize("length", LENGTHS.values(), ids=LENGTHS)
@pytest.mark.parametrize("minutes", [60, 1439, 1440])
def test_the_last_slot_may_be_short_wherever_the_window_ends(stack, api: Api, ready, length: timedelta, minutes: int):
    question = Question(MONDAY, MONDAY + length, minutes)
    end = question.moments()[1]
    last = Meeting(end - timedelta(seconds=1), end + DAY, "oof")
    beyond = Meeting(end, end + DAY, "oof")
    calendars = busy(ready, "Lara", *calendar(5, length.days, 5), last) | busy(ready, "Bea", beyond)
    stack.microsoft.clear_requests()

    expect_answered(ask(api, ready, question, *calendars), question, calendars)
    expect_graphs_limits(graph_calls(stack, ready))


@pytest.mark.parametrize("minutes", [5, 13, 60, 1440])
def test_entries_around_a_seam_appear_once_and_in_their_slots(stack: Stack, api: Api, ready: Company, minutes: int):
    start = MONDAY + timedelta(hours=9, minutes=1)
    question = Question(start, start + timedelta(days=130), minutes)
    stack.microsoft.clear_requests()
    expect_answered(ask(api, ready, question, ready.ada), question, {ready.ada: []})
    found = seams(graph_calls(stack, ready))
    assert len(found) >= 3

    calendars: dict[str, list[Meeting]] = {}
    for number, seam in enumerate(found):
        around = {
            "ends": Meeting(seam - HOUR, seam),
            "begins": Meeting(seam, seam + HOUR, "oof"),
            "crosses": Meeting(seam - MINUTE, seam + MINUTE, "tentative"),
            "second before": Meeting(seam - timedelta(seconds=1), seam),
            "second after": Meeting(seam, seam + timedelta(seconds=1)),
            "slot": Meeting(seam - minutes * MINUTE, seam + minutes * MINUTE),
            "holidays": Meeting(seam - 50 * DAY, seam + 50 * DAY, "oof"),
        }
        for name, entry in around.items():
            calendars |= busy(ready, f"{name.replace(' ', '-')}{number}", entry)
        calendars |= busy(ready, f"all{number}", *around.values())
    expect_answered(ask(api, ready, question, *calendars), question, calendars)


def test_look_alikes_are_kept_and_only_one_entry_seen_twice_is_one(stack: Stack, api: Api, ready: Company):
    question = Question(MONDAY, MONDAY + 130 * DAY, 60)
    stack.microsoft.clear_requests()
    ask(api, ready, question, ready.ada)
    seam = seams(graph_calls(stack, ready))[1]
    crossing = Meeting(seam - HOUR, seam + HOUR)
    inside = Meeting(seam + DAY, seam + DAY + HOUR)
    long = Meeting(utc(-5), utc(200), "workingElsewhere")
    calendars = (
        busy(ready, "Two", crossing, crossing)
        | busy(ready, "Three", crossing, crossing, crossing, inside, inside)
        | busy(ready, "One", crossing)
        | busy(ready, "Long", long, long)
        | busy(ready, "Status", crossing, Meeting(seam - HOUR, seam + HOUR, "oof"))
    )

    expect_answered(ask(api, ready, question, *calendars), question, calendars)


def test_look_alikes_that_differ_in_what_is_shown_are_kept_apart(stack: Stack, api: Api, ready: Company):
    assert api.save(ready, ready.document(applicationSecret=None, details="full")).status_code == 200
    question = Question(MONDAY, MONDAY + 130 * DAY, 60)
    stack.microsoft.clear_requests()
    ask(api, ready, question, ready.ada)
    seam = seams(graph_calls(stack, ready))[0]
    subjects = ["Interview", "Lunch", "Lunch", ""]
    meetings = [Meeting(seam - HOUR, seam + HOUR, subject=subject, location="Room 1") for subject in subjects]
    meetings.append(Meeting(seam - HOUR, seam + HOUR, subject="Doctor", is_private=True))
    (address,) = busy(ready, "Sam", *meetings)

    items = shown(ask(api, ready, question, address))[address]["scheduleItems"]

    assert sorted(item.get("subject", "(private)") for item in items) == sorted([*subjects, "(private)"])


def test_one_entry_in_every_window_is_one_item(stack: Stack, api: Api, ready: Company):
    question = Question(MONDAY, MONDAY + 366 * DAY, 1440)
    long = Meeting(utc(-100), utc(500), "oof")
    calendars = busy(ready, "Sabba", long) | busy(
        ready, "Ten", *[Meeting(utc(n), utc(n + 90)) for n in range(0, 300, 30)]
    )

    found = shown(ask(api, ready, question, *calendars))

    for address, meetings in calendars.items():
        expect_free_busy(found[address], question, meetings)
    assert [item["start"]["dateTime"] for item in found[next(iter(calendars))]["scheduleItems"]] == [
        "2026-11-07T00:00:00.0000000"
    ]


def test_a_long_ago_and_a_far_away_window_are_answered_too(api: Api, ready: Company):
    for year in (1999, 2019, 2099):
        start = datetime(year, 12, 1)
        question = Question(start, start + 60 * DAY, 60)
        begun = start.replace(tzinfo=UTC) + 41 * DAY + 23 * HOUR
        calendars = busy(ready, f"Y{year}", Meeting(begun, begun + 3 * DAY))

        expect_answered(ask(api, ready, question, *calendars), question, calendars)


def test_working_hours_come_through_whole_and_once(api: Api, ready: Company):
    question = Question(MONDAY, MONDAY + 100 * DAY, 1440)
    short = Question(MONDAY, MONDAY + DAY, 1440)

    assert (
        shown(ask(api, ready, question, ready.ada))[ready.ada]["workingHours"]
        == shown(ask(api, ready, short, ready.ada))[ready.ada]["workingHours"]
    )


def test_a_window_that_just_begins_before_a_seam_of_the_clock_keeps_every_slot(stack: Stack, api: Api, ready: Company):
    """A year of slots that are no divisor of a day: each seam lies at another time of the day."""
    question = Question(MONDAY, MONDAY + 366 * DAY, 1439)
    calendars = busy(
        ready, "Odd", *[Meeting(utc(n * 10, hours=n % 24), utc(n * 10, hours=n % 24 + 1)) for n in range(37)]
    )

    expect_answered(ask(api, ready, question, *calendars), question, calendars)
