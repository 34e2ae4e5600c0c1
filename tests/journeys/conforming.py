"""Whether an answer is one that the served OpenAPI description has: status, headers, content type, body, error code.

Every journey's calls are held against it (`Api.call`), so the description stays true, and so do the answers.
"""

import copy
import re
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

import jsonschema_rs
import requests

_lock = threading.Lock()
_known: list["Description"] = []


class Answer(Protocol):
    """What is looked at."""

    status_code: int
    headers: Any
    content: bytes

    def json(self) -> Any: ...


def expect_described(answer: Answer, method: str, path: str, *, url: str) -> None:
    """Check that the functions' own description has this answer. `url` is where the description is served."""
    described(url).expect_answer(answer, method, path)


def described(url: str) -> "Description":
    """Return the description; it is asked for once in a process, since all hosts of a run serve the same code."""
    with _lock:
        if not _known:
            answer = requests.get(f"{url}/openapi.json", timeout=30)
            assert answer.status_code == 200, answer.text
            _known.append(Description(answer.json()))
        return _known[0]


class Description:
    """An OpenAPI description, to hold answers against."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._closed = _closed(document["components"])
        self._operations = [
            (method.upper(), _path_pattern(template), operation)
            for template, path in document["paths"].items()
            for method, operation in path.items()
        ]
        self._validator = cache(self._make_validator)
        self._find = cache(self._look_for)

    def expect_answer(self, answer: Answer, method: str, path: str) -> None:
        """Check an answer. Raises AssertionError that says what is not as described."""
        operation = self._find(method.upper(), urlsplit(path).path)
        assert operation is not None, f"{method} {path}: no such operation is described"
        what = f"{operation['operationId']}: {answer.status_code}"
        response = operation["responses"].get(str(answer.status_code))
        assert response is not None, f"{what} is not described: {answer.content[:500]!r}"
        for name, header in response.get("headers", {}).items():
            self._expect_header(f"{what}, header {name}", answer.headers.get(name), header["$ref"])
        content = response.get("content")
        if content is None:
            assert answer.content == b"", f"{what} has no body by its description: {answer.content[:500]!r}"
            return
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        assert media_type in content, f"{what} is {media_type!r}, described is {list(content)}"
        if media_type == "application/json":
            self._expect_body(what, answer, content[media_type])

    def _expect_body(self, what: str, answer: Answer, described: Mapping[str, Any]) -> None:
        body, name = answer.json(), described["schema"]["$ref"]
        wrong = next(self._validator(name).iter_errors(body), None)
        if wrong is not None:
            place = "/".join(str(step) for step in wrong.instance_path)
            raise AssertionError(f"{what} is no {name.rpartition('/')[2]}: at {place!r}: {wrong.message[:1000]}")
        if name.endswith("/Error"):
            code, codes = body["error"]["code"], described["examples"]
            assert code in codes, f"{what} with {code!r}, described are {list(codes)}: {body['error']['message']}"

    def _expect_header(self, what: str, value: str | None, name: str) -> None:
        header = self._component(name)
        assert value is not None or not header["required"], f"{what} is missing"
        if value is not None:
            wrong = next(self._validator(f"{name}/schema").iter_errors(value), None)
            assert wrong is None, f"{what} is {value!r}: {wrong.message if wrong else ''}"

    def _look_for(self, method: str, path: str) -> Mapping[str, Any] | None:
        found = [operation for its, pattern, operation in self._operations if its == method and pattern.fullmatch(path)]
        return found[0] if found else None

    def _component(self, name: str) -> Mapping[str, Any]:
        _, kind, key = name.removeprefix("#/").split("/")
        component: Mapping[str, Any] = self.document["components"][kind][key]
        return component

    def _make_validator(self, name: str) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator({"$ref": name, "components": self._closed}, validate_formats=True)


# What Microsoft or OpenAPI may add to.
_OPEN = {"WorkingHours", "WorkingHoursTimeZone", "MicrosoftAnswer", "Description"}


def _closed(components: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the components with every object of ours closed: nothing may be answered that is not described."""
    closed = copy.deepcopy(dict(components))
    for name, schema in closed["schemas"].items():
        if "properties" in schema and name not in _OPEN:
            schema["additionalProperties"] = False
    return closed


def _path_pattern(template: str) -> re.Pattern[str]:
    """Return what paths of a template look like; the host does not look at letter case."""
    parts = [r"[^/]+" if part.startswith("{") else re.escape(part) for part in template.split("/")]
    return re.compile("/".join(parts), re.IGNORECASE)
