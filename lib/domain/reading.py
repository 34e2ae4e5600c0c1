"""Reading what Graph says about addresses: what is missing, doubtful or an error is unread."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lib.domain.configuration import Details
from lib.domain.fields import same_user
from lib.domain.free_busy import INCOMPLETE, NO_ANSWER, FreeBusy, Item, Unread, refused
from lib.domain.zones import Zones

# Free (or working elsewhere), tentative, busy, out of office. Older pages of Graph's documentation call 4 working
# elsewhere, Exchange calls it "no data": whoever meets it knows nothing (Microsoft Learn, scheduleInformation; EWS
# reference, MergedFreeBusy).
_KNOWN_DIGITS = frozenset("0123")
_KNOWN_STATUSES = frozenset({"free", "tentative", "busy", "oof", "workingelsewhere"})
_LONGEST_CODE = 100  # characters
_FULL = ("isPrivate", "subject", "location", "isMeeting", "isRecurring", "isException", "isReminderSet")
_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?", re.ASCII)

# timeZoneBase and customTimeZone (Microsoft Learn).
_CLOCK_CHANGES = ("standardOffset", "daylightOffset")
_ZONE_RULES = (
    *("@odata.type", "name", "bias"),
    *("time", "dayOccurrence", "dayOfWeek", "month", "year", "daylightBias"),
)


def entries_in(answers: Iterable[Any]) -> int:
    """Return about how many entries of calendars there are to read."""
    lists = (answer.get("scheduleItems") for answer in answers if isinstance(answer, dict))
    return sum(len(items) for items in lists if isinstance(items, list))


class _Doubtful(Exception):
    """Something in an answer is not as it should be."""


@dataclass(frozen=True)
class Reader:
    """Reads Graph's answers as far as callers may see them: a list of what may pass, never of what may not.

    With details `time` an entry is its status, start and end; with `full` also what Graph says today of the meeting.
    """

    details: Details
    zones: Zones

    def read(self, answers: Iterable[Any], people: Iterable[str], slots: int) -> dict[str, FreeBusy | Unread]:
        """Return what the answers say about these people. Graph does not promise their order."""
        found: dict[str, Any] = {}
        for answer in answers:
            if isinstance(answer, dict) and isinstance(answer.get("scheduleId"), str):
                address = same_user(answer["scheduleId"])
                found[address] = answer if found.get(address, answer) == answer else {}  # two that differ: neither
        return {person: self._one(found.get(same_user(person)), slots) for person in people}

    def _one(self, answer: Mapping[str, Any] | None, slots: int) -> FreeBusy | Unread:
        if answer is None:
            return NO_ANSWER
        if (error := answer.get("error")) is not None:
            code = error.get("responseCode") if isinstance(error, dict) else None
            return refused(code[:_LONGEST_CODE] if isinstance(code, str) else None)
        view, items = answer.get("availabilityView"), answer.get("scheduleItems")
        if not isinstance(view, str) or len(view) != slots or not _KNOWN_DIGITS.issuperset(view):
            return INCOMPLETE
        if not isinstance(items, list):
            return INCOMPLETE
        try:
            return FreeBusy(view, tuple(map(self._item, items)), _working_hours(answer.get("workingHours")))
        except _Doubtful:
            return INCOMPLETE

    def _item(self, item: Any) -> Item:
        try:
            start, end = item["start"], item["end"]
            if self.details is Details.TIME and start["timeZone"] == "UTC" == end["timeZone"]:
                return _in_utc(item["status"], start["dateTime"], end["dateTime"])
        except (TypeError, KeyError, ValueError, AttributeError):
            pass  # looked at more closely below
        if not isinstance(item, dict):
            raise _Doubtful
        status, start, end = item.get("status"), self._moment(item.get("start")), self._moment(item.get("end"))
        if not isinstance(status, str) or status.lower() not in _KNOWN_STATUSES or end < start:
            raise _Doubtful
        if self.details is Details.TIME:
            return Item(status, start, end)
        return Item(status, start, end, _json({name: item[name] for name in _FULL if _is_plain(item.get(name))})[1:-1])

    def _moment(self, time: Any) -> datetime:
        """Return the moment of a dateTimeTimeZone. We ask in UTC; should Graph answer in another zone, it is told."""
        text, name = (time.get("dateTime"), time.get("timeZone", "UTC")) if isinstance(time, dict) else (None, None)
        if not isinstance(text, str) or not isinstance(name, str):
            raise _Doubtful
        try:
            if name == "UTC":
                return _wall(text.removesuffix("Z"))
            zone = self.zones.find(name)
            if zone is None:
                raise _Doubtful
            return zone.moment(_wall(text).replace(tzinfo=None))
        except ValueError:
            raise _Doubtful from None


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int)  # and so also true and false


def _working_hours(value: Any) -> str | None:
    """Return working hours as Graph describes them, without anything that does not belong there."""
    if not isinstance(value, dict):
        return None
    try:
        days, zone = value["daysOfWeek"], value["timeZone"]
        if isinstance(days, list) and len(zone) == 1:  # else it is a zone with rules of its own
            return _usual_hours(value["startTime"], value["endTime"], tuple(days), zone["name"])
    except (TypeError, KeyError):
        pass  # looked at more closely below
    return _any_hours(value)


@lru_cache(maxsize=1024)  # most people of a company have the same
def _usual_hours(start: str, end: str, days: tuple[str, ...], zone: str) -> str:
    return _any_hours({"daysOfWeek": list(days), "startTime": start, "endTime": end, "timeZone": {"name": zone}})


def _any_hours(value: Mapping[str, Any]) -> str:
    days, zone = value.get("daysOfWeek"), value.get("timeZone")
    shown = {name: value[name] for name in ("startTime", "endTime") if isinstance(value.get(name), str)}
    if isinstance(days, list):
        shown["daysOfWeek"] = [day for day in days if isinstance(day, str)]
    if isinstance(zone, dict):
        shown["timeZone"] = _rules_only(zone) | {
            name: _rules_only(zone[name]) for name in _CLOCK_CHANGES if isinstance(zone.get(name), dict)
        }
    return _json(shown)


def _rules_only(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value[name] for name in _ZONE_RULES if _is_plain(value.get(name))}


# One for all: making it takes longer than using it.
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@lru_cache(maxsize=32_768)  # meetings have the same few times, and those of many people are one object then
def _in_utc(status: str, start: str, end: str) -> Item:
    """Return an entry. Raises TypeError, ValueError, AttributeError for what is none."""
    begins, ends = _wall(start.removesuffix("Z")), _wall(end.removesuffix("Z"))
    if status.lower() not in _KNOWN_STATUSES or ends < begins:
        raise ValueError("no entry")
    return Item(status, begins, ends)


@lru_cache(maxsize=16_384)
def _wall(text: str) -> datetime:
    """Return a wall-clock time as if it were UTC. Raises ValueError for anything else."""
    if not _WALL.fullmatch(text):
        raise ValueError("no date and time, or one with an offset")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
