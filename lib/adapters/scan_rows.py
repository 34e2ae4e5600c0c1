"""The summaries of past scans as table rows, the newest first, since rows come in the order of their keys."""

import json
import logging
import uuid
from contextlib import aclosing, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.data.tables import TableEntity

from lib.adapters.row_values import DAMAGED, joined, known, moment, only, pieces
from lib.adapters.tables import Table
from lib.domain.errors import CalendarError
from lib.domain.scan import Problem, Summary
from lib.ports import Conflict

TABLE = "scans"
_RUN = "run"
_OF_RUNS, _RUNS = "PartitionKey eq @run", {"run": _RUN}
_MOST_KEPT = 400
_AT_ONCE = 100  # old runs removed after a new one
_LAST_OF_ALL = 10**16  # microseconds since 1970: in the year 2286
_1970 = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger("calendar_connector")


class ScanRows:
    """Implements `lib.ports.alerts.Scans`."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def add(self, summary: Summary) -> None:
        """See `lib.ports.alerts.Scans`. That old ones cannot be removed is no failure: the next run tries again."""
        with suppress(Conflict):  # the key is random: the SDK has repeated its own request
            await self._table.insert(_to_row(summary))
        try:
            await self._remove_old()
        except CalendarError as problem:
            _log.warning("the summaries of old runs were not removed: %s", problem.code)

    async def _remove_old(self) -> None:
        size = _MOST_KEPT + _AT_ONCE
        async with aclosing(self._table.pages(_OF_RUNS, _RUNS, select=("RowKey",), size=size)) as pages:
            keys = [row["RowKey"] for row in await anext(pages, [])]
        await self._table.delete_rows(_RUN, keys[_MOST_KEPT:])

    async def last(self) -> Summary | None:
        """See `lib.ports.alerts.Scans`. One that cannot be read is passed over, with a warning in the log."""
        async with aclosing(self._table.pages(_OF_RUNS, _RUNS, size=1)) as pages:
            async for page in pages:
                for row in page:
                    if (summary := _read(row)) is not None:
                        return summary
        return None


def _to_row(summary: Summary) -> dict[str, Any]:
    """Return the row of a summary. Two that finish at the same moment have two keys."""
    left = _LAST_OF_ALL - (summary.finished_at - _1970) // timedelta(microseconds=1)
    problems = json.dumps([asdict(problem) for problem in summary.problems], separators=(",", ":"))
    return {
        "PartitionKey": _RUN,
        "RowKey": f"{left:020}-{uuid.uuid4().hex[:8]}",
        "startedAt": summary.started_at,
        "finishedAt": summary.finished_at,
        "complete": summary.complete,
        "customers": summary.customers,
        "credentials": summary.credentials,
        "due": summary.due,
        "sent": summary.sent,
        "couldNotCheck": summary.could_not_check,
        **pieces("problems", problems),
    }


def _to_summary(row: TableEntity) -> Summary:
    """Return the summary of a row. Raises what `DAMAGED` lists."""
    return Summary(
        started_at=moment(row["startedAt"]),
        finished_at=moment(row["finishedAt"]),
        complete=only(bool, row["complete"]),
        customers=only(int, row["customers"]),
        credentials=only(int, row["credentials"]),
        due=only(int, row["due"]),
        sent=only(int, row["sent"]),
        could_not_check=only(int, row["couldNotCheck"]),
        problems=tuple(Problem(**known(Problem, read)) for read in json.loads(joined("problems", row))),
    )


def _read(row: TableEntity) -> Summary | None:
    try:
        return _to_summary(row)
    except DAMAGED:
        _log.warning("cannot read the row %s of %s in the table %s", row["RowKey"], _RUN, TABLE)
        return None
