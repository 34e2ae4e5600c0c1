"""A function's result as the HTTP response that Azure's host makes of it."""

from collections.abc import Iterable, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import quote

from aiohttp import web
from multidict import CIMultiDict

from tests.sandbox.host.messages import RpcHttpCookie, TypedData

_SAME_SITE = {
    RpcHttpCookie.SameSite.Lax: "lax",
    RpcHttpCookie.SameSite.Strict: "strict",
    RpcHttpCookie.SameSite.ExplicitNone: "none",
}
_FRAMING = ("content-length", "transfer-encoding")  # the server's to set


def to_response(result: TypedData | None, custom_headers: Mapping[str, str]) -> web.Response:
    """Turn a function's result into a response; a header of the function wins over the one in ``host.json``."""
    if result is None or result.kind != "http":
        headers = CIMultiDict({"Content-Type": "text/plain; charset=utf-8"})
        return web.Response(body=_body(result), headers=_with(headers, custom_headers))
    http = result.value
    headers = CIMultiDict((name, value) for name, value in http.headers.items() if name.lower() not in _FRAMING)
    for line in cookie_lines(http.cookies or ()):
        headers.add("Set-Cookie", line)
    return web.Response(status=int(http.status_code), body=_body(http.body), headers=_with(headers, custom_headers))


def empty(status: int, custom_headers: Mapping[str, str] | None = None) -> web.Response:
    """Return a response of the host itself: a status and nothing else."""
    return web.Response(status=status, headers=_with(CIMultiDict(), custom_headers or {}))


def cookie_lines(cookies: Iterable[Any]) -> Iterable[str]:
    """Yield ``Set-Cookie`` values as ASP.NET Core writes them.

    The worker marks a missing domain as present and empty, hence ``domain=`` in every line: browsers refuse
    ``__Host-`` cookies for it (azure-functions-python-worker issue 1902).
    """
    for cookie in cookies:
        line = f"{cookie.name}={quote(cookie.value, safe='')}"
        if cookie.expires is not None:
            line += f"; expires={formatdate(cookie.expires.value.seconds, usegmt=True)}"
        if cookie.max_age is not None:
            line += f"; max-age={int(cookie.max_age.value)}"
        if cookie.domain is not None:
            line += f"; domain={cookie.domain.value}"
        if cookie.path is not None:
            line += f"; path={cookie.path.value}"
        if cookie.secure is not None and cookie.secure.value:
            line += "; secure"
        if cookie.same_site in _SAME_SITE:
            line += f"; samesite={_SAME_SITE[cookie.same_site]}"
        if cookie.http_only is not None and cookie.http_only.value:
            line += "; httponly"
        yield line


def _with(headers: "CIMultiDict[str]", custom_headers: Mapping[str, str]) -> "CIMultiDict[str]":
    for name, value in custom_headers.items():
        headers.setdefault(name, value)
    return headers


def _body(data: TypedData | None) -> bytes:
    if data is None or data.value is None:
        return b""
    return data.value if isinstance(data.value, bytes) else str(data.value).encode()
