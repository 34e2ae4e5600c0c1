"""Days left are calendar days in UTC."""

from datetime import UTC, date, datetime

import pytest

from lib.domain.credential import NEVER, UNKNOWN, Expiry

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("on", "left"),
    [(date(2026, 11, 21), 0), (date(2026, 11, 20), -1), (date(2026, 11, 22), 1), (date(2027, 11, 21), 365)],
)
def test_days_left_are_counted_from_today(on: date, left: int):
    assert Expiry(on=on).days_left(TODAY) == left


@pytest.mark.parametrize("expiry", [NEVER, UNKNOWN])
def test_never_and_unknown_have_no_days_left(expiry: Expiry):
    assert expiry.days_left(TODAY) is None


@pytest.mark.parametrize("text", ["2027-11-20", "never", None])
def test_an_expiry_survives_its_text(text: str | None):
    assert Expiry.parse(text).as_text() == text


def test_a_date_is_taken_as_its_first_moment_in_utc():
    assert Expiry(on=date(2027, 11, 20)).as_moment() == datetime(2027, 11, 20, tzinfo=UTC)
    assert NEVER.as_moment() is None
