"""Turns on a clock that stands still while anybody can do anything: in which order, how many, and how it ends."""

import asyncio
import selectors
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.usecases.turns import Turns

deterministic = settings(derandomize=True, deadline=None, max_examples=100, database=None)


class _Jump(selectors.SelectSelector):
    """Waits for nothing but time, which passes at once."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise AssertionError("everybody waits for somebody else")
        self.now += timeout
        return super().select(0)


class _Clockwork(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.jump = _Jump()
        super().__init__(self.jump)
        self.complaints: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _, complaint: self.complaints.append(complaint))

    def time(self) -> float:
        return self.jump.now


def by_the_clock[Result](work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; nothing may be left running, and nobody may have to complain."""
    loop = _Clockwork()

    async def watched() -> Result:
        try:
            return await work
        finally:
            assert asyncio.all_tasks() == {asyncio.current_task()}, "something is left behind"

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            return runner.run(watched())
        finally:
            assert loop.complaints == []


class Broken(Exception):
    """The problem of a piece."""


@dataclass
class Piece:
    """A piece of work: how long it works, rests, works again and so on; then it may fail, or put more in front."""

    name: str
    works: list[float] = field(default_factory=lambda: [1.0])
    rests: list[float] = field(default_factory=list)
    more: list["Piece"] = field(default_factory=list)
    fails: bool = False

    def all(self) -> list["Piece"]:
        """Return this piece and what it leads to, in the order in which one at a time would do it."""
        return [self, *(piece for child in self.more for piece in child.all())]


@dataclass
class Shop:
    """Does pieces, and holds Turns to its rules at every step."""

    places: int
    turns: Turns[Piece] = field(init=False)
    working: int = 0
    begun: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    log: list[tuple[str, float]] = field(default_factory=list)
    offered: dict[str, float] = field(default_factory=dict)  # and not begun
    failed_at: float | None = None
    impatient: bool = False  # rests may be cut short

    def __post_init__(self) -> None:
        self.turns = Turns(self.places, self.work)

    async def run(self, *pieces: Piece) -> None:
        self._offer(pieces)
        await self.turns.run(pieces)

    def _offer(self, pieces: "list[Piece] | tuple[Piece, ...]") -> None:
        self.offered.update((piece.name, self._now()) for piece in pieces)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()

    def _enter(self, name: str, event: str) -> None:
        assert self.failed_at is None, "nothing starts after a failure"
        self.working += 1
        assert self.working <= self.places
        self.log.append((f"{event} {name}", self._now()))

    async def work(self, piece: Piece) -> None:
        del self.offered[piece.name]
        self.begun.append(piece.name)
        self._enter(piece.name, "begin")
        for number, seconds in enumerate(piece.works):
            if number:
                await self._rest(piece, piece.rests[number - 1])
            try:
                await asyncio.sleep(seconds)
            finally:
                self.working -= 1
        if piece.fails:
            self.failed_at = self._now()
            raise Broken(piece.name) from KeyError(piece.name)
        self._offer(piece.more)
        self.turns.put_in_front(piece.more)
        self.done.append(piece.name)

    async def _rest(self, piece: Piece, seconds: float) -> None:
        began = self._now()
        await self.turns.rest(seconds)
        now = self._now()
        if not self.impatient:
            assert now >= began + seconds
            waiting = [name for name, since in self.offered.items() if since < now]
            asyncio.get_running_loop().call_soon(self._have_begun, waiting)  # what begins right now has begun then
        self._enter(piece.name, "repeat")

    def _have_begun(self, waiting: list[str]) -> None:
        assert not self.offered.keys() & waiting, "what was not begun goes before"


def pieces_of(tree: Any, name: str = "") -> Piece:
    works, rests, children = tree
    rests = [*rests, 0.0, 0.0, 0.0]
    more = [pieces_of(child, f"{name}{number}") for number, child in enumerate(children)]
    return Piece(name, works, rests[: len(works) - 1], more)


times = st.sampled_from([0.0, 0.0, 0.5, 1.0, 2.0, 7.0])
own = st.tuples(st.lists(times, min_size=1, max_size=4), st.lists(times, max_size=3))
trees = st.recursive(
    own.map(lambda it: (*it, [])),
    lambda inner: st.tuples(own, st.lists(inner, max_size=3)).map(lambda it: (*it[0], it[1])),
    max_leaves=5,
)
forests = st.lists(trees, max_size=8).map(lambda found: [pieces_of(tree, f"{n}-") for n, tree in enumerate(found)])


def everything(forest: list[Piece]) -> list[Piece]:
    return [piece for root in forest for piece in root.all()]


