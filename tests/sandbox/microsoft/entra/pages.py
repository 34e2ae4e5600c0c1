"""The pages that a person sees at the simulated Entra ID: plain HTML forms, no script (facts 3.2, last paragraph)."""

from collections.abc import Iterable
from html import escape

from aiohttp import web

from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.world.tenants import Account

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;background:#eef1f6;color:#1b1b1f;margin:0;padding:2rem 1rem}
main{max-width:34rem;margin:auto;background:#fff;padding:1.5rem 2rem;border-radius:6px;box-shadow:0 2px 8px #0002}
.sandbox{background:#5b2d8e;color:#fff;padding:.5rem .8rem;border-radius:4px;font-weight:600}
fieldset{border:1px solid #b9bfcc;border-radius:4px;margin:1rem 0}label{display:block;padding:.3rem 0}
small{color:#4a4f5c}button{font:inherit;padding:.45rem 1.4rem;margin-right:.6rem;border:1px solid #0b57d0;
border-radius:4px;background:#fff;color:#0b57d0;cursor:pointer}button.main{background:#0b57d0;color:#fff}
code{overflow-wrap:anywhere}
"""
_SECURE = {"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"}


def page(title: str, content: str, trace: Trace, status: int = 200) -> web.Response:
    """Return a page around HTML content."""
    html = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)} (sandbox)</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        "<body><main>"
        '<p class="sandbox">Sandbox: this is a simulated Microsoft, not the real one. No real account is involved.</p>'
        f"<h1>{escape(title)}</h1>\n{content}\n</main></body></html>"
    )
    return web.Response(
        status=status, text=html, content_type="text/html", charset="utf-8", headers=trace.headers | _SECURE
    )


def error_page(problem: EntraError, trace: Trace) -> web.Response:
    """Return Entra's own error page: the application never learns of it."""
    content = (
        "<p>Sorry, but we’re having trouble signing you in.</p>"
        f'<p id="error">{escape(problem.text)}</p>'
        f"<p><small>Request Id: {escape(trace.trace_id)}<br>Correlation Id: {escape(trace.correlation_id)}<br>"
        f"Timestamp: {escape(trace.timestamp)}</small></p>"
    )
    return page("Sign in", content, trace, status=400)


def consent_page(
    app_name: str, tenant_name: str, permissions: Iterable[str], accounts: Iterable[Account], trace: Trace
) -> web.Response:
    """Return the admin consent page. The form posts `account` and `action` (accept or cancel) to its own address."""
    asked = "".join(f"<li><code>{escape(text)}</code></li>" for text in permissions) or "<li>nothing</li>"
    choices = "".join(
        f'<label><input type="radio" name="account" value="{escape(account.user_principal_name)}" required'
        f"{' checked' if number == 0 else ''}> {escape(account.display_name)} "
        f"<small>{escape(account.user_principal_name)}, {escape(', '.join(sorted(account.roles)) or 'no admin role')}"
        "</small></label>"
        for number, account in enumerate(accounts)
    )
    content = (
        f"<p><strong>{escape(app_name)}</strong> asks an administrator of <strong>{escape(tenant_name)}</strong> for "
        f"these permissions, for the whole organization:</p><ul>{asked}</ul>"
        f'<form method="post"><fieldset><legend>Pick an account</legend>{choices}</fieldset>'
        '<p><button class="main" name="action" value="accept">Accept</button>'
        '<button name="action" value="cancel" formnovalidate>Cancel</button></p></form>'
    )
    return page("Permissions requested", content, trace)
