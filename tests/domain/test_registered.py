"""Which of the secrets that Entra ID lists is the one in use."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.microsoft import RegisteredSecret
from lib.domain.registered import InUse, compare

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
SECRET = "s3cretValue~of.forty.characters"
ENDS = NOW + timedelta(days=30)
STARTED = NOW - timedelta(days=300)
MINE = RegisteredSecret("s3c", ENDS, "key-1", STARTED)
OTHER = RegisteredSecret("abc", NOW + timedelta(days=400), "key-2", NOW - timedelta(days=1))


def on(moment: datetime) -> Expiry:
    return Expiry(on=moment.date())


def look(*registered: RegisteredSecret, known: Expiry = UNKNOWN) -> InUse:
    return compare(registered, SECRET, known, NOW)


def test_the_secret_in_use_is_known_by_its_first_three_characters():
    assert look(MINE) == InUse(True, on(ENDS), "key-1", "s3c")


@pytest.mark.parametrize("registered", [[], [OTHER], [RegisteredSecret("S3C", ENDS)], [RegisteredSecret("", ENDS)]])
def test_if_none_fits_nothing_is_known(registered: list[RegisteredSecret]):
    assert look(*registered) == InUse()


def test_of_two_that_begin_alike_the_known_expiry_tells_which_it_is():
    twin = RegisteredSecret("s3c", ENDS + timedelta(days=100), "key-3", STARTED)

    assert look(MINE, twin) == InUse(), "nothing tells them apart"
    assert look(MINE, twin, known=on(ENDS)).key_id == "key-1"
    assert look(MINE, twin, known=on(twin.ends_at)).key_id == "key-3"
    assert look(MINE, twin, known=on(NOW)) == InUse()
    assert look(MINE, MINE, known=on(ENDS)) == InUse()


def test_one_that_fits_is_believed_although_another_expiry_was_entered():
    assert look(MINE, known=on(NOW)).expires == on(ENDS)


def test_a_newer_secret_that_lasts_longer_waits_there():
    found = look(MINE, OTHER)

    assert (found.has_newer, found.newer_until) == (True, on(OTHER.ends_at))
    longest = RegisteredSecret("xyz", NOW + timedelta(days=700), "key-4", NOW)
    assert look(OTHER, longest, MINE).newer_until == on(longest.ends_at)


@pytest.mark.parametrize(
    "other",
    [
        RegisteredSecret("abc", ENDS - timedelta(days=1), "key-2", NOW),  # ends before
        RegisteredSecret("abc", ENDS, "key-2", NOW),
        RegisteredSecret("abc", ENDS + timedelta(days=99), "key-2", STARTED - timedelta(seconds=1)),  # older
        RegisteredSecret("abc", ENDS + timedelta(days=99), "key-2"),  # nobody knows since when
    ],
)
def test_another_secret_that_does_not_follow_is_no_newer_one(other: RegisteredSecret):
    assert not look(MINE, other).has_newer


def test_a_secret_that_has_expired_as_well_is_no_newer_one():
    mine = RegisteredSecret("s3c", NOW - timedelta(days=9), "key-1", STARTED)
    other = RegisteredSecret("abc", NOW - timedelta(days=1), "key-2", NOW - timedelta(days=5))

    assert not look(mine, other).has_newer
    assert look(mine, other).expires == on(mine.ends_at)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(st.datetimes(datetime(2026, 1, 2), datetime(2027, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_days_are_days_in_utc_in_whatever_zone_they_were_told(moment: datetime, minutes: int):
    ends_at = moment.replace(tzinfo=UTC)
    elsewhere = ends_at.astimezone(timezone(timedelta(minutes=minutes)))

    assert look(RegisteredSecret("s3c", elsewhere)).expires == Expiry(on=ends_at.date())


def test_of_the_secret_only_what_entra_id_shows_is_kept():
    assert SECRET not in repr(look(MINE, OTHER))
    assert look(MINE).hint == SECRET[:3]
