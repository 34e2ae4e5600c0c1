"""One structured line per invocation, correlation ids, and nothing secret in any line.

The host's own record of requests is off (host.json, Host.Results), since it would hold URLs with tickets and
addresses; the line written here replaces it, with the route's template instead of its parameters.
"""

import json
import logging
import re
from collections.abc import Mapping
from typing import Any

LOGGER = "calendar_connector"  # not "azure…": those names are the platform's and never reach Application Insights
_log = logging.getLogger(LOGGER)

# What must never be in a line, whatever put it there: tokens, codes, secrets, cookies (OWASP ASVS 5.0, 16.2.5).
_SECRETS = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?"
    r"|(?i:bearer\s+)[\w.~+/=-]+"
    r"|(?i:(?<![a-z])(?:code|client_secret|applicationSecret|refresh_token|access_token|id_token|state|client_assertion)"
    r"[\"']?\s*[=:]\s*[\"']?)[^\s&\"',}]+"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def redact(text: str) -> str:
    """Return the text without anything that looks like a token or secret, and on one line."""
    return _CONTROL.sub(" ", _SECRETS.sub("[redacted]", text))


class _Redacting(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the record's message by its redacted form."""
        record.msg, record.args, record.exc_info = redact(record.getMessage()), None, None
        return True


def set_up() -> None:
    """Make our logger redact, and quieten the libraries, which would log URLs and headers."""
    _log.setLevel(logging.INFO)
    if not _log.filters:
        _log.addFilter(_Redacting())
    for name in ("azure", "urllib3", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("msal").setLevel(logging.CRITICAL)  # it logs an answer that it cannot read, tokens and all
    # azure-identity warns of each credential of its chain that is not there, with text from outside.
    logging.getLogger("azure.identity").setLevel(logging.ERROR)


def write(event: str, fields: Mapping[str, Any], *, problem: bool = False) -> None:
    """Write one line: the event and its fields as JSON. Fields that are None are left out."""
    line = {"event": event} | {name: value for name, value in fields.items() if value is not None}
    _log.log(logging.ERROR if problem else logging.INFO, json.dumps(line, ensure_ascii=True, default=str))
