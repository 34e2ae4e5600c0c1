"""A getSchedule call: its limits, what Graph is asked, and how its answer is read.

The one rule: unknown is never free. An address whose answer is missing, doubtful or an error has Graph's own
per-schedule error and nothing that could be read as free time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lib.domain.advice import for_schedule
from lib.domain.configuration import Details, Wishes
from lib.domain.errors import InvalidRequest

# Graph's limits: 20 entities a request; a window of less than 42 days is accepted by every version of its
# documentation ("less than 42 days" in 2021, 62 today). Splitting larger calls is the seam for a later version.
MOST_PEOPLE = 20
LONGEST_WINDOW = timedelta(days=42)
SHORTEST_INTERVAL, LONGEST_INTERVAL, DEFAULT_INTERVAL = 5, 1440, 30

_KNOWN_ITEM = ("status", "start", "end")
_KNOWN_ANSWER = ("scheduleId", "availabilityView", "scheduleItems", "workingHours")


@dataclass(frozen=True)
class Moment:
    """A wall-clock time in a named zone, as Graph writes it. `wall` is naive on purpose."""

    text: str
    wall: datetime
    zone: str

    def as_graph(self) -> dict[str, str]:
        """Return Graph's dateTimeTimeZone."""
        return {"dateTime": self.text, "timeZone": self.zone}


@dataclass(frozen=True)
class ScheduleRequest:
    """A valid call. `interval` is in minutes; `zone` is the one of the header Prefer, None for UTC."""

    people: tuple[str, ...]
    start: Moment
    end: Moment
    interval: int = DEFAULT_INTERVAL
    zone: str | None = None

    def __post_init__(self) -> None:
        """Hold the call to its limits. Raises InvalidRequest."""
        if len(self.people) > MOST_PEOPLE:
            raise InvalidRequest("schedules", f"at most {MOST_PEOPLE} addresses can be asked for in one call")
        if self.start.zone != self.end.zone:
            return  # Graph compares them; it knows every zone's rules
        if self.start.wall >= self.end.wall:
            raise InvalidRequest("endTime", "must be later than startTime")
        if self.end.wall - self.start.wall > LONGEST_WINDOW:
            raise InvalidRequest("endTime", f"must be at most {LONGEST_WINDOW.days} days after startTime")

    def as_graph(self, people: Sequence[str]) -> dict[str, Any]:
        """Return Graph's request body for some of the people."""
        return {
            "schedules": list(people),
            "startTime": self.start.as_graph(),
            "endTime": self.end.as_graph(),
            "availabilityViewInterval": self.interval,
        }

    def slots(self) -> range:
        """Return how long an availabilityView may be.

        Exact for UTC. In other zones a clock change inside the window adds or takes an hour, and two zones may lie 26
        hours apart; whoever knows their rules can be more exact.
        """
        slot = timedelta(minutes=self.interval)
        exact = _begun(self.end.wall - self.start.wall, slot)
        if self.start.zone != self.end.zone:
            leeway = _begun(timedelta(hours=26), slot)
        else:
            leeway = 0 if self.start.zone == "UTC" else _begun(timedelta(hours=1), slot)
        return range(max(1, exact - leeway), exact + leeway + 1)


def _begun(time: timedelta, slot: timedelta) -> int:
    """Return how many slots a time takes, the one that it only begins included."""
    return -(-time // slot)


def split(ask: ScheduleRequest, wishes: Wishes) -> tuple[str, ...]:
    """Return the addresses that may be asked for, each once (addresses are compared without regard to case)."""
    return tuple({address.lower(): address for address in ask.people if wishes.allows(address)}.values())


def join(ask: ScheduleRequest, wishes: Wishes, answers: Sequence[Any]) -> list[dict[str, Any]]:
    """Return one answer per address, in the order asked; what Graph left out or garbled is unknown."""
    by_address: dict[str, Mapping[str, Any]] = {}
    for answer in answers:
        if isinstance(answer, Mapping) and isinstance(answer.get("scheduleId"), str):
            by_address.setdefault(answer["scheduleId"].lower(), answer)
    return [_answer(address, by_address.get(address.lower()), ask, wishes) for address in ask.people]


def _answer(address: str, answer: Mapping[str, Any] | None, ask: ScheduleRequest, wishes: Wishes) -> dict[str, Any]:
    if not wishes.allows(address):
        return unknown(address, "notAllowed", "This customer's configuration does not allow this address's domain.")
    if answer is None:
        return unknown(address, "noAnswer", "Microsoft 365 gave no answer for this address.")
    if (error := answer.get("error")) is not None:
        code = error.get("responseCode") if isinstance(error, Mapping) else None
        advice = for_schedule(code if isinstance(code, str) else None)
        return unknown(address, code if isinstance(code, str) else advice.code, f"{advice.message} {advice.remedy}")
    if not _trustworthy(answer, ask.slots()):
        return unknown(address, "incompleteAnswer", "Microsoft 365 answered only in part for this address.")
    return shown(answer, wishes.details) | {"scheduleId": address}


# Free (or working elsewhere), tentative, busy, out of office. Older pages of Graph's documentation call 4 working
# elsewhere, Exchange calls it "no data": whoever meets it knows nothing (Microsoft Learn, scheduleInformation; EWS
# reference, MergedFreeBusy).
_KNOWN_DIGITS = frozenset("0123")


def _trustworthy(answer: Mapping[str, Any], slots: range) -> bool:
    """Return whether the answer says something about the whole window, in words that are known."""
    view, items = answer.get("availabilityView"), answer.get("scheduleItems")
    if not isinstance(view, str) or len(view) not in slots or not set(view) <= _KNOWN_DIGITS:
        return False
    return isinstance(items, list) and all(_is_item(item) for item in items)


def _is_item(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("status"), str):
        return False
    times = (item.get("start"), item.get("end"))
    return all(isinstance(time, Mapping) and isinstance(time.get("dateTime"), str) for time in times)


def unknown(address: str, code: str, message: str) -> dict[str, Any]:
    """Return Graph's per-schedule error: nothing in it can be read as free time."""
    return {"scheduleId": address, "error": {"responseCode": code, "message": message}}


def shown(answer: Mapping[str, Any], details: Details) -> dict[str, Any]:
    """Return the answer with what the configuration lets callers see: a list of what may pass, never of what may not.

    With `time` an item is its status, start and end; subject, location and privacy flag stay out wherever Graph puts
    them. With `full` an item is as Graph gave it.
    """
    seen = {name: answer[name] for name in _KNOWN_ANSWER if name in answer}
    if details is Details.TIME:
        seen["scheduleItems"] = [
            {name: _time_only(item[name]) for name in _KNOWN_ITEM if name in item} for item in answer["scheduleItems"]
        ]
        seen["workingHours"] = _working_hours(answer.get("workingHours"))
    return {name: value for name, value in seen.items() if value is not None}


def _time_only(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: value[name] for name in ("dateTime", "timeZone") if isinstance(value.get(name), str)}
    return value if isinstance(value, str) else None


def _working_hours(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return None
    return {name: value[name] for name in ("daysOfWeek", "startTime", "endTime", "timeZone") if name in value}
