"""Histories and notices as the properties of table rows.

A history's `handedOverAt` is a property of its own, since sending letters sets just that; `unknown` is there to be
asked for. What a later version added to a history is left out: after a roll-back, rows may hold more than this one
knows.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from lib.adapters.row_values import joined, moment, only, pieces
from lib.domain.alerts import History, Told
from lib.domain.notices import Notice, Queued

HISTORY = "history"
NOTICE = "notice-"


def history_row(history: History) -> dict[str, Any]:
    """Return the row of a history."""
    parts = asdict(history)
    del parts["customer"], parts["handed_over_at"]
    row = {
        "PartitionKey": history.customer,
        "RowKey": HISTORY,
        "history": json.dumps(parts, default=_plain, separators=(",", ":")),
        "unknown": history.unknown is not None,
        "handedOverAt": history.handed_over_at,
    }
    return {name: value for name, value in row.items() if value is not None}


def to_history(row: Mapping[str, Any]) -> History:
    """Return the history of a row. Raises what `DAMAGED` lists."""
    read = only(dict, json.loads(row["history"]))
    handed_over_at, ended_until = row.get("handedOverAt"), read.get("ended_until")
    return History(
        customer=row["PartitionKey"],
        generation=only(str, read["generation"]),
        expiry=_to_told(read.get("expiry")),
        credential=_to_told(read.get("credential")),
        consent=_to_told(read.get("consent")),
        unchecked=_to_told(read.get("unchecked")),
        unknown=_to_told(read.get("unknown")),
        newer=_to_told(read.get("newer")),
        ended_until=None if ended_until is None else _aware(ended_until),
        ended_told=tuple(only(str, told) for told in read.get("ended_told", [])),
        handed_over_at=None if handed_over_at is None else moment(handed_over_at),
    )


def _plain(value: Any) -> str:
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _to_told(read: Any) -> Told | None:
    if read is None:
        return None
    told = only(dict, read)
    until = told.get("until")
    return Told(
        about=only(str, told["about"]),
        on=date.fromisoformat(told["on"]),
        level=only(int, told.get("level", 0)),
        until=None if until is None else date.fromisoformat(until),
    )


def notice_row(notice: Notice, recipient: str) -> dict[str, Any]:
    """Return a new row of a notice that waits for an e-mail to one recipient."""
    return {
        "PartitionKey": notice.customer,
        "RowKey": f"{NOTICE}{notice.found_at.astimezone(UTC):%Y%m%d%H%M%S}-{uuid.uuid4().hex}",
        "waiting": True,
        "recipient": recipient,
        "refusals": 0,
        **pieces("notice", notice.as_text()),
    }


def to_queued(row: Mapping[str, Any]) -> Queued:
    """Return the notice of a row. Raises what `DAMAGED` lists, also for a row copied from another customer's."""
    notice = Notice.parse(joined("notice", row))
    if notice.customer != row["PartitionKey"] or not notice.kinds or notice.found_at.tzinfo is None:
        raise ValueError("no notice of this customer")
    not_before = row.get("notBefore")
    return Queued(
        row=row["RowKey"],
        recipient=only(str, row["recipient"]),
        notice=notice,
        refusals=only(int, row["refusals"]),
        not_before=None if not_before is None else moment(not_before),
    )


def _aware(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a moment without a zone")
    return found
