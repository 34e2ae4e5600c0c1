"""A user's sign-in while stores fail, others sign in, or the customer is deleted: all of it or nothing is stored."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import combinations_with_replacement

import pytest

from lib.domain.configuration import UNSETTLED, AdminConsent
from lib.domain.connection import Ended
from lib.domain.consent import Answer, AnswerNotUsable, Ending, Finish, Start
from lib.domain.errors import CalendarError, MicrosoftUnavailable
from tests.usecases.fakes import NOW
from tests.usecases.office import BACK, CODE, USER_DRAFT, Office, state_of

BOB_ID = "0d000000-0000-0000-0000-00000000000b"
# Read row, read secret, seal, read connection; to tell every process: read row, write row; write connection.
STEPS_TO_STORE = range(1, 8)
STEPS = range(1, 10)  # and to tell it again: read row, write row
NEEDS_ADMIN = Answer(error="access_denied", error_codes=(90094,))


@pytest.fixture
async def office() -> Office:
    return await Office(draft=USER_DRAFT).prepare()


async def opened(office: Office, return_url: str | None = BACK) -> tuple[str, str]:
    """Invite a user and open the link; what comes now is counted from one."""
    state = await office.open(await office.invite_user(return_url=return_url))
    office.steps.taken.clear()
    return state


class Deletion:
    """A deletion of the customer, in its two halves: from the tombstone on nothing answers, then all is removed."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def tombstone(self) -> None:
        customer = self.office.customer()
        self.office.customers.put(
            replace(customer, newest=None, active=None, admin_consent=AdminConsent(), leftovers=(customer.generation,))
        )

    def removal(self) -> None:
        self.forget("m1")
        self.office.customers.rows.clear()

    def begin_anew(self) -> None:
        """The customer is saved with another application: another generation, the first one's things removed."""
        self.office.customers.put(replace(self.office.saved, generation="m2", edition="m2"))
        self.forget("m1")

    def forget(self, generation: str) -> None:
        """Remove what there is of a generation by now."""
        office = self.office
        office.vault.secrets.clear()
        office.connections.rows = {k: v for k, v in office.connections.rows.items() if k[1] != generation}
        for kept in (office.consents.links, office.consents.sign_ins):
            for key in [key for key, entry in kept.items() if entry.generation == generation]:
                del kept[key]


def at(office: Office, steps: dict[int, Callable[[], None]]) -> None:
    office.steps.before = dict(steps)


def catch_up(office: Office) -> None:
    """Do what was to happen at a step that never came."""
    for _, late in sorted(office.steps.before.items()):
        late()
    office.steps.before.clear()


def expect_nothing_left(office: Office) -> None:
    assert {key for key in office.connections.rows if key[1] == "m1"} == set()
    assert [link for link in office.consents.links.values() if link.generation == "m1"] == []
    assert [sign_in for sign_in in office.consents.sign_ins.values() if sign_in.generation == "m1"] == []


async def expect_connected(office: Office) -> None:
    """Sign in once more; expect that it works."""
    finish = await office.sign_in()
    assert isinstance(finish, Finish)
    assert finish.ending is Ending.CONNECTED
    assert await office.renewals.open(office.connections.get())


@pytest.mark.parametrize(("first", "second"), list(combinations_with_replacement(range(1, 11), 2)))
@pytest.mark.parametrize("again", [False, True], ids=["first sign-in", "signed in before"])
async def test_a_deletion_at_whatever_step_leaves_nothing(office: Office, first: int, second: int, again: bool):
    if again:
        await office.connect(ended=Ended(NOW))
    state = await opened(office)
    deletion = Deletion(office)

    def both() -> None:
        deletion.tombstone()
        deletion.removal()

    at(office, {first: both} if first == second else {first: deletion.tombstone, second: deletion.removal})
    try:
        finish = await office.answer(*state, CODE)
    except AnswerNotUsable:
        pass
    else:
        assert isinstance(finish, Finish)
        early = first <= 8
        assert not early or finish.ending is not Ending.CONNECTED, "the deletion was there to be seen"
    catch_up(office)

    expect_nothing_left(office)


@pytest.mark.parametrize("step", range(1, 11))
async def test_a_customer_that_begins_anew_at_whatever_step_keeps_nothing_of_before(office: Office, step: int):
    state = await opened(office)
    at(office, {step: Deletion(office).begin_anew})
    try:
        finish = await office.answer(*state, CODE)
    except AnswerNotUsable:
        pass
    else:
        assert isinstance(finish, Finish)
        assert step > 8 or finish.ending is not Ending.CONNECTED
    catch_up(office)

    expect_nothing_left(office)
    assert office.connections.rows == {}, "nor did it get into the new life"
    assert office.customer().connections_mark == "" or step > 9


