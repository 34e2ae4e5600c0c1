"""Examples of errors say what the code says, also where the description cannot ask it."""

import inspect
import json
from datetime import date
from pathlib import Path

import azure.functions as func
import pytest

from lib.adapters.azure import failures_of
from lib.domain.errors import CalendarError
from lib.web.edge import Call, respond
from lib.web.openapi import errors, examples
from lib.web.openapi.document import describe
from lib.web.openapi.parts import Problem
from lib.web.routes import Function, Routes

ROOT = Path(__file__).parents[2]


def texts(problem: Problem) -> tuple[str, str | None, str | None]:
    """Return what people read of an error."""
    error = problem.body["error"]
    return error["message"], error["innerError"].get("remedy"), error["innerError"].get("owner")


async def test_storage_unavailable_is_what_the_adapter_says():
    with pytest.raises(CalendarError) as raised:
        async with failures_of("Table Storage"):
            raise TimeoutError

    said = raised.value
    assert texts(errors.STORAGE_UNAVAILABLE) == (said.message, said.remedy, said.owner)


async def test_internal_error_is_what_the_edge_answers():
    async def fails(call: Call) -> func.HttpResponse:
        raise RuntimeError

    answer = await respond(func.HttpRequest("GET", "/", body=b""), "health", "health", fails)

    said = json.loads(answer.get_body())
    assert answer.status_code == errors.INTERNAL_ERROR.status == 500
    assert without_ids(said) == without_ids(errors.INTERNAL_ERROR.body)


def without_ids(body: dict) -> dict:
    error = body["error"]
    inner = {name: value for name, value in error["innerError"].items() if name not in ("date", "request-id")}
    return error | {"innerError": inner | {"client-request-id": "mine"}}


def test_cannot_serve_is_what_health_says():
    code = (ROOT / "function_app.py").read_text(encoding="utf-8")
    message, remedy, _ = texts(errors.CANNOT_SERVE)
    assert f'MicrosoftUnavailable("{message}", remedy="{remedy}")' in code


def test_examples_do_not_change_with_the_day():
    assert errors.CUSTOMER_NOT_FOUND.body["error"]["innerError"]["date"] == "2026-11-20T09:00:00"
    assert examples.CONFIGURATIONS["ready"]["secret"]["daysLeft"] == (date(2027, 11, 20) - date(2026, 11, 20)).days


async def test_a_function_that_is_not_described_and_a_description_without_function_are_found():
    with pytest.raises(KeyError, match="surprise"):
        await describe([Function("surprise", "surprise", ("GET",), key=True)], examples.SETTINGS)
    with pytest.raises(KeyError, match="read_configuration"):
        await describe([], examples.SETTINGS)


def test_routes_keep_what_they_register():
    routes = Routes(func.FunctionApp())

    @routes.route("things/{thing}", "GET", "PUT", key=False)
    async def thing(call: Call) -> func.HttpResponse:
        raise NotImplementedError

    assert routes.functions == [Function("thing", "things/{thing}", ("GET", "PUT"), key=False)]
    assert inspect.iscoroutinefunction(thing)
