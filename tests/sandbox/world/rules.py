"""What Microsoft leaves open about calendars, or changed over the years: each variant can be played (facts 14)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(kw_only=True)
class CalendarRules:
    """Limits of getSchedule and how what goes beyond them is told. May be changed while the simulator runs."""

    largest_schedules: int = 100
    """Addresses in one request, a list being one; with more it is a 400, ErrorMailboxDataArrayTooBig.

    Observed; the documentation says 20 (facts 1.4).
    """
    longest_window_days: int = 62
    """Windows must be shorter, else 400 ErrorTimeIntervalTooBig; older pages say 42 (facts 1.4)."""
    largest_calendar: int = 1000
    """Entries of a mailbox in the window; more are code 5006 (facts 1.4)."""
    largest_people: int = 100
    """People and things in one request, the members of lists counted. 20 is the documentation read strictly."""
    beyond_people: Literal["schedule", "request"] = "schedule"
    """What tells of more than `largest_people`.

    "schedule": ErrorIndividualMailboxLimitReached for the addresses beyond, in a 200; "request": a 400 with
    ErrorMailboxDataArrayTooBig (facts 1.4).
    """
    largest_list: int = 100
    """Members of a list; with more its schedule is ErrorFreeBusyDLLimitReached. Microsoft gives no number."""
    too_many_entries: Literal["schedule", "request"] = "schedule"
    """What tells of more than `largest_calendar`: the schedule's own error, or a 400 with ErrorResultSetTooBig."""
    schedule_codes: Literal["mixed", "numeric", "named"] = "mixed"
    """How `responseCode` is spelled where both forms are known (5009, 5006).

    "mixed" is numeric, but named for mailboxes without licence. A mailbox's own `schedule_error` stays as it is.
    """
    shuffled_schedules: bool = False
    """Whether `value` comes in another order than was asked; no order is promised (facts 13)."""
    app_only_details: bool = True
    """Whether app-only tokens are shown subjects and locations as colleagues are, or times only (facts 1.2)."""
    scope_covers_schedules: bool = False
    """Whether RBAC for Applications and access policies guard each address in `schedules`, too (facts 7.3).

    Which error there would be is not known; here it is ErrorNoFreeBusyAccess.
    """
    concurrency: Literal["mailbox", "application"] = "mailbox"
    """Whether four requests at once are allowed per application and mailbox, or per application (facts 2.2)."""
    iana_zones: Literal["most", "promised"] = "most"
    """Which IANA names are zones: nearly all, or only those that the documentation lists (facts 1.6)."""
    abandoned_requests_go_on: bool = True
    """Whether a request whose client hung up is worked on (and in flight) to its end, or ends with the connection."""
