"""Secrets are renewed without a gap: saved and tested, or put into the vault by hand; and the letters follow."""

from datetime import UTC, datetime, timedelta

from tests.journeys.api import Company
from tests.journeys.expect import expect_refused
from tests.journeys.scans import Office, day, written
from tests.journeys.test_configuration import another_secret
from tests.sandbox.world.applications import ClientSecret
from tests.sandbox.world.changes import add_secret, let_read_itself, let_time_pass, put_by_hand


def register(company: Company, days: float = 300) -> ClientSecret:
    """Register one more secret in Entra ID."""
    return add_secret(company.application, f"Nxt~{company.customer}-{len(company.application.secrets)}", days=days)


def by_hand(office: Office, company: Company, value: str, **more) -> None:
    """Add a version to the company's secret in the vault."""
    put_by_hand(office.stack.world, office.vault_secret(company).name, value, **more)


def used(office: Office, company: Company) -> str:
    """Return the secret that Entra ID was shown last for this company."""
    asked = [
        seen.form["client_secret"]
        for seen in list(office.stack.microsoft.requests)
        if seen.service == "entra" and seen.form.get("client_id") == company.application.app_id
    ]
    return asked[-1]


def secret_of(office: Office, company: Company) -> dict:
    """Return what the configuration shows of the secret."""
    answer = office.api.read(company)
    assert answer.status_code == 200
    assert company.secret not in answer.text
    return answer.json()["secret"]


def readable(office: Office, days: float, **changes) -> Company:
    """Return a company that entered no date; its application may read itself."""
    company = office.company(None, tested=False, **changes)
    let_read_itself(company.application)
    company.application.secrets[0].end = datetime.now(UTC) + timedelta(days=days)
    office.passes(company)
    return company


# A saved secret that waits for its test


def test_a_letter_says_that_the_new_secret_waits_for_its_test(office: Office):
    company = office.company(9)
    office.save(company, 400, applicationSecret=another_secret(company))

    office.scan()

    letter = office.only_letter(company)
    assert written(day(9)) in letter.subject
    assert "test" in letter.text.lower()
    assert "waiting" in letter.text.lower() or "waits" in letter.text.lower()
    assert "Test Calendar Configuration" in " ".join(letter.text.split())


def test_letters_go_on_while_the_new_secret_waits(office: Office):
    company = office.company(9)
    office.scan()
    office.save(company, 400, applicationSecret=another_secret(company))
    office.scan()
    assert all("all clear" not in letter.subject.lower() for letter in office.letters(company))
    assert "waits" in office.letters(company)[-1].text.lower() or len(office.letters(company)) == 1


def test_letters_end_with_one_all_clear_when_the_new_secret_is_active(office: Office):
    company = office.company(9)
    office.scan()
    office.save(company, 400, applicationSecret=another_secret(company))
    office.passes(company)

    office.scan()
    office.scan()

    first, last = office.letters(company)
    assert written(day(9)) in first.subject
    assert "all clear" in last.subject.lower()
    assert written(day(400)) in last.text


def test_an_untested_secret_that_entra_id_refuses_is_told_as_what_waits(office: Office):
    """Nothing answers yet, so nobody depends on it; but the one who saved it must hear of its date."""
    company = office.company(9, tested=False)
    office.scan()
    letter = office.only_letter(company)
    assert "test" in letter.text.lower()


# A version added by hand in the vault


def test_the_scan_adopts_a_version_added_by_hand_after_a_token_was_got_with_it(office: Office):
    company = office.company(9)
    office.scan()
    new = register(company)
    by_hand(office, company, new.value)

    office.scan()

    assert office.api.schedule(company).status_code == 200
    assert used(office, company) == new.value
    company.application.secrets = [new]
    office.stack.host.stop()
    office.stack.start_host()
    assert office.api.schedule(company).status_code == 200
    assert secret_of(office, company)["expires"] != day(9).isoformat(), "that was the old one's date"


def test_a_version_added_by_hand_with_a_date_in_the_vault_has_that_date(office: Office):
    company = office.company(9)
    office.scan()
    new = register(company)
    by_hand(office, company, new.value, expires=datetime.now(UTC) + timedelta(days=200))

    office.scan()
    office.scan()

    assert secret_of(office, company) == {"set": True, "expires": day(200).isoformat(), "daysLeft": 200}
    clear = [letter for letter in office.letters(company) if "all clear" in letter.subject.lower()]
    assert len(clear) == 1


