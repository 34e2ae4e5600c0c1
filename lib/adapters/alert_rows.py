"""What was told about each customer, and the notices that wait to be sent, as table rows.

    partition: a customer's id       row "history"                         what was told
                                     row "notice-<when>-<random>"          one per e-mail that waits to be sent

One partition, so that one transaction queues what is due and notes that it was told.
"""

import itertools
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.alert_texts import HISTORY, history_row, notice_row, to_history, to_queued
from lib.adapters.row_values import DAMAGED
from lib.adapters.tables import Table
from lib.adapters.transactions import (
    LARGEST_TRANSACTION,
    MOST_OPERATIONS,
    Gone,
    Operation,
    inserting,
    merging,
    replacing,
)
from lib.domain.alerts import History
from lib.domain.notices import Notice, Queued
from lib.ports import Conflict
from lib.ports.alerts import StoredHistory

TABLE = "alerts"
_PAGE = 200  # rows: some KiB each as a rule
_AROUND = 2000  # bytes that an operation takes in a transaction besides its row

_log = logging.getLogger("calendar_connector")


class AlertRows:
    """Implements `lib.ports.alerts.Alerts`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def histories(self, after: str) -> AsyncIterator[StoredHistory]:
        """See `lib.ports.alerts.Alerts`. One that cannot be read is left out, with a warning in the log."""
        where = "PartitionKey gt @after and RowKey eq @row"
        async for page in self._table.pages(where, {"after": after, "row": HISTORY}, size=_PAGE):
            for row in page:
                if (history := _read(row, to_history)) is not None:
                    yield StoredHistory(history, Table.etag(row))

    async def history(self, customer: str) -> StoredHistory | None:
        """See `lib.ports.alerts.Alerts`. One that cannot be read tells of nothing, and the next commit mends it."""
        row = await self._table.get(customer, HISTORY)
        if row is None:
            return None
        return StoredHistory(_read(row, to_history) or History(customer, ""), Table.etag(row))

    async def commit(
        self, history: History, etag: str | None, notice: Notice | None, recipients: Sequence[str]
    ) -> None:
        """See `lib.ports.alerts.Alerts`. Raises ValueError if the notice is another customer's or over 1 MiB."""
        if notice is not None and notice.customer != history.customer:
            raise ValueError("the notice is another customer's")
        row = history_row(history)
        change = inserting(row) if etag is None else replacing(row, etag)
        queued = [notice_row(notice, recipient) for recipient in _each_once(recipients)] if notice else []
        room = _room(queued)
        for rows in itertools.batched(queued[room:], room, strict=False):
            with suppress(Conflict):  # the SDK has repeated its own request
                await self._table.together([inserting(row) for row in rows])
        try:
            await self._table.together([change, *(inserting(row) for row in queued[:room])])
        except Gone:
            raise Conflict from None

    async def waiting(self) -> AsyncIterator[Queued]:
        """See `lib.ports.alerts.Alerts`. One that cannot be read is told in the log."""
        async for page in self._table.pages("waiting eq @yes", {"yes": True}, size=_PAGE):
            for row in page:
                if (queued := _read(row, to_queued)) is not None:
                    yield queued

    async def handing_over(self, customer: str, now: datetime) -> None:
        """See `lib.ports.alerts.Alerts`. It changes the history's ETag: who read it before has to look again."""
        await self._together_if_there(merging({"PartitionKey": customer, "RowKey": HISTORY, "handedOverAt": now}))

    async def postpone(self, queued: Queued, not_before: datetime, *, refused: bool) -> None:
        """See `lib.ports.alerts.Alerts`."""
        keys = {"PartitionKey": queued.notice.customer, "RowKey": queued.row}
        await self._together_if_there(merging({**keys, "refusals": queued.refusals + refused, "notBefore": not_before}))

    async def _together_if_there(self, operation: Operation) -> None:
        with suppress(Gone):
            await self._table.together([operation])

    async def drop(self, customer: str, rows: Sequence[str]) -> None:
        """See `lib.ports.alerts.Alerts`."""
        await self._table.delete_rows(customer, list(dict.fromkeys(rows)))

    async def forget(self, customer: str) -> None:
        """See `lib.ports.alerts.Alerts`."""
        await self._table.delete_rows(customer, await self._keys(customer))

    async def unknown(self) -> AsyncIterator[str]:
        """See `lib.ports.alerts.Alerts`."""
        where = "RowKey eq @row and unknown eq @yes"
        async for page in self._table.pages(where, {"row": HISTORY, "yes": True}, select=("PartitionKey",)):
            for row in page:
                yield row["PartitionKey"]

    async def _keys(self, customer: str) -> list[str]:
        """Return the keys of a customer's rows."""
        pages = self._table.pages("PartitionKey eq @customer", {"customer": customer}, select=("RowKey",))
        return [row["RowKey"] async for page in pages for row in page]


def _each_once(recipients: Sequence[str]) -> list[str]:
    """Return the recipients, each as it was spelled first: nobody has two mailboxes that differ in letter case only."""
    first: dict[str, str] = {}
    for recipient in recipients:
        first.setdefault(recipient.lower(), recipient)
    return list(first.values())


def _room(queued: Sequence[Mapping[str, Any]]) -> int:
    """Return how many of these rows, alike but for their recipients, fit into a transaction beside the history."""
    largest = max((len(json.dumps(row)) for row in queued), default=0) + _AROUND
    left = LARGEST_TRANSACTION - MOST_OPERATIONS * _AROUND  # for the history
    return max(1, min(MOST_OPERATIONS - 1, left // largest))


def _read[Read](row: TableEntity, how: Callable[[Mapping[str, Any]], Read]) -> Read | None:
    """Return what a row holds, None if it is damaged. Its keys hold nothing secret; no more of it is told."""
    try:
        return how(row)
    except DAMAGED:
        _log.warning("cannot read the row %s of %s in the table %s", row["RowKey"], row["PartitionKey"], TABLE)
        return None
