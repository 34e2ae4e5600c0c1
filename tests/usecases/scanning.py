"""A place with customers of every kind of trouble, for tests of the scan: stores, Microsoft, and a clock.

A `Place` outlives the processes that scan in it: `scan()` builds what a process builds when it starts.
"""

import asyncio
import inspect
import itertools
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from lib.domain.alerts import History, Kind, Told
from lib.domain.configuration import Access, ConfigurationType, Consent, Customer, Draft, Wishes
from lib.domain.connection import Connection, Ended, Grant, user_key
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.letters import Letter
from lib.domain.letters.words import HEADINGS, named
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, RegisteredSecret
from lib.domain.notices import BASIC, DEPLOYMENT
from lib.domain.saving import activated, save
from lib.domain.scan import Summary
from lib.ports import Credential, Deadline
from lib.ports.alerts import StoredHistory
from lib.usecases.adoption import Adoption
from lib.usecases.credentials import BASIC_SECRET, Credentials
from lib.usecases.deliver_alerts import Delivery
from lib.usecases.digests import Digests
from lib.usecases.ended_users import EndedUsers
from lib.usecases.housekeeping import Housekeeping
from lib.usecases.leasing import Leasing
from lib.usecases.look_at_basic import BasicLooker
from lib.usecases.look_at_customer import Looker
from lib.usecases.renewals import Renewals
from lib.usecases.scan_secrets import Scan
from lib.usecases.tell import Teller
from tests.usecases.alert_fakes import FakeAlerts, FakeLeases, FakeMail, FakeScans
from tests.usecases.fakes import NOW, TENANT, FakeCustomers, FakeEntra, FakeGraph, FakeVault, Steps, Version
from tests.usecases.user_fakes import OID, SCOPES, FakeConnections, FakeSealer, FakeUserEntra, user_token

TODAY = NOW.date()
LONG_AGO = NOW - timedelta(days=100)
OPERATOR = "ops@vendor.example"
PORTAL = "entra.microsoft.com"
CALENDARS = ("Calendars.ReadBasic.All",)
READS_ITSELF = ("Calendars.ReadBasic.All", "Application.ReadWrite.OwnedBy")
REFUSED = EntraRefused([7000215], "invalid_client")
EXPIRED = EntraRefused([7000222], "invalid_client")
WITHDRAWN = EntraRefused([7000229], "unauthorized_client")
BUSY = EntraRefused([90033], "temporarily_unavailable")

type Fact = tuple[str, str, Kind]
"""Who was told, about which customer, and what."""


class Killed(BaseException):
    """The process ended here: nothing catches it, and nothing of that process happens after it."""


def on(days: int) -> Expiry:
    """Return the expiry in so many days."""
    return Expiry(on=TODAY + timedelta(days=days))


