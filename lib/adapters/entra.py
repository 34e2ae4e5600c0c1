"""Microsoft Entra ID: which tenant a name means, and app-only tokens through MSAL.

MSAL is synchronous, so it works in threads, and only when no token is at hand. An application object has one token
cache, so there is one per customer, generation and version of the secret; MSAL's throttling cache does not know the
secret, so a fresh token is asked with a fresh object.
"""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lib.adapters.entra_answers import GUID, read_refusal, read_token
from lib.adapters.http import Http, unreachable
from lib.adapters.msal_calls import UnknownTenant, failures_of_msal, new_application
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, Directory, EntraRefused
from lib.domain.refusals import is_passing
from lib.ports import Credential, Deadline

if TYPE_CHECKING:
    import requests
    from msal import ConfidentialClientApplication

_RENEW_BEFORE = 300.0  # seconds before its end at which a token is renewed, as MSAL does
_USE_UNTIL = 30.0  # an old token still serves until here if it cannot be renewed
_SHORT_PATIENCE = 4.0  # seconds to wait for a new token while the old one still serves
_REST = 30.0  # seconds for which the old one serves without asking, after it could not be renewed
_PATIENCE = 10.0  # seconds for finding out what is wrong with a tenant
_MOST_APPLICATIONS = 2000  # application objects kept, the least recently used go first


class _Entry:
    """The application object of one credential, its last token, and the request for the next one."""

    def __init__(self) -> None:
        self.application: ConfidentialClientApplication | None = None
        self.token: AppToken | None = None
        self.asking: asyncio.Task[AppToken] | None = None
        self.asking_fresh = False
        self.waiting = 0  # callers who wait for that request
        self.busy_until = 0.0  # on the monotonic clock: when Entra ID wants to be asked again
        self.rest_until = 0.0  # on the monotonic clock: a renewal has just failed

    def old_token(self) -> AppToken | None:
        """Return the last token if it still serves while there is no other."""
        return self.token if self.token and _lasts(self.token, _USE_UNTIL) else None


class EntraClient:
    """Entra ID of one cloud; implements `lib.ports.Entra`. `session` makes the requests session that MSAL uses."""

    def __init__(
        self, http: Http, entra_url: str, graph_scope: str, session: "Callable[[str], requests.Session]"
    ) -> None:
        self._http = http
        self._entra_url = entra_url
        self._scope = graph_scope
        self._new_session = session
        self._session: requests.Session | None = None
        self._entries: OrderedDict[tuple[str, ...], _Entry] = OrderedDict()
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="msal")

    async def directory(self, tenant: str, deadline: Deadline) -> Directory:
        """See `lib.ports.Entra`: the OpenID configuration of a domain carries the tenant's GUID."""
        url = f"{self._entra_url}/{quote(tenant, safe='')}/v2.0/.well-known/openid-configuration"
        reply = await self._http.send("GET", url, deadline)
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict) or reply.status >= 500 or reply.status == 429:
            raise unreachable()
        if reply.status != 200:
            raise read_refusal(answer)
        found = GUID.search(str(answer.get("token_endpoint")))
        if found is None:
            raise unreachable()
        return Directory(found.group().lower(), str(answer.get("issuer")))

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        """See `lib.ports.Entra`. Callers that need a token at the same time share one request and its outcome."""
        entry = self._entry(credential.key) if credential.keep else _Entry()
        if not fresh and entry.token and _lasts(entry.token, _RENEW_BEFORE):
            return entry.token
        old = None if fresh else entry.old_token()
        if old and time.monotonic() < entry.rest_until:
            return old
        entry.waiting += 1
        try:
            async with asyncio.timeout(min(deadline.left(), _SHORT_PATIENCE) if old else deadline.left()):
                # Shielded: one caller's time-out is not everybody's. It ends by the time-outs of its own requests.
                return await asyncio.shield(self._asking(entry, credential, fresh=fresh))
        except (TimeoutError, MicrosoftUnavailable, MicrosoftTimeout, Throttled, EntraRefused) as problem:
            if old and _passes(problem):
                entry.rest_until = time.monotonic() + _REST
                return old
            if isinstance(problem, TimeoutError):
                raise MicrosoftTimeout from None
            raise
        finally:
            entry.waiting -= 1

    def _asking(self, entry: _Entry, credential: Credential, *, fresh: bool) -> "asyncio.Task[AppToken]":
        """Return the request that is under way, or a new one; a fresh token comes from a fresh request only."""
        under_way = entry.asking
        if under_way is not None and not under_way.done() and (entry.asking_fresh or not fresh):
            return under_way
        entry.asking_fresh = fresh
        entry.asking = asyncio.create_task(self._ask(entry, credential, fresh=fresh))
        entry.asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to who still waits
        return entry.asking

    def _entry(self, key: tuple[str, ...]) -> _Entry:
        entry = self._entries.get(key)
        if entry is None:
            entry = self._entries[key] = _Entry()
            if len(self._entries) > _MOST_APPLICATIONS:
                self._entries.popitem(last=False)
        self._entries.move_to_end(key)
        return entry

    async def _ask(self, entry: _Entry, credential: Credential, *, fresh: bool) -> AppToken:
        if (wait := entry.busy_until - time.monotonic()) > 0:
            raise Throttled(wait)
        secret = None
        if fresh or entry.application is None:
            secret = await credential.secret()
        loop = asyncio.get_running_loop()
        try:
            application, token = await loop.run_in_executor(self._threads, self._acquire, entry, credential, secret)
        except UnknownTenant:
            await self.directory(credential.tenant, Deadline.after(_PATIENCE))  # says what is wrong with it
            raise unreachable() from None
        entry.application = application  # only now: MSAL keeps the token, so it has to be a good one
        if entry.asking is None or entry.asking is asyncio.current_task() or entry.token is None:
            entry.token = token  # unless a fresher request was begun in the meantime
        return token

    def _acquire(
        self, entry: _Entry, credential: Credential, secret: str | None
    ) -> "tuple[ConfidentialClientApplication, AppToken]":
        """Runs in a thread."""
        if not entry.waiting:
            raise MicrosoftTimeout  # it waited so long for a thread that nobody waits for it any more
        try:
            with failures_of_msal():
                application = entry.application
                if secret is not None or application is None:
                    application = new_application(self._entra_url, credential, secret, self._requests())
                result: dict[str, Any] = application.acquire_token_for_client([self._scope])
                if not {"access_token", "error"} & result.keys():
                    raise unreachable()
                return application, read_token(result, credential.tenant)
        except Throttled as busy:
            entry.busy_until = time.monotonic() + busy.retry_after
            raise

    def _requests(self) -> "requests.Session":
        if self._session is None:
            self._session = self._new_session(self._entra_url)
        return self._session


def _passes(problem: Exception) -> bool:
    """Return whether a failure is a passing one, so that a token which still lasts may serve."""
    return not isinstance(problem, EntraRefused) or is_passing(problem)


def _lasts(token: AppToken, seconds: float) -> bool:
    return token.expires_at - time.time() > seconds
