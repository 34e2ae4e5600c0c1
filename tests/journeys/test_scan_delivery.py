"""What is due arrives, whatever happens to the mail server or to the functions; and nobody is written to in vain."""

import time

import pytest

from tests.journeys.api import Api, another_instance
from tests.journeys.expect import Faults
from tests.journeys.scan_rows import let_leases_end
from tests.journeys.scans import Office, day, expect_all_told, it_of, new_office, start_timer, wait_until, written
from tests.journeys.test_configuration import at_once
from tests.sandbox.mail.faults import SmtpFault, Stage
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import OPERATOR

BROKEN = {
    "no greeting": SmtpFault("connect", "421 4.3.2 not now"),
    "resets": SmtpFault("connect", mode="drop"),
    "wrong password": SmtpFault("auth", "535 5.7.8 no"),
    "greylists": SmtpFault("rcpt", "451 4.7.1 greylisted, try again in 5 minutes"),
    "mailbox full": SmtpFault("rcpt", "452 4.2.2 mailbox full"),
    "too many mails": SmtpFault("mail", "450 4.7.1 too many mails"),
    "refuses the content": SmtpFault("data", "451 4.3.0 later"),
    "breaks off": SmtpFault("data", mode="drop"),
    "refuses the sender": SmtpFault("mail", "550 5.7.1 no"),
}


@pytest.mark.parametrize("how", list(BROKEN))
def test_a_mail_server_that_fails_loses_no_alert(office: Office, how: str):
    for days in (9, -3):
        office.company(days)
    office.stack.smtp.faults.append(BROKEN[how])

    summary = office.scan()

    assert summary["due"] == 2
    assert summary["sent"] == 0, "only what the server accepted is sent"
    assert office.stack.inbox.mails == []
    office.stack.smtp.faults.clear()
    office.timer("deliver_alerts")
    expect_all_told(office)
    office.timer("deliver_alerts")
    office.scan()
    expect_all_told(office)


def test_a_server_that_is_down_for_days_loses_nothing(office: Office):
    company = office.company(9)
    office.stack.smtp.stop()
    try:
        for _ in range(3):
            office.scan()
            office.timer("deliver_alerts")
    finally:
        office.stack.smtp.start()
    office.timer("deliver_alerts")
    expect_all_told(office)
    assert written(day(9)) in office.only_letter(company).subject


def test_what_became_more_urgent_while_the_server_was_down_is_told_as_it_is_now(office: Office):
    company = office.company(20)
    office.stack.smtp.faults.append(SmtpFault("connect", "421 4.3.2 not now"))
    office.scan()
    office.save(company, 5, applicationSecret=None)
    office.scan()
    office.stack.smtp.faults.clear()
    office.scan()
    office.timer("deliver_alerts")
    assert written(day(5)) in office.letters(company)[-1].subject
    assert len(office.letters(company)) == 1, "the most urgent only"


def test_what_was_solved_while_the_server_was_down_cries_no_wolf(office: Office):
    company = office.company(9)
    office.stack.smtp.faults.append(SmtpFault("connect", "421 4.3.2 not now"))
    office.scan()
    office.save(company, 300, applicationSecret=None)
    office.stack.smtp.faults.clear()
    office.timer("deliver_alerts")
    office.scan()
    assert all(written(day(9)) not in letter.subject for letter in office.letters(company))
    assert all(written(day(9)) not in letter.subject for letter in office.operator_letters(company))


def test_one_refused_recipient_keeps_no_other_from_being_told(office: Office):
    company = office.company(9, alertRecipients=["gone@own.example", "here@own.example"])
    office.stack.smtp.faults.append(SmtpFault("rcpt", "550 5.1.1 no such user", recipient="gone@own.example"))

    office.scan()
    office.timer("deliver_alerts")
    office.timer("deliver_alerts")
    office.scan()

    assert len(office.letters("here@own.example")) == 1
    assert len(office.letters(OPERATOR)) >= 1
    first = office.letters(OPERATOR)[0]
    assert company.customer in first.text
    assert len([mail for mail in office.operator_letters(company) if mail.subject == first.subject]) == 1


