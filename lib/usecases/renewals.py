"""Renew one user's grant: ask Entra ID, and store what it says, or that the grant has ended.

The row is changed under optimistic concurrency: who loses the race uses what the winner stored, and a grant is declared
dead only if the row still holds the very one that was refused. Entra ID does not revoke a refresh token when it gives
a new one (Microsoft Learn, "Refresh tokens"), so nobody is harmed by the one that is not stored.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from lib.domain.connection import (
    Connection,
    Ended,
    Grant,
    ends_the_grant,
    not_connected,
    reconnect_required,
    unreadable,
)
from lib.domain.errors import CalendarError, MicrosoftUnavailable, Refused
from lib.domain.microsoft import EntraRefused, Granted, UserToken
from lib.ports import Conflict, Connections, Credential, Deadline, Now, SealBroken, Sealer, StoredConnection, UserEntra

_log = logging.getLogger("calendar_connector")

ATTEMPTS = 6  # times that a row is written when others were faster


class Overtaken(Exception):
    """Somebody else stored another grant in the meantime: it is the one to use."""


@dataclass(frozen=True)
class Renewals:
    """Opens and renews what users granted."""

    connections: Connections
    sealer: Sealer
    entra: UserEntra
    now: Now

    async def read(self, customer: str, generation: str, user: str) -> StoredConnection:
        """Return the connection of this user key. Raises Refused (not connected)."""
        stored = await self.connections.read(customer, generation, user)
        if stored is None:
            raise not_connected()
        return stored

    async def open(self, connection: Connection) -> Grant:
        """Return what is sealed in a connection. Raises Refused (reconnect) if it does not open."""
        try:
            return Grant.parse(await self.sealer.open(connection.sealed, connection.identity))
        except (SealBroken, ValueError, KeyError, TypeError) as problem:
            _log.warning("a connection of customer %s does not open: %s", connection.customer, type(problem).__name__)
            raise unreadable() from problem

    async def renew(
        self, stored: StoredConnection, grant: Grant, credential: Credential, deadline: Deadline
    ) -> UserToken:
        """Return a new access token and store the renewed grant.

        Raises Refused (the grant is dead and marked so, or the user was disconnected meanwhile), Overtaken,
        EntraRefused, SecretMissing, and what Entra ID's client raises.
        """
        try:
            granted = await self.entra.refresh(credential, grant, deadline)
        except EntraRefused as refused:
            if not ends_the_grant(refused):
                raise
            raise reconnect_required(await self._end(stored, refused)) from refused
        of_same_account(granted, stored.connection)
        await self._store(stored, replace(grant, cache=granted.cache, token=granted.token))
        return granted.token

    async def renew_now(
        self, customer: str, generation: str, user: str, credential: Credential, deadline: Deadline
    ) -> UserToken:
        """Return a new access token, whatever the row still holds; store it. Raises as `renew` does, not Overtaken."""
        for _ in range(ATTEMPTS):
            stored = await self.read(customer, generation, user)
            if stored.connection.ended:
                raise reconnect_required(stored.connection.ended)
            grant = await self.open(stored.connection)
            try:
                return await self.renew(stored, grant, credential, deadline)
            except Overtaken:
                continue
        raise overtaken_too_often()

    async def try_out(self, stored: StoredConnection, credential: Credential, deadline: Deadline) -> UserToken:
        """Return a new access token, storing nothing. Raises as `renew` does."""
        if stored.connection.ended:
            raise reconnect_required(stored.connection.ended)
        grant = await self.open(stored.connection)
        try:
            granted = await self.entra.refresh(credential, grant, deadline)
        except EntraRefused as refused:
            if ends_the_grant(refused):
                raise reconnect_required(self._ended(refused)) from refused
            raise
        return of_same_account(granted, stored.connection).token

    async def rewrite(self, stored: StoredConnection, *, last_used_at: datetime) -> None:
        """Store another last use, sealed anew: whatever is written is sealed with the newest key.

        Raises Conflict, and what the stores raise.
        """
        grant = await self.open(stored.connection)
        sealed = await self.sealer.seal(grant.as_text(), stored.connection.identity)
        await self.connections.write(replace(stored.connection, sealed=sealed, last_used_at=last_used_at), stored.etag)

    async def _store(self, stored: StoredConnection, grant: Grant) -> None:
        """Store a renewed grant. If that fails, it still serves here, and the row's refresh token still works."""
        try:
            sealed = await self.sealer.seal(grant.as_text(), stored.connection.identity)
            await self._change(stored, sealed=sealed, renewed_at=self.now(), ended=None)
        except Refused:
            raise  # disconnected meanwhile
        except (CalendarError, ValueError) as problem:  # ValueError: too large for a row
            name = stored.connection.customer
            _log.warning("a renewed grant of customer %s was not stored: %s", name, type(problem).__name__)

    async def _end(self, stored: StoredConnection, refused: EntraRefused) -> Ended:
        """Mark the connection as ended, unless it holds another grant by now."""
        ended = self._ended(refused)
        await self._change(stored, ended=ended)
        customer, code = stored.connection.customer, ended.advice.code
        _log.warning("the grant of a user of customer %s has ended: %s, %s", customer, code, refused.trace.of_entra)
        return ended

    def _ended(self, refused: EntraRefused) -> Ended:
        return Ended(self.now(), refused.codes, refused.error, refused.suberror)

    async def _change(self, stored: StoredConnection, **changes: object) -> None:
        """Change the row as long as it holds the grant that was read. Raises Overtaken, Refused (not connected)."""
        before = stored.connection
        for _ in range(ATTEMPTS):
            try:
                changed = replace(stored.connection, **changes)  # type: ignore[arg-type]  # Connection's own fields
                await self.connections.write(changed, stored.etag)
                return
            except Conflict:
                stored = await self.read(before.customer, before.generation, before.user)
                now = stored.connection
                if (now.connected_at, now.renewed_at) != (before.connected_at, before.renewed_at):
                    raise Overtaken from None
        raise Overtaken


def overtaken_too_often() -> MicrosoftUnavailable:
    """Return the error of a connection that others keep changing."""
    return MicrosoftUnavailable(
        "The connection of this user is being changed by others at the same time.", remedy="Try again in a minute."
    )


def of_same_account(granted: Granted, connection: Connection) -> Granted:
    """Return it if the token is of the account that connected. Raises Refused (reconnect)."""
    if (granted.token.tenant, granted.token.object_id) != (connection.tenant, connection.object_id):
        _log.error("Entra ID gave a token of another account for a connection of customer %s", connection.customer)
        raise unreadable()
    return granted
