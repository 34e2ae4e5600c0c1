"""Asking Graph again: how often, after which pauses, and what is told in the end."""

import asyncio
import gc
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import GraphRefused
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Tally, TryAgain
from lib.usecases.patiently import patiently

ANSWER = GraphAnswer({"value": []}, "r-1")
LONG = 60.0  # seconds


class Asked:
    """A Graph that fails so often, and whoever rests between the tries: no time passes."""

    def __init__(self, *ends: Exception | GraphAnswer) -> None:
        self.ends = [*ends]
        self.tries: list[int] = []
        self.pauses: list[float] = []
        self.tally = Tally()
        self.deadline = Deadline.after(LONG)
        self.while_resting: Callable[[], object] = lambda: None

    async def ask(self, *, tries: int) -> GraphAnswer:
        self.tries.append(tries)
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    async def rest(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.while_resting()

    async def patiently(self) -> GraphAnswer:
        return await patiently(self.ask, self.deadline, self.tally, self.rest)


def passing(*pauses: float | None) -> list[TryAgain]:
    """Return failures that ask for these pauses, each with a problem of its own."""
    return [TryAgain(partial(GraphRefused, 503, f"n{number}"), pause) for number, pause in enumerate(pauses)]


async def test_a_good_answer_is_returned_and_nobody_rests():
    asked = Asked(ANSWER)

    assert await asked.patiently() is ANSWER
    assert (asked.tries, asked.pauses) == ([0], [])


async def test_after_each_failure_the_pause_is_the_one_it_asks_for():
    asked = Asked(*passing(0.3, 7, 0.0, 1.5, 0.1), ANSWER)

    assert await asked.patiently() is ANSWER
    assert asked.pauses == [0.3, 7, 0.0, 1.5, 0.1]
    assert asked.tries == [0, 1, 2, 3, 4, 5]


async def test_after_six_tries_the_last_problem_is_told():
    failures = passing(*[0.1] * 7)
    asked = Asked(*failures)

    with pytest.raises(GraphRefused) as told:
        await asked.patiently()

    assert told.value.code == "n5"
    assert told.value.__cause__ is failures[5]
    assert (asked.tries, asked.pauses) == ([0, 1, 2, 3, 4, 5], [0.1] * 5)


@pytest.mark.parametrize("before", [0, 1, 4])
async def test_what_may_not_be_repeated_is_told_at_once(before: int):
    failures = passing(*[0.1] * before, None)
    asked = Asked(*failures)

    with pytest.raises(GraphRefused) as told:
        await asked.patiently()

    assert told.value.code == f"n{before}"
    assert len(asked.pauses) == before


@pytest.mark.parametrize(
    "problem", [GraphRefused(403, "x"), Throttled(7), MicrosoftTimeout(), MicrosoftUnavailable("x"), KeyError("bug")]
)
@pytest.mark.parametrize("before", [0, 2])
async def test_what_does_not_pass_is_told_at_once(before: int, problem: Exception):
    asked = Asked(*passing(*[0.1] * before), problem)

    with pytest.raises(type(problem)) as told:
        await asked.patiently()

    assert told.value is problem
    assert len(asked.tries) == before + 1


@pytest.mark.parametrize("pause", [LONG + 1, LONG - 0.01])
async def test_a_pause_that_leaves_no_time_for_a_try_is_not_begun(pause: float):
    failures = passing(0.1, pause)
    asked = Asked(*failures)

    with pytest.raises(GraphRefused) as told:
        await asked.patiently()

    assert told.value.code == "n1"
    assert asked.pauses == [0.1]


async def test_a_pause_that_leaves_time_for_a_try_is_begun():
    asked = Asked(*passing(LONG - 20), ANSWER)

    assert await asked.patiently() is ANSWER


async def test_the_deadline_counts_as_it_is_at_the_failure():
    asked = Asked(*passing(LONG - 20, LONG + 20), ANSWER)
    asked.while_resting = lambda: asked.deadline.extend(Deadline.after(2 * LONG))

    assert await asked.patiently() is ANSWER


async def test_time_that_goes_by_between_two_tries_counts():
    asked = Asked(*passing(1, 30))

    def time_goes_by() -> None:
        asked.deadline.at -= 40

    asked.while_resting = time_goes_by
    with pytest.raises(GraphRefused):
        await asked.patiently()

    assert asked.pauses == [1]


async def test_resting_is_waiting_for_microsoft():
    asked, rested = Asked(*passing(0.0), ANSWER), list[float]()

    async def rest(seconds: float) -> None:
        await asyncio.sleep(0.05)
        rested.append(asked.tally.waited)

    await patiently(asked.ask, asked.deadline, asked.tally, rest)

    assert rested[0] >= 0.045
    before = asked.tally.waited
    await asyncio.sleep(0.01)
    assert asked.tally.waited == before, "nobody waits any more"


async def test_what_asking_takes_is_counted_by_whoever_asks():
    tally = Tally()

    async def ask(*, tries: int) -> GraphAnswer:
        await asyncio.sleep(0.01)
        return ANSWER

    await patiently(ask, Deadline.after(LONG), tally)

    assert (tally.waited, tally.requests, tally.repeated) == (0, 0, 0)


async def test_who_has_nothing_else_to_do_rests_by_sleeping():
    asked = Asked(*passing(0.05), ANSWER)

    assert await patiently(asked.ask, asked.deadline, asked.tally) is ANSWER
    assert asked.tally.waited >= 0.045


@pytest.mark.parametrize("others", ["asking", "resting"])
async def test_who_is_cancelled_asks_no_more_and_waits_no_more(others: str):
    asked, begun = Asked(*passing(0.0), ANSWER), asyncio.Event()

    async def stay(*_: object, **__: object) -> GraphAnswer:
        begun.set()
        await asyncio.Event().wait()
        return ANSWER

    ask, rest = (stay, asked.rest) if others == "asking" else (asked.ask, stay)
    task = asyncio.create_task(patiently(ask, asked.deadline, asked.tally, rest))  # type: ignore[arg-type]
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert len(asked.tries) <= 1
    before = asked.tally.waited
    await asyncio.sleep(0.01)
    assert asked.tally.waited == before


async def test_a_rest_that_ends_everything_is_told():
    asked = Asked(*passing(0.1), ANSWER)

    def over() -> None:
        raise MicrosoftTimeout

    asked.while_resting = over
    with pytest.raises(MicrosoftTimeout):
        await asked.patiently()

    assert asked.tries == [0]


async def test_who_was_told_is_not_kept_in_memory():
    asked = Asked(*passing(None))
    gc.collect()
    gc.disable()
    try:
        with suppress(GraphRefused):
            await asked.patiently()
        assert "n0" not in [found.code for found in gc.get_objects() if isinstance(found, GraphRefused)]
    finally:
        gc.enable()
