"""What is told again, and when: weekly what is over, daily what could not be checked, never what is only unknown."""

import pytest

from tests.journeys.scan_rows import days_pass, refusals_age, rows_in, waiting
from tests.journeys.scans import Office, day, written
from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import OPERATOR


def expired(office: Office):
    """Return a customer whose secret is over."""
    return office.company(-1)


def refused(office: Office):
    """Return a customer whose secret Entra ID refuses."""
    company = office.company(300)
    company.application.secrets.clear()
    return company


def withdrawn(office: Office):
    """Return a customer whose administrator withdrew consent."""
    company = office.company(300)
    company.application.granted_roles.clear()
    return company


@pytest.mark.parametrize("trouble", [expired, refused, withdrawn])
def test_what_is_over_is_told_weekly_until_it_is_solved(office: Office, trouble):
    company = trouble(office)
    office.scan()
    subjects = {office.only_letter(company).subject}
    for week in (2, 3):
        days_pass(office, 6)
        assert office.scan()["due"] == 0
        assert len(office.letters(company)) == week - 1, "not within the week"
        days_pass(office, 1)
        assert office.scan()["due"] == 1
        office.scan()
        assert len(office.letters(company)) == len(office.operator_letters(company)) == week
        subjects.add(office.letters(company)[-1].subject)
    assert all("all clear" not in subject.lower() for subject in subjects)


def test_what_is_only_expiring_is_not_told_again_for_its_age(office: Office):
    company = office.company(9)
    office.scan()
    days_pass(office, 8)
    assert office.scan()["due"] == 0
    assert len(office.letters(company)) == 1


def test_an_unknown_expiry_is_told_once(office: Office):
    company = office.company(None)
    office.scan()
    told = len(office.operator_letters(company))
    days_pass(office, 40)
    office.scan()
    assert told == 1
    assert len(office.operator_letters(company)) == 1
    assert len(office.letters(company)) <= 1


def test_who_was_told_on_the_last_day_is_told_a_week_later_that_it_is_over(office: Office):
    """The date is taken as its first moment, so the letter of the day itself is the first of the weekly ones."""
    company = office.company(0)
    office.scan()
    days_pass(office, 7)
    office.save(company, -7, applicationSecret=None)

    office.scan()

    last = office.letters(company)[-1]
    assert len(office.letters(company)) == 2
    assert f"expired on {written(day(-7))}" in last.subject


def test_what_could_not_be_checked_is_told_again_the_next_day(office: Office):
    company = office.company(300)
    office.stack.microsoft.faults.append(Fault("entra", company.tenant.id, status=503))
    office.scan()
    days_pass(office, 1)

    office.scan()
    office.scan()

    assert len(office.operator_letters(company)) == 2
    assert office.letters(company) == []


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_who_was_refused_for_good_is_tried_again_a_day_later(office: Office, stage):
    """A mailbox may be made in the meantime; until then the server is not pestered hour by hour."""
    office.company(9, alertRecipients=["gone@own.example", "here@own.example"])
    fault = SmtpFault(stage, "550 5.1.1 no such user", recipient="gone@own.example", times=1)
    office.stack.smtp.faults.append(fault)
    office.scan()
    office.timer("deliver_alerts")
    office.scan()
    assert fault.times == 0
    assert office.letters("gone@own.example") == []
    assert waiting(office) == {"gone@own.example"}

    refusals_age(office, 19)
    office.timer("deliver_alerts")
    assert office.letters("gone@own.example") == []
    refusals_age(office, 1.1)
    office.timer("deliver_alerts")

    for address in ("gone@own.example", "here@own.example", OPERATOR):
        assert written(day(9)) in office.only_letter(address).subject
    assert waiting(office) == set()


def test_a_reminder_that_was_refused_is_not_followed_by_a_second_one(office: Office):
    company = office.company(-1)
    office.scan()
    days_pass(office, 7)
    office.stack.smtp.faults.append(SmtpFault("connect", "421 4.3.2 not now"))
    for _ in range(3):
        office.scan()
    office.stack.smtp.faults.clear()
    office.timer("deliver_alerts")
    office.scan()
    assert len(office.letters(company)) == len(office.operator_letters(company)) == 2
    assert [row["RowKey"] for row in rows_in(office, "alerts", company)] == ["history"]
