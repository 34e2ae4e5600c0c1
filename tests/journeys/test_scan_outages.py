"""What a scan could not check is told to the operators as loudly as what expires, and never called refused."""

import pytest

from tests.journeys.scans import Office, day, written
from tests.sandbox.microsoft import Fault


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 429, "headers": {"Retry-After": "1"}},
        {"mode": "reset"},
        {"status": 200, "body": b"<html>Hotel Wi-Fi</html>"},
        {"status": 503, "body": {"error": "temporarily_unavailable", "error_codes": [90033]}},
    ],
)
def test_what_could_not_be_checked_is_told_to_operators_and_not_called_refused(office: Office, fault: dict):
    company = office.company(9)
    office.stack.microsoft.faults.append(Fault("entra", company.tenant.id, **fault))

    summary = office.scan()

    assert summary["couldNotCheck"] == 1
    assert summary["complete"] is False
    (letter,) = office.operator_letters(company)
    assert "could not" in letter.text.lower()
    assert written(day(9)) in letter.text, "the date is told nevertheless"
    own = office.only_letter(company)
    assert written(day(9)) in own.subject
    for mail in (letter, own):
        assert "refuse" not in f"{mail.subject} {mail.text}".lower()


def test_could_not_check_is_told_even_where_nothing_is_due(office: Office):
    company = office.company(300)
    office.stack.microsoft.faults.append(Fault("entra", company.tenant.id, status=503))
    office.scan()
    assert len(office.operator_letters(company)) == 1


def test_another_customer_that_cannot_be_checked_is_told_although_one_was_told_before(office: Office):
    """As loudly as what expires: each customer is news of its own."""
    one, other = office.company(300), office.company(300)
    office.stack.microsoft.faults.append(Fault("entra", one.tenant.id, status=503))
    office.scan()
    office.stack.microsoft.faults.append(Fault("entra", other.tenant.id, status=503))

    office.scan()
    office.scan()

    assert len(office.operator_letters(other)) == 1


def test_an_outage_that_goes_on_is_told_once_and_its_end_once(office: Office):
    company = office.company(300)
    office.stack.microsoft.faults.append(Fault("entra", company.tenant.id, status=503))
    office.scan()
    office.scan()
    assert len(office.stack.inbox.mails) == 1
    office.stack.microsoft.faults.clear()
    office.scan()
    office.scan()
    assert len(office.stack.inbox.mails) == 2
    assert "all clear" in office.stack.inbox.mails[-1].subject.lower()


def test_an_outage_is_no_all_clear_for_what_was_refused(office: Office):
    company = office.company(300)
    company.application.secrets.clear()
    office.scan()
    office.stack.microsoft.faults.append(Fault("entra", company.tenant.id, status=503))

    office.scan()

    assert len(office.letters(company)) == 1
