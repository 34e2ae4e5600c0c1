"""A notice that has waited says what is true of the secret in use, of the users, and of the day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import Access, ConfigurationType, Consent, Customer, Revision
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.findings import Newer, Trouble
from lib.domain.freshness import is_about_another, of_secret_in_use, of_today, of_users
from lib.domain.notices import MOST_NAMED, Notice

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = NOW.date()
ACCESS = Access(ConfigurationType.ADVANCED, "contoso.com", "a1", Consent.ADMIN)


def on(days: int) -> Expiry:
    return Expiry(on=TODAY + timedelta(days=days))


def notice(*kinds: Kind, **fields: object) -> Notice:
    plain = Notice("contoso", "g1", kinds, NOW, credential="v1", expires=on(5), hint="abc", key_id="key-1")
    return replace(plain, refused=Trouble("AADSTS7000215", "refused"), newer=Newer.REFUSED, **fields)


def using(version: str, expires: Expiry = UNKNOWN, *, active: bool = True) -> Customer:
    revision = Revision("m1", NOW, ACCESS, secret_version=version, secret_expires=expires)
    return Customer("contoso", "g1", "e1", newest=revision, active=revision if active else None)


def fresh(told: Notice, customer: Customer) -> Notice | None:
    return of_secret_in_use(told, customer)


@pytest.mark.parametrize("active", [True, False])
def test_a_notice_about_the_secret_in_use_stays_as_it_is(active: bool):
    told = notice(*Kind)

    assert fresh(told, using("v1", on(300), active=active)) == told


def test_a_notice_about_no_secret_stays_as_it_is():
    told = notice(Kind.CONNECTIONS, credential="")

    assert fresh(told, using("v9", on(300))) == told


def test_the_secret_in_use_counts_and_not_the_one_that_waits_for_its_test():
    customer = using("v1", on(5))
    assert customer.newest is not None
    pending = replace(customer, newest=replace(customer.newest, id="m2", secret_version="v2"))

    assert fresh(notice(Kind.EXPIRING), pending) == notice(Kind.EXPIRING)


@pytest.mark.parametrize("kind", [Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED, Kind.UNKNOWN])
@pytest.mark.parametrize("expires", [on(61), NEVER, UNKNOWN])
def test_what_was_about_another_secret_is_not_told_any_more(kind: Kind, expires: Expiry):
    assert fresh(notice(kind), using("v2", expires)) is None


@pytest.mark.parametrize("kind", [Kind.CONSENT, Kind.CONNECTIONS, Kind.NEWER, Kind.SOLVED])
def test_what_no_secret_mends_is_told_although_another_is_in_use(kind: Kind):
    found = fresh(notice(Kind.REFUSED, kind), using("v2", on(300)))

    assert found is not None
    assert (found.kinds, found.expires, found.refused, found.newer) == ((kind,), on(300), None, None)
    assert (found.hint, found.key_id) == (None, None), "they were the other secret's"


def test_a_near_date_of_the_secret_in_use_is_the_next_scans_to_tell():
    assert fresh(notice(Kind.EXPIRED), using("v2", on(1))) is None


def test_a_notice_of_another_life_of_the_customer_is_about_another_secret():
    assert is_about_another(notice(Kind.EXPIRED, generation="g0"), using("v1"))
    assert is_about_another(notice(Kind.EXPIRED), using("v2"))
    assert not is_about_another(notice(Kind.EXPIRED), using("v1"))


@pytest.mark.parametrize(("left", "kind"), [(1, Kind.EXPIRING), (0, Kind.EXPIRED), (-1, Kind.EXPIRED)])
def test_what_was_about_to_expire_may_have_expired_while_it_waited(left: int, kind: Kind):
    found = of_today(notice(Kind.REFUSED, Kind.EXPIRING, Kind.CONNECTIONS, expires=on(left)), TODAY)

    assert set(found.kinds) == {Kind.REFUSED, kind, Kind.CONNECTIONS}
    assert list(found.kinds) == sorted(found.kinds, key=lambda one: one.urgency)


def test_the_day_makes_nothing_of_what_was_not_about_it():
    for told in (notice(Kind.REFUSED, expires=on(-3)), notice(Kind.EXPIRING, expires=UNKNOWN)):
        assert of_today(told, TODAY) == told


def of_three(*kinds: Kind, in_all: int = 3) -> Notice:
    moments = [NOW - timedelta(hours=number) for number in range(3)]
    ended_at = tuple(moment.isoformat() for moment in moments)
    return notice(*kinds, users=("ada", "bob", "eve"), ended_at=ended_at, users_in_all=in_all)


def test_only_users_who_are_still_to_connect_again_are_told():
    found = of_users(of_three(Kind.CONNECTIONS), [NOW, NOW - timedelta(hours=2)])

    assert found is not None
    assert (found.users, found.users_in_all, len(found.ended_at)) == (("ada", "eve"), 2, 2)
    assert of_users(of_three(Kind.CONNECTIONS), [NOW - timedelta(hours=number) for number in range(3)]) == of_three(
        Kind.CONNECTIONS
    )


def test_who_connected_again_and_was_ended_again_is_told_by_another_notice():
    assert of_users(of_three(Kind.CONNECTIONS), [NOW + timedelta(hours=1)]) is None


def test_when_all_connected_again_the_rest_of_the_notice_stays():
    found = of_users(of_three(Kind.EXPIRING, Kind.CONNECTIONS), [])

    assert found is not None
    assert (found.kinds, found.users, found.ended_at, found.users_in_all) == ((Kind.EXPIRING,), (), (), 0)


def test_users_who_are_counted_only_are_told_although_all_who_are_named_connected_again():
    """Nobody tells them a second time."""
    unnamed = [NOW - timedelta(days=2, minutes=number) for number in range(MOST_NAMED)]

    found = of_users(of_three(Kind.CONNECTIONS, in_all=3 + MOST_NAMED), unnamed)

    assert found is not None
    assert (found.kinds, found.users_in_all) == ((Kind.CONNECTIONS,), MOST_NAMED)
