"""What is told once, and what is not over before it could be asked."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lib.domain.alerts import History, Judgement, Kind, Told, judge, judge_unchecked
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.findings import EndedUser, Newer, Seen
from tests.domain.test_alerts import (
    DAYS,
    EXPIRED_BY_ENTRA,
    FINE,
    NOTHING,
    NOW,
    REFUSED,
    TODAY,
    after,
    day,
    ends_in,
)

NOT_ACCEPTED = replace(FINE, newer=Newer.REFUSED)


def ended(*moments: datetime) -> Seen:
    return replace(FINE, ended=tuple(EndedUser(f"user{number}", at) for number, at in enumerate(moments)))


def ago(**units: float) -> datetime:
    return NOW - timedelta(**units)


def test_every_version_that_entra_id_does_not_accept_is_told_once_and_its_end_is_an_all_clear():
    wrong = replace(NOT_ACCEPTED, newer_version="w1")
    told = after(wrong)

    assert told.newer == Told("w1", TODAY)
    assert judge(told, wrong, DAYS, day(30)) == Judgement(told)
    assert judge(told, replace(wrong, newer_version="w2"), DAYS, day(1)).due == (Kind.NEWER,)
    assert judge(told, FINE, DAYS, day(1)).solved


def test_a_version_that_is_not_accepted_is_told_again_only_after_entra_id_was_asked_without_it():
    told = after(NOT_ACCEPTED)

    silent = judge(told, replace(FINE, asked=False), DAYS, day(1)).history
    assert judge(silent, NOT_ACCEPTED, DAYS, day(2)).due == ()
    mended = judge(told, FINE, DAYS, day(1)).history
    assert judge(mended, NOT_ACCEPTED, DAYS, day(2)).due == (Kind.NEWER,)


@pytest.mark.parametrize("newer", [None, Newer.SAVED, Newer.REGISTERED])
def test_any_other_newer_secret_is_no_news_by_itself(newer: Newer | None):
    assert judge(NOTHING, replace(FINE, newer=newer), DAYS, TODAY) == Judgement(NOTHING)


@pytest.mark.parametrize("expires", [NEVER, UNKNOWN, Expiry(on=day(400))])
@pytest.mark.parametrize("told", [ends_in(0), ends_in(-3), EXPIRED_BY_ENTRA])
def test_what_was_told_as_expired_is_over_only_when_entra_id_was_asked(told: Seen, expires: Expiry):
    history = after(told)
    corrected = replace(FINE, credential="v2", expires=expires)

    silent = judge(history, replace(corrected, asked=False), DAYS, day(1))
    assert (silent.solved, Kind.EXPIRED in silent.due, silent.history.expiry) == (False, False, history.expiry)
    assert judge(silent.history, corrected, DAYS, day(2)).solved


def test_what_was_told_as_expired_and_is_due_by_a_later_date_is_told_as_what_it_is():
    said = judge(after(ends_in(0)), ends_in(13, credential="v2", asked=False), DAYS, TODAY)

    assert (said.due, said.history.expiry) == ((Kind.EXPIRING,), Told("v2", TODAY, 14, day(13)))


def test_after_entra_id_took_back_expired_the_dates_own_level_is_told_and_counts_on():
    told = after(replace(EXPIRED_BY_ENTRA, expires=Expiry(on=day(20))))
    silent = judge(told, ends_in(20, asked=False), DAYS, day(1))
    assert (silent.due, silent.solved) == ((), False)

    back = judge(silent.history, ends_in(20), DAYS, day(2))

    assert (back.due, back.solved, back.history.expiry) == ((Kind.EXPIRING,), False, Told("v1", day(2), 30, day(20)))
    assert judge(back.history, ends_in(20), DAYS, day(5)).due == ()
    assert judge(back.history, ends_in(20), DAYS, day(6)).due == (Kind.EXPIRING,), "14 days before"


@pytest.mark.parametrize("earlier", [2, 10, 300])
def test_thresholds_count_on_when_a_date_is_corrected_to_an_earlier_one(earlier: int):
    told = judge(NOTHING, ends_in(3), DAYS, TODAY).history
    long_before = replace(told, expiry=Told("v1", TODAY, 3, day(2 + earlier)))

    said = judge(long_before, ends_in(2, credential="v2"), DAYS, TODAY)

    assert said.due == ()
    assert said.history.expiry == Told("v1", TODAY, 3, day(2))


def test_days_that_are_added_one_by_one_are_no_renewal_and_two_at_once_are_one():
    history = after(ends_in(5))
    for later in range(6, 8):
        said = judge(history, ends_in(later), DAYS, TODAY)
        assert said.due == ()
        history = said.history
    assert judge(history, ends_in(9), DAYS, TODAY).due == (Kind.EXPIRING,)


@pytest.mark.parametrize("unsure", [{"asked": False}, {"unsure": True}, {"asked": False, "unsure": True}])
def test_an_unknown_expiry_is_not_told_while_something_could_not_be_asked(unsure: dict[str, bool]):
    unknown = replace(FINE, expires=UNKNOWN)

    assert judge(NOTHING, replace(unknown, **unsure), DAYS, TODAY) == Judgement(NOTHING)
    told = after(unknown)
    assert judge(told, replace(unknown, credential="v2", **unsure), DAYS, TODAY) == Judgement(told)


def test_ended_connections_are_remembered_by_moment_for_ten_minutes_and_then_by_the_last_one():
    told = after(ended(NOW, ago(minutes=9), ago(minutes=11), ago(days=3)))

    assert told.ended_until == ago(minutes=10)
    assert told.ended_told == (NOW.isoformat(), ago(minutes=9).isoformat())
    assert judge(told, ended(NOW, ago(minutes=9), ago(minutes=11)), DAYS, day(9)).due == ()


@pytest.mark.parametrize(("minutes", "told"), [(0.1, True), (9.9, True), (10.1, False)])
def test_an_end_that_was_stored_up_to_ten_minutes_late_is_told(minutes: float, told: bool):
    history = after(ended(NOW))

    said = judge(history, ended(NOW, ago(minutes=minutes)), DAYS, TODAY)

    assert said.due == ((Kind.CONNECTIONS,) if told else ())
    assert judge(said.history, ended(NOW, ago(minutes=minutes)), DAYS, TODAY) == Judgement(said.history)


def test_what_was_told_up_to_is_never_set_back():
    history = History("contoso", "g1", ended_until=NOW)
    late = judge(history, ended(NOW + timedelta(minutes=1)), DAYS, TODAY).history

    assert late.ended_until == NOW
    assert judge(late, ended(NOW, ago(minutes=5)), DAYS, TODAY).due == (), "told long ago"


@pytest.mark.parametrize(("number", "remembered"), [(500, 500), (501, 0)])
def test_of_very_many_that_ended_at_once_the_memory_has_an_end(number: int, remembered: int):
    moments = [NOW + timedelta(milliseconds=number) for number in range(number)]

    told = after(ended(*moments))

    assert len(told.ended_told) == remembered
    assert judge(told, ended(*moments), DAYS, TODAY) == Judgement(told)
    assert judge(told, ended(*moments, NOW + timedelta(minutes=1)), DAYS, TODAY).due == (Kind.CONNECTIONS,)


def test_users_who_connected_again_need_not_be_remembered():
    told = after(ended(NOW, ago(minutes=1)))

    assert judge(told, ended(), DAYS, TODAY) == Judgement(told)
    more = judge(told, ended(NOW + timedelta(hours=1)), DAYS, TODAY).history
    assert (more.ended_until, len(more.ended_told)) == (NOW + timedelta(minutes=50), 1)


@pytest.mark.parametrize("more", [ended(NOW), replace(FINE, expires=UNKNOWN)])
def test_an_all_clear_may_stand_beside_news_that_are_no_trouble(more: Seen):
    said = judge(after(REFUSED), more, DAYS, day(1))

    assert (said.solved, len(said.due)) == (True, 1)


def test_what_could_not_be_checked_is_told_daily_also_if_it_is_less():
    first = judge_unchecked(NOTHING, ["contoso", "fabrikam"], TODAY).history

    less = judge_unchecked(first, ["fabrikam"], day(1))
    assert less.due == (Kind.UNCHECKED,)
    assert judge_unchecked(less.history, ["contoso"], day(1)).due == (Kind.UNCHECKED,), "not told today"
