"""Users' connections as table rows: the customer is the partition, generation and user are the row's key.

Whose a connection is stands in the keys and nowhere else, and the tokens were sealed for just that identity
(`lib.adapters.sealing`): a row that somebody copies to another key does not open there.
"""

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.tables import Table
from lib.domain.connection import Connection, Ended
from lib.ports import StoredConnection

TABLE = "connections"
_PAGE = 200  # rows with their tokens: some 10 KiB each as a rule, 64 KiB at most

_log = logging.getLogger("calendar_connector")


class ConnectionRows:
    """Implements `lib.ports.Connections`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, customer: str, generation: str, user: str) -> StoredConnection | None:
        """See `lib.ports.Connections`. A row that was damaged is a connection that does not open."""
        row = await self._table.get(customer, _row_key(generation, user))
        if row is None:
            return None
        try:
            return _stored(row)
        except _Damaged as problem:
            _log.warning("%s", problem)
            never = datetime.fromtimestamp(0, UTC)
            return StoredConnection(Connection(customer, generation, user, "", "", b"", never, never), Table.etag(row))

    async def write(self, connection: Connection, etag: str | None) -> str:
        """See `lib.ports.Connections`. Raises ValueError if the sealed tokens are over 64 KiB."""
        row = to_row(connection)
        return await (self._table.insert(row) if etag is None else self._table.replace(row, etag))

    async def remove(self, customer: str, generation: str, user: str) -> None:
        """See `lib.ports.Connections`."""
        await self._table.delete(customer, _row_key(generation, user))

    async def of_account(self, customer: str, generation: str, object_id: str) -> list[str]:
        """See `lib.ports.Connections`."""
        where, values = "PartitionKey eq @customer and objectId eq @account", {"customer": customer}
        keys = [
            row["RowKey"].rpartition("-")
            async for page in self._table.pages(where, values | {"account": object_id}, select=("RowKey",))
            for row in page
        ]
        return [user for of_generation, _, user in keys if of_generation == generation]

    async def forget(self, customer: str, generation: str) -> None:
        """See `lib.ports.Connections`. Only keys are read, however much the rows hold."""
        where, values = _of_generation(customer, generation)
        async for page in self._table.pages(where, values, select=("PartitionKey", "RowKey")):
            keys = [row["RowKey"] for row in page]
            await self._table.delete_rows(customer, [key for key in keys if key.rpartition("-")[0] == generation])

    async def generations(self) -> AsyncIterator[tuple[str, str]]:
        """See `lib.ports.Connections`. Rows come in the order of their keys, so one look back is enough."""
        last = None
        async for page in self._table.pages("PartitionKey ge @first", {"first": ""}, select=("PartitionKey", "RowKey")):
            for row in page:
                found = (row["PartitionKey"], row["RowKey"].rpartition("-")[0])
                if found != last:
                    last = found
                    yield found

    async def ended(self, customer: str, generation: str) -> AsyncIterator[StoredConnection]:
        """See `lib.ports.Connections`. A row that cannot be read is left out, with a warning in the log."""
        where, values = _of_generation(customer, generation)
        async for page in self._table.pages(f"{where} and ended eq @ended", values | {"ended": True}, size=_PAGE):
            for row in page:
                if row["RowKey"].rpartition("-")[0] == generation and (stored := _readable(row)):
                    yield stored

    async def not_renewed_since(self, moment: datetime) -> AsyncIterator[StoredConnection]:
        """See `lib.ports.Connections`. A row that cannot be read is left out, with a warning in the log."""
        where = "renewedAt lt @moment and ended eq @ended"
        async for page in self._table.pages(where, {"moment": moment, "ended": False}, size=_PAGE):
            for row in page:
                if stored := _readable(row):
                    yield stored


class _Damaged(Exception):
    """A row that was not written by us, or was edited. Its keys hold nothing secret; no more of it is told."""

    def __init__(self, row: TableEntity) -> None:
        super().__init__(f"cannot read the row {row.get('RowKey')} of {row.get('PartitionKey')} in the table {TABLE}")


def to_row(connection: Connection) -> dict[str, Any]:
    """Return the row of a connection. `ended` is there to be asked for; `ending` says why, as JSON."""
    row = {
        "PartitionKey": connection.customer,
        "RowKey": _row_key(connection.generation, connection.user),
        "tenant": connection.tenant,
        "objectId": connection.object_id,
        "sealed": connection.sealed,
        "connectedAt": connection.connected_at,
        "renewedAt": connection.renewed_at,
        "lastUsedAt": connection.last_used_at,
        "ended": connection.ended is not None,
        "ending": _ending(connection.ended),
    }
    return {name: value for name, value in row.items() if value is not None}


def from_row(row: TableEntity | dict[str, Any]) -> Connection:
    """Return the connection of a row; what a newer version added to it is left out.

    Raises KeyError, ValueError, TypeError or AttributeError if the row is damaged.
    """
    generation, _, user = row["RowKey"].rpartition("-")
    last_used_at = row.get("lastUsedAt")
    return Connection(
        customer=row["PartitionKey"],
        generation=generation,
        user=user,
        tenant=row["tenant"],
        object_id=row["objectId"],
        sealed=_bytes(row["sealed"]),
        connected_at=_utc(row["connectedAt"]),
        renewed_at=_utc(row["renewedAt"]),
        last_used_at=None if last_used_at is None else _utc(last_used_at),
        ended=_to_ended(row["ending"]) if row["ended"] else None,
    )


def _stored(row: TableEntity) -> StoredConnection:
    try:
        return StoredConnection(from_row(row), Table.etag(row))
    except (KeyError, ValueError, TypeError, AttributeError) as problem:
        raise _Damaged(row) from problem


def _readable(row: TableEntity) -> StoredConnection | None:
    try:
        return _stored(row)
    except _Damaged as problem:
        _log.warning("%s", problem)
        return None


def _of_generation(customer: str, generation: str) -> tuple[str, dict[str, Any]]:
    """Return the filter of what begins with the generation and a hyphen, and its values.

    In ASCII, "." is the next after "-". Of a generation "g" that includes the rows of one called "g-1".
    """
    where = "PartitionKey eq @customer and RowKey ge @first and RowKey lt @end"
    return where, {"customer": customer, "first": f"{generation}-", "end": f"{generation}."}


def _row_key(generation: str, user: str) -> str:
    """Return the row's key. User keys are hexadecimal, so the last hyphen ends the generation."""
    return f"{generation}-{user}"


def _ending(ended: Ended | None) -> str | None:
    if ended is None:
        return None
    parts = {"at": ended.at.isoformat(), "codes": ended.codes, "error": ended.error, "suberror": ended.suberror}
    return json.dumps(parts)


def _to_ended(text: str) -> Ended:
    read = json.loads(text)
    at = datetime.fromisoformat(read["at"])
    codes = tuple(read["codes"])
    if not all(type(code) is int for code in codes):
        raise ValueError("a code is no number")
    return Ended(at, codes, _text(read["error"]), _text(read["suberror"]))


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("no text")
    return value


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError("no bytes")
    return value


def _utc(moment: datetime) -> datetime:
    """Return the SDK's datetime as an aware one in UTC."""
    return moment.astimezone(UTC)
