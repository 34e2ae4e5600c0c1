"""From the ATS's own id to those that Microsoft's support asks for: in the answer, and in one line of the log."""

import uuid
from datetime import UTC, datetime

import pytest
import requests

from tests.journeys import people
from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults
from tests.journeys.people import PeopleCompany, working_people
from tests.journeys.scans import wait_until
from tests.journeys.schedules import DAY, MONDAY, Question, ask, crowd, line_of
from tests.journeys.storms import says
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.microsoft import Fault, SeenRequest
from tests.sandbox.stack import Stack
from tests.sandbox.world.changes import let_time_pass


def mine() -> dict[str, str]:
    """Return a header with an id of the caller's."""
    return {"client-request-id": str(uuid.uuid4())}


def inner(answer: requests.Response) -> dict[str, str]:
    """Return an error's ids."""
    found: dict[str, str] = answer.json()["error"]["innerError"]
    return found


def token_requests(stack: Stack) -> list[SeenRequest]:
    """Return what Entra ID was asked for tokens since the requests were cleared."""
    return [seen for seen in list(stack.microsoft.requests) if seen.service == "entra" and "/token" in seen.path]


def test_the_line_has_graphs_ids_of_exactly_this_call(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 45)
    api.schedule(ready, ready.ada)  # another call's
    stack.microsoft.clear_requests()
    headers = mine()

    answer = ask(api, ready, Question(MONDAY, MONDAY + 60 * DAY), *calendars, headers=headers)

    calls, line = graph_calls(stack, ready), line_of(stack, answer)
    assert len(calls) == 3 * 2, "it was split"
    assert sorted(line["graphRequestIds"]) == sorted(call.request_id for call in calls)
    assert line["clientRequestId"] == answer.headers["client-request-id"] == headers["client-request-id"]
    assert line["requestId"] == answer.headers["request-id"]


