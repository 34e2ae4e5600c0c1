"""What several kinds of rows have in common: long texts, moments, and what a later version may have added.

Reading raises what `DAMAGED` lists when a row was not written by us, or was edited.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from lib.adapters.tables import LONGEST_STRING

DAMAGED = (KeyError, ValueError, TypeError, AttributeError)

_PIECE = LONGEST_STRING // 2  # characters: outside the Basic Multilingual Plane each is two UTF-16 code units


def pieces(name: str, text: str) -> dict[str, str]:
    """Return the properties that hold a text of any length: `name`, and `name2`, `name3` if one is not enough."""
    starts = range(0, max(len(text), 1), _PIECE)
    return {_piece(name, number): text[start : start + _PIECE] for number, start in enumerate(starts, 1)}


def joined(name: str, row: Mapping[str, Any]) -> str:
    """Return the text that `pieces` made into properties. Raises KeyError, TypeError."""
    text, number = only(str, row[name]), 2
    while row.get(_piece(name, number)) is not None:
        text += only(str, row[_piece(name, number)])
        number += 1
    return text


def _piece(name: str, number: int) -> str:
    return name if number == 1 else f"{name}{number}"


def known(kind: type, read: Mapping[str, Any]) -> dict[str, Any]:
    """Return what this version knows of a value: after a roll-back, rows may hold more than that."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in read.items() if name in names}


def moment(value: Any) -> datetime:
    """Return the SDK's datetime as an aware one in UTC. Raises TypeError."""
    return only(datetime, value).astimezone(UTC)


def only[Kind](kind: type[Kind], value: Any) -> Kind:
    """Return a value of this very type. Raises TypeError."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"no {kind.__name__}")
    return value
