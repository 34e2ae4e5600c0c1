"""Summaries of scans in Azurite: the newest is found with one row, and very old ones go."""

import asyncio
import json
import logging
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from lib.adapters import scan_rows
from lib.adapters.lease_rows import LeaseRows
from lib.adapters.scan_rows import ScanRows
from lib.adapters.tables import Table, Tables
from lib.domain.errors import CalendarError
from lib.domain.scan import MOST_PROBLEMS, Problem, Summary
from tests.adapters.lossy import lossy
from tests.journeys.tables_between import Verdict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, 30, 5, 123456, tzinfo=UTC)
SUMMARY = Summary(NOW - timedelta(minutes=3), NOW, complete=True, customers=5, credentials=4, due=3, sent=2)
PROBLEM = Problem("contoso", "AADSTS7000215", "Grüße ✓ 𝔸")


@pytest.fixture
def name() -> str:
    return f"scans{uuid.uuid4().hex}"


@pytest.fixture
def table(tables: Tables, name: str) -> Table:
    return tables.open(name)


@pytest.fixture
def scans(table: Table) -> ScanRows:
    return ScanRows(table)


def later(**delta: float) -> Summary:
    """Return a summary that finished so much later."""
    return replace(SUMMARY, finished_at=NOW + timedelta(**delta))


async def kept(table: Table) -> list[datetime]:
    """Return when the runs finished that are kept, in the table's order."""
    return [row["finishedAt"] for row in await table.partition("run")]


async def test_before_any_run_there_is_none(scans: ScanRows):
    assert await scans.last() is None


@pytest.mark.parametrize(
    "summary",
    [
        SUMMARY,
        replace(SUMMARY, complete=False, could_not_check=7, problems=(PROBLEM, Problem(None, "scanRunning", ""))),
        Summary(NOW, NOW, complete=False),
    ],
    ids=["plain", "problems", "nothing"],
)
async def test_a_summary_survives_the_table(scans: ScanRows, summary: Summary):
    await scans.add(summary)

    found = await scans.last()

    assert found == summary
    assert found is not None
    assert found.finished_at.tzinfo is found.started_at.tzinfo is UTC


@pytest.mark.parametrize("character", ["x", "ü", "𝔸", '"', "\x00"])
async def test_the_longest_summary_fits_and_nothing_of_it_is_lost(scans: ScanRows, character: str):
    problems = tuple(Problem("c" * 63, "code" * 15, character * 300) for _ in range(MOST_PROBLEMS))

    await scans.add(replace(SUMMARY, problems=problems))

    found = await scans.last()
    assert found is not None
    assert found.problems == problems


async def test_the_last_is_the_one_that_finished_last(scans: ScanRows):
    for seconds in (5, 100_000, 0.000001, 99_999.999999, -5_000_000):
        await scans.add(later(seconds=seconds))

    assert await scans.last() == later(seconds=100_000)


async def test_the_zone_of_a_moment_does_not_count(scans: ScanRows):
    await scans.add(later(hours=1))
    there = (NOW + timedelta(hours=2)).astimezone(timezone(-timedelta(hours=11)))

    await scans.add(replace(SUMMARY, finished_at=there))

    assert await scans.last() == later(hours=2)


async def test_runs_that_finish_at_the_same_moment_are_both_kept(scans: ScanRows, table: Table):
    await asyncio.gather(*(scans.add(replace(SUMMARY, customers=number)) for number in range(5)))

    assert len(await kept(table)) == 5
    found = await scans.last()
    assert found is not None
    assert found.customers in range(5)


async def test_the_last_is_read_as_one_row_of_many(scans: ScanRows, name: str, azurite: Azurite):
    for hours in range(5):
        await scans.add(later(hours=hours))
    seen: list[str] = []

    def judge(method: str, path: str) -> Verdict:
        seen.append(path)
        return "pass"

    async with lossy(azurite, judge) as tables:
        assert await ScanRows(tables.open(name)).last() == later(hours=4)

    (path,) = seen
    assert "$top=1&" in path + "&"


