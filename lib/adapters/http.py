"""The shared HTTP client for Microsoft Entra ID and Graph: few hosts, no redirects, limits on time and size, retries.

When and how often something is tried again is told in `lib.adapters.patience`.
"""

import asyncio
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from lib.adapters.patience import TRANSIENT, Passing, Patience, Tries
from lib.adapters.retry_budget import RetryBudget
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable
from lib.ports import Deadline

LARGEST_ANSWER = 32 * 1024 * 1024  # bytes; 20 people with 1,000 entries each are 8 MiB
_TRIES = 3
_LONGEST_WAIT = 3600.0  # seconds; whoever says more has a wrong clock


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, read to its end. Header names are in any case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

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
    """The connections of the process, opened on the event loop at the first request, and one budget for all retries."""

    def __init__(self, *origins: str, budget: RetryBudget | None = None, patience: Patience | None = None) -> None:
        self._hosts = {urlsplit(origin).netloc.lower() for origin in origins}
        self.budget = budget or RetryBudget()
        self.patience = patience or Patience()
        self._tls = ssl.create_default_context()  # reads SSL_CERT_FILE; takes some milliseconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # by whether each request has a connection of its own

    def _open(self, *, fresh: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(fresh)
        if session is None or session.closed:
            connector = aiohttp.TCPConnector(ssl=self._tls, limit=0, force_close=fresh)  # whoever sends much has gates
            # Cookies would carry something from one customer to the next.
            session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
            self._sessions[fresh] = session
        return session

    async def close(self) -> None:
        """Close all connections; the next request opens new ones."""
        for session in self._sessions.values():
            await session.close()

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
        tries = Tries(_TRIES if repeat else 1, deadline, self.patience, self.budget)
        while True:
            try:
                reply = await self.attempt(method, url, deadline, headers=headers, json=json, fresh=tries.number > 1)
            except Passing as failure:
                pause = tries.pause(failure.retry_after)
                if not tries.another(pause):
                    raise failure.told() from failure
            else:
                if reply.status not in TRANSIENT:
                    self.budget.give_back()
                    return reply
                pause = tries.pause(reply.retry_after)
                if not tries.another(pause):
                    return reply
            await asyncio.sleep(pause)

    async def attempt(
        self,
        method: str,
        url: str,
        deadline: Deadline,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        fresh: bool = False,
    ) -> Reply:
        """Send a request once; return the answer, whatever its status.

        `fresh` takes a new connection. That is for repeats: one that was kept may have died, and so may the next.

        Raises Passing if there was no whole answer in time, MicrosoftTimeout (and sends nothing) once the deadline is
        over, MicrosoftUnavailable for an answer that is too large, which it would be again.
        """
        if urlsplit(url).netloc.lower() not in self._hosts:
            raise ValueError("a host that this client was not made for")
        arrived: Mapping[str, str] = {}
        try:
            async with self._open(fresh=fresh).request(
                method, url, headers=headers, json=json, timeout=self._timeout(deadline), allow_redirects=False
            ) as answer:
                arrived = answer.headers
                reply = Reply(answer.status, arrived, await _read(answer))
        except TimeoutError as problem:
            raise _broken(MicrosoftTimeout, arrived) from problem
        except (aiohttp.ClientError, OSError) as problem:
            raise _broken(unreachable, arrived) from problem
        return reply

    def _timeout(self, deadline: Deadline) -> aiohttp.ClientTimeout:
        """Return the time-outs of a try. Raises MicrosoftTimeout if there is no time left."""
        left = deadline.left()
        if not left:  # to aiohttp 0 would mean: no limit
            raise MicrosoftTimeout
        # aiohttp's `connect` would count the time in which a try waits for one of the session's connections, too; and
        # above its threshold it rounds up to whole seconds, beyond the deadline.
        return aiohttp.ClientTimeout(
            total=min(self.patience.longest_try, left), sock_connect=self.patience.connect, ceil_threshold=math.inf
        )


def _broken(told: Callable[[], Exception], headers: Mapping[str, str]) -> Passing:
    """Return the failure of a try without a whole answer; `headers` are what came of it."""
    return Passing(told, headers=headers, retry_after=retry_after(headers.get("Retry-After"), datetime.now(UTC)))


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Return the body. Raises MicrosoftUnavailable for one that is larger than anything Microsoft sends us."""
    chunks, size = [], 0
    async for chunk in answer.content.iter_any():
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise unreachable()
    return b"".join(chunks)


def unreachable() -> MicrosoftUnavailable:
    """Return the error of a Microsoft service that does not answer."""
    return MicrosoftUnavailable(
        "Microsoft could not be reached.",
        remedy="Try again in a minute. If it goes on, look at the Microsoft 365 service health page and at this "
        "deployment's network.",
    )
