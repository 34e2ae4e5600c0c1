"""The answer that is joined of parts is the one of a Graph without limits, whatever was asked."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.configuration import Details
from lib.domain.free_busy import FreeBusy
from lib.domain.gathering import Gathering
from lib.domain.reading import Reader
from lib.domain.schedule import Moment, Part, ScheduleRequest
from tests.domain.clocks import FakeZones, between, crowd, zone
from tests.domain.tiny_graph import Meeting, schedule

READER = Reader(Details.FULL, FakeZones())
deterministic = settings(derandomize=True, deadline=None, max_examples=150, database=None)
walls = st.datetimes(datetime(2026, 10, 1), datetime(2026, 11, 10))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"])


@st.composite
def calls(draw: st.DrawFn) -> ScheduleRequest:
    """Draw a call of up to 45 people and 200 days."""
    start = Moment.of(draw(walls), zone(draw(zones)))
    length = draw(st.timedeltas(timedelta(days=2), timedelta(days=200)) | st.just(timedelta(days=84)))
    end = Moment.of(start.wall + length, zone(draw(zones)))
    return between(start, end, draw(st.integers(5, 1440) | st.just(30)), crowd(draw(st.integers(1, 45))))


@st.composite
def calendars(draw: st.DrawFn) -> list[Meeting]:
    """Draw a calendar with entries of any length, some of them all alike."""
    found = []
    for _ in range(draw(st.integers(0, 12))):
        start = draw(st.datetimes(datetime(2026, 9, 20), datetime(2027, 6, 1))).replace(tzinfo=UTC)
        length = draw(st.timedeltas(timedelta(minutes=1), timedelta(days=60)))
        status = draw(st.sampled_from(["free", "tentative", "busy", "oof", "workingElsewhere"]))
        found += [Meeting(start, start + length, status)] * draw(st.sampled_from([1, 1, 1, 2]))
    return found


def read(call: ScheduleRequest, part: Part, calendar: list[Meeting]) -> dict[str, FreeBusy]:
    """Return what Graph says to a part; every second of the people has this calendar, the others an empty one."""
    body = call.as_graph(part)
    kinds = schedule("", calendar, body), schedule("", (), body)
    answers = [kinds[int(person[1:-6]) % 2] | {"scheduleId": person} for person in part.people]
    found = READER.read(answers, part.people, part.slots)
    return {person: known for person, known in found.items() if isinstance(known, FreeBusy)}


@deterministic
@given(calls(), calendars(), st.randoms(use_true_random=False))
def test_the_joined_answer_is_that_of_a_graph_without_limits(
    call: ScheduleRequest, calendar: list[Meeting], chance: random.Random
):
    parts = call.parts(call.people)
    chance.shuffle(parts)
    known = Gathering(call.slots)
    for part in parts:
        for person, found in read(call, part, calendar).items():
            known.add(part, person, found)

    for person, whole in read(call, Part(call.people[:2], 0, call.slots), calendar).items():
        joined = known.of(person)
        assert isinstance(joined, FreeBusy)
        assert joined.view == whole.view
        assert Counter(joined.items) == Counter(whole.items)
        assert joined.working_hours == whole.working_hours
    assert all(known.of(person) == known.of(call.people[number % 2]) for number, person in enumerate(call.people))
