"""Letters by Azure Communication Services: sent once, followed for a moment, and refusals told apart."""

import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import pytest
from azure.core.credentials import AccessToken

from lib.adapters import communication
from lib.adapters.azure import azure_credential
from lib.adapters.communication import CommunicationMail
from lib.adapters.http import Http
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Owner, Throttled
from lib.ports.alerts import LetterRefused, Pace
from tests.adapters.conftest import soon
from tests.adapters.letters import LETTER, Shown, words
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.faults import Fault

SENDER = "donotreply@sandbox-0000.azurecomm.net"
ADA = "ada@contoso.com"
KEY = "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9"
THEIR_TEXT = "text of the service about ada@contoso.com"

Send = Callable[..., Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let mails end at once, and look soon."""
    monkeypatch.setattr(communication, "_PAUSES", (0.1, 0.2))
    microsoft.communication.retry_after = None
    microsoft.communication.delay = 0.0
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, microsoft.environment()[name])
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def send(microsoft: SimulatedMicrosoft) -> AsyncIterator[Send]:
    """Send letters, with the managed identity unless told otherwise."""
    http, identity = Http(microsoft.communication_url), azure_credential(None)

    async def one(
        recipient: str = ADA, *, key: str = KEY, seconds: float = 15, sender: str = SENDER, credential: Any = identity
    ) -> None:
        mail = CommunicationMail(http, microsoft.communication_url, sender, credential)
        await mail.send(LETTER, recipient, key, soon(seconds))

    yield one
    await http.close()
    await identity.close()


async def problem_of(sending: Awaitable[None]) -> CalendarError:
    """Return why a letter was not sent, which repeats neither the service's text nor the recipient."""
    with pytest.raises(CalendarError) as raised:
        await sending
    problem = raised.value
    told = "".join(traceback.format_exception(problem)) + f"{vars(problem)}"
    assert ADA not in told
    assert THEIR_TEXT not in told
    assert problem.owner is Owner.OPERATOR
    return problem


async def refusal_of(sending: Awaitable[None]) -> str:
    with pytest.raises(LetterRefused) as refused:
        await sending
    return refused.value.code


def requests(microsoft: SimulatedMicrosoft, method: str) -> list[SeenRequest]:
    return [seen for seen in microsoft.requests if seen.service == "communication" and seen.method == method]


async def test_a_letter_arrives_in_both_forms(send: Send, microsoft: SimulatedMicrosoft):
    await send()

    (mail,) = microsoft.inbox.mails
    assert (mail.sender, mail.recipients, mail.subject) == (SENDER, (ADA,), LETTER.subject)
    assert words(mail.text) == words(Shown(mail.html).text)
    assert mail.operation_id == KEY
    assert mail.headers["X-Auto-Response-Suppress"] == "All"


async def test_nobody_is_told_that_it_was_read(send: Send, microsoft: SimulatedMicrosoft):
    await send()

    (post,) = requests(microsoft, "POST")
    assert post.json()["userEngagementTrackingDisabled"] is True
    assert (post.path, post.query) == ("/emails:send", {"api-version": "2025-09-01"})


async def test_the_managed_identity_is_asked_for_a_token_of_this_service(send: Send, microsoft: SimulatedMicrosoft):
    await send()

    (asked,) = [seen for seen in microsoft.requests if seen.service == "identity"]
    assert asked.query["resource"] == "https://communication.azure.com/"


@pytest.mark.parametrize(
    ("sender", "pace"),
    [
        (SENDER, Pace(5, 10)),
        ("DoNotReply@0a1b.AzureComm.net", Pace(5, 10)),
        ("calendar@connector.example", Pace(30, 100)),
        ("calendar@azurecomm.net.example", Pace(30, 100)),
    ],
)
def test_a_domain_that_azure_manages_has_a_slower_pace(sender: str, pace: Pace):
    assert CommunicationMail(Http(), "https://mail.example", sender, Token("x")).pace == pace


async def test_a_letter_that_fails_soon_was_not_accepted(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.undeliverable.add(ADA)
    microsoft.communication.failure = ("EmailDroppedAllRecipientsSuppressed", THEIR_TEXT)

    assert await refusal_of(send()) == "EmailDroppedAllRecipientsSuppressed"
    assert len(requests(microsoft, "GET")) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"id": KEY, "status": "Failed"}, "Failed"),
        ({"id": KEY, "status": "Canceled", "error": {"code": f"<{ADA}>"}}, "Canceled"),
        ({"id": KEY, "status": "Failed", "error": "nonsense"}, "Failed"),
    ],
)
async def test_a_failure_has_at_least_a_name(
    send: Send, microsoft: SimulatedMicrosoft, body: dict[str, Any], code: str
):
    microsoft.faults.append(Fault("communication", "/operations/", status=200, body=body))

    assert await refusal_of(send()) == code


