"""Unknown is never free, and callers see no more than they may."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lib.domain.configuration import Details, Wishes
from lib.domain.errors import InvalidRequest
from lib.domain.schedule import Moment, ScheduleRequest, join, split

START = datetime(2026, 11, 23, 9)


def moment(wall: datetime, zone: str = "UTC") -> Moment:
    return Moment(wall.isoformat(), wall, zone)


def ask(*people: str, hours: float = 4, interval: int = 60, zone: str = "UTC") -> ScheduleRequest:
    return ScheduleRequest(people, moment(START, zone), moment(START + timedelta(hours=hours), zone), interval)


def answer(address: str, view: str = "0200", **more: Any) -> dict[str, Any]:
    item = {
        "status": "busy",
        "start": {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "UTC"},
        "end": {"dateTime": "2026-11-23T11:00:00.0000000", "timeZone": "UTC"},
        "subject": "Secret plans",
        "location": "Bunker",
        "isPrivate": True,
        "isMeeting": True,
    }
    hours = {"daysOfWeek": ["monday"], "startTime": "08:00:00", "endTime": "17:00:00", "timeZone": {"name": "UTC"}}
    return {"scheduleId": address, "availabilityView": view, "scheduleItems": [item], "workingHours": hours} | more


def test_answers_come_in_the_order_asked_whatever_the_order_of_graph():
    answers = [answer("b@x.com"), answer("a@x.com")]

    joined = join(ask("a@x.com", "b@x.com"), Wishes(), answers)

    assert [entry["scheduleId"] for entry in joined] == ["a@x.com", "b@x.com"]


def test_an_address_asked_twice_is_asked_once_and_answered_twice():
    call = ask("a@x.com", "A@X.com")

    assert split(call, Wishes()) == ("A@X.com",)
    assert [entry["scheduleId"] for entry in join(call, Wishes(), [answer("a@x.com")])] == ["a@x.com", "A@X.com"]


@pytest.mark.parametrize(
    ("graph", "code"),
    [
        pytest.param([], "noAnswer", id="left out"),
        pytest.param([None, 7, "x", []], "noAnswer", id="no objects"),
        pytest.param([{"scheduleId": 5}], "noAnswer", id="no address"),
        pytest.param([{"scheduleId": "a@x.com"}], "incompleteAnswer", id="neither view nor items"),
        pytest.param([answer("a@x.com", "")], "incompleteAnswer", id="an empty view"),
        pytest.param([answer("a@x.com", "02")], "incompleteAnswer", id="a view that is too short"),
        pytest.param([answer("a@x.com", "02000")], "incompleteAnswer", id="a view that is too long"),
        pytest.param([answer("a@x.com", "4444")], "incompleteAnswer", id="no data"),
        pytest.param([answer("a@x.com", "0?00")], "incompleteAnswer", id="a sign nobody knows"),
        pytest.param(
            [answer("a@x.com", scheduleItems=[{"status": 7}])], "incompleteAnswer", id="a status that is none"
        ),
        pytest.param(
            [answer("a@x.com", scheduleItems=[{"status": "busy", "start": None, "end": {}}])],
            "incompleteAnswer",
            id="an item without times",
        ),
        pytest.param([answer("a@x.com", availabilityView=None)], "incompleteAnswer", id="no view"),
        pytest.param([answer("a@x.com", scheduleItems=None)], "incompleteAnswer", id="no items"),
        pytest.param([answer("a@x.com", scheduleItems=["busy"])], "incompleteAnswer", id="items that are none"),
        pytest.param([answer("a@x.com", error={"responseCode": "5009"})], "5009", id="an error beside a view"),
        pytest.param([answer("a@x.com", error={})], None, id="an empty error"),
        pytest.param([answer("a@x.com", error="no")], None, id="an error that is a text"),
    ],
)
def test_what_graph_left_out_or_garbled_is_unknown_and_never_free(graph: list[Any], code: str | None):
    (entry,) = join(ask("a@x.com"), Wishes(), graph)

    assert set(entry) == {"scheduleId", "error"}
    assert entry["error"]["message"]
    if code:
        assert entry["error"]["responseCode"] == code


def test_with_details_time_an_item_is_its_status_start_and_end():
    (entry,) = join(ask("a@x.com"), Wishes(details=Details.TIME), [answer("a@x.com", subject="Top", location="Top")])

    assert set(entry) == {"scheduleId", "availabilityView", "scheduleItems", "workingHours"}
    assert set(entry["scheduleItems"][0]) == {"status", "start", "end"}
    assert "Secret plans" not in str(entry)
    assert "Bunker" not in str(entry)


def test_nothing_hides_inside_start_or_end_either():
    time = {"dateTime": "x", "timeZone": "UTC", "subject": "Hidden"}
    item = {"status": "busy", "start": time, "end": time}

    (entry,) = join(ask("a@x.com"), Wishes(), [answer("a@x.com", scheduleItems=[item])])

    assert "Hidden" not in str(entry)
    assert entry["scheduleItems"][0]["end"] == {"dateTime": "x", "timeZone": "UTC"}


def test_with_details_full_items_are_as_graph_gave_them():
    given = answer("a@x.com")

    (entry,) = join(ask("a@x.com"), Wishes(details=Details.FULL), [given])

    assert entry["scheduleItems"] == given["scheduleItems"]


def test_an_address_of_another_domain_is_not_asked_and_answered_as_unknown():
    call, wishes = ask("a@x.com", "b@y.com"), Wishes(allowed_domains=("x.com",))

    assert split(call, wishes) == ("a@x.com",)
    _, other = join(call, wishes, [answer("a@x.com"), answer("b@y.com")])
    assert other["error"]["responseCode"] == "notAllowed"


@pytest.mark.parametrize(
    ("hours", "interval", "slots"), [(4, 60, 4), (4, 30, 8), (1.1, 60, 2), (24, 1440, 1), (25, 1440, 2), (0.05, 5, 1)]
)
def test_a_view_has_one_digit_per_slot_begun(hours: float, interval: int, slots: int):
    assert ask("a@x.com", hours=hours, interval=interval).slots() == range(slots, slots + 1)


def test_in_other_zones_a_view_may_be_longer_or_shorter_by_a_clock_change_and_no_more():
    slots = ask("a@x.com", zone="W. Europe Standard Time", hours=24, interval=30).slots()

    assert slots == range(46, 51)


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ask("a@x.com", hours=0), "endTime"),
        (lambda: ask("a@x.com", hours=-1), "endTime"),
        (lambda: ask("a@x.com", hours=24 * 42 + 1), "endTime"),
        (lambda: ask(*(f"{n}@x.com" for n in range(21))), "schedules"),
    ],
)
def test_calls_beyond_the_limits_are_refused_by_name(make: Any, name: str):
    with pytest.raises(InvalidRequest, match=f"^{name}:"):
        make()


def test_twenty_people_and_forty_two_days_are_within_the_limits():
    assert len(ask(*(f"{n}@x.com" for n in range(20)), hours=24 * 42).people) == 20
