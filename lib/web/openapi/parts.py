"""What an OpenAPI description is put together from: references, schemas of single values, answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


def ref(kind: str, name: str) -> Json:
    """Return a reference to a component, such as `ref("schemas", "TestReport")`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema(name: str, description: str = "") -> Json:
    """Return a reference to a schema; a description may stand beside it (JSON Schema 2020-12)."""
    return ref("schemas", name) | ({"description": description} if description else {})


def record(description: str, properties: Mapping[str, Json], *, optional: tuple[str, ...] = (), **more: Any) -> Json:
    """Return an object of an answer: every property is required unless it is named `optional`.

    It is open, so that a client that was generated earlier goes on when a property is added.
    """
    required = [name for name in properties if name not in optional]
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        **({"required": required} if required else {}),
        **more,
    }


def request(description: str, properties: Mapping[str, Json], *, optional: tuple[str, ...] = (), **more: Any) -> Json:
    """Return an object of a request, as `record`, but closed: what is misspelt is refused."""
    return record(description, properties, optional=optional, additionalProperties=False, **more)


def text(description: str, **more: Any) -> Json:
    """Return a string."""
    return {"type": "string", "description": description, **more}


def moment(description: str) -> Json:
    """Return a moment such as 2026-11-20T09:00:00Z (RFC 3339)."""
    return text(description, format="date-time", pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")


def count(description: str) -> Json:
    """Return a number of things."""
    return {"type": "integer", "minimum": 0, "description": description}


def flag(description: str, **more: Any) -> Json:
    """Return true or false."""
    return {"type": "boolean", "description": description, **more}


def word(description: str, words: Iterable[str]) -> Json:
    """Return one of these words."""
    return text(description, enum=[str(one) for one in words])


def or_null(value: Json) -> Json:
    """Return the same, or null."""
    if "type" in value:
        return value | {"type": [value["type"], "null"]}
    described = {name: part for name, part in value.items() if name == "description"}
    return described | {"anyOf": [{"$ref": value["$ref"]}, {"type": "null"}]}


@dataclass(frozen=True)
class Problem:
    """An error that an operation can answer: its status, its code, and an example of its body."""

    status: int
    code: str
    body: Json


@dataclass(frozen=True)
class Operation:
    """One method of one function, as it is described.

    `id` is its operationId. `parameters` name components. `answers` are the OpenAPI responses of
    everything that is no error of Graph's shape; `problems` are those errors.
    """

    id: str
    tag: str
    summary: str
    description: str
    answers: Mapping[str, Json]
    problems: tuple[Problem, ...] = ()
    parameters: tuple[str, ...] = ()
    body: Json | None = None


def content(body_schema: Json, examples: Mapping[str, Json]) -> Json:
    """Return the JSON content of a request or an answer. Each example is an OpenAPI Example Object."""
    return {"application/json": {"schema": body_schema, "examples": dict(examples)}}


def example(summary: str, value: Any) -> Json:
    """Return an OpenAPI Example Object."""
    return {"summary": summary, "value": value}


def answer(description: str, body: Json | None = None, *headers: str, links: Json | None = None) -> Json:
    """Return an OpenAPI Response Object; `headers` name components, with what every answer has put before them."""
    names = ("request-id", "client-request-id", "Cache-Control", *headers)
    shown: Json = {"description": description, "headers": {name: ref("headers", name) for name in names}}
    return shown | ({"content": body} if body else {}) | ({"links": links} if links else {})
