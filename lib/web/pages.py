"""How the pages look that people see after consenting: light and dark, from 320 pixels on.

There is no script and nothing from elsewhere. What they say is in `ending_pages`; every value is escaped here, wherever
it comes from.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from html import escape

import azure.functions as func

_STYLE = """
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --good: #1a7f37; --bad: #b35900;
  --act: #0b57d0; --on-act: #fff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9ea7b3; --line: #30363d;
    --good: #3fb950; --bad: #e3a34b; --act: #8ab4f8; --on-act: #0d1117;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 16px; display: flex; align-items: center; justify-content: center;
  background: var(--back); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
main {
  width: 100%; max-width: 34rem; padding: 24px; overflow-wrap: anywhere;
  background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--bad); border-radius: 8px;
}
main.good { border-top-color: var(--good); }
h1 { margin: 0 0 12px; font-size: 1.35rem; line-height: 1.3; }
h2 { margin: 20px 0 6px; font-size: 1rem; }
p { margin: 0 0 10px; }
ul { margin: 0; padding-left: 1.3rem; }
li { margin: 0 0 6px; }
.button {
  display: inline-block; margin-top: 10px; padding: 8px 16px; border-radius: 6px; font-weight: 600;
  background: var(--act); color: var(--on-act); text-decoration: none;
}
.button:focus-visible, textarea:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
textarea {
  width: 100%; field-sizing: content;
  padding: 10px; border: 1px solid var(--line); border-radius: 6px; resize: vertical;
  background: var(--back); color: var(--text); font: inherit; font-size: .9rem;
}
.soft { margin-top: 20px; color: var(--soft); font-size: .875rem; }
""".strip()

_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

# OWASP ASVS 5.0, 3.4: nothing may load or run, nothing may frame the page, no address leaves with a click.
SECURITY_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


_COPY_COLUMNS = 50  # characters in a line of the copy box on a wide screen; on a narrow one the style lets it grow


@dataclass(frozen=True)
class Page:
    """One page. `steps` is what to do next; `link` (what it is called, where it goes) is offered as a button.

    `more` are further paragraphs under headings of their own; `copy` is a text to copy, below what it is for.
    """

    title: str
    text: str
    steps: tuple[str, ...] = ()
    good: bool = False
    link: tuple[str, str] | None = field(default=None, repr=False)
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    copy: tuple[str, str] | None = field(default=None, repr=False)


def page(content: Page, status: int, *, note: str = "") -> func.HttpResponse:
    """Return the page as an HTTP answer with its security headers."""
    return func.HttpResponse(
        _html(content, note), status_code=status, mimetype="text/html", headers=dict(SECURITY_HEADERS)
    )


def _html(content: Page, note: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(content.title)}</title><style>{_STYLE}</style></head>"
        f'<body><main class="{"good" if content.good else "bad"}"><h1>{escape(content.title)}</h1>'
        f"<p>{escape(content.text)}</p>{_parts(content)}{_soft(note)}</main></body></html>"
    )


def _parts(content: Page) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in content.steps)
    parts = [f"<h2>What to do now</h2><ul>{steps}</ul>" if steps else ""]
    if content.link:
        parts.append(f'<p><a class="button" href="{escape(content.link[1])}">{escape(content.link[0])}</a></p>')
    if content.copy:
        rows = sum(1 + len(line) // _COPY_COLUMNS for line in content.copy[1].split("\n"))
        parts.append(
            f'<h2><label for="copy">{escape(content.copy[0])}</label></h2>'
            f'<textarea id="copy" readonly rows="{rows}">{escape(content.copy[1])}</textarea>'
        )
    parts += [f"<h2>{escape(heading)}</h2><p>{escape(text)}</p>" for heading, text in content.more]
    return "".join(parts)


def _soft(note: str) -> str:
    return f'<p class="soft">{escape(note)}</p>' if note else ""
