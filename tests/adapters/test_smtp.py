"""Letters by SMTP: what arrives, whom they are never given to, and whose trouble a refusal is."""

import smtplib
import socket
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest

from lib.adapters import smtp
from lib.adapters.smtp import SmtpMail
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Owner, Throttled
from lib.ports.alerts import LetterRefused
from tests.adapters.conftest import soon
from tests.adapters.letters import LETTER, Shown, words
from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.mail.inbox import Inbox, ReceivedMail
from tests.sandbox.mail.smtp_server import SmtpServer
from tests.sandbox.microsoft.testing import authority

SENDER = "calendar@connector.example"
ADA = "ada@contoso.com"
KEY = "1f2e3d4c-5b6a-4978-8695-a4b3c2d1e0f9"
PASSWORD = "p:a/s s%w@rd"
LOGIN = ("calendar@mail.example", PASSWORD)
THEIR_TEXT = "text of the server"
STAGES = ["connect", "ehlo", "auth", "mail", "rcpt", "data"]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def server(inbox: Inbox) -> Iterator[SmtpServer]:
    """A server as most are: STARTTLS and a login."""
    with SmtpServer(inbox, authority(), login=LOGIN) as running:
        yield running
    assert running.errors == []


@pytest.fixture
def clear(inbox: Inbox) -> Iterator[SmtpServer]:
    """A server without TLS."""
    with SmtpServer(inbox, authority(), login=LOGIN, tls="none") as running:
        yield running
    assert running.errors == []


@pytest.fixture
def far_away(monkeypatch: pytest.MonkeyPatch) -> str:
    """A host name that is not this machine's, and leads here all the same."""
    real = socket.getaddrinfo
    name = "mail.contoso.com"
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *more: real("127.0.0.1" if host == name else host, *more))
    return name


async def send(url: str, *, recipient: str = ADA, subject: str = LETTER.subject, seconds: float = 15) -> None:
    await SmtpMail(url, SENDER).send(replace(LETTER, subject=subject), recipient, KEY, soon(seconds))


async def problem_of(url: str, *, recipient: str = ADA, seconds: float = 15) -> CalendarError:
    """Return why a letter was not sent, which tells nothing that is nobody's business."""
    with pytest.raises(CalendarError) as raised:
        await send(url, recipient=recipient, seconds=seconds)
    problem = raised.value
    told = "".join(traceback.format_exception(problem)) + f"{vars(problem)}"
    assert not [secret for secret in (PASSWORD, ADA, THEIR_TEXT, "smtplib.SMTP") if secret in told]
    assert "Microsoft" not in f"{problem.message} {problem.remedy}"
    assert problem.owner is Owner.OPERATOR
    assert problem.__context__ is None or isinstance(problem, MicrosoftTimeout)
    return problem


def only(inbox: Inbox) -> ReceivedMail:
    (mail,) = inbox.mails
    return mail


async def test_a_letter_arrives_in_both_forms(server: SmtpServer, inbox: Inbox):
    await send(server.url())

    mail = only(inbox)
    assert (mail.sender, mail.recipients, mail.subject) == (SENDER, (ADA,), LETTER.subject)
    assert words(mail.text) == words(Shown(mail.html).text)
    assert "0f9e8d7c-6b5a-4c3d-8e2f-1a0b9c8d7e6f" in mail.text


async def test_its_headers_say_that_a_machine_wrote_it_and_which_letter_it_is(server: SmtpServer, inbox: Inbox):
    await send(server.url())

    headers = only(inbox).headers
    assert headers["From"] == SENDER
    assert headers["To"] == ADA
    assert headers["Message-ID"] == f"<{KEY}@connector.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Content-Type"].startswith("multipart/alternative")
    assert headers["Date"].endswith("+0000")


