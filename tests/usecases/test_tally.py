"""Waiting for Microsoft is counted once, however many requests wait at the same time."""

import asyncio
import time

import pytest

from lib.ports.graph import Tally

PAUSE = 0.02  # seconds
NEARLY = PAUSE * 0.9


async def wait(tally: Tally) -> None:
    with tally.waiting():
        await asyncio.sleep(PAUSE)


async def test_nothing_was_waited_for_at_first():
    assert Tally().waited == 0


async def test_what_waits_side_by_side_counts_once():
    tally, began = Tally(), time.perf_counter()

    await asyncio.gather(*(wait(tally) for _ in range(20)))

    assert NEARLY <= tally.waited <= time.perf_counter() - began


async def test_what_waits_one_after_another_is_added():
    tally = Tally()

    for _ in range(3):
        await wait(tally)

    assert tally.waited >= 3 * NEARLY


async def test_the_time_between_is_not_counted():
    tally = Tally()
    await wait(tally)
    before = tally.waited
    await asyncio.sleep(PAUSE)

    assert tally.waited == before


async def test_who_still_waits_is_counted_up_to_now():
    tally = Tally()
    with tally.waiting():
        await asyncio.sleep(PAUSE)
        first = tally.waited
        await asyncio.sleep(PAUSE)
        assert first >= NEARLY
        assert first + NEARLY <= tally.waited


async def test_who_is_cancelled_or_fails_does_not_wait_any_more():
    tally = Tally()
    task = asyncio.create_task(wait(tally))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    with pytest.raises(KeyError), tally.waiting():
        raise KeyError
    before = tally.waited
    await asyncio.sleep(PAUSE)

    assert tally.waited == before
