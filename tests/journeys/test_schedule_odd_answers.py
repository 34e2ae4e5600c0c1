"""Answers of Graph's that no documentation describes: no crash, nobody free by mistake, nothing strange passed on."""

import json
from datetime import datetime
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.schedules import Question, ask, asking, crowd, reasons, shown, timed, utc, wall_clock, zone_of
from tests.journeys.storms import ready_company, side_by_side, trouble
from tests.journeys.test_get_schedule import value
from tests.sandbox.stack import Stack

TODAY = Question()
FREE, BUSY = "0" * 24, "02" + "0" * 22
ITEM = {"status": "busy", "start": wall_clock(utc(hours=1)), "end": wall_clock(utc(hours=2))}
SURROGATE = "\ud800"


def told(company: Company, **ada: Any) -> dict[str, Any]:
    """Return Graph's answer about ada and the recruiter, who is free."""
    rows = [{"scheduleId": company.ada, "availabilityView": BUSY, "scheduleItems": [ITEM]} | ada]
    return {"value": [*rows, {"scheduleId": company.recruiter, "availabilityView": FREE, "scheduleItems": []}]}


def expect_sound(answer: Any, company: Company) -> dict[str, Any]:
    """Check that the answer is one of the contract's, ada known truly or unknown; return what is said of her."""
    ada, recruiter = value(answer)
    assert [ada["scheduleId"], recruiter["scheduleId"]] == [company.ada, company.recruiter]
    assert recruiter["availabilityView"] == FREE
    if "error" in ada:
        assert isinstance(ada["error"]["responseCode"], str)
        assert isinstance(ada["error"]["message"], str)
        assert ada["error"]["responseCode"].strip()
        assert ada["error"]["message"].strip()
    else:
        assert ada["availabilityView"] == BUSY
    found: dict[str, Any] = ada
    return found


