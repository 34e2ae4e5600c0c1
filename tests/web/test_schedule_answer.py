"""Writing a getSchedule answer: JSON as Graph writes it, and nobody who is unknown has a view."""

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.configuration import Details
from lib.domain.free_busy import INCOMPLETE, NO_ANSWER, NOT_ALLOWED, Answer, FreeBusy, Item, Unread
from lib.domain.zones import Zone
from lib.web.schedule_answer import write_schedules
from tests.domain.clocks import BERLIN, zone
from tests.domain.graph_entries import HOURS, believed, entry, item, time

CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
deterministic = settings(derandomize=True, deadline=None, max_examples=100, database=None)


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


async def written(*answers: Answer, zone: Zone | None = None) -> list[Any]:
    """Return the value of an answer as a strict reader takes it."""
    body = json.loads((await write_schedules(answers, zone, CONTEXT)).decode(), parse_constant=no_constant)
    assert list(body) == ["@odata.context", "value"]
    assert body["@odata.context"] == CONTEXT
    value = body["value"]
    assert isinstance(value, list)
    return value


async def test_who_was_read_has_view_items_and_working_hours():
    assert await written(("ada@x.com", believed(entry()))) == [
        {
            "scheduleId": "ada@x.com",
            "availabilityView": "0200",
            "scheduleItems": [
                {
                    "status": "busy",
                    "start": {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "UTC"},
                    "end": {"dateTime": "2026-11-23T11:00:00.0000000", "timeZone": "UTC"},
                }
            ],
            "workingHours": HOURS,
        }
    ]


async def test_without_entries_or_working_hours_there_are_none():
    assert await written(("ada@x.com", FreeBusy("0", ()))) == [
        {"scheduleId": "ada@x.com", "availabilityView": "0", "scheduleItems": []}
    ]


@pytest.mark.parametrize(
    "unread", [NO_ANSWER, NOT_ALLOWED, INCOMPLETE, Unread("5009", 'Nobody "there"', by_graph=True)]
)
async def test_who_is_unknown_has_an_error_and_nothing_that_could_be_taken_for_free_time(unread: Unread):
    assert await written(("ada@x.com", unread)) == [
        {"scheduleId": "ada@x.com", "error": {"responseCode": unread.code, "message": unread.message}}
    ]


async def test_everybody_is_written_in_the_order_asked_also_twice():
    free, answers = FreeBusy("0", ()), []
    for name in ("c", "a", "b", "a"):
        answers.append((f"{name}@x.com", free if name != "b" else NO_ANSWER))

    value = await written(*answers)

    assert [schedule["scheduleId"] for schedule in value] == ["c@x.com", "a@x.com", "b@x.com", "a@x.com"]
    assert ["availabilityView" in schedule for schedule in value] == [True, True, False, True]
    assert await written() == []


@pytest.mark.parametrize(
    ("name", "moment", "shown"),
    [
        ("Europe/Berlin", "2026-11-23T10:00", "2026-11-23T11:00:00.0000000"),
        ("W. Europe Standard Time", "2026-07-01T10:00", "2026-07-01T12:00:00.0000000"),
        ("Asia/Kolkata", "2026-11-23T10:00:00.25", "2026-11-23T15:30:00.2500000"),
        ("Europe/Berlin", "2026-10-25T00:30", "2026-10-25T02:30:00.0000000"),
        ("Europe/Berlin", "2026-10-25T01:30", "2026-10-25T02:30:00.0000000"),
        ("Europe/Berlin", "2026-03-29T01:00", "2026-03-29T03:00:00.0000000"),
    ],
)
async def test_times_are_in_the_preferred_zone(name: str, moment: str, shown: str):
    start = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = FreeBusy("2", (Item("busy", start, start + timedelta(days=90)),))

    (schedule,) = await written(("ada@x.com", found), zone=zone(name))

    assert schedule["scheduleItems"][0]["start"] == {"dateTime": shown, "timeZone": name}
    assert schedule["scheduleItems"][0]["end"]["timeZone"] == name


