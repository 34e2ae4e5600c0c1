"""Joining what the parts of a look-up said: all of an address's window, or nothing of it."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from lib.domain.fields import same_user
from lib.domain.free_busy import FreeBusy, Item, Unread
from lib.domain.schedule import Part


class Gathering:
    """What is known so far about the addresses of a call, whose window has so many slots."""

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._pieces: dict[str, list[tuple[int, int, FreeBusy]]] = {}
        self._unread: dict[str, Unread] = {}

    def add(self, part: Part, address: str, found: FreeBusy | Unread) -> None:
        """Note what a part said about an address. Once a part of it is unread, all of it is.

        The first reason stays, unless Graph names a better one.
        """
        if isinstance(found, Unread):
            known = self._unread.get(same_user(address))
            if known is None or (found.by_graph and not known.by_graph):
                self._unread[same_user(address)] = found
            self._pieces.pop(same_user(address), None)
        elif not self.is_unread(address):
            self._pieces.setdefault(same_user(address), []).append((part.first, part.last, found))

    def is_unread(self, address: str) -> bool:
        """Return whether nothing more can be learned about an address."""
        return same_user(address) in self._unread

    def of(self, address: str) -> FreeBusy | Unread | None:
        """Return the whole of an address's window, or why it is not known; None if parts of it are still missing."""
        if unread := self._unread.get(same_user(address)):
            return unread
        pieces = sorted(self._pieces.get(same_user(address), ()), key=lambda piece: piece[:2])
        reached = 0
        for first, last, _ in pieces:
            if first != reached:
                return None
            reached = last
        return _joined([found for *_, found in pieces]) if reached == self._slots else None


def _joined(pieces: Sequence[FreeBusy]) -> FreeBusy:
    if len(pieces) == 1:
        return pieces[0]
    hours = next((piece.working_hours for piece in pieces if piece.working_hours is not None), None)
    return FreeBusy("".join(piece.view for piece in pieces), _once(pieces), hours)


def _once(pieces: Sequence[FreeBusy]) -> tuple[Item, ...]:
    """Return the entries of all pieces; one that crosses a seam, which Graph gives whole on both sides, once.

    Two different meetings may look alike, so it is counted how often a piece has one: the highest count is right.
    """
    items = list(pieces[0].items)
    for before, piece in pairwise(pieces):
        items += _new(piece.items, before.items)
    return tuple(items)


def _new(items: Sequence[Item], known: Sequence[Item]) -> list[Item]:
    """Return the entries that are not among those of the piece before, or not so often.

    Only those that begin no later than all of that piece can be: few, so not everything has to be compared.
    """
    latest = max((item.start for item in known), default=None)
    old = [item for item in items if latest is not None and item.start <= latest]
    if not old:
        return list(items)
    earliest = min(item.start for item in old)
    left = Counter(item for item in known if item.start >= earliest)
    new = [item for item in items if latest is not None and item.start > latest]
    for item in old:
        left[item] -= 1
        if left[item] < 0:
            new.append(item)
    return sorted(new, key=lambda item: item.start)
