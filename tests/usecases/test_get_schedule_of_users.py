"""getSchedule under user consent: asked as the user, with the user's own token, and every refusal in its own words."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.domain.connection import Ended, user_key
from lib.domain.errors import CalendarError, Owner, Refused
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.schedule import ScheduleRequest
from lib.ports import Deadline
from lib.usecases.askers import Askers
from lib.usecases.get_schedule import ScheduleAnswer, get_schedule
from lib.usecases.user_tokens import UserTokens
from tests.usecases.callers import GONE
from tests.usecases.fakes import NOW
from tests.usecases.office import USER_DRAFT, Office
from tests.usecases.test_get_schedule import END, START
from tests.usecases.user_fakes import ADA, grant_of

TAKEN_BACK = GraphRefused(401, "InvalidAuthenticationToken")


class Desk(Office):
    """The ATS asks as Ada, in a process that has just started."""

    def __init__(self) -> None:
        super().__init__(draft=USER_DRAFT)
        self.askers = Askers(self.credentials, self.entra, UserTokens(self.renewals))

    async def ask(self, user: str = ADA) -> ScheduleAnswer:
        return await get_schedule(
            "contoso",
            user,
            ScheduleRequest(("bob@contoso.com",), START, END, 60),
            deadline=Deadline.after(5),
            customers=self.customers,
            askers=self.askers,
            graph=self.graph,
            adoption=self.adoption,
        )

    async def error(self) -> CalendarError:
        with pytest.raises(CalendarError) as problem:
            await self.ask()
        return problem.value

    def tokens_used(self) -> list[str]:
        return [asked["token"] for asked in self.graph.asked]


@pytest.fixture
async def desk() -> Desk:
    desk = Desk()
    await desk.prepare(active=True)
    return desk


async def test_graph_is_asked_as_the_user(desk: Desk):
    await desk.connect()

    answer = await desk.ask(ADA.upper())

    assert answer.value[0]["availabilityView"] == "0" * 24
    [asked] = desk.graph.asked
    assert (asked["token"], asked["mailbox"], asked["key"]) == ("token 0", None, ("contoso", "m1", user_key(ADA)))
    assert desk.entra.tokens == 0, "no app-only token has a part in it"


async def test_a_warm_call_reads_the_customers_row_and_nothing_else(desk: Desk):
    await desk.connect()
    await desk.ask()
    desk.steps.taken.clear()

    await desk.ask()

    assert desk.steps.taken == ["read row"]


async def test_a_call_is_a_use(desk: Desk):
    await desk.connect()
    await desk.ask()

    assert desk.connections.get().last_used_at == NOW


async def test_a_call_that_graph_refused_is_no_use(desk: Desk):
    before = await desk.connect()
    desk.graph.refusals += [GraphRefused(403, "ErrorAccessDenied")]
    await desk.error()

    assert desk.connections.get() == before


async def test_a_token_that_graph_no_longer_takes_is_renewed_once(desk: Desk):
    await desk.connect()
    desk.graph.refusals += [TAKEN_BACK]
    await desk.ask()
    assert desk.tokens_used() == ["token 0", "token 1"]

    desk.graph.refusals += [TAKEN_BACK] * 3
    problem = await desk.error()
    assert problem.code == "credentialRefused"
    assert desk.tokens_used() == ["token 0", "token 1", "token 1", "token 2"]


async def test_a_token_of_another_process_may_have_been_taken_back_too(desk: Desk):
    before = await desk.connect()
    await desk.ask()
    stored_meanwhile = grant_of("of another process", fetched_at=0.0)
    sealed = await desk.sealer.seal(stored_meanwhile.as_text(), before.identity)
    desk.connections.put(replace(before, sealed=sealed))
    desk.graph.refusals += [TAKEN_BACK] * 2

    await desk.ask()

    assert desk.tokens_used() == ["token 0", "token 0", "token of another process", "token 1"]


def _disconnected(desk: Desk) -> None:
    desk.connections.rows.clear()


def _revoked(desk: Desk) -> None:
    desk.user_entra.script += [GONE]


def _vault_emptied(desk: Desk) -> None:
    desk.vault.secrets.clear()


def _refused(*codes: int, error: str = "invalid_client") -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
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
    desk: Desk, change: Callable[[Desk], None], code: str, status: int, owner: Owner
):
    await desk.connect(lasts=10)
    change(desk)

    problem = await desk.error()

    assert (problem.code, problem.status, problem.owner) == (code, status, owner)
    assert problem.message
    assert problem.remedy
    assert desk.graph.asked == []


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
async def test_what_graph_refuses_becomes_the_contracts_code(desk: Desk, refused: GraphRefused, code: str):
    await desk.connect()
    desk.graph.refusals += [refused]

    assert (await desk.error()).code == code
    assert len(desk.graph.asked) == 1, "a fresh token would not help"


async def test_who_has_to_reconnect_is_told_the_same_by_every_process(desk: Desk):
    await desk.connect(ended=Ended(NOW, (50173,), "invalid_grant"))
    first = await desk.error()
    desk.askers = Askers(desk.credentials, desk.entra, UserTokens(desk.renewals))
    second = await desk.error()

    assert isinstance(first, Refused)
    assert (first.code, first.message, first.trace) == (second.code, second.message, second.trace)
    assert first.trace.code == "AADSTS50173"
