"""The budget of retries that a whole process shares, and the share of each of its users."""

import time

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


def shared(shares: RetryShares, user: str) -> int:
    """Return how many a user can take, at most 100."""
    return sum(shares.take(user) for _ in range(100))


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

    assert shares.take("ada")


def test_of_very_many_users_those_who_came_last_are_remembered():
    shares = RetryShares(RetryBudget(10_000, 0), 1, 0)
    assert [shares.take("ada"), shares.take("bob")] == [True, True]

    for number in range(999):
        shares.take(f"user {number}")
        assert not shares.take("ada")

    assert shares.take("bob"), "who is forgotten has a whole share"
    assert len(shares._shares) == 1000
