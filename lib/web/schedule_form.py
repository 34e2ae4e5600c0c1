"""Reading a getSchedule call as Graph does: names in any letter case, a number that came as text, optional zones."""

import re
from datetime import datetime
from typing import Any

from lib.domain import fields
from lib.domain.errors import InvalidRequest
from lib.domain.schedule import (
    DEFAULT_INTERVAL,
    LONGEST_INTERVAL,
    MOST_PEOPLE,
    SHORTEST_INTERVAL,
    Moment,
    ScheduleRequest,
)
from lib.domain.zones import UTC_ZONE, Zone, Zones
from lib.web.json_body import Fields, items

_LONGEST_ADDRESS = 320  # 64 for the local part, 255 for the domain, and the @ (RFC 3696 errata)
_LONGEST_ZONE = 100
# Fractions of a second count down to microseconds: an end of day is often written 23:59:59.9999999.
_DATE_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?)(Z?)")
_PREFER_ZONE = re.compile(r'(?:^|[,;\s])outlook\.timezone\s*=\s*(?:"([^"]*)"|([^\s,;"]+))', re.IGNORECASE)


def read_schedule_request(body: dict[str, Any], prefer: str | None, zones: Zones) -> ScheduleRequest:
    """Return the call. Raises InvalidRequest that names the property, or the header Prefer."""
    form = Fields(body, fold=True)
    start, end = (_moment(name, form.take(name), zones) for name in ("startTime", "endTime"))
    people, interval = _people(form.take("schedules")), _interval(form.take("availabilityViewInterval"))
    form.finish()
    return ScheduleRequest(people, start, end, interval, _preferred_zone(prefer, zones))


def _people(value: Any) -> tuple[str, ...]:
    if value is None:
        raise InvalidRequest("schedules", "is missing")
    if not isinstance(value, list) or not value:
        raise InvalidRequest("schedules", "must be a list of at least one e-mail address")
    return tuple(
        fields.text(name, item, longest=_LONGEST_ADDRESS) for name, item in items("schedules", value, most=MOST_PEOPLE)
    )


def _moment(name: str, value: Any, zones: Zones) -> Moment:
    if value is None:
        raise InvalidRequest(name, "is missing")
    form = Fields(value, name=name, prefix=f"{name}.", fold=True)
    when, given = form.take("dateTime"), form.take("timeZone")
    form.finish()
    zone = UTC_ZONE if given is None else _zone(f"{name}.timeZone", given, zones)
    text = fields.text(f"{name}.dateTime", when, longest=40)
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise InvalidRequest(
            f"{name}.dateTime",
            "must be a date and time such as 2026-11-20T09:00:00, without offset; timeZone tells the zone",
        )
    if match[2] and zone != UTC_ZONE:
        raise InvalidRequest(f"{name}.dateTime", "ends in Z, which means UTC: leave timeZone out, or let it be UTC")
    try:
        return Moment.of(datetime.fromisoformat(match[1]), zone)  # naive on purpose: a wall clock in that zone
    except ValueError:
        raise InvalidRequest(f"{name}.dateTime", "is not a date and time of the calendar") from None


def _zone(name: str, value: Any, zones: Zones) -> Zone:
    zone = zones.find(fields.text(name, value, longest=_LONGEST_ZONE).strip())
    if zone is None:
        raise InvalidRequest(
            name, "must be the name of a time zone such as UTC, Pacific Standard Time or Europe/Berlin"
        )
    return zone


def _interval(value: Any) -> int:
    name = "availabilityViewInterval"
    if value is None:
        return DEFAULT_INTERVAL
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,5}", value):  # one of Microsoft's samples sends "15"
        value = int(value)
    if isinstance(value, float) and value.is_integer():  # 30.0 is a whole number (JSON Schema 2020-12, section 6.1.1)
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidRequest(name, "must be a whole number of minutes")
    if not SHORTEST_INTERVAL <= value <= LONGEST_INTERVAL:
        raise InvalidRequest(name, f"must be from {SHORTEST_INTERVAL} to {LONGEST_INTERVAL} minutes")
    return value


def _preferred_zone(prefer: str | None, zones: Zones) -> Zone | None:
    """Return the zone of `Prefer: outlook.timezone="…"`; other preferences are not ours to honour (RFC 7240)."""
    if not prefer or "outlook.timezone" not in prefer.lower():
        return None
    match = _PREFER_ZONE.search(prefer)
    if match is None:
        raise InvalidRequest("Prefer", 'must have the form outlook.timezone="UTC"')
    return _zone("Prefer", match[1] if match[1] is not None else match[2], zones)
