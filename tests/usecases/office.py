"""A saved customer and everything around it, for tests of the checks and of consent."""

from lib.domain.checkup import Report
from lib.domain.clouds import CLOUDS
from lib.domain.configuration import Customer
from lib.domain.consent import AdminAnswer, Ending
from lib.domain.microsoft import GraphRefused
from lib.domain.saving import save
from lib.ports import Deadline
from lib.usecases.checks import Chain
from lib.usecases.finish_consent import finish_consent
from lib.usecases.invite_admin import invite_admin
from lib.usecases.start_consent import start_consent
from lib.usecases.test_configuration import test_configuration as run_checkup
from tests.usecases.fakes import DRAFT, NOW, TENANT, FakeConsents, FakeCustomers, FakeEntra, FakeGraph, FakeVault, marks

CALENDAR = ("Calendars.ReadBasic.All",)
DENIED = GraphRefused(403, "ErrorAccessDenied")
YES = AdminAnswer(None, (), consented=True, tenant=TENANT)


class Office:
    """A customer that was saved, and everything around it; the clock is `now`."""

    def __init__(self, roles: tuple[str, ...] = CALENDAR) -> None:
        self.now = NOW
        self.customers, self.vault, self.consents = FakeCustomers(), FakeVault(), FakeConsents()
        self.entra, self.graph = FakeEntra(roles=roles), FakeGraph()
        self.chain = Chain(self.entra, self.graph, ("https://app.example/mobile/getcalendar",), near_days=60)
        self.random = iter(f"{number:043d}" for number in range(1, 99))
        self.saved = save(None, "contoso", DRAFT, secret_version="v1", now=NOW, mark="m1")

    async def prepare(self) -> "Office":
        await self.vault.write(self.saved.secret_name(), "s3cret", DRAFT.secret_expires)
        self.customers.put(self.saved)
        return self

    async def examine(self) -> Report:
        return await run_checkup(
            "contoso",
            "recruiter@contoso.com",
            None,
            customers=self.customers,
            vault=self.vault,
            chain=self.chain,
            now=lambda: self.now,
            random=marks(),
            deadline=Deadline.after(30),
        )

    async def open(self, url: str) -> tuple[str, str]:
        """Open a link; return the state sent to Microsoft and the cookie's value."""
        start = await start_consent(
            url.rpartition("/")[2],
            cloud=CLOUDS["global"],
            basic_application_id=None,
            default_redirect_uri="https://app.example/mobile/getcalendar",
            customers=self.customers,
            consents=self.consents,
            now=lambda: self.now,
            random=lambda: next(self.random),
        )
        return start.location.rpartition("state=")[2], start.binder

    async def invite(self) -> str:
        url, _ = await invite_admin(
            "contoso",
            "https://ats.example/back",
            default_redirect_uri="https://app.example/mobile/getcalendar",
            customers=self.customers,
            consents=self.consents,
            now=lambda: self.now,
            random=lambda: next(self.random),
        )
        return url

    async def finish(self, state: str, binder: str, answer: AdminAnswer = YES) -> Ending:
        finish = await finish_consent(
            state,
            frozenset({binder}),
            answer,
            customers=self.customers,
            consents=self.consents,
            vault=self.vault,
            chain=self.chain,
            now=lambda: self.now,
            deadline=Deadline.after(30),
            pauses=(0.0, 0.0),
        )
        assert finish.return_url == "https://ats.example/back"
        return finish.ending

    def customer(self) -> Customer:
        return self.customers.get()