@pytest.mark.parametrize(("first", "second"), list(combinations_with_replacement(range(1, 6), 2)))
@pytest.mark.parametrize("return_url", [BACK, None], ids=["for the ATS", "for a page"])
async def test_a_deletion_while_another_way_is_offered_leaves_nothing(
    office: Office, first: int, second: int, return_url: str | None
):
    deletion = Deletion(office)
    state = await opened(office, return_url)
    if return_url is None:  # the second try, whose page offers links
        start = await office.answer(*state, NEEDS_ADMIN)
        assert isinstance(start, Start)
        state = state_of(start)
        office.steps.taken.clear()

    def both() -> None:
        deletion.tombstone()
        deletion.removal()

    at(office, {first: both} if first == second else {first: deletion.tombstone, second: deletion.removal})
    with suppress(AnswerNotUsable):
        await office.answer(*state, NEEDS_ADMIN)
    catch_up(office)

    expect_nothing_left(office)


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", STEPS_TO_STORE)
@pytest.mark.parametrize("return_url", [BACK, None], ids=["for the ATS", "for a page"])
async def test_a_store_that_fails_at_any_step_is_told_and_the_next_sign_in_works(
    office: Office, step: int, late: bool, return_url: str | None
):
    state = await opened(office, return_url)
    office.steps.fail_at, office.steps.late = step, late
    if return_url is None or step == 1:
        with pytest.raises(MicrosoftUnavailable):
            await office.answer(*state, CODE)
    else:
        finish = await office.answer(*state, CODE)
        assert isinstance(finish, Finish)
        assert (finish.ending, finish.return_url) == (Ending.MICROSOFT_ERROR, BACK)
    office.steps.fail_at = 0

    for stored in office.connections.rows.values():
        assert await office.renewals.open(stored.connection), "what is stored is whole"
    if step < 7:
        assert office.connections.rows == {}
    await expect_connected(office)


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", [8, 9])
async def test_telling_every_process_is_tried_twice(office: Office, step: int, late: bool):
    state = await opened(office)
    office.steps.fail_at, office.steps.late = step, late

    finish = await office.answer(*state, CODE)

    assert isinstance(finish, Finish)
    assert finish.ending is Ending.CONNECTED
    assert office.customer().connections_mark not in {"", UNSETTLED}


@pytest.mark.parametrize("from_then_on", [False, True], ids=["twice", "for good"])
async def test_what_cannot_be_told_in_the_end_works_without_anybodys_memory(office: Office, from_then_on: bool):
    state = await opened(office, None)
    office.steps.fail_at, office.steps.fail_from_then_on = 8, from_then_on
    office.steps.before[9] = lambda: setattr(office.steps, "fail_at", 9)
    finish = await office.answer(*state, CODE)
    office.steps.fail_at, office.steps.fail_from_then_on = 0, False

    assert isinstance(finish, Finish)
    assert finish.ending is Ending.CONNECTED
    assert await office.renewals.open(office.connections.get())
    assert office.customer().connections_mark == UNSETTLED
    await expect_connected(office)
    assert office.customer().connections_mark != UNSETTLED


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_store_that_fails_takes_no_connection_away(office: Office, step: int, late: bool):
    await office.connect()
    state = await opened(office)
    office.steps.fail_at, office.steps.late = step, late
    try:
        await office.answer(*state, CODE)
    except CalendarError as problem:
        assert isinstance(problem, MicrosoftUnavailable)
    office.steps.fail_at = 0

    assert (await office.renewals.open(office.connections.get())).cache in {"cache 0", "cache of code 1"}


async def test_a_deletion_that_could_not_be_seen_leaves_nothing_either(office: Office):
    deletion = Deletion(office)
    state = await opened(office)

    def both() -> None:
        deletion.tombstone()
        deletion.removal()

    at(office, {7: both})
    office.steps.fail_at = 8  # the look whether the customer is still there; the next one works

    with pytest.raises(AnswerNotUsable):
        await office.answer(*state, CODE)

    expect_nothing_left(office)


async def test_two_sign_ins_of_a_user_at_once_both_connect(office: Office):
    starts = [await office.start(await office.invite_user()) for _ in range(2)]

    ends = await asyncio.gather(*(office.answer(*state_of(start), CODE) for start in starts))

    assert [finish.ending for finish in ends if isinstance(finish, Finish)] == [Ending.CONNECTED] * 2
    grant = await office.renewals.open(office.connections.get())
    assert grant.cache in {"cache of code 1", "cache of code 2"}


async def test_of_two_accounts_at_once_the_second_is_told_that_it_is_another_one(office: Office):
    async def first() -> None:
        await office.connect(name="of Bob", object_id=BOB_ID)

    office.connections.before_write = first
    finish = await office.sign_in()

    assert isinstance(finish, Finish)
    assert finish.ending is Ending.WRONG_ACCOUNT
    assert office.connections.get().object_id == BOB_ID


async def test_a_connection_that_others_keep_changing_is_not_raced_for_ever(office: Office):
    await office.connect()

    async def again() -> None:
        office.connections.put(office.connections.get())
        office.connections.before_write = again

    office.connections.before_write = again
    with pytest.raises(MicrosoftUnavailable):
        await office.sign_in(return_url=None)

    assert office.steps.taken.count("write connection") < 10
