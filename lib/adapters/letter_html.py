"""A letter as HTML for e-mail readers: one column, light and dark, from 320 pixels on; nothing loads from anywhere.

E-mail readers drop what they do not know, and many drop style sheets: so every element has its style with it, and the
one style sheet only turns the colours dark. Every value is escaped here, wherever it comes from.
"""

import re
from collections.abc import Iterable
from html import escape

from lib.adapters.letter_text import one_line
from lib.domain.letters import Letter, Part

# The colours of the pages; each text has a contrast of at least 4.5 : 1 with what is behind it (WCAG 2.2, 1.4.3).
_GOOD, _NOT_GOOD = "#1a7f37", "#b35900"
_FONT = "font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"
_BODY = "margin:0;padding:0;background:#f5f6f8;color:#1b1f24"
_BACK = f"padding:16px;background:#f5f6f8;color:#1b1f24;{_FONT}"
_CARD = (
    "box-sizing:border-box;max-width:600px;margin:0 auto;padding:24px;background:#ffffff;color:#1b1f24;"
    "border:1px solid #d8dee4;border-top:4px solid {top};border-radius:8px;overflow-wrap:anywhere;"
    "word-break:break-word;text-align:left"
)
_HEADING = "margin:24px 0 8px;font-size:18px;line-height:1.3;color:#1b1f24"
_PARAGRAPH = "margin:0 0 10px"
_FIRST = "margin:0 0 12px;font-size:20px;line-height:1.35;font-weight:600"  # the fact, before anything else
_FACT = "margin:0 0 4px"
_LIST = "margin:0 0 10px;padding-left:24px"
_ITEM = "margin:0 0 6px"
_SOFT = "color:#57606a"
_WHY = "margin:24px 0 0;padding-top:12px;border-top:1px solid #d8dee4;color:#57606a;font-size:14px"
_LINK = "color:#0b57d0"

_DARK = """
@media (prefers-color-scheme: dark) {
  .back { background: #0d1117 !important; }
  .card { background: #161b22 !important; border-color: #30363d !important; }
  .card.good { border-top-color: #3fb950 !important; }
  .card.bad { border-top-color: #e3a34b !important; }
  .back, .card, .card h2 { color: #e6edf3 !important; }
  .soft { color: #9ea7b3 !important; border-color: #30363d !important; }
  .card a { color: #8ab4f8 !important; }
}
""".strip()

_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
    # Else a telephone takes the digits of ids for telephone numbers.
    '<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">'
)
# An address ends before the sentence that it stands in does.
_ADDRESS = re.compile(r"https://[^\s<>\"'`]*[^\s<>\"'`.,;:!?()\[\]{}…]")


def as_html(letter: Letter) -> str:
    """Return the letter as a complete HTML document. The words and their order are those of `as_text`.

    Only https addresses in steps become links, with the address itself as their text.
    """
    kind, top = ("good", _GOOD) if letter.good else ("bad", _NOT_GOOD)
    content = (
        _paragraphs(letter.opening[:1], _FIRST)
        + _paragraphs(letter.opening[1:])
        + "".join(_part(part) for part in letter.parts)
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{_HEAD}<title>{_escaped(letter.subject)}</title>'
        f"<style>{_DARK}</style></head>\n"
        f'<body class="back" style="{_BODY}">'
        # Some readers take the body away, so its colours are needed inside, too.
        f'<div class="back" style="{_BACK}"><div class="card {kind}" style="{_CARD.format(top=top)}">\n'
        f'{content}<p class="soft" style="{_WHY}">{_escaped(letter.why)}</p>\n'
        "</div></div></body></html>\n"
    )


def _part(part: Part) -> str:
    heading = _escaped(part.heading)
    return "".join(
        (
            f'<h2 style="{_HEADING}">{heading}</h2>\n' if heading else "",
            _paragraphs(part.paragraphs),
            _facts(part.facts),
            _listed("ul", map(_escaped, part.lines)),
            _listed("ol", map(_linked, part.steps)),
        )
    )


def _paragraphs(paragraphs: Iterable[str], style: str = _PARAGRAPH) -> str:
    escaped = (_escaped(paragraph) for paragraph in paragraphs)
    return "".join(f'<p style="{style}">{paragraph}</p>\n' for paragraph in escaped if paragraph)


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    lines = "".join(
        f'<p style="{_FACT}"><span class="soft" style="{_SOFT}">{_escaped(name)}:</span> {_escaped(value)}</p>\n'
        for name, value in facts
    )
    return f'<div style="{_PARAGRAPH}">\n{lines}</div>\n' if lines else ""


def _listed(kind: str, items: Iterable[str]) -> str:
    lines = "".join(f'<li style="{_ITEM}">{item}</li>\n' for item in items)
    return f'<{kind} style="{_LIST}">\n{lines}</{kind}>\n' if lines else ""


def _linked(text: str) -> str:
    """Return the text with its https addresses as links."""
    line, pieces, end = one_line(text), [], 0
    for found in _ADDRESS.finditer(line):
        address = escape(found[0])
        link = f'<a href="{address}" rel="noopener noreferrer" style="{_LINK}">{address}</a>'
        pieces += [escape(line[end : found.start()]), link]
        end = found.end()
    return "".join((*pieces, escape(line[end:])))


def _escaped(text: str) -> str:
    return escape(one_line(text))
