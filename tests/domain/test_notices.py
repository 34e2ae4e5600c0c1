"""What waits to be told: how it is stored, what of it is still true, and how several become one."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.alerts import History, Kind, Told
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.fields import CUSTOMER
from lib.domain.findings import Newer, Trouble
from lib.domain.notices import BASIC, DEPLOYMENT, Notice, Queued, Unchecked, as_one, still_true

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TODAY = NOW.date()
TOLD = Told("v1", TODAY)
FULL = Notice(
    customer="contoso",
    generation="g1",
    kinds=(Kind.EXPIRED, Kind.CONNECTIONS),
    found_at=NOW,
    tenant="contoso.com",
    application_id="aaaaaaaa-0000-0000-0000-000000000001",
    expires=Expiry(on=date(2026, 11, 20)),
    works=True,
    hint="s3c",
    credential="v1",
    tested=False,
    key_id="key-1",
    refused=Trouble("AADSTS7000215", "refused", "paste it"),
    withdrawn=Trouble("AADSTS7000229", "withdrawn"),
    newer=Newer.REGISTERED,
    newer_until=Expiry(on=date(2027, 11, 20)),
    users=("ada@contoso.com", "zoë"),
    ended_at=(NOW.isoformat(), NOW.isoformat()),
    users_in_all=30,
    unchecked=(Unchecked("fabrikam", "throttled", "busy"), Unchecked(None, "microsoftUnavailable", "down")),
    unchecked_in_all=2,
)


def notice(*kinds: Kind, **fields: object) -> Notice:
    return replace(Notice("contoso", "g1", kinds, NOW), **fields)


expiries = st.sampled_from([UNKNOWN, NEVER]) | st.dates().map(lambda day: Expiry(on=day))
troubles = st.none() | st.builds(Trouble, st.text(), st.text(), st.text())
notices = st.builds(
    Notice,
    customer=st.text(),
    generation=st.text(),
    kinds=st.lists(st.sampled_from(Kind), min_size=1).map(tuple),
    found_at=st.datetimes(timezones=st.just(UTC)),
    tenant=st.none() | st.text(),
    expires=expiries,
    works=st.booleans(),
    hint=st.none() | st.text(),
    refused=troubles,
    withdrawn=troubles,
    newer=st.none() | st.sampled_from(Newer),
    newer_until=expiries,
    users=st.lists(st.text()).map(tuple),
    unchecked=st.lists(st.builds(Unchecked, st.none() | st.text(), st.text(), st.text())).map(tuple),
)


@settings(derandomize=True, deadline=None, max_examples=100, database=None)
@given(notices)
def test_every_notice_can_be_stored_and_read_again(notice: Notice):
    assert Notice.parse(notice.as_text()) == notice


def test_all_of_a_notice_can_be_stored_and_read_again():
    assert Notice.parse(FULL.as_text()) == FULL


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "5", '"x"', FULL.as_text().replace("expired", "exploded"), FULL.as_text()[:-1]],
)
def test_what_is_no_notice_is_refused(text: str):
    with pytest.raises((ValueError, KeyError, TypeError)):
        Notice.parse(text)


@pytest.mark.parametrize("name", [DEPLOYMENT, BASIC])
def test_no_customer_can_be_taken_for_the_deployment(name: str):
    assert not CUSTOMER.fullmatch(name)
    assert name < "0", "and it comes before every customer"


def test_names_of_users_are_not_shown_by_accident():
    assert "ada@contoso.com" not in repr(FULL)


def test_what_is_urgent_comes_first_and_of_equals_what_expires_first():
    soon = notice(Kind.EXPIRING, expires=Expiry(on=TODAY + timedelta(days=1)))
    later = notice(Kind.EXPIRING, expires=Expiry(on=TODAY + timedelta(days=9)))
    expired = notice(Kind.EXPIRED, expires=UNKNOWN)
    refused = notice(Kind.REFUSED, Kind.CONNECTIONS, expires=NEVER)

    found = sorted([later, refused, soon, notice(Kind.SOLVED), expired], key=lambda one: one.urgency)

    assert found == [expired, refused, soon, later, notice(Kind.SOLVED)]


def test_the_parts_of_one_alert_are_known_by_the_same_name():
    one, other = Queued("r1", "a@x.example", FULL), Queued("r2", "b@x.example", FULL)

    assert one.alert == other.alert
    assert one.alert != Queued("r3", "a@x.example", replace(FULL, found_at=NOW + timedelta(days=1))).alert
    assert one.alert != Queued("r4", "a@x.example", replace(FULL, customer="fabrikam")).alert


@pytest.mark.parametrize(
    ("kind", "open_now"),
    [
        (Kind.EXPIRED, {"expiry": TOLD}),
        (Kind.EXPIRING, {"expiry": Told("v1", TODAY, 14)}),
        (Kind.REFUSED, {"credential": TOLD}),
        (Kind.CONSENT, {"consent": TOLD}),
        (Kind.UNCHECKED, {"unchecked": TOLD}),
        (Kind.UNKNOWN, {"unknown": TOLD}),
        (Kind.NEWER, {"newer": TOLD}),
    ],
)
def test_what_was_solved_is_not_told_any_more(kind: Kind, open_now: dict[str, Told]):
    assert still_true(notice(kind), History("contoso", "g1", **open_now)) == notice(kind)
    assert still_true(notice(kind), History("contoso", "g1")) is None


def test_of_two_reasons_the_one_that_is_left_is_told():
    both = notice(Kind.REFUSED, Kind.EXPIRING)

    assert still_true(both, History("contoso", "g1", expiry=Told("v1", TODAY, 14))) == notice(Kind.EXPIRING)


def test_a_letter_that_had_to_wait_does_not_say_expired_of_what_expires_soon_by_a_corrected_date():
    soon = History("contoso", "g1", expiry=Told("v1", TODAY, 14))

    assert still_true(notice(Kind.EXPIRED), soon) is None


def test_a_letter_that_had_to_wait_does_not_say_soon_of_what_was_told_as_expired_since():
    assert still_true(notice(Kind.EXPIRING), History("contoso", "g1", expiry=TOLD)) is None


def test_an_all_clear_is_not_told_once_there_is_trouble_again():
    assert still_true(notice(Kind.SOLVED), History("contoso", "g1")) == notice(Kind.SOLVED)
    assert still_true(notice(Kind.SOLVED), History("contoso", "g1", consent=TOLD)) is None


def test_users_who_have_to_connect_again_are_told_whatever_else_was_solved():
    assert still_true(notice(Kind.CONNECTIONS), History("contoso", "g1")) == notice(Kind.CONNECTIONS)


LATER = NOW + timedelta(days=1)


def test_several_notices_of_one_customer_become_one_that_says_the_newest():
    soon, today = Expiry(on=TODAY + timedelta(days=1)), Expiry(on=TODAY + timedelta(days=3))
    old = notice(Kind.EXPIRING, expires=soon, works=True)
    new = notice(Kind.REFUSED, found_at=LATER, expires=today, refused=Trouble("AADSTS7000215", "refused"))

    assert as_one([new, old]) == as_one([old, new]) == replace(new, kinds=(Kind.REFUSED, Kind.EXPIRING))
    assert as_one([old]) == old


def test_what_expired_meanwhile_no_longer_expires_soon():
    assert as_one([notice(Kind.EXPIRING), notice(Kind.EXPIRED, found_at=LATER)]).kinds == (Kind.EXPIRED,)


def test_what_expires_soon_by_a_corrected_date_is_not_told_as_expired():
    expired = notice(Kind.EXPIRED, expires=Expiry(on=TODAY - timedelta(days=3)))
    corrected = notice(Kind.EXPIRING, found_at=LATER, expires=Expiry(on=TODAY + timedelta(days=20)))

    assert as_one([expired, corrected]) == corrected


def test_trouble_is_not_told_together_with_its_all_clear():
    assert as_one([notice(Kind.SOLVED), notice(Kind.EXPIRING, found_at=LATER)]).kinds == (Kind.EXPIRING,)


def test_what_an_older_notice_alone_knows_is_not_lost():
    refused = Trouble("AADSTS700027", "the application is disabled", "enable it")
    old = notice(Kind.REFUSED, Kind.CONNECTIONS, refused=refused, users=("ada@contoso.com",), users_in_all=1)
    new = notice(Kind.EXPIRING, found_at=LATER, expires=Expiry(on=TODAY + timedelta(days=3)))

    one = as_one([old, new])

    assert one.kinds == (Kind.REFUSED, Kind.EXPIRING, Kind.CONNECTIONS)
    assert (one.refused, one.users, one.users_in_all) == (refused, ("ada@contoso.com",), 1)
    assert (one.expires, one.found_at) == (new.expires, new.found_at)


@pytest.mark.parametrize("beside", [Kind.CONNECTIONS, Kind.UNKNOWN])
def test_an_all_clear_stands_beside_what_is_no_trouble(beside: Kind):
    one = as_one([notice(beside), notice(Kind.SOLVED, found_at=LATER)])

    assert set(one.kinds) == {beside, Kind.SOLVED}
    assert list(one.kinds) == sorted(one.kinds, key=lambda kind: kind.urgency)


def test_users_are_known_by_the_moment_also_when_notices_become_one():
    old = notice(Kind.CONNECTIONS, users=("ada",), ended_at=(NOW.isoformat(),), users_in_all=1)

    assert as_one([old, notice(Kind.EXPIRED, found_at=LATER)]).ended_at == (NOW.isoformat(),)


def test_what_a_later_version_wrote_into_a_notice_is_left_out():
    text = FULL.as_text()[:-1] + ',"something_new":[1]}'

    assert Notice.parse(text) == FULL
