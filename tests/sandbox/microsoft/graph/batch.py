"""JSON batching: up to twenty requests in one (facts 2.1).

Requests of a batch are not requests of the connection: the journal has them in `SeenRequest.items` of the batch, and
faults hit them one by one. What is wrong with the batch as a whole is a 400 and nothing in it is done.
`dependsOn` may name only requests that stand before; unlike Graph, the sandbox takes any pattern of them.
"""

import asyncio
import base64
import json
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import Any

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller
from tests.sandbox.microsoft.graph.batch_requests import Item, read_items
from tests.sandbox.microsoft.graph.throttle import AT_ONCE
from tests.sandbox.microsoft.shuffling import shuffled
from tests.sandbox.microsoft.surroundings import Surroundings

_MAILBOX = re.compile(r"/[^/]+/(?:(me)|users/([^/]+))(?:/.*)?", re.IGNORECASE)
# The headers that an item's answer does not have; those of the connection are the batch's.
_OF_THE_CONNECTION = {"strict-transport-security", "request-id", "client-request-id", "x-ms-ags-diagnostic"}

Answering = Callable[[SeenRequest], Awaitable[web.Response]]
Waiting = Callable[[SeenRequest], AbstractContextManager[None]]


class Batches:
    """`POST /$batch`. Answers come in another order than the requests; none is promised."""

    def __init__(self, shared: Surroundings, answer: Answering, waiting: Waiting) -> None:
        self._shared = shared
        self._answer = answer
        self._waiting = waiting

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one batch. Raises GraphError."""
        items = read_items(seen)
        seen.items.extend(item.seen for item in items)
        # Of one batch at most four requests are sent to the same mailbox at a time.
        turns: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        running: dict[str, asyncio.Task[web.Response]] = {}
        async with asyncio.TaskGroup() as group:
            for item in items:
                before = [running[name] for name in item.depends_on]
                turn = turns[_mailbox(item.seen, caller)]
                running[item.id.lower()] = group.create_task(self._one(item, before, turn))
        answers = [_shown(item.id, running[item.id.lower()].result()) for item in items]
        return b'{"responses":[%b]}' % b",".join(shuffled(answers)), {"Content-Type": "application/json"}

    async def _one(self, item: Item, before: list[asyncio.Task[web.Response]], turn: asyncio.Semaphore) -> web.Response:
        """Answer one request of a batch, after those that it depends on."""
        for task in before:
            if (await task).status >= 400:
                return _failed_dependency()
        async with turn:
            with self._waiting(item.seen):
                answer = await self._faulty(item.seen)
        item.seen.status = answer.status
        return answer

    async def _faulty(self, seen: SeenRequest) -> web.Response:
        fault = self._shared.take_fault(seen)
        if fault is None:
            return await self._answer(seen)
        if fault.delay:
            await asyncio.sleep(fault.delay)
        return fault.answer_in_batch() or await self._answer(seen)


def _mailbox(seen: SeenRequest, caller: Caller) -> str:
    """Return which mailbox a request goes to, or that it goes to none."""
    match = _MAILBOX.fullmatch(seen.path)
    if match is None:
        return ""
    name = match[2] or caller.user or "me"
    mailbox = caller.tenant.user(name)
    return mailbox.object_id if mailbox else name.lower()


def _failed_dependency() -> web.Response:
    body = json.dumps({"error": {"code": "FailedDependency", "message": "A request that this one depends on failed."}})
    return web.Response(status=424, body=body.encode(), headers={"Content-Type": "application/json"})


def _shown(name: str, answer: web.Response) -> bytes:
    """Return the answer to a request of a batch; bodies other than JSON are written in base64."""
    headers = {key: value for key, value in answer.headers.items() if key.lower() not in _OF_THE_CONNECTION}
    head: dict[str, Any] = {"id": name, "status": answer.status, "headers": headers}
    body = answer.body if isinstance(answer.body, bytes) else b""
    if "json" not in headers.get("Content-Type", ""):
        body = json.dumps(base64.b64encode(body).decode()).encode()
    return b'%b,"body":%b}' % (json.dumps(head, ensure_ascii=False).encode()[:-1], body or b"null")
