"""Chaos at the simulated services, faults for some bodies only, and cut answers."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import aiohttp
import pytest

from tests.sandbox.microsoft import Chaos, Fault, asks_for
from tests.sandbox.microsoft.chaos import KINDS
from tests.sandbox.microsoft.testing import question


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


async def outcome(client, token):
    """Ask once and return what came: a status, "malformed" or "broken"."""
    try:
        answer = await client.schedule(token)
    except json.JSONDecodeError:
        return "malformed"
    except aiohttp.ClientError:
        return "broken"
    return answer.status if answer.status != 200 or answer.body is not None else "malformed"


async def outcomes(client, token, chaos, count=40):
    client.microsoft.faults = [chaos]
    return [await outcome(client, token) for _ in range(count)]


async def test_a_share_of_the_requests_is_hit_and_counted(client, token):
    chaos = Chaos("graph", "getSchedule", share=0.5, seed=7)
    seen = Counter(await outcomes(client, token, chaos, 80))
    assert set(chaos.done) == {*KINDS, "none"}
    assert sum(chaos.done.values()) == 80
    assert 25 <= chaos.done["none"] <= 55
    assert seen["broken"] == chaos.done["reset"] + chaos.done["truncate"]
    assert seen["malformed"] == chaos.done["malformed"]
    assert seen[200] == chaos.done["none"]
    assert {status: seen[status] for status in (429, 500, 502, 503, 504)} == {
        status: chaos.done[str(status)] for status in (429, 500, 502, 503, 504)
    }


async def test_the_same_seed_does_the_same(client, token):
    first, again, other = [
        await outcomes(client, token, Chaos("graph", "getSchedule", seed=seed)) for seed in (1, 1, 2)
    ]
    assert first == again
    assert first != other


@pytest.mark.parametrize(("share", "expected"), [(0.0, [200] * 5), (1.0, [503] * 5)])
async def test_none_and_all(client, token, share, expected):
    assert await outcomes(client, token, Chaos("graph", share=share, kinds=("503",)), 5) == expected


async def test_only_what_matches_is_hit_and_only_so_often(client, token):
    elsewhere = [
        Chaos("vault", share=1),
        Chaos("graph", "calendarView", share=1),
        Chaos("graph", method="GET", share=1),
    ]
    client.microsoft.faults = [*elsewhere, Chaos("graph", share=1, kinds=("500",), times=2)]
    assert [await outcome(client, token) for _ in range(4)] == [500, 500, 200, 200]
    assert not any(chaos.done for chaos in elsewhere)


async def test_when_to_come_again_is_told_in_every_way(client, token):
    client.microsoft.faults = [Chaos("graph", share=1, kinds=("429", "503"))]
    waits = [(await client.schedule(token)).headers.get("Retry-After") for _ in range(60)]
    told = [wait for wait in waits if wait is not None]
    dates = [parsedate_to_datetime(wait) for wait in told if wait.endswith("GMT")]
    numbers = [wait for wait in told if not wait.endswith("GMT")]
    assert None in waits
    assert {wait for wait in numbers if wait.isdigit()} == {"0", "1"}
    assert any("." in wait for wait in numbers)
    assert all(float(wait) <= 1 for wait in numbers)
    assert dates
    assert all(date < datetime.now(UTC) + timedelta(seconds=2) for date in dates)


async def test_no_other_status_says_when(client, token):
    client.microsoft.faults = [Chaos("graph", share=1, kinds=("500", "502", "504"))]
    answers = [await client.schedule(token) for _ in range(12)]
    assert not any("Retry-After" in answer.headers for answer in answers)
    assert {answer.headers["Content-Type"] for answer in answers if answer.status == 502} == {
        "text/html; charset=utf-8"
    }
    assert {answer.body["error"]["code"] for answer in answers if answer.status != 502} == {"UnknownError"}


async def test_hanging_is_done_if_asked_for(client, token):
    assert "hang" not in KINDS
    client.microsoft.faults = [Chaos("graph", share=1, kinds=("hang",))]
    with pytest.raises(TimeoutError):
        await client.schedule(token, timeout=aiohttp.ClientTimeout(0.3), json=question())


async def test_chaos_inside_a_batch(client, token):
    client.microsoft.faults = [Chaos("graph", "getSchedule", share=0.5, seed=3)]
    url = "/users/recruiter@contoso.com/calendar/getSchedule"
    headers = {"Content-Type": "application/json"}
    requests = [
        {"id": str(number), "method": "POST", "url": url, "headers": headers, "body": question()}
        for number in range(20)
    ]
    answer = await client.send(
        "POST",
        f"{client.microsoft.graph_url}/v1.0/$batch",
        json={"requests": requests},
        headers={"Authorization": f"Bearer {token}"},
    )
    assert answer.status == 200
    assert len({item["status"] for item in answer.body["responses"]}) > 3


async def test_a_cut_answer_looks_whole(client, token):
    whole = await client.schedule(token)
    client.microsoft.faults.append(Fault("graph", mode="cut", times=1))
    url = f"{client.microsoft.graph_url}/v1.0/users/recruiter@contoso.com/calendar/getSchedule"
    headers = {"Authorization": f"Bearer {token}"}
    async with client._session.post(url, json=question(), headers=headers) as answer:
        text = await answer.text()
    assert answer.status == 200
    assert answer.headers["Content-Type"] == whole.headers["Content-Type"]
    assert whole.text.startswith(text)
    assert len(text) == len(whole.text) // 2


async def test_a_fault_for_some_bodies_only(client, token):
    client.microsoft.faults.append(Fault("graph", status=503, times=1, where=asks_for("grace@contoso.com", "x@y")))
    people = (("ada@contoso.com",), ("linus@contoso.com", "GRACE@contoso.com"), ("grace@contoso.com",))
    assert [(await client.schedule(token, schedules=asked)).status for asked in people] == [200, 503, 200]


@pytest.mark.parametrize("data", [b"", b"[]", b'{"schedules": 1}', b'{"Schedules": ["Ada@contoso.com"]}'])
async def test_who_is_asked_for_is_found_in_any_body(client, token, data):
    client.microsoft.faults.append(Fault("graph", status=503, where=asks_for("ada@contoso.com")))
    answer = await client.schedule(token, data=data, headers={"Content-Type": "application/json"})
    assert answer.status == (503 if b"Ada" in data else 400)
