"""Doing something alone: one at a time, for as long as it takes, and with a note for whoever comes next."""

import asyncio
import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from lib.domain.errors import CalendarError
from lib.ports import Deadline
from lib.usecases.leasing import Busy, Leasing
from tests.usecases.alert_fakes import FakeLeases
from tests.usecases.fakes import NOW, down


@dataclass
class World:
    """A clock, and the leases that all processes share."""

    now: datetime = NOW
    leases: FakeLeases = field(default_factory=FakeLeases)
    names: itertools.count = field(default_factory=lambda: itertools.count(1))

    def leasing(self) -> Leasing:
        return Leasing(self.leases, lambda: self.now, lambda: f"owner {next(self.names)}")

    def note(self) -> str:
        return self.leases.rows["work"].note


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("lib.usecases.leasing._RENEW_EVERY", 0.01)
    monkeypatch.setattr("lib.usecases.leasing._LOOK_EVERY", 0.01)
    return World()


NOT_WAITING = Deadline(0.0)


async def test_whoever_holds_it_is_alone(world: World):
    async with world.leasing().alone("work", NOT_WAITING):
        with pytest.raises(Busy):
            async with world.leasing().alone("work", NOT_WAITING):
                pass
        async with world.leasing().alone("other work", NOT_WAITING):
            pass
    async with world.leasing().alone("work", NOT_WAITING):
        pass


async def test_the_note_outlives_the_lease(world: World):
    async with world.leasing().alone("work", NOT_WAITING) as held:
        assert held.note == ""
        held.note = "so far"
    async with world.leasing().alone("work", NOT_WAITING) as held:
        assert held.note == "so far"
    assert world.note() == "so far"


async def test_it_is_waited_for(world: World):
    order = []

    async def work(name: str) -> None:
        async with world.leasing().alone("work", Deadline.after(5)):
            order.append(f"{name} begins")
            await asyncio.sleep(0.03)
            order.append(f"{name} ends")

    await asyncio.gather(work("one"), work("two"))

    assert order == ["one begins", "one ends", "two begins", "two ends"]


async def test_waiting_has_an_end(world: World):
    async with world.leasing().alone("work", NOT_WAITING):
        with pytest.raises(Busy):
            async with world.leasing().alone("work", Deadline.after(0.05)):
                pass


async def test_it_is_renewed_with_its_note_as_long_as_the_work_goes_on(world: World):
    async with world.leasing().alone("work", NOT_WAITING) as held:
        for number in range(4):
            held.note = str(number)
            world.now += timedelta(seconds=40)
            await asyncio.sleep(0.03)
            assert world.note() == str(number)
            assert world.leases.rows["work"].until > world.now
        assert not held.lost


async def test_a_process_that_was_killed_keeps_it_for_a_minute_and_its_note_stays(world: World):
    lease = await world.leases.take("work", "killed", world.now, world.now + timedelta(seconds=60))
    assert lease is not None
    await world.leases.renew(lease, world.now + timedelta(seconds=60), "so far")

    with pytest.raises(Busy):
        async with world.leasing().alone("work", NOT_WAITING):
            pass
    world.now += timedelta(seconds=61)
    async with world.leasing().alone("work", NOT_WAITING) as held:
        assert held.note == "so far"


async def take_over(world: World) -> None:
    world.now += timedelta(seconds=61)
    assert await world.leases.take("work", "another", world.now, world.now + timedelta(seconds=60))


async def test_who_lost_it_learns_so_and_does_not_take_it_away_from_the_next(world: World):
    async with world.leasing().alone("work", NOT_WAITING) as held:
        await take_over(world)
        await asyncio.sleep(0.03)
        assert held.lost
        held.note = "too late"
    assert (world.leases.rows["work"].owner, world.note()) == ("another", "")


async def test_who_lost_it_cannot_confirm_it(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.leasing._RENEW_EVERY", 60)
    leasing = world.leasing()
    async with leasing.alone("work", NOT_WAITING) as held:
        await leasing.confirm(held)
        await take_over(world)
        with pytest.raises(Busy):
            await leasing.confirm(held)
        assert held.lost
    assert world.leases.rows["work"].owner == "another"


async def test_confirming_stores_the_note_at_once(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.leasing._RENEW_EVERY", 60)
    leasing = world.leasing()
    async with leasing.alone("work", NOT_WAITING) as held:
        held.note = "now"
        await leasing.confirm(held)
        assert world.note() == "now"


async def test_a_renewal_that_fails_is_tried_again_until_the_lease_is_over(world: World):
    async with world.leasing().alone("work", NOT_WAITING) as held:
        world.leases.steps.fail_at, world.leases.steps.fail_from_then_on = 2, True
        await asyncio.sleep(0.05)
        assert not held.lost, "it lasts still"
        world.leases.steps.fail_at, world.leases.steps.fail_from_then_on = 0, False
        await asyncio.sleep(0.03)
        assert not held.lost

        world.leases.steps.fail_at = len(world.leases.steps.taken) + 1
        world.leases.steps.fail_from_then_on = True
        world.now += timedelta(seconds=61)
        await asyncio.sleep(0.03)
        assert held.lost
        world.leases.steps.fail_at, world.leases.steps.fail_from_then_on = 0, False


async def test_a_confirmation_that_fails_is_told_and_may_be_repeated(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.leasing._RENEW_EVERY", 60)
    leasing = world.leasing()
    async with leasing.alone("work", NOT_WAITING) as held:
        world.leases.steps.fail_at = 2
        with pytest.raises(CalendarError):
            await leasing.confirm(held)
        await leasing.confirm(held)
        assert not held.lost


async def test_it_is_given_back_when_the_work_fails(world: World):
    with pytest.raises(RuntimeError):
        async with world.leasing().alone("work", NOT_WAITING) as held:
            held.note = "so far"
            raise RuntimeError
    async with world.leasing().alone("work", NOT_WAITING) as held:
        assert held.note == "so far"


async def test_if_it_cannot_be_given_back_it_ends_by_itself(world: World):
    async with world.leasing().alone("work", NOT_WAITING):
        world.leases.steps.fail_at, world.leases.steps.fail_from_then_on = 2, True
    world.leases.steps.fail_at, world.leases.steps.fail_from_then_on = 0, False

    with pytest.raises(Busy):
        async with world.leasing().alone("work", NOT_WAITING):
            pass
    world.now += timedelta(seconds=61)
    async with world.leasing().alone("work", NOT_WAITING):
        pass


async def test_work_that_is_cancelled_gives_it_back(world: World):
    began = asyncio.Event()

    async def work() -> None:
        async with world.leasing().alone("work", NOT_WAITING):
            began.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with world.leasing().alone("work", NOT_WAITING):
        pass


async def test_if_the_table_cannot_be_asked_nothing_begins(world: World):
    world.leases.steps.fail_at = 1
    with pytest.raises(type(down())):
        async with world.leasing().alone("work", NOT_WAITING):
            pytest.fail("nobody knows whether somebody else is at work")
