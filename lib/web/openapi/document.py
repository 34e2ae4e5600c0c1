"""The OpenAPI description: what is registered, as it is described beside it.

Routes, methods and keys come from the functions that are registered (`lib.web.routes`); words, statuses and examples
from the operations here. A function without a description, or the other way round, is a KeyError.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from lib.settings import Settings
from lib.web.json_body import LARGEST_BODY
from lib.web.openapi import errors, examples, operations_calendar, operations_configuration, operations_consent
from lib.web.openapi.components import HEADERS, PARAMETERS, RETURNED, SECURITY_SCHEMES
from lib.web.openapi.parts import Json, Operation, Problem, content, example, ref, schema
from lib.web.openapi.schemas import all_schemas
from lib.web.routes import Function

VERSION = "0.1.0"

_DESCRIPTION = """\
Connects an applicant tracking system (ATS) to Microsoft 365 calendars: a recruiter who plans an interview sees when
interviewers and rooms are free.

1. **Save** a customer's Calendar Configuration: the Entra application that reads its calendars.
2. **Test** it. Every check that fails says what to do and who can do it. What was saved is used once a test has passed.
3. Let an administrator **consent** for all, or let each user connect a calendar, with links that a browser opens.
4. Ask **getSchedule** as you would ask Microsoft Graph.

Every error has Graph's shape: `code` is for programs, `message` and `remedy` are for people, `owner` says who can act.
With status 409 somebody has to act first. Send `client-request-id` and it is echoed. An empty 404 is no function's: the
path or the method does not exist.

New properties, codes and checks may be added to answers: ignore what you do not know.

The function key goes into the header `x-functions-key`. It acts for every customer and user: keep it on the server of
the ATS.
"""
_TAGS = (
    (operations_configuration.TAG, "For the administrator of the ATS: how a customer's calendars are reached."),
    (operations_consent.TAG, "Links with which administrators and users consent, and what became of it."),
    (operations_consent.BROWSER_TAG, "The browser's way through consent. Programs do not call these."),
    (operations_calendar.CALENDARS, "Who is free, and when."),
    (operations_calendar.SCAN, "Client secrets that end are found before they do."),
    (operations_calendar.OPERATION, "For operators and tools."),
)


async def describe(functions: Iterable[Function], settings: Settings) -> Json:
    """Return the description of these functions. Raises KeyError for one that has no words here, or lost its route."""
    operations = {
        operation.id: operation
        for operation in (
            *operations_configuration.OPERATIONS,
            *operations_consent.API,
            *operations_consent.BROWSER,
            *operations_calendar.calendars(await examples.schedules()),
            *operations_calendar.OTHERS,
        )
    }
    paths: dict[str, Any] = {}
    problems: dict[str, None] = {}
    for function in functions:
        for method in function.methods:
            operation = operations.pop(operation_id(function, method))
            path = paths.setdefault(f"/{function.template}", {})
            path[method.lower()] = _operation(operation, function)
            problems |= dict.fromkeys(problem.code for problem in _problems(operation))
    if operations:
        raise KeyError(*operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Calendar connector", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": settings.public_url, "description": "This deployment"}],
        "tags": [{"name": name, "description": description} for name, description in _TAGS],
        "security": [{"functionKey": []}],
        "paths": paths,
        "components": {
            "securitySchemes": SECURITY_SCHEMES,
            "parameters": PARAMETERS | RETURNED,
            "headers": HEADERS,
            "schemas": all_schemas(list(problems), settings.cloud.sign_in_hosts),
        },
    }


def operation_id(function: Function, method: str) -> str:
    """Return the function's name; with the method, where a function has several of them."""
    return function.name if len(function.methods) == 1 else f"{function.name}_{method.lower()}"


def _is_page(operation: Operation) -> bool:
    return operation.tag == operations_consent.BROWSER_TAG


def _problems(operation: Operation) -> Sequence[Problem]:
    return () if _is_page(operation) else (*operation.problems, errors.INTERNAL_ERROR)


def _operation(operation: Operation, function: Function) -> Json:
    names = (*operation.parameters, *(() if _is_page(operation) else ("ClientRequestId",)))
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": [ref("parameters", name) for name in names],
        "responses": dict(sorted((dict(operation.answers) | _refusals(operation) | _without_key(function)).items())),
        "security": [{"functionKey": []}] if function.key else [],
    }
    return described | ({"requestBody": operation.body} if operation.body else {})


def _without_key(function: Function) -> Json:
    """Azure's host answers this itself, before any function."""
    return (
        {"401": {"description": "The function key is missing or wrong. The answer is empty."}} if function.key else {}
    )


def _refusals(operation: Operation) -> Json:
    by_status: dict[int, list[Problem]] = {}
    for problem in _problems(operation):
        by_status.setdefault(problem.status, []).append(problem)
    timed = any("Server-Timing" in answer.get("headers", {}) for answer in operation.answers.values())
    return {str(status): _refusal(status, problems, timed=timed) for status, problems in by_status.items()}


_STATUSES = {
    400: "The request cannot be used; the message names the property, parameter or header.",
    404: "This customer has no Calendar Configuration.",
    409: "Somebody has to act first; `owner` says who, `remedy` what to do.",
    412: "Somebody else has saved in the meantime; nothing was changed.",
    413: f"The body is larger than {LARGEST_BODY // 1024**2} MiB.",
    429: "Microsoft 365 asks to slow down.",
    500: "A fault of this connector.",
    502: "Microsoft 365, or an Azure service of this deployment, cannot be used right now.",
    504: "Microsoft 365 did not answer in time.",
}


def _refusal(status: int, problems: Sequence[Problem], *, timed: bool) -> Json:
    codes = " or ".join(f"`{problem.code}`" for problem in problems)
    names = ["request-id", "client-request-id", "Cache-Control"]
    names += ["Retry-After"] if status == 429 else []
    names += ["Server-Timing"] if timed else []
    shown = {problem.code: example(_first_sentence(problem), problem.body) for problem in problems}
    return {
        "description": f"{_STATUSES[status]} `error.code` is {codes}.",
        "headers": {name: ref("headers", name) for name in names},
        "content": content(schema("Error"), shown),
    }


def _first_sentence(problem: Problem) -> str:
    return re.split(r"(?<=\.) ", problem.body["error"]["message"])[0]
