"""A look-up of ten parts through the real client, whose first four hang or fail."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.patience import Patience
from lib.domain.configuration import Details
from lib.domain.microsoft import AppToken, UserToken
from lib.domain.reading import Reader
from lib.ports import Deadline
from lib.ports.graph import GraphAnswer, Seat, Tally
from lib.usecases.askers import AsApplication
from lib.usecases.look_up import LookUp
from lib.usecases.questions import Questions, Source
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_graph import ADA
from tests.domain.clocks import FakeZones, ask
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault, asks_for
from tests.sandbox.world import demo
from tests.sandbox.world.mailboxes import Mailbox

PEOPLE = tuple(f"p{number}@contoso.com" for number in range(200))
FIRST_FOUR = asks_for(*PEOPLE[:80:20])  # one of each part


class Watched(GraphClient):
    """Notes which part is asked for after how many tries, and at which moment it is answered."""

    def __init__(self, http: Http, graph_url: str) -> None:
        super().__init__(http, graph_url)
        self.asked: list[tuple[int, int]] = []
        self.answered: dict[int, float] = {}

    async def get_schedule(
        self,
        token: AppToken | UserToken,
        seat: Seat,
        body: Mapping[str, Any],
        deadline: Deadline,
        tally: Tally,
        tries: int = 0,
    ) -> GraphAnswer:
        """See `lib.ports.graph`."""
        part = PEOPLE.index(body["schedules"][0]) // 20
        self.asked.append((part, tries))
        answer = await super().get_schedule(token, seat, body, deadline, tally, tries)
        self.answered[part] = time.monotonic()
        return answer


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """A client that gives up a try after a second."""
    client = Http(microsoft.entra_url, microsoft.graph_url, patience=Patience(longest_try=1, first_pause=1))
    yield client
    await client.close()


@pytest.fixture
def graph(microsoft: SimulatedMicrosoft, http: Http) -> Watched:
    mailboxes = microsoft.world.tenants[demo.CONTOSO].mailboxes
    for number, address in enumerate(PEOPLE):
        mailboxes[address] = Mailbox(address, address, f"0d0d0d0d-0000-4000-8000-{number:012}")
    return Watched(http, microsoft.graph_url)


def look_up_of(graph: GraphClient, entra: EntraClient, seconds: float = 30) -> LookUp:
    """Return a look-up of ten parts."""
    asker, reader = AsApplication(contoso(), entra, ADA, False), Reader(Details.TIME, FakeZones())
    source, questions = Source("contoso", "m1", "m1"), Questions(graph)
    return LookUp(source, asker, ask(*PEOPLE), PEOPLE, reader, questions, soon(seconds), Tally())


def views(look_up: LookUp) -> list[str]:
    """Return what is known of somebody of each part."""
    known = look_up.known()
    return [getattr(known[person], "view", None) or known[person].code for person in PEOPLE[::20]]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("graph", mode="hang", times=4), id="hang"),
        pytest.param(Fault("graph", status=503, times=4), id="503"),
        pytest.param(Fault("graph", mode="reset", times=4), id="reset"),
        pytest.param(Fault("graph", status=200, body=b"<html>", times=4), id="HTML"),
    ],
)
async def test_the_other_six_are_asked_before_the_first_four_are_repeated(
    graph: Watched, entra: EntraClient, microsoft: SimulatedMicrosoft, fault: Fault
):
    microsoft.faults.append(fault)
    look_up = look_up_of(graph, entra)

    await look_up.run()

    assert graph.asked[:10] == [(part, 0) for part in range(10)]
    assert sorted(graph.asked[10:]) == [(part, 1) for part in range(4)]
    assert views(look_up) == ["0000"] * 10
    assert microsoft.count("graph") == look_up.tally.requests == 14
    assert not graph._gates


async def test_what_hangs_again_and_again_costs_only_the_people_it_is_about(
    graph: Watched, entra: EntraClient, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang", where=FIRST_FOUR))
    look_up = look_up_of(graph, entra, seconds=3)

    await look_up.run()

    assert views(look_up) == ["microsoftTimeout"] * 4 + ["0000"] * 6
    assert graph.answered.keys() == set(range(4, 10))
