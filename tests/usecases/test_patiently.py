"""Asking again: a few tries, each after the pause that was asked for, and never beyond the deadline."""

import time
from dataclasses import dataclass, field

import pytest

from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import GraphRefused
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Tally, TryAgain
from lib.usecases.patiently import patiently

ANSWER = GraphAnswer({"value": []})


@dataclass
class Graph:
    """Ends each try as told; the last end stands for the rest. Notes when it was asked and with which number."""

    ends: list[Exception | GraphAnswer]
    tries: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    async def ask(self, tries: int) -> GraphAnswer:
        self.tries.append(tries)
        self.moments.append(time.monotonic())
        end = self.ends[min(len(self.tries), len(self.ends)) - 1]
        if isinstance(end, Exception):
            raise end
        return end

    async def asked(self, seconds: float = 30) -> GraphAnswer:
        return await patiently(self.ask, Deadline.after(seconds), self.tally)


def again(after: float | None, problem: Exception | None = None) -> TryAgain:
    return TryAgain(lambda: problem or Throttled(7), after)


async def test_an_answer_is_the_answer():
    graph = Graph([ANSWER])

    assert await graph.asked() is ANSWER
    assert (graph.tries, graph.tally.waited) == ([0], 0.0)


async def test_what_may_pass_is_tried_again_after_its_pause():
    graph = Graph([again(0.03), again(0.01), ANSWER])

    assert await graph.asked() is ANSWER
    assert graph.tries == [0, 1, 2]
    first, second, third = graph.moments
    assert second - first >= 0.027
    assert third - second >= 0.009
    assert graph.tally.waited >= 0.036, "that time is Microsoft's"


async def test_after_six_tries_the_last_problem_is_told():
    problems = [GraphRefused(500 + number, None) for number in range(9)]
    graph = Graph([again(0, problem) for problem in problems])

    with pytest.raises(GraphRefused) as told:
        await graph.asked()

    assert told.value is problems[5]
    assert graph.tries == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("problem", [Throttled(7), MicrosoftTimeout(), GraphRefused(503, None)], ids=str)
async def test_where_nothing_may_be_repeated_the_problem_is_told_at_once(problem: Exception):
    graph = Graph([again(None, problem), ANSWER])

    with pytest.raises(type(problem)) as told:
        await graph.asked()

    assert (told.value, graph.tries) == (problem, [0])


@pytest.mark.parametrize(("pause", "tries"), [(60.0, 1), (4.95, 1), (0.0, 2)])
async def test_a_try_that_would_come_too_late_is_not_waited_for(pause: float, tries: int):
    graph = Graph([again(pause), ANSWER])
    began = time.monotonic()

    if tries == 1:
        with pytest.raises(Throttled):
            await graph.asked(5)
    else:
        assert await graph.asked(5) is ANSWER

    assert len(graph.tries) == tries
    assert time.monotonic() - began < 4


async def test_what_does_not_pass_is_not_tried_again():
    graph = Graph([GraphRefused(403, "ErrorAccessDenied"), ANSWER])

    with pytest.raises(GraphRefused):
        await graph.asked()

    assert graph.tries == [0]
