"""What the checks say of dates, and what a report is made of."""

from datetime import UTC, date, datetime

import pytest

from lib.domain.checkup import (
    Check,
    CheckName,
    Outcome,
    check_expiry,
    passed,
    report,
)
from lib.domain.credential import NEVER, UNKNOWN, Expiry

TODAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


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
