"""Mailboxes and what is in their calendars."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from tests.sandbox.world.calendars import Calendar

Status = Literal["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"]

CUSTOMIZED = "Customized Time Zone"


@dataclass(frozen=True, slots=True)
class Meeting:
    """One calendar entry; start and end are aware UTC times. To change one, put another in its place (`replace`).

    Status "unknown" is what EWS calls no data: the digit 4 in an availability view (facts 1.2).
    """

    start: datetime
    end: datetime
    status: Status = "busy"
    subject: str = ""
    location: str = ""
    is_private: bool = False
    is_meeting: bool = True
    is_recurring: bool = False
    is_all_day: bool = False


@dataclass(frozen=True)
class WorkingHours:
    """When somebody works, in the time zone of the mailbox."""

    days: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    start: str = "08:00"
    end: str = "17:00"


@dataclass
class Mailbox:
    """One mailbox, or a distribution list (`kind` "list", whose `members` are addresses).

    `address` is the primary SMTP address, which need not be the user principal name. `hosted` "none" is a mailbox
    without licence or soft-deleted. `time_zone` is a Windows name, "Customized Time Zone", or "" for a mailbox that
    never had one. `shares` is the level that others see by the owner's default sharing (facts 1.2).
    """

    address: str
    user_principal_name: str
    object_id: str
    display_name: str = ""
    aliases: list[str] = field(default_factory=list)
    kind: Literal["user", "room", "equipment", "list"] = "user"
    members: list[str] = field(default_factory=list)
    hosted: Literal["cloud", "onPremises", "none"] = "cloud"
    meetings: list[Meeting] = field(default_factory=list)
    working_hours: WorkingHours | None = field(default_factory=WorkingHours)
    time_zone: str = "W. Europe Standard Time"
    shares: Literal["details", "time"] = "details"
    schedule_error: tuple[str, str] | None = None
    """A (responseCode, message) that getSchedule answers for this mailbox, whatever is in it."""
    _calendar: Calendar | None = field(default=None, init=False, repr=False, compare=False)

    def has_address(self, address: str) -> bool:
        """Tell whether mail to this address reaches it. A user principal name alone is no address."""
        wanted = address.lower()
        return wanted == self.address.lower() or wanted in [alias.lower() for alias in self.aliases]

    def calendar(self) -> Calendar:
        """Return the meetings in order; `meetings` may be changed at any time."""
        if self._calendar is None or not self._calendar.is_of(self.meetings):
            self._calendar = Calendar(self.meetings)
        return self._calendar