async def test_every_server_can_carry_it(server: SmtpServer, inbox: Inbox):
    subject = "Das Geheimnis läuft ab – in 7 Tagen – für contoso, und danach kann niemand mehr Gespräche planen"
    await send(server.url(), subject=subject)

    raw = only(inbox).raw or b""
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 300, "RFC 5322 allows 998"
    assert max(map(len, raw.split(b"\r\n\r\n", 1)[1].split(b"\r\n"))) <= 78, "the bodies"
    assert only(inbox).subject == subject
    assert raw.index(b"text/plain") < raw.index(b"text/html"), "the last form is the preferred one (RFC 2046, 5.1.4)"


async def test_a_long_subject_has_no_space_in_front(server: SmtpServer, inbox: Inbox):
    subject = "Calendar secret of fabrikam has expired (21 November 2026) (and 2 more)"
    await send(server.url(), subject=subject)

    assert only(inbox).subject == subject


async def test_tls_may_come_first(inbox: Inbox):
    with SmtpServer(inbox, authority(), login=LOGIN, tls="implicit") as server:
        await send(server.url())

    assert only(inbox).reached(ADA)


async def test_a_server_may_want_no_login(inbox: Inbox):
    with SmtpServer(inbox, authority()) as server:
        await send(server.url())

    assert only(inbox).reached(ADA)


def test_a_server_tells_no_pace():
    assert SmtpMail("smtp://localhost", SENDER).pace is None


@pytest.mark.parametrize(
    ("url", "port"),
    [("smtp://localhost", 587), ("smtps://localhost", 465), ("smtp://u:p@localhost:2525", 2525)],
)
async def test_the_ports_are_those_of_submission(url: str, port: int, monkeypatch: pytest.MonkeyPatch):
    tried = []

    def refuse(address: tuple[str, int], *_: object) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    await problem_of(url)

    assert tried == [("localhost", port)]


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch, tls: str
):
    monkeypatch.delenv("SSL_CERT_FILE")
    with SmtpServer(inbox, authority(), login=LOGIN, tls=tls) as server:
        server.faults.append(SmtpFault("auth", "535 5.7.8 no", times=1))
        problem = await problem_of(server.url())

    assert "certificate is not trusted" in problem.message
    assert server.faults[0].times == 1, "no login was tried"
    assert inbox.mails == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_of_another_host_gets_nothing(inbox: Inbox, far_away: str, tls: str):
    with SmtpServer(inbox, authority(), login=LOGIN, tls=tls) as server:
        problem = await problem_of(server.url().replace("localhost", far_away))

    assert "certificate is not trusted" in problem.message
    assert server.connections == 1
    assert inbox.mails == []


async def test_without_starttls_nothing_goes_to_another_machine(clear: SmtpServer, inbox: Inbox, far_away: str):
    clear.faults.append(SmtpFault("auth", "535 5.7.8 no", times=1))
    problem = await problem_of(clear.url().replace("localhost", far_away))

    assert "offers no encryption" in problem.message
    assert clear.connections == 1
    assert clear.faults[0].times == 1, "no password went out"
    assert inbox.mails == []


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_server_on_this_machine_may_do_without(clear: SmtpServer, inbox: Inbox, host: str):
    await send(clear.url().replace("localhost", host))

    assert only(inbox).reached(ADA)


async def test_a_wrong_password_is_the_operators_trouble(server: SmtpServer, inbox: Inbox):
    url = server.url()
    server.login = (LOGIN[0], "another")
    problem = await problem_of(url)

    assert isinstance(problem, MicrosoftUnavailable)
    assert (problem.message, problem.trace.code) == (
        "The e-mail service refused this deployment's sender or login.",
        "535",
    )
    assert inbox.mails == []


