"""A scan asks Entra ID for real: what is refused is told at once, whatever any date says."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.api import Company, new_company
from tests.journeys.people import connection, expect_connects, expect_test_passes, refused_token
from tests.journeys.scans import Office


def told(office: Office, company: Company) -> str:
    """Check that recipient and operator got one letter each; return the recipient's."""
    assert len(office.operator_letters(company)) == 1
    letter = office.only_letter(company)
    return f"{letter.subject}\n{letter.text}"


def restart(office: Office) -> None:
    """Let the functions forget what they remember, as after a deployment."""
    office.stack.host.stop()
    office.stack.start_host()


def expect_silence(office: Office, company: Company) -> None:
    """Check that nobody was told anything about this company."""
    assert office.letters(company) == []
    assert office.operator_letters(company) == []


def test_a_secret_that_entra_id_refuses_is_told_at_once_although_its_date_is_far(office: Office):
    company = office.company(300)
    company.application.secrets.clear()

    first, second = office.scan(), office.scan()

    assert (first["due"], second["due"]) == (1, 0)
    assert first["couldNotCheck"] == 0, "that was checked, and refused"
    words = told(office, company)
    assert "refuse" in words.lower()
    assert "AADSTS7000215" in words


def test_a_secret_that_ended_in_entra_id_is_told_although_its_date_is_far(office: Office):
    company = office.company(300)
    company.application.secrets[0].end = datetime.now(UTC) - timedelta(hours=1)
    office.scan()
    assert "expired" in told(office, company).lower()


def test_a_secret_that_never_ends_and_is_refused_is_told(office: Office):
    company = office.company("never")
    company.application.secrets.clear()
    office.scan()
    assert "refuse" in told(office, company).lower()


@pytest.mark.parametrize("date", [None, 9])
def test_a_refused_secret_with_another_trouble_gets_one_letter(office: Office, date: int | None):
    company = office.company(date)
    company.application.secrets.clear()
    office.scan()
    assert "refuse" in told(office, company).lower()


@pytest.mark.parametrize("remembered", [True, False])
def test_a_secret_disabled_in_the_vault_is_told(office: Office, remembered: bool):
    """The vault's list shows it, also to a process that still remembers the value."""
    company = office.company(300)
    office.versions(company)[-1].enabled = False
    if not remembered:
        restart(office)

    office.scan()

    words = told(office, company)
    assert "vault" in words.lower()
    assert "disabled" in words.lower()


@pytest.mark.parametrize("remembered", [True, False])
def test_a_secret_deleted_in_the_vault_is_told(office: Office, remembered: bool):
    company = office.company(300)
    name = office.vault_secret(company).name
    world = office.stack.world
    world.deleted_secrets[name.lower()] = world.vault_secrets.pop(name.lower())
    world.deleted_secrets[name.lower()].deleted_at = datetime.now(UTC)
    if not remembered:
        restart(office)
    try:
        office.scan()
        assert "vault" in told(office, company).lower()
    finally:
        world.vault_secrets[name.lower()] = world.deleted_secrets.pop(name.lower())


def test_an_application_that_is_gone_is_told(office: Office):
    company = office.company(300)
    del company.tenant.applications[company.application.app_id.lower()]
    office.scan()
    assert told(office, company)


def test_a_disabled_application_is_told(office: Office):
    company = office.company(300)
    company.application.disabled = True
    office.scan()
    assert told(office, company)


def test_withdrawn_application_permissions_are_told(office: Office):
    company = office.company(300)
    office.scan()
    expect_silence(office, company)
    company.application.granted_roles.clear()

    assert office.scan()["due"] == 1
    assert office.scan()["due"] == 0
    assert "consent" in told(office, company).lower()


def test_a_service_principal_that_was_removed_is_told(office: Office):
    company = office.company(300)
    company.application.service_principal = False
    office.scan()
    assert "consent" in told(office, company).lower()


def test_what_was_never_consented_is_not_told_as_withdrawn(office: Office):
    company = new_company(office.stack, consented=False)
    office.saved(company, 300, tested=False)
    office.api.test(company)
    office.scan()
    expect_silence(office, company)


def test_a_customer_scoped_by_exchange_needs_no_roles(office: Office):
    company = new_company(office.stack, consented=False)
    company.application.rbac_scope = {company.recruiter}
    office.saved(company, 300, tested=True)

    summary = office.scan()

    assert summary["due"] == summary["couldNotCheck"] == 0
    expect_silence(office, company)


def test_a_customer_whose_users_consent_needs_no_roles(office: Office):
    company = office.people(300)
    expect_connects(office.stack, office.api, company, company.recruiter)
    expect_test_passes(office.api, company)

    summary = office.scan()

    assert summary["due"] == summary["couldNotCheck"] == 0
    expect_silence(office, company)


def test_a_secret_accepted_again_brings_one_all_clear(office: Office):
    company = office.company(300)
    kept = list(company.application.secrets)
    company.application.secrets.clear()
    office.scan()
    company.application.secrets.extend(kept)

    office.scan()
    office.scan()

    assert len(office.letters(company)) == 2
    assert len(office.operator_letters(company)) == 2
    assert "refuse" not in office.letters(company)[-1].subject.lower()


def test_consent_given_again_brings_one_all_clear(office: Office):
    company = office.company(300)
    company.application.granted_roles.clear()
    office.scan()
    company.application.granted_roles.add("Calendars.ReadBasic.All")
    office.scan()
    office.scan()
    assert len(office.letters(company)) == 2
    assert len(office.operator_letters(company)) == 2


def test_a_refusal_after_a_warning_of_the_date_is_told(office: Office):
    company = office.company(9)
    office.scan()
    company.application.secrets.clear()
    office.scan()
    assert len(office.letters(company)) == 2
    assert "refuse" in office.letters(company)[-1].text.lower()


def test_dead_connections_are_named_in_the_digest(office: Office):
    company = office.people(9)
    expect_connects(office.stack, office.api, company, company.recruiter)
    expect_connects(office.stack, office.api, company, company.ada)
    expect_test_passes(office.api, company)
    company.account(company.recruiter).revoke_sessions(office.stack.microsoft.now())
    office.stack.microsoft.faults.append(refused_token())
    assert office.api.schedule(company).status_code == 409
    assert connection(office.api, company, company.recruiter).json()["state"] == "reconnectRequired"

    office.scan()

    letter = office.only_letter(company)
    for body in (letter.text, letter.html):
        assert company.recruiter in body
        assert company.ada not in body
    assert "connect" in letter.text.lower()


def test_a_dead_connection_is_told_even_where_nothing_expires(office: Office):
    """Whoever's connection died is named in the digest; nobody else would tell."""
    company = office.people(300)
    expect_connects(office.stack, office.api, company, company.recruiter)
    expect_test_passes(office.api, company)
    office.scan()
    company.account(company.recruiter).revoke_sessions(office.stack.microsoft.now())
    office.stack.microsoft.faults.append(refused_token())
    assert office.api.schedule(company).status_code == 409

    office.scan()
    office.scan()

    assert company.recruiter in office.only_letter(company).text


def test_each_credential_is_probed_once_a_scan(office: Office):
    companies = [office.company(300) for _ in range(3)]
    office.stack.microsoft.clear_requests()

    office.scan()

    for company in companies:
        asked = [
            seen for seen in office.stack.microsoft.requests if seen.form.get("client_id") == company.application.app_id
        ]
        assert len(asked) == 1
