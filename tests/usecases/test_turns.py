"""A few pieces of work at a time: what was not begun goes before what has to be repeated."""

import asyncio
from collections.abc import Callable

import pytest

from lib.usecases.turns import Turns
from tests.usecases.exchange import expect_no_complaint, settle, until


class Workshop:
    """Pieces of work that end when they are told to; `log` says what happened."""

    def __init__(self, places: int) -> None:
        self.turns = Turns[str](places, self.work)
        self.log: list[str] = []
        self.begun: list[str] = []
        self.most = 0
        self.ends: dict[str, asyncio.Event] = {}
        self.does: Callable[[str], object] = lambda _: None

    async def work(self, piece: str) -> None:
        self.begun.append(piece)
        self.most = max(self.most, len(self.begun))
        self.log.append(f"begin {piece}")
        try:
            await self.ends.setdefault(piece, asyncio.Event()).wait()
            done = self.does(piece)
            if isinstance(done, Exception):
                raise done
            if done is not None:
                seconds = float(str(done))
                self.begun.remove(piece)
                await self.turns.rest(seconds)
                self.begun.append(piece)
                self.most = max(self.most, len(self.begun))
                self.log.append(f"repeat {piece}")
        except asyncio.CancelledError:
            self.log.append(f"cancel {piece}")
            raise
        self.begun.remove(piece)

    def end(self, *pieces: str) -> None:
        for piece in pieces:
            self.ends.setdefault(piece, asyncio.Event()).set()

    def start(self, pieces: str) -> "asyncio.Task[None]":
        return asyncio.create_task(self.turns.run(pieces.split()))


async def test_without_pieces_there_is_nothing_to_do():
    shop = Workshop(2)

    await shop.start("")

    assert shop.log == []


async def test_so_many_are_done_at_a_time_in_their_order():
    shop = Workshop(2)
    running = shop.start("a b c d")
    await settle()
    assert shop.begun == ["a", "b"]
    shop.end("b")
    await settle()
    assert shop.begun == ["a", "c"]
    shop.end("a", "c", "d")
    await running

    assert shop.log == ["begin a", "begin b", "begin c", "begin d"]
    assert (shop.most, shop.begun) == (2, [])


async def test_what_is_put_in_front_is_done_next_in_its_order():
    shop = Workshop(1)
    shop.does = lambda piece: shop.turns.put_in_front(["a1", "a2"]) if piece == "a" else None
    shop.end("a", "b", "a1", "a2")

    await shop.start("a b")

    assert shop.log == ["begin a", "begin a1", "begin a2", "begin b"]


async def test_who_rests_leaves_the_place_to_others():
    shop = Workshop(1)
    shop.does = lambda piece: 0.01 if piece == "a" else None
    shop.end("a")
    running = shop.start("a b")
    await until(lambda: shop.begun == ["b"])
    await asyncio.sleep(0.03)
    assert shop.log == ["begin a", "begin b"], "the rest is over, but not the work of who has the place"
    shop.end("b")
    await running

    assert shop.log == ["begin a", "begin b", "repeat a"]
    assert shop.most == 1


async def test_what_was_not_begun_goes_before_what_has_to_be_repeated():
    shop = Workshop(1)
    shop.does = lambda piece: 0 if piece in "ab" else None
    shop.end("a", "b", "c", "d")

    await shop.start("a b c d")

    assert shop.log == ["begin a", "begin b", "begin c", "begin d", "repeat a", "repeat b"]


async def test_who_waits_longest_for_a_turn_gets_it_first():
    shop = Workshop(1)
    shop.does = lambda piece: 0 if piece in "ab" else None
    shop.end("a", "b")
    running = shop.start("a b c")
    await settle()
    assert shop.begun == ["c"]
    shop.end("c")
    await running

    assert shop.log[3:] == ["repeat a", "repeat b"]


async def test_when_all_rest_the_first_to_have_rested_goes_on():
    shop = Workshop(2)
    shop.does = lambda piece: 0.03 if piece == "a" else 0.01
    shop.end("a", "b")

    await shop.start("a b")

    assert shop.log[2:] == ["repeat b", "repeat a"]


@pytest.mark.parametrize("resting", [False, True])
async def test_a_problem_ends_all_work_and_is_told(resting: bool):
    problem = KeyError("bug")
    shop = Workshop(2)
    shop.does = lambda piece: problem if piece == "a" else 60
    if resting:
        shop.end("b")
    running = shop.start("a b c")
    await settle()
    with expect_no_complaint():
        shop.end("a")
        with pytest.raises(KeyError) as told:
            await running

    assert told.value is problem
    assert "cancel b" in shop.log
    assert "repeat b" not in shop.log


async def test_of_problems_that_come_together_one_is_told_and_all_are_looked_at():
    shop = Workshop(3)
    shop.does = KeyError
    running = shop.start("a b c d")
    await settle()
    with expect_no_complaint():
        shop.end("a", "b", "c")
        with pytest.raises(KeyError):
            await running
        del running

    assert "begin d" not in shop.log


async def test_when_it_is_stopped_nothing_more_is_begun_and_nobody_rests_any_longer():
    shop = Workshop(2)
    shop.does = lambda piece: 60 if piece == "a" else shop.turns.stop()
    shop.end("a", "c")
    running = shop.start("a b c d e")
    await settle()

    assert shop.log == ["begin a", "begin b", "begin c", "repeat a"]
    assert not running.done(), "b is done to its end"
    shop.end("b")
    await settle()
    assert running.done()
    assert len(shop.log) == 4


async def test_whoever_is_cancelled_ends_all_work():
    shop = Workshop(2)
    shop.does = lambda piece: 60
    shop.end("a")
    running = shop.start("a b c")
    await until(lambda: shop.begun == ["b", "c"])
    with expect_no_complaint():
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert sorted(shop.log[3:]) == ["cancel a", "cancel b", "cancel c"]
