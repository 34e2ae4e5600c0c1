"""Sending what waits: an alert counts as sent when the service accepted it, and the service's pace is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.ports import Deadline
from lib.ports.alerts import LetterRefused, Pace
from lib.usecases.deliver_alerts import Delivered
from tests.usecases.fakes import NOW, down
from tests.usecases.scanning import OPERATOR, Killed, on
from tests.usecases.waiting import ADA, BOB, EVE, Waiting


@pytest.fixture
def place() -> Waiting:
    return Waiting()


async def test_what_was_accepted_is_noted_and_not_sent_again(place: Waiting):
    await place.queue("contoso", ADA, BOB)

    assert await place.deliver() == Delivered(letters=2, alerts=1)
    assert (place.waiting(), place.handed_over_at("contoso")) == ([], NOW)

    assert await place.deliver() == Delivered()
    assert place.recipients() == [ADA, BOB]


async def test_expired_ones_come_first_and_operators_before_others(place: Waiting):
    await place.queue("alfa", ADA)
    await place.queue("bravo", OPERATOR)
    await place.queue("charlie", BOB, kinds=(Kind.EXPIRED,), days=-1)
    await place.queue("delta", EVE, days=1)

    await place.deliver()

    assert place.recipients() == [BOB, OPERATOR, EVE, ADA]


async def test_whoever_is_spelled_in_two_ways_gets_one_letter(place: Waiting):
    await place.queue("alfa", ADA)
    await place.queue("bravo", ADA.upper())

    assert (await place.deliver()).letters == 1


async def test_a_refused_letter_waits_for_the_next_day_and_stops_no_other(place: Waiting):
    await place.queue("alfa", ADA, BOB)
    place.mail.problems[ADA] = [LetterRefused("invalidRecipient")]

    delivered = await place.deliver()
    assert delivered == Delivered(letters=1, refused=1)
    assert delivered.failed
    assert (place.recipients(), place.waiting()) == ([BOB], [ADA])

    place.now += timedelta(hours=19)
    assert await place.deliver() == Delivered()
    place.now += timedelta(hours=2)
    assert await place.deliver() == Delivered(letters=1, alerts=1)
    assert place.recipients() == [BOB, ADA]


async def test_what_waits_a_day_does_not_tell_of_a_secret_that_was_replaced_meanwhile(place: Waiting):
    place.add("contoso", expires=on(-1))
    place.mail.problems[OPERATOR] = [LetterRefused("mailboxFull")]
    await place.run()
    place.renew("contoso", on(14))
    place.now += timedelta(hours=1)
    await place.run()
    place.now += timedelta(hours=20)
    await place.deliver()

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


async def test_a_service_that_cannot_be_used_is_tried_three_times_and_then_left_alone(place: Waiting):
    for number, recipient in enumerate((ADA, BOB, EVE, OPERATOR)):
        await place.queue(f"customer-{number}", recipient)
        place.mail.problems[recipient] = [down(), down()]

    delivered = await place.deliver()

    assert delivered == Delivered(waiting=4, problem="emailFailed")
    assert delivered.failed
    assert place.steps.taken.count("send letter") == 3
    assert len(place.waiting()) == 4


async def test_one_letter_that_fails_does_not_keep_the_next_one_back(place: Waiting):
    await place.queue("alfa", ADA, BOB, EVE)
    place.mail.problems[ADA] = [MicrosoftTimeout()]

    delivered = await place.deliver()

    assert (delivered.letters, delivered.waiting, delivered.problem) == (2, 1, "emailFailed")
    assert (delivered.alerts, place.waiting()) == (0, [ADA]), "one reader of the alert still waits"
    assert (await place.deliver()).alerts == 1


async def test_a_letter_nobody_foresaw_to_fail_stops_no_other(place: Waiting):
    await place.queue("alfa", ADA, BOB)
    place.mail.problems[ADA] = [ValueError("a bug")]

    delivered = await place.deliver()

    assert (place.recipients(), place.waiting()) == ([BOB], [ADA])
    assert delivered.failed


async def test_a_letter_that_is_tried_again_has_the_same_key_and_others_have_others(place: Waiting):
    await place.queue("alfa", ADA, BOB)
    place.steps.fail_at, place.steps.late = await step_of("send letter", ADA, BOB), True
    place.steps.failure, place.steps.fail_from_then_on = Killed, True
    with pytest.raises(Killed):
        await place.deliver()
    place.steps.fail_at, place.steps.fail_from_then_on = 0, False
    place.now += timedelta(minutes=2)

    await place.deliver()

    [(first, _, key), (again, _, same_key), (_, _, other_key)] = place.mail.sent
    assert (first, again, key) == (ADA, ADA, same_key)
    assert key != other_key
    await place.queue("alfa", ADA, kinds=(Kind.EXPIRED,), days=0)
    await place.deliver()
    assert place.mail.sent[-1][2] != key, "another letter"


@pytest.mark.parametrize("late", [False, True])
async def test_when_what_was_sent_cannot_be_removed_the_letter_comes_twice_and_not_more(place: Waiting, late: bool):
    await place.queue("alfa", ADA)
    await place.queue("bravo", ADA)
    step = await step_of("drop notices", ADA, customers=("alfa", "bravo"))
    place.steps.fail_at, place.steps.late = step, late

    assert (await place.deliver()).problem == "microsoftUnavailable"
    await place.deliver()

    assert place.told()[ADA, "bravo", Kind.EXPIRING] == 2
    assert place.told()[ADA, "alfa", Kind.EXPIRING] == (1 if late else 2)
    assert place.waiting() == []


async def step_of(name: str, *recipients: str, customers: tuple[str, ...] = ("alfa",)) -> int:
    """Return the number of the first step of this name when these customers' notices are sent."""
    other = Waiting()
    for customer in customers:
        await other.queue(customer, *recipients)
    await other.deliver()
    return other.steps.taken.index(name) + 1


