"""What a call cost at Microsoft: in the header Server-Timing, and in the call's line of the log."""

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import azure.functions as func
import pytest

from lib.domain.errors import MicrosoftTrace, Throttled
from lib.ports.graph import Tally
from lib.web.edge import Call, reply, respond

COSTS = {"msMicrosoft", "msOurs", "requests", "retries", "shared", "graphRequestIds"}
Work = Callable[[Call], Awaitable[None]]


class Costs:
    """What one call told: its response, its line, and the durations of its header in milliseconds."""

    def __init__(self, response: func.HttpResponse, line: dict[str, Any]) -> None:
        self.response, self.line = response, line
        header = response.headers.get("Server-Timing", "")
        self.durations = {name: float(value) for name, value in re.findall(r"([a-z]+);dur=([0-9.]+)", header)}


async def call(work: Work, caplog: pytest.LogCaptureFixture, problem: Exception | None = None) -> Costs:
    async def handler(call: Call) -> func.HttpResponse:
        await work(call)
        if problem:
            raise problem
        return reply(b'{"value":[]}')

    request = func.HttpRequest("POST", "/x", headers={}, route_params={}, body=b"")
    with caplog.at_level(logging.INFO):
        response = await respond(request, "get_schedule", "x/{y}", handler)
    return Costs(response, json.loads(caplog.messages[-1]))


async def nothing(_: Call) -> None:
    pass


async def graph(call: Call) -> None:
    """Ask Graph for 20 ms: two requests side by side, one of them repeated."""
    tally = call.tally
    tally.requests, tally.repeated, tally.shared = 3, 1, 2
    tally.request_ids += ["r-1", "r-2", "r-3"]
    with tally.waiting(), tally.waiting():
        await asyncio.sleep(0.02)


async def test_a_call_that_asked_graph_tells_its_costs(caplog: pytest.LogCaptureFixture):
    async def work(call: Call) -> None:
        await graph(call)
        await asyncio.sleep(0.01)  # our own work

    told = await call(work, caplog)

    assert (told.line["requests"], told.line["retries"], told.line["shared"]) == (3, 1, 2)
    assert told.line["graphRequestIds"] == ["r-1", "r-2", "r-3"]
    assert list(told.durations) == ["microsoft", "connector", "total"]
    assert told.durations["microsoft"] >= 19
    assert told.durations["connector"] >= 9
    assert told.durations["microsoft"] + told.durations["connector"] == pytest.approx(told.durations["total"], abs=0.2)
    assert [told.line[name] for name in ("msMicrosoft", "msOurs", "ms")] == list(told.durations.values())


async def test_a_call_that_did_not_ask_graph_tells_no_costs(caplog: pytest.LogCaptureFixture):
    told = await call(nothing, caplog)

    assert "Server-Timing" not in told.response.headers
    assert not COSTS & set(told.line)
    assert told.line["ms"] >= 0


@pytest.mark.parametrize(
    "problem", [Throttled(5, trace=MicrosoftTrace("ApplicationThrottled", "r-3")), ValueError("a bug")]
)
async def test_a_call_that_ended_in_an_error_tells_its_costs_too(caplog: pytest.LogCaptureFixture, problem: Exception):
    told = await call(graph, caplog, problem)

    assert told.durations["microsoft"] >= 19
    assert (told.line["requests"], told.line["status"]) == (3, told.response.status_code)
    assert told.response.status_code in {429, 500}


async def test_a_request_that_goes_on_for_somebody_else_counts_until_the_answer(caplog: pytest.LogCaptureFixture):
    others = asyncio.Event()
    tasks: list[asyncio.Task[None]] = []

    async def shared(tally: Tally) -> None:
        tally.requests += 1
        with tally.waiting():
            await others.wait()

    async def work(call: Call) -> None:
        tasks.append(asyncio.create_task(shared(call.tally)))
        await asyncio.sleep(0.02)

    told = await call(work, caplog)
    others.set()
    await asyncio.gather(*tasks)

    assert told.durations["microsoft"] >= 19
    assert told.line["requests"] == 1


async def test_a_line_holds_no_more_ids_than_fit(caplog: pytest.LogCaptureFixture):
    async def work(call: Call) -> None:
        await graph(call)
        call.tally.request_ids += [f"00000000-0000-0000-0000-{number:012}" for number in range(2000)]

    told = await call(work, caplog)

    assert len(told.line["graphRequestIds"]) == 200
    assert len(caplog.messages[-1]) < 32_768, "a line of Application Insights"


async def test_ours_is_never_less_than_nothing(caplog: pytest.LogCaptureFixture):
    async def work(call: Call) -> None:
        with call.tally.waiting():
            await asyncio.sleep(0.01)

    told = await call(work, caplog)

    assert told.durations["connector"] >= 0
    assert told.durations["microsoft"] <= told.durations["total"]


async def test_bytes_are_sent_as_they_are(caplog: pytest.LogCaptureFixture):
    told = await call(graph, caplog)

    assert told.response.get_body() == b'{"value":[]}'
    assert told.response.mimetype == "application/json"
