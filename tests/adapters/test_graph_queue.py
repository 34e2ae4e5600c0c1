"""Four requests at a time for a mailbox: who waits, who does not, and what a 429 means for those who wait."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import AppToken, GraphRefused, UserToken
from lib.ports.graph import GraphAnswer, Tally, TryAgain
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import ADA, ask, ask_patiently, nancys, seat
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.world import demo

__all__ = ["nancys"]  # a fixture

OTHER = "recruiter@contoso.com"


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


Asking = asyncio.Task[GraphAnswer]


@contextlib.asynccontextmanager
async def running(*coroutines: Coroutine[Any, Any, GraphAnswer]) -> AsyncIterator[list[Asking]]:
    """Run them; cancel what is left at the end."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def seen(microsoft: SimulatedMicrosoft, count: int) -> None:
    """Wait until Graph has seen so many requests."""
    async with asyncio.timeout(20):
        while microsoft.count("graph") < count:  # noqa: ASYNC110  another thread counts
            await asyncio.sleep(0.01)


async def test_no_more_than_four_requests_are_under_way_for_a_mailbox(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.latency["graph"] = 0.05
    tally = Tally()

    await asyncio.gather(*(ask(graph, token, tally=tally) for _ in range(24)))

    assert (tally.requests, tally.repeated) == (24, 0), "a fifth at a time would have been refused with 429"
    assert not graph._gates, "a mailbox that nobody asks any more leaves nothing behind"


async def test_no_more_than_four_requests_are_under_way_for_a_signed_in_user(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft
):
    microsoft.latency["graph"] = 0.05
    tally = Tally()

    await asyncio.gather(*(ask(graph, nancys, at=seat(None, nancys.tenant), tally=tally) for _ in range(16)))

    assert (tally.requests, tally.repeated) == (16, 0)
    assert not graph._gates


async def test_every_signed_in_user_has_limits_of_his_own(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=4))
    somebody_else = replace(nancys, object_id=demo.FABRIKAM)
    me = seat(None, nancys.tenant)

    async with running(*(ask(graph, nancys, at=me) for _ in range(4))):
        await seen(microsoft, 4)
        assert (await ask(graph, somebody_else, at=me, seconds=6)).body["value"]


async def test_who_waits_to_the_deadline_is_told_and_asks_nothing(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang"))
    tally = Tally()

    async with running(*(ask(graph, token) for _ in range(4))):
        await seen(microsoft, 4)
        with pytest.raises(MicrosoftTimeout):
            await ask(graph, token, seconds=0.3, at=seat(ADA.upper()), tally=tally)

    assert tally.requests == 0
    assert tally.waited >= 0.3
    assert not graph._gates


async def test_other_mailboxes_applications_and_tenants_have_their_own_limits(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", path_contains=ADA, mode="hang", times=4))
    others = (seat(OTHER), seat(tenant=demo.FABRIKAM), seat(application=demo.FABRIKAM_APPLICATION))

    async with running(*(ask(graph, token) for _ in range(4))):
        await seen(microsoft, 4)
        for other in others:
            assert (await ask(graph, token, at=other, seconds=6)).body["value"]


async def test_a_pause_before_another_try_holds_no_place(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=503, headers={"Retry-After": "50"}, times=4))

    async with running(*(ask_patiently(graph, token, seconds=100) for _ in range(4))) as waiting:
        await seen(microsoft, 4)
        assert (await ask(graph, token)).body["value"]
        assert not any(task.done() for task in waiting)


async def test_who_is_cancelled_frees_the_place(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", mode="hang", times=4))

    async with running(*(ask(graph, token) for _ in range(6))) as asking:
        await seen(microsoft, 4)
        for task in asking[:5]:  # four that are under way, and one that waits
            task.cancel()
        assert (await asking[5]).body["value"]

    assert not graph._gates


async def test_after_a_429_everybody_waits_for_the_end_of_its_retry_after(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "1"}, times=4))
    began, tally, answered = time.monotonic(), Tally(), list[float]()

    async def note() -> GraphAnswer:
        answer = await ask_patiently(graph, token, tally=tally)
        answered.append(time.monotonic() - began)
        return answer

    async with running(*(note() for _ in range(8))) as asking:
        await asyncio.gather(*asking)

    assert min(answered) >= 1, "nobody took a place that a refused request had left"
    assert (tally.requests, tally.repeated) == (12, 4)


async def test_who_waits_is_let_in_at_the_end_of_a_pause_whose_cause_has_left(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=3))
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "1"}, times=1))
    began = time.monotonic()

    async with running(*(ask(graph, token) for _ in range(4))) as first:
        await seen(microsoft, 4)
        async with running(ask(graph, token)) as late:
            (refused,), _ = await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            assert isinstance(refused.exception(), TryAgain)
            assert (await late[0]).body["value"]

    assert time.monotonic() - began >= 1


async def test_a_later_429_with_a_longer_retry_after_extends_the_pause(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=2))
    longer = Fault("graph", status=429, headers={"Retry-After": "1.5"}, delay=0.2, times=1)
    microsoft.faults.extend((longer, Fault("graph", status=429, headers={"Retry-After": "0.3"}, times=1)))
    began = time.monotonic()

    async with running(*(ask(graph, token) for _ in range(4))):
        await seen(microsoft, 4)
        assert (await ask(graph, token)).body["value"]

    assert time.monotonic() - began >= 1.5


async def test_who_cannot_wait_for_the_end_of_a_pause_is_throttled_at_once(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "90"}, times=1))
    microsoft.faults.append(Fault("graph", mode="hang"))
    began, tally = time.monotonic(), Tally()

    async with running(*(ask_patiently(graph, token, seconds=1000) for _ in range(4))) as patient:
        await seen(microsoft, 4)
        waiting = asyncio.create_task(ask(graph, token, seconds=60, tally=tally))
        with pytest.raises(Throttled) as throttled:
            await waiting
        assert not any(task.done() for task in patient)

    assert 30 < throttled.value.retry_after <= 91
    assert tally.requests == 0
    assert time.monotonic() - began < 30


async def test_a_pause_is_forgotten_when_nobody_waits_any_more(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "90"}, times=1))

    with pytest.raises(Throttled):
        await ask_patiently(graph, token)

    assert (await ask(graph, token)).body["value"]


async def test_a_failure_frees_the_place(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=403, times=8))

    for _ in range(8):
        with pytest.raises(GraphRefused):
            await ask(graph, token)

    assert (await ask(graph, token)).body["value"]