async def test_very_old_runs_are_removed_and_leases_are_not(
    scans: ScanRows, table: Table, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(scan_rows, "_MOST_KEPT", 10)
    monkeypatch.setattr(scan_rows, "_AT_ONCE", 3)
    assert await LeaseRows(table).take("scan", "me", NOW, NOW)
    for hours in range(8):
        await scans.add(later(hours=hours))
    assert len(await kept(table)) == 8

    for hours in range(8, 20):
        await scans.add(later(hours=hours))

    assert await kept(table) == [NOW + timedelta(hours=hours) for hours in range(19, 9, -1)]
    assert await table.get("lease", "scan")


async def test_of_many_old_runs_some_are_removed_at_a_time(
    scans: ScanRows, table: Table, monkeypatch: pytest.MonkeyPatch
):
    for hours in range(20):
        await scans.add(later(hours=hours))
    monkeypatch.setattr(scan_rows, "_MOST_KEPT", 5)
    monkeypatch.setattr(scan_rows, "_AT_ONCE", 4)

    await scans.add(later(hours=20))
    assert len(await kept(table)) == 17
    for hours in range(21, 26):
        await scans.add(later(hours=hours))

    assert await kept(table) == [NOW + timedelta(hours=hours) for hours in range(25, 20, -1)]


async def test_four_hundred_are_kept_with_one_query_and_one_transaction(
    scans: ScanRows, table: Table, name: str, azurite: Azurite
):
    for hundred in range(4):
        rows = range(hundred * 100, hundred * 100 + 100)
        await asyncio.gather(
            *(table.insert({"PartitionKey": "run", "RowKey": f"{9 * 10**15 + row:020}"}) for row in rows)
        )
    seen: list[str] = []

    def judge(method: str, path: str) -> Verdict:
        seen.append(f"{method} {path.rpartition('/')[2].partition('?')[0].partition('(')[0]}")
        return "pass"

    async with lossy(azurite, judge) as tables:
        await ScanRows(tables.open(name)).add(SUMMARY)

    assert len(await table.partition("run")) == 400
    assert await scans.last() == SUMMARY
    assert seen == [f"POST {name}", f"GET {name}", "POST $batch"]


@pytest.mark.parametrize("what", ["GET", "$batch"])
async def test_that_old_runs_cannot_be_removed_is_no_failure(
    scans: ScanRows,
    name: str,
    azurite: Azurite,
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(scan_rows, "_MOST_KEPT", 1)
    for hours in range(3):
        await scans.add(later(hours=hours))
    await scans.add(later(hours=3))

    async with lossy(azurite, lambda method, path: "refuse" if what in f"{method} {path}" else "pass") as tables:
        with caplog.at_level(logging.WARNING, "calendar_connector"):
            await ScanRows(tables.open(name)).add(later(hours=4))

    assert "the summaries of old runs were not removed: microsoftUnavailable" in caplog.messages
    assert await scans.last() == later(hours=4)


async def test_a_run_whose_answer_is_lost_is_kept_or_told(scans: ScanRows, table: Table, name: str, azurite: Azurite):
    await scans.add(SUMMARY)

    async with lossy(azurite, lambda method, path: "lose" if method == "POST" else "pass") as tables:
        with pytest.raises(CalendarError):
            await ScanRows(tables.open(name)).add(later(hours=1))

    assert await scans.last() == later(hours=1)
    assert len(await kept(table)) == 2


_DAMAGES: dict[str, dict[str, Any]] = {
    "no problems": {"problems": None},
    "no JSON": {"problems": "["},
    "no list": {"problems": "7"},
    "a problem is none": {"problems": "[{}]"},
    "a number is text": {"sent": "2"},
    "a moment is text": {"startedAt": "soon"},
    "nothing is said of completeness": {"complete": None},
}


@pytest.mark.parametrize("damage", _DAMAGES.values(), ids=_DAMAGES.keys())
async def test_a_damaged_run_is_passed_over(
    scans: ScanRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    await scans.add(replace(later(hours=1), problems=(PROBLEM,)))
    (row,) = await table.partition("run")
    await table.delete("run", row["RowKey"])
    await table.insert({name: value for name, value in (dict(row) | damage).items() if value is not None})
    assert await scans.last() is None
    await scans.add(SUMMARY)
    caplog.clear()

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        assert await scans.last() == SUMMARY

    assert caplog.messages == [f"cannot read the row {row['RowKey']} of run in the table scans"]


async def test_a_run_of_a_later_version_is_read(scans: ScanRows, table: Table):
    await scans.add(replace(SUMMARY, problems=(PROBLEM,)))
    (row,) = await table.partition("run")
    problems = [{**problem, "owner": "operator"} for problem in json.loads(row["problems"])]
    await table.replace({**row, "problems": json.dumps(problems), "skipped": 3}, Table.etag(row))

    assert await scans.last() == replace(SUMMARY, problems=(PROBLEM,))


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)
    scans = ScanRows(tables.open("scans"))

    for ask in (scans.add(SUMMARY), scans.last()):
        with pytest.raises(CalendarError) as problem:
            await ask
        assert problem.value.code == "microsoftUnavailable"
    await tables.close()
