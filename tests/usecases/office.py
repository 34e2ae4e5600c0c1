"""A saved customer and everything around it, for tests of the checks, of consent and of connections."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lib.domain.checkup import Report
from lib.domain.clouds import CLOUDS
from lib.domain.configuration import Consent, Customer, Draft
from lib.domain.connection import Connection, user_key
from lib.domain.consent import Answer, Ending, Finish, Start
from lib.domain.microsoft import GraphRefused
from lib.domain.saving import activated, save
from lib.ports import Deadline
from lib.usecases.adoption import Adoption
from lib.usecases.checks import Chain
from lib.usecases.credentials import Credentials
from lib.usecases.finish_consent import FinishAdmin, finish_consent
from lib.usecases.finish_sign_in import FinishSignIn
from lib.usecases.invite_admin import invite_admin
from lib.usecases.invite_user import invite_user
from lib.usecases.renewals import Renewals
from lib.usecases.sign_ins import SignIns
from lib.usecases.start_consent import start_consent
from lib.usecases.test_configuration import test_configuration as run_checkup
from tests.usecases.consent_fakes import FakeConsents
from tests.usecases.fakes import (
    DRAFT,
    NOW,
    TENANT,
    FakeCustomers,
    FakeEntra,
    FakeGraph,
    FakeVault,
    Steps,
    marks,
)
from tests.usecases.user_fakes import ADA, OID, FakeConnections, FakeSealer, FakeUserEntra, grant_of

CALENDAR = ("Calendars.ReadBasic.All",)
DENIED = GraphRefused(403, "ErrorAccessDenied")
YES = Answer(consented=True, tenant=TENANT)
CODE = Answer(code="code-1")
USER_DRAFT = replace(DRAFT, access=replace(DRAFT.access, consent=Consent.USER))
BACK = "https://ats.example/back"
REDIRECT_URI = "https://app.example/mobile/getcalendar"


class Office:
    """A customer that was saved, and everything around it; the clock is `now`, all steps are counted together."""

    def __init__(self, roles: tuple[str, ...] = CALENDAR, draft: Draft = DRAFT) -> None:
        self.now, self.draft, self.steps = NOW, draft, Steps()
        self.customers, self.vault, self.consents = (
            FakeCustomers(self.steps),
            FakeVault(self.steps),
            FakeConsents(self.steps),
        )
        self.connections, self.sealer = FakeConnections(self.steps), FakeSealer(self.steps)
        self.entra, self.graph, self.user_entra = FakeEntra(roles=roles), FakeGraph(), FakeUserEntra()
        self.random = self._random()
        self.saved = save(None, "contoso", draft, secret_version="v1", now=NOW, mark="m1")

        self.credentials = Credentials(self.vault)
        self.adoption = Adoption(self.customers, self.credentials, self.entra)
        self.renewals = Renewals(self.connections, self.sealer, self.user_entra, self.clock)
        self.chain = Chain(self.entra, self.graph, (REDIRECT_URI,), near_days=60)
        self.sign_ins = SignIns(
            CLOUDS["global"], self.credentials, self.consents, (REDIRECT_URI,), self.clock, lambda: next(self.random)
        )
        self.by_user = FinishSignIn(self.customers, self.sign_ins, self.renewals, self.entra, self.graph)
        self.by_admin = FinishAdmin(
            self.customers, self.consents, self.credentials, self.renewals, self.chain, self.clock, pauses=(0.0, 0.0)
        )

    def clock(self) -> datetime:
        return self.now

    @staticmethod
    def _random() -> Iterator[str]:
        yield from (f"{number:043d}" for number in range(1, 999))

    async def prepare(self, *, active: bool = False) -> "Office":
        """Store the customer and its secret; `active`: as if it had been tested."""
        await self.vault.write(self.saved.secret_name(), "s3cret", self.draft.secret_expires)
        tested = activated(self.saved, "m1", tenant=TENANT) if active else None
        self.customers.put(tested or self.saved)
        return self

    async def connect(self, user: str = ADA, name: str = "0", **fields: Any) -> Connection:
        """Store a connection of this user; `fields` are the connection's own, `lasts` its token's."""
        lasts = {"lasts": fields.pop("lasts")} if "lasts" in fields else {}
        connection = Connection("contoso", "m1", user_key(user), TENANT, OID, b"", NOW, NOW)
        connection = replace(connection, **fields)
        sealed = await self.sealer.seal(grant_of(name, **lasts).as_text(), connection.identity)
        return self.connections.put(replace(connection, sealed=fields.get("sealed", sealed))).connection

    async def examine(self, draft: Draft | None = None, user: str = "recruiter@contoso.com") -> Report:
        return await run_checkup(
            "contoso",
            user,
            draft,
            customers=self.customers,
            credentials=self.credentials,
            renewals=self.renewals,
            chain=self.chain,
            adoption=self.adoption,
            now=self.clock,
            random=marks(),
            deadline=Deadline.after(30),
        )

    async def open(self, url: str) -> tuple[str, str]:
        """Open a link; return the state sent to Microsoft and the cookie's value."""
        return state_of(await self.start(url))

    async def start(self, url: str) -> Start:
        return await start_consent(url.rpartition("/")[2], customers=self.customers, sign_ins=self.sign_ins)

    async def invite(self, return_url: str | None = BACK) -> str:
        url, _ = await invite_admin("contoso", return_url, customers=self.customers, sign_ins=self.sign_ins)
        return url

    async def invite_user(self, user: str = ADA, return_url: str | None = BACK) -> str:
        url, _ = await invite_user("contoso", user, return_url, customers=self.customers, sign_ins=self.sign_ins)
        return url

    async def sign_in(self, user: str = ADA, answer: Answer = CODE, return_url: str | None = BACK) -> Finish | Start:
        """Invite a user, open the link, and bring this answer of Microsoft's back."""
        start = await self.start(await self.invite_user(user, return_url))
        return await self.answer(*state_of(start), answer)

    async def answer(self, state: str, binder: str, answer: Answer) -> Finish | Start:
        return await finish_consent(
            state,
            frozenset({binder}),
            answer,
            by_admin=self.by_admin,
            by_user=self.by_user,
            deadline=Deadline.after(30),
        )

    async def finish(self, state: str, binder: str, answer: Answer = YES) -> Ending:
        finish = await self.answer(state, binder, answer)
        assert isinstance(finish, Finish)
        assert finish.return_url == BACK
        return finish.ending

    def customer(self) -> Customer:
        return self.customers.get()


def state_of(start: Start) -> tuple[str, str]:
    """Return the state sent to Microsoft and the cookie's value."""
    return parse_qs(urlsplit(start.location).query)["state"][0], start.binder