async def test_both_hours_of_a_clock_change_are_shown():
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    found = FreeBusy("22", (Item("busy", first, first + timedelta(hours=1)),))

    (schedule,) = await written(("ada@x.com", found), zone=BERLIN)

    shown = schedule["scheduleItems"][0]
    assert shown["start"]["dateTime"] == shown["end"]["dateTime"] == "2026-10-25T02:30:00.0000000", "as Graph shows it"


async def test_with_full_details_an_entry_is_written_as_graph_gave_it():
    given = item(subject='"Quoted" ä €\n\u2028', isReminderSet=True)

    (schedule,) = await written(("ada@x.com", believed(entry(scheduleItems=[given]), details=Details.FULL)))

    assert schedule["scheduleItems"] == [given]


async def test_no_name_is_written_twice():
    found = believed(entry(), details=Details.FULL)

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    json.loads(await write_schedules([("ada@x.com", found)], None, CONTEXT), object_pairs_hook=no_duplicates)


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\U0001f600", "\x00", '"', "\\", "</script>"])
async def test_any_text_is_written_as_utf_8(text: str):
    found = believed(entry(scheduleItems=[item(subject=text)]), details=Details.FULL)
    readable = text.encode("utf-8", "replace").decode()

    first, second = await written((text, found), (text, Unread("5009", text)))

    assert first["scheduleItems"][0]["subject"] == first["scheduleId"] == second["error"]["message"] == readable


class WatchedRules(tzinfo):
    """UTC, which notes in which thread it is asked."""

    def __init__(self) -> None:
        self.threads: set[str] = set()

    def utcoffset(self, _: datetime | None) -> timedelta:
        self.threads.add(threading.current_thread().name)
        return timedelta(0)

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta(0)

    def tzname(self, _: datetime | None) -> str:
        return "watched"


@pytest.mark.parametrize(("entries", "in_a_thread"), [(10, False), (10_000, True)])
async def test_a_large_answer_is_written_in_a_thread(entries: int, in_a_thread: bool):
    rules = WatchedRules()
    found = FreeBusy("0", tuple(Item("busy", TEN, TEN) for _ in range(entries // 2)))

    value = await written(("a@x.com", found), ("b@x.com", found), ("c@x.com", NO_ANSWER), zone=Zone("Watched", rules))

    assert sum(len(schedule.get("scheduleItems", [])) for schedule in value) == entries
    assert [name != threading.main_thread().name for name in rules.threads] == [in_a_thread]


async def test_a_long_view_is_written_in_a_thread_too(monkeypatch: pytest.MonkeyPatch):
    jobs: list[object] = []
    in_thread = asyncio.to_thread

    async def watched(job: Any, *arguments: Any) -> Any:
        jobs.append(job)
        return await in_thread(job, *arguments)

    monkeypatch.setattr(asyncio, "to_thread", watched)

    await written(("a@x.com", FreeBusy("0" * 500_000, ())), ("b@x.com", FreeBusy("0" * 500_000, ())))
    assert not jobs
    await written(("a@x.com", FreeBusy("0" * 500_000, ())), ("b@x.com", FreeBusy("0" * 500_001, ())))
    assert len(jobs) == 1


texts = st.text(max_size=20) | st.sampled_from(['"', "\\", "\ud83d", "\u2028"])
items = st.builds(
    lambda status, days, more: item(status, end=time(f"2026-12-{days:02}T00:00:00"), **more),
    st.sampled_from(["busy", "Free", "workingElsewhere"]),
    st.integers(1, 28),
    st.dictionaries(
        st.sampled_from(["subject", "location", "isMeeting", "isPrivate", "other"]),
        texts | st.integers() | st.floats() | st.none() | st.lists(texts),
    ),
)


@deterministic
@given(st.lists(items, max_size=5), texts, st.sampled_from(Details), st.sampled_from([None, BERLIN]))
async def test_whatever_graph_told_the_bytes_are_json(
    told: list[dict[str, Any]], address: str, details: Details, where: Zone | None
):
    found = believed(entry(scheduleItems=told, workingHours=HOURS | {"more": address}), details=details)

    first, second = await written((address, found), (address, Unread(address, address)), zone=where)

    assert set(first) == {"scheduleId", "availabilityView", "scheduleItems", "workingHours"}
    assert len(first["scheduleItems"]) == len(told)
    assert set(second) == {"scheduleId", "error"}
