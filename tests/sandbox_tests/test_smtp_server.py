"""The sandbox's SMTP server, used by Python's own client."""

import smtplib
import socket
import ssl
import threading
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import pytest

from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.mail.inbox import Inbox, ReceivedMail
from tests.sandbox.mail.smtp_server import SmtpServer
from tests.sandbox.microsoft.testing import authority

LOGIN = ("user@mail.example", "p:a/s s@word")
ANN = "ann@customer.example"
BOB = "bob@customer.example"


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def server(inbox):
    with SmtpServer(inbox, authority(), login=LOGIN) as running:
        yield running
    assert running.errors == []


def message(**headers):
    mail = EmailMessage()
    for name, value in {"Subject": "Läuft ab", "From": "calendar@connector.example", "To": ANN, **headers}.items():
        mail[name] = value
    mail.set_content("plain\n.dot first\n")
    mail.add_alternative("<p>rich</p>", subtype="html")
    return mail


@contextmanager
def connect(server):
    """Yield a client as a careful one opens it: TLS with a checked certificate, then the login."""
    trust = authority().client_context()
    first = {"context": trust} if server.tls == "implicit" else {}
    kind = smtplib.SMTP_SSL if server.tls == "implicit" else smtplib.SMTP
    with kind("localhost", server.port, timeout=10, **first) as client:
        if server.tls == "starttls":
            client.starttls(context=trust)
        if server.login:
            client.login(*server.login)
        yield client


def test_a_mail_arrives_with_its_parts_headers_and_every_byte(server, inbox):
    with connect(server) as client:
        client.send_message(message(**{"Message-ID": "<1@connector.example>"}), to_addrs=[ANN, BOB])

    (mail,) = inbox.mails
    assert (mail.via, mail.sender, mail.recipients) == ("smtp", "calendar@connector.example", (ANN, BOB))
    assert (mail.subject, mail.text, mail.html) == ("Läuft ab", "plain\n.dot first\n", "<p>rich</p>\n")
    assert (mail.message_id, mail.headers["To"]) == ("<1@connector.example>", ANN)
    assert b"\r\n.dot first\r\n" in mail.raw
    assert server.connections == 1


def test_the_url_names_the_server_and_the_login(inbox, server):
    url = urlsplit(server.url())
    assert (url.scheme, url.hostname, url.port) == ("smtp", "localhost", server.port)
    assert (unquote(url.username), unquote(url.password)) == LOGIN
    with SmtpServer(inbox, authority(), tls="implicit") as other:
        assert other.url() == f"smtps://localhost:{other.port}"


def test_the_functions_of_the_sandbox_are_given_this_server_and_one_inbox_has_all_mail(stack):
    settings = stack.environment()
    assert settings["EMAIL_URL"] == stack.smtp.url()
    assert {"EMAIL_SENDER", "ALERT_RECIPIENTS", "SECRET_SCAN_SCHEDULE"} <= settings.keys()
    assert settings["EMAIL_SENDER"] in stack.world.sender_addresses
    assert stack.smtp.inbox is stack.microsoft.inbox is stack.inbox


def test_before_tls_there_is_no_login(server):
    with smtplib.SMTP("localhost", server.port, timeout=10) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        with pytest.raises(smtplib.SMTPNotSupportedError):
            client.login(*LOGIN)
        assert client.docmd("AUTH", "PLAIN AHUAcA==")[0] == 530
        assert client.docmd("MAIL", "FROM:<a@b.example>")[0] == 530


def test_without_a_login_nothing_is_accepted(server):
    with smtplib.SMTP("localhost", server.port, timeout=10) as client:
        client.starttls(context=authority().client_context())
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(message())
    assert refused.value.smtp_code == 530


@pytest.mark.parametrize("login", [(LOGIN[0], "wrong"), ("wrong", LOGIN[1])])
@pytest.mark.parametrize("way", ["auth_plain", "auth_login"])
def test_a_wrong_login_is_refused(server, login, way):
    with smtplib.SMTP("localhost", server.port, timeout=10) as client:
        client.starttls(context=authority().client_context())
        client.ehlo()
        client.user, client.password = login
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.auth(way.removeprefix("auth_"), getattr(client, way))
    assert refused.value.smtp_code == 535


def test_a_client_that_does_not_trust_the_certificate_goes_away(server, caplog):
    with smtplib.SMTP("localhost", server.port, timeout=10) as client, pytest.raises(ssl.SSLCertVerificationError):
        client.starttls(context=ssl.create_default_context())
    with connect(server) as client:
        assert client.noop()[0] == 250


@pytest.mark.parametrize("tls", ["implicit", "none"])
@pytest.mark.parametrize("login", [LOGIN, None])
def test_tls_from_the_beginning_and_no_tls_at_all(inbox, tls, login):
    with SmtpServer(inbox, authority(), login=login, tls=tls) as server:
        with connect(server) as client:
            client.ehlo()
            assert (client.has_extn("starttls"), client.has_extn("auth")) == (False, login is not None)
            client.send_message(message())
        assert len(inbox.to(ANN)) == 1
    assert server.errors == []


