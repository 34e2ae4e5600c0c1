"""Testing a configuration under user consent: the test's user has to be connected, and a draft changes nothing."""

from dataclasses import replace

import pytest

from lib.domain.checkup import Check, CheckName, Outcome, Report
from lib.domain.configuration import ConfigurationType, Draft
from lib.domain.connection import Ended
from lib.domain.errors import InvalidRequest, MicrosoftTimeout, MicrosoftUnavailable, Owner, Throttled
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.ports.graph import Seat
from lib.usecases.credentials import BASIC_SECRET, Credentials
from tests.usecases.callers import GONE
from tests.usecases.fakes import APPLICATION, DRAFT, NOW, TENANT
from tests.usecases.office import USER_DRAFT, Office
from tests.usecases.user_fakes import ADA

P, F, W, S = Outcome.PASSED, Outcome.FAILED, Outcome.WARNING, Outcome.SKIPPED
OTHER_APPLICATION = replace(USER_DRAFT.access, application_id="b" * 8 + APPLICATION[8:])
SAME = replace(USER_DRAFT, secret=None)
STORED_SECRET_OUT = replace(USER_DRAFT, secret="new")


@pytest.fixture
async def office() -> Office:
    return await Office(roles=(), draft=USER_DRAFT).prepare()


def outcomes(report: Report) -> list[Outcome]:
    """Return the outcomes in the report's order, resources left out."""
    return [check.outcome for check in report.checks if check.name is not CheckName.RESOURCES]


def check_of(report: Report, name: CheckName) -> Check:
    return next(check for check in report.checks if check.name is name)


def expect_consent_failed(report: Report, code: str, owner: Owner) -> Check:
    consent = check_of(report, CheckName.CONSENT)
    assert outcomes(report) == [P, P, W, F, S, S]
    assert (consent.code, consent.owner) == (code, owner)
    assert consent.remedy
    assert not report.passed
    return consent


async def test_with_a_connected_user_it_passes_and_is_active(office: Office):
    await office.connect()

    report = await office.examine(user=ADA.upper())

    assert outcomes(report) == [P, P, W, P, P, P], "only the secret's expiry is not known"
    assert report.passed
    assert (office.customer().state, office.customer().pending) == ("ready", False)
    assert office.customer().active is not None
    assert office.customer().last_test == report
    assert office.customer().admin_consent.granted is None, "each connection proves itself"


async def test_graph_is_asked_as_the_user_with_a_token_fetched_anew(office: Office):
    await office.connect()

    await office.examine(user=ADA)

    [asked] = office.graph.asked
    assert (asked["token"], asked["seat"]) == ("token 1", Seat(TENANT, APPLICATION, None))
    assert asked["body"]["schedules"] == [ADA]
    assert (await office.renewals.open(office.connections.get())).cache == "cache 1", "what was renewed is stored"


async def test_somebody_who_has_not_connected_cannot_be_the_tests_user(office: Office):
    await office.connect("bob@contoso.com")

    consent = expect_consent_failed(await office.examine(user=ADA), "userNotConnected", Owner.USER)

    assert "needs somebody who has connected" in consent.message
    assert office.customer().state == "untested"
    assert office.graph.asked == []


async def test_a_connection_that_has_ended_says_why(office: Office):
    await office.connect(ended=Ended(NOW, (50057,), "invalid_grant"))

    expect_consent_failed(await office.examine(user=ADA), "AADSTS50057", Owner.ENTRA_ADMIN)
    assert office.user_entra.refreshed == []


async def test_a_connection_that_ends_during_the_test_is_marked(office: Office):
    await office.connect()
    office.user_entra.script += [GONE]

    expect_consent_failed(await office.examine(user=ADA), "AADSTS700082", Owner.USER)
    assert office.connections.get().ended is not None


async def test_a_connection_that_does_not_open_fails_the_consent(office: Office):
    await office.connect(sealed=b"edited")

    expect_consent_failed(await office.examine(user=ADA), "reconnectRequired", Owner.USER)


@pytest.mark.parametrize(
    ("scopes", "permission", "free_busy"),
    [
        (("https://graph.microsoft.com/Calendars.Read", "openid"), P, P),
        (("Calendars.ReadBasic", "Mail.Read"), W, P),
    ],
)
async def test_permission_is_what_the_users_token_carries(
    office: Office, scopes: tuple[str, ...], permission: Outcome, free_busy: Outcome
):
    await office.connect()
    office.user_entra.scopes = scopes

    report = await office.examine(user=ADA)

    assert outcomes(report)[4:] == [permission, free_busy]
    assert report.passed


async def test_a_token_that_reads_no_calendars_fails_the_permission(office: Office):
    await office.connect()
    office.user_entra.scopes = ("User.Read",)
    office.graph.refusals += [GraphRefused(403, "ErrorAccessDenied")]

    report = await office.examine(user=ADA)

    permission = check_of(report, CheckName.PERMISSION)
    assert (permission.outcome, permission.code) == (F, "noCalendarScope")
    assert not report.passed


