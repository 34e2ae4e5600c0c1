"""Histories and notices in Azurite: what is due is queued or not told, and nothing that is gone is a failure."""

import asyncio
import itertools
import json
import logging
import re
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.alert_rows import AlertRows
from lib.adapters.alert_texts import history_row, notice_row, to_history, to_queued
from lib.adapters.tables import Table, Tables
from lib.domain.alerts import History, Kind, Told
from lib.domain.credential import NEVER, Expiry
from lib.domain.errors import CalendarError
from lib.domain.findings import Newer, Trouble
from lib.domain.notices import BASIC, DEPLOYMENT, MOST_NAMED, Notice, Queued, Unchecked
from lib.ports import Conflict
from tests.adapters.lossy import lossy
from tests.journeys.tables_between import Verdict
from tests.sandbox.azurite import Azurite

NOW = datetime(2026, 11, 21, 9, 30, 5, 123456, tzinfo=UTC)
TODAY = NOW.date()
TOLD = Told("v1", TODAY, 30, date(2026, 12, 20))
HISTORY = History("contoso", "g1", expiry=TOLD)
NOTICE = Notice("contoso", "g1", (Kind.EXPIRING,), NOW)
ADA, BOB = "ada@contoso.com", "bob@contoso.com"


@pytest.fixture
def name() -> str:
    return f"alerts{uuid.uuid4().hex}"


@pytest.fixture
def table(tables: Tables, name: str) -> Table:
    return tables.open(name)


@pytest.fixture
def alerts(table: Table) -> AlertRows:
    return AlertRows(table)


def of(customer: str, **parts: Any) -> History:
    return History(customer, "g1", **parts)


def people(number: int) -> list[str]:
    return [f"person{index}@contoso.com" for index in range(number)]


async def waiting(alerts: AlertRows) -> list[Queued]:
    return [queued async for queued in alerts.waiting()]


async def recipients(alerts: AlertRows) -> list[str]:
    return sorted(queued.recipient for queued in await waiting(alerts))


async def etag_of(alerts: AlertRows, customer: str = "contoso") -> str:
    stored = await alerts.history(customer)
    assert stored is not None
    return stored.etag


async def keys(table: Table, customer: str = "contoso") -> list[str]:
    return [row["RowKey"] for row in await table.partition(customer)]


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_moments = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
_dates = st.dates(date(2000, 1, 1), date(2200, 1, 1))
_told = st.none() | st.builds(Told, _texts, _dates, st.integers(0, 365), st.none() | _dates)
_histories = st.builds(
    History,
    st.just("contoso"),
    _texts,
    *[_told] * 6,
    ended_until=st.none() | _moments,
    ended_told=st.lists(_texts, max_size=3).map(tuple),
    accepted_at=st.none() | _moments,
)
_expiries = st.sampled_from([Expiry(), NEVER]) | _dates.map(lambda on: Expiry(on=on))
_trouble = st.none() | st.builds(Trouble, _texts, _texts, _texts)
_notices = st.builds(
    Notice,
    st.just("contoso"),
    _texts,
    st.lists(st.sampled_from(Kind), min_size=1, max_size=3).map(tuple),
    _moments,
    expires=_expiries,
    hint=st.none() | _texts,
    refused=_trouble,
    withdrawn=_trouble,
    newer=st.none() | st.sampled_from(Newer),
    newer_until=_expiries,
    users=st.lists(_texts, max_size=3).map(tuple),
    ended_at=st.lists(_texts, max_size=3).map(tuple),
    unchecked=st.lists(st.builds(Unchecked, st.none() | _texts, _texts, _texts), max_size=2).map(tuple),
)


@given(_histories)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_history_survives_being_a_row(history: History):
    assert to_history(history_row(history)) == history


@given(_notices)
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_a_notice_survives_being_a_row(notice: Notice):
    queued = to_queued(notice_row(notice, ADA))

    assert (queued.notice, queued.recipient, queued.refusals, queued.not_before) == (notice, ADA, 0, None)


async def test_before_anything_was_written_there_is_nothing(alerts: AlertRows, table: Table):
    assert await alerts.history("contoso") is None
    assert [found async for found in alerts.histories("")] == []
    assert await waiting(alerts) == []
    assert [found async for found in alerts.unknown()] == []
    await alerts.forget("contoso")
    await alerts.drop("contoso", ["notice-1"])
    await alerts.accepted("contoso", ["notice-1"], NOW)
    await alerts.postpone(Queued("notice-1", ADA, NOTICE), NOW, refused=True)
    assert await keys(table) == []


