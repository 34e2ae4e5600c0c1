"""Rows in Azurite: written, read in pages and removed, however many there are and whatever fails."""

import asyncio
import itertools
import uuid
from typing import Any

import pytest

from lib.adapters import azure
from lib.adapters.tables import LARGEST_BINARY, LONGEST_STRING, Table, Tables
from lib.adapters.transactions import Gone, deleting, inserting, merging, replacing
from lib.domain.errors import CalendarError
from lib.ports import Conflict
from tests.sandbox.azurite import Azurite


@pytest.fixture
def table(tables: Tables) -> Table:
    return tables.open(f"rows{uuid.uuid4().hex}")


async def add_rows(table: Table, keys: list[str], partition: str = "p", **properties: Any) -> None:
    """Add rows with these keys, some at a time."""
    for some in itertools.batched(keys, 50, strict=False):
        await asyncio.gather(*(table.insert({"PartitionKey": partition, "RowKey": key, **properties}) for key in some))


def row(key: str, **properties: Any) -> dict[str, Any]:
    return {"PartitionKey": "p", "RowKey": key, **properties}


async def etag_of(table: Table, key: str) -> str:
    found = await table.get("p", key)
    assert found is not None
    return Table.etag(found)


async def keys_of(table: Table, partition: str = "p") -> list[str]:
    return [row["RowKey"] for row in await table.partition(partition)]


def numbered(count: int) -> list[str]:
    return [f"{number:04}" for number in range(count)]


async def test_a_write_returns_the_etag_that_a_reader_sees(table: Table):
    row = {"PartitionKey": "p", "RowKey": "r", "value": 1}

    first = await table.insert(row)
    read = await table.get("p", "r")
    assert read is not None
    assert Table.etag(read) == first

    second = await table.replace(row | {"value": 2}, first)
    read = await table.get("p", "r")
    assert read is not None
    assert Table.etag(read) == second != first


