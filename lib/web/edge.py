"""What every function has in common: correlation ids, errors in Graph's shape, one line in the log."""

import json
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from lib import telemetry
from lib.domain import fields
from lib.domain.errors import CalendarError, InternalError, InvalidRequest, Throttled
from lib.ports.graph import Tally

_CLIENT_ID = re.compile(r"[A-Za-z0-9._{}:-]{1,128}")
_MOST_IDS = 200  # in one line; a line of Application Insights holds 32,768 characters
_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]*)"|(\*)')


@dataclass
class Call:
    """One invocation. `log` collects what its line in the log says; never addresses, tickets or secrets.

    `tally` counts what the call costs at Microsoft Graph, where it counts at all.
    """

    request: func.HttpRequest = field(repr=False)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    client_request_id: str | None = None
    log: dict[str, Any] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)

    def customer(self) -> str:
        """Return the customer of the route. Raises InvalidRequest."""
        customer = fields.customer_id(self.request.route_params.get("customer"))
        self.log["customer"] = customer
        return customer

    def user(self) -> str:
        """Return the user of the route. Raises InvalidRequest."""
        return fields.user_name(self.request.route_params.get("user"))

    def if_match(self) -> frozenset[str] | None:
        """Return the editions of the header If-Match ("*" for any), None without it. Raises InvalidRequest."""
        header = self.request.headers.get("if-match")
        if header is None:
            return None
        parts = [_ETAG.fullmatch(part.strip()) for part in header[:4000].split(",")]
        if not all(parts):
            raise InvalidRequest("If-Match", 'must be the ETag that was answered, in its quotes, or "*"')
        return frozenset(part[2] or part[1] for part in parts if part)

    def check_client_request_id(self) -> None:
        """Take over the caller's correlation id. Raises InvalidRequest if it cannot be echoed safely."""
        given = self.request.headers.get("client-request-id")
        if not given:
            return
        if not _CLIENT_ID.fullmatch(given):
            raise InvalidRequest("client-request-id", "must be a GUID or another id of at most 128 characters")
        self.client_request_id = given

    def ids(self) -> dict[str, str]:
        """Return the ids as response headers."""
        own = {"request-id": self.request_id}
        return own | ({"client-request-id": self.client_request_id} if self.client_request_id else {})


Work = Callable[[Call], Awaitable[func.HttpResponse]]


async def respond(req: func.HttpRequest, name: str, route: str, work: Work) -> func.HttpResponse:
    """Do the work of an API function: its answer, or its error in Graph's shape, and one line in the log."""
    call, began = Call(req), time.perf_counter()
    telemetry.begin(name, call.request_id)
    try:
        call.check_client_request_id()
        answer = await work(call)
    except CalendarError as problem:
        answer = _refusal(call, problem)
    except Exception as problem:  # noqa: BLE001, RUF100  the last resort of this trigger
        answer = _our_fault(call, problem)
    for header, value in call.ids().items():
        answer.headers[header] = value
    answer.headers["Cache-Control"] = "no-store"
    line = {"function": name, "route": route, "status": answer.status_code} | _times(call, answer, began)
    telemetry.write("request", line | _ids_for_log(call) | call.log, problem=answer.status_code >= 500)
    return answer


def _times(call: Call, answer: func.HttpResponse, began: float) -> dict[str, Any]:
    """Return for the log what the call cost, and tell the caller by the header `Server-Timing` (W3C)."""
    total, tally = (time.perf_counter() - began) * 1000, call.tally
    if not tally.waited:
        return {"ms": round(total, 1)}
    microsoft = min(total, tally.waited * 1000)
    ours = total - microsoft
    answer.headers["Server-Timing"] = f"microsoft;dur={microsoft:.1f}, connector;dur={ours:.1f}, total;dur={total:.1f}"
    return {
        "ms": round(total, 1),
        "msMicrosoft": round(microsoft, 1),
        "msOurs": round(ours, 1),
        "requests": tally.requests,
        "retries": tally.repeated,
        "shared": tally.shared,
        "graphRequestIds": tally.request_ids[:_MOST_IDS],
    }


def _ids_for_log(call: Call) -> dict[str, Any]:
    return {"requestId": call.request_id, "clientRequestId": call.client_request_id}


def reply(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    """Return a JSON answer. `body` is what is to be written, or bytes that were."""
    text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return func.HttpResponse(text, status_code=status, mimetype="application/json", headers=dict(headers or {}))


def empty() -> func.HttpResponse:
    """Return 204."""
    return func.HttpResponse(status_code=204)


def _refusal(call: Call, problem: CalendarError) -> func.HttpResponse:
    note_outage(call, problem)
    call.log |= {"error": problem.code, "microsoftCode": problem.trace.code, "graphRequestId": problem.trace.request_id}
    call.log |= {"traceId": problem.trace.trace_id, "correlationId": problem.trace.correlation_id}
    headers = {"Retry-After": str(math.ceil(problem.retry_after))} if isinstance(problem, Throttled) else {}
    return reply(error_body(call, problem), problem.status, headers)


def note_outage(call: Call, problem: CalendarError) -> None:
    """Put into the call's line what could not be used: the code alone does not say whether Graph, vault or tables."""
    if problem.status >= 500:
        call.log.setdefault("cause", problem.message)


def error_body(call: Call, problem: CalendarError) -> dict[str, Any]:
    """Return an error in Graph's shape (contract: Errors)."""
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": call.request_id,
        "client-request-id": call.client_request_id or call.request_id,
        "remedy": problem.remedy,
        "owner": problem.owner,
        "microsoftCode": problem.trace.code,
        "microsoftRequestId": problem.trace.request_id,
        "microsoftTraceId": problem.trace.trace_id,
        "microsoftCorrelationId": problem.trace.correlation_id,
    }
    shown = {name: value for name, value in inner.items() if value is not None}
    return {"error": {"code": problem.code, "message": problem.message, "innerError": shown}}


def _our_fault(call: Call, problem: Exception) -> func.HttpResponse:
    """A bug of ours: told without detail, logged with the place. Never with the exception's text, whatever it holds."""
    note_bug(call, problem)
    unexpected = InternalError()
    return reply(error_body(call, unexpected), unexpected.status)


def note_bug(call: Call, problem: Exception) -> None:
    """Put the kind and the place of an unexpected exception into the call's line."""
    call.log |= telemetry.place(problem)
