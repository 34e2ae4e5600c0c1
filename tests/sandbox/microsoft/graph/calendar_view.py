"""calendarView: the events of one mailbox in a window, page by page (Microsoft Learn: List calendarView).

The page does not say all; the texts of errors and the largest page are as users report them.
"""

import re
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller, find_mailbox
from tests.sandbox.microsoft.graph.errors import GraphError, bad_request
from tests.sandbox.microsoft.graph.events import Selection
from tests.sandbox.microsoft.graph.throttle import Throttle
from tests.sandbox.microsoft.graph.zones import preferred_times
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.calendars import microseconds

_USUAL_PAGE, _LARGEST_PAGE = 10, 1000
_LONGEST_DAYS = 1825
_DAY = 24 * 60 * 60 * 1_000_000  # microseconds


class CalendarViews:
    """`GET …/calendarView`. The permissions and the throttling are those of getSchedule."""

    def __init__(self, shared: Surroundings, throttle: Throttle) -> None:
        self._shared = shared
        self._throttle = throttle

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one request. Raises GraphError."""
        world = self._shared.world
        mailbox = find_mailbox(caller, match["user"])
        with self._throttle.slot(caller.app_id, mailbox.object_id, self._shared.now(), world.concurrency):
            await self._shared.spend_latency("graph")
            times, headers = preferred_times(seen.headers.get("prefer"), world)
            query = {name.lower(): value for name, value in seen.query.items()}
            selection = Selection([name.strip() for name in query.get("$select", "").split(",") if name.strip()])
            start, end = _window(query)
            skip, top = _count(query, "$skip", 0), min(_count(query, "$top", _USUAL_PAGE), _LARGEST_PAGE)
            found = mailbox.calendar().touching(start, end)
            events = [
                selection.event(f"AAMk{mailbox.object_id}-{begins:x}-{place:x}", meeting, times[begins], times[ends])
                for place, (begins, ends, meeting) in enumerate(found[skip : skip + top], skip)
            ]
        metadata = f"{self._shared.graph_url}/v1.0/$metadata#users('{mailbox.object_id}')/calendarView"
        following = f',"@odata.nextLink":"{self._next(seen, top, skip + top)}"' if len(found) > skip + top else ""
        body = f'{{"@odata.context":"{metadata}","value":[{",".join(events)}]{following}}}'
        return body.encode(), headers

    def _next(self, seen: SeenRequest, top: int, skip: int) -> str:
        kept = {name: value for name, value in seen.query.items() if name.lower() not in ("$top", "$skip")}
        query = urlencode(kept | {"$top": str(top), "$skip": str(skip)}, safe="$,:", quote_via=quote)
        return f"{self._shared.graph_url}{quote(seen.path, safe='/@')}?{query}"


def _window(query: dict[str, str]) -> tuple[int, int]:
    """Return the window in microseconds. Raises GraphError 400."""
    if "startdatetime" not in query or "enddatetime" not in query:
        text = (
            "This request requires a time window specified by the query string parameters StartDateTime and "
            "EndDateTime."
        )
        raise GraphError(400, "ErrorInvalidParameter", text)
    start, end = (_moment(query[name.lower()], name) for name in ("startDateTime", "endDateTime"))
    if end < start:
        text = "EndDate is earlier than StartDate"  # EWS's words for it
        raise GraphError(400, "ErrorCalendarEndDateIsEarlierThanStartDate", text)
    if end - start > _LONGEST_DAYS * _DAY:
        text = "Your request can't be completed. The range between the start and end dates is greater than the allowed "
        raise GraphError(400, "ErrorInvalidRequest", f"{text}range. Maximum number of days: {_LONGEST_DAYS}")
    return start, end


def _moment(text: str, name: str) -> int:
    """Return a time in microseconds; without an offset it is in UTC, whatever Prefer says."""
    try:
        moment = datetime.fromisoformat(text)  # a plus sign that was not encoded arrives as a space, and is refused
        return microseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except ValueError:
        text = f"The value '{text}' of parameter '{name}' is invalid."
        raise GraphError(400, "ErrorInvalidParameter", text) from None


def _count(query: dict[str, str], name: str, usual: int) -> int:
    """Return what $top or $skip says; more than the largest page is asked for in vain, nothing is refused for it."""
    value = query.get(name, str(usual))
    if not re.fullmatch(r"\d{1,9}", value) or (name == "$top" and int(value) == 0):
        raise bad_request(f"Invalid value '{value}' for {name} query option found.")
    return int(value)
