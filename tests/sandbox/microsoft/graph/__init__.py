"""Graph v1.0: routing, the token check, and the headers that every answer has (facts 2.3, 2.4)."""

import contextlib
import json
import re
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from aiohttp import web

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller, check_caller
from tests.sandbox.microsoft.graph.applications import Applications
from tests.sandbox.microsoft.graph.batch import Batches
from tests.sandbox.microsoft.graph.calendar_view import CalendarViews
from tests.sandbox.microsoft.graph.errors import GraphError, error_body
from tests.sandbox.microsoft.graph.flights import Flights
from tests.sandbox.microsoft.graph.schedule import Schedules
from tests.sandbox.microsoft.graph.throttle import Throttle
from tests.sandbox.microsoft.graph.users import Users
from tests.sandbox.microsoft.surroundings import Surroundings

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_DIAGNOSTIC = json.dumps(
    {
        "ServerInfo": {
            "DataCenter": "Sandbox",
            "Slice": "E",
            "Ring": "5",
            "ScaleUnit": "000",
            "RoleInstance": "SB0000001",
        }
    }
)

_MAILBOX = r"/(?:(?P<me>me)|users/(?P<user>[^/]+))"
_CALENDAR = r"/(?:calendar|calendars/(?P<calendar>[^/]+))"

Answer = Callable[[SeenRequest, Caller, "re.Match[str]"], Awaitable[tuple[object, dict[str, str]]]]


@dataclass(frozen=True)
class Route:
    """A method and path of the API; `answer` returns the body (JSON in bytes, or what becomes it) and its headers."""

    method: str
    path: re.Pattern[str]
    answer: Answer


def route(method: str, path: str, answer: Answer) -> Route:
    """Return a route; path segments match without regard to case (facts 1.1)."""
    return Route(method, re.compile(rf"/(?:v1\.0|beta){path}", re.IGNORECASE), answer)


class Graph:
    """Microsoft Graph. More routes are added to `routes`."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self.flights = Flights()
        throttle = Throttle()
        schedules, views = Schedules(shared, throttle), CalendarViews(shared, throttle)
        applications, users, batches = Applications(shared), Users(shared), Batches(shared, self.answer, self.waiting)
        self._calendar_routes = [
            route("POST", rf"{_MAILBOX}{_CALENDAR}/(?:microsoft\.graph\.)?getSchedule", schedules.answer),
            route("GET", rf"{_MAILBOX}(?:{_CALENDAR})?/calendarView", views.answer),
        ]
        self.routes = [
            *self._calendar_routes,
            route("POST", r"/\$batch", batches.answer),
            route("GET", _MAILBOX, users.answer),
            route("GET", r"/applications\(appId='(?P<app_id>[^']*)'\)", applications.answer),
            route("GET", r"/applications/(?P<object_id>[^/()]+)", applications.answer),
        ]

    async def answer(self, seen: SeenRequest) -> web.Response:
        """Answer one request."""
        client_request_id = seen.headers.get("client-request-id", seen.request_id)
        headers = {
            "Cache-Control": "no-cache",
            "Strict-Transport-Security": "max-age=31536000",
            "request-id": seen.request_id,
            "client-request-id": client_request_id,
            "x-ms-ags-diagnostic": _DIAGNOSTIC,
        }
        try:
            caller = check_caller(self._shared, seen)
            found, match = self._find(seen)
            body, more = await found.answer(seen, caller, match)
            return _response(200, body, headers | {"Content-Type": _JSON} | more)
        except GraphError as problem:
            body = error_body(problem, self._shared.now(), seen.request_id, client_request_id)
            return _response(problem.status, body, headers | {"Content-Type": "application/json"} | problem.headers)

    def waiting(self, seen: SeenRequest) -> AbstractContextManager[None]:
        """Return a context in which a calendar request counts as in flight."""
        for entry in self._calendar_routes:
            if match := entry.path.fullmatch(seen.path):
                return self._flight(seen, match["user"])
        return contextlib.nullcontext()

    def _flight(self, seen: SeenRequest, user: str | None) -> AbstractContextManager[None]:
        try:
            caller = check_caller(self._shared, seen)
        except GraphError:
            return contextlib.nullcontext()
        name = user or caller.user or "me"
        mailbox = caller.tenant.user(name)
        return self.flights.flight((caller.app_id, (mailbox.address if mailbox else name).lower()))

    def _find(self, seen: SeenRequest) -> tuple[Route, "re.Match[str]"]:
        matches = [(entry, match) for entry in self.routes if (match := entry.path.fullmatch(seen.path))]
        for entry, match in matches:
            if entry.method == seen.method:
                return entry, match
        if matches:
            raise GraphError(405, "BadRequest", "Specified HTTP method is not allowed for the request target.")
        segment = seen.path.rstrip("/").rpartition("/")[2]
        raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def _response(status: int, body: object, headers: dict[str, str]) -> web.Response:
    written = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=written, headers=headers)