async def test_a_sender_that_is_found_wrong_late_is_the_operators_trouble(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.undeliverable.add(ADA)
    microsoft.communication.failure = ("DomainNotLinked", THEIR_TEXT)

    assert (await problem_of(send())).trace.code == "DomainNotLinked"


async def test_whoever_takes_long_was_accepted_and_is_looked_at_twice(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.delay = 60.0
    await send()

    assert [seen.path for seen in requests(microsoft, "GET")] == [f"/emails/operations/{KEY}"] * 2


async def test_the_service_says_when_to_look(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.retry_after = 1
    began = time.monotonic()
    await send()

    assert time.monotonic() - began >= 1
    assert len(requests(microsoft, "GET")) == 1


async def test_a_look_that_would_be_too_late_is_not_waited_for(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.retry_after = 100
    began = time.monotonic()
    await send(seconds=5)

    assert time.monotonic() - began < 3
    assert requests(microsoft, "GET") == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("communication", status=500),
        Fault("communication", status=429, headers={"Retry-After": "3600"}),
        Fault("communication", status=404, body={"error": {"code": "NotFound"}}),
        Fault("communication", status=200, body=b"<html>"),
        Fault("communication", status=200, body=b"[]"),
        Fault("communication", mode="reset"),
        Fault("communication", mode="truncate"),
    ],
    ids=["500", "429", "404", "HTML", "list", "reset", "truncated"],
)
async def test_what_was_accepted_stays_so_if_it_cannot_be_followed(
    send: Send, microsoft: SimulatedMicrosoft, fault: Fault
):
    microsoft.faults.append(replace(fault, path_contains="/operations/"))
    await send()

    assert len(microsoft.inbox.to(ADA)) == 1
    # A connection that was used before and broke: aiohttp itself repeats a GET on another, though never a POST.
    assert len(requests(microsoft, "GET")) <= (2 if fault.mode == "reset" else 1)


async def test_a_look_that_hangs_ends_with_the_deadline(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("communication", "/operations/", mode="hang"))
    began = time.monotonic()
    await send(seconds=1)

    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", {"id": "../../evil", "status": "Running"}, {"id": 7, "status": ["Running"]}, {}]
)
async def test_an_acceptance_is_one_whatever_its_body_says(send: Send, microsoft: SimulatedMicrosoft, body: Any):
    where = {"Operation-Location": "https://evil.example/emails/operations/1"}
    microsoft.faults.append(Fault("communication", method="POST", status=202, headers=where, body=body))
    await send()

    assert requests(microsoft, "GET") == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (Fault("communication", mode="reset"), "Azure Communication Services cannot be used right now."),
        (Fault("communication", mode="truncate", status=202, body={"id": KEY}), "Azure Communication Services cannot"),
        (Fault("communication", status=500), "Azure Communication Services cannot be used right now."),
        (Fault("communication", status=503, headers={"Retry-After": "0"}), "Azure Communication Services cannot"),
        (Fault("communication", status=302, headers={"Location": "https://evil.example"}), "Azure Communication"),
        (Fault("communication", status=200, body=b"<html>captive portal"), "Azure Communication Services cannot"),
    ],
    ids=["reset", "truncated", "500", "503", "redirect", "portal"],
)
async def test_the_request_is_sent_once_whatever_happens(
    send: Send, microsoft: SimulatedMicrosoft, fault: Fault, message: str
):
    microsoft.faults.append(replace(fault, method="POST"))
    problem = await problem_of(send())

    assert isinstance(problem, MicrosoftUnavailable)
    assert problem.message.startswith(message)
    assert len(requests(microsoft, "POST")) == 1


async def test_not_even_a_connection_that_was_used_before_is_a_reason_to_send_twice(
    send: Send, microsoft: SimulatedMicrosoft
):
    await send("grace@contoso.com", key="2" + KEY[1:])
    microsoft.clear_requests()
    microsoft.faults.append(Fault("communication", method="POST", mode="reset"))
    await problem_of(send())

    assert len(requests(microsoft, "POST")) == 1


async def test_a_service_that_says_nothing_holds_nobody_longer_than_the_deadline(
    send: Send, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("communication", mode="hang"))
    began = time.monotonic()
    problem = await problem_of(send(seconds=1))

    assert isinstance(problem, MicrosoftTimeout)
    assert problem.message == "Azure Communication Services did not answer in time."
    assert time.monotonic() - began < 3
    assert len(requests(microsoft, "POST")) == 1


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "42"}, 42), ({}, 60)])
async def test_who_asks_to_slow_down_is_not_asked_again(
    send: Send, microsoft: SimulatedMicrosoft, headers: dict[str, str], seconds: float
):
    body = {"error": {"code": "TooManyRequests", "message": THEIR_TEXT}}
    microsoft.faults.append(Fault("communication", status=429, headers=headers, body=body))
    problem = await problem_of(send())

    assert isinstance(problem, Throttled)
    assert (problem.retry_after, problem.trace.code) == (seconds, "TooManyRequests")
    assert len(requests(microsoft, "POST")) == 1


