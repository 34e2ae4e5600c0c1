"""Customers as table rows: one row each, so that one conditional write changes all of it or nothing."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.row_values import DAMAGED, known
from lib.adapters.tables import Table
from lib.domain.checkup import Check, CheckName, Outcome, Report
from lib.domain.configuration import (
    Access,
    AdminConsent,
    ConfigurationType,
    Consent,
    Customer,
    Details,
    Revision,
    Wishes,
)
from lib.domain.credential import Expiry
from lib.domain.errors import Owner
from lib.ports import Damaged, Stored

TABLE = "customers"
_ROW = "configuration"
_PAGE = 200  # rows: some KiB each as a rule
_ALL_BUT_THE_TEST = (
    *("PartitionKey", "generation", "edition", "newest", "active"),
    *("failing", "adminConsent", "leftovers", "connectionsMark"),
)

_log = logging.getLogger("calendar_connector")


class CustomerRows:
    """Implements `lib.ports.Customers`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def read(self, customer: str) -> Stored | None:
        """See `lib.ports.Customers`."""
        row = await self._table.get(customer, _ROW)
        if row is None:
            return None
        found = _readable(row)
        if found is None:
            raise Damaged
        return Stored(found, Table.etag(row))

    async def write(self, customer: Customer, etag: str | None) -> None:
        """See `lib.ports.Customers`."""
        if etag is None:
            await self._table.insert(to_row(customer))
        else:
            await self._table.replace(to_row(customer), etag)

    async def remove(self, customer: str, etag: str) -> None:
        """See `lib.ports.Customers`."""
        await self._table.delete(customer, _ROW, etag)

    async def all(self, after: str) -> AsyncIterator[tuple[str, Customer | None]]:
        """See `lib.ports.Customers`. No more than a page is held at a time."""
        where = "PartitionKey gt @after and RowKey eq @row"
        found = self._table.pages(where, {"after": after, "row": _ROW}, select=_ALL_BUT_THE_TEST, size=_PAGE)
        async for page in found:
            for row in page:
                yield row["PartitionKey"], _readable(row)


def to_row(customer: Customer) -> dict[str, Any]:
    """Return the row of a customer. Nested values are JSON texts, one per property (64 KiB each)."""
    row = {
        "PartitionKey": customer.id,
        "RowKey": _ROW,
        "generation": customer.generation,
        "edition": customer.edition,
        "newest": _dump(_revision(customer.newest)),
        "active": _dump(_revision(customer.active)),
        "lastTest": _dump(_report(customer.last_test)),
        "failing": customer.failing,
        "adminConsent": _dump(asdict(customer.admin_consent)),
        "leftovers": _dump(customer.leftovers),
        "connectionsMark": customer.connections_mark,
    }
    return {name: value for name, value in row.items() if value is not None}


def from_row(row: TableEntity | dict[str, Any]) -> Customer:
    """Return the customer of a row, or of one that was read without its test."""
    consent = json.loads(row["adminConsent"])
    return Customer(
        id=row["PartitionKey"],
        generation=row["generation"],
        edition=row["edition"],
        newest=_to_revision(row.get("newest")),
        active=_to_revision(row.get("active")),
        last_test=_to_report(row.get("lastTest")),
        failing=row["failing"],
        admin_consent=AdminConsent(consent["granted"], _moment(consent["granted_at"]), _moment(consent["answered_at"])),
        leftovers=tuple(json.loads(row["leftovers"])),
        connections_mark=row.get("connectionsMark") or "",
    )


def _readable(row: TableEntity) -> Customer | None:
    try:
        return from_row(row)
    except DAMAGED:
        _log.warning("cannot read the row %s of %s in the table %s", _ROW, row["PartitionKey"], TABLE)
        return None


def _dump(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=_plain, separators=(",", ":"))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _revision(revision: Revision | None) -> dict[str, Any] | None:
    if revision is None:
        return None
    expiries = {name: getattr(revision, name).as_text() for name in ("secret_expires", "learned_expires")}
    return asdict(revision) | expiries


def _to_revision(text: str | None) -> Revision | None:
    if text is None:
        return None
    read = json.loads(text)
    access, wishes = read["access"], read["wishes"]
    domains = wishes["allowed_domains"]
    return Revision(
        **known(Revision, read)
        | {
            "saved_at": datetime.fromisoformat(read["saved_at"]),
            "access": Access(
                **known(Access, access)
                | {"type": ConfigurationType(access["type"]), "consent": Consent(access["consent"])}
            ),
            "wishes": Wishes(
                details=Details(wishes["details"]),
                redirect_uri=wishes["redirect_uri"],
                allowed_domains=None if domains is None else tuple(domains),
                alert_recipients=tuple(wishes["alert_recipients"]),
            ),
            "secret_expires": Expiry.parse(read["secret_expires"]),
            "learned_expires": Expiry.parse(read["learned_expires"]),
        }
    )


def _report(report: Report | None) -> dict[str, Any] | None:
    return None if report is None else asdict(report)


def _to_report(text: str | None) -> Report | None:
    if text is None:
        return None
    read = json.loads(text)
    checks = tuple(
        Check(
            **known(Check, check)
            | {
                "name": CheckName(check["name"]),
                "outcome": Outcome(check["outcome"]),
                "owner": Owner(check["owner"]) if check["owner"] else None,
            }
        )
        for check in read["checks"]
    )
    return Report(datetime.fromisoformat(read["tested_at"]), checks)
