"""getSchedule: reading the request, its limits, and the whole answer (facts 1.1, 1.4, 1.5)."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller, find_mailbox
from tests.sandbox.microsoft.graph.availability import Reader, Window
from tests.sandbox.microsoft.graph.errors import GraphError, bad_request
from tests.sandbox.microsoft.graph.throttle import Throttle
from tests.sandbox.microsoft.graph.zones import preferred_zone, zone
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.tenants import World

_LARGEST_BODY = 400 * 1024
_DEFAULT_INTERVAL = 30
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")


@dataclass(frozen=True)
class Request:
    """A getSchedule request that Graph accepts."""

    schedules: list[str]
    window: Window


class Schedules:
    """`POST …/calendar/getSchedule`."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._throttle = Throttle()

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one request. Raises GraphError."""
        mailbox = find_mailbox(caller, match["user"])
        with self._throttle.slot(caller.app_id, mailbox.object_id, self._shared.now()):
            await self._shared.spend_latency("graph")  # a slow request is in flight for that long
            request = read(seen, mailbox, self._shared.world)
            preferred = preferred_zone(seen.headers.get("prefer"))
            name = "UTC" if preferred is None else preferred
            zone(name)
            reader = Reader(caller.tenant, request.window, name, self._shared.world.largest_calendar)
            metadata = f"{self._shared.graph_url}/v1.0/$metadata"
            body = {
                "@odata.context": f"{metadata}#Collection(microsoft.graph.scheduleInformation)",
                "value": [reader.read(address) for address in request.schedules],
            }
        return body, {} if preferred is None else {"Preference-Applied": f'outlook.timezone="{name}"'}


def read(seen: SeenRequest, mailbox: Mailbox, world: World) -> Request:
    """Return the request. Property names match without case. Raises GraphError."""
    if len(seen.body) > _LARGEST_BODY:
        raise GraphError(413, "ErrorRequestStreamTooBig", "The request stream is larger than 400 KB.")
    body = _object(seen)
    schedules = _schedules(body.get("schedules"), world)
    start, end = (_moment(body.get(name.lower()), name, mailbox) for name in ("startTime", "endTime"))
    if start >= end:
        text = "The time duration specified for FreeBusyViewOptions.TimeWindow is invalid."
        raise GraphError(400, "ErrorInvalidTimeInterval", text)
    if end - start >= timedelta(days=world.longest_window_days):
        text = (
            "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. The allowed limit = "
            f"{world.longest_window_days} days; the actual limit = {(end - start).days} days."
        )
        raise GraphError(400, "ErrorTimeIntervalTooBig", text)
    return Request(schedules, Window(start, end, timedelta(minutes=_interval(body))))


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


def _schedules(value: Any, world: World) -> list[str]:
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
    allowed = world.largest_schedules
    if len(value) > allowed:
        raise GraphError(
            400,
            "ErrorMailboxDataArrayTooBig",
            "There are too many target users in the EmailAddress array. "
            f"The allowed size = {allowed}; the actual size = {len(value)}.",
        )
    return list(value)


def _moment(value: Any, name: str, mailbox: Mailbox) -> datetime:
    """Return the UTC time of a dateTimeTimeZone. Without a zone it is in the mailbox's, which may have none."""
    if not isinstance(value, dict):
        raise bad_request(f"The parameter '{name}' is required.")
    parts = {key.lower(): part for key, part in value.items()}
    text = parts.get("datetime")
    if not isinstance(text, str) or not _DATE_TIME.fullmatch(text):  # it carries no offset (facts 1.1)
        raise bad_request(f"Cannot convert the literal '{text}' of '{name}' to the expected type 'Edm.DateTime'.")
    named = parts.get("timezone")
    if named is not None and not isinstance(named, str):
        raise bad_request(f"Cannot convert the time zone of '{name}' to the expected type 'Edm.String'.")
    local_zone = zone(named if named is not None else mailbox.time_zone)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=local_zone).astimezone(UTC)
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
