"""Who shares a request may leave it: nobody else suffers, and it ends when nobody waits for it any more."""

import asyncio
import gc

import pytest

from lib.domain.errors import MicrosoftTimeout
from lib.domain.microsoft import GraphRefused
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Tally
from lib.usecases.questions import Questions
from tests.usecases.asking import QUESTION, Callers
from tests.usecases.exchange import Request, expect_no_complaint, later, settle, until


@pytest.fixture
def callers() -> Callers:
    return Callers()


def kept(questions: Questions) -> int:
    """Return how much is kept of questions."""
    return sum(len(value) for value in vars(questions).values() if isinstance(value, dict))


async def test_one_callers_time_out_is_not_everybodys(callers: Callers):
    with expect_no_complaint():
        early, late = callers.ask(QUESTION, 10), callers.ask(QUESTION, 100)
        await settle()
        with later(20), pytest.raises(MicrosoftTimeout):
            await early
        callers.graph.open()
        assert (await late).body["value"]

    assert callers.graph.cancelled == []
    assert callers.tallies[0].waited > 0


async def test_one_callers_cancellation_is_not_everybodys(callers: Callers):
    first, second = callers.ask(QUESTION), callers.ask(QUESTION)
    await until(lambda: callers.graph.under_way)
    first.cancel()
    await settle()
    callers.graph.open()

    assert (await second).body["value"]
    assert first.cancelled()
    assert (len(callers.graph.requests), callers.graph.cancelled) == (1, [])


async def test_nobody_hears_of_a_failure_after_leaving(callers: Callers):
    def says(_: Request) -> list[object]:
        raise GraphRefused(403, "ErrorAccessDenied")

    callers.graph.says = says
    with expect_no_complaint():
        first, second = callers.ask(QUESTION, 10), callers.ask(QUESTION, 100)
        await settle()
        with later(20), pytest.raises(MicrosoftTimeout):
            await first
        callers.graph.open()
        with pytest.raises(GraphRefused):
            await second
        del first, second
        gc.collect()


async def test_the_request_ends_when_the_last_one_is_out_of_time(callers: Callers):
    with expect_no_complaint():
        tasks = [callers.ask(QUESTION, 10), callers.ask(QUESTION, 15)]
        await settle()
        with later(20):
            ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [MicrosoftTimeout] * 2
        await settle()

    assert callers.graph.cancelled == callers.graph.requests
    assert (kept(callers.questions), len(callers.graph.requests)) == (0, 1)


async def test_the_request_ends_when_the_last_one_is_cancelled(callers: Callers):
    tasks = [callers.ask(QUESTION) for _ in range(3)]
    await until(lambda: callers.graph.under_way)
    with expect_no_complaint():
        for task in tasks:
            assert callers.graph.cancelled == []
            task.cancel()
            await settle()

    assert callers.graph.cancelled == callers.graph.requests
    assert kept(callers.questions) == 0


async def test_who_asks_while_a_request_is_being_ended_gets_one_of_their_own(callers: Callers):
    callers.graph.closed.clear()
    first = callers.ask(QUESTION)
    await until(lambda: callers.graph.under_way)
    first.cancel()
    await settle()
    second = callers.ask(QUESTION)
    callers.graph.open()

    assert (await second).body["value"]
    assert len(callers.graph.requests) == 2
    callers.graph.closed.set()
    await settle()
    assert kept(callers.questions) == 0


async def test_the_end_of_an_abandoned_request_does_not_forget_its_successor(callers: Callers):
    callers.graph.closed.clear()
    first = callers.ask(QUESTION)
    await until(lambda: callers.graph.under_way)
    first.cancel()
    await settle()
    second = callers.ask(QUESTION)
    await settle()
    callers.graph.closed.set()
    await settle()
    third = callers.ask(QUESTION)
    await settle()
    callers.graph.open()

    assert await second is await third
    assert len(callers.graph.requests) == 2


async def test_who_joins_with_a_later_deadline_gives_the_request_more_time(callers: Callers):
    first = callers.ask(QUESTION, 5)
    await until(lambda: callers.graph.under_way)
    (request,) = callers.graph.requests
    before = request.deadline.left()
    second = callers.ask(QUESTION, 50)
    await settle()

    assert before <= 5 < 40 < request.deadline.left() <= 50

    earlier = callers.ask(QUESTION, 1)
    await settle()
    assert request.deadline.left() > 40, "nobody takes time away"
    callers.graph.open()
    await asyncio.gather(first, second, earlier)


async def test_the_callers_own_deadlines_are_not_moved(callers: Callers):
    deadlines = [Deadline.after(seconds) for seconds in (10, 100, 50)]
    before = [deadline.at for deadline in deadlines]
    asking = [asyncio.create_task(callers.questions.ask(QUESTION, deadline, Tally())) for deadline in deadlines]
    await settle()

    assert [deadline.at for deadline in deadlines] == before
    with later(60):
        await settle()
    assert [task.done() for task in asking] == [True, False, True], "each waits as long as it may"
    callers.graph.open()
    ends = await asyncio.gather(*asking, return_exceptions=True)
    assert [type(end) for end in ends] == [MicrosoftTimeout, GraphAnswer, MicrosoftTimeout]


async def test_what_an_abandoned_request_still_says_is_heard_by_nobody(callers: Callers):
    callers.graph.last_words = KeyError("connection lost")
    with expect_no_complaint():
        first = callers.ask(QUESTION)
        await until(lambda: callers.graph.under_way)
        first.cancel()
        await settle()
        assert callers.graph.cancelled
        del first


@pytest.mark.parametrize("failure", [None, GraphRefused(500, None), KeyError("bug")])
async def test_nothing_is_kept_afterwards(callers: Callers, failure: Exception | None):
    def says(_: Request) -> list[object]:
        if failure:
            raise failure
        return []

    callers.graph.says = says
    await callers.ask_all(QUESTION, QUESTION)
    await settle()

    assert kept(callers.questions) == 0
