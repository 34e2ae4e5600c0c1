"""Answer a getSchedule call: who is free, who is busy, and whose calendar could not be read."""

from dataclasses import dataclass
from typing import Any

from lib.domain.advice import Topic, for_graph, for_schedule
from lib.domain.configuration import Consent, Customer, Revision, answering
from lib.domain.errors import Owner, Refused
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, SecretMissing
from lib.domain.refusals import entra_error, graph_error, secret_missing
from lib.domain.schedule import ScheduleRequest, join, split, unknown
from lib.ports import Credential, Customers, Deadline, Entra, Graph, GraphAnswer, Vault
from lib.usecases.credentials import credential_of


@dataclass(frozen=True)
class ScheduleAnswer:
    """One answer per address in the order asked, and what the log says about the call."""

    value: list[dict[str, Any]]
    graph_requests: int = 0
    graph_request_id: str | None = None

    @property
    def unknown(self) -> int:
        """How many addresses could not be read."""
        return sum("error" in answer for answer in self.value)


async def get_schedule(
    customer_id: str,
    user: str,
    ask: ScheduleRequest,
    *,
    deadline: Deadline,
    customers: Customers,
    vault: Vault,
    entra: Entra,
    graph: Graph,
) -> ScheduleAnswer:
    """Ask Graph as `user` for the people of the call. One table read; Entra ID and the vault only for a new token.

    Raises the contract's errors, and only if no address could be read for a cause that refused the call itself.
    """
    stored = await customers.read(customer_id)
    customer, revision = answering(stored.customer if stored else None)
    people = split(ask, revision.wishes)
    if not people:
        return ScheduleAnswer(join(ask, revision.wishes, []))
    credential = _credential(customer, revision, vault)
    body = ask.as_graph(people)
    try:
        answer = await _ask(credential, user, body, ask.zone, revision, deadline, entra, graph)
    except _AddressRefused as refused:
        return ScheduleAnswer([_unread(address, refused.code) for address in ask.people], 1)
    return ScheduleAnswer(join(ask, revision.wishes, answer.body["value"]), 1, answer.request_id)


class _AddressRefused(Exception):
    """Graph refused the whole request for a reason that lies in an address asked for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _unread(address: str, code: str) -> dict[str, Any]:
    advice = for_schedule(code)
    return unknown(address, code, f"{advice.message} {advice.remedy}")


def _credential(customer: Customer, revision: Revision, vault: Vault) -> Credential:
    if revision.access.consent is not Consent.ADMIN or revision.tenant is None:
        raise Refused(
            "userNotConnected",
            "This user has not connected a calendar.",
            remedy="Choose Connect your calendar and sign in.",
            owner=Owner.USER,
        )
    return credential_of(customer, revision, revision.tenant, vault)


async def _ask(
    credential: Credential,
    user: str,
    body: dict[str, Any],
    zone: str | None,
    revision: Revision,
    deadline: Deadline,
    entra: Entra,
    graph: Graph,
) -> GraphAnswer:
    """Ask once, and once more with a fresh token if Graph refuses the first (401)."""
    try:
        token = await entra.app_token(credential, deadline)
        try:
            return await _once(token, credential, user, body, zone, revision, deadline, graph)
        except _TokenRefused:
            token = await entra.app_token(credential, deadline, fresh=True)
        return await _once(token, credential, user, body, zone, revision, deadline, graph, last=True)
    except EntraRefused as refused:
        raise entra_error(refused) from refused
    except SecretMissing as missing:
        raise secret_missing() from missing


class _TokenRefused(Exception):
    """Graph answered 401."""


async def _once(
    token: AppToken,
    credential: Credential,
    user: str,
    body: dict[str, Any],
    zone: str | None,
    revision: Revision,
    deadline: Deadline,
    graph: Graph,
    *,
    last: bool = False,
) -> GraphAnswer:
    try:
        return await graph.get_schedule(token, credential.key, user, body, zone, deadline)
    except GraphRefused as refused:
        if refused.status == 401 and not last:
            raise _TokenRefused from refused
        if refused.code and for_graph(refused.status, refused.code).topic is Topic.ADDRESS:
            raise _AddressRefused(refused.code) from refused
        raise graph_error(refused, roles=token.roles, scoped=revision.scoped) from refused
