"""What was told of one secret is no reason to be silent about the next one, and it still ends in an all clear."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lib.domain.alerts import History, Judgement, Kind, Told, judge, reopened
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.findings import Seen, Trouble
from lib.domain.freshness import of_users
from lib.domain.notices import MOST_NAMED, Notice

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = NOW.date()
DAYS = (60, 30, 14, 7, 3, 1, 0)
NOTHING = History("contoso", "g1")
FINE = Seen("v1", "g1", Expiry(on=date(2028, 1, 1)), asked=True)
EXPIRED_BY_ENTRA = replace(FINE, refused=Trouble("AADSTS7000222", "expired"), expired_by_entra=True)
REFUSED = replace(FINE, refused=Trouble("AADSTS7000215", "refused"))
WITHDRAWN = replace(FINE, withdrawn=Trouble("AADSTS7000229", "withdrawn"))
NO_DATE = replace(FINE, expires=UNKNOWN)


def ends_in(days: int) -> Seen:
    return replace(FINE, expires=Expiry(on=TODAY + timedelta(days=days)))


def told(history: History, seen: Seen) -> Judgement:
    return judge(history, seen, DAYS, TODAY)


@pytest.mark.parametrize(
    ("seen", "kind"),
    [
        (EXPIRED_BY_ENTRA, Kind.EXPIRED),
        (ends_in(-3), Kind.EXPIRED),
        (ends_in(0), Kind.EXPIRED),
        (ends_in(60), Kind.EXPIRING),
        (REFUSED, Kind.REFUSED),
        (NO_DATE, Kind.UNKNOWN),
    ],
)
def test_everything_about_a_secret_is_told_again_of_the_next_one_and_then_enough_is_said(seen: Seen, kind: Kind):
    first = told(NOTHING, seen)
    assert (first.due, told(first.history, seen).due) == ((kind,), ())

    anew = told(reopened(first.history), seen)

    assert (anew.due, anew.solved) == ((kind,), False)
    assert anew.history == first.history, "and is remembered as if it had never been told before"
    assert told(anew.history, seen).due == ()


@pytest.mark.parametrize("seen", [EXPIRED_BY_ENTRA, ends_in(-3), ends_in(13), REFUSED])
def test_when_the_next_one_is_fine_that_is_one_all_clear(seen: Seen):
    handed_over = replace(told(NOTHING, seen).history, handed_over_at=NOW)

    fine = told(reopened(handed_over), FINE)

    assert (fine.due, fine.solved, fine.history.open) == ((), True, False)
    assert told(fine.history, FINE) == Judgement(fine.history)


def test_who_got_a_letter_is_known_still():
    before = replace(told(NOTHING, ends_in(13)).history, handed_over_at=NOW)

    assert reopened(before).handed_over_at == NOW
    assert told(reopened(before), ends_in(13)).history.handed_over_at == NOW


def test_what_is_not_about_the_secret_stays_told():
    before = replace(
        told(NOTHING, WITHDRAWN).history,
        unchecked=Told("scan", TODAY),
        ended_until=NOW,
        ended_told=(NOW.isoformat(),),
        handed_over_at=NOW,
    )

    assert reopened(before) == before
    assert told(reopened(before), WITHDRAWN).due == ()


def test_what_was_never_told_is_not_opened_and_once_is_enough():
    assert reopened(NOTHING) == NOTHING
    before = told(NOTHING, EXPIRED_BY_ENTRA).history
    assert reopened(reopened(before)) == reopened(before)


@pytest.mark.parametrize("seen", [replace(NO_DATE, asked=False), replace(NO_DATE, unproven=True)])
@pytest.mark.parametrize("before", [REFUSED, EXPIRED_BY_ENTRA])
def test_a_refusal_that_says_nothing_of_the_secret_is_no_all_clear(before: Seen, seen: Seen):
    """It can be about consent that was never given, while the secret is as bad as it was."""
    history = replace(told(NOTHING, before).history, handed_over_at=NOW)

    judgement = told(history, replace(seen, expires=FINE.expires))

    assert (judgement.due, judgement.solved, judgement.history) == ((), False, history)
    assert told(judgement.history, FINE).solved


@pytest.mark.parametrize(("in_all", "named"), [(25, 20), (20, 20), (3, 3)])
@pytest.mark.parametrize("still", [1, 2, 5, 19])
def test_never_more_users_are_counted_than_have_to_connect_again(in_all: int, named: int, still: int):
    moments = [NOW - timedelta(minutes=number) for number in range(in_all)]
    notice = Notice(
        "contoso",
        "g1",
        (Kind.CONNECTIONS,),
        NOW,
        users=tuple(f"user-{number}" for number in range(named)),
        ended_at=tuple(moment.isoformat() for moment in moments[:named]),
        users_in_all=in_all,
    )

    for ended in (moments[:still], moments[-still:]):
        found = of_users(notice, ended)
        assert found is not None
        assert found.users_in_all == len(ended)
        assert len(found.users) == len(found.ended_at) <= min(found.users_in_all, MOST_NAMED)
