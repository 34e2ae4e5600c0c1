"""What the simulator tells of requests under way: how many at once, and whose client hung up."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.microsoft import Fault
from tests.sandbox.world import demo

KEY = (demo.CONTOSO_APPLICATION, "recruiter@contoso.com")


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


async def until(condition):
    """Wait for what happens in the simulator's thread."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  an asyncio.Event is for one loop only
            await asyncio.sleep(0.01)


async def give_up(client, token, times=1):
    """Ask so many times at once, hang up when the simulator has seen it, and return the requests as it saw them."""
    client.microsoft.clear_requests()
    tasks = [asyncio.create_task(client.schedule(token)) for _ in range(times)]
    await until(lambda: len(client.microsoft.requests) == times)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await until(lambda: all(seen.aborted for seen in client.microsoft.requests))
    return list(client.microsoft.requests)


@pytest.mark.parametrize(
    "fault", [None, Fault("graph", mode="hang"), Fault("graph", delay=60), Fault("graph", delay=60, mode="truncate")]
)
async def test_a_client_that_hangs_up_is_noticed_at_once(client, token, fault):
    if fault:
        client.microsoft.faults.append(fault)
    else:
        client.microsoft.latency["graph"] = 60
    (seen,) = await give_up(client, token)
    assert (seen.aborted, seen.status) == (True, 0)


async def test_whoever_waits_is_not_said_to_have_hung_up(client, token):
    for mode in ("reset", "truncate"):
        client.microsoft.faults = [Fault("graph", mode=mode)]
        with pytest.raises(aiohttp.ClientError):
            await client.schedule(token)
    client.microsoft.faults = []
    assert (await client.schedule(token)).status == 200
    await asyncio.sleep(0.05)
    assert not any(seen.aborted for seen in client.microsoft.requests)


async def test_an_abandoned_request_is_worked_on_to_its_end(client, token):
    client.microsoft.latency["graph"] = 3
    await give_up(client, token, 4)
    client.microsoft.latency["graph"] = 0
    assert (await client.schedule(token)).status == 429  # all four are still in flight
    async with asyncio.timeout(20):
        while (await client.schedule(token)).status != 200:  # noqa: ASYNC110  only asking tells
            await asyncio.sleep(0.1)


async def test_an_abandoned_request_may_also_end_with_its_connection(client, token):
    client.microsoft.world.abandoned_requests_go_on = False
    client.microsoft.latency["graph"] = 60
    for _ in range(2):
        await give_up(client, token, 4)
    client.microsoft.latency["graph"] = 0
    assert (await client.schedule(token)).status == 200


async def test_the_most_that_were_in_flight(client, token):
    client.microsoft.latency["graph"] = 0.5
    await asyncio.gather(*(client.schedule(token) for _ in range(3)))
    await client.schedule(token, "users/GRACE@contoso.com/calendar/getSchedule")
    assert client.microsoft.most_in_flight == {KEY: 3, (KEY[0], "grace@contoso.com"): 1}
    await asyncio.gather(*(client.schedule(token) for _ in range(6)))
    assert client.microsoft.most_in_flight[KEY] > 4  # the fifth was refused, but it was one too many
    client.microsoft.clear_requests()
    assert client.microsoft.most_in_flight == {}


async def test_requests_that_a_fault_holds_up_are_in_flight(client, token):
    client.microsoft.faults.append(Fault("graph", delay=0.6))
    await asyncio.gather(*(client.schedule(token) for _ in range(6)))
    assert client.microsoft.most_in_flight == {KEY: 6}


async def test_whoever_hung_up_is_not_waiting(client, token):
    client.microsoft.faults.append(Fault("graph", mode="hang"))
    await give_up(client, token, 3)
    await give_up(client, token)
    assert client.microsoft.most_in_flight == {KEY: 1}


async def test_a_user_is_known_by_the_mailbox_and_strangers_by_the_name(user):
    token = (await user.tokens("jl@northwind.onmicrosoft.com", scope="Calendars.ReadBasic"))["access_token"]
    await user.client.schedule(token, "me/calendar/getSchedule")
    await user.client.schedule(token, "users/Nobody@northwind.com/calendar/getSchedule")
    app = demo.NORTHWIND_APPLICATION
    expected = {(app, "janet@northwind.com"): 1, (app, "nobody@northwind.com"): 1}
    assert user.microsoft.most_in_flight == expected


async def test_other_requests_are_not_counted(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    await client.send("GET", f"{client.microsoft.graph_url}/v1.0/users/ada@contoso.com", headers=headers)
    await client.schedule("no token")
    assert client.microsoft.most_in_flight == {}
