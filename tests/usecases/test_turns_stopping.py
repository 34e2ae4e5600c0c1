"""Turns that are stopped: nothing more is begun and nobody rests any longer, but what is under way is done."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from tests.usecases.test_turns_random import Piece, Shop, by_the_clock, deterministic, forests


async def stopping(shop: Shop, pieces: list[Piece], seconds: float) -> float:
    """Stop after so many seconds; return when everything was done."""
    running = asyncio.create_task(shop.run(*pieces))
    await asyncio.sleep(seconds)
    shop.turns.stop()
    await running
    return asyncio.get_running_loop().time()


def test_what_is_under_way_is_done_and_nothing_is_begun():
    shop = Shop(2)

    ended = by_the_clock(stopping(shop, [Piece(name, [3.0]) for name in "abcd"], 1))

    assert (shop.begun, shop.done, ended) == (["a", "b"], ["a", "b"], 3)


def test_who_rests_goes_on_at_once_if_there_is_a_place():
    shop = Shop(2)
    shop.impatient = True

    by_the_clock(stopping(shop, [Piece("a", [1, 1], [90]), Piece("b", [1, 1], [60])], 5))

    assert shop.log[2:] == [("repeat a", 5), ("repeat b", 5)]


def test_who_rests_waits_for_a_place_all_the_same():
    shop = Shop(1)
    shop.impatient = True

    by_the_clock(stopping(shop, [Piece("a", [1, 1], [90]), Piece("b", [9]), Piece("c")], 5))

    assert shop.log == [("begin a", 0), ("begin b", 1), ("repeat a", 10)]


def test_who_wants_to_rest_after_the_stop_does_not():
    shop = Shop(2)
    shop.impatient = True

    assert by_the_clock(stopping(shop, [Piece("a", [3, 1, 1], [90, 90])], 1)) == 5


@deterministic
@given(forests, st.integers(1, 5), st.sampled_from([0.25, 0.75, 1.25, 3.25, 9.25]))  # when nothing else happens
def test_whenever_it_is_stopped_it_ends_with_everything_done_that_was_begun(
    forest: list[Piece], places: int, seconds: float
):
    for root in forest:
        root.more = []
    shop = Shop(places)
    shop.impatient = True

    async def run() -> None:
        running = asyncio.create_task(shop.run(*forest))
        await asyncio.sleep(seconds)
        begun = len(shop.begun)
        shop.turns.stop()
        await running
        assert len(shop.begun) == begun

    by_the_clock(run())
    assert sorted(shop.begun) == sorted(shop.done)
    assert shop.working == 0


def test_what_is_put_in_front_after_a_stop_is_not_begun():
    shop = Shop(1)

    by_the_clock(stopping(shop, [Piece("a", [3], more=[Piece("a1")])], 1))

    assert shop.begun == ["a"]
