"""Runs timer functions, on schedule or on demand."""

import asyncio
import json
import logging
from datetime import UTC, datetime

from tests.sandbox.host.functions import TimerFunction
from tests.sandbox.host.messages import TypedData
from tests.sandbox.host.worker import FunctionFailedError, invoke

_log = logging.getLogger("host.timers")
_LONGEST_SLEEP = 60.0  # then look at the clock again: a laptop may have been suspended


async def run_timer(timer: TimerFunction, reason: str) -> None:
    """Run the function once and log how it went; never raises because the function failed."""
    _log.info("Running %s (%s).", timer.name, reason)
    information = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": None, "IsPastDue": False}
    try:
        await invoke(timer.function_id, timer.argument, TypedData(json=json.dumps(information)))
    except FunctionFailedError as error:
        _log.error("%s failed: %s", timer.name, error)
    else:
        _log.info("%s succeeded.", timer.name)


async def keep_running(timer: TimerFunction) -> None:
    """Run the function on its schedule for ever; occurrences during a run are skipped, as in Azure."""
    if timer.run_on_startup:
        await run_timer(timer, "at start")
    while (due := timer.schedule.next_after(datetime.now(UTC))) is not None:
        await _sleep_until(due)
        await run_timer(timer, "on schedule")


async def _sleep_until(due: datetime) -> None:
    while True:
        remaining = (due - datetime.now(UTC)).total_seconds()
        if remaining <= 0:
            return
        await asyncio.sleep(min(remaining, _LONGEST_SLEEP))
