"""One try of getSchedule over a bad network: what may be tried again, after which pause, and what it costs."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import LARGEST_ANSWER, Http
from lib.adapters.patience import Patience
from lib.adapters.retry_budget import RetryBudget
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, GraphRefused
from lib.ports.graph import Tally, TryAgain
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import ask
from tests.adapters.test_http import answering
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.ports import free_port

ID = "0b4e47b2-40f5-4a47-9f6d-6a4f7f2a6a52"
WITH_ID = {"request-id": ID}
FIRST_PAUSE = 1.0  # seconds, about
UNASKED = (0.5, 1.0)  # after the first try, where Microsoft does not say
BUSY = Fault("graph", status=503)


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """A client that gives up a try after a second, with a budget that nothing but good answers fills again."""
    patience = Patience(longest_try=1, first_pause=FIRST_PAUSE)
    client = Http(microsoft.entra_url, microsoft.graph_url, budget=RetryBudget(10, 0), patience=patience)
    yield client
    await client.close()


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


async def failure(graph: GraphClient, token: AppToken, tally: Tally | None = None, tries: int = 0) -> TryAgain:
    """Ask once and return why it may be tried again."""
    with pytest.raises(TryAgain) as failure:
        await ask(graph, token, seconds=200, tally=tally, tries=tries)
    return failure.value


def drain(http: Http, most: int = 1000) -> int:
    """Use up the budget, or so much of it; return how much that was."""
    return sum(http.budget.take() for _ in range(most))


def busy(status: int, retry_after: str | None = None, **more: Any) -> Fault:
    """Return an answer of this status, as a whole unless told otherwise."""
    headers = WITH_ID | ({"Retry-After": retry_after} if retry_after is not None else {})
    fields: dict[str, Any] = {"status": status, "headers": headers} | more
    return Fault("graph", **fields)


def malformed(body: bytes | dict[str, Any]) -> Fault:
    return Fault("graph", status=200, headers=WITH_ID, body=body)


MALFORMED = {"status": 502, "code": "malformedAnswer"}
FAULTS = [
    pytest.param(busy(429, "0.25"), Throttled, {"retry_after": 0.25}, (0.35, 0.55), id="429"),
    pytest.param(busy(429, "90"), Throttled, {"retry_after": 90}, (90.1, 90.3), id="429 for long"),
    pytest.param(busy(429), Throttled, {"retry_after": 10}, UNASKED, id="429 without Retry-After"),
    pytest.param(busy(408), GraphRefused, {"status": 408}, UNASKED, id="408"),
    pytest.param(busy(500), GraphRefused, {"status": 500, "code": None}, UNASKED, id="500"),
    pytest.param(busy(502), GraphRefused, {"status": 502, "code": None}, UNASKED, id="502"),
    pytest.param(
        busy(503, "7", body={"error": {"code": "x"}}), GraphRefused, {"status": 503, "code": "x"}, (7.1, 7.3), id="503"
    ),
    pytest.param(busy(503, "0"), GraphRefused, {"status": 503}, (0.1, 0.3), id="Retry-After 0"),
    pytest.param(busy(503, "Wed, 21 Oct 2015 07:28:00 GMT"), GraphRefused, {"status": 503}, (0.1, 0.3), id="long ago"),
    pytest.param(busy(504, "2"), MicrosoftTimeout, {}, (2.1, 2.3), id="504"),
    pytest.param(busy(509), GraphRefused, {"status": 509}, UNASKED, id="509"),
    pytest.param(malformed(b"<html>captive portal</html>"), GraphRefused, MALFORMED, UNASKED, id="HTML"),
    pytest.param(malformed(b""), GraphRefused, MALFORMED, UNASKED, id="empty"),
    pytest.param(malformed(b"[]"), GraphRefused, MALFORMED, UNASKED, id="list"),
    pytest.param(malformed(b"[" * 100_000), GraphRefused, MALFORMED, UNASKED, id="nested"),
    pytest.param(malformed(b"<" * 1_000_000), GraphRefused, MALFORMED, UNASKED, id="large"),
    pytest.param(malformed({"value": "free"}), GraphRefused, MALFORMED, UNASKED, id="no list"),
    pytest.param(malformed({}), GraphRefused, MALFORMED, UNASKED, id="no value"),
    pytest.param(busy(204), GraphRefused, MALFORMED, UNASKED, id="204"),
    pytest.param(busy(206, body={"value": []}), GraphRefused, MALFORMED, UNASKED, id="206"),
    pytest.param(busy(400, body=b"<html>"), GraphRefused, MALFORMED, UNASKED, id="400 in HTML"),
    pytest.param(busy(400), GraphRefused, MALFORMED, UNASKED, id="400 without a word"),
]
BROKEN = [
    pytest.param(Fault("graph", mode="reset"), MicrosoftUnavailable, UNASKED, [], id="reset"),
    pytest.param(
        busy(200, mode="truncate", body={"value": []}), MicrosoftUnavailable, UNASKED, [ID], id="a truncated answer"
    ),
    pytest.param(busy(503, "3", mode="truncate"), MicrosoftUnavailable, (3.1, 3.3), [ID], id="a truncated 503"),
    pytest.param(busy(429, "3", mode="truncate"), MicrosoftUnavailable, (3.1, 3.3), [ID], id="a truncated 429"),
    pytest.param(Fault("graph", mode="hang"), MicrosoftTimeout, UNASKED, [], id="hang"),
]


@pytest.mark.parametrize(("fault", "problem", "about", "pause"), FAULTS)
async def test_what_may_pass_is_told_with_its_pause_and_asked_once(
    graph: GraphClient,
    token: AppToken,
    microsoft: SimulatedMicrosoft,
    fault: Fault,
    problem: type[Exception],
    about: dict[str, Any],
    pause: tuple[float, float],
):
    microsoft.faults.append(replace(fault))
    tally = Tally()

    told = await failure(graph, token, tally)

    assert type(told.told()) is problem
    assert {name: getattr(told.told(), name) for name in about} == about
    assert told.told().trace.request_id == ID  # type: ignore[attr-defined]
    assert told.after is not None
    assert pause[0] <= told.after <= pause[1]
    assert (microsoft.count("graph"), tally.requests, tally.repeated, tally.request_ids) == (1, 1, 0, [ID])


@pytest.mark.parametrize(("fault", "problem", "pause", "ids"), BROKEN)
async def test_no_whole_answer_may_pass(
    graph: GraphClient,
    token: AppToken,
    microsoft: SimulatedMicrosoft,
    fault: Fault,
    problem: type[Exception],
    pause: tuple[float, float],
    ids: list[str],
):
    microsoft.faults.append(replace(fault))
    tally = Tally()

    told = await failure(graph, token, tally)

    assert type(told.told()) is problem
    assert told.after is not None
    assert pause[0] <= told.after <= pause[1]
    assert (microsoft.count("graph"), tally.requests, tally.repeated, tally.request_ids) == (1, 1, 0, ids)


async def test_where_nobody_listens_may_be_asked_again(token: AppToken):
    nowhere = f"https://127.0.0.1:{free_port()}"
    http = Http(nowhere)

    told = await failure(GraphClient(http, nowhere), token)
    await http.close()

    assert isinstance(told.told(), MicrosoftUnavailable)


@pytest.mark.parametrize(("tries", "pause"), [(1, (1.0, 2.0)), (2, (2.0, 4.0)), (4, (8.0, 16.0))])
async def test_the_pause_grows_with_the_tries_before(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, tries: int, pause: tuple[float, float]
):
    microsoft.faults.append(replace(BUSY))
    tally = Tally()

    told = await failure(graph, token, tally, tries)

    assert told.after is not None
    assert pause[0] <= told.after <= pause[1]
    assert (tally.requests, tally.repeated) == (1, 1)


async def test_a_good_answer_to_a_repeat_counts_as_repeated(graph: GraphClient, token: AppToken):
    tally = Tally()

    answer = await ask(graph, token, tally=tally, tries=5)

    assert answer.body["value"]
    assert (tally.requests, tally.repeated) == (1, 1)


async def test_a_try_is_given_up_although_the_caller_has_more_time(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang"))
    tally, began = Tally(), time.perf_counter()

    await failure(graph, token, tally)

    assert 0.9 <= tally.waited <= time.perf_counter() - began < 20


async def test_without_a_budget_nothing_may_be_tried_again(
    http: Http, graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(replace(BUSY))
    drain(http, 9)

    first, second = await failure(graph, token), await failure(graph, token)

    assert first.after is not None
    assert second.after is None
    assert isinstance(second.told(), GraphRefused)


@pytest.mark.parametrize(
    ("fault", "left"),
    [
        pytest.param(None, 1, id="good"),
        pytest.param(Fault("graph", status=403), 1, id="refused"),
        pytest.param(Fault("graph", status=204), 0, id="nothing"),
        pytest.param(BUSY, 0, id="busy"),
        pytest.param(Fault("graph", mode="reset"), 0, id="reset"),
        pytest.param(Fault("graph", status=200, body={}), 0, id="malformed"),
        pytest.param(Fault("graph", status=200, body=b" " * (LARGEST_ANSWER + 1)), 0, id="too large"),
    ],
)
async def test_only_what_was_understood_gives_back_to_the_budget(
    http: Http, graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault | None, left: int
):
    drain(http)
    if fault:
        microsoft.faults.append(replace(fault))
        with pytest.raises((TryAgain, GraphRefused, MicrosoftUnavailable)) as told:
            await ask(graph, token)
        assert getattr(told.value, "after", None) is None
    else:
        await ask(graph, token)

    assert drain(http) == left


@pytest.mark.parametrize("fault", [BUSY, Fault("graph", mode="reset"), Fault("graph", status=200, body={})])
async def test_what_may_be_tried_again_costs_one_of_the_budget(
    http: Http, graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault
):
    microsoft.faults.append(replace(fault))

    assert (await failure(graph, token)).after is not None
    assert drain(http) == 9


async def test_what_may_not_be_waited_for_in_time_is_not_repeated_and_costs_nothing(
    http: Http, graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(busy(503, "90"))

    with pytest.raises(TryAgain) as failure:
        await ask(graph, token, seconds=60)

    assert failure.value.after is None
    assert drain(http) == 10, "others, at other mailboxes, may still repeat"


async def test_an_answer_that_is_too_large_would_be_so_again(token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=200, body=b" " * (LARGEST_ANSWER + 1)))
    http = Http(microsoft.graph_url)  # with time enough to read it

    with pytest.raises(MicrosoftUnavailable):
        await ask(GraphClient(http, microsoft.graph_url), token, seconds=60)
    await http.close()

    assert microsoft.count("graph") == 1


async def test_once_the_deadline_is_over_the_budget_is_left_alone(http: Http, graph: GraphClient, token: AppToken):
    with pytest.raises(MicrosoftTimeout):
        await ask(graph, token, seconds=0)

    assert drain(http) == 10


async def test_a_repeat_has_a_connection_of_its_own_and_a_first_try_one_that_was_kept(token: AppToken):
    async with answering(200, 200, 503, 200, 200) as (there, requests):
        http = Http(there)
        for tries in (0, 0, 1, 2, 0):
            await failure(GraphClient(http, there), token, tries=tries)  # an answer without a body is none
        await http.close()

    assert requests == [1, 1, 2, 3, 1]
