"""A letter as plain text, for readers without HTML and for whoever reads the inbox on a terminal."""

import re
import textwrap
import unicodedata
from collections.abc import Iterator

from lib.domain.letters import Letter, Part

_COLUMNS = 76  # what fits unbroken into every reader, also once quoted (RFC 5322, 2.1.1: 78 with the line's end)
_WIDEST_NAME = 24  # a fact's name up to here shifts the others' values
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})


def one_line(text: str) -> str:
    """Return a text on one line: what controls, breaks lines or is half a character becomes a space."""
    clean = "".join(" " if unicodedata.category(char) in _BREAKING else char for char in text)
    return re.sub(" {2,}", " ", clean).strip(" ")


def as_text(letter: Letter) -> str:
    """Return the letter as text of at most 76 columns, except where one word (an address, an id) is longer.

    The words and their order are those of `as_html`.
    """
    blocks = [_wrapped(paragraph) for paragraph in letter.opening]
    for part in letter.parts:
        blocks += _part(part)
    blocks.append(f"-- \n{_wrapped(letter.why)}")  # RFC 3676, 4.3: below it stands what belongs to no particular letter
    return "\n\n".join(block for block in blocks if block).strip("\n") + "\n"


def _part(part: Part) -> Iterator[str]:
    heading = _wrapped(part.heading)
    if heading:
        line = "-" * max(map(len, heading.split("\n")))
        yield f"\n{heading}\n{line}"  # one more empty line above than between paragraphs
    yield from map(_wrapped, part.paragraphs)
    yield _facts(part.facts)
    yield "\n".join(_wrapped(line, "- ") for line in part.lines)
    width = len(str(len(part.steps)))
    yield "\n".join(_wrapped(step, f"{number:>{width}}. ") for number, step in enumerate(part.steps, start=1))


def _facts(facts: tuple[tuple[str, str], ...]) -> str:
    """Return one line for each fact, the values below each other."""
    names = [f"{one_line(name)}:" for name, _ in facts]
    width = max((len(name) for name in names if len(name) <= _WIDEST_NAME), default=0)
    return "\n".join(
        _wrapped(value, f"{name:<{width}}  ", hang=width + 2) for name, (_, value) in zip(names, facts, strict=True)
    )


def _wrapped(text: str, first: str = "", *, hang: int | None = None) -> str:
    """Return the text in lines; the first begins with `first`, the others are indented as far (or by `hang`)."""
    lines = textwrap.wrap(
        one_line(text),
        _COLUMNS,
        initial_indent=first,
        subsequent_indent=" " * (len(first) if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,  # ids have hyphens
    )
    return "\n".join(line.rstrip(" ") for line in lines) or first.rstrip(" ")
