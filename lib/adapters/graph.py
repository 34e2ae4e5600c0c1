"""Microsoft Graph: free/busy, and what an application may read about itself.

Outlook takes four requests at a time per application and mailbox (Microsoft Learn, "Microsoft Graph service-specific
throttling limits"); a fifth would be refused with 429, so it waits here. A mailbox that refused all the same is left
alone until its Retry-After has passed, as long as anybody queues for it. And no application of a tenant takes
up so much of this process, be it in connections or in retries, that others would feel its troubles.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lib.adapters.gates import Gate, Gates
from lib.adapters.graph_answers import read_object, read_schedule, read_secret, request_id
from lib.adapters.http import Http, Reply
from lib.adapters.patience import Passing
from lib.adapters.retry_budget import RetryShares
from lib.domain.microsoft import AppToken, GraphRefused, RegisteredSecret, UserToken
from lib.ports import LEAST_TRY, Deadline
from lib.ports.graph import GraphAnswer, Seat, Tally, TryAgain

_IN_FLIGHT_PER_MAILBOX = 4
_IN_FLIGHT_PER_APPLICATION = 64
_LONGEST_WAIT = 10.0  # seconds for a share of repeats to come back; in an outage callers should not wait for longer


class GraphClient:
    """Graph of one cloud; implements `lib.ports.graph.Graph`."""

    def __init__(self, http: Http, graph_url: str) -> None:
        self._http = http
        self._root = f"{graph_url}/v1.0"
        self._gates = Gates(_IN_FLIGHT_PER_MAILBOX)
        self._applications = Gates(_IN_FLIGHT_PER_APPLICATION)
        self._budget = RetryShares(http.budget)

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        """See `lib.ports.graph`. Everything that passes may be repeated: getSchedule is a POST, but only reads.

        A 200 that is no answer is a failure like any other, told as GraphRefused with 502.
        """
        question = _Question(self._url(seat), token, body, deadline, tally)
        application = seat.tenant, seat.application_id
        with self._gates.at(_mailbox(token, seat)) as mailbox, self._applications.at(application) as whole:
            try:
                answer = await read_schedule(await self._ask(question, mailbox, whole, tries))
            except Passing as failure:
                pause = self._http.patience.pause(tries + 1, failure.retry_after)
                raise TryAgain(failure.told, self._turn(application, pause, deadline)) from failure
            except GraphRefused:
                self._budget.give_back(application)
                raise
        self._budget.give_back(application)
        return answer

    def _turn(self, application: tuple[str, str], pause: float, deadline: Deadline) -> float | None:
        """Return the seconds until a repeat may be made, `pause` at least; None if there is none in time.

        Many requests that fail in the same second use up their share; the rest of them wait for it to come back.
        """
        left = deadline.left() - LEAST_TRY
        if pause > left:  # where nobody waits so long there is no repeat to pay for
            return None
        wait = self._budget.reserve(application, min(left, _LONGEST_WAIT))
        return None if wait is None else max(pause, wait)

    async def profile(self, token: UserToken, deadline: Deadline) -> Mapping[str, Any]:
        """See `lib.ports.graph`."""
        url = f"{self._root}/me?$select=id,userPrincipalName,mail,proxyAddresses"
        return read_object(await self._http.send("GET", url, deadline, headers=_headers(token)))

    async def registered_secrets(
        self, token: AppToken, application_id: str, deadline: Deadline
    ) -> list[RegisteredSecret]:
        """See `lib.ports.graph`. Entries without a hint or an end are left out."""
        url = f"{self._root}/applications(appId='{application_id}')?$select=id,appId,passwordCredentials"
        answer = read_object(await self._http.send("GET", url, deadline, headers=_headers(token)))
        listed = answer.get("passwordCredentials")
        secrets = [read_secret(entry) for entry in listed] if isinstance(listed, list) else []
        return [secret for secret in secrets if secret]

    def _url(self, seat: Seat) -> str:
        owner = "me" if seat.mailbox is None else f"users/{quote(seat.mailbox, safe='@')}"
        return f"{self._root}/{owner}/calendar/getSchedule"

    async def _ask(self, question: "_Question", mailbox: Gate, application: Gate, tries: int) -> Reply:
        """Send one try as soon as the gates allow. Raises what `Gate.place` and `Http.attempt` raise."""
        tally, headers = question.tally, _headers(question.token)
        try:
            with tally.waiting():
                # In this order: whoever waits for a mailbox must not keep a place of the application.
                async with mailbox.place(question.deadline), application.place(question.deadline):
                    tally.requests += 1
                    tally.repeated += tries > 0
                    reply = await self._http.attempt(
                        "POST",
                        question.url,
                        question.deadline,
                        headers=headers,
                        json=question.body,
                        fresh=tries > 0,
                    )
                    if reply.status == 429:  # before the place is given to the next
                        mailbox.pause(self._http.patience.pause(tries + 1, reply.retry_after))
        except Passing as failure:
            _note(tally, failure.headers)
            raise
        _note(tally, reply.headers)
        return reply


@dataclass(frozen=True)
class _Question:
    """What every try of a getSchedule has in common."""

    url: str = field(repr=False)
    token: AppToken | UserToken
    body: Mapping[str, Any] = field(repr=False)
    deadline: Deadline
    tally: Tally


def _note(tally: Tally, headers: Mapping[str, str]) -> None:
    if (answered := request_id(headers)) is not None:
        tally.request_ids.append(answered)


def _mailbox(token: AppToken | UserToken, seat: Seat) -> tuple[str, ...]:
    """Return what Outlook's limits count for: an application of a tenant, and a mailbox under one of its names."""
    mailbox = seat.mailbox
    if mailbox is None:
        mailbox = token.object_id if isinstance(token, UserToken) else ""
    return seat.tenant, seat.application_id, mailbox.lower()


def _headers(token: AppToken | UserToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value}", "client-request-id": str(uuid.uuid4())}
