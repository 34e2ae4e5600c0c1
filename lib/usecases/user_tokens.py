"""A user's access token for Graph: from memory, from the user's row, or new from Entra ID.

What is remembered counts only under the customer's mark it was read under (`Customer.connections_mark`), so a warm call
reads the customer's row and nothing else, and a user who was disconnected is so at once in every process.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date

from lib.domain.configuration import UNSETTLED, Customer
from lib.domain.connection import Connection, Grant, reconnect_required, user_key
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Refused, Throttled
from lib.domain.microsoft import EntraRefused, UserToken
from lib.domain.refusals import is_passing
from lib.ports import Conflict, Credential, Deadline, StoredConnection
from lib.usecases.renewals import ATTEMPTS, Overtaken, Renewals, overtaken_too_often

_log = logging.getLogger("calendar_connector")

_RENEW_BEFORE = 300.0  # seconds before its end at which a token is renewed
_USE_UNTIL = 30.0  # an old token still serves until here if it cannot be renewed
_PATIENCE = 20.0  # seconds for a renewal, whoever waits for it
_SHORT_PATIENCE = 4.0  # seconds, while the old token still serves
_NOTING = 1.0  # seconds: whoever called has the answer already and should not wait for this
_REST = 30.0  # seconds until a renewal that failed is tried again, while the old token serves
_MOST_USERS = 5000  # remembered, the least recently used go first


@dataclass
class _Remembered:
    """What this process remembers of one user, read under `mark`; and the request that is under way."""

    mark: str | None = None
    token: UserToken | None = None
    used_on: date | None = None
    asking: "asyncio.Task[UserToken] | None" = field(default=None, repr=False)
    asking_for: tuple[str, str | None] = field(default=("", None), repr=False)
    rest_until: float = 0.0  # on the monotonic clock: a renewal has just failed, and the token still lasts for a while

    def serves(self) -> bool:
        """Return whether the token may be used without asking for another."""
        resting = time.monotonic() < self.rest_until
        return self.token is not None and _lasts(self.token, _USE_UNTIL if resting else _RENEW_BEFORE)


class UserTokens:
    """Users' access tokens in this process."""

    def __init__(self, renewals: Renewals) -> None:
        self._renewals = renewals
        self._users: OrderedDict[tuple[str, str, str], _Remembered] = OrderedDict()

    async def token(
        self,
        customer: Customer,
        credential: Credential,
        user: str,
        deadline: Deadline,
        *,
        instead_of: UserToken | None = None,
    ) -> UserToken:
        """Return a token that lasts; another one than `instead_of`, which Graph refused.

        Callers that need one at the same time share one request and its outcome. Raises Refused (not connected,
        reconnect), EntraRefused, SecretMissing, and what the stores raise.
        """
        key = (customer.id, customer.generation, user_key(user))
        known = self._remembered(key)
        counts = known.mark == customer.connections_mark and known.serves()
        if known.token and counts and not _same(known.token, instead_of):
            return known.token
        purpose = (customer.connections_mark, instead_of.value if instead_of else None)
        if known.asking is None or known.asking.done() or known.asking_for != purpose:
            known.asking_for = purpose
            known.asking = asyncio.create_task(
                self._obtain(known, key, credential, customer.connections_mark, instead_of)
            )
            known.asking.add_done_callback(lambda task: task.cancelled() or task.exception())  # told to who waits
        try:
            async with asyncio.timeout(deadline.left()):
                return await asyncio.shield(known.asking)  # one caller's time-out is not everybody's
        except TimeoutError:
            raise MicrosoftTimeout from None

    async def note_use(self, customer: Customer, user: str) -> None:
        """Note that the connection was used today: one write a day, and none that matters if it fails."""
        key, now = (customer.id, customer.generation, user_key(user)), self._renewals.now()
        known = self._users.get(key)
        if known is None or known.used_on == now.date():
            return
        known.used_on = now.date()
        try:
            async with asyncio.timeout(_NOTING):
                stored = await self._renewals.read(*key)
                if _used_on(stored.connection) != now.date():
                    await self._renewals.rewrite(stored, last_used_at=now)
        except (CalendarError, Conflict, TimeoutError, ValueError) as problem:
            _log.info("a use was not noted: %s", type(problem).__name__)

    async def _obtain(
        self,
        known: _Remembered,
        key: tuple[str, str, str],
        credential: Credential,
        mark: str,
        instead_of: UserToken | None,
    ) -> UserToken:
        for _ in range(ATTEMPTS):
            stored = await self._renewals.read(*key)
            known.used_on = _used_on(stored.connection)
            if stored.connection.ended:  # not remembered: a renewal or a new sign-in elsewhere mends it
                known.mark, known.token = None, None
                raise reconnect_required(stored.connection.ended)
            grant = await self._renewals.open(stored.connection)
            try:
                token = await self._current(known, stored, grant, credential, instead_of)
            except Overtaken:
                continue
            except Refused:  # the grant is dead, or the user was disconnected: the old token is not used any more
                known.mark, known.token = None, None
                raise
            known.mark, known.token = (None if mark == UNSETTLED else mark), token
            return token
        raise overtaken_too_often()

    async def _current(
        self,
        known: _Remembered,
        stored: StoredConnection,
        grant: Grant,
        credential: Credential,
        instead_of: UserToken | None,
    ) -> UserToken:
        """Return the row's token if it lasts, else a new one; the old one while it serves and Entra ID does not."""
        usable = not _same(grant.token, instead_of)
        if usable and _lasts(grant.token, _RENEW_BEFORE):
            return grant.token
        serves = usable and _lasts(grant.token, _USE_UNTIL)
        patience = Deadline.after(_SHORT_PATIENCE if serves else _PATIENCE)
        try:
            return await self._renewals.renew(stored, grant, credential, patience)
        except (MicrosoftUnavailable, MicrosoftTimeout, Throttled, EntraRefused) as problem:
            if serves and (not isinstance(problem, EntraRefused) or is_passing(problem)):
                known.rest_until = time.monotonic() + _REST
                return grant.token
            raise

    def _remembered(self, key: tuple[str, str, str]) -> _Remembered:
        known = self._users.get(key)
        if known is None:
            known = self._users[key] = _Remembered()
            if len(self._users) > _MOST_USERS:
                self._users.popitem(last=False)
        self._users.move_to_end(key)
        return known


def _lasts(token: UserToken, seconds: float) -> bool:
    return token.expires_at - time.time() > seconds


def _same(token: UserToken, other: UserToken | None) -> bool:
    return other is not None and token.value == other.value


def _used_on(connection: Connection) -> date | None:
    return connection.last_used_at.date() if connection.last_used_at else None
