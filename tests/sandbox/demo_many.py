"""The demo's large look-up: many people, a long time, and a Microsoft 365 that fails every other time."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.sandbox.microsoft import Chaos
from tests.sandbox.world import demo as world
from tests.sandbox.world.demo_parts import person
from tests.sandbox.world.mailboxes import Meeting

if TYPE_CHECKING:
    from tests.sandbox.demo import Demo

_PEOPLE, _DAYS, _HOURS = 300, 60, 24
_TROUBLE = ("429", "500", "502", "503", "504", "reset", "truncate")


class ManyPeople:
    """The step, within a demo that has set up Contoso."""

    def __init__(self, demo: "Demo") -> None:
        self._demo = demo
        self._microsoft = demo.stack.microsoft

    def run(self) -> None:
        """Do it. Raises StepFailed."""
        self._demo.step(f"Look up {_PEOPLE} people for {_DAYS} days, while half of Graph's answers fail")
        today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        busy = {address: number * 7 % (_DAYS * _HOURS) for number, address in enumerate(self._add_people(today))}
        chaos = Chaos("graph", "getSchedule", share=0.5, seed=7, kinds=_TROUBLE)
        self._microsoft.faults.append(chaos)
        body = {
            "schedules": [*busy, "nobody@contoso.com"],
            "startTime": {"dateTime": today.replace(tzinfo=None).isoformat()},
            "endTime": {"dateTime": (today + timedelta(days=_DAYS)).replace(tzinfo=None).isoformat()},
            "availabilityViewInterval": 60,
        }
        path = "/customers/contoso/users/recruiter@contoso.com/calendar/getSchedule"
        answer = self._demo.call("POST", path, 200, json=body)
        self._microsoft.faults.remove(chaos)
        known = {
            entry["scheduleId"]: entry["availabilityView"] for entry in answer.json()["value"] if "error" not in entry
        }
        wrong = [address for address, view in known.items() if view != _view(busy[address])]
        print(f"   {len(known)} people read, {len(body['schedules']) - len(known)} unknown, {len(wrong)} wrong")
        print(f"   Graph was asked {chaos.done.total()} times and answered {chaos.done['none']} times")
        print(f"   Server-Timing: {answer.headers['Server-Timing']}")
        self._demo.expect_that(not wrong, "nobody may be shown as free who is busy")
        self._demo.expect_that("nobody@contoso.com" not in known, "who cannot be read is unknown, never free")
        self._demo.expect_that(len(known) > _PEOPLE / 2, "most people must be read in spite of it")

    def _add_people(self, today: datetime) -> list[str]:
        """Let Contoso grow; everybody has one meeting of an hour, each at another time."""
        tenant = self._demo.stack.world.tenants[world.CONTOSO]
        starts = [today + timedelta(hours=number * 7 % (_DAYS * _HOURS)) for number in range(_PEOPLE)]
        meetings = [Meeting(start, start + timedelta(hours=1), subject="Interview") for start in starts]
        return [person(tenant, f"Colleague{number}", meeting).address for number, meeting in enumerate(meetings)]


def _view(busy: int) -> str:
    return "0" * busy + "2" + "0" * (_DAYS * _HOURS - busy - 1)
