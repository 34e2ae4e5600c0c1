"""Connections in Azurite: what is written is read, writes are conditional, and nobody's rows are mixed with others'."""

import asyncio
import json
import logging
import os
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.connection_rows import ConnectionRows, from_row, to_row
from lib.adapters.tables import LARGEST_BINARY, Table, Tables
from lib.domain.connection import Connection, Ended, user_key
from lib.domain.errors import CalendarError
from lib.ports import Conflict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ADA = user_key("ada")
CONNECTION = Connection("contoso", "g1", ADA, "tenant-1", "object-1", b"1.sealed", NOW, NOW)
ENDED = Ended(NOW, (700082, 70008), "invalid_grant", "bad_token")


@pytest.fixture
def table(tables: Tables) -> Table:
    return tables.open(f"connections{uuid.uuid4().hex}")


@pytest.fixture
def connections(table: Table) -> ConnectionRows:
    return ConnectionRows(table)


async def add(connections: ConnectionRows, wanted: list[Connection]) -> None:
    """Write new connections, some at a time."""
    for start in range(0, len(wanted), 50):
        await asyncio.gather(*(connections.write(connection, None) for connection in wanted[start : start + 50]))


def users(number: int, **fields: Any) -> list[Connection]:
    """Return connections of so many users, otherwise alike."""
    return [replace(CONNECTION, user=user_key(f"user {index}"), **fields) for index in range(number)]


async def remaining(table: Table, customer: str) -> set[str]:
    """Return the keys of a customer's rows."""
    return {row["RowKey"] for row in await table.partition(customer)}


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
_ended = st.builds(
    Ended, _moments, st.lists(st.integers(), max_size=3).map(tuple), st.none() | _texts, st.none() | _texts
)
_connections = st.builds(
    Connection,
    st.from_regex(r"[a-z0-9-]{1,20}", fullmatch=True),
    st.from_regex(r"[a-z0-9-]{0,20}", fullmatch=True),
    _texts.map(user_key),
    _texts,
    _texts,
    st.binary(max_size=100),
    _moments,
    _moments,
    st.none() | _moments,
    st.none() | _ended,
)


@given(_connections)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_connection_survives_being_a_row(connection: Connection):
    assert from_row(to_row(connection)) == connection


@pytest.mark.parametrize(
    "connection",
    [
        CONNECTION,
        replace(CONNECTION, sealed=bytes(range(256)) * 256, last_used_at=NOW - timedelta(days=1)),
        replace(CONNECTION, renewed_at=NOW.replace(microsecond=123456), ended=ENDED),
        replace(CONNECTION, ended=Ended(NOW)),
    ],
    ids=["plain", "64 KiB", "ended", "ended for no known reason"],
)
async def test_a_connection_survives_the_table(connections: ConnectionRows, connection: Connection):
    etag = await connections.write(connection, None)

    stored = await connections.read("contoso", "g1", ADA)
    assert stored is not None
    assert (stored.connection, stored.etag) == (connection, etag)
    assert stored.connection.renewed_at.tzinfo is stored.connection.connected_at.tzinfo is UTC
    assert type(stored.connection.sealed) is bytes


async def test_moments_of_other_zones_are_read_in_utc(connections: ConnectionRows):
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await connections.write(replace(CONNECTION, last_used_at=there), None)

    stored = await connections.read("contoso", "g1", ADA)

    assert stored is not None
    assert stored.connection.last_used_at == NOW
    assert stored.connection.last_used_at.tzinfo is UTC


async def test_before_anything_was_written_nothing_is_found(connections: ConnectionRows):
    assert await connections.read("contoso", "g1", ADA) is None
    await connections.forget("contoso", "g1")
    await connections.remove("contoso", "g1", ADA)
    assert [found async for found in connections.not_renewed_since(NOW)] == []


async def test_a_connection_is_found_under_its_own_name_only(connections: ConnectionRows):
    await connections.write(CONNECTION, None)

    for customer, generation, user in (
        ("fabrikam", "g1", ADA),
        ("contoso", "g2", ADA),
        ("contoso", "g1", user_key("bob")),
        ("Contoso", "g1", ADA),
    ):
        assert await connections.read(customer, generation, user) is None


