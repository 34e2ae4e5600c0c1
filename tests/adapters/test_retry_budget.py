"""The budget of retries that a whole process shares, and the share of each of its users."""

import time

from hypothesis import given
from hypothesis import strategies as st

from lib.adapters.retry_budget import RetryBudget, RetryShares


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def taken(budget: RetryBudget) -> int:
    """Return how many can be taken, at most 1000."""
    return sum(budget.take() for _ in range(1000))


def test_there_are_as_many_retries_as_the_capacity():
    assert taken(RetryBudget(100, 5, Clock())) == 100


def test_an_empty_budget_stays_empty_while_no_time_passes():
    budget = RetryBudget(3, 5, Clock())

    assert taken(budget) == 3
    assert taken(budget) == 0


def test_a_good_answer_gives_one_back():
    budget = RetryBudget(10, 5, Clock())
    taken(budget)

    for _ in range(4):
        budget.give_back()

    assert taken(budget) == 4


def test_some_come_back_by_themselves():
    clock = Clock()
    budget = RetryBudget(100, 5, clock)
    taken(budget)

    clock.time += 3.5

    assert taken(budget) == 17
    clock.time += 0.1  # the half that was left over counts
    assert taken(budget) == 1


def test_there_are_never_more_than_the_capacity():
    clock = Clock()
    budget = RetryBudget(10, 5, clock)
    for _ in range(50):
        budget.give_back()
    clock.time += 3600

    assert taken(budget) == 10


def test_a_refused_retry_costs_nothing():
    clock = Clock()
    budget = RetryBudget(1, 1, clock)
    taken(budget)  # 999 of these were refused

    clock.time += 1

    assert budget.take()


def test_who_comes_to_an_empty_budget_waits_for_a_turn_of_its_own():
    clock = Clock()
    budget = RetryBudget(2, 4, clock)

    assert [budget.reserve(1.0) for _ in range(8)] == [0.0, 0.0, 0.25, 0.5, 0.75, 1.0, None, None]

    clock.time += 1.0
    assert not budget.take(), "what came back belongs to those who wait"
    clock.time += 0.25
    assert budget.take()


def test_a_good_answer_shortens_the_wait_of_whoever_comes_next():
    budget = RetryBudget(1, 2, Clock())
    assert [budget.reserve(9.0), budget.reserve(9.0)] == [0.0, 0.5]

    budget.give_back()

    assert budget.reserve(9.0) == 0.5


def test_nobody_waits_for_what_never_comes_back():
    budget = RetryBudget(1, 0)

    assert [budget.reserve(3600), budget.reserve(3600)] == [0.0, None]


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 3)), max_size=60))
def test_no_more_repeats_are_made_than_without_waiting(arrivals: list[tuple[float, float]]):
    """By any time, the repeats made are at most the capacity and what has come back since."""
    clock, budget_rate, capacity = Clock(), 2.0, 5.0
    budget, began, made = RetryBudget(capacity, budget_rate, clock), clock.time, []
    for longest, later in arrivals:
        clock.time += later
        wait = budget.reserve(longest)
        if wait is not None:
            made.append(clock.time + wait)

    for number, moment in enumerate(sorted(made), 1):
        assert number <= capacity + budget_rate * (moment - began) + 1e-6


def take(shares: RetryShares, user: str) -> bool:
    """Take one without waiting."""
    return shares.reserve(user, 0.0) is not None


def shared(shares: RetryShares, user: str) -> int:
    """Return how many a user can take, at most 100."""
    return sum(take(shares, user) for _ in range(100))


def test_a_user_takes_no_more_than_a_share_and_leaves_the_rest_to_others():
    whole = RetryBudget(10, 0)
    shares = RetryShares(whole, 4, 0)

    assert [shared(shares, user) for user in ("ada", "bob", "ada")] == [4, 4, 0]
    assert taken(whole) == 2, "what a share refuses costs nothing of the whole"


def test_all_users_together_take_no_more_than_there_is():
    shares = RetryShares(RetryBudget(10, 0), 4, 0)

    assert [shared(shares, user) for user in ("ada", "bob", "eve")] == [4, 4, 2]


def test_what_the_whole_refuses_costs_nothing_of_a_share():
    whole = RetryBudget(4, 0)
    shares = RetryShares(whole, 4, 0)
    assert [shared(shares, "ada"), shared(shares, "bob")] == [4, 0]

    for _ in range(9):
        whole.give_back()

    assert shared(shares, "bob") == 4


def test_a_share_waits_for_its_own_turn_while_half_of_the_whole_is_left():
    clock = Clock()
    shares = RetryShares(RetryBudget(4, 0, clock), 1, 4, clock)

    assert [shares.reserve("ada", 9) for _ in range(3)] == [0.0, 0.25, None], "two are left, for others"
    assert [shares.reserve(user, 9) for user in ("bob", "eve", "dan")] == [0.0, 0.0, None]


def test_users_in_trouble_keep_nobody_else_waiting():
    clock = Clock()
    shares = RetryShares(RetryBudget(200, 10, clock), clock=clock)
    for _ in range(1000):
        for user in range(3):
            shares.reserve(user, 10)

    assert shares.reserve("quiet", 10) == 0.0


def test_a_good_answer_gives_one_back_to_the_user_and_to_all():
    whole = RetryBudget(4, 0)
    shares = RetryShares(whole, 3, 0)
    assert [shared(shares, "ada"), shared(shares, "bob")] == [3, 1]

    shares.give_back("ada")

    assert [shared(shares, "bob"), taken(whole)] == [1, 0], "of the whole anybody may have it"
    shares.give_back("ada")
    assert shared(shares, "ada") == 1, "of two given back the whole has one left"


def test_a_share_comes_back_by_itself():
    shares = RetryShares(RetryBudget(1000, 0), 2, 50)
    assert shared(shares, "ada") >= 2

    time.sleep(0.05)

    assert take(shares, "ada")


def test_of_very_many_users_those_who_came_last_are_remembered():
    shares = RetryShares(RetryBudget(10_000, 0), 1, 0)
    assert [take(shares, "ada"), take(shares, "bob")] == [True, True]

    for number in range(999):
        take(shares, f"user {number}")
        assert not take(shares, "ada")

    assert take(shares, "bob"), "who is forgotten has a whole share"
    assert len(shares._shares) == 1000
