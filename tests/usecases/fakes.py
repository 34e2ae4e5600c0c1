"""Small fakes of `lib/ports`: they keep what they are given and can be told to fail at any step."""

import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.domain.configuration import Access, ConfigurationType, Consent, Customer, Draft
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import (
    AppToken,
    Directory,
    EntraRefused,
    GraphRefused,
    RegisteredSecret,
    SecretMissing,
    UserToken,
)
from lib.ports import Conflict, Credential, Damaged, Deadline, Stored, VaultSecret, VaultVersion
from lib.ports.graph import GraphAnswer, Seat, Tally, TryAgain
from tests.domain.tiny_graph import free

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TENANT = "11111111-0000-0000-0000-000000000001"
ISSUER = f"https://login.microsoftonline.com/{TENANT}/v2.0"
APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"
DRAFT = Draft(Access(ConfigurationType.ADVANCED, "contoso.com", APPLICATION, Consent.ADMIN), secret="s3cret")


def down() -> MicrosoftUnavailable:
    return MicrosoftUnavailable("down")


@dataclass
class Steps:
    """Counts every call to a store; the call numbered `fail_at` fails, after it did its work if `late`.

    `before` holds what happens right before the calls of these numbers: somebody else's doing.
    """

    fail_at: int = 0
    fail_from_then_on: bool = False
    late: bool = False
    failure: Callable[[], BaseException] = down
    taken: list[str] = field(default_factory=list)
    before: dict[int, Callable[[], None]] = field(default_factory=dict)

    def enter(self, name: str) -> None:
        self.taken.append(name)
        if somebody := self.before.pop(len(self.taken), None):
            somebody()
        after = self.fail_from_then_on and len(self.taken) > self.fail_at
        if (len(self.taken) == self.fail_at and not self.late) or after:
            raise self.failure()

    def leave(self) -> None:
        if len(self.taken) == self.fail_at and self.late:
            raise self.failure()


class FakeCustomers:
    def __init__(self, steps: Steps | None = None) -> None:
        self.rows: dict[str, Stored] = {}
        self.steps = steps or Steps()
        self.before_write: Callable[[], None] | None = None
        self.unreadable: set[str] = set()
        self._etags = itertools.count(1)

    async def read(self, customer: str) -> Stored | None:
        self.steps.enter("read row")
        self.steps.leave()
        if customer in self.unreadable:
            raise Damaged
        return self.rows.get(customer)

    async def write(self, customer: Customer, etag: str | None) -> None:
        self.steps.enter("write row")
        if self.before_write:
            interrupt, self.before_write = self.before_write, None
            interrupt()
        now = self.rows.get(customer.id)
        if (now.etag if now else None) != etag:
            raise Conflict
        self.rows[customer.id] = Stored(customer, f"e{next(self._etags)}")
        self.steps.leave()

    async def remove(self, customer: str, etag: str) -> None:
        self.steps.enter("remove row")
        if customer in self.rows and self.rows[customer].etag != etag:
            raise Conflict
        self.rows.pop(customer, None)
        self.steps.leave()

    async def all(self, after: str) -> AsyncIterator[tuple[str, Customer | None]]:
        for customer in sorted(self.rows):
            if customer > after and customer in self.rows:
                self.steps.enter("page of rows")
                self.steps.leave()
                yield customer, None if customer in self.unreadable else self.rows[customer].customer

    def put(self, customer: Customer) -> None:
        self.rows[customer.id] = Stored(customer, f"e{next(self._etags)}")

    def get(self, customer: str = "contoso") -> Customer:
        return self.rows[customer].customer


@dataclass
class Version:
    value: str
    expires: Expiry
    enabled: bool = True
    ours: bool = True
    created_at: datetime = NOW
    copy_of: str = ""