async def test_a_history_and_its_notices_are_written_and_read(alerts: AlertRows, table: Table):
    full = replace(
        HISTORY, consent=Told("app", TODAY), unknown=Told("v1", TODAY), ended_until=NOW, accepted_at=NOW.astimezone(UTC)
    )
    notice = replace(
        NOTICE, refused=Trouble("AADSTS7000215", "Grüße ✓ 𝔸", "…"), users=("ada",), newer=Newer.SAVED, hint="Con"
    )

    await alerts.commit(full, None, notice, [ADA, BOB], drop=False)

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history == full
    assert stored.history.accepted_at is not None
    assert stored.history.accepted_at.tzinfo is UTC
    found = await waiting(alerts)
    assert sorted(queued.recipient for queued in found) == [ADA, BOB]
    assert {(queued.notice, queued.refusals, queued.not_before) for queued in found} == {(notice, 0, None)}
    assert all(re.fullmatch(r"notice-20261121093005-[0-9a-f]{32}", queued.row) for queued in found)
    assert sorted(await keys(table)) == ["history", *sorted(queued.row for queued in found)]


async def test_a_notice_is_named_after_the_moment_in_utc(alerts: AlertRows):
    there = NOW.astimezone(timezone(timedelta(hours=14)))

    await alerts.commit(HISTORY, None, replace(NOTICE, found_at=there), [ADA], drop=False)

    (queued,) = await waiting(alerts)
    assert queued.row.startswith("notice-20261121093005-")
    assert queued.notice.found_at == NOW


async def test_a_history_alone_queues_nothing(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, None, [ADA], drop=False)
    await alerts.commit(HISTORY, await etag_of(alerts), NOTICE, [], drop=True)

    assert await keys(table) == ["history"]


async def test_what_is_no_longer_open_is_gone_from_the_history(alerts: AlertRows):
    await alerts.commit(replace(HISTORY, accepted_at=NOW, unknown=TOLD), None, None, [], drop=False)

    await alerts.commit(of("contoso"), await etag_of(alerts), None, [], drop=False)

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history == of("contoso")
    assert [found async for found in alerts.unknown()] == []


async def test_who_is_named_twice_is_told_once_as_spelled_first(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, ["Ada@Contoso.com", BOB, ADA, "BOB@contoso.com", BOB], drop=False)

    assert await recipients(alerts) == ["Ada@Contoso.com", BOB]


async def test_addresses_that_only_unicode_takes_for_the_same_are_two(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, ["strasse@contoso.com", "straße@contoso.com"], drop=False)

    assert len(await waiting(alerts)) == 2


async def test_a_notice_about_another_customer_is_refused(alerts: AlertRows, table: Table):
    with pytest.raises(ValueError, match="another customer"):
        await alerts.commit(HISTORY, None, replace(NOTICE, customer="fabrikam"), [ADA], drop=False)

    assert await keys(table) == []


# Conflicts: nothing of a commit that loses is left.


async def test_of_two_commits_with_one_etag_one_wins_and_queues(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, None, [], drop=False)
    etag = await etag_of(alerts)

    results = await asyncio.gather(
        *(alerts.commit(replace(HISTORY, generation=f"g{number}"), etag, NOTICE, [ADA], drop=False) for number in "23"),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["Conflict", "NoneType"]
    assert len(await waiting(alerts)) == 1
    assert len(await keys(table)) == 2


async def test_of_many_first_commits_one_wins_also_where_there_is_no_table(alerts: AlertRows):
    results = await asyncio.gather(
        *(alerts.commit(HISTORY, None, NOTICE, [ADA, BOB], drop=False) for _ in range(8)), return_exceptions=True
    )

    assert [result for result in results if result is None] == [None]
    assert all(isinstance(result, Conflict) for result in results if result is not None)
    assert len(await waiting(alerts)) == 2


@pytest.mark.parametrize("drop", [False, True])
async def test_a_stale_commit_leaves_everything_as_it_was(alerts: AlertRows, drop: bool):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    stale = await etag_of(alerts)
    await alerts.commit(replace(HISTORY, generation="g2"), stale, None, [], drop=False)

    for etag in (stale, None):
        with pytest.raises(Conflict):
            await alerts.commit(replace(HISTORY, generation="g3"), etag, NOTICE, [BOB], drop=drop)

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history.generation == "g2"
    assert await recipients(alerts) == [ADA]


@pytest.mark.parametrize("drop", [False, True])
async def test_a_commit_to_a_history_that_is_gone_is_a_conflict(alerts: AlertRows, table: Table, drop: bool):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    etag = await etag_of(alerts)
    await table.delete("contoso", "history")

    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, etag, NOTICE, [BOB], drop=drop)

    assert await recipients(alerts) == [ADA]


