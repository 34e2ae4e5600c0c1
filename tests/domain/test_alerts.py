"""What is told about a credential, and when enough was said: the rules one by one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lib.domain.alerts import History, Judgement, Kind, Told, judge, judge_unchecked
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.findings import EndedUser, Newer, Seen, Trouble

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
DAYS = (60, 30, 14, 7, 3, 1, 0)
NOTHING = History("contoso", "g1")
FINE = Seen("v1", "g1", Expiry(on=date(2028, 1, 1)), asked=True)
REFUSED = replace(FINE, refused=Trouble("AADSTS7000215", "refused"))
WITHDRAWN = replace(FINE, withdrawn=Trouble("AADSTS7000229", "withdrawn"))
EXPIRED_BY_ENTRA = replace(FINE, refused=Trouble("AADSTS7000222", "expired"), expired_by_entra=True)


def ends_in(days: int, **fields: object) -> Seen:
    return replace(FINE, expires=Expiry(on=TODAY + timedelta(days=days)), **fields)


def day(days: int) -> date:
    return TODAY + timedelta(days=days)


def after(*seen: Seen, days: tuple[int, ...] = DAYS) -> History:
    """Return the history after these were seen on successive days, today the last."""
    history = NOTHING
    for number, one in enumerate(seen, start=1 - len(seen)):
        history = judge(history, one, days, day(number)).history
    return history


def test_the_kinds_are_listed_by_urgency():
    assert sorted(Kind, key=lambda kind: kind.urgency) == [
        Kind.EXPIRED,
        Kind.REFUSED,
        Kind.CONSENT,
        Kind.UNCHECKED,
        Kind.EXPIRING,
        Kind.CONNECTIONS,
        Kind.NEWER,
        Kind.SOLVED,
        Kind.UNKNOWN,
    ]


@pytest.mark.parametrize("left", [61, 400])
def test_nothing_is_told_before_the_first_threshold(left: int):
    assert judge(NOTHING, ends_in(left), DAYS, TODAY) == Judgement(NOTHING)


@pytest.mark.parametrize(("left", "level"), [(60, 60), (59, 60), (31, 60), (30, 30), (5, 7), (1, 1)])
def test_at_first_sight_only_the_most_urgent_threshold_is_told(left: int, level: int):
    said = judge(NOTHING, ends_in(left), DAYS, TODAY)

    assert said.due == (Kind.EXPIRING,)
    assert said.history.expiry == Told("v1", TODAY, level, day(left))


@pytest.mark.parametrize("left", [0, -1, -400])
def test_from_its_day_on_a_secret_has_expired(left: int):
    assert judge(NOTHING, ends_in(left), DAYS, TODAY).due == (Kind.EXPIRED,)


@pytest.mark.parametrize("days", [(), (60,), (0,)])
def test_the_day_itself_always_counts(days: tuple[int, ...]):
    assert judge(NOTHING, ends_in(0), days, TODAY).due == (Kind.EXPIRED,)


def test_the_order_of_the_thresholds_does_not_matter():
    assert judge(NOTHING, ends_in(5), (1, 7, 60, 3), TODAY) == judge(NOTHING, ends_in(5), (60, 7, 3, 1), TODAY)


def test_after_the_day_it_is_told_weekly():
    history = judge(NOTHING, ends_in(0), DAYS, TODAY).history
    told = [0]
    for number in range(1, 30):
        said = judge(history, ends_in(0), DAYS, day(number))
        told += [number] if said.due else []
        history = said.history
    assert told == [0, 7, 14, 21, 28]


def test_a_scan_that_was_missed_tells_what_became_due_meanwhile_and_only_the_most_urgent():
    told = after(ends_in(30))

    assert judge(told, ends_in(30), DAYS, day(28)).due == (Kind.EXPIRING,)
    assert judge(told, ends_in(30), DAYS, day(28)).history.expiry == Told("v1", day(28), 3, day(30))


def test_an_unexpired_secret_is_not_told_weekly():
    told = after(ends_in(60))

    assert judge(told, ends_in(60), DAYS, day(20)).due == ()


@pytest.mark.parametrize("later", [1, 0, -1])
def test_a_day_more_or_less_is_not_another_date(later: int):
    told = after(ends_in(20))

    assert judge(told, ends_in(20 + later), DAYS, TODAY).due == ()


def test_a_secret_that_lasts_longer_than_was_told_is_told_anew():
    told = after(ends_in(5))

    said = judge(told, ends_in(13), DAYS, TODAY)
    assert (said.due, said.history.expiry) == ((Kind.EXPIRING,), Told("v1", TODAY, 14, day(13)))


def test_a_date_that_comes_nearer_is_told_at_once():
    assert judge(after(ends_in(60)), ends_in(2), DAYS, TODAY).due == (Kind.EXPIRING,)


def test_another_secret_that_lasts_longer_and_expires_soon_too_is_told_of_its_own():
    assert judge(after(ends_in(5)), ends_in(7, credential="v2"), DAYS, TODAY).due == (Kind.EXPIRING,)


def test_a_date_that_is_corrected_is_told_once_although_the_vault_then_has_another_version():
    told = after(ends_in(6))

    assert judge(told, ends_in(5, credential="v2"), DAYS, TODAY).due == ()
    assert judge(told, ends_in(3, credential="v2"), DAYS, TODAY).due == (Kind.EXPIRING,), "a more urgent threshold"


@pytest.mark.parametrize("expires", [Expiry(on=day(61)), NEVER])
def test_a_renewed_secret_solves_it_once(expires: Expiry):
    said = judge(after(ends_in(-3)), replace(FINE, credential="v2", expires=expires), DAYS, TODAY)

    assert (said.solved, said.due, said.history.expiry) == (True, (), None)
    assert judge(said.history, replace(FINE, credential="v2"), DAYS, TODAY) == Judgement(said.history)


@pytest.mark.parametrize("newer", list(Newer))
def test_a_newer_secret_that_is_not_in_use_solves_nothing(newer: Newer):
    told = after(ends_in(5))

    said = judge(told, ends_in(5, newer=newer), DAYS, TODAY)
    assert (said.solved, said.history.expiry) == (False, told.expiry)
    assert set(said.due) == ({Kind.NEWER} if newer is Newer.REFUSED else set())


@pytest.mark.parametrize(("seen", "kind"), [(REFUSED, Kind.REFUSED), (WITHDRAWN, Kind.CONSENT)])
def test_what_entra_id_refuses_is_told_at_once_then_weekly_until_it_is_solved(seen: Seen, kind: Kind):
    history, told = NOTHING, []
    for number in range(16):
        said = judge(history, seen, DAYS, day(number))
        told += [number] if said.due == (kind,) else []
        history = said.history
    assert told == [0, 7, 14]

    solved = judge(history, FINE, DAYS, day(16))
    assert solved.solved
    assert judge(solved.history, seen, DAYS, day(17)).due == (kind,), "and if it comes back it is told at once"


@pytest.mark.parametrize("seen", [REFUSED, WITHDRAWN])
def test_what_entra_id_did_not_answer_opens_nothing_and_solves_nothing(seen: Seen):
    silent = replace(FINE, asked=False)

    assert judge(NOTHING, replace(seen, asked=False), DAYS, TODAY) == Judgement(NOTHING)
    told = after(seen)
    assert judge(told, silent, DAYS, day(1)) == Judgement(told)
    assert judge(told, silent, DAYS, day(8)).due == ()


def test_what_is_due_by_its_date_is_told_although_entra_id_did_not_answer():
    assert judge(NOTHING, ends_in(3, asked=False), DAYS, TODAY).due == (Kind.EXPIRING,)


def test_another_secret_that_is_refused_too_is_told_at_once():
    assert judge(after(REFUSED), replace(REFUSED, credential="v2"), DAYS, TODAY).due == (Kind.REFUSED,)


def test_a_secret_that_entra_id_calls_expired_is_told_as_expired_and_not_as_refused_too():
    said = judge(NOTHING, EXPIRED_BY_ENTRA, DAYS, TODAY)

    assert said.due == (Kind.EXPIRED,)
    assert judge(said.history, EXPIRED_BY_ENTRA, DAYS, day(7)).due == (Kind.EXPIRED,)
    assert judge(said.history, FINE, DAYS, day(8)).solved


@pytest.mark.parametrize("expires", [UNKNOWN, NEVER, Expiry(on=day(400)), Expiry(on=day(20))])
def test_a_day_without_an_answer_solves_nothing_that_entra_id_called_expired(expires: Expiry):
    told = after(replace(EXPIRED_BY_ENTRA, expires=expires))

    said = judge(told, replace(FINE, expires=expires, asked=False), DAYS, day(1))

    assert not said.solved
    assert judge(said.history, replace(EXPIRED_BY_ENTRA, expires=expires), DAYS, day(2)).due == ()


def test_several_troubles_are_told_together_the_most_urgent_first():
    seen = replace(REFUSED, expires=Expiry(on=day(3)), ended=(EndedUser("ada", NOW),))

    assert judge(NOTHING, seen, DAYS, TODAY).due == (Kind.REFUSED, Kind.EXPIRING, Kind.CONNECTIONS)


def test_an_unknown_expiry_is_told_once_per_secret():
    seen = replace(FINE, expires=UNKNOWN)
    told = after(seen)

    assert told.unknown == Told("v1", TODAY)
    assert judge(told, seen, DAYS, day(50)) == Judgement(told)
    assert judge(told, replace(seen, credential="v2"), DAYS, TODAY).due == (Kind.UNKNOWN,)
    assert not judge(told, FINE, DAYS, TODAY).solved, "it was no trouble, so its end is no all clear"


def test_the_expiry_of_a_refused_secret_need_not_be_known():
    assert judge(NOTHING, replace(REFUSED, expires=UNKNOWN), DAYS, TODAY).due == (Kind.REFUSED,)


def test_an_unknown_expiry_is_not_told_of_a_secret_about_which_nobody_could_be_asked():
    assert judge(NOTHING, replace(FINE, expires=UNKNOWN, asked=False), DAYS, TODAY).due == ()


def test_a_user_whose_connection_ended_is_told_once():
    ada, bob = EndedUser("ada", NOW), EndedUser("bob", NOW + timedelta(hours=1))
    told = after(replace(FINE, ended=(ada,)))

    assert judge(told, replace(FINE, ended=(ada,)), DAYS, day(30)).due == ()
    assert judge(told, replace(FINE, ended=(ada, bob)), DAYS, day(1)).due == (Kind.CONNECTIONS,)
    again = replace(ada, at=NOW + timedelta(days=3))
    assert judge(told, replace(FINE, ended=(again,)), DAYS, day(3)).due == (Kind.CONNECTIONS,), "who reconnected"
    assert not judge(told, FINE, DAYS, day(1)).solved


def test_a_connection_whose_end_was_stored_late_is_told_although_a_later_one_was_told_before():
    """Another process noted the moment, and wrote the row only after a scan had looked."""
    told = after(replace(FINE, ended=(EndedUser("ada", NOW),)))
    late = EndedUser("bob", NOW - timedelta(seconds=2))

    assert judge(told, replace(FINE, ended=(EndedUser("ada", NOW), late)), DAYS, day(1)).due == (Kind.CONNECTIONS,)


@pytest.mark.parametrize("more", [{"ended": (EndedUser("ada", NOW),)}, {"expires": UNKNOWN}])
def test_it_is_solved_also_on_a_day_that_brings_other_news(more: dict[str, object]):
    said = judge(after(REFUSED), replace(FINE, credential="v2", **more), DAYS, TODAY)

    assert (said.solved, len(said.due)) == (True, 1)


def test_when_something_opens_what_was_accepted_before_no_longer_counts():
    accepted = replace(NOTHING, handed_over_at=NOW)

    assert judge(accepted, ends_in(3), DAYS, TODAY).history.handed_over_at is None
    open_still = replace(after(ends_in(30)), handed_over_at=NOW)
    assert judge(open_still, ends_in(3), DAYS, TODAY).history.handed_over_at == NOW


def test_one_trouble_of_two_that_is_solved_is_no_all_clear():
    told = after(replace(REFUSED, expires=Expiry(on=day(3))))

    said = judge(told, ends_in(3), DAYS, TODAY)
    assert (said.solved, said.due, said.history.open) == (False, (), True)


def test_a_clock_that_was_set_back_repeats_nothing():
    assert judge(after(ends_in(-1)), ends_in(-1), DAYS, day(-1)).due == ()
    assert judge(after(REFUSED), REFUSED, DAYS, day(-20)).due == ()


def test_what_could_not_be_checked_is_told_once_a_day_and_its_end_is_an_all_clear():
    first = judge_unchecked(NOTHING, ["fabrikam"], TODAY)
    assert (first.due, first.history.open) == ((Kind.UNCHECKED,), True)
    assert judge_unchecked(first.history, ["fabrikam"], TODAY) == Judgement(first.history)
    assert judge_unchecked(first.history, ["fabrikam"], day(1)).due == (Kind.UNCHECKED,)

    over = judge_unchecked(first.history, [], TODAY)
    assert (over.solved, over.due, over.history.open) == (True, (), False)
    assert judge_unchecked(over.history, [], TODAY) == Judgement(over.history)


def test_what_could_not_be_checked_either_is_told_on_the_same_day():
    first = judge_unchecked(NOTHING, ["fabrikam", "wingtip"], TODAY).history

    assert judge_unchecked(first, ["wingtip"], TODAY).due == ()
    more = judge_unchecked(first, ["contoso"], TODAY)
    assert more.due == (Kind.UNCHECKED,)
    assert judge_unchecked(more.history, ["fabrikam", ""], TODAY).due == (Kind.UNCHECKED,), "the scan itself"
    assert judge_unchecked(more.history, ["fabrikam", "contoso"], TODAY).due == ()


def test_of_very_many_that_could_not_be_checked_the_memory_has_an_end():
    customers = [f"customer-{number:05d}" for number in range(20_000)]
    first = judge_unchecked(NOTHING, customers, TODAY)

    assert judge_unchecked(first.history, customers[::-1], TODAY).due == ()
    assert first.history.unchecked is not None
    assert len(first.history.unchecked.about) < 20_000
