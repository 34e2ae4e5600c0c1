"""getSchedule: what each refusal of Microsoft becomes, and that no refusal is ever an answer."""

from dataclasses import replace
from typing import Any

import pytest

from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Owner, Throttled
from lib.domain.microsoft import EntraRefused, GraphRefused
from tests.domain.clocks import crowd
from tests.usecases.fakes import NOW
from tests.usecases.schedule_desk import ScheduleDesk, told

READ_BY_ALL = [("ada@contoso.com", "0000")]
REFUSALS: list[tuple[Any, bool, str, int, Owner | None]] = [
    (GraphRefused(404, "ErrorInvalidUser"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(404, "MailboxNotEnabledForRESTAPI"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(404, "Request_ResourceNotFound"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(403, "ErrorAccessDenied"), False, "mailboxNotReachable", 409, Owner.EXCHANGE_ADMIN),
    (GraphRefused(403, "ErrorAccessDenied"), True, "mailboxNotReachable", 409, Owner.EXCHANGE_ADMIN),
    (GraphRefused(400, "TimeZoneNotSupportedException"), False, "invalidRequest", 400, Owner.ATS_ADMIN),
    (GraphRefused(400, "ErrorInvalidMergedFreeBusyInterval"), False, "invalidRequest", 400, Owner.ATS_ADMIN),
    (GraphRefused(500, "InternalServerError"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(503, None), False, "microsoftUnavailable", 502, None),
    (GraphRefused(502, "malformedAnswer"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(418, "NeverHeardOf"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(504, None), False, "microsoftTimeout", 504, Owner.OPERATOR),
    (Throttled(7), False, "throttled", 429, Owner.OPERATOR),
    (MicrosoftUnavailable("x", remedy="y"), False, "microsoftUnavailable", 502, Owner.OPERATOR),
    (MicrosoftTimeout(), False, "microsoftTimeout", 504, Owner.OPERATOR),
]


@pytest.fixture
async def desk() -> ScheduleDesk:
    return await ScheduleDesk().open_for_calls()


@pytest.mark.parametrize(("refusal", "scoped", "code", "status", "owner"), REFUSALS, ids=lambda v: str(v)[:40])
@pytest.mark.parametrize("people", [1, 60])
async def test_a_call_that_graph_refused_is_an_error_and_never_an_answer(
    refusal: Exception, scoped: bool, code: str, status: int, owner: Owner | None, people: int
):
    desk = await ScheduleDesk(scoped=scoped).open_for_calls()
    desk.graph.refusals += [refusal] * 99

    problem = await desk.error(*crowd(people))

    assert (problem.code, problem.status) == (code, status)
    assert problem.message
    assert problem.remedy
    if owner:
        assert problem.owner is owner


async def test_throttling_says_how_long_to_wait(desk: ScheduleDesk):
    desk.graph.refusals.append(Throttled(7))

    problem = await desk.error()

    assert isinstance(problem, Throttled)
    assert problem.retry_after == 7


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("TimeZoneNotSupportedException", "timeZone"),
        ("ErrorInvalidTimeInterval", "endTime"),
        ("ErrorInvalidMergedFreeBusyInterval", "availabilityViewInterval"),
        ("ErrorMailboxDataArrayEmpty", "schedules"),
        ("ErrorInvalidParameter", "body"),
    ],
)
async def test_what_graph_does_not_understand_is_refused_by_name(desk: ScheduleDesk, code: str, name: str):
    desk.graph.refusals.append(GraphRefused(400, code))

    assert (await desk.error()).message.startswith(f"{name}: refused by Microsoft Graph.")


async def test_a_permission_that_was_withdrawn_is_told_apart_from_a_mailbox_out_of_scope(desk: ScheduleDesk):
    desk.entra.roles = ()
    desk.graph.refusals.append(GraphRefused(403, "ErrorAccessDenied"))

    assert (await desk.error()).code == "permissionMissing"


@pytest.mark.parametrize(
    ("codes", "error", "code", "status"),
    [
        ([7000222], "invalid_client", "credentialExpired", 409),
        ([7000215], "invalid_client", "credentialRefused", 409),
        ([7000229], "invalid_client", "consentRequired", 409),
        ([65001], "invalid_grant", "consentRequired", 409),
        ([90002], "invalid_request", "credentialRefused", 409),
        ([123456], "invalid_client", "credentialRefused", 409),
        ([90033], "temporarily_unavailable", "microsoftUnavailable", 502),
        ([], "temporarily_unavailable", "microsoftUnavailable", 502),
        ([90055], None, "throttled", 429),
    ],
)
async def test_what_entra_refuses_becomes_the_contracts_code(
    desk: ScheduleDesk, codes: list[int], error: str, code: str, status: int
):
    desk.entra.refusals.append(EntraRefused(codes, error))

    problem = await desk.error()

    assert (problem.code, problem.status) == (code, status)
    if codes:
        assert problem.trace.code == f"AADSTS{codes[0]}"


async def test_a_token_that_graph_no_longer_takes_is_fetched_anew_once(desk: ScheduleDesk):
    desk.graph.refusals.append(GraphRefused(401, "InvalidAuthenticationToken"))

    assert told(await desk.ask()) == READ_BY_ALL
    assert desk.tokens_used() == ["token 1", "token 2"]


async def test_a_token_older_than_a_consent_is_fetched_anew_before_a_permission_is_said_to_be_missing(
    desk: ScheduleDesk,
):
    desk.entra.roles, desk.entra.age = (), 600
    desk.graph.refusals.append(GraphRefused(403, "ErrorAccessDenied"))

    assert told(await desk.ask()) == READ_BY_ALL
    assert desk.tokens_used() == ["token 1", "token 2"]


async def test_a_fresh_token_that_graph_does_not_take_either_is_told_and_not_tried_for_ever(desk: ScheduleDesk):
    desk.graph.refusals += [GraphRefused(401, "InvalidAuthenticationToken")] * 3

    assert (await desk.error()).code == "credentialRefused"
    assert len(desk.graph.requests) == 2


async def test_a_secret_that_is_gone_from_the_vault_is_told_as_a_refused_credential(desk: ScheduleDesk):
    desk.customers.put(replace(desk.customer(), generation="m9"))  # the vault has nothing of that name

    assert (await desk.error()).code == "credentialRefused"


@pytest.mark.parametrize("code", [7000215, 7000222])
async def test_a_version_added_to_the_vault_answers_once_the_secret_is_refused(desk: ScheduleDesk, code: int):
    version = desk.vault.add_by_hand(desk.customer().secret_name(), "by hand", NOW)
    desk.entra.secrets = ("by hand",)
    desk.entra.refusals.append(EntraRefused([code], "invalid_client"))

    assert told(await desk.ask()) == READ_BY_ALL

    active = desk.customer().active
    assert active is not None
    assert active.secret_version == version


async def test_without_another_version_in_the_vault_the_refusal_is_told(desk: ScheduleDesk):
    desk.entra.refusals.append(EntraRefused([7000222], "invalid_client"))

    assert (await desk.error()).code == "credentialExpired"
    assert "list versions" in desk.vault.steps.taken


async def test_for_what_no_secret_mends_nobody_looks_into_the_vault(desk: ScheduleDesk):
    desk.entra.refusals.append(EntraRefused([7000229], "unauthorized_client"))

    assert (await desk.error()).code == "consentRequired"

    assert "list versions" not in desk.vault.steps.taken