class WorldEntra(FakeEntra):
    """Answers by secret: roles, or what is raised. A secret it does not know is refused."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, tuple[str, ...] | Exception] = {}
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        self.asked.append(credential.key[0])
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            answer = self.answers.get(await credential.secret(), REFUSED)
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        if isinstance(answer, Exception):
            raise answer
        return AppToken("token", 2e9, TENANT, answer)


class WorldGraph(FakeGraph):
    """Lists secrets by application."""

    def __init__(self) -> None:
        super().__init__()
        self.listed: dict[str, list[RegisteredSecret] | Exception] = {}

    async def registered_secrets(
        self, token: AppToken, application_id: str, deadline: Deadline
    ) -> list[RegisteredSecret]:
        answer = self.listed.get(application_id, GraphRefused(403, "Authorization_RequestDenied"))
        if isinstance(answer, Exception):
            raise answer
        return answer


class Yielding:
    """Passes every call on, and lets others run before and after it."""

    def __init__(self, inner: Any, chance: random.Random) -> None:
        self._inner, self._chance = inner, chance

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if inspect.isasyncgenfunction(found):

            async def pages(*args: Any, **named: Any) -> AsyncIterator[Any]:
                async for item in found(*args, **named):
                    await self._pause()
                    yield item

            return pages
        if inspect.iscoroutinefunction(found):

            async def call(*args: Any, **named: Any) -> Any:
                await self._pause()
                answer = await found(*args, **named)
                await self._pause()
                return answer

            return call
        return found

    async def _pause(self) -> None:
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)


def as_it_is(store: Any) -> Any:
    return store


@dataclass
class Place:
    """Everything that outlives a process. `now` is the clock; all calls to stores are counted in `steps`."""

    operators: tuple[str, ...] = (OPERATOR,)
    thresholds: tuple[int, ...] = (60, 30, 14, 7, 3, 1, 0)
    basic_application_id: str | None = None
    now: datetime = NOW
    steps: Steps = field(default_factory=Steps)

    def __post_init__(self) -> None:
        self.customers, self.vault = FakeCustomers(self.steps), FakeVault(self.steps)
        self.connections, self.sealer = FakeConnections(self.steps), FakeSealer(self.steps)
        self.alerts, self.leases, self.scans = FakeAlerts(self.steps), FakeLeases(self.steps), FakeScans(self.steps)
        self.mail = FakeMail(self.steps)
        self.entra, self.graph = WorldEntra(), WorldGraph()
        self._numbers, self._owners = itertools.count(1), itertools.count(1)

    def clock(self) -> datetime:
        return self.now

    def scan(self, through: Callable[[Any], Any] = as_it_is, leasing: Leasing | None = None) -> Scan:
        """Return the scan of a process that has just started. It reaches the stores `through` this."""
        customers, alerts, vault, entra = map(through, (self.customers, self.alerts, self.vault, self.entra))
        credentials = Credentials(vault, self.basic_application_id)
        renewals = Renewals(through(self.connections), through(self.sealer), FakeUserEntra(), self.clock)
        housekeeping = Housekeeping(customers, vault, self.clock)
        ended_users = EndedUsers(renewals)
        digests = Digests(alerts, customers, ended_users, self.operators, self.clock)
        adoption = Adoption(customers, credentials, entra)
        shared = Leasing(through(self.leases), self.clock, lambda: f"owner {next(self._owners)}")
        return Scan(
            customers=customers,
            alerts=alerts,
            scans=through(self.scans),
            looker=Looker(credentials, entra, through(self.graph), ended_users, adoption, housekeeping, self.clock),
            basic=BasicLooker(credentials, entra),
            teller=Teller(alerts, customers, self.operators, self.thresholds, self.clock),
            housekeeping=housekeeping,
            delivery=Delivery(alerts, digests, through(self.mail), shared, self.clock, PORTAL),
            leasing=leasing or shared,
            now=self.clock,
        )

    async def run(self, look_seconds: float = 60, seconds: float = 120) -> Summary:
        """Scan in a new process."""
        return await self.scan().run(Deadline.after(look_seconds), Deadline.after(seconds))

    async def deliver(self, seconds: float = 120) -> Any:
        """Send what waits, in a new process."""
        return await self.scan().delivery.run(Deadline.after(seconds))

    def add(
        self,
        customer_id: str,
        *,
        expires: Expiry = UNKNOWN,
        answer: tuple[str, ...] | Exception = CALENDARS,
        recipients: Sequence[str] = (),
        kind: ConfigurationType = ConfigurationType.ADVANCED,
        consent: Consent = Consent.ADMIN,
        active: bool = True,
    ) -> Customer:
        """Store a customer that was saved long ago, and tested if `active`, with a secret that Entra ID answers so."""
        number = next(self._numbers)
        mark = f"{number:032x}"
        advanced = kind is ConfigurationType.ADVANCED
        access = Access(kind, "contoso.com", f"aaaaaaaa-0000-0000-0000-{number:012d}" if advanced else None, consent)
        draft = Draft(access, Wishes(alert_recipients=tuple(recipients)), expires)
        version = f"v-{customer_id}" if advanced else None
        saved = save(None, customer_id, draft, secret_version=version, now=LONG_AGO, mark=mark)
        if version:
            value = f"{customer_id}-secret"
            self.vault.secrets[saved.secret_name()] = {version: Version(value, expires, created_at=LONG_AGO)}
            self.entra.answers[value] = answer
        self.customers.put((activated(saved, mark, tenant=TENANT) if active else None) or saved)
        return self.customers.get(customer_id)

    def add_basic(self, expires: Expiry, answer: tuple[str, ...] | Exception = CALENDARS) -> None:
        """Offer Basic, with this secret of the deployment's own application."""
        self.basic_application_id = "bbbbbbbb-0000-0000-0000-000000000001"
        self.vault.secrets[BASIC_SECRET] = {"b1": Version("basic-secret", expires, ours=False, created_at=LONG_AGO)}
        self.entra.answers["basic-secret"] = answer

    def renew(self, customer_id: str, expires: Expiry, answer: tuple[str, ...] | Exception = CALENDARS) -> None:
        """Save and test a new secret, as an administrator does."""
        customer = self.customers.get(customer_id)
        assert customer.newest is not None
        version, value = f"w{next(self._numbers)}-{customer_id}", f"{customer_id}-renewed"
        self.vault.secrets[customer.secret_name()][version] = Version(value, expires, created_at=self.now)
        self.entra.answers[value] = answer
        newest = replace(customer.newest, secret_version=version, secret_expires=expires, learned_expires=UNKNOWN)
        active = newest if customer.active else None
        self.customers.put(replace(customer, newest=replace(newest, saved_at=self.now), active=active))

    async def end_connection(self, customer_id: str, user: str, at: datetime = NOW) -> None:
        """Store a connection that has ended."""
        generation = self.customers.get(customer_id).generation
        ended = Ended(at, (700082,), "invalid_grant")
        connection = Connection(
            customer_id, generation, user_key(user), TENANT, OID, b"", LONG_AGO, LONG_AGO, None, ended
        )
        grant = Grant("cache", SCOPES, user_token(), user)
        self.connections.put(replace(connection, sealed=await self.sealer.seal(grant.as_text(), connection.identity)))

    def remember(self, customer_id: str, generation: str, **told: Any) -> None:
        """Store a history as an earlier scan left it."""
        self.alerts.rows[customer_id] = StoredHistory(History(customer_id, generation, **told), f"r-{customer_id}")

    def told(self) -> Counter[Fact]:
        """Who was told what, and how often: read from the letters that were accepted."""
        return Counter(
            (recipient.lower(), customer, kind)
            for recipient, letter, _ in self.mail.sent
            for customer, kind in facts_of(letter, self.customers.rows)
        )

    def letters(self, recipient: str) -> list[Letter]:
        return [letter for to, letter, _ in self.mail.sent if to == recipient]


def told_before(about: str, days_ago: int = 2, level: int = 14, until: date | None = None) -> Told:
    """Return that something was told so many days ago."""
    return Told(about, TODAY - timedelta(days=days_ago), level, until)


_KINDS = {heading: kind for kind, heading in HEADINGS.items()}


def facts_of(letter: Letter, customers: Sequence[str] | dict[str, Any]) -> set[tuple[str, Kind]]:
    """Return what a letter tells: about whom, and what."""
    names = {customer: customer for customer in customers}
    only = next((part.facts[0][1] for part in letter.parts if part.facts), None)
    found = set()
    for part in letter.parts:
        kind = _KINDS.get(part.heading)
        if kind is None:
            continue
        if kind is Kind.UNCHECKED or any(
            "everything could be checked" in text for text in (*part.lines, *letter.opening)
        ):
            found.add((DEPLOYMENT, kind))
        if kind is Kind.UNCHECKED:
            continue
        text = only or " ".join(part.lines)
        told = {names[word] for word in re.findall(r"[\w-]+", text) if word in names}
        found |= {(customer, kind) for customer in (*told, *([BASIC] if named(BASIC) in text else []))}
    return found
