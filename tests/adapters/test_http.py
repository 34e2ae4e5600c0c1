"""The HTTP client that everything for Microsoft shares: hosts, time, size, and what is sent again."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lib.adapters.http import LARGEST_ANSWER, Http, retry_after
from lib.adapters.patience import Patience
from lib.adapters.retry_budget import RetryBudget
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable
from tests.adapters.conftest import soon
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing import authority
from tests.sandbox.ports import free_port
from tests.sandbox.world import demo

GOOD = Fault("entra", status=200, body={"ok": True})
BUSY = Fault("entra", status=503)


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """A client with short pauses and a budget of its own that nothing but good answers fills again."""
    client = Http(microsoft.entra_url, budget=RetryBudget(6, 0), patience=Patience(first_pause=0.01))
    yield client
    await client.close()


@pytest.fixture
def url(microsoft: SimulatedMicrosoft) -> str:
    return f"{microsoft.entra_url}/{demo.CONTOSO}/v2.0/.well-known/openid-configuration"


async def test_the_client_goes_to_no_other_host(http: Http):
    with pytest.raises(ValueError, match="host"):
        await http.send("GET", "https://169.254.169.254/latest", soon())


@pytest.mark.parametrize(
    "fault",
    [
        Fault("entra", status=429, headers={"Retry-After": "0.1"}, times=2),
        Fault("entra", status=503, times=2),
        Fault("entra", mode="reset", times=2),
        Fault("entra", mode="truncate", times=2),
    ],
    ids=["429", "503", "reset", "truncated"],
)
async def test_what_passes_is_sent_again(http: Http, url: str, microsoft: SimulatedMicrosoft, fault: Fault):
    microsoft.faults.append(replace(fault))

    assert (await http.send("GET", url, soon())).status == 200
    assert microsoft.count("entra") == 3


async def test_after_the_last_try_the_answer_is_returned_as_it_is(http: Http, url: str, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(replace(BUSY))

    assert (await http.send("GET", url, soon())).status == 503
    assert microsoft.count("entra") == 3


async def test_what_is_not_safe_to_repeat_is_sent_once(http: Http, url: str, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(replace(BUSY))

    assert (await http.send("POST", url, soon(), repeat=False)).status == 503
    assert microsoft.count("entra") == 1


@pytest.mark.parametrize("mode", ["reset", "truncate"])
async def test_no_whole_answer_is_microsoft_unavailable(http: Http, url: str, microsoft: SimulatedMicrosoft, mode):
    microsoft.faults.append(Fault("entra", mode=mode))

    with pytest.raises(MicrosoftUnavailable):
        await http.send("POST", url, soon(), repeat=False)


async def test_where_nobody_listens_is_microsoft_unavailable():
    nowhere = f"https://127.0.0.1:{free_port()}"
    http = Http(nowhere, patience=Patience(first_pause=0.01))

    with pytest.raises(MicrosoftUnavailable):
        await http.send("GET", nowhere, soon())
    await http.close()


async def test_the_answer_has_to_come_within_the_deadline(http: Http, url: str, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("entra", mode="hang"))
    began = time.monotonic()

    with pytest.raises(MicrosoftTimeout):
        await http.send("GET", url, soon(0.5))

    assert 0.4 <= time.monotonic() - began < 5
    assert microsoft.count("entra") == 1


async def test_a_try_that_takes_too_long_leaves_time_for_another(url: str, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("entra", mode="hang", times=1))
    http = Http(microsoft.entra_url, patience=Patience(longest_try=1, first_pause=0.01))

    assert (await http.send("GET", url, soon(60))).status == 200
    await http.close()


async def test_once_the_deadline_is_over_nothing_is_sent(http: Http, url: str, microsoft: SimulatedMicrosoft):
    with pytest.raises(MicrosoftTimeout):
        await http.send("GET", url, soon(0))

    assert microsoft.count("entra") == 0


async def test_an_answer_that_is_too_large_is_refused_and_not_asked_for_again(
    http: Http, url: str, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("entra", status=200, body=b" " * (LARGEST_ANSWER + 1)))

    with pytest.raises(MicrosoftUnavailable):
        await http.send("GET", url, soon(60))

    assert microsoft.count("entra") == 1


async def test_retries_end_when_the_budget_of_the_process_is_used_up(
    http: Http, url: str, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(replace(BUSY))

    for _ in range(10):
        await http.send("GET", url, soon())

    assert microsoft.count("entra") == 10 + 6


async def test_good_answers_fill_the_budget_again_and_bad_ones_do_not(
    http: Http, url: str, microsoft: SimulatedMicrosoft
):
    for fault, count in ((BUSY, 10), (GOOD, 4), (BUSY, 10)):
        microsoft.faults = [replace(fault)]
        microsoft.clear_requests()
        for _ in range(count):
            await http.send("GET", url, soon())

    assert microsoft.count("entra") == 10 + 4


async def test_an_outage_with_many_callers_is_no_storm(url: str, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(replace(BUSY))
    http = Http(microsoft.entra_url, budget=RetryBudget(20, 0), patience=Patience(first_pause=0.01))

    await asyncio.gather(*(http.send("GET", url, soon(60)) for _ in range(60)))

    assert microsoft.count("entra") == 60 + 20
    await http.close()


@asynccontextmanager
async def answering(*statuses: int) -> AsyncIterator[tuple[str, list[int]]]:
    """Serve requests with these statuses, and list on which connection each of them came, by its number."""
    connections, requests, left = list[asyncio.StreamWriter](), list[int](), [*statuses]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        number = len(connections)
        while await reader.readline():
            requests.append(number)
            length = 0
            while header := (await reader.readline()).decode().strip().lower():
                length = int(header.partition(":")[2]) if header.startswith("content-length:") else length
            await reader.readexactly(length)
            writer.write(f"HTTP/1.1 {left.pop(0)} x\r\nContent-Length: 0\r\n\r\n".encode())

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=authority().server_context())
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests
    finally:
        server.close()
        for writer in connections:
            writer.transport.abort()
        await asyncio.sleep(0.02)  # lets aborted transports close, else they warn when collected


async def test_each_repeat_has_a_connection_of_its_own_and_a_first_try_one_that_was_kept():
    async with answering(200, 503, 503, 200, 200) as (there, requests):
        http = Http(there, patience=Patience(first_pause=0.01))

        for _ in range(3):
            assert (await http.send("GET", there, soon())).status == 200
        await http.close()

    assert requests == [1, 1, 2, 3, 1], "a connection that was kept may have died, and so may the next"


@pytest.mark.parametrize(("fresh", "connections"), [(False, [1, 1, 1]), (True, [1, 2, 3])])
async def test_a_fresh_attempt_takes_a_new_connection_each_time(fresh: bool, connections: list[int]):
    async with answering(200, 200, 200) as (there, requests):
        http = Http(there)

        for _ in connections:
            await http.attempt("GET", there, soon(), fresh=fresh)
        await http.close()

    assert requests == connections


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("2", 2.0),
        ("2.128", 2.128),
        ("0", 0.0),
        ("-5", None),
        ("nan", None),
        ("1e9", 3600.0),
        ("inf", 3600.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 3600.0),
        ("soon", None),
        ("Sat, 21 Nov 2026 12:00:07 GMT", 7.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_may_be_seconds_fractions_or_a_date(header: str | None, seconds: float | None):
    assert retry_after(header, NOW) == seconds
