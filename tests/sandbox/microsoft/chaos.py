"""Chaos: trouble for a share of the requests, at random and yet always the same."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.faults import Fault

KINDS = ("429", "500", "502", "503", "504", "reset", "truncate", "malformed")
"""All but "hang", which costs a client its whole time limit."""

_CODES = {429: "TooManyRequests", 500: "UnknownError", 503: "serviceNotAvailable", 504: "UnknownError"}
_MAY_SAY_WHEN = (429, 503)
_HTML = b"<html><head><title>Service unavailable</title></head><body><h2>Our services aren't available right now</h2>"


@dataclass
class Chaos:
    """Trouble of a kind drawn from `kinds` for a `share` of the matching requests, `times` times (None: always).

    What happens to the n-th matching request depends on `seed` and n only. Kinds: a status (with Graph's error, but 502
    with a gateway's HTML); "reset", "truncate" and "hang" as a Fault's modes; "malformed" is a 200 with half of the
    genuine JSON or with HTML. 429 and 503 say in various ways when to come again: whole or fractional seconds, a date,
    nothing; never more than two seconds. `done` counts what was done, and requests that went well as "none".
    """

    service: str
    path_contains: str = ""
    method: str | None = None
    share: float = 0.5
    seed: int = 0
    kinds: tuple[str, ...] = KINDS
    times: int | None = None
    where: Callable[[SeenRequest], bool] | None = None
    done: Counter[str] = field(default_factory=Counter, init=False)
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def matches(self, seen: SeenRequest) -> bool:
        """Tell whether this request is hit, which is drawn here: ask once for each request."""
        if not Fault(self.service, self.path_contains, self.method, times=self.times, where=self.where).matches(seen):
            return False
        hit = self._random.random() < self.share
        if not hit:
            self.done["none"] += 1
        return hit

    def use(self) -> Fault:
        """Draw what happens, and count it."""
        if self.times is not None:
            self.times -= 1
        kind = self._random.choice(self.kinds)
        self.done[kind] += 1
        return self._fault(kind)

    def _fault(self, kind: str) -> Fault:
        match kind:
            case "reset":
                return Fault(self.service, mode="reset")
            case "truncate":
                return Fault(self.service, mode="truncate")
            case "hang":
                return Fault(self.service, mode="hang")
            case "malformed":
                html = self._random.random() < 0.5
                return _html(self.service, 200) if html else Fault(self.service, mode="cut")
            case "502":
                return _html(self.service, 502)
            case _:
                return self._error(int(kind))

    def _error(self, status: int) -> Fault:
        body = {"error": {"code": _CODES.get(status, "UnknownError"), "message": "Made by the sandbox's chaos."}}
        wait = self._wait() if status in _MAY_SAY_WHEN else None
        return Fault(self.service, status=status, headers={"Retry-After": wait} if wait is not None else {}, body=body)

    def _wait(self) -> str | None:
        """Return a Retry-After. Only whole seconds and dates are by the book (RFC 9110, 10.2.3)."""
        match self._random.randrange(4):
            case 0:
                return str(self._random.randint(0, 1))
            case 1:
                return f"{self._random.uniform(0.05, 0.5):.2f}"
            case 2:
                return format_datetime(datetime.now(UTC) + timedelta(seconds=self._random.randint(1, 2)), usegmt=True)
            case _:
                return None


def _html(service: str, status: int) -> Fault:
    return Fault(service, status=status, headers={"Content-Type": "text/html; charset=utf-8"}, body=_HTML)
