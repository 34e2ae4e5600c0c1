"""Reading what Graph answers: JSON without holding up the event loop, refusals, registered secrets."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from lib.adapters.http import Reply
from lib.adapters.patience import TRANSIENT, Passing
from lib.domain.errors import MicrosoftTimeout, MicrosoftTrace, Throttled
from lib.domain.fields import GUID
from lib.domain.microsoft import GraphRefused, RegisteredSecret
from lib.ports.graph import GraphAnswer

_LARGE = 512 * 1024  # bytes of JSON that take 3 ms at most
_HUGE = 4 * 1024 * 1024  # bytes that take about 30 ms
_SLOW_DOWN = 10.0  # seconds, where Microsoft does not say


async def read_schedule(reply: Reply) -> GraphAnswer:
    """Return a good answer to getSchedule, which has a list `value`. Raises Passing, GraphRefused."""
    body = await _parse(reply.body)
    if reply.status == 200 and isinstance(body, dict) and isinstance(body.get("value"), list):
        return GraphAnswer(body, request_id(reply.headers))
    told: Callable[[], Exception] = partial(_refusal, reply, _code(body))
    if reply.status == 504:
        told = partial(MicrosoftTimeout, trace=_trace(reply, _code(body)))
    # A 200 that is no answer is not Graph's own: something on the way spoke, or was cut off. So is a 400 without an
    # explanation, which may have been about the size of what was asked.
    no_answer = 200 <= reply.status < 300 or (reply.status == 400 and body is None)
    if no_answer:
        told = partial(GraphRefused, 502, _code(body) or "malformedAnswer", trace=_trace(reply, _code(body)))
    if no_answer or reply.status in TRANSIENT:
        raise Passing(told, headers=reply.headers, retry_after=reply.retry_after)
    raise told()


def read_object(reply: Reply) -> dict[str, Any]:
    """Return the JSON object of a good answer. Raises GraphRefused, Throttled."""
    body = _json(reply.body) if reply.body else {}
    if reply.status == 200 and isinstance(body, dict):
        return body
    raise _refusal(reply, _code(body))


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id that Microsoft's support asks for, None if there is none that may be passed on."""
    text = headers.get("request-id", "")
    return text if text.isascii() and text.isprintable() and 0 < len(text) <= 64 else None


def read_secret(entry: Any) -> RegisteredSecret | None:
    """Return a listed secret, None for one without a hint or an end that can be read."""
    try:
        end, hint = _moment(entry["endDateTime"]), entry["hint"]
    except (TypeError, KeyError, ValueError):
        return None
    if hint is None:
        return None
    return RegisteredSecret(str(hint), end, _guid(entry.get("keyId")), _start(entry))


async def _parse(text: bytes) -> Any:
    """Return the JSON of an answer, None if it is none. Nothing large is read on the event loop."""
    if len(text) <= _LARGE:
        return _json(text)
    # Without a hook, reading is one call of C that keeps Python's lock to its end, so that the event loop would stand
    # still in spite of the thread: 60 ms at 6 MB. At each call of the hook other threads get their turn, but that takes
    # its time, too.
    return await asyncio.to_thread(_json, text, _itself if len(text) > _HUGE else None)


def _json(text: bytes, hook: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    try:
        return json.loads(text, object_hook=hook)
    except (ValueError, RecursionError):
        return None


def _itself(found: dict[str, Any]) -> dict[str, Any]:
    return found


def _refusal(reply: Reply, code: str | None) -> Exception:
    trace = _trace(reply, code)
    if reply.status == 429:
        return Throttled(reply.retry_after or _SLOW_DOWN, trace=trace)
    if reply.status == 200:  # one that cannot be read is no answer
        return GraphRefused(502, code or "malformedAnswer", trace=trace)
    return GraphRefused(reply.status, code, trace=trace)


def _code(body: Any) -> str | None:
    """Return Graph's own code of an error, never its text."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code[:100] if isinstance(code, str) and code.isascii() and code.isprintable() else None


def _trace(reply: Reply, code: str | None) -> MicrosoftTrace:
    return MicrosoftTrace(code=code, request_id=request_id(reply.headers))


def _start(entry: Mapping[str, Any]) -> datetime | None:
    try:
        return _moment(entry["startDateTime"])
    except (TypeError, KeyError, ValueError):
        return None


def _moment(text: str) -> datetime:
    """Return a moment in UTC. Raises ValueError, TypeError."""
    found = datetime.fromisoformat(text)
    try:
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except OverflowError:  # a zone that leads beyond the year 9999
        raise ValueError("no moment") from None


def _guid(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and GUID.fullmatch(value) else None
