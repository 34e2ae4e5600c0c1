"""Many callers of many customers at once while Graph fails, and a count of what they were told."""

import asyncio
import json
import random
import sys
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lib.domain.errors import CalendarError
from tests.model import comparing
from tests.model.oracle import Window
from tests.model.people import People
from tests.model.questions import Call
from tests.sandbox.world.applications import Application, ClientSecret
from tests.sandbox.world.demo import CALENDAR_ROLE
from tests.sandbox.world.mailboxes import Mailbox, Meeting, Status
from tests.sandbox.world.tenants import Tenant, World

# The contract: what may refuse a call itself when nobody could be read.
WEATHER_CODES = {"throttled": 429, "microsoftTimeout": 504, "microsoftUnavailable": 502}
PEOPLE_A_REQUEST, DAYS_A_REQUEST = 20, 42

_MONDAY = datetime(2026, 3, 23, tzinfo=UTC)  # the clocks of Europe change at the end of this week
_STATUSES: Sequence[Status] = ("busy", "busy", "busy", "tentative", "oof", "workingElsewhere", "free")
_SECRET = "Wea~made-up.value-of-a-secret"


@dataclass(frozen=True)
class Company:
    """A customer with a tenant of its own: `people` to ask for, and users who ask."""

    customer: str
    tenant: Tenant
    application: Application
    people: tuple[Mailbox, ...]
    users: tuple[str, ...]
    secret: str = _SECRET

    def call(self, chance: random.Random, most_people: int) -> Call:
        """Return a random call for people of this company."""
        count = chance.choice([1, 3, 20, 40, 60, 100, most_people])
        asked = chance.sample(self.people, min(count, most_people, len(self.people)))
        start = _MONDAY + timedelta(hours=chance.randrange(72))
        minutes = chance.choice([15, 30, 60])
        window = Window(start, start + timedelta(days=chance.choice([1, 1, 5, 14, 14, 60])), minutes)
        addresses = [mailbox.address for mailbox in asked]
        body = {
            "schedules": addresses,
            "startTime": _time(window.start),
            "endTime": _time(window.end),
            "availabilityViewInterval": minutes,
        }
        return Call(body, None, window, People(self.people, tuple(addresses)), full=False)


def _time(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.replace(tzinfo=None).isoformat(), "timeZone": "UTC"}


def settle(world: World, number: int, chance: random.Random, *, people: int, users: int) -> Company:
    """Add a tenant with everybody to the world; its application has consent."""
    name = f"weather{number}-{uuid.UUID(int=chance.getrandbits(128)).hex[:6]}"
    now = datetime.now(UTC)
    secret = ClientSecret(_SECRET, str(uuid.uuid4()), "weather", now - timedelta(days=1), now + timedelta(days=300))
    application = Application(
        str(uuid.uuid4()), name, secrets=[secret], registered_roles={CALENDAR_ROLE}, granted_roles={CALENDAR_ROLE}
    )
    tenant = world.add(Tenant(str(uuid.uuid4()), name, [f"{name}.onmicrosoft.com", f"{name}.example"]))
    tenant.add(application)
    boxes = [_mailbox(f"p{who}@{name}.example", _calendar(chance)) for who in range(people)]
    askers = [_mailbox(f"asker{who}@{name}.example", []) for who in range(users)]
    tenant.add(*boxes, *askers)
    return Company(name, tenant, application, tuple(boxes), tuple(asker.address for asker in askers))


def _mailbox(address: str, meetings: list[Meeting]) -> Mailbox:
    return Mailbox(address, address, str(uuid.uuid4()), meetings=meetings)


def _calendar(chance: random.Random) -> list[Meeting]:
    """Return some meetings a week for ten weeks; hardly anybody is free all the time."""
    starts = [_MONDAY + timedelta(minutes=15 * chance.randrange(70 * 96)) for _ in range(25)]
    return [
        Meeting(start, start + timedelta(minutes=chance.choice([15, 30, 60, 90, 1440])), chance.choice(_STATUSES))
        for start in starts
    ]