async def test_customers_are_apart(alerts: AlertRows, table: Table):
    names = ["con", "contoso", "contoso-1", BASIC, DEPLOYMENT]
    for name in names:
        await alerts.commit(of(name), None, replace(NOTICE, customer=name), [ADA], drop=False)

    await alerts.commit(of("contoso"), await etag_of(alerts), None, [], drop=True)
    await alerts.forget("con")

    assert sorted(queued.notice.customer for queued in await waiting(alerts)) == [BASIC, DEPLOYMENT, "contoso-1"]
    assert await keys(table, "con") == []
    assert await keys(table) == ["history"]


# What waits is dropped with the commit that says that it is solved.


async def test_what_is_solved_is_no_longer_told_but_the_all_clear_is(alerts: AlertRows):
    for _ in range(2):
        stored = await alerts.history("contoso")
        await alerts.commit(HISTORY, stored.etag if stored else None, NOTICE, [ADA, BOB], drop=False)
    assert len(await waiting(alerts)) == 4

    solved = replace(NOTICE, kinds=(Kind.SOLVED,))
    await alerts.commit(of("contoso"), await etag_of(alerts), solved, [ADA], drop=True)

    (queued,) = await waiting(alerts)
    assert queued.notice == solved


async def test_damaged_notices_are_dropped_too_and_rows_of_a_later_version_are_not(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    for key in ("notice-x", "later-1"):
        await table.insert({"PartitionKey": "contoso", "RowKey": key})

    await alerts.commit(of("contoso"), await etag_of(alerts), None, [], drop=True)

    assert await keys(table) == ["history", "later-1"]


@pytest.mark.parametrize(("sent", "conflict"), [(1, False), (4, False), (10, True)])
async def test_what_is_sent_while_it_is_dropped_is_looked_for_again(
    azurite: Azurite, alerts: AlertRows, name: str, sent: int, conflict: bool
):
    await alerts.commit(HISTORY, None, NOTICE, people(20), drop=False)
    etag = await etag_of(alerts)
    rows = [queued.row for queued in await waiting(alerts)]
    loop = asyncio.get_running_loop()

    def send_one_before(method: str, path: str) -> Verdict:
        if "$batch" in path and len(rows) > 20 - sent:
            asyncio.run_coroutine_threadsafe(alerts.drop("contoso", [rows.pop()]), loop).result(10)
        return "pass"

    async with lossy(azurite, send_one_before) as tables:
        try:
            await AlertRows(tables.open(name)).commit(of("contoso"), etag, NOTICE, [BOB], drop=True)
            assert not conflict
        except Conflict:
            assert conflict

    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history.open is conflict
    left = await recipients(alerts)
    assert (len(left) == 15 and BOB not in left) if conflict else left == [BOB]


# More than one transaction takes.


@pytest.mark.parametrize("number", [98, 99, 100, 250])
async def test_all_recipients_are_queued_however_many(alerts: AlertRows, number: int):
    await alerts.commit(HISTORY, None, NOTICE, people(number), drop=False)

    assert await recipients(alerts) == sorted(people(number))


@pytest.mark.parametrize("number", [0, 60, 99, 130])
async def test_all_that_waits_is_dropped_however_much_but_nothing_new(alerts: AlertRows, table: Table, number: int):
    await alerts.commit(HISTORY, None, NOTICE, people(230), drop=False)
    solved = replace(NOTICE, kinds=(Kind.SOLVED,))

    await alerts.commit(of("contoso"), await etag_of(alerts), solved, people(number), drop=True)

    assert await recipients(alerts) == sorted(people(number))
    assert {queued.notice for queued in await waiting(alerts)} <= {solved}
    assert len(await keys(table)) == number + 1


async def test_who_does_not_fit_is_queued_before_it_is_noted_as_told(alerts: AlertRows):
    await alerts.commit(HISTORY, None, None, [], drop=False)
    stale = await etag_of(alerts)
    await alerts.commit(replace(HISTORY, generation="g2"), stale, None, [], drop=False)

    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, stale, NOTICE, people(120), drop=True)

    assert await recipients(alerts) == sorted(people(120)[99:]), "they may be told twice, and not never"


def longest() -> Notice:
    """Return a notice with the longest names there are."""
    names = tuple(f"{'𝔸' * 64}@{'𝔹' * 253}{index:02}" for index in range(MOST_NAMED))
    unchecked = tuple(Unchecked("c" * 63, "code" * 15, "ü" * 300) for _ in range(MOST_NAMED))
    trouble = Trouble("AADSTS7000215", "ä" * 1000, "✓" * 1000)
    return replace(NOTICE, users=names, unchecked=unchecked, refused=trouble, withdrawn=trouble)


