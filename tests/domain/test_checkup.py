"""What the checks say of roles and dates."""

from datetime import UTC, date, datetime

import pytest

from lib.domain.checkup import (
    Check,
    CheckName,
    Outcome,
    check_expiry,
    check_permission,
    passed,
    permission_refused,
    report,
)
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import Owner

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("roles", "outcome", "says"),
    [
        (["Calendars.ReadBasic.All"], Outcome.PASSED, "may read free/busy"),
        (["Calendars.Read"], Outcome.PASSED, "ReadBasic.All would be enough"),
        (["Calendars.ReadBasic.All", "Place.Read.All", "Application.Read.All"], Outcome.PASSED, "may read"),
        (["Calendars.ReadWrite"], Outcome.WARNING, "more than it needs: Calendars.ReadWrite."),
        (["Calendars.Read", "Directory.Read.All"], Outcome.WARNING, "Directory.Read.All"),
        ([], Outcome.WARNING, "no calendar permission"),
        (["User.Read.All"], Outcome.WARNING, "no calendar permission"),
    ],
)
def test_permission_is_judged_by_the_roles_of_the_token(roles: list[str], outcome: Outcome, says: str):
    check = check_permission(roles)

    assert check.outcome is outcome
    assert says in check.message


@pytest.mark.parametrize(
    ("expiry", "outcome", "says"),
    [
        (Expiry(on=date(2027, 11, 21)), Outcome.PASSED, "in 365 days, on 2027-11-21"),
        (Expiry(on=date(2027, 1, 21)), Outcome.PASSED, "in 61 days"),
        (Expiry(on=date(2027, 1, 20)), Outcome.WARNING, "in 60 days"),
        (Expiry(on=date(2026, 11, 22)), Outcome.WARNING, "in 1 day,"),
        (Expiry(on=TODAY), Outcome.WARNING, "expired today"),
        (Expiry(on=date(2026, 11, 20)), Outcome.WARNING, "1 day ago"),
        (Expiry(on=date(2026, 11, 1)), Outcome.WARNING, "20 days ago"),
        (NEVER, Outcome.PASSED, "never expires"),
        (UNKNOWN, Outcome.WARNING, "not known"),
    ],
)
def test_expiry_warns_when_near_past_or_unknown(expiry: Expiry, outcome: Outcome, says: str):
    check = check_expiry(expiry, TODAY, near=60)

    assert check.outcome is outcome
    assert says in check.message
    assert (check.remedy is None) is (outcome is Outcome.PASSED)


def test_a_report_has_every_check_in_the_contracts_order():
    made = report(NOW, [passed(CheckName.FREE_BUSY, "ok"), passed(CheckName.TENANT, "ok")])

    assert [check.name for check in made.checks] == list(CheckName)
    assert [check.outcome for check in made.checks][:2] == [Outcome.PASSED, Outcome.SKIPPED]


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_report_passes_unless_a_check_failed(outcome: Outcome):
    assert report(NOW, [Check(CheckName.TENANT, outcome, "x")]).passed is (outcome is not Outcome.FAILED)


def test_a_refused_permission_names_both_ways_the_delay_and_the_redirect_uris():
    check = permission_refused("ErrorAccessDenied", ["https://a.example/mobile/getcalendar"])

    assert check.owner is Owner.ENTRA_ADMIN
    for part in (
        "Calendars.ReadBasic.All",
        "RBAC for Applications",
        "two hours",
        "https://a.example/mobile/getcalendar",
    ):
        assert part in (check.remedy or "")
