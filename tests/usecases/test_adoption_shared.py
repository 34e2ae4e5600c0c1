"""Many callers whose secret is refused at once: one of them looks for a newer version, and all get what was found."""

import asyncio
from collections.abc import Callable

import pytest

from lib.domain.configuration import Customer, Revision
from lib.domain.errors import CalendarError
from lib.ports import Deadline, VaultVersion
from lib.usecases.adoption import Adoption
from tests.usecases.fakes import NOW
from tests.usecases.scanning import CALENDARS, Place, on

TEN = 10


class Refused(Place):
    """A customer whose secret is refused, as ten callers saw it before anything was adopted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.seen: Customer = self.add("contoso", expires=on(3))
        assert self.seen.active is not None
        self.revision: Revision = self.seen.active
        self.adoption: Adoption = self.scan().looker.adoption
        self.deadline = Deadline.after(3600)

    def by_hand(self) -> str:
        self.entra.answers["by hand"] = CALENDARS
        return self.vault.add_by_hand(self.seen.secret_name(), "by hand", NOW)

    async def call(self, *, again: bool = False) -> Customer | None:
        return await self.adoption.after_refusal(self.seen, self.revision, self.deadline, again=again)

    async def calls(self, *, again: bool = False) -> list[Customer | None]:
        return await asyncio.gather(*(self.call(again=again) for _ in range(TEN)))

    def looks(self) -> int:
        return self.steps.taken.count("list versions")


@pytest.fixture
def place() -> Refused:
    return Refused()


@pytest.fixture
def pass_seconds(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    clock = [1000.0]
    monkeypatch.setattr("lib.usecases.adoption.time.monotonic", lambda: clock[0])

    def pass_(seconds: float) -> None:
        clock[0] += seconds

    return pass_


@pytest.mark.parametrize("again", [False, True])
async def test_ten_callers_at_once_share_one_look_and_all_get_the_customer(place: Refused, again: bool):
    version = place.by_hand()

    found = await place.calls(again=again)

    assert found == [place.customers.get("contoso")] * TEN
    assert (place.looks(), place.entra.asked) == (1, [place.entra.asked[0]]), "one request for a token for all"
    assert found[0] is not None
    assert found[0].in_use is not None
    assert found[0].in_use.secret_version == version
    assert place.adoption._under_way == {}


async def test_ten_callers_for_whom_nothing_is_found_share_one_look_and_a_minute_of_peace(
    place: Refused, pass_seconds: Callable[[float], None]
):
    assert await place.calls() == [None] * TEN
    pass_seconds(59)
    assert await place.calls() == [None] * TEN
    assert place.looks() == 1

    pass_seconds(2)
    assert await place.calls() == [None] * TEN
    assert place.looks() == 2


async def test_who_asks_again_looks_all_the_same(place: Refused, pass_seconds: Callable[[float], None]):
    await place.calls()
    place.by_hand()
    pass_seconds(1)

    assert await place.call() is None
    assert await place.call(again=True) == place.customers.get("contoso")
    assert place.looks() == 2


async def test_a_look_that_found_something_is_not_remembered_as_one_that_found_nothing(place: Refused):
    place.by_hand()
    await place.calls()

    assert await place.call() == place.customers.get("contoso"), "also for a caller who read the row before"


async def test_whoever_leaves_takes_nobody_elses_look_away(place: Refused):
    place.by_hand()
    first = asyncio.create_task(place.call())
    others = [asyncio.create_task(place.call()) for _ in range(TEN)]
    await asyncio.sleep(0)
    first.cancel()

    assert await asyncio.gather(*others) == [place.customers.get("contoso")] * TEN
    assert first.cancelled()
    assert place.looks() == 1


async def test_a_look_that_cannot_be_done_is_no_error_for_any_of_them(place: Refused):
    place.by_hand()
    place.entra.answers["by hand"] = CalendarError("down")

    assert await place.calls() == [None] * TEN
    assert place.looks() == 1


async def test_of_two_customers_each_has_a_look_of_its_own(place: Refused):
    other = place.add("fabrikam", expires=on(3))
    assert other.active is not None
    place.by_hand()

    mine, others = await asyncio.gather(place.call(), place.adoption.after_refusal(other, other.active, place.deadline))

    assert (mine, others) == (place.customers.get("contoso"), None)
    assert place.looks() == 2


async def test_who_has_no_time_left_does_not_wait_for_the_look(place: Refused):
    place.by_hand()
    began, go_on = asyncio.Event(), asyncio.Event()
    versions = place.adoption.credentials.vault.versions

    async def slowly(name: str) -> list[VaultVersion]:
        began.set()
        await go_on.wait()
        return await versions(name)

    place.adoption.credentials.vault.versions = slowly  # type: ignore[method-assign]
    patient = asyncio.create_task(place.call())
    await began.wait()
    place.deadline = Deadline.after(0.01)

    assert await place.call() is None
    go_on.set()
    assert await patient is not None, "the look goes on for the others"
