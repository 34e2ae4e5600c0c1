"""getSchedule under user consent: asked as the user, with the user's own token, and every refusal in its own words."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.domain.connection import Ended
from lib.domain.errors import Owner, Refused
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.ports.graph import Seat
from tests.usecases.callers import GONE
from tests.usecases.fakes import APPLICATION, NOW, TENANT
from tests.usecases.office import USER_DRAFT
from tests.usecases.schedule_desk import ScheduleDesk, told
from tests.usecases.user_fakes import ADA, grant_of

TAKEN_BACK = GraphRefused(401, "InvalidAuthenticationToken")


@pytest.fixture
async def desk() -> ScheduleDesk:
    return await ScheduleDesk(USER_DRAFT).open_for_calls()


async def test_graph_is_asked_as_the_user(desk: ScheduleDesk):
    await desk.connect()

    answers = await desk.ask("bob@contoso.com", user=ADA.upper())

    assert told(answers) == [("bob@contoso.com", "0000")]
    [request] = desk.graph.requests
    assert (request.token, request.seat) == ("token 0", Seat(TENANT, APPLICATION, None))
    assert desk.entra.tokens == 0, "no app-only token has a part in it"


async def test_a_warm_call_reads_the_customers_row_and_nothing_else(desk: ScheduleDesk):
    await desk.connect()
    await desk.ask(user=ADA)
    desk.steps.taken.clear()

    await desk.ask(user=ADA)

    assert desk.steps.taken == ["read row"]


async def test_a_call_is_a_use(desk: ScheduleDesk):
    await desk.connect()
    await desk.ask(user=ADA)

    assert desk.connections.get().last_used_at == NOW


async def test_a_call_that_graph_refused_is_no_use(desk: ScheduleDesk):
    before = await desk.connect()
    desk.graph.refusals += [GraphRefused(403, "ErrorAccessDenied")]
    await desk.error(user=ADA)

    assert desk.connections.get() == before


async def test_a_token_that_graph_no_longer_takes_is_renewed_once(desk: ScheduleDesk):
    await desk.connect()
    desk.graph.refusals += [TAKEN_BACK]
    await desk.ask(user=ADA)
    assert desk.tokens_used() == ["token 0", "token 1"]

    desk.graph.refusals += [TAKEN_BACK] * 3
    problem = await desk.error(user=ADA)
    assert problem.code == "credentialRefused"
    assert desk.tokens_used() == ["token 0", "token 1", "token 1", "token 2"]


async def test_a_token_of_another_process_may_have_been_taken_back_too(desk: ScheduleDesk):
    before = await desk.connect()
    await desk.ask(user=ADA)
    stored_meanwhile = grant_of("of another process", fetched_at=0.0)
    sealed = await desk.sealer.seal(stored_meanwhile.as_text(), before.identity)
    desk.connections.put(replace(before, sealed=sealed))
    desk.graph.refusals += [TAKEN_BACK] * 2

    await desk.ask(user=ADA)

    assert desk.tokens_used() == ["token 0", "token 0", "token of another process", "token 1"]


def _disconnected(desk: ScheduleDesk) -> None:
    desk.connections.rows.clear()


def _revoked(desk: ScheduleDesk) -> None:
    desk.user_entra.script += [GONE]


def _vault_emptied(desk: ScheduleDesk) -> None:
    desk.vault.secrets.clear()


def _refused(*codes: int, error: str = "invalid_client") -> Callable[[ScheduleDesk], None]:
    def change(desk: ScheduleDesk) -> None:
        desk.user_entra.script += [EntraRefused(codes, error)]

    return change


@pytest.mark.parametrize(
    ("change", "code", "status", "owner"),
    [
        (_disconnected, "userNotConnected", 409, Owner.USER),
        (_revoked, "reconnectRequired", 409, Owner.USER),
        (_vault_emptied, "credentialRefused", 409, Owner.ATS_ADMIN),
        (_refused(7000222), "credentialExpired", 409, Owner.ENTRA_ADMIN),
        (_refused(7000215), "credentialRefused", 409, Owner.ATS_ADMIN),
        (_refused(700016, error="unauthorized_client"), "consentRequired", 409, Owner.ATS_ADMIN),
        (_refused(90033, error="temporarily_unavailable"), "microsoftUnavailable", 502, Owner.OPERATOR),
        (_refused(50053, error="invalid_grant"), "microsoftUnavailable", 502, Owner.USER),
        (_refused(50196, error="invalid_grant"), "throttled", 429, Owner.OPERATOR),
    ],
)
async def test_what_a_renewal_is_refused_with_becomes_the_contracts_code(
    desk: ScheduleDesk, change: Callable[[ScheduleDesk], None], code: str, status: int, owner: Owner
):
    await desk.connect(lasts=10)
    change(desk)

    problem = await desk.error(user=ADA)

    assert (problem.code, problem.status, problem.owner) == (code, status, owner)
    assert problem.message
    assert problem.remedy
    assert desk.graph.requests == []


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (GraphRefused(403, "ErrorAccessDenied"), "permissionMissing"),
        (GraphRefused(404, "MailboxNotEnabledForRESTAPI"), "mailboxNotReachable"),
        (GraphRefused(503, None), "microsoftUnavailable"),
        (GraphRefused(504, None), "microsoftTimeout"),
    ],
    ids=str,
)
async def test_what_graph_refuses_becomes_the_contracts_code(desk: ScheduleDesk, refused: GraphRefused, code: str):
    await desk.connect()
    desk.graph.refusals += [refused]

    assert (await desk.error(user=ADA)).code == code
    assert len(desk.graph.requests) == 1, "a fresh token would not help"


async def test_who_has_to_reconnect_is_told_the_same_by_every_process(desk: ScheduleDesk):
    await desk.connect(ended=Ended(NOW, (50173,), "invalid_grant"))
    first = await desk.error(user=ADA)
    desk.start_process()
    second = await desk.error(user=ADA)

    assert isinstance(first, Refused)
    assert (first.code, first.message, first.trace) == (second.code, second.message, second.trace)
    assert first.trace.code == "AADSTS50173"
