"""Whatever is asked of whatever Graph in however many parts: the joined answer is that of a Graph without limits.

Without a network, so with many examples, among them a thousand people.
"""

import asyncio
import random

from hypothesis import event, given
from hypothesis import strategies as st

from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import GraphRefused
from lib.ports.graph import TryAgain
from tests.model import lies, limits
from tests.model.comparing import expect_same, expectations, is_unknown, known
from tests.model.connector import Connector
from tests.model.limited_graph import LimitedGraph
from tests.model.profile import examples
from tests.model.questions import Call, calls
from tests.sandbox.world.rules import CalendarRules

USER = "recruiter@model.example"
SEEDS = st.integers(0, 2**32)


async def ask(call: Call, graph: LimitedGraph) -> list[dict[str, object]]:
    """Return the connector's answer; its requests must be as Microsoft documents them."""
    connector = Connector(graph)
    await connector.add("model", full=call.full)
    answer = await connector.ask("model", USER, call)
    assert graph.failures == []
    return answer.value


@examples(400)
@given(call=calls(most_people=60, most_digits=8_000), rules=limits.rules(), seed=SEEDS)
async def test_the_joined_answer_is_that_of_a_graph_without_limits(call: Call, rules: CalendarRules, seed: int):
    graph = LimitedGraph(call, rules, seed)

    value = await ask(call, graph)

    gave_up = limits.may_give_up(call, rules)
    event("may give up" if gave_up else "everything must be known")
    expect_same(call, value, rules, gave_up=gave_up)


@examples(40)
@given(call=calls(most_people=1000, most_digits=300_000), rules=limits.rules(), seed=SEEDS)
async def test_a_thousand_people_are_no_different(call: Call, rules: CalendarRules, seed: int):
    graph = LimitedGraph(call, rules, seed)

    expect_same(call, await ask(call, graph), rules, gave_up=limits.may_give_up(call, rules))


@examples(250)
@given(call=calls(most_people=45, most_digits=4_000), seed=SEEDS)
async def test_whoever_graph_talks_nonsense_about_is_unknown_and_nobody_else(call: Call, seed: int):
    chance = random.Random(seed)
    expected = expectations(call)
    real = sorted({address.lower() for address, wanted in expected.items() if "error" not in wanted})
    victims = {address: chance.choice(lies.ALL) for address in real if chance.random() < 0.3}
    event(f"{min(len(victims), 3)} or more are lied about")

    value = await ask(call, LimitedGraph(call, CalendarRules(shuffled_schedules=True), seed, lies=victims))

    assert [entry["scheduleId"] for entry in value] == list(call.people.asked)
    for address, entry in zip(call.people.asked, value, strict=True):
        if address.lower() in victims or "error" in expected[address]:
            is_unknown(entry)
        else:
            assert known(entry) == expected[address]


PASSING = [
    Throttled(3),
    MicrosoftTimeout(),
    MicrosoftUnavailable("x", remedy="y"),
    GraphRefused(503, "UnknownError"),
    TryAgain(lambda: Throttled(3), 0.001),
    TryAgain(MicrosoftTimeout, 0.0),
    TryAgain(lambda: MicrosoftUnavailable("x", remedy="y"), None),
    TryAgain(lambda: GraphRefused(502, "malformedAnswer"), 0.002),
]
ENDING = [GraphRefused(403, "ErrorAccessDenied"), GraphRefused(404, "ErrorInvalidUser")]
CODES = {"throttled", "microsoftTimeout", "microsoftUnavailable", "mailboxNotReachable"}


class Trouble:
    """What requests meet by chance: failures, refusals that end the call, or no answer at all; or all of them."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._share = self._random.choice([0.05, 0.2, 0.5])
        kinds = self._random.choice([["fail"], ["end"], ["end"], ["hang"], ["fail", "end", "hang"]])
        self._kinds: list[str] = kinds
        self.hangs = "hang" in kinds

    async def __call__(self) -> None:
        if self._random.random() > self._share:
            return
        match self._random.choice(self._kinds):
            case "fail":
                raise self._random.choice(PASSING)
            case "end":
                raise self._random.choice(ENDING)
            case _:
                await asyncio.sleep(60)


@examples(80)
@given(call=calls(most_people=60, most_digits=30_000, long=True), seed=SEEDS)
async def test_whoever_was_not_read_whole_is_unknown_and_everybody_else_is_known(call: Call, seed: int):
    trouble = Trouble(seed)
    graph = LimitedGraph(call, CalendarRules(), seed, trouble=trouble)
    connector = Connector(graph)
    await connector.add("model", full=call.full)
    expected = expectations(call)

    def in_time(address: str) -> bool:
        """Tell whether Graph has answered all of an address's window before it refused the call itself."""
        answered = graph.answered if graph.answered_in_time is None else graph.answered_in_time
        return answered[address.lower()] == call.window.slots

    try:
        answer = await connector.ask("model", USER, call, seconds=0.1 if trouble.hangs else 25)
    except CalendarError as problem:
        event("an error")
        assert problem.code in CODES
        assert trouble.hangs or not any(in_time(address) for address in expected if "error" not in expected[address])
        return

    codes = {entry["error"]["responseCode"] if "error" in entry else "known" for entry in answer.value}
    assert not codes & CODES or codes - CODES - {"incompleteAnswer"}, "nobody was read, so it must be an error"
    for address, entry in zip(call.people.asked, answer.value, strict=True):
        assert entry["scheduleId"] == address
        wanted = expected[address]
        if "error" not in entry:
            assert graph.answered[address.lower()] == call.window.slots
            assert known(entry) == wanted
        else:
            assert is_unknown(entry) in CODES | wanted.get("error", set())
            assert "error" in wanted or trouble.hangs or not in_time(address)
