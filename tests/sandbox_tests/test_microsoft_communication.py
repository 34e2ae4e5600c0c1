"""The simulated e-mail of Azure Communication Services (facts 9.1, 13 point 9)."""

import asyncio
import io
import json
import time
import uuid

import pytest

from tests.sandbox.microsoft import Fault
from tests.sandbox.world import demo

SENDER = "donotreply@sandbox-0000.azurecomm.net"
CUSTOM = "calendar@connector.example"
ANN = "ann@customer.example"
BOB = "bob@customer.example"


@pytest.fixture
def mails(client):
    """The service, its clock standing still, with a second sender in a domain of the deployment's own."""
    stopped = client.microsoft.now()
    client.microsoft.now = lambda: stopped
    client.microsoft.world.sender_addresses.add(CUSTOM)
    client.microsoft.communication.delay = 0.02
    return Mails(client)


class Mails:
    """A client of it, as the function app with its managed identity."""

    def __init__(self, client):
        self.microsoft = client.microsoft
        self._client = client
        self.token = self.issue()

    def issue(self, audience="https://communication.azure.com/", tenant=demo.HOME, appid=demo.MANAGED_IDENTITY):
        return self.microsoft.tokens.issue(self.microsoft.now(), tenant, audience, appid=appid)

    async def ask(self, method, path, version="2025-09-01", headers=None, **more):
        url = f"{self.microsoft.communication_url}{path}" + (f"?api-version={version}" if version else "")
        headers = {"Authorization": f"Bearer {self.token}"} | (headers or {})
        return await self._client.send(method, url, headers=headers, **more)

    async def send(self, sender=SENDER, to=(ANN,), headers=None, version="2025-09-01", **changes):
        body = {
            "senderAddress": sender,
            "recipients": {"to": [{"address": address, "displayName": "Somebody"} for address in to]},
            "content": {"subject": "Läuft ab", "plainText": "plain", "html": "<p>rich</p>"},
        } | changes
        headers = {"Content-Type": "application/json"} | (headers or {})
        return await self.ask("POST", "/emails:send", version, headers, data=io.BytesIO(json.dumps(body).encode()))

    async def status(self, operation):
        return await self.ask("GET", f"/emails/operations/{operation}")

    async def ended(self, operation):
        """Ask until it has ended; the limits are not what is tested then."""
        self.microsoft.communication.limits.managed_status = (10_000, 10_000)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            answer = await self.status(operation)
            if answer.body["status"] != "Running":
                return answer
            await asyncio.sleep(0.01)
        raise TimeoutError


async def test_a_mail_is_accepted_runs_and_has_succeeded_when_it_is_in_the_inbox(mails):
    mails.microsoft.communication.delay = 0.3
    answer = await mails.send(
        recipients={"to": [{"address": ANN}], "cc": [], "bcc": [{"address": BOB}]},
        replyTo=[{"address": "help@connector.example"}],
        headers={"Operation-Id": "0" * 8 + "-0000-4000-8000-" + "0" * 12},
    )
    operation = answer.body["id"]
    assert (answer.status, answer.body) == (202, {"id": operation, "status": "Running"})
    where = f"{mails.microsoft.communication_url}/emails/operations/{operation}?api-version=2025-09-01"
    assert (answer.headers["Operation-Location"], answer.headers["retry-after"]) == (where, "1")
    running = await mails.status(operation)
    assert (running.status, running.body["status"], running.headers["retry-after"]) == (200, "Running", "1")
    assert mails.microsoft.inbox.mails == []

    ended = await mails.ended(operation)

    assert (ended.body, ended.headers.get("retry-after")) == ({"id": operation, "status": "Succeeded"}, None)
    (mail,) = mails.microsoft.inbox.mails
    assert (mail.via, mail.sender, mail.recipients, mail.operation_id) == ("acs", SENDER, (ANN, BOB), operation)
    assert (mail.subject, mail.text, mail.html) == ("Läuft ab", "plain", "<p>rich</p>")
    assert (mail.headers["To"], mail.headers["Bcc"], mail.headers["Reply-To"]) == (ANN, BOB, "help@connector.example")


async def test_it_is_sent_whether_anybody_asks_or_not(mails):
    await mails.send()
    mails.microsoft.communication.delay = 0
    await mails.send()
    assert len(await asyncio.to_thread(mails.microsoft.inbox.wait_for, 2, 10)) == 2


