"""Asking Graph, where identical questions that are under way at the same moment share one request.

Nothing is kept once it is answered: availability is real-time.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.domain.errors import MicrosoftTimeout
from lib.domain.fields import same_user
from lib.domain.schedule import Part, ScheduleRequest
from lib.ports import Deadline
from lib.ports.graph import Graph, GraphAnswer, Tally
from lib.usecases.askers import Asker, Token


@dataclass(frozen=True)
class Source:
    """Whose configuration is used to ask: a customer in one of its lives, and the revision that answers."""

    customer: str
    generation: str
    revision: str


@dataclass(frozen=True)
class Question:
    """One request to Graph. Two of them are identical if `key` is."""

    source: Source
    asker: Asker
    token: Token = field(repr=False)
    call: ScheduleRequest
    part: Part

    @property
    def body(self) -> Mapping[str, Any]:
        """Graph's request body."""
        return self.call.as_graph(self.part)

    @property
    def key(self) -> tuple[Any, ...]:
        """What has to be equal for an answer to be shared: customer, generation, revision, who asks, body, Prefer."""
        call, part = self.call, self.part
        people = tuple(sorted(map(same_user, part.people)))
        prefer = call.zone.name if call.zone else None
        # By the token, so that nobody who has just renewed it is told how the old one was refused.
        return (
            self.source,
            self.asker.identity,
            self.token.value,
            self.asker.seat,
            people,
            call.window(part),
            call.interval,
            prefer,
        )


@dataclass(eq=False)
class _UnderWay:
    """A request and how many wait for it. `until` is the latest deadline of theirs."""

    task: "asyncio.Task[GraphAnswer]"
    until: Deadline
    waiting: int = 0


class Questions:
    """All questions of this process that are under way."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._under_way: dict[tuple[Any, ...], _UnderWay] = {}

    async def ask(self, question: Question, deadline: Deadline, tally: Tally, tries: int = 0) -> GraphAnswer:
        """Ask once and return Graph's answer; `tries` are those before. One caller's time-out is not everybody's.

        The request ends when nobody waits for it. What it costs is counted by the first who asks. Raises TryAgain,
        GraphRefused, Throttled, MicrosoftTimeout, MicrosoftUnavailable.
        """
        key = question.key
        under_way = self._under_way.get(key)
        if under_way is None:
            under_way = self._begin(key, question, deadline, tally, tries)
        else:
            under_way.until.extend(deadline)
            tally.shared += 1
        with tally.waiting():
            answer = await self._wait(key, under_way, deadline)
        if answer.request_id and answer.request_id not in tally.request_ids:
            tally.request_ids.append(answer.request_id)  # of a request that another call sent
        return answer

    def _begin(
        self, key: tuple[Any, ...], question: Question, deadline: Deadline, tally: Tally, tries: int
    ) -> _UnderWay:
        until = Deadline(deadline.at)
        asking = self._graph.get_schedule(question.token, question.asker.seat, question.body, until, tally, tries)
        under_way = self._under_way[key] = _UnderWay(asyncio.ensure_future(asking), until)
        under_way.task.add_done_callback(lambda task: self._ended(key, under_way, task))
        return under_way

    async def _wait(self, key: tuple[Any, ...], under_way: _UnderWay, deadline: Deadline) -> GraphAnswer:
        under_way.waiting += 1
        try:
            async with asyncio.timeout(deadline.left()):
                return await asyncio.shield(under_way.task)
        except TimeoutError:
            raise MicrosoftTimeout from None
        finally:
            under_way.waiting -= 1
            if not under_way.waiting:
                self._forget(key, under_way)  # at once: who asks now must not wait for what is being ended
                under_way.task.cancel()

    def _ended(self, key: tuple[Any, ...], under_way: _UnderWay, task: "asyncio.Task[GraphAnswer]") -> None:
        self._forget(key, under_way)
        if not task.cancelled():
            task.exception()  # told to whoever waits; if nobody does any more, to nobody

    def _forget(self, key: tuple[Any, ...], under_way: _UnderWay) -> None:
        if self._under_way.get(key) is under_way:
            del self._under_way[key]
