"""Pauses between tries, and when there is no other try."""

import pytest

from lib.adapters.patience import Patience, Tries
from lib.adapters.retry_budget import RetryBudget
from tests.adapters.conftest import soon


def pauses(tries: int, asked: float | None = None) -> list[float]:
    """Return the same pause, drawn a hundred times."""
    return [Patience().pause(tries, asked) for _ in range(100)]


@pytest.mark.parametrize(("tries", "longest"), [(1, 0.3), (2, 0.6), (3, 1.2), (4, 2.4), (5, 4.8)])
def test_pauses_double_and_are_spread_over_their_second_half(tries: int, longest: float):
    drawn = pauses(tries)

    assert longest / 2 <= min(drawn) < max(drawn) <= longest
    assert len(set(drawn)) > 50


@pytest.mark.parametrize("asked", [0.0, 0.5, 1.0, 90.0])
def test_retry_after_is_a_lower_bound(asked: float):
    drawn = pauses(1, asked)

    assert asked + 0.03 <= min(drawn) < max(drawn) <= asked + 0.09 + 1e-9


def test_retry_after_0_again_and_again_is_waited_for_longer_each_time():
    assert max(pauses(1, 0.0)) < min(pauses(3, 0.0))
    assert max(pauses(3, 0.0)) < min(pauses(5, 0.0))


def test_there_are_so_many_tries_and_no_more():
    tries = Tries(3, soon(60), Patience(), RetryBudget())

    assert [tries.another(1), tries.another(1), tries.another(1)] == [True, True, False]
    assert tries.number == 3


def test_a_pause_that_does_not_fit_is_not_begun_and_costs_nothing():
    budget = RetryBudget(1, 0)
    tries = Tries(3, soon(10), Patience(), budget)

    assert not tries.another(11)
    assert not tries.another(9.99), "no time for the try itself"
    assert tries.another(1)


def test_an_extended_deadline_counts():
    deadline = soon(1)
    tries = Tries(3, deadline, Patience(), RetryBudget())
    assert not tries.another(5)

    deadline.extend(soon(60))

    assert tries.another(5)


def test_without_a_budget_there_is_no_other_try():
    tries = Tries(3, soon(60), Patience(), RetryBudget(1, 0))

    assert [tries.another(0), tries.another(0)] == [True, False]


def test_the_next_pause_is_counted_from_the_tries_made():
    tries = Tries(6, soon(60), Patience(first_pause=1), RetryBudget())
    assert 0.5 <= tries.pause() <= 1

    tries.another(0)
    tries.another(0)

    assert 2 <= tries.pause() <= 4
    assert 7.4 <= tries.pause(7) <= 8.2