async def test_a_server_that_takes_no_logins_is_too(inbox: Inbox):
    with SmtpServer(inbox, authority()) as server:
        problem = await problem_of(server.url().replace("localhost", "user:word@localhost"))

    assert "refused" in problem.message
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("stage", "answer", "code"),
    [
        ("rcpt", "550 5.1.1", "550"),
        ("rcpt", "451 4.7.1", "451"),
        ("rcpt", "421 4.7.0", "421"),
        ("rcpt", "554 5.7.1", "554"),
        ("data", "554 5.7.1", "554"),
        ("data", "552 5.3.4", "552"),
    ],
)
async def test_what_is_about_one_letter_keeps_no_other_back(
    server: SmtpServer, inbox: Inbox, stage: str, answer: str, code: str
):
    server.faults.append(SmtpFault(stage, f"{answer} {THEIR_TEXT}", times=1))
    with pytest.raises(LetterRefused) as refused:
        await send(server.url())
    await send(server.url(), recipient="grace@contoso.com")

    assert refused.value.code == code
    assert refused.value.__context__ is None
    assert only(inbox).reached("grace@contoso.com")


@pytest.mark.parametrize(
    ("stage", "answer", "code"),
    [
        ("connect", "554 5.7.1", "554"),
        ("auth", "550 5.7.30", "550"),
        ("mail", "550 5.7.60", "550"),
        ("mail", "530 5.7.0", "530"),
        ("rcpt", "530 5.7.0", "530"),
        ("data", "535 5.7.8", "535"),
    ],
)
async def test_what_is_about_sender_or_login_is_for_the_operator(
    server: SmtpServer, stage: str, answer: str, code: str
):
    server.faults.append(SmtpFault(stage, f"{answer} {THEIR_TEXT}"))
    problem = await problem_of(server.url())

    assert isinstance(problem, MicrosoftUnavailable)
    assert problem.trace.code == code
    assert "EMAIL_SENDER" in (problem.remedy or "")


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("connect", "421 4.3.2"),
        ("auth", "454 4.7.0"),
        ("mail", "421 4.3.2"),
        ("data", "421 4.3.2"),
    ],
)
async def test_who_asks_to_come_later_is_left_in_peace(server: SmtpServer, stage: str, answer: str):
    server.faults.append(SmtpFault(stage, f"{answer} {THEIR_TEXT}"))
    problem = await problem_of(server.url())

    assert isinstance(problem, Throttled)
    assert problem.retry_after == 300
    assert problem.trace.code == answer[:3]


@pytest.mark.parametrize(("stage", "answer"), [("mail", "451 4.3.0"), ("data", "452 4.3.1")])
async def test_a_letter_that_may_go_later_keeps_no_other_waiting(server: SmtpServer, stage: str, answer: str):
    server.faults.append(SmtpFault(stage, f"{answer} {THEIR_TEXT}"))
    with pytest.raises(LetterRefused) as refused:
        await send(server.url())

    assert (refused.value.code, refused.value.passing) == (answer[:3], True)


@pytest.mark.parametrize("stage", STAGES)
async def test_a_connection_that_breaks_is_no_answer(server: SmtpServer, inbox: Inbox, stage: str):
    server.faults.append(SmtpFault(stage, mode="drop"))
    problem = await problem_of(server.url())

    assert isinstance(problem, MicrosoftUnavailable)
    assert problem.message == "The e-mail server could not be reached."
    assert inbox.mails == []


async def test_a_letter_that_comes_twice_is_known_by_its_id(server: SmtpServer, inbox: Inbox):
    server.faults.append(SmtpFault("data", mode="drop_after_data", times=1))
    await problem_of(server.url())
    await send(server.url())

    assert [mail.message_id for mail in inbox.mails] == [f"<{KEY}@connector.example>"] * 2


@pytest.mark.parametrize("stage", STAGES)
async def test_a_server_that_says_nothing_holds_nobody_longer_than_the_deadline(server: SmtpServer, stage: str):
    server.faults.append(SmtpFault(stage, mode="hang"))
    began = time.monotonic()
    problem = await problem_of(server.url(), seconds=0.5)

    assert isinstance(problem, MicrosoftTimeout)
    assert problem.message == "The e-mail server did not answer in time."
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("stage", STAGES)
async def test_no_step_takes_longer_than_its_limit(server: SmtpServer, monkeypatch: pytest.MonkeyPatch, stage: str):
    monkeypatch.setattr(smtp, "_LONGEST_STEP", 0.3)
    server.faults.append(SmtpFault(stage, mode="hang"))

    assert isinstance(await problem_of(server.url()), MicrosoftTimeout)


