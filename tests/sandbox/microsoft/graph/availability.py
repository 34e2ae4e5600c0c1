"""What getSchedule says about one address: slots, items, working hours, or an error (facts 1.2, 1.5)."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.sandbox.microsoft.graph import schedule_errors as errors
from tests.sandbox.microsoft.graph.schedule_errors import Unreadable
from tests.sandbox.microsoft.graph.schedule_items import items, quoted, working_hours
from tests.sandbox.microsoft.graph.window import Window
from tests.sandbox.microsoft.graph.zones import Times
from tests.sandbox.world.calendars import Calendar, Entry
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.rules import CalendarRules
from tests.sandbox.world.tenants import Tenant

_CONSUMER_DOMAINS = {"outlook.com", "hotmail.com", "live.com", "msn.com"}
# What a calendar keeps of answers given, so that a thousand calendars stay within the memory.
_MOST_NOTES, _LONGEST_NOTE = 8, 32 * 1024


@dataclass(frozen=True)
class Asked:
    """What is the same for all addresses of a request. Without `details` nobody's subjects and locations are shown."""

    tenant: Tenant
    rules: CalendarRules
    window: Window
    times: Times
    details: bool
    may_read: Callable[[Mailbox], bool]


class Reader:
    """Reads the addresses of one request in their order, counting the people behind them."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._people = 0

    def read(self, address: str) -> bytes:
        """Return the scheduleInformation of an address; `scheduleId` repeats it as it was asked.

        Raises GraphError if the whole request fails because of it.
        """
        try:
            mailbox = self._find(address)
            shown = self._list(mailbox) if mailbox.kind == "list" else self._mailbox(mailbox)
        except Unreadable as problem:
            return errors.error_entry(address, problem, self._asked.rules)
        hours = working_hours(mailbox.working_hours, mailbox.time_zone)
        return b'{"scheduleId":%b,%b%b}' % (quoted(address).encode(), shown, hours)

    def _find(self, address: str) -> Mailbox:
        name, at, domain = address.partition("@")
        if not (name and at and domain) or " " in address:
            raise errors.bad_address(address)
        mailbox = self._asked.tenant.mailbox(address)
        people = _people_behind(mailbox)
        if people > self._asked.rules.largest_list:
            raise errors.list_too_long(address)
        self._people += people
        if self._people > self._asked.rules.largest_people:
            raise errors.too_many_people(self._asked.rules.largest_people)
        if mailbox is None:
            raise errors.consumer() if domain.lower() in _CONSUMER_DOMAINS else errors.not_found(address)
        return mailbox

    def _mailbox(self, mailbox: Mailbox) -> bytes:
        """Return what the window shows of one mailbox."""
        problem = errors.of_mailbox(mailbox)
        if problem is None and not self._asked.may_read(mailbox):
            problem = errors.no_access(mailbox)
        if problem is not None:
            raise problem
        details = self._asked.details and mailbox.shares == "details"
        calendar = mailbox.calendar()
        count, shown = calendar.notes.get(self._key(details)) or self._note(calendar, details)
        if count > self._asked.rules.largest_calendar:
            raise errors.too_many_entries(count, self._asked.rules)
        return shown

    def _note(self, calendar: Calendar, details: bool) -> tuple[int, bytes]:
        """Work out what the window shows of a calendar, and note it there."""
        entries = calendar.touching(self._asked.window.start, self._asked.window.end)
        noted = len(entries), self._shown(entries, details)
        if len(noted[1]) <= _LONGEST_NOTE:
            if len(calendar.notes) >= _MOST_NOTES:
                calendar.notes.clear()
            calendar.notes[self._key(details)] = noted
        return noted

    def _key(self, details: bool) -> tuple[Window, str, bool]:
        return self._asked.window, self._asked.times.name, details

    def _list(self, group: Mailbox) -> bytes:
        """Return what the window shows of all members; those that cannot be read are left out, as Exchange does."""
        entries: list[Entry] = []
        for address in group.members:
            member = self._asked.tenant.mailbox(address)
            if member is None or member.kind == "list" or errors.of_mailbox(member) or not self._asked.may_read(member):
                continue
            entries += member.calendar().touching(self._asked.window.start, self._asked.window.end)
        return self._shown(sorted(entries, key=lambda entry: entry[:2]), details=False)

    def _shown(self, entries: list[Entry], details: bool) -> bytes:
        listed = items(entries, self._asked.times, details=details)
        return f'"availabilityView":"{self._asked.window.view(entries)}","scheduleItems":[{listed}]'.encode()


def people_behind(tenant: Tenant, addresses: list[str]) -> int:
    """Return how many people and things these addresses stand for."""
    return sum(_people_behind(tenant.mailbox(address)) for address in addresses)


def _people_behind(mailbox: Mailbox | None) -> int:
    """Return how many members a list has; everybody else, known or not, is one."""
    return len(mailbox.members) if mailbox is not None and mailbox.kind == "list" else 1
