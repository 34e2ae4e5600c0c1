"""Answer a getSchedule call: who is free, who is busy, and whose calendar could not be read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lib.domain.advice import Topic, for_graph
from lib.domain.configuration import Customer, Revision, answering
from lib.domain.errors import Refused
from lib.domain.microsoft import EntraRefused, GraphRefused, SecretMissing
from lib.domain.schedule import ScheduleRequest, join, split
from lib.ports import Customers, Deadline, Graph, GraphAnswer
from lib.usecases.adoption import Adoption
from lib.usecases.askers import Asker, Askers, Token

_OTHER_TOKENS = 2  # after one that Graph refused: what another process stored meanwhile may be refused, too
_FRESH_TOKEN = 10.0  # seconds


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
    askers: Askers,
    graph: Graph,
    adoption: Adoption,
) -> ScheduleAnswer:
    """Ask Graph as `user` for the people of the call. One table read; Entra ID and the vault only for a new token.

    When Entra ID does not take the secret, and somebody added a newer version to the vault that it does take, that one
    is used from then on. Raises the contract's errors, and only if no address could be read for a cause that refused
    the call itself.
    """
    stored = await customers.read(customer_id)
    customer, revision = answering(stored.customer if stored else None)
    try:
        return await _answer(customer, revision, user, ask, deadline=deadline, askers=askers, graph=graph)
    except Refused as problem:
        if problem.code not in {"credentialRefused", "credentialExpired"}:
            raise
        newer = await adoption.after_refusal(customer, revision, deadline)
        if newer is None:
            raise
    return await _answer(*answering(newer), user, ask, deadline=deadline, askers=askers, graph=graph)


async def _answer(
    customer: Customer,
    revision: Revision,
    user: str,
    ask: ScheduleRequest,
    *,
    deadline: Deadline,
    askers: Askers,
    graph: Graph,
) -> ScheduleAnswer:
    people = split(ask, revision.wishes)
    if not people:
        return ScheduleAnswer(join(ask, revision.wishes, []))
    question = _Question(askers.of(customer, revision, user), ask, deadline, graph)
    try:
        answer = await question.ask(people)
    except _AddressRefused as refused:
        unread = [{"scheduleId": address, "error": {"responseCode": refused.code}} for address in people]
        return ScheduleAnswer(join(ask, revision.wishes, unread), question.sent)
    await question.asker.done()
    return ScheduleAnswer(join(ask, revision.wishes, answer.body["value"]), question.sent, answer.request_id)


class _AddressRefused(Exception):
    """Graph refused the whole request for a reason that lies in an address asked for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _TokenRefused(Exception):
    """Graph does not take this token (401), or the token may be older than a consent (403)."""


@dataclass
class _Question:
    """A call, and everything a request of it needs besides the people asked for. `sent` counts the requests."""

    asker: Asker
    call: ScheduleRequest
    deadline: Deadline
    graph: Graph
    sent: int = 0

    async def ask(self, people: Sequence[str]) -> GraphAnswer:
        """Ask Graph, and again with another token if it does not take one."""
        try:
            token = await self.asker.token(self.deadline)
            for _ in range(_OTHER_TOKENS):
                try:
                    return await self._send(token, people)
                except _TokenRefused:
                    token = await self.asker.token(self.deadline, instead_of=token)
                if time.time() - token.fetched_at < _FRESH_TOKEN:
                    break  # no other would do better
            return await self._send(token, people, last=True)
        except EntraRefused as refused:
            raise self.asker.refused_by_entra(refused) from refused
        except SecretMissing as missing:
            raise self.asker.secret_missing() from missing

    def _zone_from(self) -> str:
        """Return what names the zone that Graph does not know, as far as that can be told."""
        only_preferred = self.call.zone is not None and {self.call.start.zone, self.call.end.zone} == {"UTC"}
        return "Prefer" if only_preferred else "timeZone"

    async def _send(self, token: Token, people: Sequence[str], *, last: bool = False) -> GraphAnswer:
        body, zone, asker = self.call.as_graph(people), self.call.zone, self.asker
        self.sent += 1
        try:
            return await self.graph.get_schedule(token, asker.key, asker.mailbox, body, zone, self.deadline)
        except GraphRefused as refused:
            if not last and asker.may_be_outdated(refused, token):
                raise _TokenRefused from refused
            if refused.code and for_graph(refused.status, refused.code).topic is Topic.ADDRESS:
                raise _AddressRefused(refused.code) from refused
            raise asker.refused_by_graph(refused, token, self._zone_from()) from refused
