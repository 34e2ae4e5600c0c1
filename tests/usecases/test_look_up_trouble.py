"""When a problem of whole requests is an error, which of several is told, and when it is none."""

import itertools
from typing import Any

import pytest

from lib.domain.errors import CalendarError, MicrosoftTimeout, Throttled
from lib.domain.microsoft import EntraRefused, GraphRefused
from tests.domain.clocks import ask, crowd
from tests.domain.tiny_graph import failed, free
from tests.usecases.exchange import Desk, Request, Says, codes, expect_no_complaint

SIXTY = crowd(60)
OUT_OF_SCOPE = GraphRefused(403, "ErrorAccessDenied")
UNDERSTOOD_BY_NOBODY = GraphRefused(400, "TimeZoneNotSupportedException")
# From what is told first to what is told last (contract: 409 before 429 before 504 before 502).
RANKED: list[tuple[Exception, int]] = [
    (OUT_OF_SCOPE, 409),
    (Throttled(7), 429),
    (MicrosoftTimeout(), 504),
    (GraphRefused(500, None), 502),
    (UNDERSTOOD_BY_NOBODY, 400),
]


def in_turn(*ends: Any) -> Says:
    """Return a Graph whose first request ends so, the second so, and so on; the last of them stands for the rest."""
    ends_by_people: dict[tuple[str, ...], Any] = {}

    def says(request: Request) -> list[Any]:
        end = ends_by_people.setdefault(request.people, ends[min(len(ends_by_people), len(ends) - 1)])
        if isinstance(end, Exception):
            raise end
        return [end(person, request.body) for person in request.people]

    return says


async def error_of(desk: Desk, people: tuple[str, ...] = SIXTY) -> CalendarError:
    with pytest.raises(CalendarError) as problem:
        await desk.ask(ask(*people))
    return problem.value


@pytest.mark.parametrize(("problem", "status"), RANKED, ids=str)
async def test_when_everything_failed_it_is_an_error(problem: Exception, status: int):
    with expect_no_complaint():
        assert (await error_of(Desk(in_turn(problem)))).status == status


@pytest.mark.parametrize(("first", "other"), list(itertools.combinations(RANKED, 2)), ids=str)
@pytest.mark.parametrize("turned", [False, True])
async def test_of_several_problems_the_one_that_says_most_is_told(
    first: tuple[Exception, int], other: tuple[Exception, int], turned: bool
):
    ends = [first[0], other[0]]

    problem = await error_of(Desk(in_turn(*(reversed(ends) if turned else ends))))

    assert problem.status == first[1]


async def test_of_several_pauses_the_longest_is_told():
    problem = await error_of(Desk(in_turn(Throttled(3), Throttled(70), Throttled(5))))

    assert isinstance(problem, Throttled)
    assert problem.retry_after == 70


@pytest.mark.parametrize(("problem", "status"), RANKED[1:], ids=str)
async def test_who_was_read_is_answered_whatever_befell_the_others(problem: Exception, status: int):
    known = codes(await Desk(in_turn(problem, free, problem)).ask(ask(*SIXTY)))

    assert [known[person] for person in SIXTY[20:40]] == ["0000"] * 20
    assert len({known[person] for person in (*SIXTY[:20], *SIXTY[40:])} - {"0000"}) == 1


async def test_once_somebody_was_read_a_refusal_is_told_of_the_others():
    """Four are asked side by side, so the first is answered when the second is refused."""
    known = codes(await Desk(in_turn(free, OUT_OF_SCOPE)).ask(ask(*SIXTY)))

    assert [known[person] for person in SIXTY] == ["0000"] * 20 + ["mailboxNotReachable"] * 40


@pytest.mark.parametrize(("problem", "status"), RANKED[1:], ids=str)
async def test_what_graph_says_of_an_address_is_an_answer_although_the_rest_failed(problem: Exception, status: int):
    def nobody(person: str, body: object) -> dict[str, Any]:
        return failed(person, "5009")

    known = codes(await Desk(in_turn(problem, nobody, problem)).ask(ask(*SIXTY)))

    assert [known[person] for person in SIXTY[20:40]] == ["5009"] * 20
    assert "5009" not in [known[person] for person in (*SIXTY[:20], *SIXTY[40:])]


async def test_what_cannot_be_believed_is_not_read_so_that_a_problem_is_told():
    def garbled(person: str, body: object) -> dict[str, Any]:
        return {"scheduleId": person}

    assert (await error_of(Desk(in_turn(Throttled(7), garbled)))).status == 429


async def test_what_cannot_be_believed_is_an_answer_if_there_was_no_problem():
    known = codes(await Desk(lambda request: [{"scheduleId": person} for person in request.people]).ask(ask(*SIXTY)))

    assert set(known.values()) == {"incompleteAnswer"}


@pytest.mark.parametrize(
    ("refused", "status"),
    [(EntraRefused([7000222], "invalid_client"), 409), (EntraRefused([90033], "temporarily_unavailable"), 502)],
)
async def test_without_a_token_nobody_is_asked(refused: EntraRefused, status: int):
    desk = Desk()
    desk.entra.refusals.append(refused)

    assert (await error_of(desk)).status == status
    assert desk.graph.requests == []


async def test_a_reason_is_told_with_its_remedy_and_without_graphs_text():
    desk = Desk(in_turn(free, Throttled(7)))

    known = await desk.ask(ask(*SIXTY))

    told = known["p20@x.com"]
    assert told == known["p59@x.com"]
    assert codes({"p": told}) == {"p": "throttled"}
    assert getattr(told, "message", "").startswith(str(Throttled(7)))
    assert str(Throttled(7).remedy) in getattr(told, "message", "")


async def test_a_bug_is_not_taken_for_an_answer():
    with expect_no_complaint(), pytest.raises(KeyError):
        await Desk(in_turn(KeyError("bug"))).ask(ask(*SIXTY))
