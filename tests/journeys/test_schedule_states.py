"""What one address's answer may be: known in full, or unknown with a reason; never made up, shortened or padded."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults
from tests.journeys.schedules import (
    DAY,
    HOUR,
    MONDAY,
    Question,
    ask,
    crowd,
    expect_answered,
    expect_free_busy,
    reasons,
    shown,
    utc,
    wall_clock,
)
from tests.journeys.storms import trouble
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person, thing
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()
LONG = Question(MONDAY, MONDAY + 100 * DAY, 60)
FREE = "0" * 24
ITEM = {"status": "busy", "start": wall_clock(utc(hours=1)), "end": wall_clock(utc(hours=2))}
BUSY = "02" + "0" * 22


def row(view: Any = BUSY, items: Any = (ITEM,), **more: Any) -> dict[str, Any]:
    """Return what Graph says of somebody; `scheduleId` is put in later."""
    return {"availabilityView": view, "scheduleItems": list(items) if isinstance(items, tuple) else items} | more


def item(**changes: Any) -> dict[str, Any]:
    """Return the item with changes; None leaves a property out."""
    return {name: part for name, part in (ITEM | changes).items() if part is not None}


ODD: dict[str, dict[str, Any]] = {
    "the digit 4": row("04" + "0" * 22),
    "the digit 9": row("0" * 23 + "9"),
    "a letter": row("0" * 23 + "x"),
    "a digit of another script": row("0" * 23 + "٢"),
    "a space": row("0" * 23 + " "),
    "a line break": row("0" * 24 + "\n"),
    "a shorter view": row("0" * 23),
    "a longer view": row("0" * 25),
    "an empty view": row(""),
    "a number as view": row(0),
    "a list as view": row(["0"] * 24),
    "null as view": row(None),
    "no view": {"scheduleItems": [ITEM]},
    "no items": {"availabilityView": BUSY},
    "null as items": row(items=None),
    "an object as items": row(items={}),
    "null as an item": row(items=[None]),
    "text as an item": row(items=["busy"]),
    "a new status": row(items=(item(status="hybrid"),)),
    "a status that is no text": row(items=(item(status=2),)),
    "no status": row(items=(item(status=None),)),
    "no start": row(items=(item(start=None),)),
    "no end": row(items=(item(end=None),)),
    "a start that is text": row(items=(item(start="2027-02-15T01:00:00"),)),
    "a start that is no time": row(items=(item(start={"dateTime": "soon", "timeZone": "UTC"}),)),
    "a start without a time": row(items=(item(start={"timeZone": "UTC"}),)),
    "an error beside the view": row(error={"responseCode": "5009", "message": "Nobody."}),
    "nothing": {},
}


def told(company: Company, odd: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer of Graph's: ada as it was told, the recruiter as usual."""
    rows = [{"scheduleId": company.ada} | dict(odd), {"scheduleId": company.recruiter} | row(FREE, ())]
    return {"value": rows}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_what_is_not_understood_is_unknown_and_only_for_that_address(
    stack, api: Api, ready: Company, odd: dict[str, Any]
):
    with Faults(stack, trouble(ready, status=200, body=told(ready, odd))):
        ada, recruiter = value(ask(api, ready, TODAY, ready.ada, ready.recruiter))

    assert set(ada) == {"scheduleId", "error"}
    assert ada["error"]["responseCode"]
    assert len(ada["error"]["message"]) > 20
    assert recruiter["availabilityView"] == FREE


@pytest.mark.parametrize("where", [0, 1, 2])
@pytest.mark.parametrize("odd", ["the digit 4", "a shorter view", "no items", "nothing"])
def test_one_part_that_is_not_understood_makes_the_whole_time_unknown(stack, api, ready, where: int, odd: str):
    stack.microsoft.clear_requests()
    expect_answered(ask(api, ready, LONG, ready.recruiter), LONG, {ready.recruiter: []})
    starts = sorted(str(call.json()["startTime"]) for call in graph_calls(stack, ready))
    fault = trouble(ready, status=200, body=told(ready, ODD[odd]))
    fault.where = lambda seen: str(seen.json()["startTime"]) == starts[where]

    with Faults(stack, fault):
        answer = ask(api, ready, LONG, ready.ada)

    assert list(shown(answer)[ready.ada]) == ["scheduleId", "error"]


FINE: dict[str, tuple[dict[str, Any], str]] = {
    "a status in capitals": (row(items=(item(status="Busy"),)), "busy"),
    "an error that is null": (row(error=None), "busy"),
    "no working hours": (row(), "busy"),
    "working hours that are null": (row(workingHours=None), "busy"),
    "properties of tomorrow": (row(newProperty=1), "busy"),
    "an item with properties of tomorrow": (row(items=(item(attendees=["x"]),)), "busy"),
    "seconds without a fraction": (
        row(items=(item(start={"dateTime": "2027-02-15T01:00:00", "timeZone": "UTC"}),)),
        "busy",
    ),
}


