"""The messages that Azure's host and worker exchange, as plain classes.

``azure_functions_runtime`` takes the classes it builds and reads from a namespace called ``protos``; in Azure they are
generated from protobuf. This module is that namespace: names and shapes are protobuf's, hence not our style.
"""

from enum import Enum
from types import SimpleNamespace
from typing import Any


class _Message(SimpleNamespace):
    """A message holds the fields it was given; reading another one raises AttributeError."""


class TypedData:
    """Exactly one value of a named kind (``http``, ``string``, ``bytes``, ``json`` …), or none at all."""

    __slots__ = ("kind", "value")

    def __init__(self, **member: Any) -> None:
        self.kind, self.value = next(iter(member.items()), (None, None))

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802
        """Return the kind of value that is set."""
        return self.kind

    def __getattr__(self, name: str) -> Any:
        if name == self.kind:
            return self.value
        raise AttributeError(name)  # the library probes for members and relies on the failure


class ParameterBinding(_Message):
    """A named argument or result of a function."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802
        """Return how the value travels: always inline, never in shared memory."""
        return "data"


class BindingInfo(_Message):
    """What a decorator declared; the numbers are those of the protocol."""

    undefined, string, binary, stream = range(4)
    out, inout = 1, 2


class StatusResult(_Message):
    """Did it work, and if not, which exception ended it."""

    Failure, Success = range(2)


setattr(BindingInfo, "in", 0)  # a keyword in Python, a field name in the protocol


class RpcHttpCookie(_Message):
    """One response cookie."""

    SameSite = Enum("SameSite", ["None", "Lax", "Strict", "ExplicitNone"])


class RpcRetryOptions(_Message):
    """A retry policy; this host doesn't retry."""


class RpcHttp(_Message):
    """An HTTP request or response."""


class RpcException(_Message):
    """An exception as text."""


class RpcFunctionMetadata(_Message):
    """One indexed function."""


class WorkerInitResponse(_Message):
    """Answer to the first request."""


class WorkerMetadata(_Message):
    """Versions of the worker."""


class FunctionMetadataResponse(_Message):
    """All indexed functions."""


class FunctionLoadResponse(_Message):
    """Answer to loading one function."""


class InvocationResponse(_Message):
    """Result of one invocation."""


class NullableString(_Message):
    """A string that may be absent."""


class NullableBool(_Message):
    """A truth value that may be absent."""


class NullableDouble(_Message):
    """A number that may be absent."""


class NullableTimestamp(_Message):
    """A time that may be absent."""


class Timestamp(_Message):
    """Seconds since 1970."""
