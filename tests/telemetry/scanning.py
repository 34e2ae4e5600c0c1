"""The third part of a journey: secrets end and are renewed, letters go out or are refused, timers run."""

import base64
import secrets
import uuid
from datetime import UTC, datetime, timedelta

from tests.journeys.api import Company
from tests.journeys.expect import Faults
from tests.journeys.people import change_row, rows, working_people
from tests.journeys.scan_rows import an_hour_passes, days_pass, refusals_age
from tests.journeys.scans import it_of, wait_until
from tests.journeys.test_configuration import another_secret
from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.microsoft import Fault
from tests.sandbox.world.changes import add_secret, let_read_itself, let_time_pass, put_by_hand
from tests.telemetry.setting import UPSTREAM, Setting, another_process, error, expect, said, service_principal

TIMERS = ("scan_client_secrets", "deliver_alerts", "keep_connections_alive")


def secrets_end(setting: Setting) -> None:
    """Let a secret be about to end, one be over, one be renewed by hand and one by hand but wrong; then scan."""
    office = setting.office
    soon, over, renewed, wrong, reading = (office.company(9) for _ in range(5))
    setting.companies += [soon, over, renewed, wrong, reading]
    let_read_itself(reading.application)
    let_time_pass(over.application, 400)
    expect(setting.api.schedule(over), 200, 409)
    by_hand = add_secret(renewed.application, f"Nxt~{uuid.uuid4().hex}", days=300)
    put_by_hand(setting.stack.world, office.vault_secret(renewed).name, by_hand.value)
    put_by_hand(setting.stack.world, office.vault_secret(wrong).name, f"Bad~{uuid.uuid4().hex}")
    summary = office.scan()
    assert summary["due"] >= 3, summary
    assert office.letters(soon), "a letter came by SMTP"
    for company in (over, wrong):
        expect(setting.api.save(company, company.document(applicationSecret=another_secret(company))), 200)
        assert '"passed":true' in expect(setting.api.test(company), 200).text


def letters_are_refused(setting: Setting) -> None:
    """Let the mail server refuse with texts that repeat addresses and passwords, at every step."""
    office = setting.office
    office.company(5)
    for number, fault in enumerate(_mail_faults(setting)):
        days_pass(office, 8 * (number + 1))
        setting.stack.smtp.faults[:] = [fault]
        office.scan()
        refusals_age(office, 30)
    setting.stack.smtp.faults.clear()


def _mail_faults(setting: Setting) -> list[SmtpFault]:
    said_of = f"<{it_of(setting.companies[0])}> {UPSTREAM}"
    return [
        SmtpFault("rcpt", f"550 5.1.1 {said_of}: Recipient address rejected"),
        SmtpFault("rcpt", f"451 4.7.1 {said_of}: Greylisted"),
        SmtpFault("auth", f"535 5.7.8 {UPSTREAM} Smtp~made-up:p@ss/word is wrong"),
        SmtpFault("mail", f"553 5.1.8 {said_of}: Sender address rejected"),
        SmtpFault("data", f"554 5.7.1 {said_of}: Message rejected"),
        SmtpFault("connect", f"421 4.3.2 {UPSTREAM}"),
        SmtpFault("ehlo", mode="drop"),
        SmtpFault("data", mode="drop_after_data"),
    ]


def by_communication_services(setting: Setting) -> None:
    """Let a second process, with a service principal and a connection string, send by Communication Services."""
    office = setting.office
    company = office.company(5)
    setting.companies.append(company)
    path = "/emails:send"
    with another_process(setting, **service_principal(setting.stack)) as api:
        refusal = {"error": {"code": "InvalidRecipient", "message": f"{UPSTREAM} {it_of(company)}"}}
        for number, fault in enumerate(
            (
                Fault("communication", path, status=400, body=refusal),
                Fault("communication", path, status=403, body=error("Forbidden")),
                Fault("communication", path, status=500, body=UPSTREAM.encode()),
                Fault("communication", path, mode="reset"),
                Fault("communication", "/operations/", status=200, body={"status": "Failed", **refusal}),
            )
        ):
            days_pass(office, 8 * (number + 1))
            an_hour_passes(office)
            with Faults(setting.stack, fault):
                expect(api.call("POST", "/secret-scan"), 200)
            refusals_age(office, 30)
        an_hour_passes(office)
        setting.stack.inbox.clear()
        expect(api.call("POST", "/secret-scan"), 200)
        wait_until(lambda: any(mail.via == "acs" for mail in setting.stack.inbox.mails))
        expect(api.schedule(company), 200)


def keys_rotate(setting: Setting) -> None:
    """Add a version of the key that seals tokens, as the README says; and one that is no key."""
    world = setting.stack.world
    company = working_people(setting.stack, setting.api)
    setting.companies.append(company)
    for value in (base64.b64encode(secrets.token_bytes(32)).decode(), f"No~key-{UPSTREAM}"):
        put_by_hand(world, "token-encryption-key", value)
        with another_process(setting) as api:  # it knows no key yet
            expect(api.schedule(company), 200, 409, 502)
    world.vault_secrets["token-encryption-key"].versions.pop()


def timers_run(setting: Setting) -> None:
    """Run every timer to its end."""
    for name in TIMERS:
        setting.office.timer(name)


def connections_are_idle(setting: Setting) -> None:
    """Let connections be idle for so long that the nightly timer renews them, or finds them ended."""
    company = working_people(setting.stack, setting.api)
    setting.companies.append(company)
    (row,) = rows(setting.stack, company)
    long_ago = datetime.now(UTC) - timedelta(days=40)
    for fault in (Fault("entra", "/token", status=500, body=UPSTREAM.encode(), times=3), None):
        change_row(setting.stack, row, renewedAt=long_ago, lastUsedAt=long_ago)
        with Faults(setting.stack, *([fault] if fault else [])):
            setting.office.timer("keep_connections_alive")
    change_row(setting.stack, row, renewedAt=long_ago, lastUsedAt=long_ago)
    company.account(company.recruiter).revoke_sessions(datetime.now(UTC))
    setting.office.timer("keep_connections_alive")
    assert "AADSTS50173" in said(setting.stack.host)
    setting.office.scan()  # tells of users who have to connect again


def everything_is_forgotten(setting: Setting) -> None:
    """Delete customers."""
    for company in _all_but_the_first(setting):
        expect(setting.api.call("DELETE", f"/customers/{company.customer}/calendar"), 204)


def _all_but_the_first(setting: Setting) -> list[Company]:
    return setting.companies[1:]
