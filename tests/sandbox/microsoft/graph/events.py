"""Events as calendarView lists them, as JSON (Microsoft Learn: event; the properties that the sandbox knows)."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tests.sandbox.microsoft.graph.errors import bad_request
from tests.sandbox.microsoft.graph.schedule_items import boolean, quoted

if TYPE_CHECKING:
    from tests.sandbox.world.mailboxes import Meeting

Shown = Callable[["Meeting"], str]

_PROPERTIES: dict[str, Shown] = {
    "subject": lambda meeting: quoted(meeting.subject),
    "isAllDay": lambda meeting: boolean(meeting.is_all_day),
    "isCancelled": lambda meeting: "false",
    "sensitivity": lambda meeting: '"private"' if meeting.is_private else '"normal"',
    "showAs": lambda meeting: f'"{meeting.status}"',
    "type": lambda meeting: '"occurrence"' if meeting.is_recurring else '"singleInstance"',
    "location": lambda meeting: f'{{"displayName":{quoted(meeting.location)}}}',
}
_ALWAYS, _TIMES = ("id",), ("start", "end")


class Selection:
    """The properties that $select names, all without it. Raises GraphError 400 for one that events do not have."""

    def __init__(self, select: Sequence[str]) -> None:
        spellings = {name.lower(): name for name in (*_PROPERTIES, *_ALWAYS, *_TIMES)}
        for name in select:
            if name.lower() not in spellings:
                text = f"Could not find a property named '{name}' on type 'microsoft.graph.event'."
                raise bad_request(f"Parsing OData Select and Expand failed: {text}")
        names = [spellings[name.lower()] for name in select] or [*_PROPERTIES, *_TIMES]
        self._times = [name for name in _TIMES if name in names]
        self._others = [(name, _PROPERTIES[name]) for name in names if name in _PROPERTIES]

    def event(self, name: str, meeting: "Meeting", start: str, end: str) -> str:
        """Return an event under its id, which comes selected or not; the times are JSON."""
        parts = [f'"{name}":{shown(meeting)}' for name, shown in self._others]
        times = {"start": start, "end": end}
        parts += [f'"{name}":{times[name]}' for name in self._times]
        return f'{{"@odata.etag":"W/\\"{name}\\"","id":"{name}",{",".join(parts)}}}'
