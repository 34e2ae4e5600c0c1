"""What a Graph, or something on the way from it, might say of an address that cannot be believed.

Several things at once are a tuple.
"""

from collections.abc import Callable
from typing import Any

Entry = dict[str, Any]

_TIME = {"dateTime": "2026-03-04T10:00:00.0000000", "timeZone": "UTC"}

_ITEM = {"status": "free", "start": _TIME, "end": _TIME}


def _with(**changes: Any) -> Callable[[Entry], Entry]:
    return lambda entry: entry | changes


def _without(name: str) -> Callable[[Entry], Entry]:
    return lambda entry: {key: value for key, value in entry.items() if key != name}


def _view(change: Callable[[str], Any]) -> Callable[[Entry], Entry]:
    return lambda entry: entry | {"availabilityView": change(entry["availabilityView"])}


def _item(**changes: Any) -> Callable[[Entry], Entry]:
    item = {"status": "busy", "start": _TIME, "end": _TIME}
    return lambda entry: entry | {"scheduleItems": [*entry["scheduleItems"], item | changes]}


ALL: list[Callable[[Entry], Any]] = [
    lambda entry: None,
    lambda entry: {},
    lambda entry: [entry],
    lambda entry: {"scheduleId": entry["scheduleId"]},
    lambda entry: entry | {"scheduleId": "somebody@else.example"},
    lambda entry: entry | {"scheduleId": None},
    lambda entry: (entry, entry | {"availabilityView": "0" * len(entry["availabilityView"]), "scheduleItems": [_ITEM]}),
    _without("availabilityView"),
    _without("scheduleItems"),
    _without("scheduleId"),
    _view(lambda view: view[:-1]),
    _view(lambda view: f"{view}0"),
    _view(lambda view: f"4{view[1:]}"),
    _view(lambda view: f"{view[:-1]}?"),
    _view(lambda view: f"{view[:-1]}٠"),  # an Arabic zero is a digit to Python
    _view(lambda view: ""),
    _view(lambda view: None),
    _view(lambda view: [int(digit) for digit in view]),
    _with(scheduleItems=None),
    _with(scheduleItems={}),
    _with(scheduleItems=[None]),
    _with(error={"responseCode": "ErrorServerBusy", "message": "and yet it has a view"}),
    _with(error={}),
    _with(error="broken"),
    _item(status="unknown"),
    _item(status="maybe"),
    _item(status=None),
    _item(start=None),
    _item(start={"dateTime": "2026-03-04T11:00:00.0000000", "timeZone": "UTC"}),  # it ends before it starts
    _item(start={"dateTime": "2026-02-30T11:00:00.0000000", "timeZone": "UTC"}),
    _item(start={"dateTime": "2026-03-04T09:00:00.0000000", "timeZone": "Middle-earth Standard Time"}),
    _item(start={"dateTime": "2026-03-04T09:00:00.0000000+05:00", "timeZone": "UTC"}),
    _item(start={"dateTime": 1772614800, "timeZone": "UTC"}),
    _item(end={}),
]
