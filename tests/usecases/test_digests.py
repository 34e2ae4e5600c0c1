"""What of that which waits is still true when its turn has come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.connection import user_key
from lib.domain.findings import Seen
from lib.domain.notices import BASIC, DEPLOYMENT
from lib.ports.alerts import LetterRefused
from lib.usecases.deliver_alerts import Delivered
from tests.usecases.fakes import NOW, down
from tests.usecases.scanning import BUSY, OPERATOR, REFUSED, on
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


async def test_before_the_first_letter_about_something_is_handed_over_that_is_noted(place: Waiting):
    await place.queue("alfa", ADA)
    place.mail.problems[ADA] = [down()]

    await place.deliver()
    assert place.handed_over_at("alfa") == NOW, "it may have gone out: an all clear has to follow"

    place.now += timedelta(hours=1)
    taken = place.steps.taken.count("note handing over")
    await place.deliver()
    assert place.steps.taken.count("note handing over") == taken, "once is enough"


async def test_who_was_told_nothing_gets_no_all_clear_although_a_letter_about_others_went_out(place: Waiting):
    place.add("alfa", expires=on(3))
    place.add("bravo", expires=on(4))
    place.mail.problems[OPERATOR] = [LetterRefused("mailboxFull", passing=True)]
    await place.scan().teller.about_customer(place.customers.get("alfa"), seen(place, "alfa", 3), None)
    await place.scan().teller.about_customer(place.customers.get("bravo"), seen(place, "bravo", 4), None)
    place.renew("alfa", on(400))

    await place.deliver()
    await place.deliver()
    assert place.told() == {(OPERATOR, "bravo", Kind.EXPIRING): 1}
    await place.run()

    assert place.told() == {(OPERATOR, "bravo", Kind.EXPIRING): 1}


def seen(place: Waiting, customer_id: str, days: int) -> Seen:
    return Seen(f"v-{customer_id}", place.customers.get(customer_id).generation, on(days), asked=True)


async def test_what_is_about_a_customer_whose_row_cannot_be_read_waits_and_the_rest_is_sent(place: Waiting):
    await place.queue("alfa", ADA, kinds=(Kind.EXPIRED,), days=-1)
    await place.queue("bravo", ADA)
    place.customers.unreadable.add("alfa")

    assert await place.deliver() == Delivered(letters=1, alerts=1)
    assert place.told() == {(ADA, "bravo", Kind.EXPIRING): 1}
    assert [queued.notice.customer for queued in place.alerts.queue.values()] == ["alfa"]

    place.customers.unreadable.clear()
    assert await place.deliver() == Delivered(letters=1, alerts=1)
    assert place.told()[ADA, "alfa", Kind.EXPIRED] == 1


async def test_a_letter_that_has_to_wait_for_a_row_is_counted_as_waiting(place: Waiting):
    await place.queue("alfa", ADA)
    place.customers.unreadable.add("alfa")

    assert await place.deliver() == Delivered(waiting=1)


async def test_a_refusal_that_had_to_wait_is_not_told_once_another_secret_is_in_use(place: Waiting):
    place.add("contoso", expires=on(300), answer=REFUSED)
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    place.renew("contoso", on(400))

    assert await place.deliver() == Delivered()
    assert place.waiting() == []


async def test_a_warning_that_had_to_wait_says_what_has_become_of_it_by_the_day(place: Waiting):
    place.add("contoso", expires=on(1))
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    place.now += timedelta(hours=16)

    await place.deliver()

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRED): 1}
    assert "expires today" in place.letters(OPERATOR)[0].subject


@pytest.mark.parametrize(("again", "told"), [((), {"ada", "bob"}), (("ada",), {"bob"}), (("ada", "bob"), set())])
async def test_who_has_connected_again_while_the_letter_waited_is_not_named(
    place: Waiting, again: tuple[str, ...], told: set[str]
):
    customer = place.add("contoso", expires=on(300), consent=Consent.USER)
    for number, user in enumerate(("ada", "bob")):
        await place.end_connection("contoso", user, NOW - timedelta(minutes=number))
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    for user in again:
        await place.connections.remove("contoso", customer.generation, user_key(user))

    await place.deliver()

    named = " ".join(line for letter in place.letters(OPERATOR) for part in letter.parts for line in part.lines)
    assert {user for user in ("ada", "bob") if user in named} == told
    assert len(place.letters(OPERATOR)) == (1 if told else 0)