@pytest.mark.parametrize(
    "scope", ["https://communication.azure.com//.default", "https://communication.azure.com/.default"]
)
async def test_a_service_principal_may_send_whichever_way_it_spells_the_scope(mails, client, scope):
    application = {"client_id": demo.INFRASTRUCTURE_APPLICATION, "client_secret": demo.INFRASTRUCTURE_SECRET}
    mails.token = (await client.ask_token(demo.HOME, scope=scope, **application)).body["access_token"]
    assert (await mails.send()).status == 202
    client.microsoft.world.mail_users.clear()
    assert (await mails.send()).status == 401


async def test_the_managed_identity_may_send_until_it_loses_its_role(mails, client):
    url = client.microsoft.environment()["IDENTITY_ENDPOINT"]
    query = {"api-version": "2019-08-01", "resource": "https://communication.azure.com/"}
    headers = {"X-IDENTITY-HEADER": client.microsoft.identity_header}
    mails.token = (await client.send("GET", url, params=query, headers=headers)).body["access_token"]
    assert (await mails.send()).status == 202
    client.microsoft.world.managed_identities[0].may_send_mail = False
    refused = await mails.send()
    assert (refused.status, refused.body["error"]["code"]) == (401, "Denied")
    assert refused.headers["x-ms-error-code"] == "Denied"


async def test_tokens_of_others_do_not_send(mails):
    for token in (
        "",
        "nonsense",
        mails.issue(audience="https://vault.azure.net"),
        mails.issue(tenant=demo.CONTOSO),
        mails.issue(appid=demo.BASIC_APPLICATION),
    ):
        mails.token = token
        for answer in (await mails.send(), await mails.status(uuid.uuid4())):
            assert (answer.status, answer.body["error"]["code"]) == (401, "Denied")
    mails.token = mails.issue()
    mails.microsoft.travel(hours=2)
    assert (await mails.send()).status == 401
    assert mails.microsoft.inbox.mails == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"content": None}, "'content'"),
        ({"content": {"plainText": "x"}}, "'content.subject'"),
        ({"content": {"subject": "  ", "plainText": "x"}}, "'content.subject'"),
        ({"content": {"subject": "x", "plainText": ""}}, "'content'"),
        ({"content": {"subject": "x", "html": 1}}, "'content'"),
        ({"recipients": None}, "'recipients'"),
        ({"recipients": {"cc": [{"address": ANN}]}}, "'recipients.to'"),
        ({"to": ()}, "'recipients'"),
        ({"to": ("no address",)}, "'recipients.to'"),
        ({"to": ("a@b",)}, "'recipients.to'"),
        ({"to": tuple(f"a{number}@b.example" for number in range(51))}, "'recipients'"),
        ({"recipients": {"to": [{"address": ANN}], "bcc": BOB}}, "'recipients.bcc'"),
        ({"sender": f"Name <{SENDER}>"}, "'senderAddress'"),
        ({"sender": None}, "'senderAddress'"),
        ({"replyTo": [BOB]}, "'replyTo'"),
        ({"headers": {"Operation-Id": "one"}}, "Operation-Id"),
        ({"version": ""}, "api-version"),
        ({"version": "new"}, "api-version"),
    ],
)
async def test_what_is_wrong_is_refused_and_named(mails, changes, says):
    answer = await mails.send(**changes)
    assert (answer.status, answer.body["error"]["code"]) == (400, "BadRequest")
    assert says in answer.body["error"]["message"]


async def test_what_just_fits_is_accepted(mails):
    to = tuple(f"a{number}@b.example" for number in range(50))
    large = {"subject": "x", "plainText": "x" * (10 * 1024 * 1024 - 10_000)}
    answer = await mails.send(sender=SENDER.upper(), to=to, content=large, version="2024-07-01-preview")
    assert answer.status == 202
    large["plainText"] += "x" * 10_000
    assert (await mails.send(content=large)).status == 413


async def test_other_bodies_addresses_and_methods(mails):
    headers = {"Content-Type": "application/json"}
    assert (await mails.ask("POST", "/emails:send", data=b"{", headers=headers)).status == 400
    assert (await mails.ask("POST", "/emails:send", data=b"[]", headers=headers)).status == 400
    assert (await mails.ask("POST", "/emails:send", data=b"{}", headers={"Content-Type": "text/plain"})).status == 415
    assert (await mails.send(headers={"X-Mailer": "1"})).status == 202
    assert (await mails.ask("GET", "/emails:send")).status == 405
    assert (await mails.ask("DELETE", f"/emails/operations/{uuid.uuid4()}")).status == 405
    assert (await mails.ask("GET", "/emails")).status == 404
    assert (await mails.status(uuid.uuid4())).status == 404


