"""Between a scan and its letters things change: customers go, users come back, rows are damaged."""

import pytest

from tests.journeys.api import Company
from tests.journeys.people import PeopleCompany, change_row, expect_connects, expect_test_passes, refused_token, table
from tests.journeys.scan_rows import rows_in
from tests.journeys.scans import Office, day, written
from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.stack import OPERATOR


def scan_without_mail_server(office: Office) -> None:
    """Scan while no letter can go out."""
    office.stack.smtp.faults.append(SmtpFault("connect", "421 4.3.2 not now"))
    assert office.scan()["sent"] == 0
    office.stack.smtp.faults.clear()


def with_dead_connection(office: Office, days: int = 300) -> PeopleCompany:
    """Return a customer whose recruiter has to connect again."""
    company = office.people(days)
    expect_connects(office.stack, office.api, company, company.recruiter)
    expect_test_passes(office.api, company)
    company.account(company.recruiter).revoke_sessions(office.stack.microsoft.now())
    office.stack.microsoft.faults.append(refused_token())
    assert office.api.schedule(company).status_code == 409
    return company


def test_a_customer_deleted_before_the_letter_goes_out_is_silent_and_leaves_nothing(office: Office):
    company, other = office.company(9), office.company(9)
    scan_without_mail_server(office)
    assert rows_in(office, "alerts", company)
    office.forget(company)

    office.timer("deliver_alerts")
    office.scan()

    assert office.letters(company) == []
    assert office.operator_letters(company) == []
    assert rows_in(office, "alerts", company) == []
    assert len(office.letters(other)) == len(office.operator_letters(other)) == 1


def test_a_customer_deleted_after_the_letter_leaves_nothing(office: Office):
    company = office.company(-1)
    office.scan()
    office.forget(company)
    assert rows_in(office, "alerts", company) == []
    office.scan()
    assert rows_in(office, "alerts", company) == []


def test_a_customer_deleted_and_saved_again_is_told_of_the_new_secret_only(office: Office):
    company = office.company(-3)
    scan_without_mail_server(office)
    office.forget(company)
    office.save(company, 9)
    office.passes(company)

    office.timer("deliver_alerts")
    office.scan()

    letter = office.only_letter(company)
    assert written(day(9)) in letter.subject
    assert written(day(-3)) not in letter.text
    assert written(day(-3)) not in office.only_letter(OPERATOR).text


def test_a_recipient_who_was_taken_out_gets_no_letter_that_waited(office: Office):
    company = office.company(9, alertRecipients=["gone@own.example"])
    scan_without_mail_server(office)
    office.save(company, 9, applicationSecret=None, alertRecipients=["new@own.example"])

    office.timer("deliver_alerts")
    office.scan()

    assert office.letters("gone@own.example") == []


def test_who_went_over_to_type_none_gets_no_letter_that_waited(office: Office):
    company = office.company(9)
    scan_without_mail_server(office)
    nothing = dict.fromkeys(["applicationSecret", "tenantId", "applicationId", "consent"])
    office.save(company, None, configurationType="none", **nothing)
    office.timer("deliver_alerts")
    office.scan()
    assert all(written(day(9)) not in mail.text for mail in office.stack.inbox.mails)


def test_a_user_who_connected_again_before_the_letter_goes_out_is_not_named(office: Office):
    company = with_dead_connection(office)
    scan_without_mail_server(office)
    expect_connects(office.stack, office.api, company, company.recruiter)

    office.timer("deliver_alerts")
    office.scan()

    for mail in office.stack.inbox.mails:
        assert company.recruiter not in mail.text
        assert "connect again" not in mail.text.lower()


def test_a_user_who_connected_again_is_not_named_beside_what_expires(office: Office):
    company = with_dead_connection(office, days=9)
    scan_without_mail_server(office)
    expect_connects(office.stack, office.api, company, company.recruiter)

    office.timer("deliver_alerts")
    office.scan()

    letter = office.letters(company)[0]
    assert written(day(9)) in letter.subject
    assert company.recruiter not in letter.text
    assert all(company.recruiter not in mail.text for mail in office.operator_letters(company))


# Rows that somebody damaged

DAMAGED_CUSTOMERS = {
    "no JSON": {"active": "{not JSON", "newest": "{not JSON"},
    "another JSON": {"active": "[]", "newest": "[7]"},
    "nothing in it": {"active": "{}", "newest": "{}"},
    "another type": {"active": 7, "newest": True},
    "a date that is none": {"active": '{"secret_expires": "soon"}', "newest": '{"secret_expires": "soon"}'},
}


@pytest.mark.parametrize("how", list(DAMAGED_CUSTOMERS))
def test_a_damaged_customer_is_told_to_operators_and_stops_nobody(office: Office, how: str):
    damaged, fine = office.company(9), office.company(9)
    change_row(office.stack, row_of(office, damaged), "customers", **DAMAGED_CUSTOMERS[how])
    try:
        summary = office.scan()
        office.timer("deliver_alerts")
    finally:
        with table(office.stack, "customers") as client:
            client.delete_entity(damaged.customer, "configuration")

    assert (summary["couldNotCheck"], summary["complete"]) == (1, False)
    assert [problem["customer"] for problem in summary["problems"]] == [damaged.customer]
    assert len(office.letters(fine)) == 1
    (letter,) = office.operator_letters(damaged)
    assert "could not" in letter.text.lower()


def row_of(office: Office, company: Company):
    """Return a customer's row."""
    (row,) = [row for row in rows_in(office, "customers", company) if row["RowKey"] == "configuration"]
    return row


@pytest.mark.parametrize("damage", ["{not JSON", "[]", '{"expiry": 7}', ""])
def test_a_damaged_history_loses_no_alert_and_stops_nobody(office: Office, damage: str):
    damaged, fine = office.company(9), office.company(20)
    office.scan()
    (row,) = rows_in(office, "alerts", damaged)
    change_row(office.stack, row, "alerts", history=damage)
    for company, days in ((damaged, 2), (fine, 5)):
        office.save(company, days, applicationSecret=None)

    office.scan()
    office.timer("deliver_alerts")

    assert len(office.letters(fine)) == 2
    assert written(day(2)) in office.operator_letters(damaged)[-1].text, "an alert too many, not one too few"
    assert written(day(2)) in office.letters(damaged)[-1].text


def test_a_damaged_letter_that_waits_stops_no_other(office: Office):
    damaged, fine = office.company(-2), office.company(9)
    scan_without_mail_server(office)
    waits = [row for row in rows_in(office, "alerts", damaged) if row["RowKey"] != "history"]
    assert waits
    for row in waits:
        change_row(office.stack, row, "alerts", notice="{not JSON")

    office.timer("deliver_alerts")
    office.scan()
    office.timer("deliver_alerts")

    assert len(office.letters(fine)) == len(office.operator_letters(fine)) == 1
