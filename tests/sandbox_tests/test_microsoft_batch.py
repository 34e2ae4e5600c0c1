"""JSON batching at the simulated Graph (facts 2.1)."""

import asyncio
import base64

import pytest

from tests.sandbox.microsoft import Fault, asks_for
from tests.sandbox.microsoft.testing import question
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo

ASKER = "recruiter@contoso.com"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def token(client):
    return await client.token("Calendars.ReadBasic.All")


def ask(name, *people, asker=ASKER, **more):
    body = question(people or ("ada@contoso.com",))
    url = f"/users/{asker}/calendar/getSchedule"
    return {"id": name, "method": "POST", "url": url, "headers": JSON, "body": body} | more


def read(name, url="/users/ada@contoso.com/calendarView?startDateTime=2026-03-04&endDateTime=2026-03-05"):
    return {"id": name, "method": "GET", "url": url}


async def send(client, token, requests, **more):
    body = {"requests": requests} if isinstance(requests, list) else requests
    headers = {"Authorization": f"Bearer {token}"}
    return await client.send("POST", f"{client.microsoft.graph_url}/v1.0/$batch", json=body, headers=headers, **more)


async def statuses(client, token, requests):
    answer = await send(client, token, requests)
    assert answer.status == 200
    return {item["id"]: item["status"] for item in answer.body["responses"]}


