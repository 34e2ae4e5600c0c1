"""What holds every journey's answers against the description refuses what is not in it."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.conforming import Description, described
from tests.sandbox.stack import Stack

SCHEDULE = "/customers/contoso/users/ada@contoso.com/calendar/getSchedule"


class Made:
    """A made-up answer."""

    def __init__(self, status: int, body: Any = None, **headers: str | None) -> None:
        self.status_code = status
        self.content = b"" if body is None else json.dumps(body).encode()
        usual: dict[str, str | None] = {
            "request-id": "2c8d1f6a-5b7e-4a30-9d42-6e1f0a7b3c58",
            "Cache-Control": "no-store",
            "content-type": "application/json; charset=utf-8",
        }
        changed = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers = {name: value for name, value in changed.items() if value is not None}

    def json(self) -> Any:
        return json.loads(self.content)


@pytest.fixture(scope="module")
def description(stack: Stack) -> Description:
    return described(stack.public_url)


@pytest.fixture
def schedules(description: Description) -> dict[str, Any]:
    return copy.deepcopy(example(description, "200", "severalPeople"))


def example(description: Description, status: str, name: str) -> Any:
    template = SCHEDULE.replace("contoso/", "{customer}/").replace("ada@contoso.com", "{user}")
    response = description.document["paths"][template]["post"]["responses"][status]
    return response["content"]["application/json"]["examples"][name]["value"]


def test_what_is_described_passes(description: Description, schedules: dict[str, Any]):
    description.expect_answer(Made(200, schedules), "POST", SCHEDULE)
    description.expect_answer(Made(200, schedules), "post", f"{SCHEDULE.upper()}?x=1")
    refused = example(description, "409", "credentialExpired")
    description.expect_answer(Made(409, refused), "POST", SCHEDULE)
    description.expect_answer(Made(401, request_id=None), "POST", SCHEDULE)
    assert description.document["openapi"] == "3.1.0"


def free_and_unknown(body: dict[str, Any]) -> None:
    body["value"][2]["availabilityView"] = "00000000"


def unknown_without_reason(body: dict[str, Any]) -> None:
    del body["value"][2]["error"]


def subject_in_another_place(body: dict[str, Any]) -> None:
    body["value"][0]["subject"] = "Secret plans"


def no_value(body: dict[str, Any]) -> None:
    del body["value"]


def a_moment_with_an_offset(body: dict[str, Any]) -> None:
    body["value"][0]["scheduleItems"][0]["start"]["dateTime"] = "2026-11-23T11:00:00Z"


@pytest.mark.parametrize(
    "spoil", [free_and_unknown, unknown_without_reason, subject_in_another_place, no_value, a_moment_with_an_offset]
)
def test_a_body_that_is_not_described_is_found(
    description: Description, schedules: dict[str, Any], spoil: Callable[[dict[str, Any]], None]
):
    spoil(schedules)
    with pytest.raises(AssertionError, match="get_schedule: 200 is no ScheduleAnswer"):
        description.expect_answer(Made(200, schedules), "POST", SCHEDULE)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Made(418), "418 is not described"),
        (Made(401, {"error": "no key"}), "401 has no body"),
        (Made(200, {}, content_type="text/html"), "200 is 'text/html'"),
        (Made(200, {}, request_id=None), "header request-id is missing"),
        (Made(200, {}, request_id="seven"), "header request-id is 'seven'"),
        (Made(200, {}, Server_Timing="fast"), "header Server-Timing is 'fast'"),
        (Made(429, {}), "header Retry-After is missing"),
    ],
)
def test_another_answer_is_found(description: Description, answer: Made, says: str):
    with pytest.raises(AssertionError, match=says):
        description.expect_answer(answer, "POST", SCHEDULE)


def test_an_error_code_that_is_not_described_is_found(description: Description):
    refused = copy.deepcopy(example(description, "409", "credentialExpired"))
    refused["error"]["code"] = "connectionNotNeeded"  # one of another operation
    with pytest.raises(AssertionError, match="409 with 'connectionNotNeeded'"):
        description.expect_answer(Made(409, refused), "POST", SCHEDULE)


@pytest.mark.parametrize(("method", "path"), [("PATCH", SCHEDULE), ("POST", f"{SCHEDULE}/more"), ("GET", "/nothing")])
def test_an_operation_that_is_not_described_is_found(description: Description, method: str, path: str):
    with pytest.raises(AssertionError, match="no such operation"):
        description.expect_answer(Made(404), method, path)