@deterministic
@given(forests, st.integers(1, 5))
def test_everything_is_done_once_and_never_too_much_at_a_time(forest: list[Piece], places: int):
    shop = Shop(places)

    by_the_clock(shop.run(*forest))

    assert sorted(shop.done) == sorted(shop.begun) == sorted(piece.name for piece in everything(forest))
    assert (shop.working, shop.offered) == (0, {})


@deterministic
@given(forests)
def test_one_at_a_time_they_begin_depth_first(forest: list[Piece]):
    for piece in everything(forest):
        piece.works, piece.rests = piece.works[:1], []
    shop = Shop(1)

    by_the_clock(shop.run(*forest))

    assert shop.begun == [piece.name for piece in everything(forest)]


@deterministic
@given(forests, st.integers(1, 5))
def test_no_place_is_left_empty_while_there_is_something_to_do(forest: list[Piece], places: int):
    for piece in everything(forest):
        piece.works, piece.rests, piece.more = [sum(piece.works)], [], []
    shop = Shop(places)

    async def run() -> float:
        await shop.run(*forest)
        return asyncio.get_running_loop().time()

    ends = [0.0] * places  # of the places, if each piece goes to the first that is free
    for piece in forest:
        ends[ends.index(min(ends))] += piece.works[0]
    assert by_the_clock(run()) == pytest.approx(max(ends))


@deterministic
@given(forests.filter(bool), st.integers(1, 5), st.data())
def test_the_first_failure_is_told_as_it_is_and_nothing_starts_after_it(
    forest: list[Piece], places: int, data: st.DataObject
):
    for broken in data.draw(st.lists(st.sampled_from(everything(forest)), min_size=1, max_size=3)):
        broken.fails = True
    shop = Shop(places)

    async def run() -> str:
        with pytest.raises(Broken) as problem:
            await shop.run(*forest)
        assert isinstance(problem.value.__cause__, KeyError)
        assert problem.value.__suppress_context__
        assert asyncio.get_running_loop().time() == shop.failed_at, "at once"
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return str(problem.value)

    assert by_the_clock(run()) in {piece.name for piece in everything(forest) if piece.fails}
    assert shop.working == 0


@deterministic
@given(forests, st.integers(1, 5), st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 3.0, 9.0]))
def test_whoever_is_cancelled_leaves_nothing_behind(forest: list[Piece], places: int, seconds: float):
    shop = Shop(places)

    async def run() -> None:
        running = asyncio.create_task(shop.run(*forest))
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        count = len(shop.log)
        await asyncio.sleep(100)
        assert len(shop.log) == count, "nothing starts any more"

    by_the_clock(run())
    assert shop.working == 0


def test_a_piece_may_rest_again_and_again_and_loses_its_place_each_time():
    shop = Shop(1)
    patient = Piece("a", [1, 1, 1], [5, 5])

    by_the_clock(shop.run(patient, *(Piece(name, [3.0]) for name in "bcd")))

    assert [event for event, _ in shop.log] == ["begin a", "begin b", "begin c", "begin d", "repeat a", "repeat a"]
    assert [moment for _, moment in shop.log] == [0, 1, 4, 7, 10, 16]


def test_who_has_rested_for_longer_goes_on_first():
    shop = Shop(1)

    by_the_clock(shop.run(Piece("a", [1, 1], [3]), Piece("b", [1, 1], [1]), Piece("c", [9])))

    assert shop.log[3:] == [("repeat b", 11), ("repeat a", 12)]


def test_what_is_put_in_front_goes_before_who_has_rested():
    shop = Shop(1)

    by_the_clock(shop.run(Piece("a", [1, 1], [1]), Piece("b", [5], more=[Piece("b0"), Piece("b1")])))

    assert [event for event, _ in shop.log] == ["begin a", "begin b", "begin b0", "begin b1", "repeat a"]


def test_a_failure_and_an_end_at_the_same_moment_start_nothing():
    shop = Shop(2)

    with pytest.raises(Broken):
        by_the_clock(shop.run(Piece("a", [1], fails=True), Piece("b", [1]), Piece("c")))

    assert shop.begun == ["a", "b"]


def test_a_failure_ends_who_rests_and_who_has_rested_and_waits():
    shop = Shop(1)

    with pytest.raises(Broken, match="c"):
        by_the_clock(shop.run(Piece("a", [1, 1], [90]), Piece("b", [1, 1], [1]), Piece("c", [5], fails=True)))

    assert [event for event, _ in shop.log] == ["begin a", "begin b", "begin c"]


def test_time_that_is_over_ends_everything():
    shop = Shop(2)

    async def run() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await shop.run(Piece("a", [1, 1], [90]), Piece("b", [9.0]), Piece("c", [9.0]), Piece("d"))
        assert asyncio.get_running_loop().time() == 4

    by_the_clock(run())
    assert shop.begun == ["a", "b", "c"]
