"""Entra's errors: AADSTS codes with their texts, as JSON and in redirects (facts 3.3, 4)."""

import json
from datetime import UTC, datetime

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest, json_answer
from tests.sandbox.microsoft.entra.texts import STEP_UP, SUBERRORS, TEXTS
from tests.sandbox.microsoft.tokens import new_id
from tests.sandbox.world.applications import stable_id
from tests.sandbox.world.tenants import is_guid


class EntraError(Exception):
    """A refusal with an AADSTS code. `error` overrides the code's usual OAuth error."""

    def __init__(self, code: int, error: str | None = None, **parts: str) -> None:
        usual, text = TEXTS[code]
        self.code = code
        self.error = error or usual
        self.text = f"AADSTS{code}: {text.format(**parts)}"
        super().__init__(self.text)


class Trace:
    """The ids that an answer of Entra carries."""

    def __init__(self, seen: SeenRequest, now: datetime) -> None:
        sent = seen.headers.get("client-request-id", "")
        self.trace_id = seen.request_id
        self.correlation_id = sent if is_guid(sent) else new_id()
        self.timestamp = now.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every answer."""
        return {
            "Cache-Control": "no-store, no-cache",
            "Pragma": "no-cache",
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "x-ms-request-id": self.trace_id,
            "x-ms-ests-server": "2.1.22222.1 - SANDBOX ProdSlices",
            "x-ms-srs": "1.P",
        }

    def describe(self, problem: EntraError) -> str:
        """Return the `error_description`: newer answers have spaces before the ids, no line breaks (facts 3.3)."""
        ids = f"Trace ID: {self.trace_id} Correlation ID: {self.correlation_id} Timestamp: {self.timestamp}"
        return f"{problem.text} {ids}"


def error_uri(problem: EntraError, entra_url: str) -> str:
    """Return the address that explains a code."""
    return f"{entra_url}/error?code={problem.code}"


def error_answer(problem: EntraError, trace: Trace, entra_url: str) -> web.Response:
    """Return an error as JSON: invalid_client is 401, every other OAuth error 400 (facts 3.3)."""
    body = {
        "error": problem.error,
        "error_description": trace.describe(problem),
        "error_codes": [problem.code],
        "timestamp": trace.timestamp,
        "trace_id": trace.trace_id,
        "correlation_id": trace.correlation_id,
        "error_uri": error_uri(problem, entra_url),
    }
    if problem.code in SUBERRORS:
        body["suberror"] = SUBERRORS[problem.code]
    if problem.code in STEP_UP:
        policy = {"essential": True, "values": [stable_id("Conditional Access policy")]}
        body["claims"] = json.dumps({"access_token": {"capolids": policy}}, separators=(",", ":"))
    return json_answer(401 if problem.error == "invalid_client" else 400, body, trace.headers)
