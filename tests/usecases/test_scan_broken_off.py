"""A scan that does not come to its end: it says so, loudly, and the next one goes on where it stopped."""

import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Customer
from lib.domain.notices import BASIC, DEPLOYMENT
from lib.domain.scan import Summary
from lib.ports import Deadline
from tests.usecases.fakes import FakeCustomers, Version, down
from tests.usecases.scanning import BUSY, LONG_AGO, OPERATOR, Killed, Place, on, told_before

LATER = timedelta(minutes=2)


@dataclass
class Looks(Deadline):
    """A deadline that comes after so many looks at it: one per customer."""

    remaining: list[int]

    def left(self) -> float:
        self.remaining[0] -= 1
        return 60.0 if self.remaining[0] >= 0 else 0.0


@pytest.fixture
def place() -> Place:
    place = Place()
    for customer in ("alfa", "bravo", "charlie", "delta", "echo"):
        place.add(customer, expires=on(300))
    return place


async def look_at(place: Place, customers: int) -> tuple[Summary, list[str]]:
    """Scan with time for so many customers; return the summary, and who was looked at."""
    place.entra.asked.clear()
    summary = await place.scan().run(Looks(0.0, [customers]), Deadline.after(120))
    place.now += LATER
    return summary, list(place.entra.asked)


async def test_a_run_cut_short_goes_on_where_it_stopped_once_round(place: Place):
    summary, asked = await look_at(place, 2)
    assert (summary.complete, asked) == (False, ["alfa", "bravo"])

    summary, asked = await look_at(place, 99)
    assert (summary.complete, asked) == (True, ["charlie", "delta", "echo", "alfa", "bravo"])

    summary, asked = await look_at(place, 99)
    assert (summary.complete, asked) == (True, ["alfa", "bravo", "charlie", "delta", "echo"])


async def test_runs_that_never_have_the_time_look_at_everybody_in_turn(place: Place):
    found = [(await look_at(place, 2))[1] for _ in range(5)]

    assert [customer for asked in found for customer in asked] == ["alfa", "bravo", "charlie", "delta", "echo"] * 2


async def test_where_it_stopped_may_be_gone(place: Place):
    await look_at(place, 2)
    place.customers.rows.pop("bravo")

    assert await look_at(place, 99) == (place.scans.summaries[-1], ["charlie", "delta", "echo", "alfa"])


async def test_a_run_without_any_time_looks_at_nobody_and_still_sends_what_waits(place: Place):
    place.renew("alfa", on(2))
    place.mail.problems[OPERATOR] = [down()]
    await place.run()
    assert not place.mail.sent

    place.now += LATER
    summary, asked = await look_at(place, 0)
    assert (summary.complete, asked) == (False, [])
    assert place.told() == {(OPERATOR, "alfa", Kind.EXPIRING): 1}


def fail_at_the_next(place: Place, step: str, *, number: int, steps_of: Place) -> None:
    """Let the step of this name fail, the one of this number; where that is, another place shows."""
    found = [at for at, taken in enumerate(steps_of.steps.taken, start=1) if taken == step]
    place.steps.fail_at = found[number - 1]


async def a_place() -> Place:
    place = Place()
    for customer in ("alfa", "bravo", "charlie"):
        made = place.add(customer, expires=on(300))
        place.remember(customer, made.generation)
    place.vault.secrets[f"customer--gone--{'f' * 32}"] = {"v1": Version("gone", on(1), created_at=LONG_AGO)}
    return place


@pytest.mark.parametrize(
    ("step", "number"), [("page of rows", 1), ("page of rows", 3), ("page of histories", 2), ("page of secrets", 2)]
)
async def test_a_page_that_fails_midway_is_reported_as_incomplete_and_told_the_operators(step: str, number: int):
    whole, place = await a_place(), await a_place()
    assert (await whole.run()).complete
    fail_at_the_next(place, step, number=number, steps_of=whole)

    summary = await place.run()

    assert not summary.complete
    [problem] = [problem for problem in summary.problems if problem.code != "unusedSecret"]
    assert problem.customer is None
    assert "The scan broke off." in problem.message
    assert place.told() == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED): 1}
    [letter] = place.letters(OPERATOR)
    assert letter.subject == "Secret scan could not check everything (as of 21 November 2026)"

    place.now += LATER
    assert (await place.run()).complete
    assert place.told()[OPERATOR, DEPLOYMENT, Kind.SOLVED] == 1


async def test_a_vault_page_of_one_customers_versions_that_fails_is_told_the_operators():
    whole, place = await a_place(), await a_place()
    await whole.run()
    fail_at_the_next(place, "list versions", number=2, steps_of=whole)

    summary = await place.run()

    assert (summary.complete, summary.could_not_check) == (False, 1)
    assert place.told() == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED): 1}


