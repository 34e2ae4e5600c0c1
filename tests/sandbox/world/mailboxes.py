"""Mailboxes and what is in their calendars."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Status = Literal["free", "tentative", "busy", "oof", "workingElsewhere"]

CUSTOMIZED = "Customized Time Zone"


@dataclass
class Meeting:
    """One calendar entry; start and end are aware UTC times."""

    start: datetime
    end: datetime
    status: Status = "busy"
    subject: str = ""
    location: str = ""
    is_private: bool = False
    is_meeting: bool = True
    is_recurring: bool = False


@dataclass
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

    def has_address(self, address: str) -> bool:
        """Tell whether mail to this address reaches it. A user principal name alone is no address."""
        return address.lower() in {self.address.lower(), *(alias.lower() for alias in self.aliases)}