def test_a_greylisted_recipient_gets_it_later_and_the_others_once(office: Office):
    office.company(9, alertRecipients=["slow@own.example", "here@own.example"])
    office.stack.smtp.faults.append(SmtpFault("rcpt", "451 4.7.1 later", recipient="slow@own.example", times=1))
    office.scan()
    office.timer("deliver_alerts")
    office.timer("deliver_alerts")
    for address in ("slow@own.example", "here@own.example", OPERATOR):
        assert len(office.letters(address)) == 1


def test_a_server_that_accepts_and_breaks_off_brings_no_more_than_two(office: Office):
    office.company(9)
    office.stack.smtp.faults.append(SmtpFault("data", mode="drop_after_data", times=1))
    office.scan()
    office.timer("deliver_alerts")
    office.timer("deliver_alerts")
    expect_all_told(office, most=2)
    assert len(office.stack.inbox.mails) <= 3, "at most the one being sent comes twice"


@pytest.mark.parametrize("stage", ["mail", "data"])
def test_a_letter_at_which_the_server_breaks_blocks_nobody(office: Office, stage: Stage):
    """Whoever comes after it is written to in this run; it comes itself as soon as it can."""
    office.company(-3, alertRecipients=["poison@own.example"])
    others = [office.company(days) for days in (9, 20)]
    recipient = "poison@own.example" if stage == "data" else ""
    office.stack.smtp.faults.append(SmtpFault(stage, "451 4.3.0 later", recipient=recipient, times=2))

    office.scan()
    office.timer("deliver_alerts")
    office.timer("deliver_alerts")

    for company in others:
        assert len(office.letters(company)) == len(office.operator_letters(company)) == 1
    assert len(office.letters("poison@own.example")) == 1


def test_a_letter_that_hangs_until_the_server_starts_anew_comes_afterwards(office: Office):
    office.company(9)
    hang = SmtpFault("rcpt", mode="hang", times=1)
    office.stack.smtp.faults.append(hang)
    start_timer(office.api, "scan_client_secrets")
    wait_until(lambda: hang.times == 0)
    ended = office.stack.host.stderr_text().count("scan_client_secrets succeeded.")
    office.stack.smtp.stop()
    office.stack.smtp.start()
    wait_until(lambda: office.stack.host.stderr_text().count("scan_client_secrets succeeded.") > ended)

    office.timer("deliver_alerts")

    expect_all_told(office)


def test_without_email_url_the_scan_says_so_and_loses_nothing():
    with new_office(EMAIL_URL=None) as office:
        company = office.company(9)
        summary = office.scan()
        assert summary["due"] == 1
        assert summary["sent"] == 0
        assert summary["problems"], "silence must not be read as health"
        assert office.last_scan()["problems"]
        office.stack._settings = None  # the operator mends the setting
        office.stack.host.stop()
        office.stack.start_host()
        office.timer("deliver_alerts")
        office.scan()
        assert len(office.letters(company)) == 1


def test_two_hosts_that_scan_at_once_send_nothing_twice(office: Office):
    for days in (9, -1, 0, 6):
        office.company(days)
    with another_instance(office.stack) as second:
        answers = at_once(*(lambda api=api: api.call("POST", "/secret-scan") for api in (office.api, second)))
        assert all(answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
        for api in (office.api, second):
            start_timer(api, "scan_client_secrets")
            start_timer(api, "deliver_alerts")
        office.timer("deliver_alerts")
        time.sleep(2)
    let_leases_end(office)  # where the second host was stopped in the middle
    office.scan()
    expect_all_told(office)


def test_a_hanging_entra_id_does_not_hold_the_others_up(office: Office):
    hanging, fine = office.company(9), office.company(9)
    fault = Fault("entra", hanging.tenant.id, mode="hang")
    with Faults(office.stack, fault):
        begun = time.monotonic()
        summary = Api(office.stack).call("POST", "/secret-scan").json()
        assert time.monotonic() - begun < 60
    assert summary["complete"] is False
    assert summary["couldNotCheck"] == 1
    assert len(office.letters(fine)) == 1
    assert it_of(hanging) in {mail.recipients[0] for mail in office.stack.inbox.mails}, "its date is told all the same"
