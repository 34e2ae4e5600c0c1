"""Timer functions and the admin API through a running host."""

import asyncio

import aiohttp
import pytest

from tests.sandbox.host.process import HostProcess
from tests.sandbox_tests.test_host_http import EVERYTHING, expect_logged

MASTER = {"x-functions-key": "sandbox-master"}
RUN = {"input": ""}


@pytest.fixture(scope="module")
def host():
    with HostProcess.start({"EVERY_SO_OFTEN": "* * * * * *"}, app=EVERYTHING) as process:
        yield process


@pytest.fixture
async def operator(host):
    async with aiohttp.ClientSession(host.url) as session:
        yield session


async def test_a_timer_fires_on_its_schedule(host):
    await expect_logged(host, "Running tick (on schedule)")
    await expect_logged(host, "INFO everything tick past_due=False")


async def test_the_master_key_runs_a_timer_at_once(host, operator):
    async with operator.post("/admin/functions/Tick", json=RUN, headers=MASTER) as response:
        assert response.status == 202
        assert await response.read() == b""
    await expect_logged(host, "Running tick (on demand)")


async def test_a_failing_timer_is_logged(host, operator):
    async with operator.post("/admin/functions/broken_timer", json=RUN, headers=MASTER) as response:
        assert response.status == 202
    await expect_logged(host, "LookupError: the timer's reason")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/admin/functions/tick", {}, 401),
        ("/admin/functions/tick", {"x-functions-key": "sandbox"}, 401),
        ("/admin/functions/unknown", {}, 401),
        ("/admin/functions/unknown", MASTER, 404),
        ("/admin/functions/echo", MASTER, 404),
        ("/admin/elsewhere", MASTER, 404),
    ],
)
async def test_the_admin_api_needs_the_master_key_and_a_known_timer(operator, path, headers, status):
    async with operator.post(path, json=RUN, headers=headers) as response:
        assert response.status == status


async def test_an_order_that_is_not_json_is_400(operator):
    async with operator.post("/admin/functions/tick", data=b"now!", headers=MASTER) as response:
        assert response.status == 400


async def test_the_status_says_running(operator):
    async with operator.get("/admin/host/status", headers=MASTER) as response:
        assert response.status == 200
        assert await response.json() == {"state": "Running"}
    async with operator.get("/admin/host/status") as response:
        assert response.status == 401


async def test_many_admin_calls_at_once_are_all_accepted(operator):
    async def run():
        async with operator.post("/admin/functions/tick", json=RUN, headers=MASTER) as response:
            return response.status

    assert await asyncio.gather(*(run() for _ in range(10))) == [202] * 10
