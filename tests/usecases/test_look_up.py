"""One look-up: in as many requests as it takes, four at a time, joined again for everybody."""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

import pytest

from lib.domain.configuration import Details
from lib.domain.errors import MicrosoftUnavailable, Throttled
from lib.domain.free_busy import FreeBusy, Unread
from lib.domain.reading import Reader
from tests.domain.clocks import START, FakeZones, ask, crowd
from tests.domain.tiny_graph import Meeting, failed, free, schedule
from tests.usecases.exchange import Desk, Request, codes, settle, until

FROM = START.replace(tzinfo=UTC)


async def test_everybody_is_read_in_the_order_asked():
    people = crowd(45)
    desk = Desk(lambda request: [schedule(p, busy_in(p), request.body) for p in reversed(request.people)])

    def busy_in(person: str) -> list[Meeting]:
        hour = FROM + timedelta(hours=int(person[1:-6]) % 4)
        return [Meeting(hour, hour + timedelta(hours=1))]

    known = await desk.ask(ask(*people))

    assert list(known) == list(people)
    assert list(codes(known).values())[:5] == ["2000", "0200", "0020", "0002", "2000"]
    assert [len(request.people) for request in desk.graph.requests] == [20, 20, 5]


@pytest.mark.parametrize(("people", "most"), [(1, 1), (60, 3), (80, 4), (81, 4), (400, 4)])
async def test_never_more_than_four_requests_are_under_way(people: int, most: int):
    desk = Desk()
    desk.graph.hold()
    asking = asyncio.create_task(desk.ask(ask(*crowd(people))))
    await settle()
    assert len(desk.graph.under_way) == most
    desk.graph.open()

    assert set(codes(await asking).values()) == {"0000"}
    assert desk.graph.most_under_way == most


async def test_as_soon_as_one_is_answered_the_next_is_asked():
    desk = Desk()
    desk.graph.hold(lambda request: "p0@x.com" in request.people)
    asking = asyncio.create_task(desk.ask(ask(*crowd(200))))
    await until(lambda: len(desk.graph.requests) == 10)
    await settle()
    assert len(desk.graph.under_way) == 1
    desk.graph.open()

    assert len(await asking) == 200


async def test_each_of_several_look_ups_has_its_own_four():
    desk = Desk()
    desk.graph.hold()
    calls = [ask(*(f"{name}-{person}" for person in crowd(200))) for name in "ab"]
    asking = [asyncio.create_task(desk.ask(call)) for call in calls]
    await settle()
    assert len(desk.graph.under_way) == 8
    desk.graph.open()

    assert [len(known) for known in await asyncio.gather(*asking)] == [200, 200]


async def test_a_long_window_is_joined_slot_by_slot_and_a_meeting_across_a_seam_comes_once():
    retreat = Meeting(FROM + timedelta(days=30), FROM + timedelta(days=80), "oof")
    desk = Desk(lambda request: [schedule(person, [retreat], request.body) for person in request.people])

    known = await desk.ask(ask("a@x.com", days=100, interval=1440))

    found = known["a@x.com"]
    assert isinstance(found, FreeBusy)
    assert found.view == "0" * 30 + "3" * 50 + "0" * 20
    assert [(item.start, item.end) for item in found.items] == [(retreat.start, retreat.end)]
    assert [request.length < timedelta(days=42) for request in desk.graph.requests] == [True] * 3


async def test_what_a_call_costs_is_counted():
    desk = Desk()
    look_up = desk.look_up(ask(*crowd(50)))

    await look_up.run()

    assert (look_up.tally.requests, look_up.tally.shared) == (3, 0)
    assert look_up.tally.waited > 0


async def test_identical_look_ups_share_their_requests():
    desk = Desk()
    desk.graph.hold()
    look_ups = [desk.look_up(ask(*crowd(50))) for _ in range(3)]
    running = [asyncio.create_task(look_up.run()) for look_up in look_ups]
    await settle()
    desk.graph.open()
    await asyncio.gather(*running)

    assert len(desk.graph.requests) == 3
    assert [(look_up.tally.requests, look_up.tally.shared) for look_up in look_ups] == [(3, 0), (0, 3), (0, 3)]
    assert look_ups[0].known() == look_ups[1].known() == look_ups[2].known()