async def test_the_longest_names_fit_and_nothing_of_them_is_lost(alerts: AlertRows):
    assert len(longest().as_text()) > 100_000

    await alerts.commit(HISTORY, None, longest(), people(80), drop=False)

    found = await waiting(alerts)
    assert sorted(queued.recipient for queued in found) == sorted(people(80))
    assert all(queued.notice == longest() for queued in found)


async def test_a_notice_that_no_row_takes_is_refused_whole(alerts: AlertRows, table: Table):
    with pytest.raises(ValueError, match="too long"):
        await alerts.commit(HISTORY, None, replace(NOTICE, users=("x" * 600_000,)), [ADA], drop=False)

    assert await keys(table) == []


# Sending.


async def test_what_was_accepted_is_removed_and_noted(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA, BOB], drop=False)
    rows = {queued.recipient: queued.row for queued in await waiting(alerts)}
    etag = await etag_of(alerts)

    await alerts.accepted("contoso", [rows[ADA]], NOW)

    assert await recipients(alerts) == [BOB]
    stored = await alerts.history("contoso")
    assert stored is not None
    assert stored.history == replace(HISTORY, accepted_at=NOW)
    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, etag, None, [], drop=False)


async def test_hundreds_are_accepted_at_once_and_one_may_be_named_twice(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, people(250), drop=False)
    rows = [queued.row for queued in await waiting(alerts)]

    await alerts.accepted("contoso", [*rows[:5], *rows], NOW)

    assert await waiting(alerts) == []


async def test_to_accept_nothing_notes_nothing(alerts: AlertRows):
    await alerts.commit(HISTORY, None, None, [], drop=False)
    etag = await etag_of(alerts)

    await alerts.accepted("contoso", [], NOW)

    assert await etag_of(alerts) == etag


@pytest.mark.parametrize("history_gone", [False, True])
async def test_what_is_gone_keeps_nothing_from_being_accepted(alerts: AlertRows, table: Table, history_gone: bool):
    await alerts.commit(HISTORY, None, NOTICE, people(5), drop=False)
    rows = [queued.row for queued in await waiting(alerts)]
    await alerts.drop("contoso", [*rows[1:3], *rows[1:3]])
    if history_gone:
        await table.delete("contoso", "history")

    await alerts.accepted("contoso", rows[:4], NOW)
    await alerts.accepted("contoso", rows[:4], NOW)

    assert await keys(table) == ([] if history_gone else ["history"]) + rows[4:]
    if not history_gone:
        stored = await alerts.history("contoso")
        assert stored is not None
        assert stored.history.accepted_at == NOW


async def test_that_a_letter_is_handed_over_is_noted_and_makes_who_read_before_look_again(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    before = await alerts.history("contoso")
    await alerts.handing_over("contoso", NOW)
    await alerts.handing_over("nobody", NOW)

    after = await alerts.history("contoso")
    assert before is not None
    assert after is not None
    assert after.history == replace(before.history, accepted_at=NOW)
    assert len(await waiting(alerts)) == 1
    with pytest.raises(Conflict):
        await alerts.commit(HISTORY, before.etag, None, [], drop=False)
    assert await alerts.history("nobody") is None


async def test_a_refused_one_waits_until_then(alerts: AlertRows):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
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
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    (queued,) = await waiting(alerts)
    await alerts.drop("contoso", [queued.row])

    await alerts.postpone(queued, NOW, refused=True)

    assert await keys(table) == ["history"]


async def test_forgetting_takes_everything_also_while_it_is_written(alerts: AlertRows, table: Table):
    await alerts.commit(HISTORY, None, NOTICE, people(210), drop=False)
    await table.insert({"PartitionKey": "contoso", "RowKey": "later-1"})

    await asyncio.gather(alerts.forget("contoso"), alerts.forget("contoso"))

    assert await keys(table) == []


# Going through all.


async def test_histories_come_in_the_order_of_their_ids(alerts: AlertRows):
    ids = ["0", "00", "1", "10", "2", "a", "a--b", "a-1", "a-b", "a0", "a1", "aa", "ab", "b", "contoso", "z", "z9"]
    assert ids == sorted(ids)
    for name in [*reversed(ids), DEPLOYMENT, BASIC]:
        await alerts.commit(of(name), None, replace(NOTICE, customer=name), [ADA], drop=False)

    async def after(name: str) -> list[str]:
        return [stored.history.customer async for stored in alerts.histories(name)]

    assert await after("") == [BASIC, DEPLOYMENT, *ids]
    for position, name in enumerate(ids):
        assert await after(name) == ids[position + 1 :]
    assert await after("a-") == ids[ids.index("a-1") - 1 :]


async def test_histories_come_with_the_etag_for_a_commit_and_past_a_page(alerts: AlertRows):
    names = [f"c{number:04}" for number in range(450)]
    for some in itertools.batched(names, 50, strict=False):
        await asyncio.gather(*(alerts.commit(of(name), None, None, [], drop=False) for name in some))

    found = [stored async for stored in alerts.histories("")]

    assert [stored.history for stored in found] == [of(name) for name in names]
    await alerts.commit(found[-1].history, found[-1].etag, None, [], drop=False)


async def test_whose_expiry_is_not_known_is_found(alerts: AlertRows):
    for name, unknown in (("a", None), ("b", Told("v1", TODAY)), ("b-1", Told("v2", TODAY)), ("c", None)):
        history = of(name, unknown=unknown)
        await alerts.commit(history, None, replace(NOTICE, customer=name), [ADA], drop=False)
        await alerts.accepted(name, ["notice-none"], NOW)

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
    "accepted is text": {"acceptedAt": "yesterday"},
}


