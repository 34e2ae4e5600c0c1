"""Each call leaves one line: one JSON object, with what an operator needs and with nothing of the address."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
import requests

from tests.journeys import people
from tests.journeys.api import Api, Company, new_company
from tests.journeys.browser import link
from tests.journeys.expect import Faults
from tests.journeys.people import PeopleCompany, working_people
from tests.journeys.scans import wait_until
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

LEVELS = re.compile(r"(INFO|WARNING|ERROR|CRITICAL) calendar_connector (.*)")
ROUTES = {
    "read_configuration": "customers/{customer}/calendar",
    "save_configuration": "customers/{customer}/calendar",
    "delete_configuration": "customers/{customer}/calendar",
    "test_configuration": "customers/{customer}/calendar/test",
    "invite_admin": "customers/{customer}/calendar/admin-consent",
    "invite_user": "customers/{customer}/users/{user}/calendar/connect",
    "read_connection": "customers/{customer}/users/{user}/calendar/connection",
    "disconnect": "customers/{customer}/users/{user}/calendar/connection",
    "get_schedule": "customers/{customer}/users/{user}/calendar/getSchedule",
    "get_schedule_namespaced": "customers/{customer}/users/{user}/calendar/microsoft.graph.getSchedule",
    "start_consent": "connect/{ticket}",
    "finish_consent": "mobile/getcalendar",
    "health": "health",
    "read_secret_scan": "secret-scan",
    "openapi": "openapi.json",
}


class Log:
    """What the functions write from now on; `request` is the line of the one call that was made since."""

    def __init__(self, stack: Stack) -> None:
        self._host = stack.host
        marker = requests.get(f"{stack.public_url}/health", timeout=30).headers["request-id"]
        # Lines come in their order, through a pipe: once this one is here, so are all before it.
        wait_until(lambda: marker in self._host.stderr_text().rpartition("\n")[0])
        self._begun = len(self._host.stderr_text())

    def lines(self, requests: int = 1) -> list[tuple[str, dict[str, Any]]]:
        """Return level and content of our own lines as soon as that many calls have theirs."""
        wait_until(lambda: self._text().count('"event": "request"') >= requests)
        found = [LEVELS.fullmatch(line) for line in self._text().splitlines() if " calendar_connector " in line]
        assert all(found), self._text()
        return [(line[1], json.loads(line[2])) for line in found if line]

    def request(self) -> tuple[str, dict[str, Any]]:
        """Return level and content of the one `request` line."""
        (found,) = [line for line in self.lines() if line[1]["event"] == "request"]
        return found

    def _text(self) -> str:
        """Return whole lines only."""
        return self._host.stderr_text()[self._begun :].rpartition("\n")[0]


@pytest.fixture
def log(stack: Stack, ready: Company) -> Log:
    """The log once `ready` is: its own calls are over."""
    return Log(stack)


@pytest.fixture(scope="module")
def office(stack: Stack) -> PeopleCompany:
    return working_people(stack, Api(stack))


CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "read_configuration": ("GET", "/customers/{c}/calendar", {}),
    "test_configuration": ("POST", "/customers/{c}/calendar/test", {"json": {"user": "{u}"}}),
    "invite_admin": ("POST", "/customers/{c}/calendar/admin-consent", {}),
    "invite_user": ("POST", "/customers/{c}/users/{u}/calendar/connect", {}),
    "read_connection": ("GET", "/customers/{c}/users/{u}/calendar/connection", {}),
    "get_schedule": ("POST", "/customers/{c}/users/{u}/calendar/getSchedule", {"json": {}}),
    "get_schedule_namespaced": ("POST", "/customers/{c}/users/{u}/calendar/microsoft.graph.getSchedule", {"json": {}}),
    "save_configuration": ("PUT", "/customers/{c}/calendar", {"json": {"configurationType": "none"}}),
    "disconnect": ("DELETE", "/customers/{c}/users/{u}/calendar/connection", {}),
    "delete_configuration": ("DELETE", "/customers/{c}/calendar", {}),
    "start_consent": ("GET", "/connect/no-such-ticket-as-this-one-0123456789", {}),
    "finish_consent": ("GET", "/mobile/getcalendar?state=abcdefghijklmnop&error=x", {}),
    "health": ("GET", "/health", {}),
    "read_secret_scan": ("GET", "/secret-scan", {}),
    "openapi": ("GET", "/openapi.json", {}),
}


def test_no_function_is_left_out(api: Api):
    described = requests.get(f"{api.url}/openapi.json", timeout=30).json()["paths"]
    ids = {operation["operationId"] for path in described.values() for operation in path.values()}
    functions = {re.sub(r"_(get|post)$", "", name) if name.startswith("finish_") else name for name in ids}

    assert functions == CALLS.keys() | {"scan_secrets_now"}, "a scan writes to everybody: the whole journey has one"
    assert CALLS.keys() == ROUTES.keys()


@pytest.mark.parametrize("function", CALLS)
def test_each_call_leaves_one_line(api: Api, log: Log, office: PeopleCompany, function: str):
    method, path, more = CALLS[function]
    names = {"{c}": f"{office.customer}-x", "{u}": office.recruiter}
    for name, value in names.items():
        path = path.replace(name, value)
    body = {key: value.replace("{u}", office.recruiter) for key, value in more.get("json", {}).items()}

    url = f"{api.url}{path}"
    answer = requests.request(
        method,
        url,
        json=body if more else None,
        headers={"x-functions-key": "sandbox", "client-request-id": "ats-4711"},
        allow_redirects=False,
        timeout=30,
    )

    level, line = log.request()
    assert line["event"] == "request"
    assert (line["function"], line["route"]) == (function, ROUTES[function]), "the template, never what stands for it"
    assert line["status"] == answer.status_code
    assert isinstance(line["ms"], float)
    assert 0 <= line["ms"] < 30_000
    assert UUID(line["requestId"])
    assert level == ("ERROR" if line["status"] >= 500 else "INFO")
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        assert answer.headers["request-id"] == line["requestId"]
        assert line["clientRequestId"] == answer.headers["client-request-id"] == "ats-4711"
    assert office.recruiter not in json.dumps(line)
    assert "no-such-ticket" not in json.dumps(line)


def test_a_line_names_the_customer_once_it_is_known_to_be_one(api: Api, log: Log, ready: Company):
    api.read(ready)

    assert log.request()[1]["customer"] == ready.customer


def test_a_line_never_repeats_what_is_no_customer(api: Api, log: Log):
    api.call("GET", "/customers/Not%20A%20Customer/calendar")

    _, line = log.request()
    assert line["status"] == 400
    assert "customer" not in line
    assert "not a customer" not in json.dumps(line).lower()


@pytest.mark.parametrize("given", ["has spaces", "a\tb", "é", "x" * 129, "a;b", '"quoted"'])
def test_a_client_request_id_that_cannot_be_repeated_is_refused_and_not_written(
    api: Api, log: Log, ready: Company, given: str
):
    answer = api.call(
        "GET", f"/customers/{ready.customer}/calendar", headers={"client-request-id": given.encode("latin-1")}
    )

    _, line = log.request()
    assert answer.status_code == line["status"] == 400
    assert "client-request-id" not in answer.headers
    assert "clientRequestId" not in line
    assert answer.json()["error"]["innerError"]["client-request-id"] == answer.headers["request-id"]


def test_an_error_of_ours_or_of_microsofts_is_an_error_line(stack: Stack, api: Api, log: Log, ready: Company):
    fault = Fault("graph", ready.recruiter, status=418, body={"error": {"code": "Teapot", "message": "x"}})
    with Faults(stack, fault):
        assert api.schedule(ready).status_code == 502

    level, line = log.request()
    assert (level, line["status"], line["error"]) == ("ERROR", 502, "microsoftUnavailable")


@pytest.mark.parametrize(("body", "status"), [({"schedules": []}, 400), ({"startTime": {"dateTime": "x"}}, 400)])
def test_a_mistake_of_the_callers_is_no_error_line(api: Api, log: Log, ready: Company, body: dict, status: int):
    assert api.schedule(ready, json=body).status_code == status

    level, line = log.request()
    assert (level, line["status"], line["error"]) == ("INFO", status, "invalidRequest")


def test_a_refusal_names_its_code_and_microsofts(api: Api, log: Log, ready: Company):
    assert api.schedule(ready, user=f"nobody@{ready.tenant.domains[1]}").status_code == 409

    level, line = log.request()
    assert (level, line["error"], line["microsoftCode"]) == ("INFO", "mailboxNotReachable", "ErrorInvalidUser")


def test_notes_carry_the_id_of_their_call(stack: Stack, api: Api):
    company = people.saved_people(stack, api)
    company.application.secrets.clear()
    begun = Log(stack)

    assert people.connect(stack, api, company, company.recruiter).status_code == 400

    lines = [line for _, line in begun.lines(3)]
    (note,) = [line for line in lines if line["event"] == "note"]
    (finish,) = [line for line in lines if line.get("function") == "finish_consent" and line["event"] == "request"]
    assert note["requestId"] == finish["requestId"]
    assert company.customer in note["text"]


def test_pages_have_a_line_with_how_it_ended(stack: Stack, api: Api):
    company = new_company(stack, consented=False)
    api.save(company)
    url = link(api, company)
    begun = Log(stack)

    opened = requests.get(url, allow_redirects=False, timeout=30)

    _, line = begun.request()
    assert (opened.status_code, line["status"], line["function"]) == (302, 302, "start_consent")
    assert url.rpartition("/")[2] not in json.dumps(line)


def test_a_timers_line_stands_alone(stack: Stack):
    begun = Log(stack)
    people.keep_alive(stack)

    (line,) = [line for _, line in begun.lines(0) if line["event"] == "keepAlive"]
    assert line["function"] == "keep_connections_alive"
    assert set(line) >= {"due", "renewed", "ended", "failed", "complete"}
