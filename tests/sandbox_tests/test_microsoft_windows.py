"""Finding meetings and working out views, held against doing it the slow way."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.microsoft.graph.window import Window
from tests.sandbox.microsoft.testing import NOON
from tests.sandbox.world import Meeting
from tests.sandbox.world.calendars import Calendar, microseconds, moment

DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3, "unknown": 4}
MINUTE = 60_000_000

minutes = st.integers(-3000, 3000).map(lambda number: NOON + timedelta(minutes=number))
meetings = st.lists(
    st.builds(
        lambda start, length, status: Meeting(start, start + timedelta(minutes=length), status),
        minutes,
        st.one_of(st.integers(0, 120), st.just(4000)),
        st.sampled_from(sorted(DIGITS)),
    ),
    max_size=25,
)


@given(meetings, minutes, st.integers(1, 3000))
def test_exactly_what_touches_is_found_in_order(held, start, length):
    end = start + timedelta(minutes=length)
    expected = [meeting for meeting in held if meeting.start < end and meeting.end > start]
    expected.sort(key=lambda meeting: (meeting.start, meeting.end))
    found = Calendar(held).touching(microseconds(start), microseconds(end))
    assert [meeting for _, _, meeting in found] == expected
    assert all((moment(start), moment(end)) == (meeting.start, meeting.end) for start, end, meeting in found)


@given(meetings, minutes, st.integers(1, 3000), st.integers(5, 1440))
def test_each_slot_shows_the_highest_status_in_it(held, start, length, interval):
    end = start + timedelta(minutes=length)
    window = Window(microseconds(start), microseconds(end), interval * MINUTE)
    entries = Calendar(held).touching(window.start, window.end)
    expected, slot = "", start
    while slot < end:
        beyond = min(slot + timedelta(minutes=interval), end)
        # A meeting without length is in the slot that it lies within, not in one at whose edge it is.
        inside = [meeting for _, _, meeting in entries if meeting.start < beyond and meeting.end > slot]
        expected += str(max((DIGITS[meeting.status] for meeting in inside), default=0))
        slot += timedelta(minutes=interval)
    assert window.view(entries) == expected


@given(meetings)
def test_a_calendar_knows_whether_it_is_still_right(held):
    calendar = Calendar(held)
    assert calendar.is_of(held)
    assert calendar.is_of(list(held))
    assert not calendar.is_of([*held, Meeting(NOON, NOON)])
    if held:
        assert not calendar.is_of(held[1:])
