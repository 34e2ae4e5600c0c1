"""Two instances that scan, deliver and save at once: nobody is told twice, and nothing is lost.

The stores let others run before and after every call, in an order that a seed decides.
"""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lib.domain.alerts import Kind
from lib.domain.microsoft import EntraRefused
from lib.ports import Deadline
from lib.usecases.leasing import Leasing
from tests.usecases.alert_fakes import FakeLeases
from tests.usecases.fakes import NOW
from tests.usecases.scanning import OPERATOR, READS_ITSELF, Place, Yielding, on
from tests.usecases.test_scan_crashes import DUE, a_place, expect_each_told_once, untidy

SEEDS = range(16)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing but the others' turn, so that the seed alone decides the order."""
    monkeypatch.setattr("lib.usecases.leasing._LOOK_EVERY", 0)
    monkeypatch.setattr("lib.usecases.updating.random.uniform", lambda *_: 0.0)


def yielding(seed: int) -> Callable[[Any], Yielding]:
    chance = random.Random(seed)
    return lambda store: Yielding(store, chance)


def alone(place: Place, name: str) -> Leasing:
    """Return a lease that nobody else asks for: as if another process had wrongly believed it lost."""
    return Leasing(FakeLeases(), place.clock, lambda: name)


@pytest.mark.parametrize("seed", SEEDS)
async def test_of_two_scans_at_once_one_waits_for_the_other_and_nobody_is_told_twice(seed: int):
    place, through = await a_place(), yielding(seed)
    scans = [place.scan(through) for _ in range(2)]

    summaries = await asyncio.gather(*(scan.run(Deadline.after(60), Deadline.after(120)) for scan in scans))

    expect_each_told_once(place)
    assert sorted(summary.sent for summary in summaries) == [0, len({fact[1:] for fact in DUE})]
    assert len(place.scans.summaries) == 2


@pytest.mark.parametrize("seed", SEEDS)
async def test_two_scans_that_both_believe_to_be_alone_tell_nobody_twice(seed: int):
    place, through = await a_place(), yielding(seed)
    scans = [place.scan(through, alone(place, f"scan {number}")) for number in range(2)]

    await asyncio.gather(*(scan.run(Deadline.after(60), Deadline.after(120)) for scan in scans))
    await place.deliver()
    expect_each_told_once(place)

    place.now += timedelta(minutes=2)
    await place.run()
    expect_each_told_once(place)
    assert untidy(place) == []


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_scan_and_the_hourly_delivery_at_once_send_nothing_twice(seed: int):
    place, through = await a_place(), yielding(seed)
    scan, others = place.scan(through), [place.scan(through).delivery for _ in range(2)]

    await asyncio.gather(
        scan.run(Deadline.after(60), Deadline.after(120)), *(other.run(Deadline.after(120)) for other in others)
    )
    await place.deliver()

    expect_each_told_once(place)


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_version_added_by_hand_is_adopted_once_and_stays_in_use(seed: int):
    place, through = Place(), yielding(seed)
    contoso = place.add("contoso", expires=on(3))
    version = place.vault.add_by_hand(contoso.secret_name(), "by hand", NOW, on(500))
    place.entra.answers["by hand"] = READS_ITSELF
    scans = [place.scan(through, alone(place, f"scan {number}")) for number in range(2)]

    await asyncio.gather(*(scan.run(Deadline.after(60), Deadline.after(120)) for scan in scans))

    active = place.customers.get("contoso").active
    assert active is not None
    assert active.secret_version == version
    assert place.told() == {}


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_secret_that_is_renewed_while_two_scan_is_not_told_once_it_is_in_use(seed: int):
    """Who looked before tells it, and then the all clear follows; who looks after tells nothing."""
    place, through = Place(), yielding(seed)
    place.add("contoso", expires=on(3))
    scans = [place.scan(through, alone(place, f"scan {number}")) for number in range(2)]

    async def renew() -> None:
        for _ in range(random.Random(seed).randrange(120)):
            await asyncio.sleep(0)
        place.renew("contoso", on(500))

    await asyncio.gather(*(scan.run(Deadline.after(60), Deadline.after(120)) for scan in scans), renew())
    place.now += timedelta(minutes=2)
    await place.run()

    told = place.told()
    assert set(told.values()) <= {1}
    assert (OPERATOR, "contoso", Kind.SOLVED) in told or not told
    assert place.alerts.queue == {}
    place.now += timedelta(days=30)
    await place.run()
    assert place.told() == told


@pytest.mark.parametrize("seed", SEEDS)
async def test_a_customer_that_is_deleted_while_it_is_looked_at_leaves_nothing_behind(seed: int):
    place, through = Place(), yielding(seed)
    place.add("contoso", answer=EntraRefused([7000215], "invalid_client"))
    scan = place.scan(through)

    async def delete() -> None:
        for _ in range(random.Random(seed).randrange(60)):
            await asyncio.sleep(0)
        place.customers.rows.pop("contoso", None)
        await place.alerts.forget("contoso")

    await asyncio.gather(scan.run(Deadline.after(60), Deadline.after(120)), delete())
    place.now += timedelta(minutes=2)
    await place.run()

    assert "contoso" not in place.alerts.rows
    assert place.alerts.queue == {}