class BrokenCustomers(FakeCustomers):
    """One page always fails: the one with this customer."""

    broken = "charlie"

    async def all(self, after: str) -> AsyncIterator[tuple[str, Customer | None]]:
        async for customer_id, customer in super().all(after):
            if customer_id == self.broken:
                raise down()
            yield customer_id, customer


async def test_a_page_that_fails_every_day_hides_nobody_who_was_looked_at_before(place: Place):
    broken = BrokenCustomers(place.steps)
    broken.rows = place.customers.rows
    place.customers = broken
    await place.run()
    place.now += timedelta(days=1)
    place.entra.asked.clear()

    summary = await place.run()

    assert not summary.complete
    assert place.entra.asked == ["alfa", "bravo"]


async def test_a_run_that_did_not_come_to_its_end_gives_no_all_clear_for_whom_it_did_not_reach(place: Place):
    place.entra.answers["echo-secret"] = BUSY
    await place.run()
    assert place.told() == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED): 1}
    place.now += LATER

    summary, asked = await look_at(place, 2)

    assert (summary.complete, asked) == (False, ["alfa", "bravo"])
    assert place.told() == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED): 1}, "echo was not looked at"


@pytest.mark.parametrize("operators", [(OPERATOR,), ()])
async def test_if_entra_id_is_down_all_of_it_is_told_also_with_basic(place: Place, operators: tuple[str, ...]):
    place.operators = operators
    place.add_basic(on(300), BUSY)
    place.add("lima", kind=ConfigurationType.BASIC)
    for customer in ("alfa", "bravo", "charlie", "delta", "echo"):
        place.entra.answers[f"{customer}-secret"] = BUSY

    summary = await place.run()

    assert not summary.complete
    assert summary.could_not_check >= 5
    assert set(place.told()) == {(operator, DEPLOYMENT, Kind.UNCHECKED) for operator in operators}


async def test_basics_own_secret_is_the_operators_affair_only(place: Place):
    place.add_basic(on(2))
    place.add("lima", kind=ConfigurationType.BASIC, recipients=["it@lima.example"])

    summary = await place.run()

    assert place.told() == {(OPERATOR, BASIC, Kind.EXPIRING): 1}
    assert (summary.customers, summary.credentials, summary.due, summary.sent) == (6, 6, 1, 1)


async def test_a_killed_run_is_gone_on_with_once_its_lease_is_over(place: Place):
    place.renew("delta", on(2))
    place.steps.fail_at, place.steps.fail_from_then_on, place.steps.failure = 12, True, Killed
    with pytest.raises(Killed):
        await place.run()
    gc.collect()  # asyncio logs what nobody waited for
    place.steps.fail_at, place.steps.fail_from_then_on, place.steps.failure = 0, False, down

    blocked = await place.scan().run(Deadline.after(0), Deadline.after(60))
    assert [problem.code for problem in blocked.problems] == ["scanRunning"], "the lease is held still"

    place.now += LATER
    assert (await place.run()).complete
    assert place.told() == {(OPERATOR, "delta", Kind.EXPIRING): 1}


async def test_if_no_letter_can_be_sent_the_summary_says_how_many_wait(place: Place):
    place.renew("alfa", on(2))
    place.mail.problems[OPERATOR] = [down()]

    summary = await place.run()

    assert (summary.complete, summary.due, summary.sent) == (True, 1, 0)
    [problem] = summary.problems
    assert problem.code == "emailFailed"
    assert "wait to be sent: 1." in problem.message


async def test_the_memory_of_customers_that_are_gone_is_removed(place: Place):
    for customer in ("aaa-gone", "bravo-gone", "zulu-gone"):
        place.remember(customer, "m", expiry=told_before("v"))
    place.remember(DEPLOYMENT, "", unchecked=told_before("scan"))
    place.remember("bravo", place.customers.get("bravo").generation)

    await place.run()

    assert set(place.alerts.rows) == {DEPLOYMENT, "bravo"}


async def test_the_beginning_is_walked_all_the_same_after_a_leg_that_broke_off(place: Place):
    await look_at(place, 2)
    broken = BrokenCustomers(place.steps)
    broken.rows, broken.broken = place.customers.rows, "delta"
    place.customers = broken

    summary, asked = await look_at(place, 99)
    assert (summary.complete, asked) == (False, ["charlie", "alfa", "bravo"])

    broken.broken = ""
    summary, asked = await look_at(place, 99)
    assert (summary.complete, asked) == (True, ["delta", "echo", "alfa", "bravo", "charlie"]), "where it broke off"