async def test_bytes_survive_up_to_what_a_row_takes(table: Table):
    largest = bytes(range(256)) * (LARGEST_BINARY // 256)
    await table.insert({"PartitionKey": "p", "RowKey": "r", "value": largest})

    read = await table.get("p", "r")
    assert read is not None
    assert read["value"] == largest

    with pytest.raises(ValueError, match="value is too long"):
        await table.insert({"PartitionKey": "p", "RowKey": "s", "value": largest + b"!"})
    with pytest.raises(ValueError, match="value is too long"):
        await table.replace({"PartitionKey": "p", "RowKey": "r", "value": largest + b"!"}, Table.etag(read))
    assert await keys_of(table) == ["r"]


async def test_rows_come_in_pages_of_the_size_asked_for(table: Table):
    await add_rows(table, numbered(23))
    await add_rows(table, ["x"], partition="q")

    pages = [page async for page in table.pages("PartitionKey eq @key", {"key": "p"}, size=10)]

    assert [len(page) for page in pages] == [10, 10, 3]
    assert [row["RowKey"] for page in pages for row in page] == numbered(23)


async def test_pages_go_through_all_partitions_and_past_those_without_a_match(table: Table):
    for partition in "abcd":
        await add_rows(table, numbered(7), partition, wanted=partition in "ad")

    pages = [page async for page in table.pages("wanted eq @yes", {"yes": True}, size=2)]

    assert all(pages), "no page is empty"
    assert [(row["PartitionKey"], row["RowKey"]) for page in pages for row in page] == [
        (partition, key) for partition in "ad" for key in numbered(7)
    ]


async def test_only_the_properties_asked_for_are_read(table: Table):
    await add_rows(table, ["r"], large=bytes(1000), small=1)

    (page,) = [page async for page in table.pages("small eq @one", {"one": 1}, select=("RowKey", "small"))]

    assert [dict(row) for row in page] == [{"RowKey": "r", "small": 1}]


async def test_a_value_in_a_filter_is_only_a_value(table: Table):
    odd = "o' or PartitionKey ne 'x @key"
    await add_rows(table, ["r"], name=odd)
    await add_rows(table, ["s"], name="other")

    (page,) = [page async for page in table.pages("name eq @name", {"name": odd})]

    assert [row["RowKey"] for row in page] == ["r"]


async def test_a_page_is_asked_for_when_it_is_wanted(table: Table):
    await add_rows(table, numbered(30))
    pages = table.pages("PartitionKey eq @key", {"key": "p"}, size=10)
    assert len(await anext(pages)) == 10

    await table.delete_rows("p", numbered(30))

    assert [page async for page in pages] == []


async def test_whoever_reads_may_take_long_over_a_page(table: Table, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(azure, "PATIENCE", 0.5)
    await add_rows(table, numbered(4))
    seen = []

    async for page in table.pages("PartitionKey eq @key", {"key": "p"}, size=2):
        await asyncio.sleep(0.6)
        seen += [row["RowKey"] for row in page]

    assert seen == numbered(4)


async def test_a_table_nobody_has_written_to_has_no_pages(table: Table):
    assert [page async for page in table.pages("PartitionKey eq @key", {"key": "p"})] == []


async def test_an_outage_in_the_middle_of_the_pages_is_told(
    table: Table, azurite: Azurite, monkeypatch: pytest.MonkeyPatch
):
    await add_rows(table, numbered(4))
    pages = table.pages("PartitionKey eq @key", {"key": "p"}, size=2)
    assert len(await anext(pages)) == 2
    monkeypatch.setattr(azure, "PATIENCE", 0.5)

    azurite.pause()
    try:
        with pytest.raises(CalendarError) as problem:
            await anext(pages)
    finally:
        azurite.resume()

    assert problem.value.code == "microsoftUnavailable"


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
async def test_rows_are_removed_however_many(table: Table, count: int):
    await add_rows(table, [*numbered(count), "kept"])
    await add_rows(table, ["0000"], partition="q")

    await table.delete_rows("p", numbered(count))

    assert await keys_of(table) == ["kept"]
    assert await keys_of(table, "q") == ["0000"]


async def test_rows_that_are_gone_keep_no_other_from_being_removed(table: Table):
    await add_rows(table, numbered(150))
    for gone in ("0000", "0050", "0099", "0149"):
        await table.delete("p", gone)

    await table.delete_rows("p", numbered(150))
    await table.delete_rows("p", numbered(150))

    assert await keys_of(table) == []


async def test_a_removal_that_fails_is_told(azurite: Azurite):
    dead = Tables(
        connection_string=azurite.connection_string.replace(str(azurite.port), "1"), endpoint=None, credential=None
    )

    with pytest.raises(CalendarError) as problem:
        await dead.open("rows").delete_rows("p", ["r"])

    assert problem.value.code == "microsoftUnavailable"
    await dead.close()


async def test_what_is_done_together_is_done_also_where_there_is_no_table(table: Table):
    await table.together([inserting(row("a", value=1, kept=1)), inserting(row("b", value=1)), inserting(row("c"))])
    etag = await etag_of(table, "a")

    await table.together(
        [replacing(row("a", value=2), etag), merging(row("b", other=2)), deleting("p", "c"), inserting(row("d"))]
    )

    assert [dict(entity) for entity in await table.partition("p")] == [
        row("a", value=2),
        row("b", value=1, other=2),
        row("d"),
    ]


async def test_what_cannot_be_done_together_is_not_done_at_all(table: Table):
    await table.together([inserting(row("a", value=1)), inserting(row("b"))])
    stale = await etag_of(table, "a")
    await table.together([merging(row("a", value=2))])
    before = [dict(entity) for entity in await table.partition("p")]

    for problem, operation in (
        (Conflict, inserting(row("a"))),
        (Conflict, replacing(row("a"), stale)),
        (Gone, replacing(row("x"), stale)),
        (Gone, merging(row("x"))),
        (Gone, deleting("p", "x")),
        (CalendarError, deleting("p", "b")),  # one row twice in a transaction is a wrong request
        (CalendarError, deleting("q", "b")),
        (ValueError, inserting(row("l", value="x" * (LONGEST_STRING + 1)))),
    ):
        with pytest.raises(problem):
            await table.together([inserting(row("n")), merging(row("b", new=1)), operation])

        assert [dict(entity) for entity in await table.partition("p")] == before


async def test_a_row_of_more_than_a_mebibyte_is_refused_before_it_is_sent(table: Table):
    longest = {f"part{number}": "x" * LONGEST_STRING for number in range(16)}

    with pytest.raises(ValueError, match="all together"):
        await table.insert(row("r", **longest))
    del longest["part0"]
    await table.insert(row("r", **longest))


async def test_a_removal_that_azure_refuses_is_told(table: Table):
    await add_rows(table, ["r"])

    with pytest.raises(CalendarError):
        await table.delete_rows("p", ["r", "r"])  # one row twice in a transaction is a wrong request
