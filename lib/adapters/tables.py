r"""Azure Table Storage: rows, conditional writes, and tables made on first use where no template made them.

What shapes it (Microsoft Learn, "Understanding the Table service data model"; behaviour of the SDK 12.7): deleting a
missing row succeeds silently, so a claim is never a deletion; a string property holds at most 32,768 UTF-16 characters;
keys may not contain / \ # ? or control characters, and ours are made of letters, digits and hyphens only.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableEntity, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from lib.adapters.azure import CLIENT_OPTIONS, failures_of
from lib.ports import Conflict

_SERVICE = "Table Storage"
LONGEST_STRING = 32_768  # UTF-16 code units


class Tables:
    """The Table Storage account, by connection string or by endpoint and identity."""

    def __init__(
        self, *, connection_string: str | None, endpoint: str | None, credential: AsyncTokenCredential | None
    ) -> None:
        if connection_string:
            self._service = TableServiceClient.from_connection_string(connection_string, **CLIENT_OPTIONS)
        elif endpoint and credential:
            self._service = TableServiceClient(endpoint, credential=credential, **CLIENT_OPTIONS)
        else:
            raise ValueError("needs a connection string, or an endpoint and a credential")

    def open(self, name: str) -> "Table":
        """Return one table."""
        return Table(self._service.get_table_client(name))

    async def close(self) -> None:
        """Close the connections."""
        await self._service.close()


class Table:
    """One table. Rows are mappings with PartitionKey and RowKey; ETags are the service's own."""

    def __init__(self, client: TableClient) -> None:
        self._client = client

    @staticmethod
    def etag(row: TableEntity) -> str:
        """Return a row's ETag as it was read."""
        return row.metadata["etag"] or ""

    async def get(self, partition: str, row: str) -> TableEntity | None:
        """Return a row, or None."""
        async with failures_of(_SERVICE):
            try:
                return await self._client.get_entity(partition, row)
            except ResourceNotFoundError:  # the row, or the table that nobody has written to yet
                return None

    async def insert(self, entity: Mapping[str, Any]) -> None:
        """Add a row. Raises Conflict if it exists."""
        _check(entity)
        async with failures_of(_SERVICE):
            try:
                await self._creating_table(lambda: self._client.create_entity(dict(entity)))
            except ResourceExistsError:
                raise Conflict from None

    async def replace(self, entity: Mapping[str, Any], etag: str) -> None:
        """Replace a row if it still has this ETag. Raises Conflict, also if it is gone."""
        _check(entity)
        async with failures_of(_SERVICE):
            try:
                await self._client.update_entity(
                    dict(entity), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                raise Conflict from None

    async def delete(self, partition: str, row: str, etag: str | None = None) -> None:
        """Remove a row, with an ETag only if it still has it (else Conflict). One that is gone is fine."""
        condition = MatchConditions.IfNotModified if etag else None
        async with failures_of(_SERVICE):
            try:
                await self._client.delete_entity(partition, row, etag=etag, match_condition=condition)
            except ResourceModifiedError:
                raise Conflict from None

    async def partition(self, key: str) -> list[TableEntity]:
        """Return the rows of a partition; meant for partitions of one customer."""
        async with failures_of(_SERVICE):
            try:
                return [
                    row async for row in self._client.query_entities("PartitionKey eq @key", parameters={"key": key})
                ]
            except ResourceNotFoundError:
                return []

    async def _creating_table(self, write: Callable[[], Awaitable[object]]) -> None:
        """Write; if there is no table (no template made it), make it and write again."""
        try:
            await write()
        except ResourceNotFoundError:
            with suppress(ResourceExistsError):  # another instance was faster
                await self._client.create_table()
            await write()


def _check(entity: Mapping[str, Any]) -> None:
    """Refuse what Azure would refuse and Azurite takes, so that it is noticed at home."""
    for name, value in entity.items():
        if isinstance(value, str) and len(value.encode("utf-16-le")) // 2 > LONGEST_STRING:
            raise ValueError(f"{name} is too long for a table row")
