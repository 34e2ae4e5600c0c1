"""Half of all calls to Graph fail: nobody is said to be free who is not, and nothing becomes a storm.

Through the real client and over TLS, with its real pauses. The figures are in the test's output and properties, and in
a JSON file beside pytest's temporary files.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.model.conftest import Process
from tests.model.questions import Call
from tests.model.weather import Company, Report, hold, settle, some_calls
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.chaos import KINDS, Chaos

SEED = 20261121
AT_ONCE = 32
BUDGET, BUDGET_A_SECOND = 200, 10  # for repeating, besides one for each good answer
TRIES = 6

Record = Callable[[str, object], None]


@pytest.fixture(scope="module")
def companies(microsoft: SimulatedMicrosoft) -> list[Company]:
    """Twelve customers with a tenant each."""
    chance = random.Random(SEED)
    return [settle(microsoft.world, number, chance, people=150, users=3) for number in range(12)]


class Callers:
    """Callers of one process; what their calls cost is added to a report."""

    def __init__(self, process: Process, report: Report) -> None:
        self._process = process
        self._report = report
        self._before = process.microsoft.count("graph")

    async def add(self, companies: list[Company]) -> None:
        """Let the process know these customers."""
        for company in companies:
            await self._process.connector.add(
                company.customer,
                tenant=company.tenant.id,
                application_id=company.application.app_id,
                secret=company.secret,
            )

    async def ask(self, company: Company, user: str, call: Call) -> list[dict[str, Any]]:
        """Ask with the time that a call has by the contract."""
        return (await self._process.connector.ask(company.customer, user, call)).value

    async def ask_with_time(self, company: Company, user: str, call: Call) -> list[dict[str, Any]]:
        """Ask with time enough for any machine."""
        return (await self._process.connector.ask(company.customer, user, call, seconds=120)).value

    def end(self, chaos: Chaos) -> None:
        """Note what Graph saw of it all."""
        self._report.requests = self._process.microsoft.count("graph") - self._before
        self._report.weather = chaos.done
        self._report.repeated = max(0, self._report.requests - self._report.planned)


async def test_while_half_of_all_calls_fail_nobody_is_wrongly_free(
    fresh_process: Process, companies: list[Company], record_property: Record, tmp_path: Path
):
    report, chaos = Report(), Chaos("graph", "getSchedule", share=0.5, seed=SEED)
    callers = Callers(fresh_process, report)
    await callers.add(companies)
    fresh_process.microsoft.faults.append(chaos)
    calls = some_calls(companies, random.Random(SEED), person_answers=10_000, most_people=150)

    await hold(calls, callers.ask, report, at_once=AT_ONCE)

    callers.end(chaos)
    report.publish("chaos", tmp_path, record_property)
    assert fresh_process.microsoft.errors == []
    assert report.person_answers >= 10_000
    assert report.wrong == []
    assert report.crashes == []
    assert 0.45 < chaos.done["none"] / report.requests < 0.55
    assert report.requests <= TRIES * report.planned
    assert report.repeated <= BUDGET + BUDGET_A_SECOND * report.seconds + chaos.done["none"]
    assert report.known > 0.75 * report.person_answers


@pytest.mark.parametrize("kinds", [KINDS, ("malformed",)], ids=["all kinds", "answers that are none"])
async def test_when_everything_fails_it_is_not_repeated_for_ever_and_once_it_clears_everybody_is_known(
    fresh_process: Process, companies: list[Company], record_property: Record, tmp_path: Path, kinds: tuple[str, ...]
):
    report, storm = Report(), Chaos("graph", "getSchedule", share=1.0, seed=SEED, kinds=kinds)
    callers = Callers(fresh_process, report)
    await callers.add(companies)
    fresh_process.microsoft.faults.append(storm)
    calls = some_calls(companies, random.Random(SEED + 1), person_answers=3_600, most_people=150)
    third = len(calls) // 3

    await hold(calls[:third], callers.ask, report, at_once=AT_ONCE)

    callers.end(storm)
    report.publish("storm", tmp_path, record_property)
    assert report.known == 0
    assert (report.wrong, report.crashes) == ([], [])
    # Nothing is good that could be earned with: what the budget held, and what came by itself meanwhile.
    assert report.requests <= report.planned + BUDGET + BUDGET_A_SECOND * report.seconds + 1

    after = Report()
    fresh_process.microsoft.faults.clear()
    callers = Callers(fresh_process, after)
    await hold(calls[third:], callers.ask_with_time, after, at_once=AT_ONCE)

    callers.end(Chaos("graph"))
    after.publish("after the storm", tmp_path, record_property)
    assert (after.wrong, after.crashes) == ([], [])
    assert after.known == after.person_answers
    assert after.requests <= after.planned
    assert fresh_process.microsoft.errors == []
