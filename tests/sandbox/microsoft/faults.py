"""Faults that tests order: answers, delays and broken connections instead of what a service would say."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from tests.sandbox import transports
from tests.sandbox.microsoft.calls import SeenRequest


@dataclass
class Fault:
    """What happens to matching requests, `times` times (None: always).

    Mode "answer" answers with `status`, `headers` and `body` after `delay` seconds; without a status it only delays
    and the service answers. "truncate" breaks off in the middle of the body (the service's own when there is no
    status), "reset" breaks the connection at once, "hang" never answers while the simulator runs.
    """

    service: str
    path_contains: str = ""
    method: str | None = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | dict[str, Any] = b""
    times: int | None = None
    delay: float = 0.0
    mode: Literal["answer", "reset", "truncate", "hang"] = "answer"

    def matches(self, seen: SeenRequest) -> bool:
        """Tell whether this fault is for this request."""
        return (
            self.times != 0
            and self.service == seen.service
            and self.path_contains.lower() in seen.path.lower()
            and self.method in (None, seen.method)
        )

    def use(self) -> None:
        """Count one use."""
        if self.times is not None:
            self.times -= 1

    def answer(self) -> web.Response | None:
        """Return the ordered answer, None if the service itself is to answer."""
        if self.status is None:
            return None
        body, headers = self.body, dict(self.headers)
        if isinstance(body, dict):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json; charset=utf-8")
        return web.Response(status=self.status, headers=headers, body=body)


def reset(request: web.Request) -> None:
    """Break the connection without a word."""
    transports.reset(request.transport)


async def truncate(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send half of the body under the Content-Length of the whole, then break the connection."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    stream = web.StreamResponse(status=answer.status, headers=answer.headers)
    stream.content_length = max(len(body), 2)
    await stream.prepare(request)
    await stream.write(body[: len(body) // 2] or b"{")
    await asyncio.sleep(0.05)  # lets the half reach the client before the reset overtakes it
    reset(request)
    return stream
