"""What a Graph without any limit would answer to getSchedule, worked out from what is in the calendars.

Written from the collected facts (1.2, 1.5, 1.6) for the tests alone: it shares no code with lib, nor with the simulated
Microsoft. Of both it uses only the plain data: mailboxes and their meetings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.model.clocks import local
from tests.sandbox.world.mailboxes import Mailbox, Meeting

NOT_FOUND = frozenset({"5009", "ErrorMailRecipientNotFound"})
NOT_VALID = frozenset({"ErrorInvalidSmtpAddress"})
PROXY_FAILED = frozenset({"ErrorProxyRequestProcessingFailed"})
DOUBTFUL = frozenset({"incompleteAnswer"})  # contract: what we cannot make sense of is unknown

# Working elsewhere is sent as 0; 4 is "no data".
_DIGITS = {"free": "0", "workingElsewhere": "0", "tentative": "1", "busy": "2", "oof": "3", "unknown": "4"}
_CONSUMERS = {"outlook.com", "hotmail.com", "live.com", "msn.com"}


@dataclass(frozen=True)
class Window:
    """The time that is asked for (UTC), in slots of so many minutes, and the zone in which times are answered."""

    start: datetime
    end: datetime
    minutes: int
    zone: str = "UTC"

    @property
    def slot(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def slots_until(self, moment: datetime) -> int:
        """Return how many slots begin before this moment: the last one counts however little of it there is."""
        whole, rest = divmod(moment - self.start, self.slot)
        return whole + bool(rest)

    @property
    def slots(self) -> int:
        return self.slots_until(self.end)

    def halves(self) -> "tuple[Window, Window]":
        """Return the window in two, on a slot."""
        middle = self.start + self.slots // 2 * self.slot
        return replace(self, end=middle), replace(self, start=middle)

    def has_of(self, meeting: Meeting) -> bool:
        """Tell whether any time of the meeting lies in the window."""
        return max(meeting.start, self.start) < min(meeting.end, self.end)

    def span(self, meeting: Meeting) -> tuple[int, int]:
        """Return the slots that a meeting touches, from the first up to, not including, the second."""
        return (max(meeting.start, self.start) - self.start) // self.slot, self.slots_until(min(meeting.end, self.end))

    def view(self, meetings: Iterable[Meeting]) -> str:
        """Return a digit per slot; the highest wins."""
        digits = ["0"] * self.slots
        for meeting in sorted(meetings, key=lambda one: _DIGITS[one.status]):
            first, beyond = self.span(meeting)
            digits[first:beyond] = _DIGITS[meeting.status] * (beyond - first)
        return "".join(digits)

    def time(self, moment: datetime) -> dict[str, str]:
        """Return a dateTimeTimeZone: seven digits of a fraction, the zone by the name that was asked with."""
        wall = moment.astimezone(UTC).replace(tzinfo=None) if self.zone == "UTC" else local(moment, self.zone)
        return {"dateTime": wall.isoformat(timespec="microseconds") + "0", "timeZone": self.zone}


class Directory:
    """Everybody of a tenant, by all their addresses."""

    def __init__(self, mailboxes: Iterable[Mailbox]) -> None:
        self._found = {
            address.lower(): mailbox for mailbox in mailboxes for address in (mailbox.address, *mailbox.aliases)
        }

    def find(self, address: str) -> Mailbox | None:
        return self._found.get(address.lower())

    def why_not(self, address: str) -> frozenset[str] | None:
        """Return the codes of which one tells why an address has no calendar, None if it has one."""
        name, _, domain = address.partition("@")
        if not name or not domain or " " in address:
            return NOT_VALID
        mailbox = self.find(address)
        if mailbox is None:
            return PROXY_FAILED if domain.lower() in _CONSUMERS else NOT_FOUND
        if mailbox.schedule_error is not None:
            return frozenset({mailbox.schedule_error[0]})
        return {"cloud": None, "onPremises": PROXY_FAILED, "none": NOT_FOUND}[mailbox.hosted]

    def meetings(self, mailbox: Mailbox) -> list[Meeting]:
        """Return the meetings of a mailbox, those of a list being its members'; who cannot be read has none."""
        if mailbox.kind != "list":
            return mailbox.meetings
        members = [self.find(address) for address in mailbox.members if self.why_not(address) is None]
        return [meeting for member in members if member is not None for meeting in member.meetings]


def schedule(directory: Directory, address: str, window: Window, *, full: bool) -> dict[str, Any]:
    """Return the scheduleInformation of an address; for who is unknown `error` is the set of codes it may have.

    `full`: callers see what Graph tells of a meeting; else its status and times only.
    """
    why_not = directory.why_not(address)
    if why_not is not None:
        return {"scheduleId": address, "error": why_not}
    mailbox = directory.find(address)
    assert mailbox is not None
    meetings = [meeting for meeting in directory.meetings(mailbox) if window.has_of(meeting)]
    view = window.view(meetings)
    if "4" in view or any(meeting.status == "unknown" for meeting in meetings):
        return {"scheduleId": address, "error": DOUBTFUL}
    shown = full and mailbox.shares == "details" and mailbox.kind != "list"
    entries = [_item(meeting, window, shown=shown and not meeting.is_private) for meeting in meetings]
    found = {"scheduleId": address, "availabilityView": view, "scheduleItems": in_order(entries)}
    return found if mailbox.working_hours is None else found | {"workingHours": _working_hours(mailbox)}


def _item(meeting: Meeting, window: Window, *, shown: bool) -> dict[str, Any]:
    times = {"status": meeting.status, "start": window.time(meeting.start), "end": window.time(meeting.end)}
    if not shown:
        return times
    return times | {
        "isPrivate": False,
        "subject": meeting.subject,
        "location": meeting.location,
        "isMeeting": meeting.is_meeting,
        "isRecurring": meeting.is_recurring,
        "isException": False,
        "isReminderSet": True,
    }


def _working_hours(mailbox: Mailbox) -> dict[str, Any]:
    hours = mailbox.working_hours
    assert hours is not None
    return {
        "daysOfWeek": list(hours.days),
        "startTime": f"{hours.start}:00.0000000",
        "endTime": f"{hours.end}:00.0000000",
        "timeZone": {"name": mailbox.time_zone or "UTC"},
    }


def in_order(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return items in an order of their own, since Graph promises none; none is lost, look-alikes stay two."""
    return sorted(items, key=lambda item: (item["start"]["dateTime"], sorted(map(str, item.items()))))
