"""Tables that do not answer, or whose answer is lost."""

from contextlib import suppress
from dataclasses import replace

import pytest

from lib.adapters.alert_rows import AlertRows
from lib.adapters.tables import Table, Tables
from lib.domain.errors import CalendarError
from lib.domain.notices import Queued
from lib.ports import Conflict
from tests.adapters.alerts.letters_waiting import ADA, BOB, HISTORY, NOTICE, NOW, etag_of, keys, recipients, waiting
from tests.adapters.lossy import lossy
from tests.journeys.tables_between import Verdict
from tests.sandbox.azurite import Azurite


async def test_tables_that_do_not_answer_are_told(azurite: Azurite):
    dead = azurite.connection_string.replace(str(azurite.port), "1")
    tables = Tables(connection_string=dead, endpoint=None, credential=None)
    alerts = AlertRows(tables.open("alerts"))

    for ask in (
        alerts.history("contoso"),
        anext(alerts.histories("")),
        anext(alerts.waiting()),
        anext(alerts.unknown()),
        alerts.commit(HISTORY, None, NOTICE, [ADA]),
        alerts.commit(HISTORY, 'W/"1"', NOTICE, [ADA]),
        alerts.handing_over("contoso", NOW),
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
    await alerts.commit(HISTORY, None, NOTICE, [ADA])
    etag = await etag_of(alerts)

    async with lossy(azurite, lambda method, path: verdict if "$batch" in path else "pass") as tables:
        with pytest.raises((CalendarError, Conflict)):
            await AlertRows(tables.open(name)).commit(replace(HISTORY, generation="g2"), etag, NOTICE, [BOB])

    stored = await alerts.history("contoso")
    assert stored is not None
    done = verdict == "lose"
    assert (stored.history.generation, await recipients(alerts)) == (("g2", [ADA, BOB]) if done else ("g1", [ADA]))


async def test_what_was_removed_although_the_answer_is_lost_is_removed(
    azurite: Azurite, alerts: AlertRows, table: Table, name: str
):
    await alerts.commit(HISTORY, None, NOTICE, [ADA, BOB])
    rows = [queued.row for queued in await waiting(alerts)]

    async with lossy(azurite, lambda method, path: "lose" if "$batch" in path else "pass") as tables:
        with suppress(CalendarError):
            await AlertRows(tables.open(name)).drop("contoso", rows)
    await alerts.drop("contoso", rows)

    assert await keys(table) == ["history"]