async def test_only_senders_that_are_set_up_may_send(mails):
    wrong_user = await mails.send(sender=SENDER.replace("donotreply", "somebody"))
    assert (wrong_user.status, wrong_user.body["error"]["code"]) == (400, "InvalidSenderUserName")
    wrong_domain = await mails.send(sender="donotreply@elsewhere.example")
    assert (wrong_domain.status, wrong_domain.body["error"]["code"]) == (404, "DomainNotLinked")
    assert (await mails.send(sender=CUSTOM)).status == 202


async def test_a_mail_that_reaches_nobody_fails_with_code_and_message(mails):
    mails.microsoft.communication.undeliverable = {ANN}
    failed = await mails.ended((await mails.send()).body["id"])
    code, message = mails.microsoft.communication.failure
    assert failed.body["status"] == "Failed"
    assert failed.body["error"] == {"code": code, "message": message}
    assert mails.microsoft.inbox.mails == []
    partly = await mails.ended((await mails.send(to=(ANN, BOB))).body["id"])
    assert partly.body["status"] == "Succeeded"
    assert [mail.recipients for mail in mails.microsoft.inbox.mails] == [(BOB,)]


@pytest.mark.parametrize("repeats", [False, True])
async def test_a_repeated_operation_id_sends_once_or_twice_as_is_set(mails, repeats):
    mails.microsoft.communication.repeats_operation_ids = repeats
    operation = str(uuid.uuid4())
    for _ in range(2):
        answer = await mails.send(headers={"Operation-Id": operation})
        assert (answer.status, answer.body["id"]) == (202, operation)
        assert (await mails.ended(operation.upper())).body["status"] == "Succeeded"
    assert len(mails.microsoft.inbox.mails) == (2 if repeats else 1)


@pytest.mark.parametrize(("sender", "minute", "hour"), [(SENDER, 5, 10), (CUSTOM, 30, 100)])
async def test_sending_has_limits_per_minute_and_per_hour(mails, sender, minute, hour):
    sent = 0
    while sent < hour:
        for _ in range(min(minute, hour - sent)):
            assert (await mails.send(sender=sender)).status == 202
            sent += 1
        refused = await mails.send(sender=sender)
        assert (refused.status, refused.body["error"]["code"]) == (429, "TooManyRequests")
        wait = int(refused.headers["Retry-After"])
        assert wait == 60 or sent == hour
        mails.microsoft.travel(seconds=60)
    assert wait == 3600 - 60 * (-(-hour // minute) - 1)
    mails.microsoft.travel(seconds=wait - 61)
    mails.token = mails.issue()
    assert (await mails.send(sender=sender)).headers["Retry-After"] == "1"
    mails.microsoft.travel(seconds=1)
    assert (await mails.send(sender=sender)).status == 202


@pytest.mark.parametrize(("sender", "minute"), [(SENDER, 10), (CUSTOM, 60)])
async def test_asking_how_it_went_has_limits_of_its_own(mails, sender, minute):
    operation = (await mails.send(sender=sender)).body["id"]
    answers = [(await mails.status(operation)).status for _ in range(minute + 1)]
    assert answers == [200] * minute + [429]
    assert (await mails.send(sender=sender)).status == 202
    mails.microsoft.communication.limits.forget()
    assert (await mails.status(operation)).status == 200


async def test_limits_can_be_changed(mails):
    limits = mails.microsoft.communication.limits
    limits.managed_sends = (0, 10)
    assert (await mails.send()).headers["Retry-After"] == "60"
    limits.managed_sends = (1000, 1000)
    assert [(await mails.send()).status for _ in range(12)] == [202] * 12


async def test_faults_work_here_too_and_what_they_answer_sends_nothing(mails):
    mails.microsoft.faults.append(Fault("communication", "emails:send", status=503, times=1))
    assert (await mails.send()).status == 503
    assert (await mails.send()).status == 202
    assert len(await asyncio.to_thread(mails.microsoft.inbox.wait_for, 1, 10)) == 1
    assert mails.microsoft.count("communication") == 2
