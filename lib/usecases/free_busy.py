"""The last check of a test: read the free/busy times of the test's user."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.domain import verdicts
from lib.domain.checkup import Check, CheckName
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, GraphRefused, UserToken
from lib.ports import Deadline
from lib.ports.graph import Graph, GraphAnswer, Seat, Tally
from lib.usecases.patiently import patiently


@dataclass(frozen=True)
class AskingAs:
    """As whom Graph is asked, and where."""

    token: AppToken | UserToken
    seat: Seat


async def read_free_busy(
    graph: Graph, asking: AskingAs, user: str, now: datetime, deadline: Deadline, *, scoped: bool
) -> tuple[Check, bool]:
    """Read the user's free/busy of the next day; tell also if a permission was missing.

    `scoped`: Exchange's RBAC for Applications is known to let the application in.
    """
    roles = asking.token.roles if isinstance(asking.token, AppToken) else ()
    body, tally = _next_day(user, now), Tally()

    def ask(tries: int) -> Awaitable[GraphAnswer]:
        return graph.get_schedule(asking.token, asking.seat, body, deadline, tally, tries)

    try:
        answer = await patiently(ask, deadline, tally)
    except GraphRefused as refused:
        return verdicts.free_busy_refused(refused, roles, scoped=scoped)
    except (MicrosoftUnavailable, MicrosoftTimeout, Throttled) as problem:
        return verdicts.problem_found(CheckName.FREE_BUSY, problem, problem.code), False
    entries = answer.body["value"]
    return verdicts.free_busy_read(entries[0] if entries else None), False


def _next_day(user: str, now: datetime) -> dict[str, Any]:
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return {
        "schedules": [user],
        "startTime": {"dateTime": start.isoformat(), "timeZone": "UTC"},
        "endTime": {"dateTime": (start + timedelta(days=1)).isoformat(), "timeZone": "UTC"},
        "availabilityViewInterval": 60,
    }
