"""The secret of the deployment's own application for Basic is the operators' business alone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.people import expect_connects
from tests.journeys.scan_rows import days_pass
from tests.journeys.scans import Office, day, it_of, new_office, written
from tests.journeys.test_connect_basic import new_basic_company
from tests.sandbox.stack import OPERATOR, offer_basic
from tests.sandbox.world.demo import BASIC_APPLICATION, BASIC_SECRET
from tests.sandbox.world.secrets import SecretVersion


@pytest.fixture
def office() -> Iterator[Office]:
    """An office of its own, for nobody can delete what was told; one of three customers of Basic is at work."""
    with new_office(offer_basic) as office:
        for _ in range(3):
            company = new_basic_company(office.stack)
            office.saved(company, None, tested=False)
        expect_connects(office.stack, office.api, office.companies[1], office.companies[1].recruiter)
        yield office


def current(office: Office) -> SecretVersion:
    """Return the version of Basic's secret that is in use."""
    return office.stack.world.vault_secrets["basic-application"].current


def expect_only_operators(office: Office, number: int) -> None:
    """Check that the operators got so many letters and nobody else any."""
    assert [mail.recipients for mail in office.stack.inbox.mails] == [(OPERATOR,)] * number
    for mail in office.stack.inbox.mails:
        assert "Basic" in mail.subject
        assert BASIC_SECRET not in mail.text
        assert it_of(office.companies[0]) not in mail.text


def test_its_expiry_is_told_to_operators_once_and_not_for_each_customer(office: Office):
    current(office).expires = int((datetime.now(UTC) + timedelta(days=9)).timestamp())

    first, second = office.scan(), office.scan()

    assert (first["due"], first["sent"], second["due"]) == (1, 1, 0)
    assert first["customers"] == 3
    expect_only_operators(office, 1)
    letter = office.only_letter(OPERATOR)
    assert written(day(9)) in letter.subject
    assert "basic-application" in letter.text


def test_its_refusal_is_told_to_operators_weekly_and_ends_with_one_all_clear(office: Office):
    application = office.companies[1].tenant.application(BASIC_APPLICATION)
    assert application is not None
    current(office).expires = int((datetime.now(UTC) + timedelta(days=300)).timestamp())
    kept, application.secrets[:] = list(application.secrets), []  # the same list in every tenant
    for _ in range(2):
        office.scan()
    expect_only_operators(office, 1)
    assert "refused" in office.stack.inbox.mails[-1].subject
    days_pass(office, 7)
    office.scan()
    expect_only_operators(office, 2)

    application.secrets[:] = kept
    for _ in range(2):
        office.scan()

    expect_only_operators(office, 3)
    assert "all clear" in office.stack.inbox.mails[-1].subject.lower()


def test_a_secret_that_is_disabled_or_gone_is_told_to_operators(office: Office):
    secrets = office.stack.world.vault_secrets
    current(office).enabled = False
    for _ in range(2):
        office.scan()
    expect_only_operators(office, 1)
    current(office).enabled = True
    office.scan()
    office.stack.inbox.clear()
    secrets.pop("basic-application")
    for _ in range(2):
        office.scan()
    expect_only_operators(office, 1)
    assert "missing" in office.stack.inbox.mails[-1].subject
