"""What waits to be told to somebody, as it is stored until an e-mail about it was accepted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any

from lib.domain.alerts import History, Kind, by_urgency
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.findings import Newer, Trouble

DEPLOYMENT = "-deployment"
"""Stands for the deployment itself where a customer's id is expected; no customer can have it."""

BASIC = "-basic"
"""Stands for the deployment's own application, which customers of type Basic use."""

MOST_NAMED = 20  # users, or customers that could not be checked, named one by one


@dataclass(frozen=True)
class Unchecked:
    """A customer (None: the whole scan) that could not be checked, and why."""

    customer: str | None
    code: str
    message: str


@dataclass(frozen=True)
class Notice:
    """Something to tell about one customer. `kinds` is why, the most urgent first; the rest is what to say.

    `credential` names the secret it is about, `tested` tells whether calendars use it, `works` that Entra ID takes it.
    `users` are names of users whose connection ended at the moments `ended_at`, `unchecked` what could not be checked;
    of both at most `MOST_NAMED`, and `users_in_all`, `unchecked_in_all` count them all.
    """

    customer: str
    generation: str
    kinds: tuple[Kind, ...]
    found_at: datetime
    tenant: str | None = None
    application_id: str | None = None
    credential: str = ""
    tested: bool = True
    expires: Expiry = UNKNOWN
    works: bool = False
    hint: str | None = None
    key_id: str | None = None
    refused: Trouble | None = None
    withdrawn: Trouble | None = None
    newer: Newer | None = None
    newer_until: Expiry = UNKNOWN
    users: tuple[str, ...] = field(default=(), repr=False)
    ended_at: tuple[str, ...] = ()
    users_in_all: int = 0
    unchecked: tuple[Unchecked, ...] = ()
    unchecked_in_all: int = 0

    @property
    def kind(self) -> Kind:
        """The most urgent of its kinds."""
        return self.kinds[0]

    @property
    def urgency(self) -> tuple[int, date]:
        """What to sort by: what is most urgent, and of equals what expires or expired first."""
        return self.kind.urgency, self.expires.on or date.max

    def as_text(self) -> str:
        """Return the notice as JSON."""
        plain = asdict(self) | {
            "found_at": self.found_at.isoformat(),
            "expires": self.expires.as_text(),
            "newer_until": self.newer_until.as_text(),
        }
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def parse(cls, text: str) -> "Notice":
        """Return the notice of such a text. Raises ValueError, KeyError, TypeError for another one."""
        found = json.loads(text)
        if not isinstance(found, dict):
            raise TypeError("no notice")
        names = {field.name for field in fields(cls)}  # a later version may have written more
        read = {name: value for name, value in found.items() if name in names}
        return cls(
            **read
            | {
                "kinds": tuple(Kind(kind) for kind in read["kinds"]),
                "found_at": datetime.fromisoformat(read["found_at"]),
                "expires": Expiry.parse(read["expires"]),
                "newer": Newer(read["newer"]) if read["newer"] else None,
                "newer_until": Expiry.parse(read["newer_until"]),
                "refused": _trouble(read["refused"]),
                "withdrawn": _trouble(read["withdrawn"]),
                "users": tuple(read["users"]),
                "ended_at": tuple(read["ended_at"]),
                "unchecked": tuple(Unchecked(**entry) for entry in read["unchecked"]),
            }
        )


def _trouble(read: Mapping[str, Any] | None) -> Trouble | None:
    return Trouble(**read) if read else None


@dataclass(frozen=True)
class Queued:
    """A notice that waits for a letter to one recipient. `row` names it in the store.

    `refusals` counts how often the service refused it. `not_before` is set once a letter with it failed.
    """

    row: str
    recipient: str
    notice: Notice
    refusals: int = 0
    not_before: datetime | None = None

    @property
    def alert(self) -> str:
        """Names the alert of which this is one recipient's part."""
        return f"{self.notice.customer} {self.notice.found_at.isoformat()}"


def still_true(notice: Notice, history: History) -> Notice | None:
    """Return the notice without the kinds that were solved since it was queued, None if nothing is left of it."""
    expiry = history.expiry
    open_now = {
        Kind.EXPIRED: expiry is not None and expiry.level == 0,
        Kind.EXPIRING: expiry is not None and expiry.level > 0,
        Kind.REFUSED: history.credential,
        Kind.CONSENT: history.consent,
        Kind.UNCHECKED: history.unchecked,
        Kind.UNKNOWN: history.unknown,
        Kind.NEWER: history.newer,
        Kind.CONNECTIONS: True,
        Kind.SOLVED: not history.open,
    }
    kinds = tuple(kind for kind in notice.kinds if open_now[kind])
    return replace(notice, kinds=kinds) if kinds else None


def as_one(notices: Sequence[Notice]) -> Notice:
    """Return one notice for several about one customer: everything that they are about, as the newest of each says."""
    by_age = sorted(notices, key=lambda notice: notice.found_at)
    of = {kind: notice for notice in by_age for kind in notice.kinds}
    kinds = set(of)
    if {Kind.EXPIRED, Kind.EXPIRING} <= kinds:
        kinds.discard(min(Kind.EXPIRED, Kind.EXPIRING, key=lambda kind: of[kind].found_at))
    if kinds - {Kind.SOLVED, Kind.CONNECTIONS, Kind.UNKNOWN}:
        kinds.discard(Kind.SOLVED)
    newest = by_age[-1]
    ending = of.get(Kind.EXPIRED if Kind.EXPIRED in kinds else Kind.EXPIRING, newest)
    connections, unchecked = of.get(Kind.CONNECTIONS, newest), of.get(Kind.UNCHECKED, newest)
    return replace(
        newest,
        kinds=by_urgency(kinds),
        expires=newest.expires if newest.expires.known else ending.expires,
        refused=of.get(Kind.REFUSED, newest).refused,
        withdrawn=of.get(Kind.CONSENT, newest).withdrawn,
        users=connections.users,
        ended_at=connections.ended_at,
        users_in_all=connections.users_in_all,
        unchecked=unchecked.unchecked,
        unchecked_in_all=unchecked.unchecked_in_all,
    )
