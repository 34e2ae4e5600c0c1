"""When a connection was last used: noted once a day, and never in anybody's way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.usecases.callers import BOB, Calls
from tests.usecases.fakes import NOW
from tests.usecases.user_fakes import ADA, grant_of


async def test_a_use_is_noted_once_a_day(calls: Calls):
    await calls.connect()
    await calls.token()
    calls.steps_taken()

    for _ in range(3):
        await calls.tokens.note_use(calls.customer(), ADA)
    assert calls.steps_taken().count("write connection") == 1
    assert calls.connections.get().last_used_at == NOW

    calls.now += timedelta(days=1)
    await calls.tokens.note_use(calls.customer(), ADA.upper())
    assert calls.connections.get().last_used_at == calls.now
    assert (await calls.renewals.open(calls.connections.get())).token.value == "token 0"


async def test_a_use_that_another_process_noted_is_not_noted_again(calls: Calls):
    before = await calls.connect(last_used_at=NOW - timedelta(hours=2))
    await calls.token()
    calls.steps_taken()

    await calls.tokens.note_use(calls.customer(), ADA)

    assert calls.steps_taken() == []
    assert calls.connections.get() == before


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3, 4])
async def test_a_use_that_cannot_be_noted_does_no_harm(calls: Calls, step: int, late: bool):
    await calls.connect()
    await calls.token()
    calls.steps_taken()
    calls.steps.fail_at, calls.steps.late = step, late

    await calls.tokens.note_use(calls.customer(), ADA)

    assert await calls.value() == "token 0"


async def test_a_use_is_not_noted_for_who_was_disconnected_or_never_asked(calls: Calls):
    await calls.connect()
    await calls.tokens.note_use(calls.customer(), BOB)
    await calls.token()
    calls.connections.rows.clear()

    await calls.tokens.note_use(calls.customer(), ADA)

    assert calls.connections.rows == {}


async def test_a_use_noted_while_somebody_renews_keeps_what_was_renewed(calls: Calls):
    before = await calls.connect()
    await calls.token()

    async def renewed() -> None:
        sealed = await calls.sealer.seal(grant_of("new").as_text(), before.identity)
        calls.connections.put(replace(before, sealed=sealed))

    calls.connections.before_write = renewed
    await calls.tokens.note_use(calls.customer(), ADA)

    assert (await calls.renewals.open(calls.connections.get())).token.value == "token new"
