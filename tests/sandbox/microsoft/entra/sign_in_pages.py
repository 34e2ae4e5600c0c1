"""The pages of a user's sign-in: plain HTML forms that post to their own address.

Every form has `action`; the fields are told where a page is made, and all together in `authorize.py`.
"""

from collections.abc import Iterable
from html import escape

from aiohttp import web

from tests.sandbox.microsoft.entra.errors import EntraError, Trace
from tests.sandbox.microsoft.entra.pages import page
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Account

_RETURN = "Return to the application without granting consent"


def sign_in_page(
    app_name: str, accounts: Iterable[Account], others: Iterable[Account], hint: str, trace: Trace
) -> web.Response:
    """Return the page that asks who one is: `account` (a user principal name), `action` signin or cancel."""
    elsewhere = "".join(_choice(account, hint) for account in others)
    other = f"<details><summary>Use another account</summary>{elsewhere}</details>" if elsewhere else ""
    content = (
        f"<p>to continue to <strong>{escape(app_name)}</strong></p>"
        '<form method="post"><fieldset><legend>Pick an account</legend>'
        f"{''.join(_choice(account, hint) for account in accounts)}{other}</fieldset>"
        f"<p>{_button('signin', 'Sign in', main=True)}{_button('cancel', 'Cancel')}</p></form>"
    )
    return page("Sign in", content, trace)


def permissions_page(
    application: Application, account: Account, scopes: Iterable[str], trace: Trace, *, for_all: bool
) -> web.Response:
    """Return the page that asks for consent: `account` (hidden), `action` accept or cancel.

    Administrators (`for_all`) may also tick `organization`, which grants for everybody.
    """
    asked = "".join(f"<li><code>{escape(name)}</code></li>" for name in sorted(scopes)) or "<li>your profile</li>"
    tick = '<label><input type="checkbox" name="organization" value="yes"> Consent on behalf of your organization'
    content = (
        f"<p>{escape(account.user_principal_name)}</p>"
        f"<p><strong>{escape(application.display_name)}</strong> would like to:</p>"
        f'<ul>{asked}</ul><form method="post">{_hidden("account", account.user_principal_name)}'
        f"{tick + '</label>' if for_all else ''}"
        f"<p>{_button('accept', 'Accept', main=True)}{_button('cancel', 'Cancel')}</p></form>"
    )
    return page("Permissions requested", content, trace)


def admin_approval_page(problem: EntraError, account: Account, trace: Trace) -> web.Response:
    """Return the page of users who may not consent: `account` (hidden), `action` cancel, with 90095 also request.

    The application learns of it only when `cancel` is pressed, and then no more than that consent was declined.
    """
    title, ask = "Need admin approval", ""
    if problem.code == 90095:
        title = "Approval required"
        ask = (
            '<label>Enter justification for requesting this app <textarea name="justification"></textarea></label>'
            f"{_button('request', 'Request approval', main=True)}"
        )
    content = (
        f'<p>{escape(account.user_principal_name)}</p><p id="error">{escape(problem.text)}</p>'
        f'<form method="post">{_hidden("account", account.user_principal_name)}{ask}'
        f"<p>{_button('cancel', _RETURN)}</p></form>"
    )
    return page(title, content, trace)


def request_sent_page(account: Account, trace: Trace) -> web.Response:
    """Return the page after a request for approval: `account` (hidden), `action` cancel."""
    content = (
        "<p>Your admin has received your request. You will get an email when it is approved.</p>"
        f'<form method="post">{_hidden("account", account.user_principal_name)}'
        f"<p>{_button('cancel', 'Back to app')}</p></form>"
    )
    return page("Request sent", content, trace)


def form_post_page(redirect_uri: str, answer: dict[str, str], trace: Trace) -> web.Response:
    """Return the page of `response_mode=form_post`, which posts the answer on by itself, or by a button."""
    fields = "".join(_hidden(name, value) for name, value in answer.items())
    content = (
        f'<form method="post" action="{escape(redirect_uri)}">{fields}'
        '<noscript><p>Script is disabled. Press Continue to go on.</p><button class="main">Continue</button></noscript>'
        "</form><script>document.forms[0].submit()</script>"
    )
    return page("Working...", content, trace)


def _choice(account: Account, hint: str) -> str:
    chosen = " checked" if account.user_principal_name.lower() == hint.lower() else ""
    return (
        f'<label><input type="radio" name="account" value="{escape(account.user_principal_name)}" required{chosen}> '
        f"{escape(account.display_name)} <small>{escape(account.user_principal_name)}</small></label>"
    )


def _hidden(name: str, value: str) -> str:
    return f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'


def _button(action: str, text: str, *, main: bool = False) -> str:
    looks = ' class="main"' if main else ""
    checked = "" if main else " formnovalidate"
    return f'<button{looks} name="action" value="{action}"{checked}>{escape(text)}</button>'
