"""What is due is queued or not told: one commit, all of it or nothing."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, timedelta, timezone

import pytest

from lib.adapters.alert_rows import AlertRows
from lib.adapters.tables import Table
from lib.domain.alerts import Told
from lib.domain.findings import Newer, Trouble
from lib.domain.notices import BASIC, DEPLOYMENT, MOST_NAMED, Notice, Queued, Unchecked
from lib.ports import Conflict
from tests.adapters.alerts.letters_waiting import (
    ADA,
    BOB,
    HISTORY,
    NOTICE,
    NOW,
    TODAY,
    TOLD,
    etag_of,
    keys,
    of,
    people,
    recipients,
    waiting,
)


async def test_before_anything_was_written_there_is_nothing(alerts: AlertRows, table: Table):
    assert await alerts.history("contoso") is None
    assert [found async for found in alerts.histories("")] == []
    assert await waiting(alerts) == []
    assert [found async for found in alerts.unknown()] == []
    await alerts.forget("contoso")
    await alerts.drop("contoso", ["notice-1"])
    await alerts.handing_over("contoso", NOW)
    await alerts.postpone(Queued("notice-1", ADA, NOTICE), NOW, refused=True)
    assert await keys(table) == []


async def test_a_history_and_its_notices_are_written_and_read(alerts: AlertRows, table: Table):
    full = replace(
        HISTORY,
        consent=Told("app", TODAY),
        unknown=Told("v1", TODAY),
        ended_until=NOW,
        handed_over_at=NOW.astimezone(UTC),
    )
    notice = replace(
        NOTICE, refused=Trouble("AADSTS7000215", "Grüße ✓ 𝔸", "…"), users=("ada",), newer=Newer.SAVED, hint="Con"
    )

    await alerts.commit(full, None, notice, [ADA, BOB])

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history == full
    assert stored.history.handed_over_at is not None
    assert stored.history.handed_over_at.tzinfo is UTC
    found = await waiting(alerts)
    assert sorted(queued.recipient for queued in found) == [ADA, BOB]
    assert {(queued.notice, queued.refusals, queued.not_before) for queued in found} == {(notice, 0, None)}
    assert all(re.fullmatch(r"notice-20261121093005-[0-9a-f]{32}", queued.row) for queued in found)
    assert sorted(await keys(table)) == ["history", *sorted(queued.row for queued in found)]


async def test_a_notice_is_named_after_the_moment_in_utc(alerts: AlertRows):
    there = NOW.astimezone(timezone(timedelta(hours=14)))

    await alerts.commit(HISTORY, None, replace(NOTICE, found_at=there), [ADA])

    (queued,) = await waiting(alerts)
    assert queued.row.startswith("notice-20261121093005-")
    assert queued.notice.found_at == NOW


async def test_a_history_alone_queues_nothing(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, None, [ADA])
    await alerts.commit(HISTORY, await etag_of(alerts), NOTICE, [])

    assert await keys(table) == ["history"]


async def test_what_is_no_longer_open_is_gone_from_the_history(alerts: AlertRows):
    await alerts.commit(replace(HISTORY, handed_over_at=NOW, unknown=TOLD), None, None, [])

    await alerts.commit(of("contoso"), await etag_of(alerts), None, [])

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history == of("contoso")
    assert [found async for found in alerts.unknown()] == []


async def test_who_is_named_twice_is_told_once_as_spelled_first(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, ["Ada@Contoso.com", BOB, ADA, "BOB@contoso.com", BOB])

    assert await recipients(alerts) == ["Ada@Contoso.com", BOB]


async def test_addresses_that_only_unicode_takes_for_the_same_are_two(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, ["strasse@contoso.com", "straße@contoso.com"])

    assert len(await waiting(alerts)) == 2


async def test_a_notice_about_another_customer_is_refused(alerts: AlertRows, table: Table):
    with pytest.raises(ValueError, match="another customer"):
        await alerts.commit(HISTORY, None, replace(NOTICE, customer="fabrikam"), [ADA])

    assert await keys(table) == []


async def test_of_two_commits_with_one_etag_one_wins_and_queues(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, None, [])
    etag = await etag_of(alerts)

    results = await asyncio.gather(
        *(alerts.commit(replace(HISTORY, generation=f"g{number}"), etag, NOTICE, [ADA]) for number in "23"),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert len(await waiting(alerts)) == 1
    assert len(await keys(table)) == 2


async def test_of_many_first_commits_one_wins_also_where_there_is_no_table(alerts: AlertRows):
    results = await asyncio.gather(
        *(alerts.commit(HISTORY, None, NOTICE, [ADA, BOB]) for _ in range(8)), return_exceptions=True
    )

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, Conflict) for result in results if result is not None)
    assert len(await waiting(alerts)) == 2


async def test_a_stale_commit_leaves_everything_as_it_was(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    stale = await etag_of(alerts)
    await alerts.commit(replace(HISTORY, generation="g2"), stale, None, [])

    for etag in (stale, None):
        with pytest.raises(Conflict):
            await alerts.commit(replace(HISTORY, generation="g3"), etag, NOTICE, [BOB])

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history.generation == "g2"
    assert await recipients(alerts) == [ADA]


async def test_a_commit_to_a_history_that_is_gone_is_a_conflict(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    etag = await etag_of(alerts)
    await table.delete("contoso", "history")

    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, etag, NOTICE, [BOB])

    assert await recipients(alerts) == [ADA]


async def test_customers_are_apart(alerts: AlertRows, table: Table):
    names = ["con", "contoso", "contoso-1", BASIC, DEPLOYMENT]
    for name in names:
        await alerts.commit(of(name), None, replace(NOTICE, customer=name), [ADA])

    await alerts.forget("con")

    left = [BASIC, DEPLOYMENT, "contoso", "contoso-1"]
    assert sorted(queued.notice.customer for queued in await waiting(alerts)) == left
    assert await keys(table, "con") == []
    assert len(await keys(table)) == 2


@pytest.mark.parametrize("number", [98, 99, 100, 250])
async def test_all_recipients_are_queued_however_many(alerts: AlertRows, number: int):
    await alerts.commit(HISTORY, None, NOTICE, people(number))

    assert await recipients(alerts) == sorted(people(number))


async def test_who_does_not_fit_is_queued_before_it_is_noted_as_told(alerts: AlertRows):
    await alerts.commit(HISTORY, None, None, [])
    stale = await etag_of(alerts)
    await alerts.commit(replace(HISTORY, generation="g2"), stale, None, [])

    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, stale, NOTICE, people(120))

    assert await recipients(alerts) == sorted(people(120)[99:]), "they may be told twice, and not never"


def longest() -> Notice:
    """Return a notice with the longest names there are."""
    names = tuple(f"{'𝔸' * 64}@{'𝔹' * 253}{index:02}" for index in range(MOST_NAMED))
    unchecked = tuple(Unchecked("c" * 63, "code" * 15, "ü" * 300) for _ in range(MOST_NAMED))
    trouble = Trouble("AADSTS7000215", "ä" * 1000, "✓" * 1000)
    return replace(NOTICE, users=names, unchecked=unchecked, refused=trouble, withdrawn=trouble)


async def test_the_longest_names_fit_and_nothing_of_them_is_lost(alerts: AlertRows):
    assert len(longest().as_text()) > 100_000

    await alerts.commit(HISTORY, None, longest(), people(80))

    found = await waiting(alerts)
    assert sorted(queued.recipient for queued in found) == sorted(people(80))
    assert all(queued.notice == longest() for queued in found)


async def test_a_notice_that_no_row_takes_is_refused_whole(alerts: AlertRows, table: Table):
    with pytest.raises(ValueError, match="too long"):
        await alerts.commit(HISTORY, None, replace(NOTICE, users=("x" * 600_000,)), [ADA])

    assert await keys(table) == []
