"""What getSchedule says about one address: slots, items, working hours, or an error (facts 1.2, 1.5)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.microsoft.graph.zones import custom_zone, graph_time
from tests.sandbox.world.mailboxes import CUSTOMIZED, Mailbox, Meeting
from tests.sandbox.world.tenants import Tenant

# Working elsewhere is sent as 0, not 4, for backward compatibility.
_DIGITS = {"free": 0, "workingElsewhere": 0, "tentative": 1, "busy": 2, "oof": 3}
_MOST_PEOPLE = 100
_CONSUMER_DOMAINS = {"outlook.com", "hotmail.com", "live.com", "msn.com"}


@dataclass(frozen=True)
class Window:
    """The time asked for, in UTC, and the length of a slot."""

    start: datetime
    end: datetime
    slot: timedelta

    def touches(self, meeting: Meeting) -> bool:
        """Tell whether any of the meeting lies in the window."""
        return meeting.start < self.end and meeting.end > self.start

    def view(self, meetings: Iterable[Meeting]) -> str:
        """Return one digit per slot, the last one possibly short; the highest status in a slot wins."""
        digits = [0] * math.ceil((self.end - self.start) / self.slot)
        for meeting in meetings:
            first = max(0, (meeting.start - self.start) // self.slot)
            last = math.ceil((min(meeting.end, self.end) - self.start) / self.slot)
            for slot in range(first, last):
                digits[slot] = max(digits[slot], _DIGITS[meeting.status])
        return "".join(map(str, digits))


class _Unreadable(Exception):
    """A per-schedule error: responseCode and message."""


class Reader:
    """Reads the addresses of one request in their order, counting the people behind them."""

    def __init__(self, tenant: Tenant, window: Window, zone_name: str, largest_calendar: int) -> None:
        self._tenant = tenant
        self._window = window
        self._zone_name = zone_name
        self._largest_calendar = largest_calendar
        self._people = 0

    def read(self, address: str) -> dict[str, Any]:
        """Return the scheduleInformation of an address; `scheduleId` repeats it as it was asked."""
        try:
            mailbox = self._find(address)
            meetings = self._meetings(mailbox)
        except _Unreadable as problem:
            code, message = problem.args
            return {"scheduleId": address, "error": {"message": message, "responseCode": code}}
        information: dict[str, Any] = {
            "scheduleId": address,
            "availabilityView": self._window.view(meetings),
            "scheduleItems": [self._item(meeting, mailbox) for meeting in meetings],
        }
        if mailbox.working_hours is not None:
            information["workingHours"] = _working_hours(mailbox)
        return information

    def _find(self, address: str) -> Mailbox:
        name, at, domain = address.partition("@")
        if not (name and at and domain) or " " in address:
            raise _Unreadable("ErrorInvalidSmtpAddress", f"The SMTP address '{address}' is not valid.")
        mailbox = self._tenant.mailbox(address)
        if mailbox is not None:
            return mailbox
        if domain.lower() in _CONSUMER_DOMAINS:
            raise _Unreadable(
                "ErrorProxyRequestProcessingFailed",
                "Proxy web request failed. , inner exception: System.Net.WebException: The request failed with HTTP "
                "status 401: Unauthorized.",
            )
        text = f"Unable to resolve e-mail address {address} to an Active Directory object."
        raise _Unreadable("5009", text)

    def _meetings(self, mailbox: Mailbox) -> list[Meeting]:
        """Return what the window shows of a mailbox, or of all members of a list."""
        if mailbox.kind == "list":
            return self._merged(mailbox)
        self._count(1)
        if mailbox.schedule_error is not None:
            raise _Unreadable(*mailbox.schedule_error)
        if mailbox.hosted == "onPremises":
            raise _Unreadable(
                "ErrorProxyRequestProcessingFailed",
                "Proxy web request failed. , inner exception: System.Net.WebException: Unable to connect to the remote "
                "server.",
            )
        if mailbox.hosted == "none":
            # The named form of 5009; tenants answer either (facts 1.5).
            text = f"Unable to resolve e-mail address {mailbox.address} to an Active Directory object."
            raise _Unreadable("ErrorMailRecipientNotFound", text)
        found = sorted(filter(self._window.touches, mailbox.meetings), key=lambda meeting: (meeting.start, meeting.end))
        if len(found) > self._largest_calendar:
            text = "The result set contains too many calendar entries. The allowed size = {}; the actual size = {}."
            raise _Unreadable("5006", text.format(self._largest_calendar, len(found)))
        return found

    def _merged(self, group: Mailbox) -> list[Meeting]:
        """Return the meetings of all members; those that cannot be read are left out, as Exchange does."""
        if len(group.members) > _MOST_PEOPLE:
            text = f"The distribution list {group.address} has too many members."
            raise _Unreadable("ErrorFreeBusyDLLimitReached", text)
        self._count(len(group.members))
        meetings: list[Meeting] = []
        for address in group.members:
            member = self._tenant.mailbox(address)
            if member is not None and member.kind != "list" and member.hosted == "cloud" and not member.schedule_error:
                meetings += filter(self._window.touches, member.meetings)
        return sorted(meetings, key=lambda meeting: (meeting.start, meeting.end))

    def _count(self, people: int) -> None:
        self._people += people
        if self._people > _MOST_PEOPLE:
            text = f"There are too many people to resolve. The allowed size = {_MOST_PEOPLE}."
            raise _Unreadable("ErrorIndividualMailboxLimitReached", text)

    def _item(self, meeting: Meeting, mailbox: Mailbox) -> dict[str, Any]:
        """Return a scheduleItem, whole even where it reaches out of the window.

        Private ones, and all of an owner who shares times only, have nothing but status, start and end.
        """
        times = {
            "status": meeting.status,
            "start": graph_time(meeting.start, self._zone_name),
            "end": graph_time(meeting.end, self._zone_name),
        }
        if meeting.is_private or mailbox.shares == "time" or mailbox.kind == "list":
            return times
        return {
            "isPrivate": False,
            **times,
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
        "timeZone": custom_zone() if mailbox.time_zone == CUSTOMIZED else {"name": mailbox.time_zone or "UTC"},
    }
