"""What is known about one address of a call.

The one rule: unknown is never free. Whoever could not be read is `Unread`, which has nothing that could be taken for
free time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from lib.domain.advice import for_schedule
from lib.domain.errors import CalendarError


class Item(NamedTuple):
    """An entry of a calendar; `more` are the JSON members that Graph told besides, "" where callers see times only."""

    status: str
    start: datetime
    end: datetime
    more: str = ""


@dataclass(frozen=True, slots=True)
class FreeBusy:
    """The free/busy times of an address: one digit per slot, the entries, and the JSON of the working hours, if any."""

    view: str
    items: tuple[Item, ...]
    working_hours: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """Why an address could not be read. `code` is Graph's responseCode, or one of ours; `message` is for people.

    `by_graph`: Graph said so of this very address.
    """

    code: str
    message: str
    by_graph: bool = False


Answer = tuple[str, FreeBusy | Unread]
"""An address as it was asked for, and what is known about it."""

NOT_ALLOWED = Unread("notAllowed", "This customer's configuration does not allow this address's domain.")
NO_ANSWER = Unread("noAnswer", "Microsoft 365 gave no answer for this address.")
INCOMPLETE = Unread("incompleteAnswer", "Microsoft 365 answered only in part for this address.")


def because_of(problem: CalendarError) -> Unread:
    """Return that an address was not read for a problem of the whole request."""
    return Unread(problem.code, f"{problem.message} {problem.remedy or ''}".strip())


def refused(code: str | None) -> Unread:
    """Return that Graph answered an error for this address, with the dictionary's words instead of Graph's."""
    advice = for_schedule(code)
    return Unread(code or advice.code, f"{advice.message} {advice.remedy}", by_graph=True)
