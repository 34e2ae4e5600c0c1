"""What was sent is removed, what failed waits on, and nothing that is gone is a failure."""

import asyncio
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from lib.adapters.alert_rows import AlertRows
from lib.adapters.tables import Table
from lib.ports import Conflict
from tests.adapters.alerts.letters_waiting import (
    ADA,
    BOB,
    HISTORY,
    NOTICE,
    NOW,
    etag_of,
    keys,
    people,
    recipients,
    waiting,
)


async def test_what_was_sent_is_removed(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA, BOB])
    rows = {queued.recipient: queued.row for queued in await waiting(alerts)}

    await alerts.drop("contoso", [rows[ADA]])

    assert await recipients(alerts) == [BOB]


async def test_hundreds_are_removed_at_once_and_one_may_be_named_twice(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, people(250))
    rows = [queued.row for queued in await waiting(alerts)]

    await alerts.drop("contoso", [*rows[:5], *rows])

    assert await waiting(alerts) == []


async def test_to_remove_nothing_changes_nothing(alerts: AlertRows):
    await alerts.commit(HISTORY, None, None, [])
    etag = await etag_of(alerts)

    await alerts.drop("contoso", [])

    assert await etag_of(alerts) == etag


@pytest.mark.parametrize("history_gone", [False, True])
async def test_what_is_gone_keeps_nothing_from_being_removed(alerts: AlertRows, table: Table, history_gone: bool):
    await alerts.commit(HISTORY, None, NOTICE, people(5))
    rows = [queued.row for queued in await waiting(alerts)]
    await alerts.drop("contoso", rows[1:3])
    if history_gone:
        await table.delete("contoso", "history")

    await alerts.handing_over("contoso", NOW)
    await alerts.drop("contoso", rows[:4])
    await alerts.drop("contoso", rows[:4])

    assert await keys(table) == ([] if history_gone else ["history"]) + rows[4:]


async def test_that_a_letter_is_handed_over_is_noted_and_makes_who_read_before_look_again(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    before = await alerts.history("contoso")
    await alerts.handing_over("contoso", NOW)
    await alerts.handing_over("nobody", NOW)

    after = await alerts.history("contoso")
    assert before is not None
    assert after is not None
    assert after.history == replace(before.history, handed_over_at=NOW)
    assert len(await waiting(alerts)) == 1
    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, before.etag, None, [])
    assert await alerts.history("nobody") is None


async def test_a_refused_one_waits_until_then(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    (queued,) = await waiting(alerts)
    etag = await etag_of(alerts)

    await alerts.postpone(queued, NOW, refused=True)
    (again,) = await waiting(alerts)

    assert (again.refusals, again.not_before) == (1, NOW)
    await alerts.postpone(again, NOW + timedelta(hours=20), refused=False)
    (last,) = await waiting(alerts)
    assert last.refusals == 1, "what failed was not refused"
    await alerts.postpone(again, NOW + timedelta(hours=20), refused=True)
    (last,) = await waiting(alerts)
    assert last == replace(queued, refusals=2, not_before=NOW + timedelta(hours=20))
    assert last.not_before is not None
    assert last.not_before.tzinfo is UTC
    assert await etag_of(alerts) == etag


async def test_to_postpone_what_is_gone_brings_nothing_back(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    (queued,) = await waiting(alerts)
    await alerts.drop("contoso", [queued.row])

    await alerts.postpone(queued, NOW, refused=True)

    assert await keys(table) == ["history"]


async def test_forgetting_takes_everything_also_while_it_is_written(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, NOTICE, people(210))
    await table.insert({"PartitionKey": "contoso", "RowKey": "later-1"})

    await asyncio.gather(alerts.forget("contoso"), alerts.forget("contoso"))

    assert await keys(table) == []
