"""Who gets a letter about an expiring secret, and when."""

import re
from collections.abc import Iterator

import pytest

from tests.journeys.api import Company
from tests.journeys.scans import Office, day, it_of, new_office, written
from tests.journeys.test_configuration import another_secret
from tests.sandbox.stack import OPERATOR

SECOND_OPERATOR = "Second.Operator@connector.example"


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    with new_office(ALERT_RECIPIENTS=f"{OPERATOR}, {SECOND_OPERATOR}") as office:
        yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The office, without customers."""
    yield running
    running.clear()


def test_the_customers_recipients_and_all_operators_are_told(office: Office):
    company = office.company(9, alertRecipients=["one@own.example", "two@own.example"])

    office.scan()

    for address in ("one@own.example", "two@own.example", OPERATOR, SECOND_OPERATOR):
        letter = office.only_letter(address)
        assert company.customer in letter.text
        assert len(letter.recipients) == 1, "nobody sees who else is told"
        assert written(day(9)) in letter.subject


def test_recipients_hear_of_their_own_customer_only(office: Office):
    one, other = office.company(9), office.company(-2)

    office.scan()

    for mine, foreign in ((one, other), (other, one)):
        letter = office.only_letter(mine)
        for words in (letter.text, letter.html, letter.subject, *letter.headers.values()):
            assert foreign.customer not in words
            assert foreign.application.app_id not in words
            assert foreign.tenant.id not in words
    assert all(company.customer in office.only_letter(OPERATOR).text for company in (one, other))


def test_who_is_told_of_several_customers_gets_one_letter_sorted_by_urgency(office: Office):
    days = [25, -5, 6, 0, 55, 2]
    companies = {left: office.company(left, alertRecipients=["shared@own.example"]) for left in days}

    office.scan()

    for address in ("shared@own.example", OPERATOR):
        letter = office.only_letter(address)
        for body in (letter.text, letter.html):
            order = sorted(days, key=lambda left: body.index(companies[left].customer))
            assert order == sorted(days), "the most urgent first"


@pytest.mark.parametrize("days", [60, 45, 30, 14, 8, 7, 3, 1, 0])
def test_at_or_below_a_threshold_a_letter_comes_once(office: Office, days: int):
    company = office.company(days)

    first, second = office.scan(), office.scan()

    assert first["due"] == 1
    assert second["due"] == 0
    assert written(day(days)) in office.only_letter(company).subject
    assert len(office.letters(OPERATOR)) == 1


def test_above_the_first_threshold_nobody_hears_anything(office: Office):
    company = office.company(61)
    assert office.scan()["due"] == 0
    assert office.letters(company) == []
    assert office.letters(OPERATOR) == []


def test_a_date_corrected_below_the_same_threshold_was_told_already(office: Office):
    company = office.company(55)
    for days in (55, 54, 45, 31):
        office.save(company, days, applicationSecret=None)
        office.scan()
    assert len(office.letters(company)) == 1
    office.save(company, 30, applicationSecret=None)
    office.scan()
    assert len(office.letters(company)) == 2


def test_missed_days_bring_one_letter_and_not_one_for_each_threshold(office: Office):
    company = office.company(59)
    office.scan()
    office.save(company, 2, applicationSecret=None)

    office.scan()

    assert len(office.letters(company)) == 2
    assert written(day(2)) in office.letters(company)[-1].subject


def test_the_letter_of_the_day_itself_says_today(office: Office):
    company = office.company(0)
    office.scan()
    letter = office.only_letter(company)
    assert "today" in f"{letter.subject} {letter.text}".lower()
    assert written(day(0)) in letter.subject


def test_an_expired_secret_is_told_as_expired_and_weekly(office: Office):
    company = office.company(-1)
    office.scan()
    office.scan()
    letter = office.only_letter(company)
    assert "expired" in letter.subject.lower()
    assert written(day(-1)) in letter.subject


def test_never_is_never_told(office: Office):
    company = office.company("never")
    assert office.scan()["due"] == 0
    assert office.letters(company) == []
    assert office.operator_letters(company) == []


def test_an_unknown_expiry_is_named_in_the_digest(office: Office):
    company, other = office.company(None), office.company(9)

    office.scan()

    assert office.operator_letters(company), "nobody would notice in time"
    assert "not known" in office.operator_letters(company)[0].text.lower()
    assert not re.search(r"expires\W+\(?\d", office.only_letter(company).subject), "reads like its date"
    assert len(office.letters(OPERATOR)) == 1
    assert all(company.customer not in letter.text for letter in office.letters(other))


def test_type_none_is_silent(office: Office):
    company = office.company(-1)
    office.save(
        company, None, configurationType="none", applicationSecret=None, tenantId=None, applicationId=None, consent=None
    )
    summary = office.scan()
    assert summary["due"] == 0
    assert office.letters(company) == []
    assert office.operator_letters(company) == []


def test_a_deleted_customer_is_silent(office: Office):
    company = office.company(9)
    office.scan()
    office.save(company, 0, applicationSecret=None)
    office.forget(company)

    summary = office.scan()

    assert summary["customers"] == 0
    assert len(office.letters(company)) == 1
    office.timer("deliver_alerts")
    assert len(office.letters(company)) == 1


def test_a_customer_deleted_and_saved_again_is_told_anew(office: Office):
    company = office.company(9)
    office.scan()
    office.forget(company)
    office.save(company, 9)
    office.passes(company)

    office.scan()

    assert len(office.letters(company)) == 2


def test_a_superseded_secret_is_silent(office: Office):
    """Replaced by a tested one, the old one's dates and refusals are nobody's business."""
    company = office.company(200)
    old = company.application.secrets[0]
    renew(office, company, 200)
    company.application.secrets.remove(old)

    summary = office.scan()

    assert summary["due"] == 0
    assert summary["credentials"] == 1
    assert office.letters(company) == []
    assert office.operator_letters(company) == []


def renew(office: Office, company: Company, days: int) -> None:
    """Register a new secret, save it and let it pass the test."""
    company.secret = another_secret(company)
    office.save(company, days)
    office.passes(company)


def test_renewing_brings_one_all_clear(office: Office):
    company = office.company(2)
    office.scan()
    renew(office, company, 400)

    office.scan()
    office.scan()

    _, clear = office.letters(company)
    assert written(day(400)) in clear.text
    assert "renewed" in clear.subject.lower() or "clear" in f"{clear.subject} {clear.text}".lower()
    assert len(office.operator_letters(company)) == 2


def test_a_corrected_date_brings_an_all_clear_too(office: Office):
    company = office.company(-3)
    office.scan()
    office.save(company, 300, applicationSecret=None)
    for _ in range(2):
        office.scan()
    assert len(office.letters(company)) == 2


def test_an_early_renewal_of_what_was_never_told_is_not_worth_a_letter(office: Office):
    company = office.company(200)
    office.scan()
    renew(office, company, 400)
    office.scan()
    assert office.letters(company) == []
    assert office.operator_letters(company) == []


def test_a_renewed_secret_is_warned_of_again_when_its_own_days_come(office: Office):
    company = office.company(2)
    office.scan()
    renew(office, company, 400)
    office.scan()
    office.save(company, 50, applicationSecret=None)
    office.scan()
    for days, letter in zip((2, 400, 50), office.letters(company), strict=True):
        assert written(day(days)) in letter.subject


def test_without_recipients_of_its_own_the_operators_are_told(office: Office):
    company = office.company(9, alertRecipients=[])
    summary = office.scan()
    assert summary["due"] == 1
    assert summary["sent"] == 1
    assert {mail.recipients for mail in office.stack.inbox.mails} == {(OPERATOR,), (SECOND_OPERATOR,)}
    assert office.operator_letters(company)


def test_a_recipient_who_is_an_operator_gets_one_letter(office: Office):
    office.company(9, alertRecipients=[OPERATOR])
    office.scan()
    assert len(office.letters(OPERATOR)) == 1


def test_an_address_in_another_case_is_the_same_person(office: Office):
    office.company(9, alertRecipients=["second.OPERATOR@Connector.Example", "IT@own.example", "it@OWN.example"])
    office.scan()
    assert len(office.letters(SECOND_OPERATOR)) == 1
    assert len(office.letters("it@own.example")) == 1


def test_a_recipient_added_later_hears_of_the_next_threshold(office: Office):
    company = office.company(9)
    office.scan()
    office.save(company, 6, applicationSecret=None, alertRecipients=[it_of(company), "new@own.example"])
    office.scan()
    assert len(office.letters(company)) == 2
    assert len(office.letters("new@own.example")) == 1


def test_a_recipient_taken_out_hears_nothing_more(office: Office):
    company = office.company(9, alertRecipients=["gone@own.example"])
    office.scan()
    office.save(company, 2, applicationSecret=None)
    office.scan()
    assert len(office.letters("gone@own.example")) == 1
    assert len(office.letters(company)) == 1


def test_other_thresholds_can_be_set():
    with new_office(ALERT_DAYS="100,5") as office:
        for days, due in ((101, 0), (100, 1), (60, 1), (5, 1), (-1, 1)):
            company = office.company(days)
            assert office.scan()["due"] == due, days
            assert len(office.letters(company)) == due


def test_without_operators_the_customers_are_told_and_could_not_check_is_in_the_summary():
    with new_office(ALERT_RECIPIENTS=None) as office:
        company = office.company(9)
        office.scan()
        assert {mail.recipients for mail in office.stack.inbox.mails} == {(it_of(company),)}
