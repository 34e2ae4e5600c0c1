"""NCRONTAB: six fields, seconds first, in UTC."""

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

_MONTHS = [name.lower() for name in calendar.month_name[1:]]
_DAYS = [calendar.day_name[number - 1].lower() for number in range(7)]  # from Sunday
_FIELDS: Sequence[tuple[str, int, int, list[str]]] = (
    ("second", 0, 59, []),
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_PART = re.compile(r"(?:(?P<all>\*)|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)
_HORIZON = timedelta(days=366 * 40)  # 29 February on a given weekday recurs after 40 years at the latest


@dataclass(frozen=True)
class Schedule:
    """The moments of an NCRONTAB expression; day of month and day of week must both fit, as in NCrontab."""

    seconds: Sequence[int]
    minutes: Sequence[int]
    hours: Sequence[int]
    days: Sequence[int]
    months: Sequence[int]
    weekdays: Sequence[int]

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first occurrence after `moment`, or None if there is none (30 February)."""
        earliest = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day, horizon = earliest.date(), (earliest + _HORIZON).date()
        while day <= horizon:
            if day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                first = self._first_time(earliest.time() if day == earliest.date() else time.min)
                if first is not None:
                    return datetime.combine(day, first, UTC)
            day += timedelta(days=1)
        return None

    def _first_time(self, earliest: time) -> time | None:
        for hour in (hour for hour in self.hours if hour >= earliest.hour):
            for minute in (minute for minute in self.minutes if (hour, minute) >= (earliest.hour, earliest.minute)):
                for second in self.seconds:
                    if time(hour, minute, second) >= earliest:
                        return time(hour, minute, second)
        return None


def parse_schedule(expression: str) -> Schedule:
    """Read an NCRONTAB expression; raises ValueError with what is wrong with it."""
    texts = expression.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(f"it has {len(texts)} fields instead of six (second minute hour day month day-of-week)")
    return Schedule(*(_values(text, *field) for text, field in zip(texts, _FIELDS, strict=True)))


def _values(text: str, field: str, low: int, high: int, names: list[str]) -> Sequence[int]:
    values: set[int] = set()
    for part in text.split(","):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} is not a {field}")
        values.update(_part_values(found, field, low, high, names))
    return sorted(values)


def _part_values(part: re.Match[str], field: str, low: int, high: int, names: list[str]) -> range:
    step = int(part["step"] or 1)
    if step == 0:
        raise ValueError(f"the step of {part[0]!r} is zero")
    first, last = low, high
    if not part["all"]:
        first = _value(part["low"], field, low, high, names)
        if part["high"]:
            last = _value(part["high"], field, low, high, names)
        elif not part["step"]:
            last = first
    if first > last:
        raise ValueError(f"{part[0]!r} runs backwards")
    return range(first, last + 1, step)


def _value(text: str, field: str, low: int, high: int, names: list[str]) -> int:
    if text.isdigit():
        value = int(text)
    else:
        fitting = [number for number, name in enumerate(names, low) if len(text) >= 3 and name.startswith(text.lower())]
        value = fitting[0] if fitting else -1
    if not low <= value <= high:
        raise ValueError(f"{text!r} is not a {field} ({low}-{high})")
    return value
