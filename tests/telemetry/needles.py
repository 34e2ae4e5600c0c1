"""What must not be found, in which forms it is looked for, and the hunt for it."""

import base64
import html
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

_PIECE = 20  # characters: whatever holds 39 of a secret's characters in a row holds one of its pieces


@dataclass(frozen=True)
class Needle:
    """Something that must not be found. Of a `secret` no larger piece may be found, either."""

    kind: str
    value: str
    secret: bool = True

    def forms(self) -> set[str]:
        """Return the value as it may come: as it is, escaped in one way or another, in base64, in hex."""
        raw = self.value.encode()
        forms = {
            self.value,
            quote(self.value, safe=""),
            quote_plus(self.value),
            json.dumps(self.value)[1:-1],
            json.dumps(self.value, ensure_ascii=False)[1:-1],
            repr(self.value)[1:-1],
            html.escape(self.value),
        }
        if self.secret:
            forms |= {raw.hex(), *_in_base64(raw), *_pieces(self.value)}
        return forms


@dataclass(frozen=True)
class Found:
    """Where a needle was found: the line around it."""

    kind: str
    form: str
    line: str

    def __str__(self) -> str:
        return f"{self.kind} {self.form[:60]!r} in {self.line[:600]!r}"


def hunt(text: str, needles: Iterable[Needle]) -> list[Found]:
    """Return the first place of each needle that is in the text, in any form; capitals do not matter."""
    folded = text.lower()
    return [found for needle in needles for found in _places(text, folded, needle)]


def _places(text: str, folded: str, needle: Needle) -> Iterator[Found]:
    for form in sorted(needle.forms(), key=len, reverse=True):
        at = folded.find(form.lower())
        if at >= 0:
            begin, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
            yield Found(needle.kind, form, text[begin : end if end >= 0 else len(text)])
            return


def _pieces(value: str) -> Iterator[str]:
    """Yield pieces of a long value, without gaps: a token that was cut off, or one of its three parts, has some."""
    if len(value) >= 2 * _PIECE:
        yield from (value[at : at + _PIECE] for at in range(0, len(value) - _PIECE + 1, _PIECE))


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield what is in any base64 text that has these bytes somewhere inside (`id:secret` of a Basic header)."""
    for before in range(3):
        padded = bytes(before) + raw
        whole = len(padded) // 3 * 3
        first = (before * 8 + 5) // 6  # characters that depend on the bytes before
        for encoded in (base64.b64encode(padded[:whole]), base64.urlsafe_b64encode(padded[:whole])):
            inside = encoded.decode()[first:]
            if len(inside) >= 8:
                yield inside


def needles(kind: str, values: Iterable[str | None], *, secret: bool = True, least: int = 8) -> list[Needle]:
    """Return needles of a kind, each once; what is shorter than `least` would be found anywhere."""
    return [
        Needle(kind, value, secret) for value in sorted({value for value in values if value and len(value) >= least})
    ]


def kinds(found: Sequence[Needle]) -> set[str]:
    """Return what kinds of needles there are."""
    return {needle.kind for needle in found}
