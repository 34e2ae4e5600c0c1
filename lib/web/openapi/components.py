"""Parameters, headers and security schemes that operations share."""

from lib.web.openapi import patterns
from lib.web.openapi.parts import Json, record, text

SECURITY_SCHEMES: Json = {
    "functionKey": {
        "type": "apiKey",
        "in": "header",
        "name": "x-functions-key",
        "description": "A function key of this deployment. Any key acts for every customer and user, so it belongs on "
        "the server of the ATS and nowhere else; give each calling system a key of its own.",
    }
}


def _parameter(name: str, where: str, description: str, schema: Json, example: str) -> Json:
    required = {"required": True} if where == "path" else {}
    return {"name": name, "in": where, **required, "description": description, "schema": schema, "example": example}


PARAMETERS: Json = {
    "Customer": _parameter(
        "customer",
        "path",
        "The ATS's own id of the organisation: 1 to 63 lower-case letters, digits and inner hyphens. Take it from the "
        "signed-in session of the ATS, never from a form.",
        {"type": "string", "pattern": patterns.CUSTOMER, "maxLength": 63},
        "contoso",
    ),
    "User": _parameter(
        "user",
        "path",
        "The Microsoft 365 user principal name, or the Entra object id, of the user in whose name calendars are read. "
        "In many tenants the e-mail address is neither. Name one person always the same way. Take it from the "
        "signed-in session of the ATS, never from a form.",
        {"type": "string", "pattern": patterns.USER, "maxLength": 320},
        "recruiter@contoso.com",
    ),
    "Ticket": _parameter(
        "ticket",
        "path",
        "The secret part of a consent link. Whoever holds it may open the link.",
        {"type": "string", "minLength": 1},
        "1f0c8a37d2b94e65hVw8yQ2mZk4rT6nB1xC3vL5jG7fD9sA0pO_iU-yE2wR",
    ),
    "ClientRequestId": _parameter(
        "client-request-id",
        "header",
        "Your own id of this call: a GUID, or another id of letters, digits and . _ : - { }. It is echoed and logged. "
        "Empty counts as none.",
        {"type": "string", "pattern": f"^$|{patterns.CLIENT_REQUEST_ID}"},
        "7f3c2a51-0d2e-4c61-9f0a-8a4b6a1c2d3e",
    ),
    "IfMatch": _parameter(
        "If-Match",
        "header",
        "The `ETag` that you read, in its quotes (several with commas between them), or `*` for any that exists. If "
        "somebody else has saved since then, the answer is 412 and nothing is changed. Without this header the last "
        "one wins.",
        {"type": "string", "pattern": patterns.IF_MATCH},
        '"6d1f0b7e2a9c4f58b3e1d7a0c5f29486"',
    ),
    "Prefer": _parameter(
        "Prefer",
        "header",
        'As in Microsoft Graph: `outlook.timezone="…"` names the time zone of the times in the answer, by its Windows '
        "or IANA name. Without it they are in UTC. A zone that nobody knows is 400; other preferences are ignored.",
        {"type": "string"},
        'outlook.timezone="W. Europe Standard Time"',
    ),
}


def _header(description: str, *, always: bool = True, **more: object) -> Json:
    return {"description": description, "required": always, "schema": {"type": "string", **more}}


HEADERS: Json = {
    "request-id": _header(
        "This call's id in the log of the deployment: its operator asks for it.",
        format="uuid",
    ),
    "client-request-id": _header(
        "The `client-request-id` of the request, if it had one.", always=False, pattern=patterns.CLIENT_REQUEST_ID
    ),
    "Cache-Control": _header(
        "Whether the answer may be kept: `no-store`, but for this description, which may be kept for five minutes."
    ),
    "ETag": _header(
        "The mark of this save, in quotes, for `If-Match`. A test does not change it, a save always does.",
        pattern='^"[0-9a-f]{32}"$',
    ),
    "Retry-After": _header("Seconds to wait before asking again.", pattern="^[0-9]+$"),
    "Preference-Applied": _header(
        "The time zone of the times in the answer, if the request asked for one (RFC 7240).",
        always=False,
        pattern='^outlook\\.timezone=".+"$',
    ),
    "Server-Timing": _header(
        "Milliseconds: `microsoft` is the time spent waiting for Microsoft 365 and Entra ID, pauses before repeats and "
        "queueing included; `connector` is the rest; `total` is both. Absent where nothing had to be asked.",
        always=False,
        pattern="^microsoft;dur=[0-9.]+, connector;dur=[0-9.]+, total;dur=[0-9.]+$",
    ),
    "Location": _header("Where the browser goes next.", format="uri"),
    "Set-Cookie": _header(
        "The cookie that binds the sign-in to this browser: `Secure`, `HttpOnly`, `SameSite=None`, sent to the "
        "redirect URI only. At the end it is taken away."
    ),
    "Content-Security-Policy": _header("The page loads nothing, runs nothing and is framed by nobody."),
}


# What Microsoft's answer may carry. The texts are only searched for Microsoft's numbers.
_RETURNED: Json = {
    "state": text("What the sign-in was begun with."),
    "admin_consent": text("`True` after an administrator's consent."),
    "tenant": text("The tenant that consented."),
    "error": text("Microsoft's error."),
    "error_description": text("Microsoft's text. Only searched for Microsoft's number."),
}
RETURNED: Json = {
    f"Returned_{name}": {"name": name, "in": "query", "description": value["description"], "schema": {"type": "string"}}
    for name, value in _RETURNED.items()
}
MICROSOFT_ANSWER: Json = record(
    "What Microsoft posts back. Microsoft may add to it.",
    _RETURNED | {"code": text("The authorization code of a user's sign-in.")},
    optional=(*_RETURNED, "code"),
)
