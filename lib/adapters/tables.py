r"""Azure Table Storage: rows, conditional writes, and tables made on first use where no template made them.

What shapes it (Microsoft Learn, "Understanding the Table service data model"; behaviour of the SDK 12.7): deleting a
missing row succeeds silently, so a claim is never a deletion; a string property holds at most 32,768 UTF-16 characters
and a binary one 65,536 bytes; keys may not contain / \ # ? or control characters, and ours are made of letters, digits
and hyphens only.
"""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import TableEntity, TableErrorCode, TableTransactionError, UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient

from lib.adapters.azure import CLIENT_OPTIONS, failures_of
from lib.adapters.transactions import MOST_OPERATIONS, Gone, Operation, deleting
from lib.ports import Conflict

_SERVICE = "Table Storage"
LONGEST_STRING = 32_768  # UTF-16 code units
LARGEST_BINARY = 65_536  # bytes
LARGEST_ROW = 1024 * 1024  # bytes, names of properties included
_PAGE = 1000  # rows, the most that the service gives at once


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

    async def insert(self, entity: Mapping[str, Any]) -> str:
        """Add a row and return its ETag. Raises Conflict if it exists."""
        _check(entity)
        async with failures_of(_SERVICE):
            try:
                written = await self._creating_table(lambda: self._client.create_entity(dict(entity)))
            except ResourceExistsError:
                raise Conflict from None
            return str(written["etag"])

    async def replace(self, entity: Mapping[str, Any], etag: str) -> str:
        """Replace a row if it still has this ETag and return its new one. Raises Conflict, also if it is gone."""
        _check(entity)
        async with failures_of(_SERVICE):
            try:
                written = await self._client.update_entity(
                    dict(entity), mode=UpdateMode.REPLACE, etag=etag, match_condition=MatchConditions.IfNotModified
                )
            except (ResourceModifiedError, ResourceNotFoundError):
                raise Conflict from None
            return str(written["etag"])

    async def delete(self, partition: str, row: str, etag: str | None = None) -> None:
        """Remove a row, with an ETag only if it still has it (else Conflict). One that is gone is fine."""
        condition = MatchConditions.IfNotModified if etag else None
        async with failures_of(_SERVICE):
            try:
                await self._client.delete_entity(partition, row, etag=etag, match_condition=condition)
            except ResourceModifiedError:
                raise Conflict from None

    async def delete_rows(self, partition: str, rows: Sequence[str]) -> None:
        """Remove rows of one partition, however many. Those that are gone are fine.

        What was removed before an error stays removed.
        """
        for batch in itertools.batched(rows, MOST_OPERATIONS, strict=False):
            if not await self._delete_together(partition, batch):
                for row in batch:
                    await self.delete(partition, row)

    async def _delete_together(self, partition: str, rows: Sequence[str]) -> bool:
        """Remove at most a hundred rows in one transaction; False, and nothing removed, if one of them is gone."""
        try:
            await self.together([deleting(partition, row) for row in rows])
        except Gone:
            return False
        return True

    async def together(self, operations: Sequence[Operation]) -> None:
        """Do at most a hundred operations on one partition, on each row at most one: all of them or none.

        Raises Conflict if a row to be added exists or one to be replaced was changed, Gone if one is not there.
        """
        for _, entity, _ in operations:
            _check(entity)
        async with failures_of(_SERVICE):
            try:
                await self._creating_table(lambda: self._client.submit_transaction(operations))
            except HttpResponseError as problem:
                if problem.status_code == 404:
                    raise Gone from None
                if problem.status_code in {409, 412}:
                    raise Conflict from None
                raise

    async def pages(
        self, where: str, values: Mapping[str, Any], *, select: Sequence[str] | None = None, size: int = _PAGE
    ) -> AsyncGenerator[list[TableEntity]]:
        """Go through the rows that match, a page of at most `size` (1,000) rows at a time; no page is empty.

        `where` is an OData filter in which @name stands for one of the values, with spaces round it. `select` names the
        properties wanted; rows come in the order of their keys. One page is asked for at a time, and each has its own
        limit on time, so that whoever reads may take long over a page.
        """
        query = self._client.query_entities(
            where, parameters=dict(values), select=list(select) if select else None, results_per_page=size
        )
        found = query.by_page()
        while True:
            async with failures_of(_SERVICE):
                try:
                    page = [row async for row in await anext(found)]
                except (StopAsyncIteration, ResourceNotFoundError):  # the end, or a table nobody has written to yet
                    return
            if page:  # the service may send empty pages in between
                yield page

    async def partition(self, key: str) -> list[TableEntity]:
        """Return the rows of a partition; meant for partitions of one customer."""
        return [row async for page in self.pages("PartitionKey eq @key", {"key": key}) for row in page]

    async def _creating_table[Written](self, write: Callable[[], Awaitable[Written]]) -> Written:
        """Write; if there is no table (no template made it), make it and write again."""
        try:
            return await write()
        except (ResourceNotFoundError, TableTransactionError) as problem:
            code = getattr(problem, "error_code", None)
            if isinstance(problem, TableTransactionError) and code != TableErrorCode.TABLE_NOT_FOUND:
                raise
            with suppress(ResourceExistsError):  # another instance was faster
                await self._client.create_table()
            return await write()


def _check(entity: Mapping[str, Any]) -> None:
    """Refuse what Azure would refuse and Azurite takes, so that it is noticed at home."""
    size = 0
    for name, value in entity.items():
        length = len(value.encode("utf-16-le")) // 2 if isinstance(value, str) else 0
        if length > LONGEST_STRING or (isinstance(value, bytes) and len(value) > LARGEST_BINARY):
            raise ValueError(f"{name} is too long for a table row")
        size += 2 * (len(name) + length) + (len(value) if isinstance(value, bytes) else 16)
    if size > LARGEST_ROW:
        raise ValueError("all together is too long for a table row")
