"""The parts of a transaction of Table Storage; `lib.adapters.tables.Table.together` does them."""

from collections.abc import Mapping
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import UpdateMode

MOST_OPERATIONS = 100  # Microsoft Learn, "Performing entity group transactions"
LARGEST_TRANSACTION = 1024 * 1024  # bytes, as it is sent: the service takes 4 MiB, aiohttp does not like so much

Operation = tuple[str, dict[str, Any], dict[str, Any]]
"""What to do with one row, in the SDK's words."""


class Gone(Exception):
    """A row that a transaction was to change or remove is not there, so nothing was done."""


def inserting(entity: Mapping[str, Any]) -> Operation:
    """Return the operation that adds a row."""
    return "create", dict(entity), {}


def replacing(entity: Mapping[str, Any], etag: str) -> Operation:
    """Return the operation that replaces a row if it still has this ETag."""
    condition = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return "update", dict(entity), {"mode": UpdateMode.REPLACE, **condition}


def merging(entity: Mapping[str, Any]) -> Operation:
    """Return the operation that sets these properties of a row, whatever else it holds by now."""
    return "update", dict(entity), {"mode": UpdateMode.MERGE}


def deleting(partition: str, row: str) -> Operation:
    """Return the operation that removes a row, whatever it holds by now."""
    return "delete", {"PartitionKey": partition, "RowKey": row}, {}
