"""What every refusal of the functions must look like, and requests that no well-behaved client sends."""

import http.client
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.journeys.api import KEY, Company
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

OWNERS = {"user", "atsAdmin", "entraAdmin", "exchangeAdmin", "operator"}


class RawAnswer:
    """An answer to a raw request, with the attributes of `requests.Response` that tests use."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status_code = status
        self.headers = {name.lower(): value for name, value in headers}
        self.content = body
        self.text = body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.content)


def raw(
    stack: Stack, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> RawAnswer:
    """Send a request whose target is not normalised by the client."""
    connection = http.client.HTTPConnection("localhost", stack.port, timeout=60)
    try:
        connection.putrequest(method, target)
        sent = {"x-functions-key": KEY} | ({} if body is None else {"Content-Type": "application/json"})
        sent |= dict(headers or {})
        if body is not None:
            sent.setdefault("Content-Length", str(len(body)))
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return RawAnswer(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


def expect_refused(answer: Any, status: int, code: str, *named: str, hides: tuple[str, ...] = ()) -> dict[str, Any]:
    """Check that an answer is the contract's error with that code, naming those words; return the error."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert error["code"] == code
    inner = error["innerError"]
    assert datetime.fromisoformat(inner["date"])
    assert inner["request-id"]
    assert inner["client-request-id"]
    assert inner.get("owner", "operator") in OWNERS
    for word in named:
        assert word.lower() in error["message"].lower(), f"{word!r} is not in {error['message']!r}"
    for hidden in hides:
        assert hidden not in answer.text
    return error


class Faults:
    """Faults for the length of a `with` block."""

    def __init__(self, stack: Stack, *faults: Fault) -> None:
        self._all = stack.microsoft.faults
        self._mine = list(faults)

    def __enter__(self) -> None:
        self._all.extend(self._mine)

    def __exit__(self, *_: object) -> None:
        for fault in self._mine:
            self._all.remove(fault)


def seen(stack: Stack, service: str, company: Company) -> list[Any]:
    """Return the requests a service got on behalf of this company: by its tenant, its application or its address."""
    words = [company.tenant.id, *company.tenant.domains]
    return [
        request
        for request in list(stack.microsoft.requests)
        if request.service == service and any(word.lower() in request.path.lower() for word in words)
    ]


def vault_values(stack: Stack, *, enabled_only: bool = False) -> list[str]:
    """Return every value of every secret that is in the vault, old versions included."""
    return [
        version.value
        for secret in list(stack.world.vault_secrets.values())
        for version in list(secret.versions)
        if version.enabled or not enabled_only
    ]
