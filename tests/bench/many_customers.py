"""Very many customers, each with a tenant, an application and a client secret of its own; always the same ones.

Most secrets last long. Of every hundred customers one has something to be told: its secret ends soon, or has ended, or
Entra ID refuses it. `world` is what Microsoft has of them, `stored` what this application keeps.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum

from lib.domain.checkup import CheckName, passed, report
from lib.domain.configuration import (
    Access,
    AdminConsent,
    ConfigurationType,
    Consent,
    Customer,
    Revision,
    Wishes,
    secret_name,
)
from lib.domain.credential import Expiry
from tests.sandbox.world import Application, ClientSecret, SecretVersion, Tenant, VaultSecret, World, demo_world
from tests.sandbox.world.applications import stable_id
from tests.sandbox.world.demo import CALENDAR_ROLE

_AGE = timedelta(days=90)  # of a configuration; what is younger than a day is not tidied


class Fate(Enum):
    """What is the matter with a secret, and in how many days it ends; None: in very many."""

    LASTS = None
    MONTH = 30
    WEEK = 7
    ENDED = -10
    REFUSED = 365
    TOMORROW = 1


_DUE = [fate for fate in Fate if fate is not Fate.LASTS]


@dataclass(frozen=True)
class One:
    """One of the customers, on a day."""

    number: int
    today: date

    @property
    def id(self) -> str:
        """The customer's id; ids are in the order of their numbers."""
        return f"customer-{self.number:07}"

    @property
    def tenant(self) -> str:
        """Its tenant's GUID."""
        return stable_id("tenant", self.id)

    @property
    def application(self) -> str:
        """Its application's client id."""
        return stable_id("application", self.id)

    @property
    def secret(self) -> str:
        """Its client secret."""
        return f"Mny~made-up.secret-of-{self.id}"

    @property
    def version(self) -> str:
        """The vault's version of the secret."""
        return _hexadecimal("version", self.id)

    @property
    def generation(self) -> str:
        """The mark of the customer's life."""
        return _hexadecimal("generation", self.id)

    @property
    def secret_name(self) -> str:
        """The vault's name of the secret."""
        return secret_name(self.id, self.generation)

    @property
    def fate(self) -> Fate:
        """What is the matter with its secret."""
        return _DUE[self.number // 100 % len(_DUE)] if self.number % 100 == 7 else Fate.LASTS

    @property
    def ends(self) -> date:
        """When the secret ends: those that last end on different days, the first in a hundred."""
        days = self.fate.value or 100 + self.number * 7 % 600
        return self.today + timedelta(days=days)

    @property
    def saved_at(self) -> datetime:
        """When it was configured."""
        return _midnight(self.today) - _AGE

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who is told besides the operators: at one in a thousand customers its own IT."""
        return (f"it@{self.id}.example",) if self.number % 1000 == 7 else ()


def customers(number: int) -> Iterator[One]:
    """Go through that many customers, as they are today."""
    today = datetime.now(UTC).date()
    return (One(each, today) for each in range(number))


def due(number: int) -> int:
    """Return about how many of that many customers something has to be told."""
    return sum(one.fate is not Fate.LASTS for one in customers(number))


def world(number: int, now: datetime) -> World:
    """Return the demo world, and in it what Microsoft has of that many customers."""
    world = demo_world(now)
    for one in customers(number):
        tenant = world.add(Tenant(one.tenant, one.id, [f"{one.id}.onmicrosoft.com"]))
        value = "another secret" if one.fate is Fate.REFUSED else one.secret
        secret = ClientSecret(value, stable_id("secret", one.id), None, one.saved_at, _midnight(one.ends))
        tenant.add(Application(one.application, one.id, secrets=[secret], granted_roles={CALENDAR_ROLE}))
        world.vault_secrets[one.secret_name] = VaultSecret(one.secret_name, [_in_vault(one)])
    return world


def _in_vault(one: One) -> SecretVersion:
    return SecretVersion(
        one.version,
        one.secret,
        one.saved_at,
        one.saved_at,
        "text/plain",
        {"writtenBy": "calendar-connector", "expires": one.ends.isoformat()},
        expires=int(_midnight(one.ends).timestamp()),
    )


def stored(one: One) -> Customer:
    """Return the customer as it is stored once it was saved and its test has passed."""
    revision = Revision(
        id=_hexadecimal("revision", one.id),
        saved_at=one.saved_at,
        access=Access(ConfigurationType.ADVANCED, one.tenant, one.application, Consent.ADMIN),
        wishes=Wishes(alert_recipients=one.recipients),
        secret_version=one.version,
        secret_expires=Expiry(on=one.ends),
        tenant=one.tenant,
    )
    return Customer(
        id=one.id,
        generation=one.generation,
        edition=_hexadecimal("edition", one.id),
        newest=revision,
        active=revision,
        last_test=report(one.saved_at, [passed(name, "As it should be.") for name in CheckName]),
        admin_consent=AdminConsent(granted=True, granted_at=one.saved_at, answered_at=one.saved_at),
        connections_mark=_hexadecimal("mark", one.id),
    )


def _hexadecimal(*parts: str) -> str:
    return stable_id(*parts).replace("-", "")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