@pytest.mark.parametrize("stage", ["connect", "mail", "rcpt", "data"])
async def test_what_is_no_smtp_is_no_answer(server: SmtpServer, stage: str):
    server.faults.append(SmtpFault(stage, f"HTTP/1.1 400 {THEIR_TEXT}"))

    assert (await problem_of(server.url())).message == "The e-mail server could not be reached."


async def test_tls_where_there_is_none_ends_in_time(clear: SmtpServer):
    problem = await problem_of(clear.url().replace("smtp:", "smtps:"))

    assert "smtps:// is for TLS from the start" in (problem.remedy or "")


async def test_where_nobody_listens_nobody_is_reached(server: SmtpServer):
    server.stop()

    assert (await problem_of(server.url())).message == "The e-mail server could not be reached."


async def test_a_deadline_that_is_over_begins_nothing(server: SmtpServer):
    assert isinstance(await problem_of(server.url(), seconds=0), MicrosoftTimeout)
    assert server.connections == 0


@pytest.mark.parametrize(
    "subject",
    [
        "harmless\r\nBcc: eve@evil.example",
        "harmless\nBcc: eve@evil.example",
        "harmless\x00Bcc: eve@evil.example",
        "harmless\u2028Bcc: eve@evil.example",
        "harmless\r\n\r\nBcc: eve@evil.example",
    ],
)
async def test_a_subject_cannot_become_a_header(server: SmtpServer, inbox: Inbox, subject: str):
    await send(server.url(), subject=subject)

    mail = only(inbox)
    assert mail.subject == "harmless Bcc: eve@evil.example"
    assert mail.recipients == (ADA,)
    assert set(mail.headers) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress"),
        *("MIME-Version", "Content-Type"),
    }


@pytest.mark.parametrize(
    "recipient",
    [
        "",
        "ada",
        "ada@contoso.com, eve@evil.example",
        "ada@contoso.com\r\nBcc: eve@evil.example",
        "ada@contoso.com\n",
        "ada@contoso.com> SIZE=1",
        "Ada <ada@contoso.com>",
        "=?utf-8?q?ada=0D=0ABcc?=@contoso.com",
    ],
)
async def test_what_is_no_address_never_reaches_the_server(server: SmtpServer, recipient: str):
    with pytest.raises(LetterRefused) as refused:
        await send(server.url(), recipient=recipient)

    assert refused.value.code == "invalidRecipient"
    assert server.connections == 0


@pytest.mark.parametrize(
    "recipient", ["o'neil+x@contoso.com", "a..b.@contoso.com", f"{'a' * 64}@{'b' * 60}.{'c' * 60}.com"]
)
async def test_unusual_addresses_arrive(server: SmtpServer, inbox: Inbox, recipient: str):
    await send(server.url(), recipient=recipient)

    assert only(inbox).recipients == (recipient,)
    assert only(inbox).headers["To"] == recipient


async def test_a_letter_that_only_looks_like_ascii_makes_no_address(clear: SmtpServer, inbox: Inbox):
    kelvin = "ada@\u212aelvin.example"  # a letter that passes for a k where case does not count
    with pytest.raises(LetterRefused) as refused:
        await send(clear.url(), recipient=kelvin)
    assert refused.value.code == "invalidRecipient"
    assert inbox.mails == []


async def test_after_the_servers_yes_nothing_can_go_wrong(
    server: SmtpServer, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object) -> None:
        raise smtplib.SMTPServerDisconnected

    monkeypatch.setattr(smtplib.SMTP, "putcmd", _until_quit(smtplib.SMTP.putcmd, fail))
    await send(server.url())

    assert only(inbox).reached(ADA)


def _until_quit(usual, fail):
    def putcmd(self, command, args=""):
        return (fail if command == "quit" else usual)(self, command, args)

    return putcmd
