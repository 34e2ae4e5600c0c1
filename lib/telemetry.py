"""One structured line per invocation, correlation ids, and nothing secret in any line.

The host's own record of requests is off (host.json, Host.Results), since it would hold URLs with tickets and
addresses; the line written here replaces it, with the route's template instead of its parameters.

The worker hands on a line's text, level and logger, nothing else. So every line of ours is one JSON object with an
`event`; what a use case remarks with `logging` becomes the event `note`, with the invocation that it belongs to.
"""

import json
import logging
import re
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

LOGGER = "calendar_connector"  # not "azure…": those names are the platform's and never reach Application Insights
_log = logging.getLogger(LOGGER)
_PLATFORM = ("azure.functions", "azure_functions")  # the worker's own, which Azure keeps to itself
_LONGEST = 30_000  # characters of a text; a line of Application Insights holds 32,768

_invocation: ContextVar[Mapping[str, str] | None] = ContextVar("invocation", default=None)

# What must never be in a line, whatever put it there: tokens, codes, secrets, cookies (OWASP ASVS 5.0, 16.2.5).
_SENSITIVE = (
    "code|client_secret|applicationSecret|refresh_token|access_token|id_token|state|client_assertion|code_verifier"
    "|password|AccountKey|sig|x-functions-key|cookie|set-cookie"
)
_SECRET_NAME = re.compile(_SENSITIVE, re.IGNORECASE)
_SECRETS = re.compile(
    r"(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"
    r"|(?i:bearer\s+)[\w.~+/=-]+"
    r"|(?i:basic\s+)[\w+/=]{16,}"
    r"|(?<=://)[^\s/@]+@"  # a login in an address
    r"|(?<=/connect/)[\w-]{20,}"
    rf"|(?i:(?<![a-z])(?:{_SENSITIVE})(?:\\*[\"'])?\s*(?:[=:]|%3[AD])\s*(?:\\*[\"'])?)[^\s&\"',}}]+"
)
_REDACTED = "[redacted]"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # the last: half a pair, no text in UTF-8


def redact(text: str) -> str:
    """Return the text without anything that looks like a token or secret, on one line, and not too long for one."""
    return _CONTROL.sub(" ", _SECRETS.sub(_REDACTED, text[:_LONGEST]))


def place(problem: BaseException) -> dict[str, str]:
    """Return the kind and the place of an exception, never its text, which may hold anything."""
    # The last steps only, and without their source, which would be read from disk.
    walk = traceback.walk_tb(problem.__traceback__)
    steps = traceback.StackSummary.extract(walk, limit=-6, lookup_lines=False)
    at = " < ".join(f"{step.filename.rpartition('/')[2]}:{step.lineno}" for step in reversed(steps))
    return {"exception": type(problem).__name__, "at": at}


class _Structured(logging.Filter):
    """For our own logger: makes every line JSON, and redacts it.

    A use case that has an event to tell, and may not call `write`, hands it over as `extra={"line": …}`.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message; an exception that comes with it becomes its kind and place."""
        if getattr(record, "written", False):
            return True
        line = getattr(record, "line", None)
        if line is None:
            line = {"event": "note", "text": _text_of(record)} | _exception_of(record) | dict(_invocation.get() or {})
        record.msg, record.args, record.exc_info, record.exc_text = _json(line), None, None, None
        return True


class _RedactedLibraries(logging.Filter):
    """For the handlers of all loggers: redacts what others write, whatever they put into it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the message of a record that is neither ours nor the platform's."""
        if record.name != LOGGER and not record.name.startswith(_PLATFORM):
            exception = _exception_of(record)
            text = f"{_text_of(record)} {_json(exception)}" if exception else _text_of(record)
            record.msg, record.args, record.exc_info, record.exc_text = redact(text), None, None, None
        return True


def _text_of(record: logging.LogRecord) -> str:
    """Return the message. `logging` does not catch what a filter raises, so a wrong format must not end a call."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001, RUF100  whatever the arguments' own __str__ raise
        return f"{record.msg} (its arguments do not fit)" if isinstance(record.msg, str) else "(no text)"


def _exception_of(record: logging.LogRecord) -> dict[str, str]:
    problem = record.exc_info[1] if record.exc_info else None
    return place(problem) if problem else {}


def _json(line: Mapping[str, Any]) -> str:
    """Return the line as JSON, without anything secret. Raises ValueError, and what its values' own __str__ raise."""
    return json.dumps(_clean(line), ensure_ascii=True, allow_nan=False)


def _clean(value: Any) -> Any:
    """Return the same as JSON knows it, redacted value by value, since redacting the written JSON could break it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {
            redact(str(name)): _REDACTED if _SECRET_NAME.fullmatch(str(name)) else _clean(part)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return redact(str(value))


def set_up() -> None:
    """Make our logger structured, and quieten and redact the libraries, which would log URLs and headers."""
    _log.setLevel(logging.INFO)
    if not _log.filters:
        _log.addFilter(_Structured())
    for name in ("azure", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of each repeat, with the path; what came of it is in our own line.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    logging.getLogger("msal").setLevel(logging.CRITICAL)  # it logs an answer that it cannot read, tokens and all
    # azure-identity warns of each credential of its chain that is not there, with text from outside.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)
    for handler in logging.getLogger().handlers:  # the worker's own is there before it loads this app
        if not any(isinstance(known, _RedactedLibraries) for known in handler.filters):
            handler.addFilter(_RedactedLibraries())


def begin(function: str, request_id: str | None = None) -> None:
    """Say which invocation the notes from here on belong to, in tasks and by `asyncio.to_thread` as well."""
    _invocation.set({"function": function} | ({"requestId": request_id} if request_id else {}))


def write(event: str, fields: Mapping[str, Any], *, problem: bool = False) -> None:
    """Write one line: the event and its fields as JSON. Fields that are None are left out.

    No field may be called like a secret (`code`, `state`): its value would be redacted. What cannot be written ends no
    call.
    """
    line = {"event": event} | {name: value for name, value in fields.items() if value is not None}
    try:
        text = _json(line)
    except Exception:  # noqa: BLE001, RUF100  whatever a value's own __str__ raises
        text = _json({"event": event, "text": "(its fields cannot be written)"})
    _log.log(logging.ERROR if problem else logging.INFO, text, extra={"written": True})
