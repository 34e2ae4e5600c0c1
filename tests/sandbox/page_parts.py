"""What the start page and the pages beside it are made of."""

import json
from html import escape
from typing import Any

from aiohttp import web

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:auto;padding:1.5rem 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}p{margin:.3rem 0}
form{display:inline}button{font:inherit;padding:.3rem .9rem;margin:.2rem .4rem .2rem 0;cursor:pointer}
pre{overflow:auto;padding:.8rem;border:1px solid #8886;border-radius:6px;font-size:.85rem;line-height:1.35}
.passed{color:#1a7f37}.failed{color:#cf222e}.warning{color:#b35900}.skipped{opacity:.65}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;
border-top:1px solid #8884}.json{white-space:pre-wrap;overflow-wrap:anywhere}code{overflow-wrap:anywhere}
iframe{width:100%;height:32rem;border:1px solid #8886;border-radius:6px;background:#fff;color-scheme:light}
"""


def page(title: str, content: str) -> web.Response:
    """Return a page."""
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
    return web.Response(text=html, content_type="text/html")


def button(address: str, label: str) -> str:
    """Return a button that posts nothing to an address."""
    return f'<form method="post" action="{escape(address)}"><button>{escape(label)}</button></form>'


def link(status: int, made: Any, who: str) -> str:
    """Return the answer of functions that make a link for somebody."""
    if status != 201:
        return shown(status, made)
    url = escape(made["url"])
    return f'<p>Valid until {made["expiresAt"]}. Open it as {escape(who)}:</p><p><a href="{url}">{url}</a></p>'


def shown(status: int, answer: Any) -> str:
    """Return any answer of the functions."""
    text = answer if isinstance(answer, str) else json.dumps(answer, indent=2, ensure_ascii=False)
    return f"<p>The functions answered <b>{status}</b></p><pre class='json'>{escape(text)}</pre>"


def checks(report: dict[str, Any]) -> str:
    """Return the report of a test as a table."""
    rows = "".join(
        f'<tr><td class="{check["outcome"]}"><b>{check["outcome"]}</b></td><td>{check["check"]}</td>'
        f"<td>{escape(check['message'])}{_remedy(check)}</td></tr>"
        for check in report["checks"]
    )
    return f"<p>Passed: <b>{report['passed']}</b></p><table>{rows}</table>"


def _remedy(check: dict[str, Any]) -> str:
    if not check["remedy"]:
        return ""
    return f"<br><b>{escape(check['owner'])}</b> ({escape(str(check['code']))}): {escape(check['remedy'])}"