async def test_a_wrong_secret_fails_the_credential_and_touches_no_connection(office: Office):
    before = await office.connect()
    office.entra.secrets = ("another",)

    report = await office.examine(user=ADA)

    assert outcomes(report) == [P, F, W, S, S, S]
    assert office.user_entra.refreshed == []
    assert office.connections.get() == before


@pytest.mark.parametrize(
    ("refused", "failed"),
    [
        (EntraRefused([7000222], "invalid_client"), CheckName.CREDENTIAL),
        (EntraRefused([700016], "unauthorized_client"), CheckName.CONSENT),
        (EntraRefused([50053], "invalid_grant"), CheckName.CONSENT),
    ],
    ids=str,
)
async def test_a_refusal_that_ends_no_grant_is_told_where_it_belongs(
    office: Office, refused: EntraRefused, failed: CheckName
):
    before = await office.connect()
    office.user_entra.script += [refused]

    report = await office.examine(user=ADA)

    assert F in {check.outcome for check in report.checks if check.name is failed}
    assert [check.name for check in report.checks if check.outcome is F] == [failed]
    assert office.connections.get() == before


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (EntraRefused([90033], "temporarily_unavailable"), MicrosoftUnavailable),
        (EntraRefused([90055], "invalid_grant"), Throttled),
        (MicrosoftTimeout(), MicrosoftUnavailable),
        (MicrosoftUnavailable("down"), MicrosoftUnavailable),
        (Throttled(9), Throttled),
    ],
    ids=repr,
)
async def test_an_entra_id_that_cannot_answer_now_is_no_report(
    office: Office, problem: Exception, told: type[Exception]
):
    before = await office.connect()
    office.user_entra.script += [problem]

    with pytest.raises(told):
        await office.examine(user=ADA)

    assert office.connections.get() == before
    assert office.customer().last_test is None


async def expect_draft_changes_nothing(office: Office, draft: Draft) -> Report:
    before = dict(office.customers.rows), dict(office.connections.rows), office.vault.usable()
    report = await office.examine(draft, ADA)
    assert (dict(office.customers.rows), dict(office.connections.rows), office.vault.usable()) == before
    return report


@pytest.mark.parametrize("draft", [SAME, STORED_SECRET_OUT], ids=["stored secret", "new secret"])
async def test_a_draft_of_the_same_application_uses_the_connection_and_changes_nothing(office: Office, draft: Draft):
    office.entra.secrets = ("s3cret", "new")
    await office.connect()

    report = await expect_draft_changes_nothing(office, draft)

    assert report.passed
    assert office.graph.asked[0]["token"] == "token 1"


async def test_a_draft_that_finds_a_dead_grant_does_not_end_it(office: Office):
    await office.connect()
    office.user_entra.script += [GONE]

    expect_consent_failed(await expect_draft_changes_nothing(office, SAME), "AADSTS700082", Owner.USER)


@pytest.mark.parametrize(
    "access",
    [OTHER_APPLICATION, replace(USER_DRAFT.access, tenant_id="11111111-0000-0000-0000-000000000001")],
    ids=["another application", "a tenant that is not known to be the same"],
)
async def test_a_draft_of_another_application_uses_no_connection(office: Office, access):
    await office.connect()

    report = await expect_draft_changes_nothing(office, replace(USER_DRAFT, access=access))

    expect_consent_failed(report, "userNotConnected", Owner.USER)
    assert office.user_entra.refreshed == []


async def test_a_draft_for_a_customer_that_was_never_saved_has_no_connection(office: Office):
    await office.connect()
    office.customers.rows.clear()

    expect_consent_failed(await office.examine(USER_DRAFT, ADA), "userNotConnected", Owner.USER)
    assert office.customers.rows == {}


async def test_a_draft_without_a_secret_that_may_not_use_the_stored_one_is_refused(office: Office):
    with pytest.raises(InvalidRequest, match=r"^configuration\.applicationSecret: must be given again"):
        await office.examine(replace(USER_DRAFT, access=OTHER_APPLICATION, secret=None), ADA)


async def basic_office(offered: str | None = APPLICATION) -> Office:
    """An office whose customer tries it out with the deployment's own application."""
    access = replace(DRAFT.access, type=ConfigurationType.BASIC, consent=USER_DRAFT.access.consent, application_id=None)
    office = Office(draft=replace(DRAFT, access=access, secret=None))
    office.credentials = Credentials(office.vault, offered)
    await office.vault.write(BASIC_SECRET, "basic", DRAFT.secret_expires)
    return await office.prepare()


async def test_with_basic_the_users_connection_is_all_the_proof_there_is():
    office = await basic_office()
    await office.connect()

    report = await office.examine(user=ADA)

    assert outcomes(report) == [P, S, S, P, P, P]
    assert office.customer().state == "ready"
    assert office.entra.tokens == 0, "no app-only token is asked for"


async def test_with_basic_a_missing_secret_of_the_deployment_is_told():
    office = await basic_office()
    await office.connect()
    office.vault.secrets.pop(BASIC_SECRET)

    report = await office.examine(user=ADA)

    assert [check.outcome for check in report.checks if check.name is CheckName.CREDENTIAL] == [F]
    assert TENANT in check_of(report, CheckName.TENANT).message
