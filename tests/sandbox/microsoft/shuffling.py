"""Another order, for what Microsoft promises no order of (facts 2.1, 13)."""

import random
from collections.abc import Sequence


def shuffled[T](things: Sequence[T]) -> list[T]:
    """Return them in another order, which is always the same for as many things."""
    order = list(range(len(things)))
    random.Random(len(order)).shuffle(order)
    if order == sorted(order):
        order.reverse()
    return [things[place] for place in order]
