"""The connector's use case with everything it takes, and its answers as the bytes that a caller gets."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from lib.adapters.zones import TimeZones
from lib.domain.configuration import Access, ConfigurationType, Consent, Details, Draft, Wishes
from lib.domain.microsoft import AppToken
from lib.domain.saving import activated, save
from lib.domain.schedule import ScheduleRequest
from lib.ports import Credential, Deadline, Entra
from lib.ports.graph import Graph, Tally
from lib.usecases.adoption import Adoption
from lib.usecases.askers import Askers
from lib.usecases.credentials import Credentials
from lib.usecases.get_schedule import GetSchedule
from lib.usecases.questions import Questions
from lib.usecases.renewals import Renewals
from lib.usecases.user_tokens import UserTokens
from lib.web.schedule_answer import write_schedules
from lib.web.schedule_form import read_schedule_request
from tests.model.questions import Call
from tests.usecases.fakes import NOW, FakeCustomers, FakeEntra, FakeVault
from tests.usecases.user_fakes import FakeConnections, FakeSealer, FakeUserEntra

CONTEXT = "https://graph.example/v1.0/$metadata#Collection(microsoft.graph.scheduleInformation)"
_TENANT = "11111111-0000-0000-0000-000000000001"
_APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"


class AnyToken(FakeEntra):
    """Gives a token to everybody, for a Graph that does not look at it."""

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        return AppToken("token", 2e9, credential.tenant, ("Calendars.ReadBasic.All",), fetched_at=time.time())


@dataclass(frozen=True)
class Answer:
    """What came of a call: Graph's `value`, and what it cost."""

    value: list[dict[str, Any]]
    tally: Tally


class Connector:
    """One process. Each of its customers asks as the application."""

    def __init__(self, graph: Graph, entra: Entra | None = None) -> None:
        self.customers, self.vault = FakeCustomers(), FakeVault()
        entra = entra or AnyToken()
        credentials = Credentials(self.vault)
        renewals = Renewals(FakeConnections(), FakeSealer(), FakeUserEntra(), lambda: NOW)
        self.zones = TimeZones()
        self.get_schedule = GetSchedule(
            self.customers,
            Askers(credentials, entra, UserTokens(renewals)),
            Questions(graph),
            Adoption(self.customers, credentials, entra),
            self.zones,
        )

    async def add(
        self,
        customer: str,
        *,
        full: bool = False,
        tenant: str = _TENANT,
        application_id: str = _APPLICATION,
        secret: str = "s3cret",
    ) -> None:
        """Add a customer whose configuration was tested. `full`: its callers see what Graph tells of meetings."""
        wishes = Wishes(Details.FULL if full else Details.TIME)
        draft = Draft(Access(ConfigurationType.ADVANCED, tenant, application_id, Consent.ADMIN), wishes)
        saved = save(None, customer, draft, secret_version="", now=NOW, mark="m1")
        version = await self.vault.write(saved.secret_name(), secret, draft.secret_expires)
        assert saved.newest is not None
        saved = replace(saved, newest=replace(saved.newest, secret_version=version))
        active = activated(saved, "m1", tenant=tenant, scoped=False)
        assert active is not None
        self.customers.put(active)

    def read(self, call: Call) -> ScheduleRequest:
        """Return a call as the function reads it."""
        return read_schedule_request(call.body, call.prefer, self.zones)

    async def ask(self, customer: str, user: str, call: Call, *, seconds: float = 25.0) -> Answer:
        """Return the answer to a call, from the bytes that the caller gets. Raises the contract's errors."""
        tally, request = Tally(), self.read(call)
        answers = await self.get_schedule.run(customer, user, request, Deadline.after(seconds), tally)
        return Answer(read_answer(await write_schedules(answers, request.zone, CONTEXT)), tally)


def read_answer(text: bytes, *, context: Callable[[str], bool] = CONTEXT.__eq__) -> list[dict[str, Any]]:
    """Return the `value` of an answer, which has nothing else but its context; no object may name a property twice."""
    document = json.loads(text, object_pairs_hook=_once)
    assert list(document) == ["@odata.context", "value"]
    assert context(document["@odata.context"])
    return list(document["value"])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), [name for name, _ in pairs]
    return found