@pytest.mark.parametrize("problem", [Throttled(7), MicrosoftUnavailable("x", remedy="y")])
async def test_of_a_part_that_failed_the_people_are_unknown_and_the_others_read(problem: Exception):
    def says(request: Request) -> list[Any]:
        if "p25@x.com" in request.people:
            raise problem
        return [free(person, request.body) for person in request.people]

    known = codes(await Desk(says).ask(ask(*crowd(60))))

    assert [known[person] for person in crowd(60)] == ["0000"] * 20 + [problem.code] * 20 + ["0000"] * 20  # type: ignore[attr-defined]


async def test_of_whose_window_a_part_failed_nothing_is_told_and_nothing_more_is_asked():
    def says(request: Request) -> list[Any]:
        if "p0@x.com" in request.people and request.start > FROM:
            raise Throttled(7)
        return [free(person, request.body) for person in request.people]

    desk = Desk(says)
    known = await desk.ask(ask(*crowd(21), days=366, interval=1440))

    assert codes(known) == dict.fromkeys(crowd(20), "throttled") | {"p20@x.com": "0" * 366}
    of_the_first = [request for request in desk.graph.requests if "p0@x.com" in request.people]
    assert len(of_the_first) < 9, "the rest of nine would be in vain"


async def test_in_the_parts_that_follow_only_those_are_asked_for_who_can_still_be_known():
    def says(request: Request) -> list[Any]:
        return [
            failed(person, "5009") if person == "p1@x.com" else free(person, request.body) for person in request.people
        ]

    desk = Desk(says)
    known = codes(await desk.ask(ask(*crowd(3), days=366, interval=1440)))

    assert known == {"p0@x.com": "0" * 366, "p1@x.com": "5009", "p2@x.com": "0" * 366}
    assert [request.people for request in desk.graph.requests[4:]] == [("p0@x.com", "p2@x.com")] * 5


@pytest.mark.parametrize(
    ("says", "told"),
    [
        pytest.param(lambda request: [], "noAnswer", id="nobody"),
        pytest.param(lambda request: [free(request.people[0], request.body)], "noAnswer", id="one of two"),
        pytest.param(
            lambda request: [free(p, request.body) | {"availabilityView": "4444"} for p in request.people],
            "incompleteAnswer",
            id="no data",
        ),
        pytest.param(lambda request: [failed(p, "5009") for p in request.people], "5009", id="nobody of that name"),
    ],
)
async def test_what_graph_says_of_an_address_is_always_an_answer_and_never_an_error(says: Any, told: str):
    known = codes(await Desk(says).ask(ask("a@x.com", "b@x.com")))

    assert known["b@x.com"] == told


@dataclass(frozen=True)
class WatchedReader(Reader):
    """Notes in which thread it reads."""

    threads: tuple[list[str], ...] = ([],)

    def read(self, answers: Iterable[Any], people: Iterable[str], slots: int) -> dict[str, FreeBusy | Unread]:
        self.threads[0].append(threading.current_thread().name)
        return super().read(answers, people, slots)


@pytest.mark.parametrize(
    ("details", "entries", "in_a_thread"),
    [
        (Details.TIME, 4000, False),
        (Details.TIME, 4001, True),
        (Details.FULL, 400, False),
        (Details.FULL, 401, True),
    ],
)
async def test_large_answers_are_read_in_a_thread(details: Details, entries: int, in_a_thread: bool):
    meeting = Meeting(FROM, FROM + timedelta(minutes=5))
    desk = Desk(lambda request: [schedule(p, [meeting] * entries, request.body) for p in request.people])
    look_up = desk.look_up(ask("a@x.com"))
    look_up.reader = reader = WatchedReader(details, FakeZones(), ([],))

    await look_up.run()

    found = look_up.known()["a@x.com"]
    assert isinstance(found, FreeBusy)
    assert (found.view, len(found.items)) == ("2000", entries)
    assert [name != threading.main_thread().name for name in reader.threads[0]] == [in_a_thread]


@pytest.mark.parametrize(("days", "interval", "people", "large"), [(30, 30, 20, False), (366, 5, 20, True)])
def test_a_long_time_in_short_slots_is_a_large_answer_even_without_meetings(
    days: int, interval: int, people: int, large: bool
):
    look_up = Desk().look_up(ask(*crowd(people), days=days, interval=interval))

    assert look_up.is_large == large