async def test_the_pace_is_kept_by_all_processes_together(place: Waiting):
    place.mail.pace = Pace(per_minute=2, per_hour=3)
    for number in range(5):
        await place.queue(f"customer-{number}", f"reader{number}@x.example", days=number + 1)

    delivered = await place.deliver(25)
    assert delivered == Delivered(letters=2, waiting=3, alerts=2, problem="paced")
    assert not delivered.failed
    assert await place.deliver(25) == Delivered(waiting=3, problem="paced")

    place.now += timedelta(minutes=1, seconds=5)
    assert (await place.deliver(25)).letters == 1
    place.now += timedelta(minutes=30)
    assert (await place.deliver(25)).letters == 0
    place.now += timedelta(minutes=30)
    assert (await place.deliver(25)).letters == 2
    assert place.recipients() == [f"reader{number}@x.example" for number in range(5)]


async def test_the_service_is_given_the_time_it_asks_for(place: Waiting):
    await place.queue("alfa", ADA)
    place.mail.problems[ADA] = [Throttled(600)]

    delivered = await place.deliver()
    assert delivered == Delivered(waiting=1, problem="throttled")
    assert delivered.failed
    assert place.waiting() == [ADA]

    place.mail.problems[ADA] = [Throttled(0)]
    assert await place.deliver() == Delivered(letters=1, alerts=1), "tried again in the same run if there is time"


async def test_without_time_for_a_letter_none_is_begun(place: Waiting):
    await place.queue("alfa", ADA)

    assert await place.deliver(19) == Delivered(waiting=1, problem="paced")
    assert place.waiting() == [ADA]
    assert await place.deliver(21) == Delivered(letters=1, alerts=1)


async def test_while_another_process_sends_this_one_does_not(place: Waiting):
    await place.queue("alfa", ADA)
    await place.leases.take("delivery", "another", NOW, NOW + timedelta(minutes=1))

    delivered = await place.deliver(0.5)

    assert (delivered.problem, delivered.failed, place.recipients()) == ("deliveryRunning", False, [])


