"""Tenants with smaller limits than Microsoft documents, and whom no splitting can help."""

from datetime import timedelta
from itertools import accumulate

from hypothesis import strategies as st

from tests.model.oracle import Window
from tests.model.questions import Call
from tests.sandbox.world.mailboxes import Mailbox, Meeting
from tests.sandbox.world.rules import CalendarRules

TOO_MANY_ENTRIES = frozenset({"5006", "ErrorResultSetTooBig"})
TOO_MANY_PEOPLE = frozenset({"5002", "ErrorMailboxDataArrayTooBig", "ErrorIndividualMailboxLimitReached"})
LIST_TOO_LONG = frozenset({"ErrorFreeBusyDLLimitReached"})
WINDOW_TOO_LONG = frozenset({"ErrorTimeIntervalTooBig"})
ALL = TOO_MANY_ENTRIES | TOO_MANY_PEOPLE | LIST_TOO_LONG | WINDOW_TOO_LONG


_PEOPLE_A_REQUEST, _TIME_A_REQUEST = 20, timedelta(days=42)
_ALWAYS_TRIED = 150  # smaller requests, however large the call is

_STRICT = st.sets(st.sampled_from(["", "", "", "entries", "window", "people", "addresses"]), max_size=3)
_NUMBERS = st.integers(0, 39)


@st.composite
def rules(draw: st.DrawFn) -> CalendarRules:
    """Draw a tenant's limits: half of the time the usual ones, else one or more that are strict."""
    strict, number, usual = draw(_STRICT), draw(_NUMBERS), CalendarRules()
    return CalendarRules(
        largest_calendar=number % 8 + 1 if "entries" in strict else usual.largest_calendar,
        too_many_entries="request" if number % 2 else "schedule",
        longest_window_days=number + 3 if "window" in strict else usual.longest_window_days,
        largest_people=(20, 13, 3)[number % 3] if "people" in strict else usual.largest_people,
        beyond_people="request" if number % 5 > 2 else "schedule",
        largest_list=(5, 10)[number % 2] if "people" in strict else usual.largest_list,
        largest_schedules=number % 20 + 1 if "addresses" in strict else usual.largest_schedules,
        schedule_codes=("mixed", "numeric", "named")[number // 2 % 3],
        shuffled_schedules=number % 7 > 3,
    )


def too_much(call: Call, limits: CalendarRules, address: str) -> frozenset[str]:
    """Return the codes of an address that goes beyond a limit in every request, however small; none for others."""
    directory = call.people.directory
    mailbox = directory.find(address)
    if mailbox is None or directory.why_not(address) is not None:
        return frozenset()
    if mailbox.kind == "list":
        too_long = LIST_TOO_LONG if len(mailbox.members) > limits.largest_list else frozenset[str]()
        return too_long | (TOO_MANY_PEOPLE if len(mailbox.members) > limits.largest_people else frozenset())
    return TOO_MANY_ENTRIES if _most_in_a_slot(call, mailbox) > limits.largest_calendar else frozenset()


def _most_in_a_slot(call: Call, mailbox: Mailbox) -> int:
    """Return how many entries touch the slot that has the most."""
    spans = [call.window.span(meeting) for meeting in mailbox.meetings if call.window.has_of(meeting)]
    edges = sorted([(first, 1) for first, _ in spans] + [(beyond, -1) for _, beyond in spans])
    return max(accumulate((step for _, step in edges)), default=0)


def may_give_up(call: Call, limits: CalendarRules) -> bool:
    """Tell whether so many smaller requests may be needed that a call need not make them all. Errs towards true."""
    return _splits(call, limits) > _ALWAYS_TRIED


def _splits(call: Call, limits: CalendarRules) -> int:
    """Return about how many smaller requests are needed, at most."""
    directory, each_once = call.people.directory, list({name.lower(): name for name in call.people.asked}.values())
    windows, of_windows = _short_enough(call.window, timedelta(days=limits.longest_window_days))
    total = 0
    for at in range(0, len(each_once), _PEOPLE_A_REQUEST):
        boxes = [directory.find(name) for name in each_once[at : at + _PEOPLE_A_REQUEST]]
        people = sum(len(box.members) if box is not None and box.kind == "list" else 1 for box in boxes)
        total += of_windows
        if people > limits.largest_people or len(boxes) > limits.largest_schedules:
            total += 2 * len(boxes) * len(windows)
        if limits.largest_calendar < CalendarRules().largest_calendar:
            alone = 2 * len(boxes).bit_length() if limits.too_many_entries == "request" else 0
            for box in boxes:
                needed = sum(_of_entries(box.meetings, window, limits) for window in windows) if box is not None else 0
                total += needed + alone * bool(needed) * len(windows)
    return total


def _short_enough(window: Window, longest: timedelta) -> tuple[list[Window], int]:
    """Return a window in halves of halves that are shorter than is allowed, and how many of them were asked for."""
    if window.end - window.start < min(longest, _TIME_A_REQUEST):
        return [window], 0
    (one, in_one), (other, in_other) = (_short_enough(half, longest) for half in window.halves())
    return one + other, 2 + in_one + in_other


def _of_entries(meetings: list[Meeting], window: Window, limits: CalendarRules) -> int:
    here = [meeting for meeting in meetings if window.has_of(meeting)]
    if len(here) <= limits.largest_calendar:
        return 0
    return 2 + sum(_of_entries(here, half, limits) for half in window.halves()) if window.slots > 1 else 1
