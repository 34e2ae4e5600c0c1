"""Timers: what they raise is told in our own line, and the host learns that they failed but not why."""

import json
import logging
import uuid

import azure.functions as func
import pytest
from azure.functions.timer import TimerRequest

from lib import telemetry
from lib.domain.errors import MicrosoftUnavailable
from lib.web.timers import Tick, TimerFailed, Timers


def registered(work: Tick) -> func.FunctionApp:
    app = func.FunctionApp()
    Timers(app).timer("0 0 7 * * *")(work)
    return app


async def run(work: Tick, caplog: pytest.LogCaptureFixture) -> tuple[Exception | None, list[dict]]:
    """Return what the host sees of one run, and the lines that were written."""
    [function] = registered(work).get_functions()
    handler = function.get_user_function()
    telemetry.set_up()
    failure = None
    with caplog.at_level(logging.INFO, telemetry.LOGGER):
        try:
            await handler(TimerRequest(past_due=False))
        except TimerFailed as failed:
            failure = failed
    return failure, [json.loads(record.message) for record in caplog.records if record.name == telemetry.LOGGER]


def test_a_timer_is_registered_under_the_name_of_its_work():
    async def sweep(tick: func.TimerRequest) -> None:
        """Do nothing."""

    [function] = registered(sweep).get_functions()

    assert function.get_function_name() == "sweep"
    binding = json.loads(function.get_function_json())["bindings"][0]
    assert (binding["type"], binding["schedule"], binding["useMonitor"]) == ("timerTrigger", "0 0 7 * * *", True)


async def test_a_run_that_ends_well_writes_nothing_of_its_own(caplog: pytest.LogCaptureFixture):
    ticks = []

    async def sweep(tick: func.TimerRequest) -> None:
        ticks.append(tick.past_due)

    assert await run(sweep, caplog) == (None, [])
    assert ticks == [False]


async def test_a_bug_is_told_by_its_place_and_never_by_its_text(caplog: pytest.LogCaptureFixture):
    async def sweep(tick: func.TimerRequest) -> None:
        raise KeyError("secret-inside")

    failure, [line] = await run(sweep, caplog)

    assert line["event"] == "timerFailed"
    assert (line["function"], line["exception"]) == ("sweep", "KeyError")
    assert line["at"].startswith("test_timers.py:")
    assert caplog.records[-1].levelno == logging.ERROR
    assert failure is not None
    assert failure.__cause__ is None
    assert failure.__suppress_context__, "the host writes the causes, too"
    assert "secret-inside" not in str(failure) + caplog.text


async def test_an_outage_is_told_with_its_remedy(caplog: pytest.LogCaptureFixture):
    async def sweep(tick: func.TimerRequest) -> None:
        raise MicrosoftUnavailable("The tables cannot be used.", remedy="Look at them.")

    _, [line] = await run(sweep, caplog)

    assert (line["error"], line["text"]) == ("microsoftUnavailable", "The tables cannot be used. Look at them.")


async def test_notes_of_a_run_name_the_timer(caplog: pytest.LogCaptureFixture):
    async def sweep(tick: func.TimerRequest) -> None:
        logging.getLogger(telemetry.LOGGER).warning("one was left out")

    _, [line] = await run(sweep, caplog)

    assert uuid.UUID(line.pop("requestId"))
    assert line == {"event": "note", "text": "one was left out", "function": "sweep"}
