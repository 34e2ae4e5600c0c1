"""The simulator itself: starting, stopping, faults, latencies, what tests can look at afterwards."""

import asyncio
import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import aiohttp
import pytest

from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft import Fault, SimulatedMicrosoft
from tests.sandbox.microsoft.testing import NOON, authority, connected, running
from tests.sandbox.world import demo, demo_world

ROLE = "Calendars.ReadBasic.All"


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "simulated-microsoft"]


def test_the_authoritys_files(tmp_path):
    made = Authority.create(tmp_path / "new")
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"ca.pem", "bundle.pem", "server.pem", "server.key"}
    assert made.ca_file.read_text().count("BEGIN CERTIFICATE") == 1
    assert made.bundle_file.read_text().count("BEGIN CERTIFICATE") > 100  # certifi's roots are in it too
    assert made.key_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_the_certificate_is_for_localhost_too(client, host):
    url = client.microsoft.entra_url.replace("127.0.0.1", host)
    answer = await client.send("GET", f"{url}/{demo.CONTOSO}/v2.0/.well-known/openid-configuration")
    assert answer.status == 200


def test_it_stops_while_requests_hang_and_connections_are_open():
    async def hang(microsoft):
        async with connected(microsoft) as client:
            await client.ask_token()  # leaves an idle connection
            microsoft.faults.append(Fault("graph", mode="hang"))
            started = time.monotonic()
            task = asyncio.create_task(client.schedule("x"))
            while not microsoft.count("graph"):  # noqa: ASYNC110  it counts in another thread
                await asyncio.sleep(0.01)
            await asyncio.to_thread(microsoft.stop)
            with pytest.raises(aiohttp.ClientError):
                await task
            return time.monotonic() - started

    before = threads()  # other tests may keep a simulator of their own running
    with SimulatedMicrosoft(demo_world(NOON), authority()) as microsoft:
        assert asyncio.run(hang(microsoft)) < 3
        assert microsoft.errors == []
    assert threads() == before


def test_one_that_never_started_can_be_stopped():
    microsoft = SimulatedMicrosoft(demo_world(NOON), authority())

    microsoft.stop()

    assert microsoft.errors == []


async def test_several_run_beside_each_other(client):
    with running() as other:
        assert other.graph_url != client.microsoft.graph_url
        token = await client.token(ROLE)
        async with connected(other) as stranger:
            answer = await stranger.schedule(token)
        assert answer.body["error"]["message"] == "Access token validation failure. Invalid audience."


async def test_requests_can_be_looked_at(client):
    token = await client.token(ROLE)
    assert client.microsoft.count("entra") == 1
    await client.schedule(token, headers={"Prefer": 'outlook.timezone="UTC"'})
    seen = client.microsoft.requests[-1]
    assert (seen.service, seen.method, seen.status) == ("graph", "POST", 200)
    assert seen.path == "/v1.0/users/recruiter@contoso.com/calendar/getSchedule"
    assert seen.headers["prefer"] == 'outlook.timezone="UTC"'
    assert seen.json()["schedules"] == ["ada@contoso.com"]
    client.microsoft.clear_requests()
    assert client.microsoft.requests == []
    assert client.microsoft.count("entra") == 0


async def test_requests_that_are_not_kept_are_counted():
    with SimulatedMicrosoft(demo_world(NOON), authority(), keep_requests=False) as microsoft:
        async with connected(microsoft) as client:
            await client.ask_token()
        assert (microsoft.count("entra"), microsoft.count("graph"), microsoft.requests) == (1, 0, [])


async def test_a_fault_answers_so_many_times(client):
    token = await client.token(ROLE)
    fault = Fault(
        "graph", "getschedule", "POST", 503, {"Retry-After": "7"}, {"error": {"code": "serviceNotAvailable"}}, 2
    )
    client.microsoft.faults.append(fault)
    answers = [await client.schedule(token) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].body == {"error": {"code": "serviceNotAvailable"}}
    assert [seen.status for seen in client.microsoft.requests if seen.service == "graph"] == [503, 503, 200]


async def test_the_first_matching_fault_with_times_left_wins(client):
    client.microsoft.faults += [
        Fault("vault", status=500),
        Fault("entra", "adminconsent", status=501),
        Fault("entra", method="GET", status=502),
        Fault("entra", status=503, times=1),
        Fault("entra", status=504, body=b"plain"),
    ]
    assert (await client.ask_token()).status == 503
    answer = await client.ask_token()
    assert (answer.status, answer.text) == (504, "plain")
    client.microsoft.faults.clear()
    assert (await client.ask_token()).status == 200


@pytest.mark.parametrize("mode", ["reset", "truncate"])
async def test_broken_connections(client, mode):
    token = await client.token(ROLE)
    client.microsoft.faults.append(Fault("graph", mode=mode, times=1))
    with pytest.raises(aiohttp.ClientError):
        await client.schedule(token)
    assert (await client.schedule(token)).status == 200


async def test_a_truncated_answer_begins_well(client):
    client.microsoft.faults.append(Fault("entra", mode="truncate", status=200, body={"access_token": "x" * 200}))
    url = f"{client.microsoft.entra_url}/{demo.CONTOSO}/oauth2/v2.0/token"
    async with client._session.post(url, data={}) as answer:
        assert answer.status == 200
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_delays(client):
    client.microsoft.faults.append(Fault("entra", delay=0.2, times=1))  # without a status the service answers
    started = time.monotonic()
    assert (await client.ask_token()).status == 200
    assert time.monotonic() - started >= 0.2
    client.microsoft.latency["entra"] = 0.2
    started = time.monotonic()
    assert (await client.ask_token()).status == 200
    assert time.monotonic() - started >= 0.2


def test_a_bug_of_the_simulator_is_an_answer_and_is_told(monkeypatch):
    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("tests.sandbox.microsoft.entra.Entra.answer", broken)

    async def ask(microsoft):
        async with connected(microsoft) as client:
            return await client.ask_token()

    with SimulatedMicrosoft(demo_world(NOON), authority()) as microsoft:
        assert asyncio.run(ask(microsoft)).status == 500
        (error,) = microsoft.errors
        assert "ZeroDivisionError" in error


def test_as_a_process_of_its_own():
    command = [sys.executable, "-m", "tests.sandbox.microsoft", "--latency-graph", "0.01"]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            environment = json.loads(process.stdout.readline())
            names = {"ENTRA_URL", "GRAPH_URL", "KEY_VAULT_URL", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"}
            assert set(environment) == names | {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"}
            assert Path(environment["SSL_CERT_FILE"]).exists()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert not Path(environment["SSL_CERT_FILE"]).exists()


def test_the_demo_world_shows_every_kind_of_mailbox():
    world = demo_world(NOON)
    contoso, fabrikam = world.find_tenant("contoso.com"), world.find_tenant(demo.FABRIKAM.upper())
    assert len(contoso.mailboxes) >= 12
    assert {box.hosted for box in contoso.mailboxes.values()} == {"cloud", "onPremises", "none"}
    assert {box.kind for box in contoso.mailboxes.values()} == {"user", "room", "equipment", "list"}
    assert any(box.address != box.user_principal_name for box in contoso.mailboxes.values())
    statuses = {meeting.status for box in contoso.mailboxes.values() for meeting in box.meetings}
    assert statuses == {"free", "tentative", "busy", "oof", "workingElsewhere"}
    assert fabrikam.applications[demo.FABRIKAM_APPLICATION].rbac_scope
    assert world.mailbox("augusta@contoso.com") is contoso.mailbox("ada@contoso.com")
