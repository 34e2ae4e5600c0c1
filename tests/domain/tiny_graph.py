"""A Graph that knows no limits, for tests: what it says of a calendar when it is asked in UTC.

Written from Microsoft's documentation (availabilityView, scheduleItem), not from our code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3}


@dataclass(frozen=True)
class Meeting:
    """An entry of a calendar; its times are aware."""

    start: datetime
    end: datetime
    status: str = "busy"
    subject: str = "Secret plans"


def window_of(body: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the window of a request to Graph, which has to be in UTC."""
    assert {body[name]["timeZone"] for name in ("startTime", "endTime")} == {"UTC"}
    start, end = (datetime.fromisoformat(body[name]["dateTime"]) for name in ("startTime", "endTime"))
    return start.replace(tzinfo=UTC), end.replace(tzinfo=UTC)


def slots_of(body: Mapping[str, Any]) -> int:
    """Return how many digits an availabilityView has."""
    start, end = window_of(body)
    return -(-(end - start) // timedelta(minutes=body["availabilityViewInterval"]))


def schedule(address: str, meetings: Iterable[Meeting], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Graph says of one address: the highest digit of each slot, and every entry that is touched, whole."""
    (start, end), slot = window_of(body), timedelta(minutes=body["availabilityViewInterval"])
    touching = sorted((m for m in meetings if m.start < end and m.end > start), key=lambda m: (m.start, m.end))
    digits = [0] * slots_of(body)
    for meeting in touching:
        first, last = max(0, (meeting.start - start) // slot), -(-(min(meeting.end, end) - start) // slot)
        for number in range(first, last):
            digits[number] = max(digits[number], _DIGITS[meeting.status])
    return {
        "scheduleId": address,
        "availabilityView": "".join(map(str, digits)),
        "scheduleItems": [
            {"status": m.status, "subject": m.subject, "start": _time(m.start), "end": _time(m.end)} for m in touching
        ],
        "workingHours": {"startTime": "08:00:00.0000000", "timeZone": {"name": "UTC"}},
    }


def free(address: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return that somebody has no entries."""
    return schedule(address, (), body)


def failed(address: str, code: str) -> dict[str, Any]:
    """Return that somebody could not be read."""
    return {"scheduleId": address, "error": {"responseCode": code, "message": "Graph's own text"}}


def _time(moment: datetime) -> dict[str, str]:
    return {"dateTime": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0", "timeZone": "UTC"}