def test_a_retried_requests_ids_are_all_there(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    refusals = [
        Fault("graph", ready.recruiter, status=503, body=says("x"), headers={"request-id": f"refused-{n}"}, times=1)
        for n in range(2)
    ]
    with Faults(stack, *refusals):
        answer = api.schedule(ready)

    *_, last = graph_calls(stack, ready)
    assert line_of(stack, answer)["graphRequestIds"] == ["refused-0", "refused-1", last.request_id]


def test_an_errors_ids_are_in_the_answer_and_in_the_line(stack: Stack, api: Api, ready: Company):
    headers = mine()
    fault = Fault("graph", ready.recruiter, status=418, body=says("Teapot"), headers={"request-id": "the-last"})
    with Faults(stack, fault):
        answer = api.schedule(ready, headers=headers)

    told, line = inner(answer), line_of(stack, answer)
    assert answer.status_code == 502
    assert told["microsoftRequestId"] == line["graphRequestId"] == "the-last"
    assert set(line["graphRequestIds"]) == {"the-last"}
    assert told["client-request-id"] == line["clientRequestId"] == headers["client-request-id"]
    assert told["request-id"] == line["requestId"] == answer.headers["request-id"]


def test_exchanges_refusal_has_graphs_own_id(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()

    answer = api.schedule(ready, user=f"nobody@{ready.tenant.domains[1]}")

    (call,) = [seen for seen in list(stack.microsoft.requests) if seen.service == "graph"]
    assert answer.status_code == 409
    assert inner(answer)["microsoftRequestId"] == line_of(stack, answer)["graphRequestId"] == call.request_id


def test_without_an_id_of_the_callers_ours_stands_for_it(stack: Stack, api: Api, ready: Company):
    answer = api.schedule(ready, user=f"nobody@{ready.tenant.domains[1]}")

    assert "client-request-id" not in answer.headers
    assert inner(answer)["client-request-id"] == answer.headers["request-id"]
    assert "clientRequestId" not in line_of(stack, answer)


@pytest.mark.parametrize("client_id", ["5f0e6b1c-2222-4222-8333-444455556666", "ats.17:{x}_y", "x" * 128])
def test_any_id_that_can_be_repeated_is_repeated(stack: Stack, api: Api, ready: Company, client_id: str):
    for answer in (
        api.call("GET", f"/customers/{ready.customer}/calendar", headers={"client-request-id": client_id}),
        api.call("GET", "/customers/no-such-one/calendar", headers={"client-request-id": client_id}),
    ):
        assert answer.headers["client-request-id"] == client_id
        assert line_of(stack, answer)["clientRequestId"] == client_id


def expired(stack: Stack, company: Company) -> Fault:
    """Let the secret be over, and the token that is at hand, too."""
    let_time_pass(company.application, 400)
    return Fault("graph", company.recruiter, status=401, body=says("InvalidAuthenticationToken"), times=1)


def test_entra_ids_refusal_has_its_trace_and_correlation(stack: Stack, api: Api, ready: Company):
    headers = mine()
    with Faults(stack, expired(stack, ready)):
        stack.microsoft.clear_requests()
        answer = api.schedule(ready, headers=headers)

    asked, told, line = token_requests(stack)[-1], inner(answer), line_of(stack, answer)
    assert (answer.status_code, told["microsoftCode"]) == (409, "AADSTS7000222")
    assert told["microsoftTraceId"] == line["traceId"] == asked.request_id
    assert told["microsoftCorrelationId"] == line["correlationId"] == asked.headers["client-request-id"]
    assert line["clientRequestId"] == headers["client-request-id"]


def test_a_tests_failed_check_has_them_too(stack: Stack, api: Api, ready: Company):
    let_time_pass(ready.application, 400)
    stack.microsoft.clear_requests()

    answer = api.test(ready)

    (asked,) = token_requests(stack)
    (check,) = [check for check in answer.json()["checks"] if check["code"] == "AADSTS7000222"]
    assert asked.request_id in check["message"]
    assert asked.headers["client-request-id"] in check["message"]
    line = line_of(stack, answer)
    assert (line["passed"], line["failed"]) == (False, {"credential": "AADSTS7000222"})
    assert line["requestId"] == answer.headers["request-id"]


def test_a_tests_failed_free_busy_has_graphs_id(stack: Stack, api: Api, ready: Company):
    body = says("ErrorAccessDenied")
    fault = Fault("graph", ready.recruiter, status=403, body=body, headers={"request-id": "graph-0815"})
    with Faults(stack, fault):
        answer = api.test(ready)

    (check,) = [check for check in answer.json()["checks"] if check["check"] == "freeBusy"]
    assert (check["outcome"], check["code"]) == ("failed", "ErrorAccessDenied")
    assert "graph-0815" in check["message"]


def test_a_refused_sign_in_has_them_too(stack: Stack, api: Api):
    company = people.saved_people(stack, api)
    company.application.secrets.clear()
    stack.microsoft.clear_requests()

    assert people.connect(stack, api, company, company.recruiter).status_code == 400

    (asked,) = token_requests(stack)
    wait_until(lambda: asked.request_id in stack.host.stderr_text())
    own = [line for line in stack.host.stderr_text().splitlines() if company.customer in line]
    assert any(asked.request_id in line and asked.headers["client-request-id"] in line for line in own)
    assert '"function": "finish_consent"' in own[-1]


@pytest.fixture
def office(stack: Stack, api: Api) -> PeopleCompany:
    return working_people(stack, api)


def test_a_users_dead_grant_has_entra_ids_trace(stack: Stack, api: Api, office: PeopleCompany):
    office.account(office.recruiter).revoke_sessions(datetime.now(UTC))
    with Faults(stack, people.refused_token()):
        stack.microsoft.clear_requests()
        answer = api.schedule(office, headers=mine())

    asked = token_requests(stack)[-1]
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "reconnectRequired")
    line_of(stack, answer)
    own = [line for line in stack.host.stderr_text().splitlines() if answer.headers["request-id"] in line]
    assert any(asked.request_id in line for line in own), own


def test_an_id_of_microsofts_that_cannot_be_repeated_is_left_out(stack: Stack, api: Api, ready: Company):
    odd = {"request-id": "x" * 65}
    with Faults(stack, Fault("graph", ready.recruiter, status=404, body=says("ErrorItemNotFound"), headers=odd)):
        answer = api.schedule(ready)

    assert "microsoftRequestId" not in inner(answer)
    assert line_of(stack, answer)["graphRequestIds"] == []
