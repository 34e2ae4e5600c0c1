"""Leases as table rows beside the scans: who does what alone, and the note that the last holder left."""

import logging
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.row_values import DAMAGED, moment, only
from lib.adapters.tables import Table
from lib.ports import Conflict
from lib.ports.alerts import Lease

TABLE = "scans"
_LEASE = "lease"
_PAST = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger("calendar_connector")


class LeaseRows:
    """Implements `lib.ports.alerts.Leases`. An owner is whoever calls itself so: take a random name."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def take(self, name: str, owner: str, now: datetime, until: datetime) -> Lease | None:
        """See `lib.ports.alerts.Leases`. Who has it already takes it anew, and what cannot be read is nobody's."""
        row = await self._table.get(_LEASE, name)
        held = _read(row) if row is not None else None
        if held is not None and held.owner != owner and held.until > now:
            return None
        wanted = Lease(name, owner, until, held.note if held else "", Table.etag(row) if row is not None else "")
        try:
            return await self._write(wanted)
        except Conflict:
            return None

    async def renew(self, lease: Lease, until: datetime, note: str) -> Lease:
        """See `lib.ports.alerts.Leases`. Raises ValueError if the note is over 32,768 UTF-16 characters."""
        return await self._write(Lease(lease.name, lease.owner, until, note, lease.etag))

    async def give_back(self, lease: Lease, note: str) -> None:
        """See `lib.ports.alerts.Leases`. Raises ValueError if the note is over 32,768 UTF-16 characters."""
        await self.renew(lease, _PAST, note)

    async def _write(self, lease: Lease) -> Lease:
        """Write a lease whose row still has its ETag ("": if there is none), and return it. Raises Conflict."""
        row = _to_row(lease)
        try:
            etag = await (self._table.replace(row, lease.etag) if lease.etag else self._table.insert(row))
        except Conflict:
            # The SDK repeats a request whose answer was lost. Then what is there is what was to be written.
            found = await self._table.get(_LEASE, lease.name)
            if found is None or any(found.get(name) != value for name, value in row.items()):
                raise
            etag = Table.etag(found)
        return Lease(lease.name, lease.owner, lease.until, lease.note, etag)


def _to_row(lease: Lease) -> dict[str, Any]:
    keys = {"PartitionKey": _LEASE, "RowKey": lease.name}
    return keys | {"owner": lease.owner, "until": lease.until, "note": lease.note}


def _read(row: TableEntity) -> Lease | None:
    """Return the lease of a row, None if it is damaged."""
    try:
        owner, note = only(str, row["owner"]), only(str, row["note"])
        return Lease(row["RowKey"], owner, moment(row["until"]), note, Table.etag(row))
    except DAMAGED:
        _log.warning("cannot read the row %s of %s in the table %s", row["RowKey"], _LEASE, TABLE)
        return None
