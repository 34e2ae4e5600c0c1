"""getSchedule as Graph is asked: where, by whom, what comes back, and what it cost."""

import asyncio
import gc
import json
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.entra_users import EntraUsers
from lib.adapters.graph import GraphClient
from lib.adapters.graph_answers import read_schedule
from lib.adapters.http import Reply
from lib.adapters.msal_session import MsalSession
from lib.domain.errors import MicrosoftTimeout
from lib.domain.microsoft import AppToken, GraphRefused, UserToken
from lib.ports.graph import GraphAnswer, Seat, Tally
from lib.usecases.patiently import patiently
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_entra_users import grant_of
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo

ADA = "ada@contoso.com"
SCHEDULE: dict[str, Any] = {
    "schedules": [ADA],
    "startTime": {"dateTime": "2026-03-04T09:00:00", "timeZone": "UTC"},
    "endTime": {"dateTime": "2026-03-04T13:00:00", "timeZone": "UTC"},
    "availabilityViewInterval": 60,
}


def seat(mailbox: str | None = ADA, tenant: str = demo.CONTOSO, application: str = demo.CONTOSO_APPLICATION) -> Seat:
    """Return where Contoso's application asks from."""
    return Seat(tenant, application, mailbox)


async def ask(
    graph: GraphClient,
    token: AppToken | UserToken,
    *,
    seconds: float = 30,
    at: Seat | None = None,
    tally: Tally | None = None,
    tries: int = 0,
) -> GraphAnswer:
    """Ask for Ada's morning, once; `tries` are those before."""
    return await graph.get_schedule(token, at or seat(), SCHEDULE, soon(seconds), tally or Tally(), tries)


async def ask_patiently(
    graph: GraphClient,
    token: AppToken | UserToken,
    *,
    seconds: float = 30,
    at: Seat | None = None,
    tally: Tally | None = None,
) -> GraphAnswer:
    """Ask for Ada's morning, and again while that may help."""
    deadline, tally = soon(seconds), tally or Tally()
    once = partial(graph.get_schedule, token, at or seat(), SCHEDULE, deadline, tally)
    return await patiently(once, deadline, tally)


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


@pytest.fixture
async def nancys(microsoft: SimulatedMicrosoft, entra: EntraClient) -> UserToken:
    """The token of a user who signed in and consented."""
    return (await grant_of(EntraUsers(microsoft.entra_url, MsalSession, entra.directory), microsoft)).token


async def test_a_good_answer_brings_its_request_id(graph: GraphClient, token: AppToken):
    tally = Tally()

    answer = await ask(graph, token, tally=tally)

    assert answer.body["value"][0]["availabilityView"] == "2100"
    assert answer.request_id
    assert (tally.requests, tally.repeated, tally.request_ids) == (1, 0, [answer.request_id])


async def test_the_time_in_microsofts_hands_is_counted(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.latency["graph"] = 0.2
    tally, began = Tally(), time.perf_counter()

    await asyncio.gather(*(ask(graph, token, tally=tally) for _ in range(6)))

    # Four, then two that waited for a place; each moment counts once, however many wait at it.
    assert 0.4 <= tally.waited <= time.perf_counter() - began
    assert tally.requests == 6


async def test_graph_is_asked_in_the_zones_of_the_body_only(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    await ask(graph, token)

    assert "prefer" not in microsoft.requests[-1].headers
    assert microsoft.requests[-1].json() == SCHEDULE


async def test_a_user_becomes_one_segment_of_the_address(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    with pytest.raises(GraphRefused):
        await ask(graph, token, at=seat("a#EXT#/../b?c@contoso.com"))

    assert microsoft.requests[-1].path.endswith("/calendar/getSchedule")
    assert microsoft.requests[-1].query == {}


async def test_a_signed_in_user_is_asked_for_by_no_name(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft
):
    schedule = SCHEDULE | {"schedules": [NANCY, "steven@northwind.com"]}

    answer = await graph.get_schedule(nancys, seat(None, nancys.tenant), schedule, soon(), Tally())

    assert [entry["scheduleId"] for entry in answer.body["value"]] == [NANCY, "steven@northwind.com"]
    assert microsoft.requests[-1].path == "/v1.0/me/calendar/getSchedule"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (
            Fault("graph", status=400, body={"error": {"code": "ErrorInvalidTimeInterval"}}),
            400,
            "ErrorInvalidTimeInterval",
        ),
        (
            Fault("graph", status=401, body={"error": {"code": "InvalidAuthenticationToken"}}),
            401,
            "InvalidAuthenticationToken",
        ),
        (Fault("graph", status=403, body={"error": {"code": "ErrorAccessDenied"}}), 403, "ErrorAccessDenied"),
        (Fault("graph", status=404, body={"error": {"code": "ErrorInvalidUser"}}), 404, "ErrorInvalidUser"),
        (Fault("graph", status=501, body=b"<html>"), 501, None),
        (Fault("graph", status=302, headers={"Location": "https://127.0.0.1:1/x"}), 302, None),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
async def test_a_refusal_that_does_not_pass_is_told_at_once(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault, status: int, code: str | None
):
    microsoft.faults.append(fault)
    tally = Tally()

    with pytest.raises(GraphRefused) as refused:
        await ask(graph, token, tally=tally)

    assert (refused.value.status, refused.value.code) == (status, code)
    assert microsoft.count("graph") == tally.requests == 1


async def test_once_the_deadline_is_over_nothing_is_sent(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    tally = Tally()

    with pytest.raises(MicrosoftTimeout):
        await ask(graph, token, seconds=0, tally=tally)

    assert microsoft.count("graph") == tally.requests == 0


def large() -> bytes:
    """Return an answer of several megabytes."""
    item = {"status": "busy", "start": {"dateTime": "x"}, "end": {"dateTime": "y"}}
    return json.dumps({"value": [{"scheduleId": ADA, "scheduleItems": [item] * 80_000}]}).encode()


async def test_a_large_answer_is_read_whole(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=200, body=large()))

    answer = await ask(graph, token)

    assert len(answer.body["value"][0]["scheduleItems"]) == 80_000


@pytest.fixture
def no_collections() -> Iterator[None]:
    """Keep Python from collecting garbage, which stops all threads."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


async def longest_halt(text: bytes) -> float:
    """Return for how much of the time of reading an answer the loop stood still at a stretch, from 0 to 1."""
    longest, done = 0.0, asyncio.Event()

    async def look() -> None:
        nonlocal longest
        while not done.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0.001)
            longest = max(longest, time.perf_counter() - began)

    looking = asyncio.create_task(look())
    await asyncio.sleep(0.01)
    began = time.perf_counter()
    await read_schedule(Reply(200, {}, text))
    took = time.perf_counter() - began
    done.set()
    await looking
    return longest / took


@pytest.mark.usefixtures("no_collections")
async def test_a_large_answer_does_not_hold_up_the_loop():
    text = large()

    # Of some times the best: on a busy machine anybody may stand still for a while, but not each time.
    assert min([await longest_halt(text) for _ in range(4)]) < 0.5
