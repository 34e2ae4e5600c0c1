"""A 429 holds back everybody at its mailbox, also while whoever was refused rests before the next try."""

import asyncio
import time

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.domain.microsoft import AppToken
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import ask, ask_patiently
from tests.adapters.test_graph_look_up import Watched, look_up_of, views
from tests.adapters.test_graph_look_up import graph as watched
from tests.adapters.test_graph_queue import running, seen
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault

__all__ = ["watched"]  # a fixture


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


async def test_who_comes_while_the_only_one_refused_rests_waits_for_the_end_of_the_pause(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "1.5"}, times=1))
    began = time.monotonic()

    async with running(ask_patiently(graph, token)) as refused:
        await seen(microsoft, 1)
        await asyncio.sleep(0.1)
        await ask(graph, token)
        assert time.monotonic() - began >= 1.5
        await refused[0]


async def test_a_later_429_with_a_longer_retry_after_holds_back_who_rests_for_a_shorter_one(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    longer = Fault("graph", status=429, headers={"Retry-After": "1.5"}, delay=0.2, times=1)
    microsoft.faults.extend((Fault("graph", status=429, headers={"Retry-After": "0.3"}, times=1), longer))
    began, answered = time.monotonic(), list[float]()

    async def note() -> None:
        await ask_patiently(graph, token)
        answered.append(time.monotonic() - began)

    await asyncio.gather(note(), note())

    assert min(answered) >= 1.5


@pytest.mark.parametrize("run", range(8))  # it depends on how many 429s come in the same turn of the loop
async def test_after_a_429_no_part_of_a_look_up_is_asked_for_until_its_retry_after_has_passed(
    watched: Watched, entra: EntraClient, microsoft: SimulatedMicrosoft, run: int
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "1"}, times=4))
    look_up, began = look_up_of(watched, entra), time.monotonic()

    await look_up.run()

    assert views(look_up) == ["0000"] * 10
    assert min(watched.answered.values()) - began >= 1
    assert (look_up.tally.requests, look_up.tally.repeated) == (14, 4)