ERRORS: dict[str, Any] = {
    "a number": {"responseCode": 5009, "message": "Nobody."},
    "no code": {"message": "Nobody."},
    "null as code": {"responseCode": None, "message": "Nobody."},
    "an empty code": {"responseCode": "", "message": ""},
    "no message": {"responseCode": "5009"},
    "an object as message": {"responseCode": "5009", "message": {"a": 1}},
    "an empty object": {},
    "text": "5009",
    "a list": [],
    "false": False,
    "half a pair": {"responseCode": SURROGATE, "message": SURROGATE},
    "very long": {"responseCode": "x" * 200_000, "message": "y" * 200_000},
    "line breaks": {"responseCode": "5009\r\nINFO forged", "message": "a\r\nb"},
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_an_odd_error_of_an_address_is_an_error_of_that_address(stack: Stack, api: Api, ready: Company, error: Any):
    body = told(ready, error=error)
    del body["value"][0]["availabilityView"], body["value"][0]["scheduleItems"]
    with Faults(stack, trouble(ready, status=200, body=body)):
        answer = ask(api, ready, TODAY, ready.ada, ready.recruiter)

    assert "error" in expect_sound(answer, ready)
    assert len(answer.content) < 5000
    assert "INFO forged" not in stack.host.stderr_text()


HOURS: dict[str, Any] = {
    "text": "nine to five",
    "a list": [1],
    "a number": 9,
    "an empty object": {},
    "half a pair": {"startTime": SURROGATE},
    "a zone without a name": {"timeZone": {}},
}


@pytest.mark.parametrize("hours", HOURS.values(), ids=HOURS)
def test_odd_working_hours_make_nobody_unknown_and_nothing_crash(stack: Stack, api: Api, ready: Company, hours: Any):
    with Faults(stack, trouble(ready, status=200, body=told(ready, workingHours=hours))):
        answer = ask(api, ready, TODAY, ready.ada, ready.recruiter)

    expect_sound(answer, ready)
    json.dumps(answer.json(), ensure_ascii=False).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("text", [SURROGATE, "\x00", "a\u2028b", "<script>alert(1)</script>", "x" * 300_000])
def test_subjects_of_any_kind_come_through_under_full_details(stack: Stack, api: Api, ready: Company, text: str):
    assert api.save(ready, ready.document(applicationSecret=None, details="full")).status_code == 200
    with Faults(stack, trouble(ready, status=200, body=told(ready, scheduleItems=[ITEM | {"subject": text}]))):
        answer = ask(api, ready, TODAY, ready.ada, ready.recruiter)

    ada = expect_sound(answer, ready)
    assert "error" in ada or text in (ada["scheduleItems"][0]["subject"], SURROGATE), "half a pair cannot be sent on"
    assert answer.headers["Content-Type"].startswith("application/json")


# The item's start and end as Graph gives them, although UTC was asked for: 01:00 to 02:00 UTC
ELSEWHERE: dict[str, tuple[str, str]] = {
    "a Windows zone": ("Tokyo Standard Time", "Asia/Tokyo"),
    "an IANA zone": ("America/New_York", "America/New_York"),
    "a zone nobody knows": ("Mars Standard Time", "UTC"),
    "no zone": ("", "UTC"),
}


@pytest.mark.parametrize(("named", "zone"), ELSEWHERE.values(), ids=ELSEWHERE)
def test_entries_in_another_zone_than_asked_are_never_moved(stack: Stack, api, ready: Company, named: str, zone: str):
    start, end = (wall_clock(utc(hours=hour), zone, named) | {"timeZone": named} for hour in (1, 2))
    entry = {"status": "busy", "start": start, "end": end}
    with Faults(stack, trouble(ready, status=200, body=told(ready, scheduleItems=[entry]))):
        ada = expect_sound(ask(api, ready, TODAY, ready.ada, ready.recruiter), ready)

    if "error" not in ada:
        assert named not in ("Mars Standard Time", ""), "what is not understood is unknown"
        (item,) = ada["scheduleItems"]
        told_zone = zone_of("UTC" if item["start"]["timeZone"] == "UTC" else zone)
        assert datetime.fromisoformat(item["start"]["dateTime"][:26]).replace(tzinfo=told_zone) == utc(hours=1)


TIMES: dict[str, dict[str, Any]] = {
    "the end before the start": {"end": wall_clock(utc(hours=0))},
    "a time with an offset": {"start": {"dateTime": "2027-02-15T01:00:00+05:00", "timeZone": "UTC"}},
    "a time of one word": {"start": {"dateTime": "2027-02-15", "timeZone": "UTC"}},
    "a number as time": {"start": {"dateTime": 20270215, "timeZone": "UTC"}},
    "a number as zone": {"start": {"dateTime": "2027-02-15T01:00:00", "timeZone": 1}},
    "a year beyond all": {"end": {"dateTime": "12027-02-15T01:00:00", "timeZone": "UTC"}},
}


@pytest.mark.parametrize("change", TIMES.values(), ids=TIMES)
def test_an_entry_whose_time_makes_no_sense_makes_its_owner_unknown(
    stack, api: Api, ready: Company, change: dict[str, Any]
):
    with Faults(stack, trouble(ready, status=200, body=told(ready, scheduleItems=[ITEM | change]))):
        ada = expect_sound(ask(api, ready, TODAY, ready.ada, ready.recruiter), ready)

    assert "error" in ada


def test_an_address_in_other_letters_is_still_that_address(stack: Stack, api: Api, ready: Company):
    with Faults(stack, trouble(ready, status=200, body=told(ready, scheduleId=ready.ada.upper()))):
        ada = expect_sound(ask(api, ready, TODAY, ready.ada, ready.recruiter), ready)

    assert ada["availabilityView"] == BUSY


BODIES: dict[str, bytes] = {
    "deep": b'{"value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"value":' * 50_000 + b"1" + b"}" * 50_000,
    "a huge number": b'{"value": ' + b"9" * 20_000 + b"}",
    "not UTF-8": b'{"value": [{"scheduleId": "\xff\xfe"}]}',
    "UTF-16": '{"value": []}'.encode("utf-16"),
    "NaN": b'{"value": [{"scheduleId": "x", "availabilityView": NaN}]}',
    "only a text": b'"ok"',
    "only null": b"null",
    "only a number": b"1",
    "the value twice": b'{"value": [], "value": null}',
    "too many rows": json.dumps({"value": [{"scheduleId": f"p{n}@x.example"} for n in range(20_000)]}).encode(),
    "NULs": b"\x00" * 10_000,
}


def test_bodies_of_any_kind_are_an_outage_and_no_crash(stack: Stack, api: Api):
    """All at once, since each is asked for again a while."""
    companies = {kind: ready_company(stack, api) for kind in BODIES}
    headers = {"Content-Type": "application/json"}
    faults = [trouble(c, status=200, headers=headers, body=BODIES[kind]) for kind, c in companies.items()]
    with Faults(stack, *faults):
        answers = side_by_side({k: timed(asking(stack, c, TODAY, c.ada)) for k, c in companies.items()})

    for kind, (answer, took) in answers.items():
        assert took < 28, kind
        if answer.status_code == 200:
            assert reasons(answer)[companies[kind].ada], kind
        else:
            expect_refused(answer, 502, "microsoftUnavailable")


def test_addresses_that_only_look_alike_are_not_one(api: Api, ready: Company):
    """ß folds to ss, and K (the sign of Kelvin) to k: a mailbox is not found by either."""
    domain = ready.tenant.domains[1]
    calendars = crowd(ready, 3)
    first = next(iter(calendars))
    asked = [f"strasse@{domain}", f"straße@{domain}", f"STRASSE@{domain}", first, first.replace("p", "ｐ", 1)]

    found = value(ask(api, ready, TODAY, *asked))

    assert [one["scheduleId"] for one in found] == asked
    assert [address for address, reason in reasons(ask(api, ready, TODAY, *asked)).items() if not reason] == [first]


def test_an_alias_and_the_address_are_both_answered(stack: Stack, api: Api, ready: Company):
    ada = ready.tenant.mailbox(ready.ada)
    assert ada is not None
    alias = f"ada.lovelace@{ready.tenant.domains[1]}"
    ada.aliases.append(alias)

    answer = ask(api, ready, TODAY, ready.ada, alias)

    assert reasons(answer) == {ready.ada: None, alias: None}
    assert shown(answer)[alias]["availabilityView"] == shown(answer)[ready.ada]["availabilityView"]