async def test_each_write_returns_the_etag_for_the_next(connections: ConnectionRows):
    etag = await connections.write(CONNECTION, None)
    for day in range(3):
        etag = await connections.write(replace(CONNECTION, renewed_at=NOW + timedelta(days=day)), etag)

    stored = await connections.read("contoso", "g1", ADA)
    assert stored is not None
    assert (stored.connection.renewed_at, stored.etag) == (NOW + timedelta(days=2), etag)


async def test_a_stale_write_and_a_second_creation_change_nothing(connections: ConnectionRows):
    first = await connections.write(CONNECTION, None)
    second = await connections.write(replace(CONNECTION, sealed=b"2"), first)

    with pytest.raises(Conflict):
        await connections.write(replace(CONNECTION, sealed=b"3"), first)
    with pytest.raises(Conflict):
        await connections.write(replace(CONNECTION, sealed=b"4"), None)

    stored = await connections.read("contoso", "g1", ADA)
    assert stored is not None
    assert (stored.connection.sealed, stored.etag) == (b"2", second)


async def test_of_many_writers_one_wins(connections: ConnectionRows):
    etag = await connections.write(CONNECTION, None)

    results = await asyncio.gather(
        *(connections.write(replace(CONNECTION, object_id=str(number)), etag) for number in range(10)),
        return_exceptions=True,
    )

    (won,) = [number for number, result in enumerate(results) if isinstance(result, str)]
    assert sum(isinstance(result, Conflict) for result in results) == 9
    stored = await connections.read("contoso", "g1", ADA)
    assert stored is not None
    assert (stored.connection.object_id, stored.etag) == (str(won), results[won])


async def test_a_removed_connection_is_not_written_again(connections: ConnectionRows):
    etag = await connections.write(CONNECTION, None)
    await connections.remove("contoso", "g1", ADA)
    await connections.remove("contoso", "g1", ADA)

    with pytest.raises(Conflict):
        await connections.write(CONNECTION, etag)

    assert await connections.read("contoso", "g1", ADA) is None


async def test_what_was_taken_away_is_gone(connections: ConnectionRows, table: Table):
    etag = await connections.write(replace(CONNECTION, last_used_at=NOW, ended=ENDED), None)

    await connections.write(CONNECTION, etag)

    stored = await connections.read("contoso", "g1", ADA)
    assert stored is not None
    assert stored.connection == CONNECTION
    row = await table.get("contoso", f"g1-{ADA}")
    assert row is not None
    assert "ending" not in row and "lastUsedAt" not in row and row["ended"] is False


async def test_tokens_that_no_row_takes_are_refused_before_they_are_sent(connections: ConnectionRows):
    with pytest.raises(ValueError, match="sealed is too long"):
        await connections.write(replace(CONNECTION, sealed=bytes(LARGEST_BINARY + 1)), None)


async def test_a_row_copied_to_another_user_is_that_users_and_keeps_the_seal_of_the_first(
    connections: ConnectionRows, table: Table
):
    await connections.write(CONNECTION, None)
    row = await table.get("contoso", f"g1-{ADA}")
    assert row is not None
    bob = user_key("bob")

    await table.insert({**row, "RowKey": f"g1-{bob}", "user": ADA, "generation": "g0"})

    stored = await connections.read("contoso", "g1", bob)
    assert stored is not None
    assert stored.connection.identity == ("contoso", "g1", bob, "tenant-1", "object-1")


async def test_a_row_of_a_newer_version_is_read(connections: ConnectionRows, table: Table):
    row = to_row(replace(CONNECTION, ended=ENDED))
    ending = json.dumps(json.loads(row["ending"]) | {"told": True})
    await table.insert(row | {"ending": ending, "mailbox": "ada@contoso.com", "tries": 3})

    stored = await connections.read("contoso", "g1", ADA)

    assert stored is not None
    assert stored.connection == replace(CONNECTION, ended=ENDED)


