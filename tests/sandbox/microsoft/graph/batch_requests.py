"""Reading a JSON batch: what is wrong with it as a whole, and the requests in it (facts 2.1)."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.errors import GraphError, bad_request

MOST = 20


@dataclass(frozen=True)
class Item:
    """One request of a batch; `depends_on` are ids in lower case."""

    id: str
    seen: SeenRequest
    depends_on: tuple[str, ...]


def read_items(batch: SeenRequest) -> list[Item]:
    """Return the requests of a batch. Raises GraphError 400."""
    try:
        body = batch.json()
    except ValueError:
        body = None
    requests = body.get("requests") if isinstance(body, dict) else None
    if batch.media_type != "application/json" or not isinstance(requests, list) or not requests:
        raise _malformed()
    if len(requests) > MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    items: list[Item] = []
    for request in requests:
        items.append(_item(request, batch, {item.id.lower() for item in items}))
    return items


def _item(request: Any, batch: SeenRequest, known: set[str]) -> Item:
    if not isinstance(request, dict):
        raise _malformed()
    name, method, url = (request.get(key) for key in ("id", "method", "url"))
    if not (isinstance(name, str) and name and isinstance(method, str) and isinstance(url, str)):
        raise _malformed()
    if name.lower() in known:
        raise bad_request(f"Request Id {name} has to be unique in a batch.")
    headers = _headers(request, batch, name, method)
    parts = urlsplit(url)
    version = batch.path.split("/")[1]
    seen = SeenRequest(
        batch.service,
        method.upper(),
        f"/{version}/{unquote(parts.path).removeprefix('/')}",  # relative to the version; an absolute one leads nowhere
        dict(parse_qsl(parts.query, keep_blank_values=True)),
        headers,
        _body(request.get("body"), headers),
    )
    if seen.path.lower().endswith("/$batch"):
        raise bad_request("A batch must not contain a batch.")
    return Item(name, seen, _depends_on(request.get("dependsOn"), known))


def _headers(request: dict[str, Any], batch: SeenRequest, name: str, method: str) -> dict[str, str]:
    """Return the headers in lower case; the authorization is the batch's."""
    headers = request.get("headers") or {}
    if not isinstance(headers, dict):
        raise _malformed()
    given = {str(key).lower(): str(value) for key, value in headers.items()}
    writes = method.upper() in ("POST", "PUT", "PATCH")
    if "content-type" not in given and (writes or request.get("body") is not None):
        raise bad_request(f"Write request with id '{name}' does not contain a Content-Type header.")
    if writes and "body" not in request:
        raise bad_request(f"Write request id : {name} does not contain Content-Type header or body.")
    return given | {"authorization": batch.headers.get("authorization", "")}


def _body(body: Any, headers: dict[str, str]) -> bytes:
    """Return the body: JSON as it stands, anything else in base64 (of URLs)."""
    if body is None:
        return b""
    if "json" in headers.get("content-type", ""):
        return json.dumps(body).encode()
    try:
        return base64.b64decode(str(body).replace("-", "+").replace("_", "/"), validate=True)
    except (ValueError, binascii.Error):
        raise _malformed() from None


def _depends_on(names: Any, known: set[str]) -> tuple[str, ...]:
    if names is None:
        return ()
    wanted = [str(name).lower() for name in names] if isinstance(names, list) else []
    if not wanted or not known.issuperset(wanted):
        raise bad_request("dependsOn has to name requests of the batch, which stand before.")
    return tuple(wanted)


def _malformed() -> GraphError:
    return bad_request("Invalid batch payload format.")