async def test_the_limits_of_a_managed_domain_are_told_by_the_service(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.communication.limits.managed_sends = (1, 10)
    await send()
    problem = await problem_of(send(key="2" + KEY[1:]))

    assert isinstance(problem, Throttled)
    assert 50 < problem.retry_after <= 60


@pytest.mark.parametrize(
    ("sender", "code"),
    [("somebody@sandbox-0000.azurecomm.net", "InvalidSenderUserName"), ("a@unlinked.example", "DomainNotLinked")],
)
async def test_a_wrong_sender_is_the_operators_trouble(send: Send, sender: str, code: str):
    problem = await problem_of(send(sender=sender))

    assert problem.trace.code == code
    assert "EMAIL_SENDER" in (problem.remedy or "")


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_so_is_a_resource_that_does_not_let_us_in(send: Send, microsoft: SimulatedMicrosoft, status: int):
    microsoft.faults.append(Fault("communication", status=status, body=b"<html>"))
    problem = await problem_of(send())

    assert problem.message == "Azure Communication Services does not let this deployment send."
    assert problem.trace.code == str(status)
    assert "managed identity" in (problem.remedy or "")


async def test_an_identity_without_a_role_is_refused(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.world.managed_identities[0].may_send_mail = False

    assert (await problem_of(send())).trace.code == "Denied"


class Token:
    """A credential that always has this token, whatever it is asked for."""

    def __init__(self, value: str) -> None:
        self.value = value

    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(self.value, int(time.time()) + 3600)

    async def close(self) -> None:
        """Have nothing to close."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        problem: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Have nothing to close."""


async def test_a_token_for_another_service_is_refused(send: Send, microsoft: SimulatedMicrosoft):
    identity = microsoft.world.managed_identities[0]
    token = microsoft.tokens.issue(
        microsoft.now(), microsoft.world.home_id, "https://storage.azure.com", appid=identity.client_id, idtyp="app"
    )

    assert (await problem_of(send(credential=Token(token)))).trace.code == "Denied"
    assert microsoft.inbox.mails == []


async def test_without_an_identity_there_is_no_token(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.world.managed_identities.clear()
    problem = await problem_of(send())

    assert problem.message == "This deployment is not allowed to use its Azure Communication Services resource."
    assert requests(microsoft, "POST") == []


async def test_an_identity_that_says_nothing_holds_nobody_longer_than_the_deadline(
    send: Send, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("identity", mode="hang"))
    began = time.monotonic()

    assert isinstance(await problem_of(send(seconds=1)), MicrosoftTimeout)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"error": {"code": "BadRequest", "message": THEIR_TEXT}}, "BadRequest"),
        (400, {"error": {"code": "InvalidEmailAddress", "message": THEIR_TEXT}}, "InvalidEmailAddress"),
        (400, b"<html>", "400"),
        (400, {"error": {"code": THEIR_TEXT}}, "400"),
        (413, b"", "413"),
    ],
)
async def test_what_is_about_one_letter_keeps_no_other_back(
    send: Send, microsoft: SimulatedMicrosoft, status: int, body: Any, code: str
):
    microsoft.faults.append(Fault("communication", status=status, body=body, times=1))

    assert await refusal_of(send()) == code
    await send("grace@contoso.com")
    assert len(microsoft.inbox.mails) == 1


@pytest.mark.parametrize("recipient", ["", "ada", "ada@contoso.com, eve@evil.example", "ada@contoso.com\r\nBcc: eve"])
async def test_what_is_no_address_never_reaches_the_service(send: Send, microsoft: SimulatedMicrosoft, recipient: str):
    assert await refusal_of(send(recipient)) == "invalidRecipient"
    assert microsoft.requests == []


async def test_a_letter_that_is_tried_again_arrives_once(send: Send, microsoft: SimulatedMicrosoft):
    await send()
    await send()

    assert len(requests(microsoft, "POST")) == 2
    assert len(microsoft.inbox.mails) == 1


async def test_a_conflict_is_a_letter_that_is_known_already(send: Send, microsoft: SimulatedMicrosoft):
    await send()
    microsoft.faults.append(Fault("communication", method="POST", status=409, body={"error": {"code": "Conflict"}}))
    microsoft.clear_requests()
    await send()

    assert [seen.path for seen in requests(microsoft, "GET")] == [f"/emails/operations/{KEY}"]


async def test_a_conflict_about_anything_else_loses_no_letter(send: Send, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("communication", method="POST", status=409, body={"error": {"code": "Conflict"}}))

    assert (await problem_of(send())).trace.code == "Conflict"
