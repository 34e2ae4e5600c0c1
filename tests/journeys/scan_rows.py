"""What lies in the tables between two scans, and how time passes there: the functions run on the real clock."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from azure.data.tables import TableEntity

from tests.journeys.api import Company
from tests.journeys.people import change_row, table
from tests.journeys.scans import Office

_HISTORY, _DELIVERY = "history", "delivery"


def rows_in(office: Office, name: str, company: Company | None = None) -> list[TableEntity]:
    """Return the rows of a table, or only a company's."""
    with table(office.stack, name) as client:
        found = list(client.list_entities())
    return [row for row in found if company is None or row["PartitionKey"] == company.customer]


def waiting(office: Office) -> set[str]:
    """Return the addresses for which a letter still waits."""
    return {row["recipient"] for row in rows_in(office, "alerts") if row["RowKey"] != _HISTORY}


def days_pass(office: Office, days: float) -> None:
    """Let everything that was told be told so many days earlier."""
    for row in rows_in(office, "alerts"):
        if row["RowKey"] == _HISTORY:
            told = _earlier(json.loads(row["history"]), timedelta(days=days))
            change_row(office.stack, row, "alerts", history=json.dumps(told))


def refusals_age(office: Office, hours: float) -> None:
    """Let refused letters be refused so many hours earlier."""
    for row in rows_in(office, "alerts"):
        if row.get("notBefore") is not None:
            change_row(office.stack, row, "alerts", notBefore=row["notBefore"] - timedelta(hours=hours))


def let_leases_end(office: Office) -> None:
    """Let the leases that a dead process holds end now, instead of waiting for it."""
    for row in rows_in(office, "scans"):
        if row["PartitionKey"] == "lease":
            change_row(office.stack, row, "scans", until=datetime(2000, 1, 1, tzinfo=UTC))


def sent_at(office: Office, moments: Iterable[datetime]) -> None:
    """Let letters have been sent at these moments and at no others, for the pace of the next ones."""
    (row,) = [row for row in rows_in(office, "scans") if row["RowKey"] == _DELIVERY]
    change_row(office.stack, row, "scans", note=json.dumps([moment.isoformat() for moment in moments]))


def an_hour_passes(office: Office) -> None:
    """Let the hour of all letters be over, for the functions and for the service."""
    sent_at(office, [])
    office.stack.microsoft.communication.limits.forget()


def saved_and_tested_earlier(office: Office, company: Company, hours: float) -> None:
    """Let a customer be saved and tested so many hours earlier."""
    (row,) = [row for row in rows_in(office, "customers", company) if row["RowKey"] == "configuration"]
    changes = {}
    for name, moment in (("newest", "saved_at"), ("active", "saved_at"), ("lastTest", "tested_at")):
        if row.get(name):
            found = json.loads(row[name])
            found[moment] = (datetime.fromisoformat(found[moment]) - timedelta(hours=hours)).isoformat()
            changes[name] = json.dumps(found)
    change_row(office.stack, row, "customers", **changes)


def _earlier(told: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """Return a history in which every telling is that much earlier."""
    for part in told.values():
        if isinstance(part, dict) and part.get("on"):
            part["on"] = (date.fromisoformat(part["on"]) - by).isoformat()
    return told
