"""The shared HTTP client for Microsoft Entra ID and Graph: few hosts, no redirects, limits on time and size, retries.

Retry rules are Microsoft's ("Microsoft Graph throttling guidance"): wait what Retry-After says, else back off
exponentially with jitter; never at once, since refused calls count too. All of it inside the caller's deadline.
"""

import asyncio
import random
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable
from lib.ports import Deadline

LARGEST_ANSWER = 32 * 1024 * 1024  # bytes; a schedule of 20 people is well below 1 MiB
LONGEST_TRY = 12.0  # seconds for one try, so that a second one fits into a call's deadline
_CONNECT = 4.0
_TRIES = 3
_LONGEST_WAIT = 3600.0  # seconds; whoever says more has a wrong clock
_TRANSIENT = frozenset({429, 500, 502, 503, 504, 509})


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read to its end. Header names are in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait by the header Retry-After: whole or fractional seconds, or an HTTP date."""
        return retry_after(self.headers.get("Retry-After"), datetime.now(UTC))


def retry_after(text: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, an hour at most; None if it cannot be read (RFC 9110)."""
    if not text:
        return None
    try:
        seconds = float(text)
        return min(seconds, _LONGEST_WAIT) if seconds >= 0 else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    return min(max(0.0, seconds), _LONGEST_WAIT)


class Http:
    """One session for the process, made on the event loop at the first request."""

    def __init__(self, *origins: str) -> None:
        self._hosts = {urlsplit(origin).netloc.lower() for origin in origins}
        self._tls = ssl.create_default_context()  # reads SSL_CERT_FILE; takes some milliseconds
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(ssl=self._tls, limit=256, limit_per_host=128)
            # Cookies would carry something from one customer to the next.
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def close(self) -> None:
        """Close the session; the next request opens another."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        repeat: bool = True,
    ) -> Reply:
        """Send a request that is safe to repeat; return the last answer, whatever its status.

        Transient statuses and broken connections are tried again while the deadline allows. Without `repeat` there is
        one try only, for what is not safe to repeat. Raises MicrosoftTimeout, MicrosoftUnavailable (no answer at all).
        """
        if urlsplit(url).netloc.lower() not in self._hosts:
            raise ValueError("a host that this client was not made for")
        attempt, tries = 0, _TRIES if repeat else 1
        while True:
            attempt += 1
            reply = await self._attempt(method, url, deadline, headers, json, last=attempt == tries)
            if reply is not None and reply.status not in _TRANSIENT:
                return reply
            wait = _pause(attempt, reply)
            if attempt == tries or wait >= deadline.left():
                if reply is None:
                    raise MicrosoftTimeout
                return reply
            await asyncio.sleep(wait)

    async def _attempt(
        self, method: str, url: str, deadline: Deadline, headers: Mapping[str, str] | None, json: Any, *, last: bool
    ) -> Reply | None:
        """Return the answer of one try, None if it broke off and another try is allowed."""
        timeout = aiohttp.ClientTimeout(total=min(LONGEST_TRY, max(0.01, deadline.left())), connect=_CONNECT)
        try:
            async with self._open().request(
                method, url, headers=headers, json=json, timeout=timeout, allow_redirects=False
            ) as answer:
                return Reply(answer.status, answer.headers, await _read(answer))
        except TimeoutError:
            if last or deadline.left() <= 0.1:
                raise MicrosoftTimeout from None
        except (aiohttp.ClientError, OSError) as problem:
            if last or deadline.left() <= 0.1:
                raise unreachable() from problem
        return None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body, refusing one that is larger than anything Microsoft sends us."""
    chunks = bytearray()
    async for chunk in answer.content.iter_chunked(256 * 1024):
        chunks += chunk
        if len(chunks) > LARGEST_ANSWER:
            raise aiohttp.ClientPayloadError("the answer is too large")
    return bytes(chunks)


def unreachable() -> MicrosoftUnavailable:
    """Return the error of a Microsoft service that does not answer."""
    return MicrosoftUnavailable(
        "Microsoft could not be reached.",
        remedy="Try again in a minute. If it goes on, look at the Microsoft 365 service health page and at this "
        "deployment's network.",
    )


def _pause(attempt: int, reply: Reply | None) -> float:
    """Return the seconds to wait before the next try."""
    asked = reply.retry_after if reply else None
    jitter = random.uniform(0, 0.25)  # noqa: S311  spreads load, protects nothing
    return (asked if asked is not None else 0.4 * 2.0**attempt) + jitter
