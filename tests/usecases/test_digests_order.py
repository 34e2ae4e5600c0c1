"""Which letter comes first, so that none waits for ever; and what becomes of a letter that would be too long."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from lib.domain.alerts import Kind
from lib.domain.errors import Throttled
from lib.domain.notices import Notice, Queued
from lib.ports.alerts import LetterRefused
from lib.usecases.deliver_alerts import Delivered
from lib.usecases.digests import Digest
from tests.usecases.fakes import NOW, down
from tests.usecases.scanning import OPERATOR, on
from tests.usecases.waiting import ADA, BOB, EVE, Waiting

HOUR = timedelta(hours=1)


@pytest.fixture
def place() -> Waiting:
    return Waiting()


def digest(
    recipient: str, *failed: datetime | None, kind: Kind = Kind.EXPIRING, days: int = 9, for_operators: bool = False
) -> Digest:
    """Return a letter with one notice for each moment at which one failed, None if it did not."""
    notice = Notice("contoso", "g1", (kind,), NOW, expires=on(days))
    queued = [Queued(f"r{number}", recipient, notice, not_before=moment) for number, moment in enumerate(failed)]
    return Digest(recipient, for_operators, queued)


def test_what_never_failed_comes_first_and_then_what_was_tried_longest_ago():
    in_order = [
        digest("expired", None, kind=Kind.EXPIRED, days=-1),
        digest("operators", None, for_operators=True),
        digest("sooner", None, days=1),
        digest("later", None, days=9),
        digest("failed first", NOW - 2 * HOUR, days=9),
        digest("failed with others that did not", None, NOW - HOUR, NOW - 3 * HOUR, kind=Kind.EXPIRED),
        digest("failed last", NOW, kind=Kind.EXPIRED, days=-9, for_operators=True),
        digest("failed last, too", NOW, kind=Kind.EXPIRED, days=-9),
    ]

    for order in permutations(in_order[2:]):
        assert sorted([*order, *in_order[1::-1]], key=lambda one: one.urgency) == in_order


async def test_three_letters_that_always_fail_do_not_starve_one_that_failed_in_an_outage(place: Waiting):
    await place.queue("delta", EVE, days=40)
    place.mail.problems[EVE] = [down()]
    await place.deliver()
    place.now += timedelta(minutes=1)
    for number, recipient in enumerate((ADA, BOB, OPERATOR)):
        await place.queue(f"customer-{number}", recipient, kinds=(Kind.EXPIRED,), days=-1)
        place.mail.problems[recipient] = [down() for _ in range(9)]
    await place.deliver()
    assert place.recipients() == [], "three failures are the service's"

    place.now += HOUR
    await place.deliver()

    assert place.recipients() == [EVE]


async def test_of_many_that_fail_each_has_its_turn(place: Waiting):
    recipients = [f"reader-{number}@x.example" for number in range(8)]
    for number, recipient in enumerate(recipients):
        await place.queue(f"customer-{number}", recipient, days=number)
        place.mail.problems[recipient] = [down()]

    for _ in range(6):  # three each run: 8 failures, then 8 letters
        place.now += HOUR
        await place.deliver()

    assert sorted(place.recipients()) == recipients


async def test_a_letter_refused_for_good_is_behind_the_others_when_it_is_tried_again(place: Waiting):
    await place.queue("alfa", ADA, kinds=(Kind.EXPIRED,), days=-1)
    place.mail.problems[ADA] = [LetterRefused("invalidRecipient")]
    await place.deliver()
    place.now += 21 * HOUR
    await place.queue("bravo", BOB)

    await place.deliver()

    assert place.recipients() == [BOB, ADA]


async def test_what_does_not_fit_into_a_letter_waits_for_the_next_run(place: Waiting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.digests._MOST_IN_A_LETTER", 2)
    for customer, days in (("alfa", 9), ("bravo", 3), ("charlie", 6), ("delta", 12), ("echo", 1)):
        await place.queue(customer, ADA, days=days)

    assert await place.deliver() == Delivered(letters=1, alerts=2, waiting=1)
    assert {customer for _, customer, _ in place.told()} == {"echo", "bravo"}, "the most urgent first"
    assert await place.deliver() == Delivered(letters=1, alerts=2, waiting=1)
    assert await place.deliver() == Delivered(letters=1, alerts=1)

    assert set(place.told().values()) == {1}
    assert len(place.told()) == 5
    assert await place.deliver() == Delivered()


async def test_an_alert_counts_as_sent_when_no_part_of_it_waits_for_another_letter(
    place: Waiting, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lib.usecases.digests._MOST_IN_A_LETTER", 1)
    await place.queue("bravo", ADA, days=1)
    await place.queue("alfa", ADA, BOB, days=9)

    assert await place.deliver() == Delivered(letters=2, alerts=1, waiting=1)
    assert await place.deliver() == Delivered(letters=1, alerts=1)

    assert place.recipients() == [ADA, BOB, ADA]


async def test_what_does_not_fit_is_no_reason_to_repeat_what_went_out(place: Waiting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.digests._MOST_IN_A_LETTER", 1)
    await place.queue("bravo", ADA, days=1)
    await place.queue("alfa", ADA, days=9)
    place.mail.problems[ADA] = [down()]

    assert await place.deliver() == Delivered(waiting=1, problem="emailFailed")
    failed = {queued.notice.customer for queued in place.alerts.queue.values() if queued.not_before}
    assert failed == {"bravo"}, "only what was in the letter failed"
    place.now += HOUR
    await place.deliver()
    await place.deliver()

    assert set(place.told().values()) == {1}
    keys = [key for _, _, key in place.mail.sent]
    assert len(set(keys)) == len(keys) == 2


def test_the_key_of_a_letter_is_another_one_after_a_refusal():
    before = digest(ADA, None)
    again = replace(before, queued=[replace(before.queued[0], not_before=NOW)])
    refused = replace(before, queued=[replace(before.queued[0], refusals=1)])

    assert before.key == again.key != refused.key


async def test_who_is_asked_to_wait_keeps_the_turn(place: Waiting):
    await place.queue("alfa", ADA, kinds=(Kind.EXPIRED,), days=-1)
    await place.queue("bravo", BOB)
    place.mail.problems[ADA] = [Throttled(600)]
    await place.deliver()

    await place.deliver()

    assert place.recipients() == [ADA, BOB], "it was about the service, not about the letter"
