"""Testing a configuration, where time and other people come in between."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lib.domain.checkup import CheckName, Outcome, Report
from lib.domain.credential import Expiry
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import EntraRefused, GraphRefused, RegisteredSecret
from lib.domain.saving import save
from lib.ports.graph import Seat
from tests.usecases.fakes import APPLICATION, DRAFT, NOW, TENANT
from tests.usecases.office import CALENDAR, DENIED, Office


def outcome(report: Report, name: CheckName) -> Outcome:
    return next(check.outcome for check in report.checks if check.name is name)


async def test_a_passed_test_activates_pins_and_remembers():
    office = await Office().prepare()

    report = await office.examine()

    assert report.passed
    assert (office.customer().state, office.customer().pending) == ("ready", False)
    assert office.customer().admin_consent.granted_at == NOW
    assert office.customer().last_test == report


async def test_a_revision_saved_while_the_test_ran_is_not_activated_by_it():
    office = await Office().prepare()

    async def somebody_saves() -> None:
        office.entra.on_token = None
        draft = replace(DRAFT, secret="new")
        office.customers.put(save(office.customer(), "contoso", draft, secret_version="v2", now=NOW, mark="m2"))

    office.entra.on_token = somebody_saves
    assert (await office.examine()).passed

    assert (office.customer().state, office.customer().pending) == ("untested", True)
    assert office.customer().last_test is None


async def test_wishes_saved_while_the_test_ran_do_not_spoil_it():
    office = await Office().prepare()

    async def somebody_saves() -> None:
        office.entra.on_token = None
        wishes = replace(DRAFT.wishes, alert_recipients=("a@contoso.com",))
        draft = replace(DRAFT, secret=None, wishes=wishes)
        office.customers.put(save(office.customer(), "contoso", draft, secret_version=None, now=NOW, mark="m2"))

    office.entra.on_token = somebody_saves
    await office.examine()

    active = office.customer().active
    assert active is not None
    assert active.wishes.alert_recipients == ("a@contoso.com",)


async def test_a_failed_test_of_the_active_revision_changes_the_state_and_not_what_answers():
    office = await Office().prepare()
    await office.examine()
    office.entra.secrets = ()

    assert not (await office.examine()).passed

    assert office.customer().state == "failing"
    assert office.customer().active is not None
    office.entra.secrets = ("s3cret",)
    await office.examine()
    assert office.customer().state == "ready"


async def test_without_roles_a_call_that_works_proves_rbac_for_applications():
    office = await Office(roles=()).prepare()

    report = await office.examine()

    assert report.passed
    assert outcome(report, CheckName.PERMISSION) is Outcome.WARNING
    active = office.customer().active
    assert active is not None
    assert active.scoped


async def test_without_roles_a_refused_call_fails_the_permission():
    office = await Office(roles=()).prepare()
    office.graph.refusals.append(DENIED)

    report = await office.examine()

    assert outcome(report, CheckName.PERMISSION) is Outcome.FAILED
    assert office.customer().admin_consent.granted is False


@pytest.mark.parametrize("problem", [Throttled(7), MicrosoftTimeout(), GraphRefused(503, None)], ids=str)
async def test_a_passing_failure_is_asked_about_again_before_it_is_judged(problem: Exception):
    office = await Office().prepare()
    office.graph.refusals, office.graph.after = [problem] * 5, 0.0
    assert (await office.examine()).passed

    office.graph.refusals = [problem] * 6
    report = await office.examine()
    assert outcome(report, CheckName.FREE_BUSY) is Outcome.FAILED
    assert [asked["tries"] for asked in office.graph.asked] == [0, 1, 2, 3, 4, 5] * 2


async def test_the_tests_user_is_asked_for_in_the_next_day():
    office = await Office().prepare()

    await office.examine(user="ada@contoso.com")

    (asked,) = office.graph.asked
    assert asked["seat"] == Seat(TENANT, APPLICATION, "ada@contoso.com")
    assert asked["body"] == {
        "schedules": ["ada@contoso.com"],
        "startTime": {"dateTime": "2026-11-21T09:00:00", "timeZone": "UTC"},
        "endTime": {"dateTime": "2026-11-22T09:00:00", "timeZone": "UTC"},
        "availabilityViewInterval": 60,
    }


async def test_shortly_after_consent_a_refusal_is_looked_at_again(monkeypatch: pytest.MonkeyPatch):
    office = Office(roles=())
    consent = replace(office.saved.admin_consent, answered_at=NOW - timedelta(seconds=30))
    office.saved = replace(office.saved, admin_consent=consent)
    await office.prepare()
    office.graph.refusals += [DENIED]
    office.entra.refusals += [EntraRefused([7000229], "invalid_client")]
    monkeypatch.setattr("lib.usecases.test_configuration.CONSENT_PAUSES", (0.0, 0.0, 0.0))

    assert (await office.examine()).passed
    assert office.entra.tokens == 3


async def test_after_a_test_that_missed_consent_the_next_one_looks_again(monkeypatch: pytest.MonkeyPatch):
    office = await Office(roles=()).prepare()
    office.graph.refusals += [DENIED]
    assert not (await office.examine()).passed
    office.graph.refusals += [DENIED]  # the administrator consented in the portal; Entra ID lags
    monkeypatch.setattr("lib.usecases.test_configuration._SHORT_PAUSES", (0.0, 0.0))

    assert (await office.examine()).passed
    assert office.entra.tokens == 3


async def test_long_after_consent_a_refusal_is_judged_at_once():
    office = Office(roles=())
    consent = replace(office.saved.admin_consent, answered_at=NOW - timedelta(minutes=6))
    office.saved = replace(office.saved, admin_consent=consent)
    await office.prepare()
    office.graph.refusals += [DENIED]

    assert not (await office.examine()).passed
    assert office.entra.tokens == 1


@pytest.mark.parametrize(
    ("registered", "learned"),
    [
        ([("s3c", datetime(2027, 1, 31, 10, tzinfo=UTC)), ("xyz", NOW)], date(2027, 1, 31)),
        ([("s3c", NOW), ("s3c", datetime(2027, 1, 31, tzinfo=UTC))], None),
        ([("xyz", NOW)], None),
        ([], None),
    ],
    ids=["one fits", "two begin alike", "none fits", "none at all"],
)
async def test_the_expiry_is_learned_from_entra_where_one_secret_fits(
    registered: list[tuple[str, datetime]], learned: date | None
):
    office = await Office(roles=(*CALENDAR, "Application.Read.All")).prepare()
    office.graph.registered = [RegisteredSecret(hint, end) for hint, end in registered]

    await office.examine()

    newest = office.customer().newest
    assert newest is not None
    assert newest.expires == (Expiry(on=learned) if learned else Expiry())
    (version,) = office.vault.secrets[office.customer().secret_name()].values()
    assert version.expires == newest.expires, "the vault says the same"


def add_by_hand(office: Office, value: str) -> str:
    return office.vault.add_by_hand(
        office.saved.secret_name(), value, NOW + timedelta(hours=1), Expiry(on=date(2027, 1, 1))
    )


async def test_a_version_added_to_the_vault_is_tested_when_the_secret_is_refused():
    office = await Office().prepare(active=True)
    version = add_by_hand(office, "by hand")
    office.entra.secrets = ("by hand",)

    report = await office.examine()

    assert report.passed
    for revision in (office.customer().active, office.customer().newest):
        assert revision is not None
        assert (revision.secret_version, revision.expires) == (version, Expiry(on=date(2027, 1, 1)))
    assert office.customer().last_test == report
    assert not office.customer().failing


async def test_a_test_looks_for_a_version_every_time():
    office = await Office().prepare(active=True)
    office.entra.secrets = ("by hand",)
    assert not (await office.examine()).passed

    add_by_hand(office, "by hand")

    assert (await office.examine()).passed


async def test_a_version_added_to_the_vault_is_left_alone_as_long_as_the_secret_works():
    office = await Office().prepare(active=True)
    add_by_hand(office, "by hand")
    office.entra.secrets = ("s3cret", "by hand")

    assert (await office.examine()).passed

    assert office.customer().active is not None
    assert office.customer().active.secret_version == "v1"
    assert "list versions" not in office.steps.taken


async def test_a_draft_adopts_nothing():
    office = await Office().prepare(active=True)
    add_by_hand(office, "by hand")
    office.entra.secrets = ("by hand",)

    assert not (await office.examine(replace(DRAFT, secret="wrong"))).passed

    assert "list versions" not in office.steps.taken
