"""Loads and invokes the functions through Microsoft's ``azure-functions-runtime``, as Azure's worker does."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import azure_functions_runtime as runtime

from tests.sandbox.host import messages
from tests.sandbox.host.errors import HostError
from tests.sandbox.host.messages import ParameterBinding, StatusResult, TypedData

_NO_RETRY = SimpleNamespace(retry_count=0, max_retry_count=0, exception=None)


class FunctionFailedError(Exception):
    """The function raised, or answered what its bindings do not allow; the text is its traceback."""


async def load_functions(app: Path) -> list[Any]:
    """Import ``function_app.py`` of the folder `app` and return the metadata of its functions.

    Must run on the loop that will serve them. Raises HostError with the exception's own text when loading fails.
    One app per process: the library keeps what it loaded in module globals.
    """
    if not (app / "function_app.py").is_file():
        raise HostError(f"There is no function_app.py in {app}.")
    sys.path.insert(0, str(app))
    runtime.start_threadpool_executor()
    start = SimpleNamespace(capabilities={}, function_app_directory=str(app))
    properties = {"protos": messages, "host": "127.0.0.1"}
    try:
        answer = await runtime.worker_init_request(_request(properties, worker_init_request=start))
    except SystemExit as exit_:
        raise HostError(str(exit_)) from exit_
    if answer.result.status != StatusResult.Success:
        raise HostError(_own_text(answer.result.exception.message)) from FunctionFailedError(
            answer.result.exception.stack_trace
        )
    functions = (await runtime.functions_metadata_request(_request({}))).function_metadata_results
    if not functions:
        raise HostError(f"{app / 'function_app.py'} declares no functions.")
    return functions


async def invoke(
    function_id: str, argument: str, value: TypedData, *, trace_parent: str = "", trace_state: str = ""
) -> TypedData | None:
    """Run one function with the trigger's `value` as `argument` and return its result.

    Raises FunctionFailedError when the function fails.
    """
    invocation = SimpleNamespace(
        invocation_id=str(uuid4()),
        function_id=function_id,
        input_data=[ParameterBinding(name=argument, data=value)],
        trigger_metadata={},
        trace_context=SimpleNamespace(trace_parent=trace_parent, trace_state=trace_state, attributes={}),
        retry_context=_NO_RETRY,
    )
    response = await runtime.invocation_request(_request({}, invocation_request=invocation))
    if response.result.status != StatusResult.Success:
        raise FunctionFailedError(response.result.exception.stack_trace or response.result.exception.message)
    return response.return_value


def _request(properties: dict[str, Any], **message: Any) -> SimpleNamespace:
    return SimpleNamespace(properties=properties, request=SimpleNamespace(**message))


def _own_text(message: str) -> str:
    """Drop the exception's class name, which the library puts in front."""
    name, separator, text = message.partition(": ")
    return text if separator and name.isidentifier() and text else message
