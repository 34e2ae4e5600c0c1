"""The letters that tell about credentials: what they say, in an order that a tired reader can follow.

A letter is words and their order; how it looks as text and as HTML is the business of whoever sends it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of a letter under its own heading. `facts` are names with their values; `steps` are numbered."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A letter: a subject of one line, an opening, its parts, and why the reader gets it. `good`: nothing to do."""

    subject: str
    opening: tuple[str, ...]
    parts: tuple[Part, ...]
    why: str
    good: bool = False
