"""Gates: so many at a time, in turn, and no place lost however somebody leaves."""

import asyncio
import contextlib
import gc
import random
import time
from collections.abc import AsyncIterator, Coroutine

import pytest

from lib.adapters.gates import Gate, Gates
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.ports import Deadline
from tests.adapters.conftest import soon

LONG = 60.0  # seconds; a test that waits so long has failed


@contextlib.asynccontextmanager
async def tasks(*coroutines: Coroutine[object, object, None]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run them until they can do no more for now; cancel what is left at the end."""
    running = [asyncio.create_task(coroutine) for coroutine in coroutines]
    await settle()
    try:
        yield running
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def settle() -> None:
    """Let everybody do what they can do without time passing."""
    for _ in range(20):
        await asyncio.sleep(0)


async def enter(
    gate: Gate, log: list[str], name: str = "", deadline: Deadline | None = None, leave: asyncio.Event | None = None
) -> None:
    """Go in, note it, and leave when told to."""
    async with gate.place(deadline or soon(LONG)):
        log.append(name)
        if leave is not None:
            await leave.wait()


async def free_places(gate: Gate) -> int:
    """Return how many can go in at once now."""
    log: list[str] = []
    async with tasks(*(enter(gate, log, leave=asyncio.Event()) for _ in range(20))):
        return len(log)


async def test_so_many_are_inside_and_the_rest_follow_in_turn():
    gate, log, leave = Gate(2), list[str](), [asyncio.Event() for _ in range(5)]

    async with tasks(*(enter(gate, log, str(n), leave=leave[n]) for n in range(5))):
        assert log == ["0", "1"]
        leave[1].set()
        await settle()
        assert log == ["0", "1", "2"]
        leave[0].set()
        leave[2].set()
        await settle()
        assert log == ["0", "1", "2", "3", "4"]

    assert await free_places(gate) == 2


async def test_who_comes_when_a_place_becomes_free_does_not_overtake():
    gate, log, leave = Gate(1), list[str](), asyncio.Event()

    async with tasks(enter(gate, log, "inside", leave=leave), enter(gate, log, "waiting")):
        leave.set()
        async with tasks(enter(gate, log, "late")):
            assert log == ["inside", "waiting", "late"]


async def test_an_exception_inside_frees_the_place():
    gate = Gate(1)

    with pytest.raises(ZeroDivisionError):
        async with gate.place(soon()):
            raise ZeroDivisionError

    assert await free_places(gate) == 1


async def test_who_waits_to_the_deadline_is_told_and_leaves_the_queue():
    gate, log, leave = Gate(1), list[str](), asyncio.Event()

    async with tasks(enter(gate, log, "inside", leave=leave)):
        with pytest.raises(MicrosoftTimeout):
            await enter(gate, log, "waiting", soon(0.05))
        leave.set()

    assert log == ["inside"]
    assert await free_places(gate) == 1


async def test_nobody_goes_in_after_the_deadline():
    gate = Gate(1)

    with pytest.raises(MicrosoftTimeout):
        await enter(gate, [], deadline=soon(0))

    assert await free_places(gate) == 1


async def test_a_deadline_that_is_extended_while_somebody_waits_counts():
    gate, log, leave, deadline = Gate(1), list[str](), asyncio.Event(), soon(1)

    async with tasks(enter(gate, log, "inside", leave=leave), enter(gate, log, "waiting", deadline)) as running:
        first = deadline.left()
        deadline.extend(soon(LONG))
        await asyncio.sleep(first + 0.1)
        assert not running[1].done()
        leave.set()
        await running[1]

    assert log == ["inside", "waiting"]


async def test_who_is_cancelled_while_waiting_leaves_the_queue():
    gate, log, leave = Gate(1), list[str](), asyncio.Event()

    async with tasks(*(enter(gate, log, name, leave=leave) for name in ("inside", "cancelled", "waiting"))) as running:
        running[1].cancel()
        await settle()
        leave.set()
        await settle()

    assert log == ["inside", "waiting"]


async def test_a_cancellation_between_the_handing_over_and_the_taking_passes_the_place_on():
    gate, log = Gate(1), list[str]()

    inside = gate.place(soon())
    await inside.__aenter__()
    async with tasks(enter(gate, log, "cancelled"), enter(gate, log, "next")) as running:
        await inside.__aexit__(None, None, None)  # hands the place to the first, who has not run since
        running[0].cancel()
        await settle()
        assert log == ["next"]

    assert await free_places(gate) == 1


async def test_a_deadline_between_the_handing_over_and_the_taking_passes_the_place_on():
    gate, log, deadline = Gate(1), list[str](), soon(LONG)

    inside = gate.place(soon())
    await inside.__aenter__()
    async with tasks(enter(gate, log, "late", deadline), enter(gate, log, "next")) as running:
        await inside.__aexit__(None, None, None)
        deadline.at = time.monotonic()
        await settle()
        assert isinstance(running[0].exception(), MicrosoftTimeout)
        assert log == ["next"]

    assert await free_places(gate) == 1


async def test_nobody_goes_in_during_a_pause_and_a_shorter_one_does_not_shorten_it():
    gate, began = Gate(2), time.monotonic()
    gate.pause(0.1)
    gate.pause(0.3)
    gate.pause(0.05)

    await asyncio.gather(*(enter(gate, []) for _ in range(6)))

    assert time.monotonic() - began >= 0.3


async def test_a_pause_that_is_extended_while_somebody_waits_counts():
    gate, log, began = Gate(1), list[str](), time.monotonic()
    gate.pause(0.1)

    async with tasks(enter(gate, log)) as running:
        gate.pause(0.4)
        await running[0]

    assert time.monotonic() - began >= 0.4


async def test_a_pause_does_not_disturb_who_is_inside_nor_lose_the_turn_of_who_waits():
    gate, log, leave = Gate(1), list[str](), asyncio.Event()

    async with tasks(*(enter(gate, log, name, leave=leave) for name in ("inside", "first", "second"))) as running:
        gate.pause(0.2)
        leave.set()
        await running[0]
        assert log == ["inside"]
        await asyncio.gather(enter(gate, log, "late"), *running)

    assert log == ["inside", "first", "second", "late"]


async def test_who_cannot_wait_for_the_end_of_a_pause_is_told_at_once():
    gate, began = Gate(1), time.monotonic()
    gate.pause(90)

    with pytest.raises(Throttled) as throttled:
        await enter(gate, [], deadline=soon(LONG))

    assert 60 < throttled.value.retry_after <= 90
    assert time.monotonic() - began < LONG / 2


async def test_who_waits_already_is_told_as_soon_as_a_pause_takes_too_long():
    gate, log, leave, began = Gate(1), list[str](), asyncio.Event(), time.monotonic()

    async with tasks(
        enter(gate, log, "inside", leave=leave),
        enter(gate, log, "short", soon(LONG)),
        enter(gate, log, "long", soon(1000)),
    ) as running:
        gate.pause(90)
        await settle()
        assert isinstance(running[1].exception(), Throttled)
        assert not running[2].done()

    assert time.monotonic() - began < LONG / 2


@pytest.mark.parametrize("seed", range(20))
async def test_no_place_is_lost_whatever_happens(seed: int):
    chance = random.Random(seed)
    gate, inside, most = Gate(4), 0, 0

    async def visit() -> None:
        nonlocal inside, most
        with contextlib.suppress(MicrosoftTimeout, Throttled):
            async with gate.place(soon(chance.choice((0.001, 0.005, 0.02, LONG)))):
                inside += 1
                most = max(most, inside)
                try:
                    await asyncio.sleep(chance.choice((0, 0, 0.001, 0.003)))
                finally:
                    inside -= 1

    visits = []
    for _ in range(120):
        visits.append(asyncio.create_task(visit()))
        if chance.random() < 0.3:
            chance.choice(visits).cancel()
        if chance.random() < 0.05:
            gate.pause(chance.choice((0.001, 0.004)))
        await asyncio.sleep(chance.choice((0, 0, 0.0005)))
    await asyncio.wait(visits, timeout=LONG)

    await asyncio.sleep(0.01)  # the last pause may outlast the last visit

    assert all(task.done() for task in visits)
    assert most <= 4
    assert await free_places(gate) == 4


async def test_nothing_is_remembered_of_a_gate_that_nobody_uses():
    gates = Gates(4)

    with gates.at("ada") as gate, gates.at("ada") as same, gates.at("ben") as other:
        assert gate is same is not other
        gate.pause(1000)
        assert len(gates) == 2

    assert len(gates) == 0
    with gates.at("ada") as gate:
        await enter(gate, [])


def test_a_loop_that_is_closed_leaves_nothing_behind():
    gates, loop = Gates(1), asyncio.new_event_loop()
    loop.set_exception_handler(lambda *_: None)  # it says that tasks are pending, which is meant

    async def visit() -> None:
        with gates.at("ada") as gate:
            await enter(gate, [], leave=asyncio.Event())

    async def begin() -> None:
        running.extend(asyncio.create_task(visit()) for _ in range(5))
        await settle()

    running: list[asyncio.Task[None]] = []
    loop.run_until_complete(begin())
    loop.close()
    assert len(gates) == 1

    while running:
        running.pop(0)
        gc.collect()

    assert len(gates) == 0
