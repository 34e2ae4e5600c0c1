"""NCRONTAB expressions."""

from datetime import UTC, datetime

import pytest

from tests.sandbox.host.schedule import parse_schedule


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 0 7 * * *", "2026-11-20T06:59:59", "2026-11-20T07:00:00"),
        ("0 0 7 * * *", "2026-11-20T07:00:00", "2026-11-21T07:00:00"),
        ("0 0 * * * *", "2026-12-31T23:30:00", "2027-01-01T00:00:00"),
        ("*/15 * * * * *", "2026-11-20T00:00:44", "2026-11-20T00:00:45"),
        ("*/15 * * * * *", "2026-11-20T00:00:45.5", "2026-11-20T00:01:00"),
        ("0 30 9-17/4 * * *", "2026-11-20T10:00:00", "2026-11-20T13:30:00"),
        ("0 0 0 * * 1-5", "2026-11-20T12:00:00", "2026-11-23T00:00:00"),
        ("0 0 0 * * Sun", "2026-11-20T12:00:00", "2026-11-22T00:00:00"),
        ("0 0 0 1 Jan,july *", "2026-11-20T12:00:00", "2027-01-01T00:00:00"),
        ("0 0 0 29 2 *", "2026-11-20T12:00:00", "2028-02-29T00:00:00"),
        ("0 0 0 13 * 5", "2026-11-20T12:00:00", "2027-08-13T00:00:00"),
        ("5/20 0 0 * * *", "2026-11-20T00:00:05", "2026-11-20T00:00:25"),
    ],
)
def test_the_next_occurrence_is_found(expression, after, expected):
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert parse_schedule(expression).next_after(moment) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_day_that_never_comes_has_no_occurrence():
    assert parse_schedule("0 0 0 30 2 *").next_after(datetime(2026, 11, 20, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("0 7 * * *", "5 fields instead of six"),
        ("", "0 fields instead of six"),
        ("60 * * * * *", "'60' is not a second"),
        ("0 0 24 * * *", "'24' is not a hour"),
        ("0 0 0 0 * *", "'0' is not a day"),
        ("0 0 0 * Foo *", "'Foo' is not a month"),
        ("0 0 0 * * 7", "'7' is not a day of week"),
        ("0 0 0 * * 5-1", "backwards"),
        ("*/0 * * * * *", "zero"),
        ("-1 * * * * *", "'-1' is not a second"),
        ("0 0 0 , * *", "'' is not a day"),
    ],
)
def test_a_wrong_expression_is_refused_with_what_is_wrong(expression, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_schedule(expression)
