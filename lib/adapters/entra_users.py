"""Microsoft Entra ID for what users grant: authorization codes and refresh tokens, through MSAL.

For each call there is an application object that holds only this user's cache, so that no token of one user can ever be
found for another. The tenant's OpenID configuration is remembered for a day, as MSAL would.
"""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lib.adapters.entra_answers import read_granted
from lib.adapters.http import unreachable
from lib.adapters.msal_calls import UnknownTenant, failures_of_msal, new_application
from lib.domain.connection import Grant
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import Directory, Granted
from lib.ports import Credential, Deadline, Redemption

if TYPE_CHECKING:
    import requests
    from msal import ConfidentialClientApplication, SerializableTokenCache

    # Asks MSAL for tokens and returns its answer.
    Ask = Callable[[ConfidentialClientApplication], dict[str, Any] | None]

_MOST_TENANTS = 2000  # whose OpenID configuration is remembered
_NO_TOKEN = {"error": "invalid_grant"}  # a cache without a refresh token: only a new sign-in helps
_MSAL_ADDS = ("openid", "profile", "offline_access")


@dataclass(frozen=True)
class _Request:
    """What MSAL is asked for, and the user's cache to begin with."""

    scopes: tuple[str, ...]
    ask: "Ask"
    cache: str | None = field(default=None, repr=False)
    account: tuple[str, str] | None = None
    repeat: bool = True


class EntraUsers:
    """Entra ID of one cloud; implements `lib.ports.UserEntra`.

    `session` makes the requests session that MSAL uses; `directory` looks a tenant up (`lib.ports.Entra`).
    """

    def __init__(
        self,
        entra_url: str,
        session: "Callable[..., requests.Session]",
        directory: Callable[[str, Deadline], Awaitable[Directory]],
    ) -> None:
        self._directory = directory
        self._entra_url = entra_url
        self._new_session = session
        self._sessions: dict[bool, requests.Session] = {}
        self._discovered: OrderedDict[str, dict[str, Any]] = OrderedDict()
        # By customer, generation and user, on the monotonic clock: when Entra ID wants to be asked again.
        self._busy: dict[tuple[str, ...], float] = {}
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="msal-users")

    async def redeem(self, credential: Credential, redemption: Redemption, deadline: Deadline) -> Granted:
        """See `lib.ports.UserEntra`."""

        def ask(application: "ConfidentialClientApplication") -> dict[str, Any] | None:
            flow = {
                "state": "checked before",
                "redirect_uri": redemption.redirect_uri,
                "scope": [*redemption.scopes, *_MSAL_ADDS],
                "code_verifier": redemption.verifier,
                "nonce": redemption.nonce_seed,
            }
            try:
                found: dict[str, Any] = application.acquire_token_by_auth_code_flow(
                    flow, {"code": redemption.code, "state": flow["state"]}
                )
            except RuntimeError:  # MSAL's word for an ID token with another nonce
                return {"error": "wrong_nonce"}
            return found

        # A code is sent once, whatever happens (RFC 6749 section 4.1.2).
        return await self._call(credential, _Request(redemption.scopes, ask, repeat=False), deadline)

    async def refresh(self, credential: Credential, grant: Grant, deadline: Deadline) -> Granted:
        """See `lib.ports.UserEntra`."""

        def ask(application: "ConfidentialClientApplication") -> dict[str, Any] | None:
            scopes, accounts = list(grant.scopes), application.get_accounts()
            kept = list(json.loads(grant.cache).get("RefreshToken", {}).values())
            if not kept:
                return _NO_TOKEN
            found: dict[str, Any] | None
            if len(accounts) == 1:
                found = application.acquire_token_silent_with_error(scopes, accounts[0], force_refresh=True)
            else:  # MSAL finds accounts by the sign-in host: the deployment's setting was changed since
                found = application.acquire_token_by_refresh_token(kept[-1]["secret"], scopes)
            return found

        account = (grant.token.tenant, grant.token.object_id)
        who = (*credential.key[:2], *account)
        if (wait := self._busy.get(who, 0.0) - time.monotonic()) > 0:
            raise Throttled(wait)
        try:
            return await self._call(credential, _Request(grant.scopes, ask, grant.cache, account), deadline)
        except Throttled as busy:
            self._remember_busy(who, busy.retry_after)
            raise

    async def _call(self, credential: Credential, request: _Request, deadline: Deadline) -> Granted:
        secret = await credential.secret()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.left()):
                work = loop.run_in_executor(self._threads, self._work, credential, secret, request, deadline)
                return await work
        except TimeoutError:
            raise MicrosoftTimeout from None
        except UnknownTenant:
            await self._directory(credential.tenant, deadline)  # says what is wrong with it
            raise unreachable() from None

    def _work(self, credential: Credential, secret: str, request: _Request, deadline: Deadline) -> Granted:
        """Runs in a thread."""
        if not deadline.left():
            raise MicrosoftTimeout  # it waited so long for a thread that nobody waits for it any more
        import msal

        tokens = msal.SerializableTokenCache()
        known = dict(self._discovered.get(credential.tenant, {}))
        with failures_of_msal():
            if request.cache:
                tokens.deserialize(request.cache)
            session = self._requests(repeat=request.repeat)
            application = new_application(
                self._entra_url, credential, secret, session, token_cache=tokens, http_cache=known
            )
            self._remember(credential.tenant, known)
            result = request.ask(application)
            if not result or not {"access_token", "error"} & result.keys():
                raise unreachable()
            return read_granted(result, _without_access_tokens(tokens), request.scopes, request.account)

    def _remember_busy(self, who: tuple[str, ...], seconds: float) -> None:
        now = time.monotonic()
        self._busy = {one: until for one, until in self._busy.items() if until > now} | {who: now + seconds}

    def _remember(self, tenant: str, discovered: dict[str, Any]) -> None:
        """Keep the tenant's OpenID configuration, a copy: what MSAL adds to its own later is about one user."""
        self._discovered[tenant] = dict(discovered)
        if len(self._discovered) > _MOST_TENANTS:
            self._discovered.popitem(last=False)

    def _requests(self, *, repeat: bool) -> "requests.Session":
        if repeat not in self._sessions:
            self._sessions[repeat] = self._new_session(self._entra_url, repeat_posts=repeat)
        return self._sessions[repeat]


def _without_access_tokens(tokens: "SerializableTokenCache") -> str:
    """Return the cache without access tokens: ours is kept beside it, and the space in a row is limited."""
    kept = json.loads(tokens.serialize())
    kept.pop("AccessToken", None)
    return json.dumps(kept, separators=(",", ":"))