class FakeVault:
    def __init__(self, steps: Steps | None = None) -> None:
        self.secrets: dict[str, dict[str, Version]] = {}
        self.steps = steps or Steps()
        self._versions = itertools.count(1)

    async def write(self, name: str, secret: str, expires: Expiry, *, copy_of: str | None = None) -> str:
        self.steps.enter("write secret")
        version = f"v{next(self._versions)}"
        self.secrets.setdefault(name, {})[version] = Version(secret, expires, copy_of=copy_of or "")
        self.steps.leave()
        return version

    async def recover(self, name: str) -> None:
        self.steps.enter("recover secret")
        self.steps.leave()

    async def read(self, name: str, version: str) -> str:
        self.steps.enter("read secret")
        self.steps.leave()
        found = self.secrets.get(name, {}).get(version)
        if found is None or not found.enabled:
            raise SecretMissing
        return found.value

    async def newest(self, name: str) -> tuple[str, str] | None:
        self.steps.enter("read newest secret")
        self.steps.leave()
        versions = self.secrets.get(name, {})
        if not versions:
            return None
        version, found = list(versions.items())[-1]
        if not found.enabled:
            raise SecretMissing
        return version, found.value

    async def disable(self, name: str, version: str) -> None:
        self.steps.enter("disable secret")
        if version in self.secrets.get(name, {}):
            self.secrets[name][version].enabled = False
        self.steps.leave()

    async def delete(self, name: str) -> None:
        self.steps.enter("delete secret")
        self.secrets.pop(name, None)
        self.steps.leave()

    async def note_expiry(self, name: str, version: str, expires: Expiry) -> None:
        self.steps.enter("note expiry")
        self.secrets[name][version].expires = expires
        self.steps.leave()

    async def versions(self, name: str) -> list[VaultVersion]:
        self.steps.enter("list versions")
        self.steps.leave()
        found = self.secrets.get(name, {})
        return [VaultVersion(id_, v.created_at, v.enabled, v.expires, v.ours, v.copy_of) for id_, v in found.items()]

    async def all_secrets(self) -> AsyncIterator[VaultSecret]:
        for name, versions in list(self.secrets.items()):
            self.steps.enter("page of secrets")
            self.steps.leave()
            yield VaultSecret(name, max(version.created_at for version in versions.values()))

    def add_by_hand(self, name: str, value: str, created_at: datetime, expires: Expiry = UNKNOWN) -> str:
        """Add a version as somebody does in the portal, and return its id."""
        version = f"v{next(self._versions)}"
        self.secrets.setdefault(name, {})[version] = Version(value, expires, ours=False, created_at=created_at)
        return version

    def usable(self) -> list[str]:
        """The values of all versions that can be read."""
        return [v.value for versions in self.secrets.values() for v in versions.values() if v.enabled]


class FakeEntra:
    """Accepts the secrets it knows; `roles` are what tokens carry."""

    def __init__(self, *, secrets: tuple[str, ...] = ("s3cret",), roles: tuple[str, ...] = ()) -> None:
        self.secrets = secrets
        self.roles = roles
        self.tokens = 0
        self.age = 0.0
        self.refusals: list[EntraRefused] = []
        self.on_token: Callable[[], Any] | None = None

    async def directory(self, tenant: str, deadline: Deadline) -> Directory:
        if tenant not in {"contoso.com", TENANT}:
            raise EntraRefused([90002], "invalid_tenant")
        return Directory(TENANT, ISSUER)

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        self.tokens += 1
        if self.on_token:
            await self.on_token()
        if self.refusals:
            raise self.refusals.pop(0)
        if await credential.secret() not in self.secrets:
            raise EntraRefused([7000215], "invalid_client")
        return AppToken(f"token {self.tokens}", 2e9, TENANT, self.roles, fetched_at=time.time() - self.age)


class FakeGraph:
    """Answers everybody as free all the time asked for, unless told to refuse.

    `after` is the pause, in seconds, after which what may pass may be tried again; None: not at all.
    """

    def __init__(self) -> None:
        self.refusals: list[Exception] = []
        self.after: float | None = None
        self.registered: list[RegisteredSecret] | GraphRefused = []
        self.me: dict[str, Any] | Exception = {}
        self.asked: list[dict[str, Any]] = []

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        self.asked.append({"token": token.value, "seat": seat, "body": body, "tries": tries})
        tally.requests += 1
        if self.refusals:
            raise self.failure(self.refusals.pop(0))
        return GraphAnswer({"value": [free(person, body) for person in body["schedules"]]}, f"r-{len(self.asked)}")

    def failure(self, problem: Exception) -> Exception:
        """Return what a request fails with: what may pass may be tried again."""
        passes = isinstance(problem, Throttled | MicrosoftTimeout | MicrosoftUnavailable)
        passes |= isinstance(problem, GraphRefused) and problem.status >= 500
        return TryAgain(lambda: problem, self.after) if passes else problem

    async def profile(self, token: UserToken, deadline: Deadline) -> dict[str, Any]:
        if isinstance(self.me, Exception):
            raise self.me
        return self.me

    async def registered_secrets(
        self, token: AppToken, application_id: str, deadline: Deadline
    ) -> list[RegisteredSecret]:
        if isinstance(self.registered, GraphRefused):
            raise self.registered
        return self.registered


def marks() -> Callable[[], str]:
    """Return a source of marks, m1 and so on."""
    numbers = itertools.count(1)
    return lambda: f"m{next(numbers)}"