@pytest.mark.parametrize(("fine", "status"), FINE.values(), ids=FINE)
def test_what_is_unusual_but_clear_is_known(stack: Stack, api: Api, ready: Company, fine: dict[str, Any], status: str):
    with Faults(stack, trouble(ready, status=200, body=told(ready, fine))):
        ada, _ = value(ask(api, ready, TODAY, ready.ada, ready.recruiter))

    assert ada["availabilityView"] == BUSY
    (only,) = ada["scheduleItems"]
    assert only["status"].lower() == status
    assert set(only) == {"status", "start", "end"}


@pytest.mark.parametrize("question", [TODAY, LONG], ids=["a day", "100 days"])
def test_a_time_of_which_exchange_has_no_data_is_unknown(api: Api, ready: Company, question: Question):
    """EWS's NoData, the digit 4 (facts 1.2), is no working elsewhere and surely not free."""
    blank = person(ready.tenant, "Nora", Meeting(utc(hours=5), utc(hours=6), "unknown")).address

    answer = ask(api, ready, question, blank, ready.recruiter)

    assert reasons(answer)[blank]
    assert reasons(answer)[ready.recruiter] is None


@pytest.mark.parametrize("question", [TODAY, LONG], ids=["a day", "100 days"])
def test_working_elsewhere_stays_visible_in_the_items(api: Api, ready: Company, question: Question):
    meetings = [Meeting(utc(-50), utc(50), "workingElsewhere"), Meeting(utc(hours=9), utc(hours=10))]
    wanda = person(ready.tenant, "Wanda", *meetings).address

    answer = ask(api, ready, question, wanda)

    expect_answered(answer, question, {wanda: meetings})
    one = shown(answer)[wanda]
    assert [entry["status"] for entry in one["scheduleItems"]] == ["workingElsewhere", "busy"]
    assert set(one["availabilityView"]) == {"0", "2"}, "the view shows it as Graph's does"


def test_free_entries_stay_visible_too(api: Api, ready: Company):
    meetings = [Meeting(utc(hours=9), utc(hours=10), "free", subject="Focus")]
    fay = person(ready.tenant, "Fay", *meetings).address

    expect_answered(ask(api, ready, TODAY, fay), TODAY, {fay: meetings})


TIMES = {"status", "start", "end"}


