"""Consent links and sign-ins as table rows, found by the digest of their ticket or state.

The partition is the customer's mark inside the ticket (`lib.domain.consent`), so that one query finds all of a
customer's rows.
"""

import asyncio
import logging
import random
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.tables import Table
from lib.domain.consent import MOST_OFFERS, MOST_OPENINGS, Link, SignIn, Variant, customer_mark
from lib.ports import Conflict

TABLE = "consents"
_LINK, _SIGN_IN = "link", "signin"
_ATTEMPTS = 20  # of others who count at the same moment
_DAMAGED = (KeyError, ValueError, TypeError, AttributeError)

_log = logging.getLogger("calendar_connector")


class ConsentRows:
    """Implements `lib.ports.ConsentStore`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add_link(self, link: Link) -> None:
        """See `lib.ports.ConsentStore`."""
        ends = {"endsAt": link.ends_at} if link.ends_at else {}
        await self._add(_row(link, _LINK) | ends)

    async def link(self, mark: str, digest: str) -> Link | None:
        """See `lib.ports.ConsentStore`."""
        row = await self._table.get(mark, f"{_LINK}-{digest}")
        if row is None:
            return None
        try:
            return _to_link(digest, row)
        except _DAMAGED as problem:
            _note_damage(row, problem)
            return None

    async def count_opening(self, link: Link) -> bool:
        """See `lib.ports.ConsentStore`."""
        return await self._count(link.customer, link.digest, "openings", MOST_OPENINGS)

    async def count_offer(self, sign_in: SignIn) -> bool:
        """See `lib.ports.ConsentStore`."""
        return await self._count(sign_in.customer, sign_in.root or "", "offers", MOST_OFFERS)

    async def _count(self, customer: str, digest: str, what: str, most: int) -> bool:
        """Add one to a number in a link's row; False if it is at its limit, the row is gone, or too many do so."""
        for attempt in range(_ATTEMPTS):
            row = await self._table.get(customer_mark(customer), f"{_LINK}-{digest}")
            count = row.get(what, 0) if row else most
            if row is None or not isinstance(count, int) or count >= most:
                return False
            try:
                await self._table.replace({**row, what: count + 1}, Table.etag(row))
                return True
            except Conflict:
                await asyncio.sleep(random.uniform(0, 0.01 * (attempt + 1)))  # noqa: S311  spreads load
        return False

    async def add_sign_in(self, sign_in: SignIn) -> None:
        """See `lib.ports.ConsentStore`."""
        await self._add(_sign_in_row(sign_in))

    async def _add(self, row: dict[str, Any]) -> None:
        """Add a row whose key has 256 random bits: if it is there already, the SDK has repeated its own request."""
        with suppress(Conflict):
            await self._table.insert(row)

    async def claim(self, mark: str, digest: str, binder_digests: frozenset[str], now: datetime) -> SignIn | None:
        """See `lib.ports.ConsentStore`. The claim is the conditional write that sets `used`."""
        row = await self._table.get(mark, f"{_SIGN_IN}-{digest}")
        if row is None:
            return None
        try:
            sign_in = _to_sign_in(digest, row)
        except _DAMAGED as problem:
            _note_damage(row, problem)
            return None
        if sign_in.used or sign_in.expires_at <= now or sign_in.binder_digest not in binder_digests:
            return None
        try:
            await self._table.replace({**row, "used": True}, Table.etag(row))
        except Conflict:
            return None
        return sign_in

    async def forget(self, customer: str, *, generation: str | None = None, expired_by: datetime | None = None) -> None:
        """See `lib.ports.ConsentStore`."""
        for row in await self._table.partition(customer_mark(customer)):
            of_customer = row["customer"] == customer  # two customers may share a mark, however unlikely
            of_generation = generation is None or row["generation"] == generation
            expired = expired_by is None or _utc(row["expiresAt"]) <= expired_by
            if of_customer and of_generation and expired:
                await self._table.delete(row["PartitionKey"], row["RowKey"])

    async def remove_expired(self, moment: datetime) -> None:
        """See `lib.ports.ConsentStore`."""
        keys = ("PartitionKey", "RowKey")
        async for page in self._table.pages("expiresAt lt @moment", {"moment": moment}, select=keys):
            for partition in {row["PartitionKey"] for row in page}:
                rows = [row["RowKey"] for row in page if row["PartitionKey"] == partition]
                await self._table.delete_rows(partition, rows)


def _row(entry: Link | SignIn, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "PartitionKey": customer_mark(entry.customer),
        "RowKey": f"{kind}-{entry.digest}",
        "customer": entry.customer,
        "generation": entry.generation,
        "expiresAt": entry.expires_at,
        "returnUrl": entry.return_url,
        "user": entry.user,
        "variant": entry.variant,
        "root": entry.root,
    }
    return {name: value for name, value in row.items() if value is not None}


def _sign_in_row(sign_in: SignIn) -> dict[str, Any]:
    return _row(sign_in, _SIGN_IN) | {
        "binderDigest": sign_in.binder_digest,
        "redirectUri": sign_in.redirect_uri,
        "used": sign_in.used,
    }


def _to_link(digest: str, row: TableEntity) -> Link:
    ends_at = row.get("endsAt")
    return Link(
        digest=digest,
        customer=row["customer"],
        generation=row["generation"],
        expires_at=_utc(row["expiresAt"]),
        return_url=row.get("returnUrl"),
        openings=row.get("openings", 0),
        user=row.get("user"),
        variant=_variant(row),
        root=row.get("root"),
        ends_at=_utc(ends_at) if ends_at else None,
    )


def _to_sign_in(digest: str, row: TableEntity) -> SignIn:
    return SignIn(
        digest=digest,
        customer=row["customer"],
        generation=row["generation"],
        binder_digest=row["binderDigest"],
        redirect_uri=row["redirectUri"],
        expires_at=_utc(row["expiresAt"]),
        return_url=row.get("returnUrl"),
        used=row["used"],
        user=row.get("user"),
        variant=_variant(row),
        root=row.get("root"),
    )


def _note_damage(row: TableEntity, problem: Exception) -> None:
    """Note a row that somebody edited: to a browser it is one that is not there."""
    _log.warning("cannot read the row %s in the table %s: %s", row.get("RowKey"), TABLE, type(problem).__name__)


def _variant(row: TableEntity) -> Variant | None:
    return Variant(row["variant"]) if row.get("variant") else None


def _utc(moment: datetime) -> datetime:
    """Return the SDK's datetime as a plain aware one."""
    return moment.astimezone(UTC)
