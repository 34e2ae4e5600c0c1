"""The ATS asks for schedules of a tested customer, in a process that has just started."""

from dataclasses import replace

import pytest

from lib.domain.configuration import Draft, Wishes
from lib.domain.errors import CalendarError
from lib.domain.free_busy import Answer, FreeBusy, Unread
from lib.domain.saving import activated
from lib.domain.schedule import ScheduleRequest
from lib.ports import Deadline
from lib.ports.graph import Tally
from lib.usecases.adoption import Adoption
from lib.usecases.askers import Askers
from lib.usecases.get_schedule import GetSchedule
from lib.usecases.questions import Questions
from lib.usecases.user_tokens import UserTokens
from tests.domain.clocks import FakeZones, ask
from tests.usecases.exchange import Exchange, ThriftyEntra
from tests.usecases.fakes import DRAFT, TENANT
from tests.usecases.office import CALENDAR, Office

RECRUITER = "recruiter@contoso.com"


class ScheduleDesk(Office):
    """An office whose Graph can be held; `tally` is that of the last call."""

    graph: Exchange

    def __init__(self, draft: Draft = DRAFT, *, scoped: bool = False, wishes: Wishes | None = None) -> None:
        super().__init__(draft=replace(draft, wishes=wishes or draft.wishes))
        self.scoped, self.graph = scoped, Exchange()
        self.entra = ThriftyEntra(() if scoped else CALENDAR)
        self.adoption = Adoption(self.customers, self.credentials, self.entra)
        self.tally = Tally()
        self.start_process()

    def start_process(self) -> None:
        """Forget what a process remembers."""
        self.askers = Askers(self.credentials, self.entra, UserTokens(self.renewals))
        self.get_schedule = GetSchedule(self.customers, self.askers, Questions(self.graph), self.adoption, FakeZones())

    async def open_for_calls(self) -> "ScheduleDesk":
        """Store the customer and its secret as tested, and forget the steps that took."""
        await self.prepare(active=True)
        if self.scoped:
            customer = activated(self.saved, "m1", tenant=TENANT, scoped=True)
            assert customer is not None
            self.customers.put(customer)
        self.steps.taken.clear()
        return self

    async def ask(self, *people: str, user: str = RECRUITER, seconds: float = 5) -> list[Answer]:
        """Ask for four hours of these people."""
        return await self.call(ask(*(people or ("ada@contoso.com",))), user=user, seconds=seconds)

    async def call(self, call: ScheduleRequest, *, user: str = RECRUITER, seconds: float = 5) -> list[Answer]:
        self.tally = Tally()
        return await self.get_schedule.run("contoso", user, call, Deadline.after(seconds), self.tally)

    async def error(self, *people: str, user: str = RECRUITER) -> CalendarError:
        with pytest.raises(CalendarError) as problem:
            await self.ask(*people, user=user)
        return problem.value

    def tokens_used(self) -> list[str]:
        return [request.token for request in self.graph.requests]


def told(answers: list[Answer]) -> list[tuple[str, str]]:
    """Return each address with its view, or with the code of why it was not read."""
    return [(address, found.view if isinstance(found, FreeBusy) else found.code) for address, found in answers]


def expect_unread(found: FreeBusy | Unread) -> Unread:
    assert isinstance(found, Unread), found
    return found
