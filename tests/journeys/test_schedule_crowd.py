"""Many getSchedule calls at once: at most four requests in flight per mailbox, and nobody waits for somebody else."""

import pytest
import requests

from tests.journeys.api import Api, Company, new_company
from tests.journeys.people import PeopleCompany, expect_connects, my_calls, working_people
from tests.journeys.schedules import (
    HOUR,
    MONDAY,
    Question,
    ask,
    asking,
    crowd,
    expect_answered,
    slow_graph,
    timed,
)
from tests.journeys.test_configuration import at_once
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person

QUESTION = Question()


def hours_later(number: int) -> Question:
    """Return a question that is not the others'."""
    return Question(MONDAY + number * HOUR, MONDAY + (number + 24) * HOUR)


def expect_four_at_most(stack: Stack, company: Company) -> None:
    """Check that Graph, which counts for itself, had four requests of each mailbox at once and never more."""
    assert {call.status for call in graph_calls(stack, company)} == {200}
    most = stack.microsoft.most_in_flight
    assert most[company.application.app_id, company.recruiter] == 4
    assert max(most.values()) == 4


def test_the_parts_of_a_call_run_side_by_side_and_never_more_than_four(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 160)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.2):
        answer, took = timed(lambda: ask(api, ready, QUESTION, *calendars))()

    expect_answered(answer, QUESTION, calendars)
    assert len(graph_calls(stack, ready)) == 8
    expect_four_at_most(stack, ready)
    assert 0.4 <= took < 1.2, "two rounds of four, not eight one after the other"


def test_many_callers_on_one_mailbox_share_the_four_and_all_are_answered(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.05):
        questions = [hours_later(number) for number in range(8)]
        answers = at_once(*(asking(stack, ready, question, *calendars) for question in questions))

    for question, answer in zip(questions, answers, strict=True):
        expect_answered(answer, question, calendars)
    assert len(graph_calls(stack, ready)) == 40
    expect_four_at_most(stack, ready)


def test_a_mailbox_is_the_same_in_any_letter_case(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.05):
        names = [ready.recruiter, ready.recruiter.upper(), ready.recruiter.title()]
        answers = at_once(
            *(asking(stack, ready, hours_later(number), *calendars, user=user) for number, user in enumerate(names * 2))
        )

    assert {answer.status_code for answer in answers} == {200}
    assert stack.microsoft.most_in_flight == {(ready.application.app_id, ready.recruiter): 4}


def test_a_mailbox_by_name_and_by_object_id_is_answered_under_either(stack: Stack, api: Api, ready: Company):
    """That both are one mailbox only Microsoft knows: if it throttles, that is waited for."""
    calendars = crowd(ready, 100)
    mailbox = ready.tenant.user(ready.recruiter)
    assert mailbox is not None

    with slow_graph(stack, 0.1):
        answers = at_once(
            *(
                asking(stack, ready, hours_later(number), *calendars, user=user)
                for number, user in enumerate([ready.recruiter, mailbox.object_id])
            )
        )

    for number, answer in enumerate(answers):
        expect_answered(answer, hours_later(number), calendars)


def test_a_small_call_does_not_starve_behind_a_big_one_of_its_mailbox(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 1000)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.1):
        (big, big_took), (small, small_took) = at_once(
            timed(asking(stack, ready, QUESTION, *calendars)),
            timed(asking(stack, ready, hours_later(1), ready.ada), after=0.25),
        )

    expect_answered(big, QUESTION, calendars)
    assert len(value(small)) == 1
    expect_four_at_most(stack, ready)
    assert big_took > 1.2
    assert small_took < big_took / 2, f"the small call took {small_took:.2f} s of the big one's {big_took:.2f} s"


def test_other_mailboxes_and_customers_do_not_wait_for_a_big_call(stack: Stack, api: Api, ready: Company):
    other = new_company(stack)
    assert api.save(other).status_code == 200
    assert api.test(other).json()["passed"] is True
    asker = person(ready.tenant, "Olga").user_principal_name
    calendars = crowd(ready, 1000)
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.1):
        (big, big_took), (mine, mine_took), (theirs, theirs_took) = at_once(
            timed(asking(stack, ready, QUESTION, *calendars)),
            timed(asking(stack, ready, QUESTION, ready.ada, user=asker), after=0.25),
            timed(asking(stack, other, QUESTION, other.ada), after=0.25),
        )

    assert {answer.status_code for answer in (big, mine, theirs)} == {200}
    assert big_took > 1.2
    assert mine_took < big_took / 3
    assert theirs_took < big_took / 3
    expect_four_at_most(stack, ready)


def test_two_big_calls_of_one_mailbox_end_in_their_turn_without_starving_each_other(stack, api: Api, ready: Company):
    calendars = crowd(ready, 400)

    with slow_graph(stack, 0.05):
        results = at_once(*(timed(asking(stack, ready, hours_later(n), *calendars), after=n / 10) for n in range(3)))

    for number, (answer, _) in enumerate(results):
        expect_answered(answer, hours_later(number), calendars)


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A company of user consent whose recruiter and ada are connected."""
    company = working_people(stack, api)
    expect_connects(stack, api, company, company.ada)
    return company


def test_users_who_connected_have_four_each(stack: Stack, api: Api, people: PeopleCompany):
    calendars = crowd(people, 160)
    assert value(ask(api, people, QUESTION, people.ada, user=people.ada))
    stack.microsoft.clear_requests()

    with slow_graph(stack, 0.2):
        answers = at_once(
            asking(stack, people, QUESTION, *calendars),
            asking(stack, people, QUESTION, *calendars, user=people.ada),
        )

    for answer in answers:
        expect_answered(answer, QUESTION, calendars)
    assert [call.status for call in my_calls(stack)] == [200] * 16
    assert list(stack.microsoft.most_in_flight.values()) == [4, 4], "neither waited for the other"


def test_a_throttling_of_one_part_is_waited_for_and_not_told(stack: Stack, api: Api, ready: Company):
    """Another application of the customer's may use up the four: then Graph says 429 to ours."""
    calendars = crowd(ready, 30)
    with slow_graph(stack, 0.5):
        token = _token_of(stack, ready)
        (answer, _), *_others = at_once(
            timed(asking(stack, ready, QUESTION, *calendars), after=0.1),
            *([lambda: _somebody_elses(stack, ready, token)] * 4),
        )

    expect_answered(answer, QUESTION, calendars)
    assert 429 in {call.status for call in graph_calls(stack, ready)}


def _token_of(stack: Stack, company: Company) -> str:
    """Return a token of the company's application, as another program of theirs would have one."""
    value(Api(stack).schedule(company))
    return str(graph_calls(stack, company)[-1].bearer)


def _somebody_elses(stack: Stack, company: Company, token: str) -> int:
    url = f"{stack.microsoft.graph_url}/v1.0/users/{company.recruiter}/calendar/getSchedule"
    headers = {"Authorization": f"Bearer {token}"}
    body = {"schedules": [company.ada], **QUESTION.json()}
    return requests.post(url, json=body, headers=headers, verify=str(stack.authority.ca_file), timeout=30).status_code
