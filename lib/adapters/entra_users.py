"""Microsoft Entra ID for what users grant: authorization codes and refresh tokens, through MSAL.

For each call there is an application object that holds only this user's cache, so that no token of one user can ever be
found for another. The tenant's OpenID configuration is remembered for a day, as MSAL would.
"""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lib.adapters.entra_answers import read_granted
from lib.adapters.http import unreachable
from lib.adapters.msal_calls import UnknownTenant, failures_of_msal, new_application
from lib.domain.connection import Grant
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import Granted
from lib.ports import Credential, Deadline, Redemption

if TYPE_CHECKING:
    import requests
    from msal import ConfidentialClientApplication, SerializableTokenCache

    # Asks MSAL for tokens and returns its answer.
    Ask = Callable[[ConfidentialClientApplication], dict[str, Any] | None]

_MOST_TENANTS = 2000  # whose OpenID configuration is remembered
_MSAL_ADDS = ("openid", "profile", "offline_access")


@dataclass(frozen=True)
class _Request:
    """What MSAL is asked for, and the user's cache to begin with."""

    scopes: tuple[str, ...]
    ask: "Ask"
    cache: str | None = field(default=None, repr=False)


class EntraUsers:
    """Entra ID of one cloud; implements `lib.ports.UserEntra`. `session` makes the requests session that MSAL uses."""

    def __init__(self, entra_url: str, session: "Callable[[], requests.Session]") -> None:
        self._entra_url = entra_url
        self._new_session = session
        self._session: requests.Session | None = None
        self._discovered: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._busy: dict[str, float] = {}  # by tenant, on the monotonic clock: when Entra ID wants to be asked again
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

        return await self._call(credential, _Request(redemption.scopes, ask), deadline)

    async def refresh(self, credential: Credential, grant: Grant, deadline: Deadline) -> Granted:
        """See `lib.ports.UserEntra`."""

        def ask(application: "ConfidentialClientApplication") -> dict[str, Any] | None:
            accounts = application.get_accounts()
            if len(accounts) != 1:
                return {"error": "invalid_grant"}  # a cache without its account: only a new sign-in helps
            found: dict[str, Any] | None = application.acquire_token_silent_with_error(
                list(grant.scopes), accounts[0], force_refresh=True
            )
            return found or {"error": "invalid_grant"}

        return await self._call(credential, _Request(grant.scopes, ask, grant.cache), deadline)

    async def _call(self, credential: Credential, request: "_Request", deadline: Deadline) -> Granted:
        if (wait := self._busy.get(credential.tenant, 0.0) - time.monotonic()) > 0:
            raise Throttled(wait)
        secret = await credential.secret()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.left()):
                work = loop.run_in_executor(self._threads, self._work, credential, secret, request, deadline)
                return await work
        except TimeoutError:
            raise MicrosoftTimeout from None
        except Throttled as busy:
            self._busy[credential.tenant] = time.monotonic() + busy.retry_after
            raise

    def _work(self, credential: Credential, secret: str, request: "_Request", deadline: Deadline) -> Granted:
        """Runs in a thread."""
        if not deadline.left():
            raise MicrosoftTimeout  # it waited so long for a thread that nobody waits for it any more
        import msal

        tokens = msal.SerializableTokenCache()
        if request.cache:
            tokens.deserialize(request.cache)
        known = dict(self._discovered.get(credential.tenant, {}))
        with failures_of_msal():
            try:
                application = new_application(
                    self._entra_url, credential, secret, self._requests(), token_cache=tokens, http_cache=known
                )
            except UnknownTenant:
                raise unreachable() from None
            self._remember(credential.tenant, known)
            result = request.ask(application)
        if not result or not {"access_token", "error"} & result.keys():
            raise unreachable()
        return read_granted(result, _without_access_tokens(tokens), request.scopes)

    def _remember(self, tenant: str, discovered: dict[str, Any]) -> None:
        """Keep the tenant's OpenID configuration, a copy: what MSAL adds to its own later is about one user."""
        self._discovered[tenant] = dict(discovered)
        if len(self._discovered) > _MOST_TENANTS:
            self._discovered.popitem(last=False)

    def _requests(self) -> "requests.Session":
        if self._session is None:
            self._session = self._new_session()
        return self._session


def _without_access_tokens(tokens: "SerializableTokenCache") -> str:
    """Return the cache without access tokens: ours is kept beside it, and the space in a row is limited."""
    kept = json.loads(tokens.serialize())
    kept.pop("AccessToken", None)
    return json.dumps(kept, separators=(",", ":"))
