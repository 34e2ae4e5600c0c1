"""How getSchedule writes what it found: items and working hours, as JSON (facts 1.2).

Written by hand and not by way of dictionaries: a benchmark measures its clients beside this server.
"""

import functools
import json
from collections.abc import Iterable

from tests.sandbox.microsoft.graph.zones import Times, custom_zone
from tests.sandbox.world.calendars import Entry
from tests.sandbox.world.mailboxes import CUSTOMIZED, WorkingHours


@functools.lru_cache(maxsize=4096)
def quoted(text: str) -> str:
    """Return a text as JSON."""
    return json.dumps(text, ensure_ascii=False)


def boolean(value: bool) -> str:
    """Return a boolean as JSON."""
    return "true" if value else "false"


def items(entries: Iterable[Entry], times: Times, *, details: bool) -> str:
    """Return scheduleItems, whole even where they reach out of the window.

    Private ones, and all without `details`, have nothing but status, start and end.
    """
    return ",".join(
        f'{{"isPrivate":false,"status":"{meeting.status}","start":{times[start]},"end":{times[end]},'
        f"{_details(meeting.subject, meeting.location, meeting.is_meeting, meeting.is_recurring)}}}"
        if details and not meeting.is_private
        else f'{{"status":"{meeting.status}","start":{times[start]},"end":{times[end]}}}'
        for start, end, meeting in entries
    )


@functools.lru_cache(maxsize=4096)
def _details(subject: str, location: str, is_meeting: bool, is_recurring: bool) -> str:
    return (
        f'"subject":{quoted(subject)},"location":{quoted(location)},"isMeeting":{boolean(is_meeting)},'
        f'"isRecurring":{boolean(is_recurring)},"isException":false,"isReminderSet":true'
    )


@functools.lru_cache(maxsize=256)
def working_hours(hours: WorkingHours | None, zone_name: str) -> bytes:
    """Return the property workingHours with the comma before it; nothing for who has none."""
    if hours is None:
        return b""
    shown = {
        "daysOfWeek": list(hours.days),
        "startTime": f"{hours.start}:00.0000000",
        "endTime": f"{hours.end}:00.0000000",
        "timeZone": custom_zone() if zone_name == CUSTOMIZED else {"name": zone_name or "UTC"},
    }
    return b',"workingHours":' + json.dumps(shown, ensure_ascii=False).encode()
