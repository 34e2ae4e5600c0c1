"""How much of an entry callers see: with details `time` its status and times, with `full` what Graph gave."""

import json
import re
from typing import Any

import pytest

from lib.domain.configuration import Details
from lib.domain.free_busy import FreeBusy
from lib.domain.reading import entries_in
from tests.domain.graph_entries import CUSTOM_ZONE, HOURS, believed, entry, hours_of, item, read, time

HIDDEN = "Hidden away"


def wholly_hidden(value: Any) -> Any:
    """Return the value with something hidden at every place where an object could have more."""
    match value:
        case dict():
            return {name: wholly_hidden(inner) for name, inner in value.items()} | {"extra": HIDDEN}
        case list():
            return [wholly_hidden(inner) for inner in value]
    return value


def test_with_time_an_entry_has_no_more_than_its_status_and_times():
    assert [found.more for found in believed(entry()).items] == [""]


def test_with_time_nothing_hides_anywhere():
    found = believed(wholly_hidden(entry()))

    assert HIDDEN not in repr(found)
    assert "Secret plans" not in repr(found)
    assert "Bunker" not in repr(found)
    assert hours_of(found) == HOURS


@pytest.mark.parametrize("name", ["daysOfWeek", "startTime", "endTime", "timeZone"])
@pytest.mark.parametrize("odd", [{"subject": HIDDEN}, [{"subject": HIDDEN}], {"name": {"subject": HIDDEN}}], ids=str)
def test_in_working_hours_nothing_hides(name: str, odd: Any):
    for details in Details:
        assert HIDDEN not in (believed(entry(workingHours=HOURS | {name: odd}), details=details).working_hours or "")


USUAL = {"isPrivate": False, "subject": "Secret plans", "location": "Bunker", "isMeeting": True}
ALL = {
    "isPrivate": True,
    "subject": "Secret plans",
    "location": "Bunker",
    "isMeeting": True,
    "isRecurring": False,
    "isException": False,
    "isReminderSet": True,
}


def shown_in_full(**told: Any) -> Any:
    """Return what is shown of an entry besides its status and times."""
    (found,) = believed(entry(scheduleItems=[item(**told)]), details=Details.FULL).items
    return json.loads(f"{{{found.more}}}")


def test_with_full_an_entry_is_as_graph_gave_it():
    assert shown_in_full(**ALL) == ALL
    assert shown_in_full(subject='"Quoted" \u2028 ä') == USUAL | {"subject": '"Quoted" \u2028 ä'}


@pytest.mark.parametrize(
    "more",
    [
        {"attendees": [HIDDEN], "body": HIDDEN, "Subject": HIDDEN, "statusCode": 5},
        {"subject": {"deep": HIDDEN}, "location": {"displayName": HIDDEN}},
        {"subject": [HIDDEN], "location": None},
        {"subject": float("nan"), "location": float("inf"), "isPrivate": 1.5},
    ],
    ids=str,
)
def test_with_full_nothing_else_of_an_entry_passes(more: dict[str, Any]):
    shown = shown_in_full(**more)

    assert HIDDEN not in repr(shown)
    assert shown == {name: value for name, value in USUAL.items() if name not in more}


def test_with_full_an_entry_may_have_nothing_but_its_times():
    (found,) = believed(
        entry(scheduleItems=[{"status": "busy", "start": time(), "end": time()}]), details=Details.FULL
    ).items

    assert found.more == ""


@pytest.mark.parametrize("odd", ["Hidden", {"Hidden": 1}, None, 5, True])
def test_days_are_a_list_of_names(odd: Any):
    days = hours_of(believed(entry(workingHours=HOURS | {"daysOfWeek": odd})))

    assert days == {name: value for name, value in HOURS.items() if name != "daysOfWeek"}


@pytest.mark.parametrize("details", Details)
def test_working_hours_are_shown_without_what_does_not_belong_there(details: Details):
    hours = HOURS | {"timeZone": CUSTOM_ZONE}

    assert hours_of(believed(entry(workingHours=wholly_hidden(hours)), details=details)) == hours


@pytest.mark.parametrize("details", Details)
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_working_hours_hold_no_such_number_either(number: float, details: Details):
    hours = HOURS | {"timeZone": {"name": "UTC", "bias": number}, "startTime": number}
    found = read(entry(workingHours=hours), details=details)

    shown = found.working_hours if isinstance(found, FreeBusy) else None
    assert not {"NaN", "Infinity"} & set(re.findall(r"\w+", shown or ""))


@pytest.mark.parametrize(
    ("answers", "entries"),
    [
        ([], 0),
        ([entry(), entry(scheduleItems=[])], 1),
        ([entry(scheduleItems=[item()] * 7), entry()], 8),
        ([None, 5, {"scheduleItems": "many"}, {"scheduleItems": None}], 0),
    ],
)
def test_entries_are_counted_before_they_are_read(answers: list[Any], entries: int):
    assert entries_in(answers) == entries
