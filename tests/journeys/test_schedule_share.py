"""More requests of one customer fail at once than may be repeated at once: the rest of them wait for their turn."""

from tests.journeys.api import Api
from tests.journeys.expect import Faults
from tests.journeys.schedules import Question, asking, crowd, reasons
from tests.journeys.storms import ready_company, says, side_by_side, trouble
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.stack import Stack

PEOPLE = (1000, 640)  # 50 and 32 requests, at most 60 of which are repeated at once
PARTS = 82


def test_everybody_is_known_after_a_second_in_which_everything_failed():
    with Stack() as stack:
        api = Api(stack)
        company = ready_company(stack, api)
        addresses = list(crowd(company, sum(PEOPLE)))
        questions = {
            "the first": addresses[: PEOPLE[0]],
            "the second": addresses[PEOPLE[0] :],
        }
        stack.microsoft.clear_requests()
        with Faults(stack, trouble(company, status=503, body=says("x"), times=PARTS)):
            answers = side_by_side(
                {name: asking(stack, company, Question(), *people) for name, people in questions.items()}
            )

        for name, answer in answers.items():
            assert answer.status_code == 200, name
            unknown = [address for address, reason in reasons(answer).items() if reason]
            assert unknown == [], f"{len(unknown)} of {name}"
        assert len(graph_calls(stack, company)) == 2 * PARTS
