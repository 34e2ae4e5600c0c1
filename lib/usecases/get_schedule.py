"""Answer a getSchedule call: who is free, who is busy, and whose calendar could not be read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.domain.advice import Topic, for_graph
from lib.domain.checkup import READS_CALENDARS
from lib.domain.configuration import Consent, Customer, Revision, answering
from lib.domain.errors import Owner, Refused
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, SecretMissing
from lib.domain.refusals import entra_error, graph_error, secret_missing
from lib.domain.schedule import ScheduleRequest, join, split
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
    asker = _Asker(_credential(customer, revision, vault), user, ask, revision, deadline, entra, graph)
    try:
        answer = await asker.ask(people)
    except _AddressRefused as refused:
        unread = [{"scheduleId": address, "error": {"responseCode": refused.code}} for address in people]
        return ScheduleAnswer(join(ask, revision.wishes, unread), 1)
    return ScheduleAnswer(join(ask, revision.wishes, answer.body["value"]), 1, answer.request_id)


def _credential(customer: Customer, revision: Revision, vault: Vault) -> Credential:
    if revision.access.consent is not Consent.ADMIN or revision.tenant is None:
        raise Refused(
            "userNotConnected",
            "This user has not connected a calendar.",
            remedy="Choose Connect your calendar and sign in.",
            owner=Owner.USER,
        )
    return credential_of(customer, revision, revision.tenant, vault)


class _AddressRefused(Exception):
    """Graph refused the whole request for a reason that lies in an address asked for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _TokenRefused(Exception):
    """Graph does not take this token (401), or the token may be older than a consent (403)."""


_OLD_TOKEN = 10.0  # seconds; a token keeps its roles until its end, also when consent was given since (Entra docs)


def _may_be_outdated(refused: GraphRefused, token: AppToken, scoped: bool) -> bool:
    """Return whether a fresh token may do what this one could not."""
    if refused.status == 401:
        return True
    without_role = not scoped and not set(token.roles) & READS_CALENDARS
    return refused.status == 403 and without_role and time.time() - token.fetched_at > _OLD_TOKEN


@dataclass(frozen=True)
class _Asker:
    """Who asks, and everything a request needs besides the people asked for."""

    credential: Credential
    user: str
    call: ScheduleRequest
    revision: Revision
    deadline: Deadline
    entra: Entra
    graph: Graph

    async def ask(self, people: Sequence[str]) -> GraphAnswer:
        """Ask Graph, and once more with a fresh token if it does not take the first."""
        try:
            token = await self.entra.app_token(self.credential, self.deadline)
            try:
                return await self._send(token, people)
            except _TokenRefused:
                token = await self.entra.app_token(self.credential, self.deadline, fresh=True)
            return await self._send(token, people, last=True)
        except EntraRefused as refused:
            raise entra_error(refused) from refused
        except SecretMissing as missing:
            raise secret_missing() from missing

    def _zone_from(self) -> str:
        """Return what names the zone that Graph does not know, as far as that can be told."""
        only_preferred = self.call.zone is not None and {self.call.start.zone, self.call.end.zone} == {"UTC"}
        return "Prefer" if only_preferred else "timeZone"

    async def _send(self, token: AppToken, people: Sequence[str], *, last: bool = False) -> GraphAnswer:
        body, zone = self.call.as_graph(people), self.call.zone
        try:
            return await self.graph.get_schedule(token, self.credential.key, self.user, body, zone, self.deadline)
        except GraphRefused as refused:
            if not last and _may_be_outdated(refused, token, self.revision.scoped):
                raise _TokenRefused from refused
            if refused.code and for_graph(refused.status, refused.code).topic is Topic.ADDRESS:
                raise _AddressRefused(refused.code) from refused
            raise graph_error(
                refused, roles=token.roles, scoped=self.revision.scoped, zone_from=self._zone_from()
            ) from refused
