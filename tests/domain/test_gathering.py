"""Parts are joined to the whole of an address's window, or to nothing."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.free_busy import INCOMPLETE, NO_ANSWER, FreeBusy, Item, Unread
from lib.domain.gathering import Gathering
from lib.domain.schedule import Part

ADA, BOB = "ada@x.com", "bob@x.com"
OVER = Unread("microsoftTimeout", "over")
BY_GRAPH, AGAIN = Unread("5009", "nobody", by_graph=True), Unread("5006", "too many", by_graph=True)
deterministic = settings(derandomize=True, deadline=None, max_examples=200, database=None)


def part(first: int, last: int, *people: str) -> Part:
    return Part(people or (ADA,), first, last)


def busy(hour: int, hours: int = 1, status: str = "busy", more: str = "") -> Item:
    start = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(hours=hour)
    return Item(status, start, start + timedelta(hours=hours), more)


def piece(view: str, *items: Item, hours: str | None = None) -> FreeBusy:
    return FreeBusy(view, items, hours)


def gathered(*pieces: tuple[int, FreeBusy | Unread], slots: int = 6) -> FreeBusy | Unread | None:
    """Return what is known of Ada after these pieces, each with its first slot, in the order given."""
    known = Gathering(slots)
    for first, found in pieces:
        length = len(found.view) if isinstance(found, FreeBusy) else 1
        known.add(part(first, first + length), ADA, found)
    return known.of(ADA)


def test_one_piece_is_the_whole():
    whole = piece("020000", busy(1), hours="{}")

    assert gathered((0, whole)) is whole


def test_pieces_are_joined_in_the_order_of_time_whatever_came_first():
    assert gathered((4, piece("33")), (0, piece("01")), (2, piece("22"))) == piece("012233")


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="nothing yet"),
        pytest.param([(0, "000")], id="no end"),
        pytest.param([(3, "000")], id="no beginning"),
        pytest.param([(0, "00"), (4, "00")], id="no middle"),
        pytest.param([(0, "0000"), (3, "000")], id="two for one slot"),
        pytest.param([(0, "000000"), (0, "000000")], id="the same twice"),
        pytest.param([(0, "0000000")], id="beyond the end"),
    ],
)
def test_what_is_not_the_whole_is_nothing(pieces: list[tuple[int, str]]):
    assert gathered(*((first, piece(view)) for first, view in pieces)) is None


def test_an_entry_that_crosses_a_seam_comes_once():
    crossing = busy(2, 2)

    found = gathered((0, piece("002", busy(0), crossing)), (3, piece("200", crossing, busy(5))))

    assert found == piece("002200", busy(0), crossing, busy(5))


def test_an_entry_that_crosses_every_seam_comes_once():
    long = busy(-5, 20)

    assert gathered(*((first, piece("2", long)) for first in range(6))) == piece("222222", long)


def test_two_meetings_that_look_alike_are_two():
    alike = busy(2, 2)

    assert gathered((0, piece("002", alike, alike)), (3, piece("200", alike, alike))) == piece("002200", alike, alike)
    assert gathered((0, piece("002", alike)), (3, piece("200", alike, alike))) == piece("002200", alike, alike)
    assert gathered((0, piece("002", alike, alike)), (3, piece("200", alike))) == piece("002200", alike, alike)


def test_entries_that_differ_only_in_what_more_is_told_are_two():
    one, other = busy(2, 2, more='"subject":"a"'), busy(2, 2, more='"subject":"b"')

    assert gathered((0, piece("002", one)), (3, piece("200", other))) == piece("002200", one, other)


def test_working_hours_are_those_of_the_first_part_that_has_them():
    early, late = '{"startTime": "08:00"}', '{"startTime": "09:00"}'

    found = gathered((4, piece("00", hours=late)), (0, piece("00")), (2, piece("00", hours=early)))

    assert isinstance(found, FreeBusy)
    assert found.working_hours == early


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_who_is_unread_in_one_part_is_unread(order: list[int]):
    pieces: list[tuple[int, FreeBusy | Unread]] = [(0, piece("000")), (3, OVER)]

    assert gathered(*(pieces[number] for number in order)) is OVER
    assert gathered(*(pieces[number] for number in order), (3, piece("000"))) is OVER, "no later word takes it back"


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        pytest.param([OVER, INCOMPLETE], OVER, id="the first"),
        pytest.param([OVER, BY_GRAPH], BY_GRAPH, id="Graph's own is better"),
        pytest.param([BY_GRAPH, OVER], BY_GRAPH, id="Graph's own stays"),
        pytest.param([BY_GRAPH, AGAIN], BY_GRAPH, id="Graph's first"),
        pytest.param([NO_ANSWER, AGAIN, BY_GRAPH], AGAIN, id="Graph's first of several"),
    ],
)
def test_the_reason_told_is_the_first_unless_graph_names_one(reasons: list[FreeBusy | Unread], told: Unread):
    assert gathered(*enumerate(reasons)) is told


def test_nobody_is_taken_for_somebody_else():
    known = Gathering(2)
    known.add(part(0, 2, ADA, BOB), ADA, piece("00"))
    known.add(part(0, 2, ADA, BOB), BOB, OVER)

    assert (known.of(ADA), known.of(BOB), known.of("eve@x.com")) == (piece("00"), OVER, None)
    assert (known.is_unread(ADA), known.is_unread(BOB), known.is_unread("eve@x.com")) == (False, True, False)


def test_an_address_is_the_same_in_any_letter_case():
    known = Gathering(4)
    known.add(part(0, 2), "Ada@X.com", piece("01"))
    known.add(part(2, 4), "aDA@x.COM", piece("23"))
    known.add(part(0, 1), "BOB@x.com", OVER)
    known.add(part(1, 2), "bob@X.com", BY_GRAPH)

    assert known.of(ADA) == piece("0123")
    assert known.of(BOB) is BY_GRAPH
    assert known.is_unread(BOB.upper())


@st.composite
def whole_and_seams(draw: st.DrawFn) -> tuple[FreeBusy, list[int]]:
    """Draw somebody's free/busy times, an hour a slot, and where they are cut."""
    slots = draw(st.integers(1, 30))
    view = draw(st.text("0123", min_size=slots, max_size=slots))
    statuses = st.sampled_from(["busy", "oof"])
    entries = st.builds(busy, st.integers(-3, slots - 1), st.integers(4, 12), statuses, st.sampled_from(["", '"a":1']))
    items = sorted(draw(st.lists(entries, max_size=12)))
    return FreeBusy(view, tuple(items)), sorted(draw(st.sets(st.integers(1, max(1, slots - 1)), max_size=8)))


