"""Small fakes of what users' connections need: the rows, the seal, and Entra ID's answers to users' grants."""

import asyncio
import hashlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lib.domain.connection import Connection, Grant, user_key
from lib.domain.microsoft import Granted, UserToken
from lib.ports import Conflict, Credential, Deadline, Redemption, SealBroken, StoredConnection
from tests.usecases.fakes import APPLICATION, ISSUER, NOW, TENANT, Steps

ADA = "ada@contoso.com"
OID = "0d000000-0000-0000-0000-00000000000a"
SCOPES = ("Calendars.ReadBasic", "User.Read")


def user_token(value: str = "token 0", *, lasts: float = 3600, **fields: Any) -> UserToken:
    """Return a token of Ada's; `lasts` is in seconds from now on."""
    now = time.time()
    return replace(UserToken(value, now + lasts, TENANT, OID, SCOPES, fetched_at=now), **fields)


def grant_of(name: str = "0", **fields: Any) -> Grant:
    """Return a grant whose cache and token carry this name."""
    return Grant(f"cache {name}", SCOPES, user_token(f"token {name}", **fields))


class FakeSealer:
    """Seals for one identity, as the real one does: opening with another raises SealBroken."""

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or Steps()
        self.broken = False
        self._nonces = itertools.count(1)

    async def seal(self, text: str, identity: tuple[str, ...]) -> bytes:
        self.steps.enter("seal")
        self.steps.leave()
        return json.dumps([next(self._nonces), identity, text]).encode()  # never twice the same

    async def open(self, sealed: bytes, identity: tuple[str, ...]) -> str:
        self.steps.enter("open seal")
        self.steps.leave()
        try:
            _, sealed_for, text = json.loads(sealed)
        except ValueError:
            raise SealBroken from None
        if self.broken or tuple(sealed_for) != identity:
            raise SealBroken
        return str(text)


class FakeConnections:
    def __init__(self, steps: Steps | None = None) -> None:
        self.rows: dict[tuple[str, str, str], StoredConnection] = {}
        self.steps = steps or Steps()
        self.before_write: Callable[[], Awaitable[None]] | None = None
        self._etags = itertools.count(1)

    async def read(self, customer: str, generation: str, user: str) -> StoredConnection | None:
        self.steps.enter("read connection")
        self.steps.leave()
        await asyncio.sleep(0)
        return self.rows.get((customer, generation, user))

    async def write(self, connection: Connection, etag: str | None) -> str:
        self.steps.enter("write connection")
        if self.before_write:
            interrupt, self.before_write = self.before_write, None
            await interrupt()
        now = self.rows.get(_key(connection))
        if (now.etag if now else None) != etag:
            raise Conflict
        self.put(connection)
        self.steps.leave()
        return self.rows[_key(connection)].etag

    async def remove(self, customer: str, generation: str, user: str) -> None:
        self.steps.enter("remove connection")
        self.rows.pop((customer, generation, user), None)
        self.steps.leave()

    async def of_account(self, customer: str, generation: str, object_id: str) -> list[str]:
        self.steps.enter("names of account")
        self.steps.leave()
        mine = (customer, generation, object_id)
        return [key[2] for key, row in self.rows.items() if (*key[:2], row.connection.object_id) == mine]

    async def forget(self, customer: str, generation: str) -> None:
        self.steps.enter("forget connections")
        self.rows = {key: row for key, row in self.rows.items() if key[:2] != (customer, generation)}
        self.steps.leave()

    async def ended(self, customer: str, generation: str) -> AsyncIterator[StoredConnection]:
        self.steps.enter("ended connections")
        self.steps.leave()
        for key, row in list(self.rows.items()):
            if key[:2] == (customer, generation) and row.connection.ended is not None:
                yield row

    async def generations(self) -> AsyncIterator[tuple[str, str]]:
        for pair in sorted({key[:2] for key in self.rows}):
            yield pair

    async def not_renewed_since(self, moment: datetime) -> AsyncIterator[StoredConnection]:
        for stored in list(self.rows.values()):
            if stored.connection.renewed_at < moment and not stored.connection.ended:
                yield stored

    def put(self, connection: Connection) -> StoredConnection:
        stored = self.rows[_key(connection)] = StoredConnection(connection, f"e{next(self._etags)}")
        return stored

    def get(self, user: str = ADA, generation: str = "m1") -> Connection:
        return self.rows["contoso", generation, user_key(user)].connection


def _key(connection: Connection) -> tuple[str, str, str]:
    return connection.customer, connection.generation, connection.user


class FakeUserEntra:
    """Gives new tokens of Ada's; `script` is what the next calls do instead: give or raise something else."""

    def __init__(self) -> None:
        self.script: list[Granted | Exception] = []
        self.claims: dict[str, Any] = {}
        self.scopes = SCOPES
        self.refreshed: list[Grant] = []
        self.redeemed: list[Redemption] = []
        self.on_call: Callable[[], Awaitable[None]] | None = None

    async def redeem(self, credential: Credential, redemption: Redemption, deadline: Deadline) -> Granted:
        self.redeemed.append(redemption)
        name = f"of code {len(self.redeemed)}"
        granted = await self._answer(credential, name)
        claims = {
            "aud": APPLICATION,
            "iss": ISSUER,
            "tid": granted.token.tenant,
            "oid": granted.token.object_id,
            "exp": (NOW + timedelta(hours=1)).timestamp(),
            "nonce": hashlib.sha256(redemption.nonce_seed.encode()).hexdigest(),
            "preferred_username": ADA,
        }
        return replace(granted, claims=claims | self.claims)

    async def refresh(self, credential: Credential, grant: Grant, deadline: Deadline) -> Granted:
        self.refreshed.append(grant)
        return await self._answer(credential, str(len(self.refreshed)))

    async def _answer(self, credential: Credential, name: str) -> Granted:
        if self.on_call:
            await self.on_call()
        await credential.secret()
        answer = self.script.pop(0) if self.script else given(name, scopes=self.scopes)
        if isinstance(answer, Exception):
            raise answer
        return answer


def given(name: str, **fields: Any) -> Granted:
    """Return what Entra ID gives: a token and a cache that carry this name."""
    return Granted(user_token(f"token {name}", **fields), f"cache {name}")
