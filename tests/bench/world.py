"""What is asked in the benchmark: a customer with consent, and twenty people with some meetings each."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from tests.bench.report import wrong
from tests.sandbox.world.demo import CALENDAR_ROLE, CONTOSO, CONTOSO_APPLICATION, CONTOSO_SECRET, demo_world, person
from tests.sandbox.world.mailboxes import Meeting
from tests.sandbox.world.tenants import World

CUSTOMER = "contoso"
USER = "recruiter@contoso.com"
PEOPLE = tuple(f"person{number:02}@contoso.com" for number in range(20))

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


def bench_world(now: datetime) -> World:
    """Return the demo world, consented, with the twenty people in it: four meetings a day for five days."""
    world = demo_world(now)
    tenant = world.tenants[CONTOSO]
    tenant.applications[CONTOSO_APPLICATION].granted_roles = {CALENDAR_ROLE}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number, address in enumerate(PEOPLE):
        starts = (
            midnight + timedelta(days=day, hours=8 + 2 * slot + number % 3) for day in range(5) for slot in range(4)
        )
        meetings = [Meeting(start, start + timedelta(hours=1), subject="Talk", location="Room 1") for start in starts]
        person(tenant, address.partition("@")[0].capitalize(), *meetings)
    return world


@cache
def question() -> dict[str, Any]:
    """Return the body that is sent, to our function and to Graph alike: today (as the run began), in half hours."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return {
        "schedules": list(PEOPLE),
        "startTime": {"dateTime": today.isoformat(), "timeZone": "UTC"},
        "endTime": {"dateTime": (today + timedelta(days=1)).isoformat(), "timeZone": "UTC"},
        "availabilityViewInterval": 30,
    }


def views(answer: dict[str, Any]) -> dict[str, str]:
    """Return the availability view per address, which is what all ways of asking must agree on."""
    return {entry["scheduleId"]: entry.get("availabilityView", "none") for entry in answer["value"]}


def check(name: str, answer: dict[str, Any], expected: dict[str, str]) -> None:
    """Hold an answer to what Graph said. Raises WrongAnswer."""
    got = views(answer)
    if got != expected:
        differing = [who for who in got.keys() | expected.keys() if got.get(who) != expected.get(who)]
        wrong(f"{name} and Graph do not agree about {', '.join(sorted(differing))}.")
