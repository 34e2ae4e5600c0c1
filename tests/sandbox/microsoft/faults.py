"""Faults that tests order: answers, delays and broken connections instead of what a service would say."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.sandbox import transports
from tests.sandbox.microsoft.calls import SeenRequest, json_answer


@dataclass
class Fault:
    """What happens to matching requests, `times` times (None: always).

    Mode "answer" answers with `status`, `headers` and `body` after `delay` seconds; without a status it only delays
    and the service answers. "truncate" breaks off in the middle of the body (the service's own when there is no
    status), "cut" sends that half as if it were all, "reset" breaks the connection at once, "hang" never answers while
    the simulator runs. Only requests are hit for which `where` is true.

    Requests inside a JSON batch are hit as well. They have no connection of their own that could break, so of the modes
    other than "answer" the batch tells what a gateway tells of its back end: 504 of "hang", 502 of the others.
    """

    service: str
    path_contains: str = ""
    method: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | dict[str, Any] = b""
    times: int | None = None
    delay: float = 0.0
    mode: Literal["answer", "reset", "truncate", "cut", "hang"] = "answer"
    where: Callable[[SeenRequest], bool] | None = None

    def matches(self, seen: SeenRequest) -> bool:
        """Tell whether this fault is for this request."""
        return (
            self.times != 0
            and self.service == seen.service
            and self.path_contains.lower() in seen.path.lower()
            and self.method in (None, seen.method)
            and (self.where is None or self.where(seen))
        )

    def use(self) -> "Fault":
        """Count one use."""
        if self.times is not None:
            self.times -= 1
        return self

    def answer(self) -> web.Response | None:
        """Return the ordered answer, None if the service itself is to answer."""
        if self.status is None:
            return None
        body, headers = self.body, dict(self.headers)
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        return web.Response(status=self.status, headers=headers, body=body)

    def answer_in_batch(self) -> web.Response | None:
        """Return the answer to a request inside a batch, None if the service itself is to answer."""
        if self.mode == "answer":
            return self.answer()
        status = 504 if self.mode == "hang" else 502
        return json_answer(status, {"error": {"code": "UnknownError", "message": ""}})


def asks_for(*addresses: str) -> Callable[[SeenRequest], bool]:
    """Return a `where` that is true for getSchedule requests with any of these addresses in `schedules`."""
    wanted = {address.lower() for address in addresses}

    def asked(seen: SeenRequest) -> bool:
        try:
            body = seen.json()
        except ValueError:
            return False
        names = {name.lower(): value for name, value in body.items()} if isinstance(body, dict) else {}
        schedules = names.get("schedules")
        return isinstance(schedules, list) and any(str(address).lower() in wanted for address in schedules)

    return asked


def reset(request: web.Request) -> None:
    """Break the connection without a word."""
    transports.reset(request.transport)


def cut(answer: web.Response) -> web.Response:
    """Return an answer with half of the body, which ends as if that were all of it."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    return web.Response(status=answer.status, headers=answer.headers, body=body[: len(body) // 2])


async def truncate(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send half of the body under the Content-Length of the whole, then break the connection."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    stream.content_length = max(len(body), 2)
    with contextlib.suppress(ConnectionError):  # the client may be gone
        await stream.prepare(request)
        await stream.write(body[: len(body) // 2] or b"{")
        await asyncio.sleep(0.05)  # lets the half reach the client before the reset overtakes it
    reset(request)
    return stream
