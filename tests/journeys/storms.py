"""Bad weather at Graph, ordered for one company's requests or some of them, and what the requests looked like."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from tests.journeys.api import Api, Company, new_company
from tests.sandbox.microsoft import Fault, SeenRequest, asks_for
from tests.sandbox.stack import Stack

HTML = {"body": b"<html><h2>Our services aren't available right now</h2>", "headers": {"Content-Type": "text/html"}}
THROTTLED = {"error": {"code": "ApplicationThrottled", "message": "Application is over its MailboxConcurrency limit."}}


def says(code: str) -> dict[str, Any]:
    """Return an error body of Graph's."""
    return {"error": {"code": code, "message": "Made by a test."}}


def throttled(retry_after: str | None = None, status: int = 429) -> dict[str, Any]:
    """Return a Fault's arguments for a refusal that says when to come again, or does not."""
    body = THROTTLED if status == 429 else says("serviceNotAvailable")
    return {"status": status, "body": body, "headers": {} if retry_after is None else {"Retry-After": retry_after}}


def http_date(seconds: float) -> str:
    """Return the moment in so many seconds as HTTP writes it, without fractions."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


SHORT: dict[str, dict[str, Any]] = {
    "429 without a time": throttled(),
    "429 and a second": throttled("1"),
    "429 and no second": throttled("0"),
    "429 and part of a second": throttled("0.3"),
    "429 and nonsense": throttled("soon"),
    "429 and a time below zero": throttled("-5"),
    "429 and a moment that was": throttled("Wed, 21 Oct 2015 07:28:00 GMT"),
    "500": {"status": 500, "body": says("UnknownError")},
    "502": {"status": 502, **HTML},
    "503": {"status": 503, "body": says("serviceNotAvailable")},
    "503 and part of a second": throttled("0.2", 503),
    "504": {"status": 504, "body": says("UnknownError")},
    "reset": {"mode": "reset"},
    "truncated": {"mode": "truncate"},
    "cut short": {"mode": "cut"},
    "no JSON": {"status": 200, "body": b"{not json", "headers": {"Content-Type": "application/json"}},
    "HTML": {"status": 200, **HTML},
    "nothing": {"status": 200, "body": b""},
    "another object": {"status": 200, "body": {"something": "else"}},
    "no list": {"status": 200, "body": {"value": None}},
    "only a list": {"status": 200, "body": b"[]", "headers": {"Content-Type": "application/json"}},
}
"""Trouble that passes, by name: a Fault's arguments."""


def ready_company(stack: Stack, api: Api) -> Company:
    """Return a new company whose configuration is saved and tested."""
    company = new_company(stack)
    assert api.save(company).status_code == 200
    assert api.test(company).json()["passed"] is True
    return company


def trouble(company: Company, *people: str, **fault: Any) -> Fault:
    """Return a fault for this company's getSchedule requests, or only for those that ask for any of these people."""
    return Fault("graph", company.recruiter, where=asks_for(*people) if people else None, **fault)


class Arrivals:
    """Notes when requests come, for use as the `where` of a Fault; `hits` chooses which of them it hits."""

    def __init__(self, hits: Callable[[SeenRequest], bool] = lambda _: True) -> None:
        self.times: list[float] = []
        self._hits = hits

    def __call__(self, seen: SeenRequest) -> bool:
        if not self._hits(seen):
            return False
        self.times.append(time.monotonic())
        return True

    @property
    def pauses(self) -> list[float]:
        """Seconds between one request and the next."""
        return [later - earlier for earlier, later in zip(self.times, self.times[1:], strict=False)]


def side_by_side[K, V](calls: Mapping[K, Callable[[], V]]) -> dict[K, V]:
    """Make all calls at once, each in a thread, and return their results under the same names."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return dict(zip(calls, pool.map(lambda call: call(), calls.values()), strict=True))