@pytest.mark.parametrize("question", [TODAY, LONG], ids=["a day", "100 days"])
def test_details_are_shown_only_where_they_are_wanted_and_shared(stack, api: Api, ready: Company, question: Question):
    seen = Meeting(utc(hours=9), utc(hours=10), subject="Interview with Kim", location="Room 5")
    private = Meeting(utc(hours=11), utc(hours=12), subject="Doctor", is_private=True)
    across = Meeting(utc(39), utc(45), subject="Holidays on Crete", location="Chania")
    sam = person(ready.tenant, "Sam", seen, private, across).address
    tim = person(ready.tenant, "Tim", seen, private, across, shares="time").address

    def items(answer: Any, address: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shown(answer)[address]["scheduleItems"]
        return found

    brief = ask(api, ready, question, sam, tim)
    assert not any(word in brief.text for word in ("Kim", "Room 5", "Doctor", "Crete", "subject", "isPrivate"))
    assert api.save(ready, ready.document(applicationSecret=None, details="full")).status_code == 200
    full = ask(api, ready, question, sam, tim)

    for answer in (brief, full):
        for address in (sam, tim):
            times = {"scheduleId": address, "scheduleItems": [], **shown(answer)[address]}
            times["scheduleItems"] = [
                {name: part for name, part in entry.items() if name in TIMES} for entry in items(answer, address)
            ]
            expect_free_busy(times, question, [seen, private, across])
    subjects = [entry.get("subject") for entry in items(full, sam)]
    assert subjects == ["Interview with Kim", None, *(["Holidays on Crete"] if question is LONG else [])]
    assert items(full, sam)[0]["location"] == "Room 5"
    assert all(set(entry) == TIMES for entry in items(full, tim))
    assert all(set(entry) == TIMES for address in (sam, tim) for entry in items(brief, address))
    assert "Doctor" not in full.text


@pytest.mark.parametrize("details", ["time", "full"])
def test_what_graph_may_say_tomorrow_is_not_passed_on(stack: Stack, api: Api, ready: Company, details: str):
    """`full` is subject, location and privacy flag: nobody agreed to the attendees."""
    assert api.save(ready, ready.document(applicationSecret=None, details=details)).status_code == 200
    more = item(subject="Interview", attendees=["kim@candidate.example"], bodyPreview="Salary: 1")
    with Faults(stack, trouble(ready, status=200, body=told(ready, row(items=(more,), secretScore=7)))):
        answer = ask(api, ready, TODAY, ready.ada, ready.recruiter)

    (entry,) = shown(answer)[ready.ada]["scheduleItems"]
    assert entry.get("subject") == ("Interview" if details == "full" else None)
    for word in ("kim@", "Salary", "secretScore"):
        assert word not in answer.text


def test_allowed_domains_hold_for_each_of_many_people(stack: Stack, api: Api, ready: Company):
    allowed, other = ready.tenant.domains[1], ready.tenant.domains[0]
    calendars = crowd(ready, 45)
    outside = [thing(ready.tenant, f"r{number}@{other}", "Room").address for number in range(45)]
    asked = [address for pair in zip(calendars, outside, strict=True) for address in pair]
    document = ready.document(applicationSecret=None, allowedDomains=[allowed])
    assert api.save(ready, document).status_code == 200
    stack.microsoft.clear_requests()

    answer = ask(api, ready, LONG, *asked)

    assert [one["scheduleId"] for one in value(answer)] == asked
    assert reasons(answer) == dict.fromkeys(outside, "notAllowed") | dict.fromkeys(calendars)
    for address, meetings in calendars.items():
        expect_free_busy(shown(answer)[address], LONG, meetings)
    asked_of_graph = {address for call in graph_calls(stack, ready) for address in call.json()["schedules"]}
    assert asked_of_graph == set(calendars)


def test_people_of_every_kind_among_many_keep_their_own_states(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 50)
    tenant, domain = ready.tenant, ready.tenant.domains[1]
    odd = {
        f"nobody@{domain}": "5009",
        person(tenant, "Onno", hosted="onPremises").address: "ErrorProxyRequestProcessingFailed",
        person(tenant, "Una", hosted="none").address: "ErrorMailRecipientNotFound",
        person(tenant, "Max", schedule_error=("5006", "too many")).address: "5006",
        person(tenant, "Nan", schedule_error=("ErrorNoFreeBusyAccess", "no")).address: "ErrorNoFreeBusyAccess",
        "not an address": "ErrorInvalidSmtpAddress",
        "candidate@outlook.com": "ErrorProxyRequestProcessingFailed",
        person(tenant, "Tom", schedule_error=("9999", "new")).address: "9999",
    }
    room = thing(tenant, f"room@{domain}", "Room", Meeting(utc(hours=3), utc(hours=4)), kind="room").address
    asked = [address for pair in zip(calendars, [*odd, room] * 5 + [*odd][:5], strict=True) for address in pair]

    answer = ask(api, ready, LONG, *asked)

    assert [one["scheduleId"] for one in value(answer)] == asked
    assert {address: reasons(answer)[address] for address in odd} == odd
    for address, meetings in (calendars | {room: [Meeting(utc(hours=3), utc(hours=3) + HOUR)]}).items():
        expect_free_busy(shown(answer)[address], LONG, meetings)


def test_an_address_that_graph_cannot_read_in_one_part_is_unknown_for_all_of_it(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    value(ask(api, ready, LONG, ready.recruiter))
    starts = sorted(str(call.json()["startTime"]) for call in graph_calls(stack, ready))
    error = {"responseCode": "ErrorMailboxStoreUnavailable", "message": "The store is not available."}
    fault = trouble(ready, status=200, body=told(ready, {"error": error}))
    fault.where = lambda seen: str(seen.json()["startTime"]) == starts[1]

    with Faults(stack, fault):
        answer = ask(api, ready, LONG, ready.ada)

    assert list(shown(answer)[ready.ada]) == ["scheduleId", "error"]
    assert reasons(answer)[ready.ada] == "ErrorMailboxStoreUnavailable"


def test_an_answer_for_the_same_address_twice_is_not_chosen_from(stack: Stack, api: Api, ready: Company):
    rows = [{"scheduleId": ready.ada} | row(FREE, ()), {"scheduleId": ready.ada} | row("2" * 24, ())]
    for body in (rows, rows[::-1], [{"scheduleId": "other@x.example"} | row(FREE, ())]):
        with Faults(stack, trouble(ready, status=200, body={"value": body})):
            answer = ask(api, ready, TODAY, ready.ada)
        assert answer.status_code in (200, 502)
        assert f'"{FREE}"' not in answer.text
