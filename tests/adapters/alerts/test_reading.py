"""All histories and notices are found, and damaged ones stop nobody."""

import asyncio
import itertools
import json
import logging
from dataclasses import replace
from typing import Any

import pytest

from lib.adapters.alert_rows import AlertRows
from lib.adapters.alert_texts import history_row, notice_row
from lib.adapters.tables import Table
from lib.domain.alerts import History, Told
from lib.domain.notices import BASIC, DEPLOYMENT
from tests.adapters.alerts.letters_waiting import (
    ADA,
    BOB,
    HISTORY,
    NOTICE,
    NOW,
    TODAY,
    of,
    recipients,
)


async def test_histories_come_in_the_order_of_their_ids(alerts: AlertRows):
    ids = ["0", "00", "1", "10", "2", "a", "a--b", "a-1", "a-b", "a0", "a1", "aa", "ab", "b", "contoso", "z", "z9"]
    assert ids == sorted(ids)
    for name in [*reversed(ids), DEPLOYMENT, BASIC]:
        await alerts.commit(of(name), None, replace(NOTICE, customer=name), [ADA])

    async def after(name: str) -> list[str]:
        return [stored.history.customer async for stored in alerts.histories(name)]

    assert await after("") == [BASIC, DEPLOYMENT, *ids]
    for position, name in enumerate(ids):
        assert await after(name) == ids[position + 1 :]
    assert await after("a-") == ids[ids.index("a-1") - 1 :]


async def test_histories_come_with_the_etag_for_a_commit_and_past_a_page(alerts: AlertRows):
    names = [f"c{number:04}" for number in range(450)]
    for some in itertools.batched(names, 50, strict=False):
        await asyncio.gather(*(alerts.commit(of(name), None, None, []) for name in some))

    found = [stored async for stored in alerts.histories("")]

    assert [stored.history for stored in found] == [of(name) for name in names]
    await alerts.commit(found[-1].history, found[-1].etag, None, [])


async def test_whose_expiry_is_not_known_is_found(alerts: AlertRows):
    for name, unknown in (("a", None), ("b", Told("v1", TODAY)), ("b-1", Told("v2", TODAY)), ("c", None)):
        history = of(name, unknown=unknown)
        await alerts.commit(history, None, replace(NOTICE, customer=name), [ADA])
        await alerts.handing_over(name, NOW)

    assert [found async for found in alerts.unknown()] == ["b", "b-1"]


_HISTORY_DAMAGES: dict[str, dict[str, Any]] = {
    "missing": {"history": None},
    "no text": {"history": 7},
    "no JSON": {"history": "{"},
    "a list": {"history": "[]"},
    "no generation": {"history": "{}"},
    "told is text": {"history": '{"generation":"g1","expiry":"told"}'},
    "a date is none": {"history": '{"generation":"g1","expiry":{"about":"v1","on":"soon"}}'},
    "a level is text": {"history": '{"generation":"g1","expiry":{"about":"v1","on":"2026-11-21","level":"30"}}'},
    "a moment without a zone": {"history": '{"generation":"g1","ended_until":"2026-11-21T09:00:00"}'},
    "accepted is text": {"handedOverAt": "yesterday"},
}


@pytest.mark.parametrize("damage", _HISTORY_DAMAGES.values(), ids=_HISTORY_DAMAGES.keys())
async def test_a_damaged_history_is_left_out_tells_of_nothing_and_is_mended_by_the_next_commit(
    alerts: AlertRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    for name in ("a", "z"):
        await alerts.commit(of(name), None, None, [])
    row = history_row(HISTORY) | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = [stored.history.customer async for stored in alerts.histories("")]
        stored = await alerts.history("contoso")

    assert found == ["a", "z"]
    assert set(caplog.messages) == {"cannot read the row history of contoso in the table alerts"}
    assert stored is not None
    assert stored.history == History("contoso", "")
    await alerts.commit(HISTORY, stored.etag, None, [])
    mended = await alerts.history("contoso")
    assert mended is not None
    assert mended.history == HISTORY


_NOTICE_DAMAGES: dict[str, dict[str, Any]] = {
    "missing": {"notice": None},
    "no text": {"notice": 7},
    "no JSON": {"notice": "secret-text"},
    "a list": {"notice": "[]"},
    "half of it": {"notice": NOTICE.as_text()[:-20]},
    "no recipient": {"recipient": None},
    "a recipient is a number": {"recipient": 7},
    "refusals are text": {"refusals": "none"},
    "a moment is text": {"notBefore": "soon"},
    "no kinds": {"notice": replace(NOTICE, kinds=()).as_text()},
    "a kind that is none": {"notice": NOTICE.as_text().replace("expiring", "boring")},
    "no zone": {"notice": replace(NOTICE, found_at=NOW.replace(tzinfo=None)).as_text()},
    "another customer's": {"notice": replace(NOTICE, customer="fabrikam").as_text()},
}


@pytest.mark.parametrize("damage", _NOTICE_DAMAGES.values(), ids=_NOTICE_DAMAGES.keys())
async def test_a_damaged_notice_is_left_out_and_told_in_the_log(
    alerts: AlertRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    row = notice_row(NOTICE, BOB) | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        assert await recipients(alerts) == [ADA]

    assert caplog.messages == [f"cannot read the row {row['RowKey']} of contoso in the table alerts"]


async def test_a_history_of_a_later_version_is_read(alerts: AlertRows, table: Table):
    row = history_row(HISTORY)
    read = json.loads(row["history"])
    read |= {"policy": {"about": "x"}, "expiry": read["expiry"] | {"why": "x"}}
    await table.insert(row | {"history": json.dumps(read), "other": True})

    stored = await alerts.history("contoso")

    assert stored is not None
    assert stored.history == HISTORY
