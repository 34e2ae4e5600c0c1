"""What is asked in the benchmark: a customer with consent and a thousand people, and companies of twenty."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.bench.report import wrong
from tests.sandbox.world.applications import Application, ClientSecret, stable_id
from tests.sandbox.world.demo import CALENDAR_ROLE, CONTOSO, CONTOSO_APPLICATION, CONTOSO_SECRET, demo_world, person
from tests.sandbox.world.mailboxes import Meeting
from tests.sandbox.world.tenants import Tenant, World

CUSTOMER = "contoso"
USER = "recruiter@contoso.com"
MANY_PEOPLE = tuple(f"person{number:03}@contoso.com" for number in range(1000))
PEOPLE = MANY_PEOPLE[:20]  # as many as Graph takes at once

DAYS, A_DAY = 5, 4  # everybody's meetings, where nothing else is said

CONFIGURATION = {
    "configurationType": "advanced",
    "tenantId": "contoso.onmicrosoft.com",
    "applicationId": CONTOSO_APPLICATION,
    "applicationSecret": CONTOSO_SECRET,
    "secretExpires": "never",
    "consent": "admin",
}
# The same tenant as another customer, where users consent.
USERS_CUSTOMER = "contoso-users"
USERS_CONFIGURATION = CONFIGURATION | {"consent": "user"}


@dataclass(frozen=True)
class Company:
    """A customer that shares nothing with the others: a tenant, an application and people of its own."""

    id: str

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
        return f"Bnc~made-up.secret-of-{self.id}"

    @property
    def user(self) -> str:
        """Who asks."""
        return f"recruiter@{self.id}.example"

    @property
    def people(self) -> tuple[str, ...]:
        """Who is asked for."""
        return tuple(f"person{number:02}@{self.id}.example" for number in range(len(PEOPLE)))

    @property
    def configuration(self) -> dict[str, str]:
        """What is saved for it."""
        own = {"tenantId": self.tenant, "applicationId": self.application, "applicationSecret": self.secret}
        return CONFIGURATION | own


COMPANIES = tuple(Company(f"company{number:02}") for number in range(32))


def bench_world(now: datetime, days: int = DAYS, a_day: int = A_DAY) -> World:
    """Return the demo world, consented, with the thousand people and the companies; all have so many meetings."""
    world = demo_world(now)
    tenant = world.tenants[CONTOSO]
    tenant.applications[CONTOSO_APPLICATION].granted_roles = {CALENDAR_ROLE}
    calendars = [_meetings(now, number, days, a_day) for number in range(3)]
    _fill(tenant, MANY_PEOPLE, calendars)
    for company in COMPANIES:
        tenant = world.add(Tenant(company.tenant, company.id, [f"{company.id}.onmicrosoft.com", _domain(company.user)]))
        secret = ClientSecret(company.secret, stable_id("secret", company.id), None, now, now + timedelta(days=365))
        tenant.add(Application(company.application, company.id, secrets=[secret], granted_roles={CALENDAR_ROLE}))
        _fill(tenant, (company.user, *company.people), calendars)
    return world


def _meetings(now: datetime, shift: int, days: int, a_day: int) -> list[Meeting]:
    """Return a calendar: meetings from eight o'clock UTC on, or some hours later, in eight hours of each day."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    step = timedelta(hours=8) / a_day
    mornings = [midnight + timedelta(days=day, hours=8 + shift) for day in range(days)]
    starts = [morning + slot * step for morning in mornings for slot in range(a_day)]
    return [Meeting(start, start + step / 2, subject="Talk", location="Room 1") for start in starts]


def _fill(tenant: Tenant, addresses: Iterable[str], calendars: Sequence[list[Meeting]]) -> None:
    for number, address in enumerate(addresses):
        person(tenant, address.partition("@")[0].capitalize(), *calendars[number % len(calendars)])


def _domain(address: str) -> str:
    return address.partition("@")[2]


@cache
def question(people: tuple[str, ...] = PEOPLE, days: int = 1, first: int = 0) -> dict[str, Any]:
    """Return the body that is sent, to our function and to Graph alike: half hours of some days from the `first` on.

    Day 0 is today, as the run began.
    """
    start = _today() + timedelta(days=first)
    return {
        "schedules": list(people),
        "startTime": {"dateTime": start.isoformat(), "timeZone": "UTC"},
        "endTime": {"dateTime": (start + timedelta(days=days)).isoformat(), "timeZone": "UTC"},
        "availabilityViewInterval": 30,
    }


@cache
def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def views(answer: dict[str, Any]) -> dict[str, str]:
    """Return the availability view per address, which is what all ways of asking must agree on."""
    return {entry["scheduleId"]: entry.get("availabilityView", "none") for entry in answer["value"]}


def check(name: str, answer: dict[str, Any], expected: dict[str, str]) -> None:
    """Hold an answer to what Graph said. Raises WrongAnswer."""
    check_views(name, views(answer), expected)


def check_views(name: str, got: dict[str, str], expected: dict[str, str]) -> None:
    """Hold availability views to those that Graph gave. Raises WrongAnswer."""
    if got != expected:
        differing = sorted(who for who in got.keys() | expected.keys() if got.get(who) != expected.get(who))
        more = f" and {len(differing) - 5} more" if len(differing) > 5 else ""
        wrong(f"{name} and Graph do not agree about {', '.join(differing[:5])}{more}.")
