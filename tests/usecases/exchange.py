"""A Graph whose requests can be held, counted and answered one by one, and look-ups that ask it."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lib.domain.configuration import Details
from lib.domain.free_busy import FreeBusy, Unread
from lib.domain.microsoft import AppToken, UserToken
from lib.domain.reading import Reader
from lib.domain.schedule import ScheduleRequest
from lib.ports import Credential, Deadline
from lib.ports.graph import GraphAnswer, Seat, Tally
from lib.usecases.askers import AsApplication, Asker
from lib.usecases.look_up import LookUp
from lib.usecases.questions import Questions, Source
from tests.domain.clocks import FakeZones
from tests.domain.tiny_graph import free, window_of
from tests.usecases.fakes import APPLICATION, TENANT, FakeEntra, FakeGraph

RECRUITER = "recruiter@contoso.com"
SOURCE = Source("contoso", "m1", "m1")
READ = ("Calendars.ReadBasic.All",)


@dataclass(eq=False)
class Request:
    """One request that reached Graph."""

    token: str
    seat: Seat
    body: Mapping[str, Any]
    deadline: Deadline = field(repr=False)
    tries: int

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(self.body["schedules"])

    @property
    def start(self) -> datetime:
        return window_of(self.body)[0]

    @property
    def length(self) -> timedelta:
        start, end = window_of(self.body)
        return end - start


Says = Callable[[Request], list[Any]]


def everybody_free(request: Request) -> list[Any]:
    return [free(person, request.body) for person in request.people]


class Exchange(FakeGraph):
    """Answers what `says` returns or raises, as soon as the doors are open, and keeps every request."""

    def __init__(self, says: Says = everybody_free) -> None:
        super().__init__()
        self.says = says
        self.requests: list[Request] = []
        self.under_way: list[Request] = []
        self.most_under_way = 0
        self.cancelled: list[Request] = []
        self.doors, self.closed = asyncio.Event(), asyncio.Event()
        self.doors.set()
        self.closed.set()
        self.held: Callable[[Request], bool] = lambda _: True
        self.last_words: Exception | None = None

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        request = Request(token.value, seat, body, deadline, tries)
        self.requests.append(request)
        self.under_way.append(request)
        self.most_under_way = max(self.most_under_way, len(self.under_way))
        try:
            with tally.waiting():
                tally.requests += 1
                tally.repeated += tries > 0
                await asyncio.sleep(0)  # others get their turn, as over a network
                if self.held(request):
                    await self.doors.wait()
            tally.request_ids.append(f"r-{self.requests.index(request) + 1}")
            return GraphAnswer({"value": self._said(request)}, tally.request_ids[-1])
        except asyncio.CancelledError:
            self.cancelled.append(request)
            await self.closed.wait()  # closing a connection may take a while
            if self.last_words:  # or fail
                raise self.last_words from None
            raise
        finally:
            self.under_way.remove(request)

    def _said(self, request: Request) -> list[Any]:
        try:
            if self.refusals:
                raise self.refusals.pop(0)
            return self.says(request)
        except Exception as problem:
            raise self.failure(problem) from problem

    def hold(self, held: Callable[[Request], bool] = lambda _: True) -> None:
        """Keep these requests waiting until the doors are opened again."""
        self.held = held
        self.doors.clear()

    def open(self) -> None:
        self.doors.set()


async def until(condition: Callable[[], object]) -> None:
    """Let others work until this holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came to that")


async def settle() -> None:
    """Let everybody do what can be done without time passing."""
    for _ in range(50):
        await asyncio.sleep(0)


@contextmanager
def later(seconds: float = 60.0) -> Iterator[None]:
    """Let the event loop's clock leap: who waits for a time-out has waited long enough, without luck or waiting."""
    loop = asyncio.get_running_loop()
    clock = loop.time
    loop.time = lambda: clock() + seconds  # type: ignore[method-assign]
    try:
        yield
    finally:
        loop.time = clock  # type: ignore[method-assign]


@contextmanager
def expect_no_complaint() -> Iterator[None]:
    """Assert that the event loop has nothing to complain about, such as an exception that nobody looked at."""
    gc.collect()  # what others left behind
    complaints: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, complaint: complaints.append(complaint))
    try:
        yield
        gc.collect()
    finally:
        loop.set_exception_handler(before)
    assert complaints == []


class ThriftyEntra(FakeEntra):
    """Gives the token it has given before, as the real adapter does from its memory, unless a fresh one is wanted."""

    def __init__(self, roles: tuple[str, ...]) -> None:
        super().__init__(roles=roles)
        self.given: dict[tuple[str, ...], AppToken] = {}

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        if fresh or credential.key not in self.given:
            self.given[credential.key] = await super().app_token(credential, deadline, fresh=fresh)
        return self.given[credential.key]


class Desk:
    """Where look-ups begin: as an application in the recruiter's mailbox."""

    def __init__(self, says: Says = everybody_free, *, scoped: bool = False) -> None:
        self.graph, self.entra = Exchange(says), ThriftyEntra(() if scoped else READ)
        self.questions = Questions(self.graph)
        self.scoped = scoped

    def asker(self) -> Asker:
        async def secret() -> str:
            return "s3cret"

        credential = Credential(("contoso", "m1", "v1"), TENANT, APPLICATION, secret)
        return AsApplication(credential, self.entra, RECRUITER, self.scoped)

    def look_up(self, call: ScheduleRequest, *, seconds: float = 30, details: Details = Details.TIME) -> LookUp:
        reader, deadline = Reader(details, FakeZones()), Deadline.after(seconds)
        people = tuple(dict.fromkeys(call.people))
        return LookUp(SOURCE, self.asker(), call, people, reader, self.questions, deadline, Tally())

    async def ask(self, call: ScheduleRequest, *, seconds: float = 30) -> dict[str, FreeBusy | Unread]:
        look_up = self.look_up(call, seconds=seconds)
        await look_up.run()
        return look_up.known()


def codes(known: Mapping[str, FreeBusy | Unread]) -> dict[str, str]:
    """Return the view of everybody who was read, the code of everybody who was not."""
    return {person: found.view if isinstance(found, FreeBusy) else found.code for person, found in known.items()}


def not_of(*people: str) -> Callable[[Request], bool]:
    """Return whether a request is about none of these people."""
    return lambda request: not set(people) & set(request.people)


async def at_the_deadline(desk: Desk, call: ScheduleRequest) -> dict[str, str]:
    """Ask, let happen what can happen, and return what is known when time is over."""
    asking = asyncio.create_task(desk.ask(call))
    await settle()
    with later():
        known = await asking
    await settle()
    return codes(known)
