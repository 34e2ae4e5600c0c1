"""How a piece of work becomes a timer of Azure's."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import azure.functions as func

from lib import telemetry
from lib.domain.errors import CalendarError

Tick = Callable[[func.TimerRequest], Awaitable[None]]


class TimerFailed(Exception):
    """What the host is told of a run that failed; why stands in our own line, since the host would keep any text."""


@dataclass(frozen=True)
class Timers:
    """Registers timers with a function app."""

    app: func.FunctionApp

    def timer(self, schedule: str) -> Callable[[Tick], Tick]:
        """Register the work below as a timer of its own name; `schedule` is NCRONTAB, in UTC."""

        def register(work: Tick) -> Tick:
            function = work.__name__

            async def handler(timer: func.TimerRequest) -> None:
                await _run(function, work, timer)

            handler.__name__ = function
            handler.__doc__ = work.__doc__
            named = self.app.function_name(function)
            named(self.app.timer_trigger(arg_name="timer", schedule=schedule, use_monitor=True)(handler))
            return work

        return register


async def _run(function: str, work: Tick, timer: func.TimerRequest) -> None:
    run = str(uuid.uuid4())
    telemetry.begin(function, run)
    try:
        await work(timer)
    except Exception as problem:  # noqa: BLE001, RUF100  the last resort of this trigger
        line = {"function": function, "requestId": run, **telemetry.place(problem)}
        if isinstance(problem, CalendarError):
            line |= {"error": problem.code, "text": f"{problem.message} {problem.remedy or ''}".strip()}
        telemetry.write("timerFailed", line, problem=True)
        raise TimerFailed(f"{function} failed: see its line timerFailed.") from None