async def test_forgetting_takes_a_generation_and_no_more(connections: ConnectionRows, table: Table):
    kept = ("g", "g2", "g10", "g1-2", "g1-", "-g1", "G1", "g1.", "")
    for generation in ("g1", *kept):
        await add(connections, users(2, generation=generation))

    await connections.forget("contoso", "g1")

    names = [connection.user for connection in users(2)]
    assert await remaining(table, "contoso") == {f"{generation}-{name}" for generation in kept for name in names}


@pytest.mark.parametrize(("one", "other"), [("con", "contoso"), ("a", "a-1"), ("a-1", "a"), ("contoso", "con")])
async def test_customers_whose_names_begin_alike_are_not_mixed(
    connections: ConnectionRows, table: Table, one: str, other: str
):
    await add(connections, users(3, customer=one) + users(3, customer=other))

    await connections.forget(one, "g1")

    assert await remaining(table, one) == set()
    assert await remaining(table, other) == {f"g1-{connection.user}" for connection in users(3)}
    for connection in users(3):
        assert await connections.read(one, "g1", connection.user) is None
        stored = await connections.read(other, "g1", connection.user)
        assert stored is not None
        assert stored.connection == replace(connection, customer=other)


async def test_many_connections_are_forgotten_also_by_two_at_once(connections: ConnectionRows, table: Table):
    await add(connections, users(250) + users(2, generation="g2"))
    assert len(await remaining(table, "contoso")) == 252

    await asyncio.gather(connections.forget("contoso", "g1"), connections.forget("contoso", "g1"))

    assert await remaining(table, "contoso") == {f"g2-{connection.user}" for connection in users(2)}


async def test_forgetting_counts_no_further_than_a_page_and_goes_on(connections: ConnectionRows, table: Table):
    await add(connections, users(1_050))

    await connections.forget("contoso", "g1")

    assert await remaining(table, "contoso") == set()


async def test_connections_to_renew_are_found_in_all_partitions(connections: ConnectionRows):
    limit = NOW - timedelta(days=30)
    old, recent = limit - timedelta(microseconds=1), limit
    due = [c for name in ("a", "a-1", "contoso") for c in users(300, customer=name, renewed_at=old)]
    others = users(150, customer="b", renewed_at=recent) + users(150, customer="c", renewed_at=old, ended=ENDED)
    await add(connections, due + others)

    found = [stored async for stored in connections.not_renewed_since(limit)]

    assert len(found) == 900
    assert {stored.connection for stored in found} == set(due)
    again = await connections.write(replace(found[0].connection, renewed_at=NOW), found[0].etag)
    assert again != found[0].etag


async def test_a_row_that_is_rewritten_on_the_way_is_seen_once(connections: ConnectionRows):
    await add(connections, users(450, renewed_at=NOW - timedelta(days=40)))
    seen = []

    async for stored in connections.not_renewed_since(NOW - timedelta(days=30)):
        seen.append(stored.connection.user)
        await connections.write(replace(stored.connection, sealed=os.urandom(8), renewed_at=NOW), stored.etag)

    assert sorted(seen) == sorted(connection.user for connection in users(450))
    assert [found async for found in connections.not_renewed_since(NOW - timedelta(days=30))] == []


async def test_rows_are_read_when_they_are_wanted(connections: ConnectionRows):
    await add(connections, users(450, renewed_at=NOW - timedelta(days=40)))
    found = connections.not_renewed_since(NOW)
    first = await anext(found)

    await connections.forget("contoso", "g1")

    rest = [stored async for stored in found]
    assert first.connection in users(450, renewed_at=NOW - timedelta(days=40))
    assert len(rest) == 199, "what was still to be read is gone; what was read is still told"


