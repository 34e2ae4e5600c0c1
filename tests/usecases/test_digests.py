"""What of that which waits is still true when its turn has come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.notices import BASIC, DEPLOYMENT
from lib.ports.alerts import LetterRefused
from lib.usecases.deliver_alerts import Delivered
from tests.usecases.fakes import down
from tests.usecases.scanning import BUSY, OPERATOR, on
from tests.usecases.waiting import ADA, BOB, Waiting


@pytest.fixture
def place() -> Waiting:
    return Waiting()


def removed(place: Waiting) -> None:
    place.customers.rows.clear()


def of_type_none(place: Waiting) -> None:
    customer = place.customers.get("contoso")
    assert customer.newest is not None
    access = replace(customer.newest.access, type=ConfigurationType.NONE)
    place.customers.put(replace(customer, newest=replace(customer.newest, access=access), active=None))


def begun_anew(place: Waiting) -> None:
    place.customers.put(replace(place.customers.get("contoso"), generation="another"))


def without_recipients(place: Waiting) -> None:
    customer = place.customers.get("contoso")
    assert customer.newest is not None
    wishes = replace(customer.newest.wishes, alert_recipients=())
    place.customers.put(replace(customer, newest=replace(customer.newest, wishes=wishes)))


def solved(place: Waiting) -> None:
    place.remember("contoso", place.customers.get("contoso").generation)


def forgotten(place: Waiting) -> None:
    place.alerts.rows.clear()


@pytest.mark.parametrize("change", [removed, of_type_none, begun_anew, without_recipients, solved, forgotten])
async def test_what_is_no_longer_true_is_not_sent(place: Waiting, change: object):
    await place.queue("contoso", ADA)
    change(place)  # type: ignore[operator]

    assert await place.deliver() == Delivered()

    assert (place.recipients(), place.waiting()) == ([], [])


async def test_who_no_longer_operates_is_not_told_about_the_deployment(place: Waiting):
    for customer in (BASIC, DEPLOYMENT):
        await place.queue(customer, OPERATOR, kinds=(Kind.UNCHECKED,))
    place.operators = (BOB,)

    assert await place.deliver() == Delivered()
    assert place.waiting() == []


async def test_what_expired_and_was_replaced_by_one_that_expires_soon_is_told_as_what_it_is_now(place: Waiting):
    place.add("contoso", expires=on(-3))
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    place.renew("contoso", on(13))
    place.now += timedelta(hours=1)

    await place.run()

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


async def test_a_warning_that_had_to_wait_is_not_sent_after_the_secret_was_told_as_expired(place: Waiting):
    place.add("contoso", expires=on(1))
    place.mail.problems[OPERATOR] = [LetterRefused("mailboxFull")]
    await place.run()
    place.now += timedelta(hours=16)  # the next day
    await place.run()
    place.now += timedelta(hours=8)
    await place.run()

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRED): 1}


async def test_what_the_newest_notice_does_not_know_is_told_from_the_older_one(place: Waiting):
    """A day on which the vault does not answer knows nothing of the users, and they still have to connect again."""
    place.add("contoso", expires=on(8), consent=Consent.USER)
    place.thresholds = (7,)
    await place.end_connection("contoso", "ada@users.example")
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    place.now += timedelta(days=1)
    place.entra.answers["contoso-secret"] = BUSY

    await place.run()

    [letter] = place.letters(OPERATOR)
    [part] = [part for part in letter.parts if part.heading == "Users who have to connect again"]
    assert "1 user of contoso" in part.lines[0]
    assert "ada@users.example" in part.lines[0]