@dataclass
class Report:
    """What many calls came to. `requests` are all that Graph got; `planned` is what fair weather would take."""

    person_answers: int = 0
    known: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    planned: int = 0
    requests: int = 0
    repeated: int = 0
    wrong: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    weather: Counter[str] = field(default_factory=Counter)

    def note(self, call: Call, value: list[dict[str, Any]]) -> None:
        """Count an answer; each address in it has to be exactly right, or unknown."""
        expected = comparing.expectations(call)
        if [entry.get("scheduleId") for entry in value] != list(call.people.asked):
            self.wrong.append("other addresses than were asked for")
            return
        for address, entry in zip(call.people.asked, value, strict=True):
            if "error" in entry:
                self.unknown[comparing.is_unknown(entry)] += 1
            elif comparing.known(entry) == expected[address]:
                self.known += 1
            else:
                self.wrong.append(f"{address}: {entry}")

    def note_error(self, call: Call, code: str) -> None:
        """Count a call that became an error; nobody in it is known."""
        self.errors[code] += 1
        self.unknown[f"error {code}"] += len(call.people.asked)

    def in_words(self) -> dict[str, Any]:
        """Return the figures, without what is wrong in full."""
        figures = vars(self) | {"wrong": len(self.wrong), "crashes": len(self.crashes)}
        share = sum(self.unknown.values()) / max(1, self.person_answers)
        return figures | {
            "unknown_share": round(share, 4),
            "requests_per_planned": round(self.requests / max(1, self.planned), 2),
            "seconds": round(self.seconds, 1),
            "slowest": round(self.slowest, 1),
        }

    def publish(self, name: str, folder: Path, record_property: Callable[[str, object], None]) -> None:
        """Write the figures to a file, to the test's properties and to its output."""
        text = json.dumps(self.in_words())
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        record_property(name, text)
        sys.stdout.write(f"{name}: {text}\n")


Caller = Callable[[Company, str, Call], Awaitable[list[dict[str, Any]]]]


class Failed(Exception):
    """A call was answered with an error of the contract."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def hold(calls: Sequence[tuple[Company, str, Call]], ask: Caller, report: Report, *, at_once: int) -> None:
    """Make all calls, so many at once, and note what comes of each."""
    loop, waiting = asyncio.get_running_loop(), list(reversed(calls))

    async def caller() -> None:
        while waiting:
            company, user, call = waiting.pop()
            began = loop.time()
            report.calls += 1
            report.person_answers += len(call.people.asked)
            report.planned += planned(call)
            try:
                report.note(call, await ask(company, user, call))
            except (CalendarError, Failed) as problem:
                if problem.code not in WEATHER_CODES:
                    report.crashes.append(repr(problem))
                report.note_error(call, problem.code)
            except Exception as problem:  # everything else is a crash, which is what is counted here
                report.crashes.append(repr(problem))
            report.slowest = max(report.slowest, loop.time() - began)

    began = loop.time()
    await asyncio.gather(*(caller() for _ in range(at_once)))
    report.seconds += loop.time() - began


def planned(call: Call) -> int:
    """Return how many requests a call takes in fair weather."""
    length = call.window.end - call.window.start
    return -(-len(call.people.asked) // PEOPLE_A_REQUEST) * (length // timedelta(days=DAYS_A_REQUEST) + 1)


def some_calls(
    companies: Sequence[Company], chance: random.Random, *, person_answers: int, most_people: int
) -> list[tuple[Company, str, Call]]:
    """Return random calls of random users until they ask for so many people together."""
    calls: list[tuple[Company, str, Call]] = []
    while sum(len(call.people.asked) for *_, call in calls) < person_answers:
        company = chance.choice(companies)
        calls.append((company, chance.choice(company.users), company.call(chance, most_people)))
    return calls
