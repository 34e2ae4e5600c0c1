"""What lies in the vault beside the secrets in use: versions added by hand, superseded ones, and what is nobody's."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.api import Company
from tests.journeys.scan_rows import days_pass, saved_and_tested_earlier
from tests.journeys.scans import Office, day, written
from tests.journeys.test_configuration import another_secret
from tests.journeys.test_scan_rotation import by_hand, register, used
from tests.sandbox.world.changes import put_by_hand


def hours_pass(office: Office, company: Company, hours: float) -> None:
    """Let a customer's save, test and versions be so many hours older."""
    saved_and_tested_earlier(office, company, hours)
    for version in office.versions(company):
        version.created -= timedelta(hours=hours)
        version.updated -= timedelta(hours=hours)


def enabled(office: Office, company: Company) -> list[bool]:
    """Return which versions are enabled, the oldest first."""
    return [version.enabled for version in office.versions(company)]


# A version added by hand


@pytest.mark.parametrize("scanned", [True, False])
@pytest.mark.parametrize("gone", [True, False])
def test_test_calendar_configuration_passes_with_a_version_added_by_hand(office: Office, scanned: bool, gone: bool):
    """With the scan or before it, and whether or not the old secret is gone."""
    company = office.company(9)
    new = register(company)
    by_hand(office, company, new.value)
    if scanned:
        office.scan()
    if gone:
        company.application.secrets = [new]

    office.passes(company)

    assert office.api.read(company).json()["state"] == "ready"
    assert office.api.schedule(company).status_code == 200
    office.scan()
    assert office.api.schedule(company).status_code == 200
    assert all("refuse" not in letter.text.lower() for letter in office.letters(company))


def test_a_version_added_by_hand_is_still_used_after_the_alert_recipients_were_changed(office: Office):
    company = office.company(9)
    new = register(company)
    by_hand(office, company, new.value)
    office.scan()
    company.application.secrets = [new]
    office.save(company, None, applicationSecret=None)
    assert office.api.schedule(company).status_code == 200
    office.passes(company)
    assert used(office, company) == new.value


def test_a_wrong_version_added_by_hand_is_told_once(office: Office):
    company = office.company(300)
    by_hand(office, company, "not-a-secret-of-this-application")

    assert office.scan()["due"] == 1
    assert office.scan()["due"] == 0

    for letter in (office.only_letter(company), *office.operator_letters(company)):
        assert "not accepted" in letter.subject
        assert "It is not used; nothing else has changed" in " ".join(letter.text.split())
        assert "not-a-secret" not in letter.text
    assert len(office.operator_letters(company)) == 1
    days_pass(office, 30)
    assert office.scan()["due"] == 0


def test_a_right_version_after_a_wrong_one_is_adopted_and_ends_the_matter(office: Office):
    company = office.company(300)
    by_hand(office, company, "not-a-secret-of-this-application")
    office.scan()
    hours_pass(office, company, 0.1)
    new = register(company)
    by_hand(office, company, new.value, expires=datetime.now(UTC) + timedelta(days=200))

    office.scan()
    office.scan()

    office.api.schedule(company)
    company.application.secrets = [new]
    assert office.api.schedule(company).status_code == 200
    assert office.api.read(company).json()["secret"]["expires"] == day(200).isoformat()
    assert len(office.letters(company)) == 2
    assert "all clear" in office.letters(company)[-1].subject.lower()


def test_a_second_wrong_version_is_news(office: Office):
    company = office.company(300)
    for number in (1, 2):
        hours_pass(office, company, 0.1)
        by_hand(office, company, f"wrong-version-{number}")
        office.scan()
    assert len(office.letters(company)) == 2


def test_a_wrong_version_beside_an_expiring_one_hides_neither(office: Office):
    company = office.company(9)
    by_hand(office, company, "not-a-secret-of-this-application")
    office.scan()
    letter = office.only_letter(company)
    assert written(day(9)) in letter.text
    assert "not accepted" in f"{letter.subject} {letter.text}".lower()


# Superseded versions


def renew(office: Office, company: Company, days: int = 400) -> None:
    """Save another secret."""
    company.secret = another_secret(company)
    office.save(company, days)


def test_a_superseded_version_is_disabled_an_hour_after_the_test(office: Office):
    company = office.company(200)
    old = office.versions(company)[0]
    renew(office, company)
    office.passes(company)

    office.scan()
    assert old.enabled, "another process may still use it"
    hours_pass(office, company, 0.9)
    office.scan()
    assert old.enabled
    hours_pass(office, company, 0.2)
    old.created -= timedelta(hours=2)
    office.scan()

    assert not old.enabled
    assert office.versions(company)[-1].enabled
    office.stack.host.stop()
    office.stack.start_host()
    assert office.api.schedule(company).status_code == 200
    assert office.scan()["due"] == 0


def test_a_version_superseded_by_hand_is_disabled_an_hour_after_it_was_replaced(office: Office):
    company = office.company(300)
    hours_pass(office, company, 0.1)
    by_hand(office, company, register(company).value, expires=datetime.now(UTC) + timedelta(days=400))
    office.scan()
    office.scan()
    assert enabled(office, company) == [True, True]
    hours_pass(office, company, 2)

    office.scan()

    assert enabled(office, company) == [False, True]
    assert office.api.schedule(company).status_code == 200
    assert office.letters(company) == []


@pytest.mark.parametrize("days", [200, 9])
def test_what_waits_for_its_test_and_what_answers_meanwhile_stay_enabled(office: Office, days: int):
    company = office.company(days)
    renew(office, company)
    hours_pass(office, company, 50)
    office.scan()
    office.scan()
    assert enabled(office, company) == [True, True]
    office.passes(company)


def test_a_wrong_version_added_by_hand_never_disables_the_one_in_use(office: Office):
    company = office.company(300)
    by_hand(office, company, "not-a-secret-of-this-application")
    hours_pass(office, company, 50)
    office.scan()
    office.scan()
    assert enabled(office, company)[0]
    assert office.api.schedule(company).status_code == 200


# Secrets that are nobody's


def test_a_secret_of_no_configuration_is_told_in_the_summary_and_left_alone(office: Office):
    company = office.company(300)
    world, old = office.stack.world, datetime.now(UTC) - timedelta(days=3)
    name = f"customer--{company.customer}--{'0' * 32}"
    foreign = ["payroll", "customer--acme--handbook"]
    put_by_hand(world, name, "orphan", tags=dict(office.versions(company)[0].tags), now=old)
    for each in foreign:
        put_by_hand(world, each, "somebody-elses", now=old)
    try:
        first, second = office.scan(), office.scan()

        for summary in (first, second):
            (problem,) = [found for found in summary["problems"] if found["code"] == "unusedSecret"]
            assert name in f"{problem['message']}" or problem["customer"] == company.customer
            assert not [each for each in foreign if each in str(summary)]
            assert summary["complete"] is True, "everything was looked at"
            assert (summary["couldNotCheck"], summary["due"]) == (0, 0)
        for each in (name, *foreign):
            assert world.vault_secrets[each].current.enabled
        assert office.versions(company)[0].enabled
        assert office.stack.inbox.mails == []
    finally:
        for each in (name, *foreign):
            world.vault_secrets.pop(each, None)


def test_the_secret_of_a_deleted_customer_is_no_problem(office: Office):
    company = office.company(300)
    office.forget(company)
    assert office.scan()["problems"] == []
