"""getSchedule over a bad network, asked patiently: how often, how long, and that nothing broken is an answer."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.patience import Patience
from lib.adapters.retry_budget import RetryBudget
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, GraphRefused
from lib.ports.graph import Tally
from lib.usecases.patiently import patiently
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import SCHEDULE, ask_patiently, seat
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault

ID = {"request-id": "0b4e47b2-40f5-4a47-9f6d-6a4f7f2a6a52"}


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """A client with short pauses."""
    client = Http(microsoft.entra_url, microsoft.graph_url, patience=Patience(longest_try=2, first_pause=0.01))
    yield client
    await client.close()


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("graph", status=429, headers=ID | {"Retry-After": "0.3"}, times=1), id="429"),
        pytest.param(Fault("graph", status=429, headers=ID, times=5), id="429 five times"),
        pytest.param(Fault("graph", status=503, headers=ID | {"Retry-After": "0"}, times=2), id="503 twice"),
        pytest.param(Fault("graph", status=504, headers=ID, times=1), id="504"),
        pytest.param(Fault("graph", mode="reset", times=5), id="reset five times"),
        pytest.param(Fault("graph", mode="truncate", status=200, headers=ID, body={"value": []}, times=1), id="cut"),
        pytest.param(Fault("graph", mode="hang", times=1), id="hang"),
        pytest.param(Fault("graph", status=200, headers=ID, body=b"<html>", times=1), id="HTML"),
        pytest.param(Fault("graph", status=200, headers=ID, body={"value": "free"}, times=5), id="no list, five times"),
    ],
)
async def test_what_passes_is_tried_again_until_it_has_passed(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault
):
    times, tally = fault.times or 0, Tally()
    microsoft.faults.append(replace(fault))

    answer = await ask_patiently(graph, token, tally=tally)

    assert answer.body["value"][0]["availabilityView"] == "2100"
    assert microsoft.count("graph") == tally.requests == times + 1
    assert tally.repeated == times
    assert tally.request_ids == [*fault.headers.values()][:1] * times + [answer.request_id]


@pytest.mark.parametrize(
    ("fault", "problem", "about"),
    [
        (Fault("graph", status=429, headers={"Retry-After": "0.01"}), Throttled, {"retry_after": 0.01}),
        (Fault("graph", status=503, body={"error": {"code": "x"}}), GraphRefused, {"status": 503, "code": "x"}),
        (Fault("graph", status=504), MicrosoftTimeout, {}),
        (Fault("graph", status=200, body=b"<html>"), GraphRefused, {"status": 502, "code": "malformedAnswer"}),
        (Fault("graph", mode="reset"), MicrosoftUnavailable, {}),
        (Fault("graph", mode="truncate"), MicrosoftUnavailable, {}),
    ],
    ids=["429", "503", "504", "HTML", "reset", "truncated"],
)
async def test_after_six_tries_the_last_failure_is_told(
    graph: GraphClient,
    token: AppToken,
    microsoft: SimulatedMicrosoft,
    fault: Fault,
    problem: type[Exception],
    about: dict[str, Any],
):
    microsoft.faults.append(fault)
    tally = Tally()

    with pytest.raises(problem) as told:
        await ask_patiently(graph, token, tally=tally)

    assert {name: getattr(told.value, name) for name in about} == about
    assert microsoft.count("graph") == tally.requests == tally.repeated + 1 == 6


async def test_the_last_failure_counts_not_the_first(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.extend((Fault("graph", status=503, times=5), Fault("graph", mode="reset")))

    with pytest.raises(MicrosoftUnavailable):
        await ask_patiently(graph, token)


async def test_a_refusal_after_a_retry_is_told(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.extend((Fault("graph", status=503, times=1), Fault("graph", status=403)))

    with pytest.raises(GraphRefused) as refused:
        await ask_patiently(graph, token)

    assert refused.value.status == 403
    assert microsoft.count("graph") == 2


async def test_every_try_has_a_name_of_its_own(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=503, times=2))

    await ask_patiently(graph, token)

    names = [seen.headers["client-request-id"] for seen in microsoft.requests if seen.service == "graph"]
    assert len(set(names)) == 3


@pytest.mark.parametrize("mode", ["answer", "truncate"])
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_waited_for(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, status: int, mode: Any
):
    microsoft.faults.append(Fault("graph", status=status, headers={"Retry-After": "1"}, mode=mode, times=1))
    tally, began = Tally(), time.perf_counter()

    await ask_patiently(graph, token, tally=tally)

    assert 1 <= tally.waited <= time.perf_counter() - began


@pytest.mark.parametrize(("status", "problem"), [(429, Throttled), (503, GraphRefused)])
async def test_a_wait_beyond_the_deadline_is_not_begun(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, status: int, problem: type[Exception]
):
    microsoft.faults.append(Fault("graph", status=status, headers={"Retry-After": "90"}))
    began = time.monotonic()

    with pytest.raises(problem) as told:
        await ask_patiently(graph, token, seconds=60)

    assert getattr(told.value, "retry_after", 90) == 90
    assert time.monotonic() - began < 30
    assert microsoft.count("graph") == 1


async def test_graph_that_never_answers_costs_no_more_than_the_deadline(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang"))
    began = time.monotonic()

    with pytest.raises(MicrosoftTimeout):
        await ask_patiently(graph, token, seconds=1)

    assert 0.9 <= time.monotonic() - began < 5


async def test_a_try_that_was_cut_is_repeated_if_the_deadline_was_extended(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=1))
    tally, deadline = Tally(), soon(1.5)
    once = partial(graph.get_schedule, token, seat(), SCHEDULE, deadline, tally)
    asking = asyncio.create_task(patiently(once, deadline, tally))
    await asyncio.sleep(0)  # it has begun, with the time that it has now
    await asyncio.sleep(0)
    deadline.extend(soon(30))

    assert (await asking).body["value"]
    assert (tally.requests, tally.repeated) == (2, 1)


async def test_repeats_end_when_the_budget_of_the_process_is_used_up(token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=503))
    http = Http(microsoft.graph_url, budget=RetryBudget(3, 0), patience=Patience(first_pause=0.01))
    graph, tally = GraphClient(http, microsoft.graph_url), Tally()

    for _ in range(4):
        with pytest.raises(GraphRefused):
            await ask_patiently(graph, token, tally=tally)

    assert microsoft.count("graph") == tally.requests == 4 + 3
    assert tally.repeated == 3
    await http.close()


async def test_many_callers_in_an_outage_repeat_no_more_than_the_budget(token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", mode="reset"))
    http = Http(microsoft.graph_url, budget=RetryBudget(20, 0), patience=Patience(first_pause=0.01))
    graph = GraphClient(http, microsoft.graph_url)

    callers = (ask_patiently(graph, token, at=seat(f"r{number}@contoso.com"), seconds=60) for number in range(60))
    told = await asyncio.gather(*callers, return_exceptions=True)

    assert {type(problem) for problem in told} == {MicrosoftUnavailable}
    # Whoever came to a sixth try may have taken one of the budget without repeating.
    assert 60 + 16 <= microsoft.count("graph") <= 60 + 20
    await http.close()


async def test_who_is_cancelled_in_a_pause_asks_no_more(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=503, headers={"Retry-After": "0.2"}, times=1))
    asking, resting = list[float](), asyncio.Event()

    async def rest(seconds: float) -> None:
        asking.append(seconds)
        resting.set()
        await asyncio.sleep(seconds)

    deadline, tally = soon(30), Tally()
    once = partial(graph.get_schedule, token, seat(), SCHEDULE, deadline, tally)
    task = asyncio.create_task(patiently(once, deadline, tally, rest))
    await resting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(asking[0] + 0.1)

    assert microsoft.count("graph") == 1
    assert not graph._gates