@pytest.mark.parametrize("damage", _HISTORY_DAMAGES.values(), ids=_HISTORY_DAMAGES.keys())
async def test_a_damaged_history_is_left_out_tells_of_nothing_and_is_mended_by_the_next_commit(
    alerts: AlertRows, table: Table, damage: dict[str, Any], caplog: pytest.LogCaptureFixture
):
    for name in ("a", "z"):
        await alerts.commit(of(name), None, None, [], drop=False)
    row = history_row(HISTORY) | damage
    await table.insert({name: value for name, value in row.items() if value is not None})

    with caplog.at_level(logging.WARNING, "calendar_connector"):
        found = [stored.history.customer async for stored in alerts.histories("")]
        stored = await alerts.history("contoso")

    assert found == ["a", "z"]
    assert set(caplog.messages) == {"cannot read the row history of contoso in the table alerts"}
    assert stored is not None
    assert stored.history == History("contoso", "")
    await alerts.commit(HISTORY, stored.etag, None, [], drop=False)
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
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
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


# Failures.


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)
    alerts = AlertRows(tables.open("alerts"))

    for ask in (
        alerts.history("contoso"),
        anext(alerts.histories("")),
        anext(alerts.waiting()),
        anext(alerts.unknown()),
        alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False),
        alerts.commit(HISTORY, 'W/"1"', NOTICE, [ADA], drop=True),
        alerts.accepted("contoso", ["notice-1"], NOW),
        alerts.postpone(Queued("notice-1", ADA, NOTICE), NOW, refused=True),
        alerts.drop("contoso", ["notice-1"]),
        alerts.forget("contoso"),
    ):
        with pytest.raises(CalendarError) as problem:
            await ask
        assert problem.value.code == "microsoftUnavailable"
    await tables.close()


@pytest.mark.parametrize("verdict", ["lose", "refuse"])
async def test_a_commit_without_an_answer_is_done_or_not_and_never_half(
    azurite: Azurite, alerts: AlertRows, name: str, verdict: Verdict
):
    await alerts.commit(HISTORY, None, NOTICE, [ADA], drop=False)
    etag = await etag_of(alerts)

    async with lossy(azurite, lambda method, path: verdict if "$batch" in path else "pass") as tables:
        with pytest.raises((CalendarError, Conflict)):
            await AlertRows(tables.open(name)).commit(replace(HISTORY, generation="g2"), etag, NOTICE, [BOB], drop=True)

    stored = await alerts.history("contoso")
    assert stored is not None
    done = verdict == "lose"
    assert (stored.history.generation, await recipients(alerts)) == (("g2", [BOB]) if done else ("g1", [ADA]))


async def test_what_was_accepted_although_the_answer_is_lost_is_accepted(
    azurite: Azurite, alerts: AlertRows, table: Table, name: str
):
    await alerts.commit(HISTORY, None, NOTICE, [ADA, BOB], drop=False)
    rows = [queued.row for queued in await waiting(alerts)]

    async with lossy(azurite, lambda method, path: "lose" if "$batch" in path else "pass") as tables:
        with suppress(CalendarError):
            await AlertRows(tables.open(name)).accepted("contoso", rows, NOW)
    await alerts.accepted("contoso", rows, NOW)

    assert await keys(table) == ["history"]
