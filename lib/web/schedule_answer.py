"""Writing a getSchedule answer as Graph does: times in the preferred zone, an error and no view for who is unknown.

An answer may hold hundreds of thousands of entries, so they are written as text, person by person, and large answers in
a thread. Statuses, views and names of zones are words that were checked when they were read: they need no quoting.
"""

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from lib.domain.free_busy import Answer, FreeBusy, Item, Unread
from lib.domain.zones import UTC_ZONE, Zone

# What the event loop may write itself, in a few milliseconds.
_MANY = 1000  # entries
_MANY_DIGITS = 1_000_000

Show = Callable[[datetime], str]


async def write_schedules(answers: Sequence[Answer], zone: Zone | None, context: str) -> bytes:
    """Return the JSON of an answer. `context` is Graph's @odata.context."""
    read = [found for _, found in answers if isinstance(found, FreeBusy)]
    if sum(len(found.items) for found in read) <= _MANY and sum(len(found.view) for found in read) <= _MANY_DIGITS:
        return _write(answers, zone or UTC_ZONE, context)
    return await asyncio.to_thread(_write, answers, zone or UTC_ZONE, context)


@lru_cache(maxsize=8)
def _times_in(zone: Zone) -> Show:
    """Return what writes a moment in this zone."""

    @lru_cache(maxsize=16_384)  # meetings begin and end at the same few times
    def show(moment: datetime) -> str:
        time = zone.show(moment)
        return f'{{"dateTime":"{time["dateTime"]}","timeZone":"{time["timeZone"]}"}}'

    return show


def _write(answers: Sequence[Answer], zone: Zone, context: str) -> bytes:
    show = _times_in(zone)
    text = io.BytesIO()  # which gives its content away without another copy
    text.write(f'{{"@odata.context":{_json(context)},"value":['.encode())
    for number, (address, found) in enumerate(answers):
        schedule = f"{',' if number else ''}{{{_schedule(address, found, show)}}}"
        text.write(schedule.encode("utf-8", "replace"))  # UTF-8 has no form for half a surrogate pair
    text.write(b"]}")
    return text.getvalue()


def _schedule(address: str, found: FreeBusy | Unread, show: Show) -> str:
    """Return the inside of Graph's scheduleInformation; for who is unknown nothing in it can be read as free time."""
    if isinstance(found, Unread):
        error = {"responseCode": found.code, "message": found.message}
        return f'"scheduleId":{_json(address)},"error":{_json(error)}'
    items = ",".join([_item(item, show) for item in found.items])
    hours = "" if found.working_hours is None else f',"workingHours":{found.working_hours}'
    return f'"scheduleId":{_json(address)},"availabilityView":"{found.view}","scheduleItems":[{items}]{hours}'


def _item(item: Item, show: Show) -> str:
    times = f'"status":"{item.status}","start":{show(item.start)},"end":{show(item.end)}'
    return f"{{{item.more},{times}}}" if item.more else f"{{{times}}}"


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