async def test_whoever_lost_the_right_to_send_sends_nothing_more(place: Waiting):
    await place.queue("alfa", ADA)
    place.steps.before[5] = lambda: place.leases._put(replace(place.leases.rows["delivery"], owner="another"))

    delivered = await place.deliver()

    assert (delivered.problem, place.recipients(), place.waiting()) == ("deliveryRunning", [], [ADA])
    assert place.leases.rows["delivery"].owner == "another"


async def test_without_an_email_service_everything_waits(place: Waiting):
    await place.queue("alfa", ADA)
    delivery = replace(place.scan().delivery, mail=None)

    delivered = await delivery.run(Deadline.after(60))
    assert delivered == Delivered(waiting=1, problem="emailNotConfigured")
    assert delivered.failed
    assert await replace(Waiting().scan().delivery, mail=None).run(Deadline.after(60)) == Delivered()


async def test_a_letter_has_an_end_and_the_rest_comes_with_the_next_run(place: Waiting):
    for number in range(301):
        await place.queue(f"customer-{number:03d}", OPERATOR, days=5 if number else 6)

    assert (await place.deliver()).alerts == 300
    assert [queued.notice.customer for queued in place.alerts.queue.values()] == ["customer-000"], "the least urgent"
    assert (await place.deliver()).alerts == 1


async def test_a_refusal_that_passes_is_tried_with_the_next_run_and_with_another_key(place: Waiting):
    await place.queue("alfa", ADA)
    place.mail.problems[ADA] = [LetterRefused("mailboxFull", passing=True)]
    keys = [digest.key for digest in await place.scan().delivery.digests.waiting()]

    delivered = await place.deliver()
    assert (delivered, delivered.failed) == (Delivered(refused=1), True)

    assert await place.deliver() == Delivered(letters=1, alerts=1)
    assert place.mail.sent[0][2] not in keys, "the service remembers what became of the first"


@pytest.mark.parametrize("problem", [MicrosoftTimeout(), down()])
async def test_a_letter_that_failed_comes_last_next_time_with_the_same_key(place: Waiting, problem: Exception):
    await place.queue("alfa", ADA, kinds=(Kind.EXPIRED,), days=-1)
    await place.queue("bravo", BOB)
    place.mail.problems[ADA] = [problem]
    keys = {digest.recipient: digest.key for digest in await place.scan().delivery.digests.waiting()}
    await place.deliver()

    await place.queue("charlie", EVE)
    await place.deliver()

    assert place.recipients()[-1] == ADA
    assert place.mail.sent[-1][2] == keys[ADA]


async def test_three_letters_that_always_fail_hold_up_nobody(place: Waiting):
    """Whatever it is, a mistake of ours included."""
    for number in range(3):
        await place.queue(f"alfa-{number}", f"reader{number}@x.example", kinds=(Kind.EXPIRED,), days=-1)
        place.mail.problems[f"reader{number}@x.example"] = [ValueError("a bug") for _ in range(9)]
    await place.queue("bravo", BOB)

    for _ in range(2):
        assert (await place.deliver()).failed

    assert place.recipients() == [BOB]


async def test_a_pace_that_is_our_own_hides_no_failure(place: Waiting):
    place.mail.pace = Pace(per_minute=2, per_hour=9)
    await place.queue("alfa", ADA, days=1)
    await place.queue("bravo", BOB, days=2)
    await place.queue("charlie", EVE, days=3)
    place.mail.problems[ADA] = [down()]

    delivered = await place.deliver(25)

    assert (place.recipients(), delivered.waiting) == ([BOB], 2)
    assert delivered.failed, "a letter could not be sent"


async def test_a_service_that_was_busy_for_a_moment_is_not_what_ends_a_run_later(place: Waiting):
    place.mail.pace = Pace(per_minute=2, per_hour=9)
    await place.queue("alfa", ADA, days=1)
    await place.queue("bravo", BOB, days=2)
    place.mail.problems[ADA] = [Throttled(0)]

    delivered = await place.deliver(25)

    assert (place.recipients(), delivered.problem, delivered.failed) == ([ADA], "paced", False)
