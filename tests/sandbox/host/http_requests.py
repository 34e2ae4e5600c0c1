"""An HTTP request as Azure's host hands it to a function."""

import codecs
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, quote

from aiohttp import web

from tests.sandbox.host.messages import RpcHttp, TypedData

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENCODED_SLASH = re.compile(r"(%2[Ff])")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_SAFE = "/!$&'()*+,;=:@~%"


def _keep_escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "".join(f"%{byte:02X}" for byte in error.object[error.start : error.end]), error.end


codecs.register_error("keep-escaped", _keep_escaped)


def split_target(target: str) -> tuple[str, str]:
    """Return path and query, still encoded, of a request target in origin or absolute form."""
    if not target.startswith("/"):
        target = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?]*", "", target)
    path, _, query = target.partition("?")
    return path or "/", query


def decode_path(path: str) -> str | None:
    """Decode a path as Kestrel does, or return None where Kestrel answers 400.

    Percent escapes are decoded once, except ``%2F`` and what is not UTF-8; then dot segments are removed.
    """
    if "%" in path:
        path = _ESCAPES.sub(lambda found: "".join(_decoded_run(found.group())), path)
    if "\0" in path or not path.startswith("/"):
        return None
    return _without_dot_segments(path) if "/." in path else path


def _decoded_run(escapes: str) -> Iterator[str]:
    for piece in _ENCODED_SLASH.split(escapes):
        yield piece if piece.upper() == "%2F" else bytes.fromhex(piece.replace("%", "")).decode("utf-8", "keep-escaped")


def _without_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            kept[-1:] = []
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def parse_query(query: str) -> dict[str, str]:
    """Return the query as Azure hands it to Python: duplicates joined by commas, empty values dropped."""
    if not query:
        return {}
    values: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        values.setdefault(names.setdefault(name.lower(), name), []).append(value)
    return {name: joined for name, several in values.items() if (joined := ",".join(several))}


def key_in_query(query: str) -> str | None:
    """Return the first ``code`` parameter, whatever its letter case, or None."""
    if "code" not in query.lower():
        return None
    return next((value for name, value in parse_qsl(query, keep_blank_values=True) if name.lower() == "code"), None)


def to_message(
    request: web.BaseRequest, path: str, query: str, route_params: Mapping[str, str], body: bytes
) -> TypedData:
    """Build the worker's message; `path` is decoded, `query` is not. No body is no value at all."""
    encoded = _LONE_PERCENT.sub("%25", quote(path, safe=_PATH_SAFE))
    return TypedData(
        http=RpcHttp(
            method=request.method,
            url=f"http://{request.host}{encoded}{'?' if query else ''}{query}",
            headers=_headers(request),
            params=route_params,
            query=parse_query(query),
            body=TypedData(bytes=body) if body else TypedData(),
        )
    )


def _headers(request: web.BaseRequest) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    return headers
