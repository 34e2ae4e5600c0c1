"""getSchedule: reading the request, its limits, and the whole answer (facts 1.1, 1.4, 1.5)."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller, find_mailbox, in_scope
from tests.sandbox.microsoft.graph.availability import Asked, Reader, people_behind
from tests.sandbox.microsoft.graph.errors import GraphError, bad_request
from tests.sandbox.microsoft.graph.throttle import Throttle
from tests.sandbox.microsoft.graph.window import Window
from tests.sandbox.microsoft.graph.zones import preferred_times, zone, zone_of_mailbox
from tests.sandbox.microsoft.shuffling import shuffled
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.calendars import microseconds
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.tenants import Tenant, World

_LARGEST_BODY = 400 * 1024
_DEFAULT_INTERVAL = 30
_MINUTE = 60 * 1_000_000  # microseconds
_DAY = 24 * 60 * _MINUTE
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")


@dataclass(frozen=True)
class Request:
    """A getSchedule request that Graph accepts."""

    schedules: list[str]
    window: Window


class Schedules:
    """`POST …/calendar/getSchedule`."""

    def __init__(self, shared: Surroundings, throttle: Throttle) -> None:
        self._shared = shared
        self._throttle = throttle

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one request. Raises GraphError."""
        world = self._shared.world
        mailbox = find_mailbox(caller, match["user"])
        with self._throttle.slot(caller.app_id, mailbox.object_id, self._shared.now(), world.concurrency):
            await self._shared.spend_latency("graph")  # a slow request is in flight for that long
            request = read(seen, mailbox, caller.tenant, world)
            times, headers = preferred_times(seen.headers.get("prefer"), world)
            details = world.app_only_details or caller.user is not None
            reader = Reader(Asked(caller.tenant, world, request.window, times, details, _may_read(caller, world)))
            entries = [reader.read(address) for address in request.schedules]
        return self._body(shuffled(entries) if world.shuffled_schedules else entries), headers

    def _body(self, entries: list[bytes]) -> bytes:
        """Return the whole answer, with a single copy of what may be megabytes."""
        context = f"{self._shared.graph_url}/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
        entries[0] = b'{"@odata.context":"%b","value":[%b' % (context.encode(), entries[0])
        entries[-1] += b"]}"
        return b",".join(entries)


def _may_read(caller: Caller, world: World) -> Callable[[Mailbox], bool]:
    """Return who may be asked for: everybody, by EWS's design, or those in the scope of the asker (facts 7.3)."""
    if not world.scope_covers_schedules or caller.user is not None:
        return lambda mailbox: True
    return lambda mailbox: in_scope(caller, mailbox)


def read(seen: SeenRequest, mailbox: Mailbox, tenant: Tenant, world: World) -> Request:
    """Return the request. Property names match without case. Raises GraphError."""
    if len(seen.body) > _LARGEST_BODY:
        raise GraphError(413, "ErrorRequestStreamTooBig", "The request stream is larger than 400 KB.")
    body = _object(seen)
    schedules = _schedules(body.get("schedules"), tenant, world)
    start, end = (_moment(body.get(name.lower()), name, mailbox, world) for name in ("startTime", "endTime"))
    if start >= end:
        text = "The time duration specified for FreeBusyViewOptions.TimeWindow is invalid."
        raise GraphError(400, "ErrorInvalidTimeInterval", text)
    if end - start >= world.longest_window_days * _DAY:
        text = (
            "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = "
            f"{world.longest_window_days} days; the actual limit = {(end - start) // _DAY} days."
        )
        raise GraphError(400, "ErrorTimeIntervalTooBig", text)
    return Request(schedules, Window(start, end, _interval(body) * _MINUTE))


def _object(seen: SeenRequest) -> dict[str, Any]:
    if seen.media_type != "application/json":
        raise bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
    try:
        body = seen.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format."
        )
    return {name.lower(): value for name, value in body.items()}


def _schedules(value: Any, tenant: Tenant, world: World) -> list[str]:
    if value is not None and not isinstance(value, list):
        node = "StartObject" if isinstance(value, dict) else "PrimitiveValue"
        shown = value if isinstance(value, str) else json.dumps(value)
        raise bad_request(
            f"When trying to read a null collection parameter value in JSON Light, a node of type '{node}' with the "
            f"value '{shown}' was encountered; however, a 'StartArray' or null value was expected."
        )
    if not value:
        raise GraphError(400, "ErrorMailboxDataArrayEmpty", "There are no target users in the EmailAddress array.")
    if not all(isinstance(address, str) for address in value):
        raise bad_request(
            "Cannot convert a value of the collection 'schedules' to the expected target type 'Edm.String'."
        )
    _check_number(len(value), world.largest_schedules)
    if world.beyond_people == "request":
        _check_number(people_behind(tenant, value), world.largest_people)
    return list(value)


def _check_number(people: int, allowed: int) -> None:
    if people > allowed:
        text = "There are too many target users in the EmailAddress array. "
        text += f"The allowed size = {allowed}; the actual size = {people}."
        raise GraphError(400, "ErrorMailboxDataArrayTooBig", text)


def _moment(value: Any, name: str, mailbox: Mailbox, world: World) -> int:
    """Return the time of a dateTimeTimeZone in microseconds. Without a zone it is in the mailbox's, if it has one."""
    if not isinstance(value, dict):
        raise bad_request(f"The parameter '{name}' is required.")
    parts = {key.lower(): part for key, part in value.items()}
    text = parts.get("datetime")
    if not isinstance(text, str) or not _DATE_TIME.fullmatch(text):  # it carries no offset (facts 1.1)
        raise bad_request(f"Cannot convert the literal '{text}' of '{name}' to the expected type 'Edm.DateTime'.")
    named = parts.get("timezone")
    if named is not None and not isinstance(named, str):
        raise bad_request(f"Cannot convert the time zone of '{name}' to the expected type 'Edm.String'.")
    local_zone = zone_of_mailbox(mailbox.time_zone, world) if named is None else zone(named, world)
    try:
        return microseconds(datetime.fromisoformat(text).replace(tzinfo=local_zone))
    except (ValueError, OverflowError):
        raise bad_request(
            f"Cannot convert the literal '{text}' of '{name}' to the expected type 'Edm.DateTime'."
        ) from None


def _interval(body: dict[str, Any]) -> int:
    """Return the minutes of a slot; digits in a string are taken, an explicit null is a 500 (facts 1.1, 1.5)."""
    value = body.get("availabilityviewinterval", _DEFAULT_INTERVAL)
    if value is None:
        raise GraphError(500, "UnknownError", "")
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad_request("Cannot convert the value of 'availabilityViewInterval' to the expected type 'Edm.Int32'.")
    if not 5 <= value <= 1440:
        text = "The merged free/busy interval is invalid. It must be between 5 and 1440 minutes."
        raise GraphError(400, "ErrorInvalidMergedFreeBusyInterval", text)
    return value
