"""One look-up: everything a call asks for, in as many requests as Graph's limits make of it, and what came of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from lib.domain import splitting
from lib.domain.configuration import Details
from lib.domain.errors import CalendarError, InvalidRequest, MicrosoftTimeout, MicrosoftUnavailable, Refused, Throttled
from lib.domain.free_busy import FreeBusy, Unread, because_of, refused
from lib.domain.gathering import Gathering
from lib.domain.microsoft import GraphRefused
from lib.domain.reading import Reader, entries_in
from lib.domain.schedule import Part, ScheduleRequest
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Tally
from lib.usecases.askers import Asker, Token
from lib.usecases.current_token import CurrentToken
from lib.usecases.patiently import patiently
from lib.usecases.questions import Question, Questions, Source
from lib.usecases.turns import Turns

# As many as Graph takes at once per mailbox. A call that queued more there would keep smaller ones waiting behind it.
_AT_ONCE = 4
_MOST_PARTS = 2000  # of one call, those that Graph refused included; more do not fit into its time
# What the event loop may do itself, in some 5 ms each: read, and join.
_MANY_ENTRIES = {Details.TIME: 4000, Details.FULL: 400}
_MANY_TO_JOIN = 20_000  # entries
_MANY_DIGITS = 2_000_000

_AFTER_THE_END = 3.0  # seconds for what is under way when Microsoft refuses the call itself

# Which of several problems a caller is told when nobody was read (contract: getSchedule).
_MOST_TELLING = (Refused, Throttled, MicrosoftTimeout, MicrosoftUnavailable, InvalidRequest)


@dataclass
class LookUp:
    """A look-up under way. `people` are those of the call who may be asked for, each once.

    `problems` are those of whole requests, none of them an address's own.
    """

    source: Source
    asker: Asker
    call: ScheduleRequest
    people: Sequence[str]
    reader: Reader
    questions: Questions
    deadline: Deadline
    tally: Tally
    problems: list[CalendarError] = field(default_factory=list, init=False)
    ended_by: CalendarError | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Plan the requests."""
        self._found = Gathering(self.call.slots)
        self._turns = Turns(_AT_ONCE, self._ask)
        self._parts = self.call.parts(self.people)
        self._asked_for = len(self._parts)
        self._entries = 0
        self._longest = self.call.slots  # that Graph was not seen to refuse as too long
        self._token = CurrentToken(self.asker, self.deadline, self.tally)

    async def run(self) -> None:
        """Ask until everything is known, time is over, or Microsoft refuses the call itself."""
        try:
            async with asyncio.timeout(self.deadline.left()) as self._time:
                await self._token.get()
                await self._turns.run(self._parts)
        except TimeoutError:
            self.ended_by = self.ended_by or MicrosoftTimeout()
        except CalendarError as problem:
            self.ended_by = self.ended_by or problem

    @property
    def is_large(self) -> bool:
        """Whether joining what was read takes too long for the event loop."""
        return self._entries > _MANY_TO_JOIN or self.call.slots * len(self.people) > _MANY_DIGITS

    def known(self) -> dict[str, FreeBusy | Unread]:
        """Return what is known about each of the people by now. What is missing is so because the look-up ended.

        Raises the problem that says most, if nobody was read and Graph said nothing about an address either.
        """
        missing = because_of(self.ended_by or MicrosoftTimeout())
        known = {person: self._found.of(person) or missing for person in self.people}
        problems = [*([self.ended_by] if self.ended_by else []), *self.problems]
        if problems and not any(isinstance(found, FreeBusy) or found.by_graph for found in known.values()):
            raise min(problems, key=_rank)
        return known

    async def _ask(self, part: Part) -> None:
        """Ask for a part and note what came of it. Raises a problem that ends the look-up."""
        part = replace(part, people=tuple(person for person in part.people if not self._found.is_unread(person)))
        if not part.people:
            return
        if part.slots > self._longest:
            self._too_much(part, part.halves_of_time(), refused(splitting.TOO_LONG))
            return
        try:
            answer = await self._answer(part)
        except GraphRefused as problem:
            self._refused(part, problem, await self._token.get())
        except (Throttled, MicrosoftTimeout, MicrosoftUnavailable) as problem:
            self._missed(part, problem)
        except Refused as problem:  # by Entra ID, or as another part was
            self._end(problem)
        else:
            await self._read(part, answer.body["value"])

    async def _answer(self, part: Part) -> GraphAnswer:
        """Ask Graph, and again with another token if it does not take one."""
        token = await self._token.get()
        while True:
            question = Question(self.source, self.asker, token, self.call, part)
            try:
                return await patiently(partial(self._try, question), self.deadline, self.tally, self._turns.rest)
            except GraphRefused as problem:
                if self.ended_by:
                    raise self.ended_by from problem
                if not self.asker.may_be_outdated(problem, token):
                    raise
                other = await self._token.instead_of(token)
                if other is None:
                    raise
                token = other

    async def _try(self, question: Question, tries: int) -> GraphAnswer:
        if self.ended_by:
            raise self.ended_by
        return await self.questions.ask(question, self.deadline, self.tally, tries)

    async def _read(self, part: Part, answers: Sequence[Any]) -> None:
        """Note what Graph said of each address; who was too much is asked for again in smaller parts."""
        entries = entries_in(answers)
        self._entries += entries
        if entries > _MANY_ENTRIES[self.reader.details]:
            found = await asyncio.to_thread(self.reader.read, answers, part.people, part.slots)
        else:
            found = self.reader.read(answers, part.people, part.slots)
        too_much: dict[Unread, list[str]] = {}
        for person, outcome in found.items():
            if isinstance(outcome, Unread) and splitting.smaller(part, outcome.code, (person,)):
                too_much.setdefault(outcome, []).append(person)
            else:
                self._found.add(part, person, outcome)
        for unread, people in too_much.items():
            theirs = replace(part, people=tuple(people))
            self._too_much(theirs, splitting.smaller(part, unread.code, theirs.people), unread)

    def _refused(self, part: Part, problem: GraphRefused, token: Token) -> None:
        """Note a request that Graph refused whole. What refuses the call itself ends the look-up."""
        if splitting.is_too_long(problem):
            self._longest = min(self._longest, (part.slots + 1) // 2)  # the parts that wait need not learn it again
        if splitting.is_about_an_address(problem):
            self._too_much(part, splitting.smaller_after(part, problem), refused(problem.code))
            return
        if self._add(splitting.smaller_after(part, problem)):
            return
        error = self.asker.refused_by_graph(problem, token)
        if isinstance(error, Refused):
            self._end(error)
        self._missed(part, error)

    def _end(self, problem: Refused) -> None:
        """Begin and repeat nothing more. What is under way may still be read, if it does not take long.

        A permission that is being granted or withdrawn arrives here and there at different times.
        """
        self.ended_by = self.ended_by or problem
        self._turns.stop()
        soon, when = asyncio.get_running_loop().time() + _AFTER_THE_END, self._time.when()
        if not self._time.expired() and (when is None or soon < when):
            self._time.reschedule(soon)

    def _too_much(self, part: Part, smaller: Sequence[Part], unread: Unread) -> None:
        """Ask for smaller parts instead of one that is too much; if there are none, that is why it is not known."""
        if not self._add(smaller):
            for person in part.people:
                self._found.add(part, person, unread)

    def _missed(self, part: Part, problem: CalendarError) -> None:
        self.problems.append(problem)
        for person in part.people:
            self._found.add(part, person, because_of(problem))

    def _add(self, parts: Sequence[Part]) -> bool:
        """Ask for these parts, too, if a call may have so many more."""
        if not parts or self._asked_for + len(parts) > _MOST_PARTS:
            return False
        self._asked_for += len(parts)
        self._turns.put_in_front(parts)
        return True


def _rank(problem: CalendarError) -> tuple[int, float]:
    kinds = [kind for kind in _MOST_TELLING if isinstance(problem, kind)]
    wait = problem.retry_after if isinstance(problem, Throttled) else 0.0
    return _MOST_TELLING.index(kinds[0]) if kinds else len(_MOST_TELLING), -wait  # the longest Retry-After of several
