"""What Graph says about one address, for tests: as it should be, and with anything else in it."""

import json
from typing import Any

from lib.domain.configuration import Details
from lib.domain.free_busy import FreeBusy, Unread
from lib.domain.reading import Reader
from tests.domain.clocks import FakeZones

ADA = "ada@x.com"
HOURS = {
    "daysOfWeek": ["monday", "tuesday"],
    "startTime": "08:00:00.0000000",
    "endTime": "17:00:00.0000000",
    "timeZone": {"name": "W. Europe Standard Time"},
}
# A time zone that somebody put together (facts 1.2).
CUSTOM_ZONE = {
    "@odata.type": "#microsoft.graph.customTimeZone",
    "bias": 480,
    "name": "Customized Time Zone",
    "standardOffset": {"time": "02:00:00.0000000", "dayOccurrence": 1, "dayOfWeek": "sunday", "month": 11, "year": 0},
    "daylightOffset": {
        "daylightBias": -60,
        "time": "02:00:00.0000000",
        "dayOccurrence": 2,
        "dayOfWeek": "sunday",
        "month": 3,
        "year": 0,
    },
}


def time(text: Any = "2026-11-23T10:00:00.0000000", zone: Any = "UTC", **more: Any) -> dict[str, Any]:
    return {"dateTime": text, "timeZone": zone} | more


def item(status: Any = "busy", **more: Any) -> dict[str, Any]:
    """Return an entry of a calendar with everything that Graph is known to tell."""
    told = {
        "isPrivate": False,
        "status": status,
        "subject": "Secret plans",
        "location": "Bunker",
        "isMeeting": True,
        "start": time(),
        "end": time("2026-11-23T11:00:00.0000000"),
    }
    return told | more


def entry(address: str = ADA, view: Any = "0200", **more: Any) -> dict[str, Any]:
    told = {"scheduleId": address, "availabilityView": view, "scheduleItems": [item()], "workingHours": HOURS}
    return told | more


def without(name: str, told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != name}


def read(*answers: Any, details: Details = Details.TIME, slots: int = 4) -> FreeBusy | Unread:
    """Return what these answers say about Ada."""
    return Reader(details, FakeZones()).read(answers, [ADA], slots)[ADA]


def believed(*answers: Any, details: Details = Details.TIME, slots: int = 4) -> FreeBusy:
    found = read(*answers, details=details, slots=slots)
    assert isinstance(found, FreeBusy), found
    return found


def hours_of(found: FreeBusy) -> Any:
    """Return the working hours as a caller reads them."""
    return None if found.working_hours is None else json.loads(found.working_hours)
