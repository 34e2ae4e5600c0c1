"""getSchedule: what each refusal of Microsoft becomes, and that no refusal is ever an answer."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from lib.domain.configuration import Customer, Wishes
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Owner, Throttled
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.saving import activated, save
from lib.domain.schedule import Moment, ScheduleRequest
from lib.ports import Deadline
from lib.usecases.adoption import Adoption
from lib.usecases.askers import Askers
from lib.usecases.credentials import Credentials
from lib.usecases.get_schedule import ScheduleAnswer, get_schedule
from lib.usecases.renewals import Renewals
from lib.usecases.user_tokens import UserTokens
from tests.usecases.fakes import DRAFT, NOW, TENANT, FakeCustomers, FakeEntra, FakeGraph, FakeVault
from tests.usecases.user_fakes import FakeConnections, FakeSealer, FakeUserEntra

START = Moment("2026-11-23T00:00:00", datetime(2026, 11, 23), "UTC")
END = Moment("2026-11-24T00:00:00", datetime(2026, 11, 24), "UTC")
READ = ("Calendars.ReadBasic.All",)


class Office:
    def __init__(self, *, scoped: bool = False, wishes: Wishes | None = None) -> None:
        self.customers, self.vault = FakeCustomers(), FakeVault()
        self.entra, self.graph = FakeEntra(roles=() if scoped else READ), FakeGraph()
        renewals = Renewals(FakeConnections(), FakeSealer(), FakeUserEntra(), lambda: NOW)
        credentials = Credentials(self.vault)
        self.askers = Askers(credentials, self.entra, UserTokens(renewals))
        self.adoption = Adoption(self.customers, credentials, self.entra)
        draft = replace(DRAFT, wishes=wishes or Wishes())
        saved = save(None, "contoso", draft, secret_version="v1", now=NOW, mark="m1")
        self.customer: Customer | None = activated(saved, "m1", tenant=TENANT, scoped=scoped)

    async def ask(self, *people: str) -> ScheduleAnswer:
        assert self.customer is not None
        version = await self.vault.write(self.customer.secret_name(), "s3cret", DRAFT.secret_expires)
        assert version == "v1"
        self.customers.put(self.customer)
        self.customers.steps.taken.clear()
        return await get_schedule(
            "contoso",
            "recruiter@contoso.com",
            ScheduleRequest(people or ("ada@contoso.com",), START, END, 60),
            deadline=Deadline.after(5),
            customers=self.customers,
            askers=self.askers,
            graph=self.graph,
            adoption=self.adoption,
        )


async def test_one_table_read_a_call_and_the_secrets_only_for_a_token():
    office = Office()

    answer = await office.ask()

    assert answer.value[0]["availabilityView"] == "0" * 24
    assert office.customers.steps.taken == ["read row"]


REFUSALS: list[tuple[Any, bool, str, int, Owner | None]] = [
    (GraphRefused(404, "ErrorInvalidUser"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(404, "MailboxNotEnabledForRESTAPI"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(404, "Request_ResourceNotFound"), False, "mailboxNotReachable", 409, None),
    (GraphRefused(403, "ErrorAccessDenied"), False, "mailboxNotReachable", 409, Owner.EXCHANGE_ADMIN),
    (GraphRefused(403, "ErrorAccessDenied"), True, "mailboxNotReachable", 409, Owner.EXCHANGE_ADMIN),
    (GraphRefused(400, "TimeZoneNotSupportedException"), False, "invalidRequest", 400, Owner.ATS_ADMIN),
    (GraphRefused(500, "InternalServerError"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(503, None), False, "microsoftUnavailable", 502, None),
    (GraphRefused(502, "malformedAnswer"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(418, "NeverHeardOf"), False, "microsoftUnavailable", 502, None),
    (GraphRefused(504, None), False, "microsoftTimeout", 504, Owner.OPERATOR),
    (Throttled(7), False, "throttled", 429, Owner.OPERATOR),
    (MicrosoftUnavailable("x", remedy="y"), False, "microsoftUnavailable", 502, Owner.OPERATOR),
    (MicrosoftTimeout(), False, "microsoftTimeout", 504, Owner.OPERATOR),
]


@pytest.mark.parametrize(("refusal", "scoped", "code", "status", "owner"), REFUSALS, ids=lambda v: str(v)[:40])
async def test_a_call_that_graph_refused_is_an_error_and_never_an_answer(
    refusal: Exception, scoped: bool, code: str, status: int, owner: Owner | None
):
    office = Office(scoped=scoped)
    office.graph.refusals.append(refusal)

    with pytest.raises(CalendarError) as error:
        await office.ask()

    assert (error.value.code, error.value.status) == (code, status)
    assert error.value.message
    assert error.value.remedy
    if owner:
        assert error.value.owner is owner


async def test_a_permission_that_was_withdrawn_is_told_apart_from_a_mailbox_out_of_scope():
    office = Office()
    office.entra.roles = ()
    office.graph.refusals.append(GraphRefused(403, "ErrorAccessDenied"))

    with pytest.raises(CalendarError) as error:
        await office.ask()

    assert error.value.code == "permissionMissing"


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
async def test_what_entra_refuses_becomes_the_contracts_code(codes: list[int], error: str, code: str, status: int):
    office = Office()
    office.entra.refusals.append(EntraRefused(codes, error))

    with pytest.raises(CalendarError) as caught:
        await office.ask()

    assert (caught.value.code, caught.value.status) == (code, status)
    if codes:
        assert caught.value.trace.code == f"AADSTS{codes[0]}"


async def test_a_token_that_graph_no_longer_takes_is_fetched_anew_once():
    office = Office()
    office.graph.refusals.append(GraphRefused(401, "InvalidAuthenticationToken"))

    answer = await office.ask()

    assert answer.value[0]["availabilityView"]
    assert [call["token"] for call in office.graph.asked] == ["token 1", "token 2"]


async def test_a_token_older_than_a_consent_is_fetched_anew_before_a_permission_is_said_to_be_missing():
    office = Office()
    office.entra.roles, office.entra.age = (), 600
    office.graph.refusals.append(GraphRefused(403, "ErrorAccessDenied"))

    answer = await office.ask()

    assert answer.value[0]["availabilityView"]
    assert [call["token"] for call in office.graph.asked] == ["token 1", "token 2"]


async def test_a_fresh_token_that_graph_does_not_take_either_is_told_and_not_tried_for_ever():
    office = Office()
    office.graph.refusals += [GraphRefused(401, "InvalidAuthenticationToken")] * 3

    with pytest.raises(CalendarError) as error:
        await office.ask()

    assert error.value.code == "credentialRefused"
    assert len(office.graph.asked) == 2


async def test_a_whole_request_refused_for_an_address_makes_the_addresses_unknown():
    office = Office()
    office.graph.refusals.append(GraphRefused(400, "5006"))

    answer = await office.ask("ada@contoso.com", "grace@contoso.com")

    assert [set(entry) for entry in answer.value] == [{"scheduleId", "error"}] * 2
    assert answer.unknown == 2


async def test_when_nobody_may_be_asked_graph_is_not_asked():
    office = Office(wishes=Wishes(allowed_domains=("fabrikam.com",)))

    answer = await office.ask("ada@contoso.com")

    assert answer.value[0]["error"]["responseCode"] == "notAllowed"
    assert office.graph.asked == []


async def test_a_secret_that_is_gone_from_the_vault_is_told_as_a_refused_credential():
    office = Office()
    assert office.customer is not None
    office.customer = replace(office.customer, generation="m9")  # the vault has nothing of that name
    office.customers.put(office.customer)

    with pytest.raises(CalendarError) as error:
        await get_schedule(
            "contoso",
            "r@contoso.com",
            ScheduleRequest(("ada@contoso.com",), START, END),
            deadline=Deadline.after(5),
            customers=office.customers,
            askers=office.askers,
            graph=office.graph,
            adoption=office.adoption,
        )

    assert error.value.code == "credentialRefused"


@pytest.mark.parametrize("code", [7000215, 7000222])
async def test_a_version_added_to_the_vault_answers_once_the_secret_is_refused(code: int):
    office = Office()
    assert office.customer is not None
    name = office.customer.secret_name()
    await office.vault.write(name, "s3cret", DRAFT.secret_expires)
    version = office.vault.add_by_hand(name, "by hand", NOW)
    office.entra.secrets = ("by hand",)
    office.entra.refusals.append(EntraRefused([code], "invalid_client"))
    office.customers.put(office.customer)

    answer = await get_schedule(
        "contoso",
        "r@contoso.com",
        ScheduleRequest(("ada@contoso.com",), START, END, 60),
        deadline=Deadline.after(5),
        customers=office.customers,
        askers=office.askers,
        graph=office.graph,
        adoption=office.adoption,
    )

    assert answer.value[0]["availabilityView"]
    active = office.customers.get().active
    assert active is not None
    assert active.secret_version == version


async def test_for_what_no_secret_mends_nobody_looks_into_the_vault():
    office = Office()
    office.entra.refusals.append(EntraRefused([7000229], "unauthorized_client"))

    with pytest.raises(CalendarError):
        await office.ask()

    assert "list versions" not in office.vault.steps.taken
