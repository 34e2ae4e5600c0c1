"""Microsoft Graph: free/busy, and what an application may read about itself.

Outlook takes four requests at a time per application and mailbox (Microsoft Learn, "Microsoft Graph service-specific
throttling limits"); a fifth would be refused with 429, so it waits here.
"""

import asyncio
import json
import uuid
import weakref
from collections.abc import Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lib.adapters.http import Http, Reply
from lib.domain.errors import MicrosoftTimeout, MicrosoftTrace, Throttled
from lib.domain.fields import GUID
from lib.domain.microsoft import AppToken, GraphRefused, RegisteredSecret, UserToken
from lib.ports import Deadline, GraphAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_IN_FLIGHT_PER_MAILBOX = 4


class GraphClient:
    """Graph of one cloud; implements `lib.ports.Graph`."""

    def __init__(self, http: Http, graph_url: str) -> None:
        self._http = http
        self._root = f"{graph_url}/v1.0"
        # Weak: a mailbox that nobody asks any more leaves no trace in memory.
        self._gates: weakref.WeakValueDictionary[tuple[str, ...], asyncio.Semaphore] = weakref.WeakValueDictionary()

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        key: tuple[str, ...],
        mailbox: str | None,
        body: Mapping[str, Any],
        zone: str | None,
        deadline: Deadline,
    ) -> GraphAnswer:
        """See `lib.ports.Graph`. An answer without a list of schedules counts as a failure of Graph."""
        owner = "me" if mailbox is None else f"users/{quote(mailbox, safe='@')}"
        url = f"{self._root}/{owner}/calendar/getSchedule"
        extra = {"Prefer": f'outlook.timezone="{zone}"'} if zone else {}
        async with self._gate((*key, (mailbox or "").lower()), deadline):
            reply = await self._http.send("POST", url, deadline, headers=_headers(token) | extra, json=body)
        answer = _good(reply)
        if not isinstance(answer.get("value"), list):
            raise GraphRefused(502, "malformedAnswer", trace=_trace(reply, None))
        return GraphAnswer(answer, _request_id(reply))

    async def profile(self, token: UserToken, deadline: Deadline) -> Mapping[str, Any]:
        """See `lib.ports.Graph`."""
        url = f"{self._root}/me?$select=id,userPrincipalName,mail,proxyAddresses"
        return _good(await self._http.send("GET", url, deadline, headers=_headers(token)))

    async def registered_secrets(
        self, token: AppToken, application_id: str, deadline: Deadline
    ) -> list[RegisteredSecret]:
        """See `lib.ports.Graph`. Entries without a hint or an end are left out."""
        url = f"{self._root}/applications(appId='{application_id}')?$select=id,appId,passwordCredentials"
        answer = _good(await self._http.send("GET", url, deadline, headers=_headers(token)))
        listed = answer.get("passwordCredentials")
        secrets = [_registered(entry) for entry in listed] if isinstance(listed, list) else []
        return [secret for secret in secrets if secret]

    @asynccontextmanager
    async def _gate(self, key: tuple[str, ...], deadline: Deadline) -> "AsyncIterator[None]":
        gate = self._gates.get(key)
        if gate is None:
            gate = self._gates[key] = asyncio.Semaphore(_IN_FLIGHT_PER_MAILBOX)
        try:
            await asyncio.wait_for(gate.acquire(), deadline.left())
        except TimeoutError:
            raise MicrosoftTimeout from None
        try:
            yield
        finally:
            gate.release()


def _registered(entry: Any) -> RegisteredSecret | None:
    """Return a listed secret, None for one without a hint or a date that can be read."""
    try:
        end, hint = _moment(entry["endDateTime"]), entry["hint"]
    except (TypeError, KeyError, ValueError):
        return None
    if hint is None:
        return None
    return RegisteredSecret(str(hint), end, _guid(entry.get("keyId")), _start(entry))


def _start(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return _moment(entry["startDateTime"])
    except (TypeError, KeyError, ValueError):
        return None


def _moment(text: str) -> datetime:
    """Return a moment in UTC. Raises ValueError, TypeError."""
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:  # a zone that leads beyond the year 9999
        raise ValueError("no moment") from None


def _guid(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and GUID.fullmatch(value) else None


def _headers(token: AppToken | UserToken) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.value}", "client-request-id": str(uuid.uuid4())}


def _request_id(reply: Reply) -> str | None:
    text = reply.headers.get("request-id", "")
    return text if text.isascii() and 0 < len(text) <= 64 else None


def _trace(reply: Reply, code: str | None) -> MicrosoftTrace:
    return MicrosoftTrace(code=code, request_id=_request_id(reply))


def _good(reply: Reply) -> dict[str, Any]:
    """Return the JSON of a good answer. Raises GraphRefused, Throttled."""
    try:
        body = json.loads(reply.body) if reply.body else {}
    except ValueError:
        body = None
    if reply.status == 200 and isinstance(body, dict):
        return body
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    code = code[:100] if isinstance(code, str) and code.isascii() and code.isprintable() else None
    if reply.status == 429:
        raise Throttled(reply.retry_after or 10.0, trace=_trace(reply, code))
    status = 502 if reply.status == 200 else reply.status  # a 200 that cannot be read is no answer
    raise GraphRefused(status, code or ("malformedAnswer" if status == 502 else None), trace=_trace(reply, code))