async def test_each_request_has_an_answer_of_its_own(client, token):
    requests = [
        ask("1"),
        ask("two", "grace@contoso.com", asker="nobody@contoso.com"),
        read("3"),
        read("4", "users/nowhere/at/all"),
        ask("5", method="GET"),
    ]
    answer = await send(client, token, requests)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    items = {item["id"]: item for item in answer.body["responses"]}
    assert {name: item["status"] for name, item in items.items()} == {
        "1": 200,
        "two": 404,
        "3": 200,
        "4": 400,
        "5": 405,
    }
    assert set(items["1"]) == {"id", "status", "headers", "body"}
    assert items["1"]["headers"]["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert items["1"]["body"] == (await client.schedule(token)).body
    assert items["two"]["body"]["error"]["code"] == "ErrorInvalidUser"
    assert items["3"]["body"]["value"][0]["subject"] == "Analytical engine review"


@pytest.mark.parametrize("count", [2, 3, 20])
async def test_the_answers_come_in_another_order(client, token, count):
    names = [str(number) for number in range(count)]
    answer = await send(client, token, [read(name) for name in names])
    order = [item["id"] for item in answer.body["responses"]]
    assert order != names
    assert sorted(order, key=int) == names


MALFORMED = {
    "no object": [[]],
    "no requests": {},
    "none at all": [],
    "21": [read(str(number)) for number in range(21)],
    "an id twice": [read("a"), read("A")],
    "a number for an id": [read(1)],
    "no method": [{"id": "1", "url": "/me"}],
    "a write without content type": [ask("1", headers={})],
    "a write without body": [{"id": "1", "method": "POST", "url": "/me/x", "headers": JSON}],
    "a batch in a batch": [read("1", "/$batch")],
    "depending on none": [read("1") | {"dependsOn": ["2"]}],
    "no base64": [ask("1", headers={"content-type": "image/png"}, body="?")],
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_batch_is_400_and_nothing_in_it_is_done(client, token, name):
    answer = await send(client, token, MALFORMED[name])
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert client.microsoft.most_in_flight == {}


async def test_the_texts_of_a_malformed_batch(client, token):
    async def text(requests):
        return (await send(client, token, requests)).body["error"]["message"]

    assert await text([]) == "Invalid batch payload format."
    assert await text([read("1"), read("1")]) == "Request Id 1 has to be unique in a batch."
    assert await text([ask("1", headers={})]) == "Write request with id '1' does not contain a Content-Type header."


async def test_the_authorization_is_the_batchs(client, token):
    assert (await send(client, "wrong", [ask("1")])).status == 401
    requests = [ask("1", headers=JSON | {"Authorization": "Bearer wrong"})]
    assert await statuses(client, token, requests) == {"1": 200}


async def test_urls_are_relative_to_the_version(client, token):
    url = "users/recruiter%40contoso.com/calendar/getSchedule"
    requests = [
        ask("1", url=url),
        ask("2", url=f"/v1.0/{url}"),
        ask("3", url=f"https://graph.microsoft.com/v1.0/{url}"),
    ]
    assert await statuses(client, token, requests) == {"1": 200, "2": 400, "3": 400}


async def test_at_most_four_at_a_time_go_to_one_mailbox(client, token):
    client.microsoft.latency["graph"] = 0.05
    requests = [ask(str(number)) for number in range(16)] + [
        ask(f"g{number}", asker="grace@contoso.com") for number in range(4)
    ]
    assert set((await statuses(client, token, requests)).values()) == {200}
    app = demo.CONTOSO_APPLICATION
    assert client.microsoft.most_in_flight == {(app, ASKER): 4, (app, "grace@contoso.com"): 4}


async def test_two_batches_at_once_are_over_the_limit_and_told_so_item_by_item(client, token):
    client.microsoft.latency["graph"] = 0.5
    requests = [ask(str(number)) for number in range(4)]
    answers = await asyncio.gather(send(client, token, requests), send(client, token, requests))
    items = [item for answer in answers for item in answer.body["responses"]]
    assert {answer.status for answer in answers} == {200}
    assert sorted(item["status"] for item in items) == [200] * 4 + [429] * 4
    refused = next(item for item in items if item["status"] == 429)
    assert refused["headers"]["Retry-After"] == "1"
    assert refused["body"]["error"]["code"] == "ApplicationThrottled"
    assert max(client.microsoft.most_in_flight.values()) > 4


async def test_depending_requests_wait_and_fail_with_those_before(client, token):
    requests = [
        ask("1"),
        read("2", "/users/nobody@contoso.com") | {"dependsOn": ["1"]},
        ask("3", dependsOn=["2"]),
        ask("4", dependsOn=["1"]),
    ]
    assert await statuses(client, token, requests) == {"1": 200, "2": 403, "3": 424, "4": 200}


async def test_faults_hit_single_requests(client, token):
    client.microsoft.faults += [
        Fault("graph", status=429, headers={"Retry-After": "3"}, body={"error": {}}, where=asks_for("ada@contoso.com")),
        Fault("graph", mode="reset", where=asks_for("GRACE@contoso.com")),
        Fault("graph", mode="hang", where=asks_for("linus@contoso.com")),
        Fault("graph", status=502, body=b"<html>", where=asks_for("room-turing@contoso.com")),
    ]
    people = ("ada", "grace", "linus", "room-turing", "katherine")
    answer = await send(client, token, [ask(name, "katherine@contoso.com", f"{name}@contoso.com") for name in people])
    items = {item["id"]: item for item in answer.body["responses"]}
    expected = {"ada": 429, "grace": 502, "linus": 504, "room-turing": 502, "katherine": 200}
    assert {name: item["status"] for name, item in items.items()} == expected
    assert items["ada"]["headers"]["Retry-After"] == "3"
    assert base64.b64decode(items["room-turing"]["body"]) == b"<html>"


async def test_the_journal_has_the_batch_and_in_it_the_requests(client, token):
    client.microsoft.clear_requests()
    await send(client, token, [ask("1"), read("2", "/users/nobody@contoso.com?$select=id")])
    (batch,) = client.microsoft.requests
    assert (client.microsoft.count("graph"), batch.path, batch.status) == (1, "/v1.0/$batch", 200)
    first, second = batch.items
    assert (first.method, first.path, first.status) == ("POST", f"/v1.0/users/{ASKER}/calendar/getSchedule", 200)
    assert first.json()["schedules"] == ["ada@contoso.com"]
    assert (second.query, second.status) == ({"$select": "id"}, 403)


async def test_a_user_asks_in_batches_too(user):
    token = (await user.tokens(NANCY, scope="Calendars.ReadBasic User.Read"))["access_token"]
    requests = [ask("1", "steven@northwind.com", url="/me/calendar/getSchedule"), read("2", "/me")]
    assert await statuses(user.client, token, requests) == {"1": 200, "2": 200}
