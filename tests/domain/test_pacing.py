"""How fast letters may go out."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.pacing import Paced

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MARGIN = timedelta(seconds=5)  # some seconds more than the service asks for do no harm


def expect_wait(paced: Paced, now: datetime, seconds: float) -> None:
    assert seconds <= paced.wait(now) <= seconds + MARGIN.total_seconds()


def test_without_limits_nothing_has_to_wait():
    paced = Paced(None)
    for _ in range(1000):
        assert paced.wait(NOW) == 0
        paced.sent(NOW)


def test_the_limit_of_a_minute_is_kept():
    paced = Paced((2, 100))
    paced.sent(NOW)
    assert paced.wait(NOW) == 0
    paced.sent(NOW + timedelta(seconds=20))

    expect_wait(paced, NOW + timedelta(seconds=30), 30)
    assert paced.wait(NOW + MINUTE + MARGIN) == 0


def test_the_limit_of_an_hour_is_kept():
    paced = Paced((100, 3), [NOW, NOW + timedelta(minutes=10), NOW + timedelta(minutes=20)])

    expect_wait(paced, NOW + timedelta(minutes=30), 30 * 60)
    assert paced.wait(NOW + HOUR + MARGIN) == 0


def test_the_longer_of_two_waits_counts():
    paced = Paced((1, 2), [NOW - timedelta(minutes=59), NOW])
    expect_wait(paced, NOW, 60)
    paced = Paced((1, 2), [NOW - timedelta(minutes=30), NOW])
    expect_wait(paced, NOW, 30 * 60)


def test_what_the_service_asks_for_counts_with_and_without_limits():
    for paced in (Paced(None), Paced((5, 10))):
        paced.hold_back(NOW + timedelta(seconds=17))
        assert paced.wait(NOW) == 17
        assert paced.wait(NOW + timedelta(seconds=17)) == 0


@settings(derandomize=True, deadline=None, max_examples=60, database=None)
@given(st.integers(1, 6), st.integers(1, 12), st.lists(st.integers(0, 90), max_size=40), st.integers(0, 40))
def test_whoever_waits_as_told_never_sends_too_much(
    per_minute: int, per_hour: int, pauses: list[int], restart_after: int
):
    """Also when another process goes on with the note of the one before."""
    now, sent, paced = NOW, [], Paced((per_minute, per_hour))
    for number, pause in enumerate(pauses):
        now += timedelta(seconds=pause)
        now += timedelta(seconds=paced.wait(now))
        assert paced.wait(now) == 0
        paced.sent(now)
        sent.append(now)
        if number == restart_after:
            paced = Paced.parse(paced.as_text(), (per_minute, per_hour))
    for moment in sent:
        assert sum(moment <= other < moment + MINUTE for other in sent) <= per_minute
        assert sum(moment <= other < moment + HOUR for other in sent) <= per_hour


def test_letters_older_than_an_hour_are_forgotten():
    paced = Paced((5, 10), [NOW - HOUR - MARGIN, NOW - timedelta(minutes=59)])
    paced.sent(NOW)

    assert NOW.isoformat() in paced.as_text()
    assert (NOW - HOUR - MARGIN).isoformat() not in paced.as_text()


@pytest.mark.parametrize(
    "text",
    ["", "x", "5", "null", "{}", '{"a": 1}', "[5]", '["x"]', "[null]", '["2026-11-21T09:00:00"]', "[[]]"],
)
def test_a_note_that_cannot_be_read_remembers_nothing(text: str):
    paced = Paced.parse(text, (1, 1))

    assert paced.wait(NOW) == 0
    paced.sent(NOW)
    expect_wait(paced, NOW, 3600)