def send(server, *recipients):
    """Send a mail; return who was refused."""
    with connect(server) as client:
        return client.send_message(message(), to_addrs=list(recipients or [ANN]))


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (SmtpFault("connect", "554 5.3.2 no service here", times=1), smtplib.SMTPConnectError, 554),
        (SmtpFault("connect", "421 4.3.2 closing down", times=1), smtplib.SMTPConnectError, 421),
        (SmtpFault("ehlo", "421 4.7.0 too many connections", times=1), smtplib.SMTPHeloError, 421),
        (SmtpFault("auth", "535 5.7.139 disabled", times=2), smtplib.SMTPAuthenticationError, 535),
        (SmtpFault("mail", "550 5.7.60 not your address", times=1), smtplib.SMTPSenderRefused, 550),
        (SmtpFault("rcpt", "550 5.1.1 no such user", times=1), smtplib.SMTPRecipientsRefused, None),
        (SmtpFault("data", "451 4.3.0 try later", times=1), smtplib.SMTPDataError, 451),
        (SmtpFault("data", "552 5.3.4 too large", recipient="ANN@", times=1), smtplib.SMTPDataError, 552),
    ],
)
def test_an_answer_that_was_ordered_comes_at_its_stage_and_then_all_is_well(server, inbox, fault, error, code):
    server.faults.append(fault)
    with pytest.raises((error, smtplib.SMTPServerDisconnected)) as failure:
        send(server)
    if code and fault.stage != "ehlo":  # after a 421 the client's HELO finds nobody
        assert failure.value.smtp_code == code
    assert inbox.mails == []
    assert fault.times == 0
    send(server)
    assert len(inbox.mails) == 1


def test_a_refused_recipient_keeps_nobody_else_from_getting_it(server, inbox):
    server.faults.append(SmtpFault("rcpt", "550 5.1.1 no such user", recipient="bob@"))

    assert send(server, ANN, BOB) == {BOB: (550, b"5.1.1 no such user")}

    assert [mail.recipients for mail in inbox.mails] == [(ANN,)]
    assert send(server, BOB.replace("bob", "bobby")) == {}


@pytest.mark.parametrize("stage", ["connect", "ehlo", "auth", "mail", "rcpt", "data"])
def test_a_connection_breaks_where_it_was_ordered(server, inbox, stage):
    server.faults.append(SmtpFault(stage, mode="drop", times=1))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(server)
    assert inbox.mails == []
    send(server)
    assert len(inbox.mails) == 1


def test_a_mail_can_be_accepted_and_the_client_never_learns_it(server, inbox):
    server.faults.append(SmtpFault("data", mode="drop_after_data", times=1))
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(server)
    assert [mail.recipients for mail in inbox.mails] == [(ANN,)]


@pytest.mark.parametrize("stage", ["connect", "mail"])
def test_a_server_that_hangs_can_be_left_and_stopped(server, stage):
    server.faults.append(SmtpFault(stage, mode="hang"))
    with socket.create_connection(("127.0.0.1", server.port)) as left:
        assert left.getpeername()
    with socket.create_connection(("127.0.0.1", server.port), 10) as waiting:
        ordered = b"" if stage == "connect" else b"220 "
        waiting.settimeout(0.2)
        try:
            assert waiting.recv(4) == ordered
        except TimeoutError:
            assert stage == "connect"
        server.stop()
    server.start()


def test_a_stopped_server_refuses_and_started_again_has_its_port(server):
    port = server.port
    with socket.create_connection(("127.0.0.1", port)) as idle:
        assert idle.recv(4) == b"220 "
        server.stop()
        assert idle.recv(1000).endswith(b"\r\n")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
    server.start()
    assert server.port == port
    send(server)


@pytest.mark.parametrize("wrong", [{"stage": "mail"}, {"stage": "mail", "mode": "drop_after_data"}])
def test_a_fault_that_says_nothing_is_a_mistake_of_the_test(wrong):
    with pytest.raises(ValueError, match="what is|is for"):
        SmtpFault(**wrong)


def test_the_inbox_waits_and_finds_by_address_in_any_case(inbox):
    mails = [ReceivedMail("acs", "s@x.example", (name,), "") for name in (ANN, BOB, ANN.upper())]
    threading.Timer(0.05, lambda: [inbox.add(mail) for mail in mails]).start()

    assert inbox.wait_for(3, 10) == mails
    assert inbox.to("Ann@Customer.example") == [mails[0], mails[2]]
    inbox.mails.clear()
    assert len(inbox.mails) == 3
    inbox.clear()
    assert inbox.mails == []
    with pytest.raises(TimeoutError, match="0 of 1"):
        inbox.wait_for(1, 0.01)
