"""A Graph inside the process: the oracle with Microsoft's limits, in any order, and now and then talking nonsense."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lib.domain.microsoft import AppToken, GraphRefused, UserToken
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Seat, Tally
from tests.model import oracle
from tests.model.oracle import Window
from tests.model.questions import Call
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.rules import CalendarRules
from tests.usecases.fakes import FakeGraph

_SPELLINGS = {"numeric": {"found": "5009", "entries": "5006"}, "mixed": {"found": "5009", "entries": "5006"}}
_NAMED = {"found": "ErrorMailRecipientNotFound", "entries": "ErrorResultSetTooBig"}

Lie = Callable[[dict[str, Any]], Any]


class LimitedGraph(FakeGraph):
    """Answers one call's requests; implements what of `lib.ports.graph.Graph` is needed.

    It notes as `failures` what is larger than documented, or more than four at once. `lies` says of some addresses what
    becomes of their answers, the first time that they are asked for; `trouble`, what a request meets instead.
    """

    def __init__(
        self,
        call: Call,
        rules: CalendarRules,
        seed: int,
        *,
        lies: Mapping[str, Lie] | None = None,
        trouble: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__()
        self.answered: Counter[str] = Counter()  # slots by address
        self.answered_in_time: Counter[str] | None = None  # those before the first refusal that ends a call
        self.failures: list[str] = []
        self._call = call
        self._directory = call.people.directory
        self._rules = rules
        self._random = random.Random(seed)
        self._lies = dict(lies or {})
        self._trouble = trouble
        self._in_flight = 0
        self._codes = _SPELLINGS.get(rules.schedule_codes, _NAMED)
        self._known: dict[tuple[Any, ...], dict[str, Any]] = {}

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        tally.requests += 1
        self._in_flight += 1
        try:
            for _ in range(self._random.randrange(4)):
                await asyncio.sleep(0)
            self._check(body)
            if self._trouble:
                await self._meet(self._trouble)
            return GraphAnswer({"value": self._answer(body["schedules"], _window(body))})
        finally:
            self._in_flight -= 1

    async def _meet(self, trouble: Callable[[], Awaitable[None]]) -> None:
        """Let trouble happen; before a refusal that ends a call, let all be read that was answered until then."""
        try:
            await trouble()
        except GraphRefused as problem:
            if problem.status in (403, 404) and self.answered_in_time is None:
                self.answered_in_time = self.answered.copy()
                for _ in range(50):
                    await asyncio.sleep(0)
            raise

    def _check(self, body: Mapping[str, Any]) -> None:
        """Note what Microsoft's documentation does not allow, or nobody has asked for."""
        window, asked = _window(body), self._call.window
        rules = {
            "at most 20 addresses": len(body["schedules"]) <= 20,
            "each of them once": len({address.lower() for address in body["schedules"]}) == len(body["schedules"]),
            "only who was asked for": set(body["schedules"]) <= set(self._call.people.asked),
            "less than 42 days": window.end - window.start < timedelta(days=42),
            "the interval asked for": window.minutes == asked.minutes,
            "inside of the window": asked.start <= window.start < window.end <= asked.end,
            "on a slot": (window.start - asked.start) % asked.slot == timedelta(0),
            "at most four at once": self._in_flight <= 4,
        }
        self.failures += [rule for rule, holds in rules.items() if not holds]

    def _answer(self, addresses: list[str], window: Window) -> list[Any]:
        if window.end - window.start >= timedelta(days=self._rules.longest_window_days):
            raise GraphRefused(400, "ErrorTimeIntervalTooBig")
        if len(addresses) > self._rules.largest_schedules:
            raise GraphRefused(400, "ErrorMailboxDataArrayTooBig")
        people = 0
        value: list[Any] = []
        for address in addresses:
            mailbox = self._directory.find(address)
            count = len(mailbox.members) if mailbox is not None and mailbox.kind == "list" else 1
            people += count
            entry = self._one(address, mailbox, window, count, people)
            self.answered[address.lower()] += 0 if "error" in entry else window.slots
            lie = self._lies.pop(address.lower(), None)
            told = lie(dict(entry)) if lie else entry
            value += told if isinstance(told, tuple) else (told,)
        if self._rules.shuffled_schedules:
            self._random.shuffle(value)
        return value

    def _one(self, address: str, mailbox: Mailbox | None, window: Window, count: int, people: int) -> dict[str, Any]:
        if count > self._rules.largest_list:
            return _error(address, "ErrorFreeBusyDLLimitReached")
        if people > self._rules.largest_people:
            if self._rules.beyond_people == "request":
                raise GraphRefused(400, "ErrorMailboxDataArrayTooBig")
            return _error(address, "ErrorIndividualMailboxLimitReached")
        if mailbox is None or (why_not := self._directory.why_not(address)):
            why_not = self._directory.why_not(address) or frozenset()
            return _error(address, self._codes["found"] if why_not == oracle.NOT_FOUND else min(why_not))
        entries = sum(map(window.has_of, mailbox.meetings))
        if entries > self._rules.largest_calendar:
            if self._rules.too_many_entries == "request":
                raise GraphRefused(400, "ErrorResultSetTooBig")
            return _error(address, self._codes["entries"])
        return self._schedule(address, mailbox, window)

    def _schedule(self, address: str, mailbox: Mailbox, window: Window) -> dict[str, Any]:
        """Return what the oracle says, worked out once for all who have the same calendar."""
        of_list = tuple(mailbox.members) if mailbox.kind == "list" else None
        key = (
            id(mailbox.meetings),
            of_list,
            mailbox.shares,
            id(mailbox.working_hours),
            mailbox.time_zone,
            window.start,
        )
        found = self._known.get((*key, window.end))
        if found is None:
            found = oracle.schedule(self._directory, address, window, full=True)
            if "error" in found:  # to the oracle a status "unknown" makes an address unknown; Graph just says so
                view, item = "4" * window.slots, {"status": "unknown"}
                times = {"start": window.time(window.start), "end": window.time(window.end)}
                found = {"scheduleId": address, "availabilityView": view, "scheduleItems": [item | times]}
            self._known[*key, window.end] = found
        return found | {"scheduleId": address}


def _error(address: str, code: str) -> dict[str, Any]:
    return {"scheduleId": address, "error": {"responseCode": code, "message": "as Microsoft words it"}}


def _window(body: Mapping[str, Any]) -> Window:
    def at(name: str) -> datetime:
        assert body[name]["timeZone"] == "UTC"
        return datetime.fromisoformat(body[name]["dateTime"]).replace(tzinfo=UTC)

    return Window(at("startTime"), at("endTime"), body["availabilityViewInterval"])
