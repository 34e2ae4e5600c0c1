"""The pages people see after consenting: no script, nothing from elsewhere, light and dark, from 320 pixels on.

Every page has what happened and what to do next, nothing else. Values from outside never enter a page, except
Microsoft's code (letters and digits) so that it can be looked up.
"""

import base64
import hashlib
from dataclasses import dataclass
from html import escape

import azure.functions as func

from lib.domain.consent import Ending

_STYLE = """
:root {
  color-scheme: light dark;
  --back: #f5f6f8; --card: #fff; --text: #1b1f24; --soft: #57606a; --line: #d8dee4; --good: #1a7f37; --bad: #b35900;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #0d1117; --card: #161b22; --text: #e6edf3; --soft: #9ea7b3; --line: #30363d;
    --good: #3fb950; --bad: #e3a34b;
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


@dataclass(frozen=True)
class Page:
    """One page. `steps` is what to do next."""

    title: str
    text: str
    steps: tuple[str, ...] = ()
    good: bool = False


_CONSENTED = Page(
    "Consent is given",
    "Thank you. Your organisation's calendars may now be read, so that interviews can be planned.",
    ("You can close this page.", "Let the administrator of the recruiting system choose Test Calendar Configuration."),
    good=True,
)
_CONSENTED_FOR_USERS = Page(
    "Consent is given",
    "Thank you. The people of your organisation can now connect their calendars without asking you again.",
    ("You can close this page.", "Each person chooses Connect your calendar once in the recruiting system."),
    good=True,
)
_ENDINGS = {
    Ending.DECLINED: Page(
        "Consent was not given",
        "The request was cancelled or declined at Microsoft. Nothing was changed.",
        (
            "If that was a mistake, open the link again and choose Accept.",
            "If you are not sure what is asked: the application reads calendars to see when people are free, so that "
            "interviews can be planned. Ask whoever sent you the link.",
        ),
    ),
    Ending.ADMIN_CONSENT_REQUIRED: Page(
        "Another administrator is needed",
        "The account that signed in may not grant this consent for the organisation.",
        (
            "Forward the link to somebody with the role Privileged Role Administrator or Global Administrator in "
            "Microsoft Entra ID. It stays valid for 7 days after it was made.",
        ),
    ),
    Ending.WRONG_ACCOUNT: Page(
        "This account belongs elsewhere",
        "The account that signed in does not belong to the organisation this link is for.",
        ("Sign out at Microsoft, open the link again, and choose an account of the right organisation.",),
    ),
    Ending.WRONG_TENANT: Page(
        "Consent was given for another organisation",
        "Microsoft answered for another tenant than the one in the Calendar Configuration. Nothing was changed here.",
        (
            "Open the link again and sign in with an administrator account of the right organisation.",
            "If this is the right one, let the tenant ID in the Calendar Configuration be corrected.",
        ),
    ),
    Ending.NOT_VERIFIED: Page(
        "Consent was given but does not show yet",
        "Microsoft took your consent, but a first look did not find the permission. It can take a minute or more "
        "until it arrives everywhere.",
        (
            "Wait a minute, then let the administrator of the recruiting system choose Test Calendar Configuration.",
            "If the test still names a missing permission: in the Entra admin center, check that the application has "
            "the application permission Calendars.ReadBasic.All with the status Granted.",
        ),
    ),
    Ending.BLOCKED_BY_POLICY: Page(
        "A policy of your organisation stopped the sign-in",
        "Microsoft refused because of a Conditional Access policy or because this account is not assigned to the "
        "application.",
        ("Ask the administrator of Microsoft Entra ID to look at the sign-in log for this attempt.",),
    ),
    Ending.MICROSOFT_ERROR: Page(
        "Microsoft reported a problem",
        "The consent could not be completed at Microsoft. Nothing was changed.",
        (
            "Open the link again in some minutes.",
            "If it happens again, give the code below to the administrator of the recruiting system.",
        ),
    ),
}
NOT_USABLE = Page(
    "This link cannot be used",
    "It has expired, was used already, or was opened in another browser than the one it came back to.",
    (
        "If you have the link you were sent, open it again and go through it in one browser, with cookies allowed.",
        "If that does not help, ask for a new link in the recruiting system.",
    ),
)
OUR_FAULT = Page(
    "Something went wrong on our side",
    "It is not your fault, and nothing was changed that you would have to undo.",
    (
        "Open the link again in some minutes.",
        "If it happens again, tell your recruiting system's support the number below.",
    ),
)


def ending_page(ending: Ending, *, for_users: bool, codes: tuple[int, ...]) -> func.HttpResponse:
    """Return the page of how a consent ended: 200 for success, 400 for anything else (contract: Consent links)."""
    if ending is Ending.CONNECTED:
        return page(_CONSENTED_FOR_USERS if for_users else _CONSENTED, 200)
    note = f"Microsoft's code: AADSTS{codes[0]}" if codes else ""
    return page(_ENDINGS[ending], 400, note=note)


def page(content: Page, status: int, *, note: str = "") -> func.HttpResponse:
    """Return the page as an HTTP answer with its security headers."""
    return func.HttpResponse(
        _html(content, note), status_code=status, mimetype="text/html", headers=dict(SECURITY_HEADERS)
    )


def _html(content: Page, note: str) -> str:
    steps = "".join(f"<li>{escape(step)}</li>" for step in content.steps)
    listing = f"<h2>What to do now</h2><ul>{steps}</ul>" if steps else ""
    soft = f'<p class="soft">{escape(note)}</p>' if note else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(content.title)}</title><style>{_STYLE}</style></head>"
        f'<body><main class="{"good" if content.good else "bad"}"><h1>{escape(content.title)}</h1>'
        f"<p>{escape(content.text)}</p>{listing}{soft}</main></body></html>"
    )
