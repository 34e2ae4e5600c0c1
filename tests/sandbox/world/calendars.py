"""The entries of one calendar in order, so that those of a window are found without looking at all others."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.sandbox.world.mailboxes import Meeting

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

type Entry = tuple[int, int, "Meeting"]
"""Start and end in microseconds since 1970 (UTC), and the meeting."""


def microseconds(moment: datetime) -> int:
    """Return an aware time as microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """Return the UTC time so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=at)


class Calendar:
    """Meetings in the order of their start and end, as they were when it was made.

    `notes` is for whoever shows the calendar: what was worked out once is right for as long as this calendar is.
    """

    def __init__(self, meetings: "list[Meeting]") -> None:
        self._meetings = list(meetings)
        self._entries: list[Entry] = sorted(
            ((microseconds(meeting.start), microseconds(meeting.end), meeting) for meeting in meetings),
            key=itemgetter(0, 1),
        )
        self._latest_end = array("q", accumulate((end for _, end, _ in self._entries), max))
        self.notes: dict[Hashable, tuple[int, bytes]] = {}

    def is_of(self, meetings: "list[Meeting]") -> bool:
        """Tell whether these are still the meetings in it; comparing the same objects takes next to no time."""
        return self._meetings == meetings

    def touching(self, start: int, end: int) -> list[Entry]:
        """Return the entries that have any time between start and end (microseconds), whole, in their order."""
        # Before the first whose predecessors, or itself, end after the start, all have ended.
        first = bisect_right(self._latest_end, start)
        beyond = bisect_left(self._entries, end, lo=first, key=itemgetter(0))
        return [entry for entry in self._entries[first:beyond] if entry[1] > start]