def test_who_was_warned_hears_that_a_version_added_by_hand_is_in_use_now(office: Office):
    """Its date is not known, but what they were warned of is solved."""
    company = office.company(9)
    office.scan()
    by_hand(office, company, register(company).value)

    office.scan()
    office.scan()

    assert len(office.letters(company)) == 2
    last = office.letters(company)[-1]
    words = f"{last.subject} {last.text}".lower()
    assert "all clear" in words or "renewed" in words or "replaced" in words or "new secret" in words


def test_get_schedule_adopts_it_when_entra_id_refuses_the_old_one(office: Office):
    company = office.company(9)
    new = register(company)
    by_hand(office, company, new.value)
    company.application.secrets = [new]
    office.stack.host.stop()
    office.stack.start_host()

    assert office.api.schedule(company).status_code == 200
    assert office.api.schedule(company).status_code == 200

    summary = office.scan()
    assert summary["couldNotCheck"] == 0
    assert all("refuse" not in letter.text.lower() for letter in office.letters(company))


def test_a_wrong_version_added_by_hand_is_not_adopted(office: Office):
    company = office.company(300)
    by_hand(office, company, "not-a-secret-of-this-application")

    office.scan()

    assert office.api.schedule(company).status_code == 200
    assert office.versions(company)[0].enabled, "the one in use"
    assert secret_of(office, company)["expires"] == day(300).isoformat()
    assert office.api.read(company).json()["state"] == "ready"


def test_a_wrong_version_added_by_hand_and_a_refused_one_in_use_is_told_as_refused(office: Office):
    company = office.company(300)
    by_hand(office, company, "not-a-secret-of-this-application")
    company.application.secrets.clear()
    office.scan()
    assert "refuse" in office.only_letter(company).text.lower()


# Where the application may read itself


def test_the_expiry_is_learned_from_entra_id(office: Office):
    company = readable(office, 40)
    office.scan()
    learned = secret_of(office, company)
    assert learned["expires"] == company.application.secrets[0].end.date().isoformat()
    assert learned["daysLeft"] == (company.application.secrets[0].end.date() - day(0)).days
    assert written(company.application.secrets[0].end.date()) in office.only_letter(company).subject


def test_each_next_threshold_comes_once_as_the_secret_ages(office: Office):
    company = readable(office, 70)
    told = []
    before = 70
    for days in (61, 60, 59, 31, 30, 29, 14, 13, 8, 7, 6, 4, 3, 2, 1, 0):
        let_time_pass(company.application, before - days)
        before = days
        had = len(office.letters(company))
        office.scan()
        office.scan()
        if len(office.letters(company)) > had:
            told.append(days)
    assert told == [60, 30, 14, 7, 3, 1, 0]


def test_entra_ids_date_counts_more_than_the_one_that_was_entered(office: Office):
    company = readable(office, 9)
    office.save(company, 300, applicationSecret=None)
    office.scan()
    assert written(company.application.secrets[0].end.date()) in office.only_letter(company).subject


def test_a_newer_secret_registered_in_entra_id_is_mentioned(office: Office):
    company = readable(office, 9)
    new = register(company, 500)
    office.scan()
    letter = office.only_letter(company)
    assert written(new.end.date()) in letter.text or new.key_id in letter.text
    assert new.value not in letter.text
    assert "newer" in letter.text.lower()


def test_the_key_in_use_is_named_by_microsofts_three_characters(office: Office):
    company = readable(office, 9)
    office.scan()
    letter = office.only_letter(company)
    secret = company.application.secrets[0]
    assert secret.key_id in letter.text
    assert secret.value[:4] not in letter.text


def test_an_expired_secret_beside_the_one_in_use_is_nobodys_business(office: Office):
    company = readable(office, 300)
    old = register(company, 5)
    old.value = "Old~" + old.value
    old.start -= timedelta(days=700)
    old.end -= timedelta(days=100)
    summary = office.scan()
    assert summary["due"] == 0
    assert office.letters(company) == []


def test_an_untested_customer_cannot_be_asked_after_all_of_this(office: Office):
    """A pending revision is never used for calendars, however often the scan looks at it."""
    company = office.company(300, tested=False)
    office.scan()
    expect_refused(office.api.schedule(company), 409, "calendarNotTested")