_DAMAGES: dict[str, dict[str, Any]] = {
    "a property is missing": {"tenant": None},
    "tokens are missing": {"sealed": None},
    "tokens are text": {"sealed": "1.sealed"},
    "a moment is text": {"connectedAt": "yesterday"},
    "the end is not JSON": {"ending": "{"},
    "the end has no moment": {"ending": "{}"},
    "the end is a list": {"ending": "[]"},
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES.keys())
async def test_a_damaged_row_is_a_connection_that_does_not_open(
    connections: ConnectionRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    row = to_row(replace(CONNECTION, ended=ENDED)) | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = await connections.read("contoso", "g1", ADA)

    assert found is not None
    assert (found.connection.sealed, found.connection.object_id, found.connection.ended) == (b"", "", None)
    assert caplog.messages == [f"cannot read the row g1-{ADA} of contoso in the table connections"]
    await connections.write(CONNECTION, found.etag)  # so the user can connect again
    again = await connections.read("contoso", "g1", ADA)
    assert again is not None
    assert again.connection == CONNECTION


async def test_damaged_rows_do_not_stop_the_others_from_being_renewed(
    connections: ConnectionRows, table: Table, caplog: pytest.LogCaptureFixture
):
    due = users(5, renewed_at=NOW - timedelta(days=40))
    await add(connections, due)
    damaged = to_row(replace(CONNECTION, renewed_at=NOW - timedelta(days=40)))
    del damaged["objectId"]
    for customer in ("a", "z"):
        await table.insert(damaged | {"PartitionKey": customer})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = [stored.connection async for stored in connections.not_renewed_since(NOW)]

    assert sorted(found, key=lambda c: c.user) == sorted(due, key=lambda c: c.user)
    assert [message.split(" of ")[1].split()[0] for message in caplog.messages] == ["a", "z"]


async def test_those_that_ended_are_found_with_their_tokens(connections: ConnectionRows):
    ended = [*users(3, ended=ENDED), replace(CONNECTION, ended=Ended(NOW), last_used_at=NOW)]
    others = [replace(CONNECTION, user=user_key("bob"))]
    others += [replace(entry, customer="fabrikam") for entry in ended]
    others += [replace(entry, generation=other) for entry in ended for other in ("g", "g2", "g1-2", "g1-", "G1", "g1.")]
    await add(connections, ended + others)

    found = [stored async for stored in connections.ended("contoso", "g1")]

    assert {stored.connection for stored in found} == set(ended)
    await connections.write(replace(found[0].connection, ended=None), found[0].etag)
    assert len([stored async for stored in connections.ended("contoso", "g1")]) == 3


async def test_where_nothing_ended_nothing_is_found(connections: ConnectionRows):
    assert [stored async for stored in connections.ended("contoso", "g1")] == []
    await add(connections, users(3))
    assert [stored async for stored in connections.ended("contoso", "g1")] == []


async def test_of_hundreds_that_ended_all_are_found(connections: ConnectionRows):
    await add(connections, users(450, ended=ENDED) + users(3, generation="g2", ended=ENDED))

    assert len([stored async for stored in connections.ended("contoso", "g1")]) == 450


async def test_a_damaged_one_that_ended_is_left_out(
    connections: ConnectionRows, table: Table, caplog: pytest.LogCaptureFixture
):
    await add(connections, users(2, ended=ENDED))
    for generation in ("g1", "g1-2"):
        row = to_row(replace(CONNECTION, generation=generation, ended=ENDED))
        await table.insert(row | {"ending": "{"})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = [stored async for stored in connections.ended("contoso", "g1")]

    assert {stored.connection for stored in found} == set(users(2, ended=ENDED))
    assert caplog.messages == [f"cannot read the row g1-{ADA} of contoso in the table connections"]


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)
    connections = ConnectionRows(tables.open("connections"))

    for ask in (
        connections.read("contoso", "g1", ADA),
        connections.write(CONNECTION, None),
        connections.write(CONNECTION, 'W/"1"'),
        connections.remove("contoso", "g1", ADA),
        connections.forget("contoso", "g1"),
        anext(connections.ended("contoso", "g1")),
        anext(connections.not_renewed_since(NOW)),
    ):
        with pytest.raises(CalendarError) as problem:
            await ask
        assert problem.value.code == "microsoftUnavailable"
    await tables.close()
