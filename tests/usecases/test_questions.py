"""Identical questions that are under way share one request; nothing is kept once it is answered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import AppToken, GraphRefused
from lib.domain.schedule import Part
from lib.domain.zones import UTC_ZONE
from lib.ports.graph import TryAgain
from lib.usecases.questions import Question, Source
from tests.domain.clocks import BERLIN, START, ask, at, between
from tests.usecases.asking import OF_USER, PEOPLE, QUESTION, Callers, as_application, as_user
from tests.usecases.exchange import RECRUITER, SOURCE, expect_no_complaint, until
from tests.usecases.user_fakes import ADA, user_token


@pytest.fixture
def callers() -> Callers:
    return Callers()


async def test_identical_questions_share_one_request(callers: Callers):
    first, second, third = await callers.ask_all(QUESTION, replace(QUESTION), replace(QUESTION))

    assert len(callers.graph.requests) == 1
    assert first is second is third
    assert [(tally.requests, tally.shared) for tally in callers.tallies] == [(1, 0), (0, 1), (0, 1)]
    assert all(tally.waited > 0 for tally in callers.tallies)
    assert [tally.request_ids for tally in callers.tallies] == [["r-1"]] * 3, "Microsoft's support asks for it"


def shape(people: tuple[str, ...] = PEOPLE, **more: Any) -> Callable[[Question], Question]:
    """Return a change to a question about these people."""
    call = more.pop("call", ask(*people))
    return lambda question: replace(question, call=call, part=Part(people, more.get("first", 0), more.get("last", 4)))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(shape(("bob@x.com", "ada@x.com")), id="people in another order"),
        pytest.param(shape(("ADA@X.com", "bob@x.com")), id="people in other letters"),
        pytest.param(shape(call=ask("eve@x.com", *PEOPLE)), id="another call that also asks for somebody else"),
        pytest.param(
            shape(call=ask(*PEOPLE, start=START - timedelta(hours=1), hours=9), first=1, last=5),
            id="a part of a longer window",
        ),
        pytest.param(
            shape(call=between(at("2026-11-23T10:00", BERLIN), at("2026-11-23T14:00", BERLIN), people=PEOPLE)),
            id="the same moments by another clock",
        ),
        pytest.param(lambda question: replace(question, asker=as_application()), id="another object for the same"),
    ],
)
async def test_what_makes_no_difference_to_graph_is_shared(callers: Callers, change: Callable[[Question], Question]):
    await callers.ask_all(QUESTION, change(QUESTION))

    assert len(callers.graph.requests) == 1


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda q: replace(q, source=replace(SOURCE, customer="fabrikam")), id="customer"),
        pytest.param(lambda q: replace(q, source=replace(SOURCE, generation="m2")), id="generation"),
        pytest.param(lambda q: replace(q, source=replace(SOURCE, revision="m2")), id="revision"),
        pytest.param(lambda q: replace(q, source=Source("contos", "om1", "m1")), id="names that run together"),
        pytest.param(lambda q: replace(q, asker=as_application("other@contoso.com")), id="mailbox"),
        pytest.param(lambda q: replace(q, asker=as_application(tenant="other")), id="tenant"),
        pytest.param(lambda q: replace(q, asker=as_application(application="other")), id="application"),
        pytest.param(lambda q: replace(q, asker=as_user(RECRUITER), token=user_token()), id="a user, no application"),
        pytest.param(shape(("ada@x.com",)), id="fewer people"),
        pytest.param(shape((*PEOPLE, "eve@x.com")), id="more people"),
        pytest.param(shape(("ada@x.com", "eve@x.com")), id="somebody else"),
        pytest.param(shape(call=ask(*PEOPLE, start=START + timedelta(seconds=1))), id="start"),
        pytest.param(shape(call=ask(*PEOPLE, hours=3.5)), id="end"),
        pytest.param(shape(last=3), id="part"),
        pytest.param(shape(call=ask(*PEOPLE, interval=30), last=8), id="interval"),
        pytest.param(lambda q: replace(q, call=replace(q.call, zone=BERLIN)), id="Prefer"),
        pytest.param(lambda q: replace(q, call=replace(q.call, zone=UTC_ZONE)), id="Prefer UTC"),
    ],
)
async def test_what_makes_a_difference_is_asked_for_itself(callers: Callers, change: Callable[[Question], Question]):
    await callers.ask_all(QUESTION, change(QUESTION))

    assert len(callers.graph.requests) == 2
    assert [tally.shared for tally in callers.tallies] == [0, 0]


async def test_an_address_that_only_looks_like_another_is_asked_for_itself(callers: Callers):
    kay, kelvin = shape(("kay@x.com",))(QUESTION), shape(("\u212aay@x.com",))(QUESTION)

    await callers.ask_all(kay, kelvin)

    assert len(callers.graph.requests) == 2


@pytest.mark.parametrize(
    ("other", "requests"),
    [
        pytest.param(replace(OF_USER), 1, id="the same user"),
        pytest.param(replace(OF_USER, asker=as_user(ADA.upper())), 1, id="the same user in other letters"),
        pytest.param(replace(OF_USER, asker=as_user("bob@contoso.com")), 2, id="another user"),
        pytest.param(
            replace(OF_USER, token=user_token("token 9", object_id="0d" * 18)), 2, id="another account of that name"
        ),
    ],
)
async def test_users_share_only_with_themselves(callers: Callers, other: Question, requests: int):
    await callers.ask_all(OF_USER, other)

    assert len(callers.graph.requests) == requests


async def test_what_was_answered_is_not_kept(callers: Callers):
    await callers.ask_all(QUESTION)
    await callers.ask_all(QUESTION)

    assert len(callers.graph.requests) == 2, "availability is real-time"


@pytest.mark.parametrize(
    "failure", [GraphRefused(403, "x"), MicrosoftTimeout(), TryAgain(lambda: Throttled(1), 2.5), KeyError()]
)
async def test_a_failure_is_told_to_all_and_not_kept(callers: Callers, failure: Exception):
    def says(_: object) -> list[Any]:
        raise failure

    callers.graph.says, callers.graph.failure = says, lambda problem: problem  # type: ignore[method-assign]
    with expect_no_complaint():
        assert await callers.ask_all(QUESTION, QUESTION, QUESTION) == [failure] * 3
        await callers.ask_all(QUESTION)

    assert len(callers.graph.requests) == 2


async def test_graph_is_asked_with_the_first_callers_token_seat_and_words(callers: Callers):
    await callers.ask_all(QUESTION, shape(("BOB@x.com", "ada@x.com"))(QUESTION))

    (request,) = callers.graph.requests
    assert (request.token, request.seat, request.body) == (
        "token 1",
        QUESTION.asker.seat,
        QUESTION.call.as_graph(QUESTION.part),
    )


async def test_who_comes_while_the_answer_is_on_its_way_still_shares_it(callers: Callers):
    first = callers.ask(QUESTION)
    await until(lambda: callers.graph.under_way)
    second = callers.ask(QUESTION)
    callers.graph.open()

    assert await first is await second


def test_a_question_does_not_show_its_token():
    assert "token 1" not in repr(replace(QUESTION, token=AppToken("token 1", 2e9)))
