"""The time that a getSchedule request asks for, in slots (facts 1.2)."""

from collections.abc import Iterable
from typing import NamedTuple

from tests.sandbox.world.calendars import Entry

# Working elsewhere is sent as 0, not 4, for backward compatibility; 4 is EWS's "no data".
_DIGITS = {"free": b"0", "workingElsewhere": b"0", "tentative": b"1", "busy": b"2", "oof": b"3", "unknown": b"4"}


class Window(NamedTuple):
    """Start and end in microseconds since 1970 (UTC), and the length of a slot in microseconds."""

    start: int
    end: int
    slot: int

    def view(self, entries: Iterable[Entry]) -> str:
        """Return one digit per slot, the last one possibly short; the highest status in a slot wins."""
        slots = -((self.start - self.end) // self.slot)  # rounded up
        digits = bytearray(b"0" * slots)
        # The highest last, over all others.
        for digit, start, end in sorted([(_DIGITS[meeting.status], start, end) for start, end, meeting in entries]):
            first = (start - self.start) // self.slot if start > self.start else 0
            beyond = -((self.start - end) // self.slot) if end < self.end else slots
            digits[first:beyond] = digit * (beyond - first)
        return digits.decode()
