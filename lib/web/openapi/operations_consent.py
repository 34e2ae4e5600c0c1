"""Consent: links for administrators and users, connections, and the browser's way through Microsoft."""

from datetime import timedelta

from lib.domain.consent import ADMIN_LINK_LIFE, SIGN_IN_LIFE, USER_LINK_LIFE, Ending
from lib.web.connection_form import read_return_url
from lib.web.openapi import errors, examples
from lib.web.openapi.components import RETURNED
from lib.web.openapi.parts import Json, Operation, answer, content, example, ref, schema, text

TAG, BROWSER_TAG = "Consent", "Browser"
_STORAGE = (errors.STORAGE_UNAVAILABLE,)
_USER: Json = {"customer": "$request.path.customer", "user": "$request.path.user"}

_LINK_BODY: Json = {
    "required": False,
    "content": content(
        schema("LinkRequest"),
        {
            "returnUrl": example("Return to the ATS", {"returnUrl": "https://ats.example/interviews"}),
            "nothing": example("A page says how it ended", {}),
        },
    ),
}
_INVALID_LINK = (
    errors.invalid(
        lambda: read_return_url(errors.request(b'{"returnUrl": "interviews"}'), examples.SETTINGS.return_urls)
    ),
    errors.RETURN_URL_NOT_ALLOWED,
    errors.BASIC_NOT_ALLOWED,
    errors.CUSTOMER_NOT_FOUND,
    errors.CALENDAR_NOT_CONFIGURED,
)
_FAILURES = ", ".join(f"`{ending}`" for ending in Ending if ending is not Ending.CONNECTED)
_ENDINGS = f"`code` is one of {_FAILURES}."
_RETURN = (
    "The link is on the origin of the configuration's `redirectUri`. It can be opened again until it expires; each "
    "opening is a sign-in of its own, bound to one browser for "
    f"{SIGN_IN_LIFE.seconds // 60} minutes. At the end the browser returns to `returnUrl` with `calendar=connected` or "
    f"`calendar=failed&code=…` added: a hint to ask here, never a proof. {_ENDINGS} "
)


def _link(summary: str, life: timedelta) -> Json:
    return content(schema("Link"), {"link": example(summary, examples.link(life))})


_USER_MINUTES = USER_LINK_LIFE.seconds // 60

API = (
    Operation(
        "invite_admin",
        TAG,
        "Make a link with which an administrator consents",
        f"The link may be forwarded and is valid for {ADMIN_LINK_LIFE.days} days. It works for both kinds of consent "
        f"and needs a saved configuration, not a tested one. {_RETURN}Then read the configuration, or test it.",
        {
            "201": answer(
                "The link.",
                _link(f"Valid for {ADMIN_LINK_LIFE.days} days", ADMIN_LINK_LIFE),
            )
        },
        (*_INVALID_LINK, errors.REQUEST_TOO_LARGE, *_STORAGE),
        ("Customer",),
        _LINK_BODY,
    ),
    Operation(
        "invite_user",
        TAG,
        "Connect your calendar: make a link for one user",
        f"The link is valid for {_USER_MINUTES} minutes; show it only to the user it is for. The account that signs in "
        f"must be that user, else nothing is stored. {_RETURN}Then read the connection.",
        {
            "201": answer(
                "The link.",
                _link(f"Valid for {_USER_MINUTES} minutes", USER_LINK_LIFE),
                links={
                    "connection": {
                        "operationId": "read_connection",
                        "parameters": _USER,
                        "description": "Whether the user has connected.",
                    }
                },
            )
        },
        (*_INVALID_LINK, errors.CONNECTION_NOT_NEEDED, errors.REQUEST_TOO_LARGE, *_STORAGE),
        ("Customer", "User"),
        _LINK_BODY,
    ),
    Operation(
        "read_connection",
        TAG,
        "Read whether a user has connected a calendar",
        "Since when, when it was used last, and if it does not work any more: why, and what to do. Microsoft is not "
        "asked.",
        {
            "200": answer(
                "The connection.",
                content(
                    schema("Connection"),
                    {state: example(state, value) for state, value in examples.CONNECTIONS.items()},
                ),
            )
        },
        (errors.invalid_user(), errors.CUSTOMER_NOT_FOUND, errors.CALENDAR_NOT_CONFIGURED, *_STORAGE),
        ("Customer", "User"),
    ),
    Operation(
        "disconnect",
        TAG,
        "Forget a user's tokens",
        "Also those of the same account under another name. Also 204 when there was nothing.",
        {"204": answer("The user is not connected.")},
        (errors.invalid_user(), *_STORAGE),
        ("Customer", "User"),
    ),
)


def _page(description: str, *headers: str) -> Json:
    names = ("Content-Security-Policy", "Cache-Control", *headers)
    return {
        "description": description,
        "headers": {name: ref("headers", name) for name in names},
        "content": {"text/html": {"schema": text("A page in plain English, without scripts.")}},
    }


def _redirect(description: str) -> Json:
    names = ("Location", "Set-Cookie", "Cache-Control")
    return {
        "description": description,
        "headers": {name: ref("headers", name) for name in names},
    }


_NOT_USABLE = (
    "A page: what went wrong and what to do. A link or an answer that is unknown, expired, replayed or another "
    "browser's always gets the same page."
)
_OUR_FAULT = _page("A page: something went wrong here that should not have, with a number for the operator's log.")
_FINISHED: Json = {
    "200": _page("A page: it worked. Without a `returnUrl` only.", "Set-Cookie"),
    "303": _redirect(
        "Back to the `returnUrl` of the link, with `calendar=connected` or `calendar=failed&code=…` added; or to "
        "Microsoft again, to ask for what the application's registration lists."
    ),
    "400": _page(f"{_NOT_USABLE} Without a `returnUrl`, also every other end but success."),
    "500": _OUR_FAULT,
}


BROWSER = (
    Operation(
        "start_consent",
        BROWSER_TAG,
        "Open a consent link",
        "For a browser, never for a program: binds it to a sign-in of its own by a cookie and sends it to Microsoft.",
        {
            "302": _redirect("To Microsoft's sign-in."),
            "400": _page(_NOT_USABLE),
            "500": _OUR_FAULT,
        },
        parameters=("Ticket",),
    ),
    Operation(
        "finish_consent_get",
        BROWSER_TAG,
        "Come back from Microsoft (admin consent and errors)",
        f"The redirect URI that customers register in Azure, for a browser. {_ENDINGS} An authorization code is not "
        "accepted here, so that no address or log ever holds one.",
        _FINISHED,
        parameters=tuple(RETURNED),
    ),
    Operation(
        "finish_consent_post",
        BROWSER_TAG,
        "Come back from Microsoft (a user's sign-in)",
        f"The redirect URI that customers register in Azure, for a browser: Microsoft's `form_post`. {_ENDINGS}",
        _FINISHED,
        body={
            "required": True,
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": schema("MicrosoftAnswer"),
                    "examples": {
                        "signedIn": example("A user signed in", {"state": "…", "code": "…"}),
                        "declined": example("The user pressed Cancel", {"state": "…", "error": "access_denied"}),
                    },
                }
            },
        },
    ),
)
