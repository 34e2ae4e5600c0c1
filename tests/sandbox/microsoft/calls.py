"""One request as a service of the simulator sees it, and as tests look at it afterwards."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass
class SeenRequest:
    """A request that reached the simulator. `status` is 0 until it is answered (or for ever, if it never was)."""

    service: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    status: int = 0
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    aborted: bool = False
    """Whether the client hung up before there was an answer."""
    items: list["SeenRequest"] = field(default_factory=list)
    """The requests inside a JSON batch, in the order they came; they are not requests of their own."""

    @property
    def form(self) -> dict[str, str]:
        """The body as form fields, blank ones included, the last value of each."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    @property
    def media_type(self) -> str:
        """The Content-Type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        return json.loads(self.body)

    @property
    def bearer(self) -> str | None:
        """The bearer token, None if there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() or None if scheme.lower() == "bearer" else None


def json_answer(
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json; charset=utf-8",
) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        status=status,
        body=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": content_type, **(headers or {})},
    )
