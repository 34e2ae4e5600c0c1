"""The token of one look-up, which all its requests use, and which is renewed for all of them when Graph refuses it."""

import asyncio
import time
from dataclasses import dataclass, field

from lib.domain.errors import CalendarError
from lib.domain.microsoft import EntraRefused, SecretMissing
from lib.ports import Deadline
from lib.ports.graph import Tally
from lib.usecases.askers import Asker, Token

_OTHER_TOKENS = 2  # after one that Graph refused: what another process stored meanwhile may be refused, too
_FRESH = 10.0  # seconds; no other token would do better than one of this age


@dataclass
class CurrentToken:
    """The token in use. Every method raises the contract's errors, as the asker words them."""

    asker: Asker
    deadline: Deadline
    tally: Tally
    _token: Token | None = None
    _renewed: int = 0
    _failed: CalendarError | None = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def get(self) -> Token:
        """Return the token."""
        async with self._lock:
            if self._token is None:
                self._token = await self._ask(None)
            return self._token

    async def instead_of(self, refused: Token) -> Token | None:
        """Return another token than Graph refused; None if no other would do better.

        Requests that were refused at the same time share the new one.
        """
        async with self._lock:
            if self._token is not None and self._token.value != refused.value:
                return self._token
            if self._failed:
                raise self._failed  # whoever else brings a refused token would only ask the same again
            if self._renewed and (self._renewed >= _OTHER_TOKENS or time.time() - refused.fetched_at < _FRESH):
                return None
            self._renewed += 1
            self._token = await self._ask(refused)
            return self._token

    async def _ask(self, instead_of: Token | None) -> Token:
        try:
            with self.tally.waiting():
                return await self.asker.token(self.deadline, instead_of=instead_of)
        except EntraRefused as refused:
            self._failed = self.asker.refused_by_entra(refused)
            raise self._failed from refused
        except SecretMissing as missing:
            self._failed = self.asker.secret_missing()
            raise self._failed from missing
        except CalendarError as problem:
            self._failed = problem
            raise