def cut(whole: FreeBusy, seams: Sequence[int]) -> list[tuple[int, FreeBusy]]:
    """Return the pieces as Graph tells them: an entry whole in every piece that it touches."""
    borders = [0, *(seam for seam in seams if seam < len(whole.view)), len(whole.view)]
    pieces = []
    for first, last in pairwise(borders):
        start, end = busy(first).start, busy(last).start
        touching = [item for item in whole.items if item.start < end and item.end > start]
        pieces.append((first, FreeBusy(whole.view[first:last], tuple(touching))))
    return pieces


@deterministic
@given(whole_and_seams(), st.randoms(use_true_random=False))
def test_what_was_cut_at_any_seams_and_came_in_any_order_is_the_same_again(
    drawn: tuple[FreeBusy, list[int]], chance: random.Random
):
    whole, seams = drawn
    pieces = cut(whole, seams)
    chance.shuffle(pieces)

    found = gathered(*pieces, slots=len(whole.view))

    assert isinstance(found, FreeBusy)
    assert found.view == whole.view
    assert Counter(found.items) == Counter(whole.items)


@deterministic
@given(whole_and_seams(), st.randoms(use_true_random=False))
def test_what_misses_any_piece_is_nothing(drawn: tuple[FreeBusy, list[int]], chance: random.Random):
    whole, seams = drawn
    pieces = cut(whole, seams)
    pieces.pop(chance.randrange(len(pieces)))

    assert gathered(*pieces, slots=len(whole.view)) is None
