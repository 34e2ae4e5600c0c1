"""What the tests of alerts share: a history, a notice, and looks into the table."""

from datetime import UTC, date, datetime
from typing import Any

from lib.adapters.alert_rows import AlertRows
from lib.adapters.tables import Table
from lib.domain.alerts import History, Kind, Told
from lib.domain.notices import Notice, Queued

NOW = datetime(2026, 11, 21, 9, 30, 5, 123456, tzinfo=UTC)
TODAY = NOW.date()
TOLD = Told("v1", TODAY, 30, date(2026, 12, 20))
HISTORY = History("contoso", "g1", expiry=TOLD)
NOTICE = Notice("contoso", "g1", (Kind.EXPIRING,), NOW)
ADA, BOB = "ada@contoso.com", "bob@contoso.com"


def of(customer: str, **parts: Any) -> History:
    return History(customer, "g1", **parts)


def people(number: int) -> list[str]:
    return [f"person{index}@contoso.com" for index in range(number)]


async def waiting(alerts: AlertRows) -> list[Queued]:
    return [queued async for queued in alerts.waiting()]


async def recipients(alerts: AlertRows) -> list[str]:
    return sorted(queued.recipient for queued in await waiting(alerts))


async def etag_of(alerts: AlertRows, customer: str = "contoso") -> str:
    stored = await alerts.history(customer)
    assert stored is not None
    return stored.etag


async def keys(table: Table, customer: str = "contoso") -> list[str]:
    return [row["RowKey"] for row in await table.partition(customer)]
