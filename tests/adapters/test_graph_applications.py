"""No application takes so much of the process, in requests under way or in retries, that others feel its troubles."""

import asyncio

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.domain.errors import MicrosoftTimeout
from lib.domain.microsoft import AppToken
from lib.ports.graph import Tally, TryAgain
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import ADA, ask, seat
from tests.adapters.test_graph_queue import running, seen
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.world import demo

MOST = 64  # requests of an application that are under way
OTHERS = [seat(tenant=demo.FABRIKAM), seat(application=demo.FABRIKAM_APPLICATION)]


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


async def test_an_application_has_so_many_requests_under_way_and_others_do_not_notice(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=MOST))
    tally = Tally()

    async with running(*(ask(graph, token, at=seat(f"r{n}@contoso.com"), seconds=60) for n in range(MOST))):
        await seen(microsoft, MOST)
        with pytest.raises(MicrosoftTimeout):
            await ask(graph, token, seconds=0.3, tally=tally)
        for other in OTHERS:
            assert (await ask(graph, token, at=other, seconds=6)).body["value"]

    assert tally.requests == 0
    assert tally.waited >= 0.3
    assert not graph._applications
    assert not graph._gates


async def test_as_soon_as_one_is_answered_the_next_is_asked(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", times=MOST))

    async with running(*(ask(graph, token, at=seat(f"r{n}@contoso.com"), seconds=60) for n in range(MOST))) as hanging:
        await seen(microsoft, MOST)
        async with running(ask(graph, token)) as waiting:
            await asyncio.sleep(0.1)
            assert microsoft.count("graph") == MOST
            hanging[7].cancel()
            assert (await waiting[0]).body["value"]


async def test_who_waits_for_a_mailbox_keeps_no_place_of_its_application(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", path_contains=ADA, mode="hang"))

    async with running(*(ask(graph, token, seconds=60) for _ in range(2 * MOST))):
        await seen(microsoft, 4)
        assert (await ask(graph, token, at=seat("recruiter@contoso.com"), seconds=6)).body["value"]


async def may_be_repeated(graph: GraphClient, token: AppToken, at: object = None) -> bool:
    with pytest.raises(TryAgain) as failure:
        await ask(graph, token, at=at)  # type: ignore[arg-type]
    return failure.value.after is not None


async def test_an_application_in_trouble_leaves_retries_to_others(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="reset"))

    granted = [await may_be_repeated(graph, token, seat(f"r{n}@contoso.com")) for n in range(120)]

    assert all(granted[:60])
    assert not all(granted)
    for other in OTHERS:
        assert await may_be_repeated(graph, token, other)


async def test_a_good_answer_gives_back_to_the_application_it_was_for(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    trouble = Fault("graph", mode="reset")
    microsoft.faults.append(trouble)
    while await may_be_repeated(graph, token):
        pass
    microsoft.faults = []
    for _ in range(10):
        await ask(graph, token)
    microsoft.faults.append(trouble)

    assert [await may_be_repeated(graph, token) for _ in range(10)] == [True] * 10
