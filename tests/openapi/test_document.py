"""The served description: valid OpenAPI 3.1, complete, and every example in it fits."""

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
from schemathesis.specs.openapi.definitions import OPENAPI_31

from lib.web.openapi import Description
from lib.web.openapi.examples import SETTINGS
from lib.web.routes import Function
from tests.journeys.conforming import described
from tests.sandbox.stack import Stack

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]

# The contract's table of errors, and the 500 that the README tells of.
CODES = {
    "400": {"invalidRequest", "returnUrlNotAllowed", "basicNotAllowed"},
    "404": {"customerNotFound"},
    "409": {
        *("calendarNotConfigured", "connectionNotNeeded", "calendarNotTested", "userNotConnected", "reconnectRequired"),
        *("consentRequired", "credentialExpired", "credentialRefused", "permissionMissing", "mailboxNotReachable"),
    },
    "412": {"configurationChanged"},
    "413": {"requestTooLarge"},
    "429": {"throttled"},
    "500": {"internalError"},
    "502": {"microsoftUnavailable"},
    "504": {"microsoftTimeout"},
}


@pytest.fixture(scope="module")
def document(stack: Stack) -> Json:
    return dict(described(stack.public_url).document)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def walk(node: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every part of the document with its place."""
    yield place, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, part in items:
        yield from walk(part, (*place, str(name)))


def validator(document: Json, schema: Json) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(schema | {"components": document["components"]}, validate_formats=True)


def test_it_is_json_for_everybody_and_may_be_kept_for_five_minutes(stack: Stack):
    answer = requests.get(f"{stack.public_url}/openapi.json", headers={"client-request-id": "mine"}, timeout=30)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["Cache-Control"] == "private, max-age=300"
    assert answer.headers["client-request-id"] == "mine"
    assert answer.json()["servers"] == [{"url": stack.public_url, "description": "This deployment"}]


def test_an_error_is_not_kept(stack: Stack):
    answer = requests.get(f"{stack.public_url}/openapi.json", headers={"client-request-id": "a b"}, timeout=30)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")


def test_it_tells_nothing_of_settings_but_the_public_address_and_the_sign_in_hosts(stack: Stack):
    text = requests.get(f"{stack.public_url}/openapi.json", timeout=30).text
    told = {
        "PUBLIC_URL",
        "ENTRA_URL",
        "RETURN_URLS",
        "AZURE_AUTHORITY_HOST",
    }  # the example's returnUrl is the sandbox's

    for name, value in stack.environment().items():
        for part in value.split(",") if name not in told and len(value) > 6 and not value.startswith("0 ") else ():
            assert part not in text, name


def test_it_is_valid_openapi_3_1(document: Json):
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[:300]}"
        for error in jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(document)
    ]
    assert errors == []
    assert document["openapi"] == "3.1.0"


def test_every_schema_is_a_valid_json_schema(document: Json):
    for name, schema in document["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})
        assert schema["description"].endswith("."), name
    assert len(document["components"]["schemas"]) > 20


def test_its_version_is_the_projects(document: Json):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert document["info"]["version"] == project["version"]


async def test_many_who_ask_first_get_one_text(document: Json):
    functions = [
        Function(operation["operationId"], path[1:], (method.upper(),), key=bool(operation["security"]))
        for path, method, operation in operations(document)
        if not operation["operationId"].startswith("finish_consent")
    ]
    functions.append(Function("finish_consent", "mobile/getcalendar", ("GET", "POST"), key=False))
    described_here = Description(functions, SETTINGS)

    texts = await asyncio.gather(*(described_here.text() for _ in range(20)))

    assert json.loads(texts[0])["paths"] == document["paths"]
    assert all(text is texts[0] for text in texts)


def test_each_operation_is_told_in_full(document: Json):
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in document["tags"]}
    for path, _, operation in operations(document):
        assert operation["summary"]
        assert operation["description"].endswith(".")
        assert set(operation["tags"]) <= tags
        named = {resolved(document, parameter)["name"] for parameter in operation["parameters"]}
        assert set(re.findall(r"{(\w+)}", path)) <= named
        assert operation["security"] in ([], [{"functionKey": []}])
        assert ("401" in operation["responses"]) == bool(operation["security"])


def resolved(document: Json, part: Mapping[str, Any]) -> Any:
    """Return the component that a reference means."""
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_every_reference_leads_somewhere_and_every_component_is_used(document: Json):
    references = {part["$ref"] for _, part in walk(document) if isinstance(part, dict) and "$ref" in part}
    for reference in references:
        assert resolved(document, {"$ref": reference})
    components = {
        f"#/components/{kind}/{name}"
        for kind, parts in document["components"].items()
        if kind != "securitySchemes"
        for name in parts
    }
    assert components == references


def test_no_body_has_a_schema_without_a_name(document: Json):
    for place, part in walk(document["paths"]):
        if isinstance(part, dict) and "schema" in part and "text/html" not in place:
            assert list(part["schema"]) == ["$ref"], place


def test_every_property_is_described(document: Json):
    for place, part in walk(document["components"]["schemas"]):
        if place[-1:] == ("properties",) and not {"if", "then", "else"} & set(place):
            for name, schema in part.items():
                assert schema.get("description") or "$ref" in schema, (place, name)


REQUESTS = {"CalendarConfigurationInput", "TestRequest", "LinkRequest", "ScheduleRequest", "DateTimeTimeZone"}


def test_requests_are_closed_and_answers_open(document: Json):
    """What is misspelt in a request is refused; a property that is added to an answer breaks no client."""
    closed = {
        name
        for name, schema in document["components"]["schemas"].items()
        if schema.get("additionalProperties") is False
    }
    assert closed == REQUESTS


def test_every_example_fits_its_schema(document: Json):
    checked = 0
    for place, part in walk(document["paths"]):
        if isinstance(part, dict) and isinstance(part.get("examples"), dict) and "schema" in part:
            for name, example in part["examples"].items():
                wrong = [error.message for error in validator(document, part["schema"]).iter_errors(example["value"])]
                assert wrong == [], (place, name)
                assert example["summary"], (place, name)
                checked += 1
    for name, parameter in document["components"]["parameters"].items():
        if "example" in parameter:
            assert validator(document, parameter["schema"]).is_valid(parameter["example"]), name
            checked += 1
    assert checked > 100


def test_every_answer_with_a_body_has_an_example(document: Json):
    for place, part in walk(document["paths"]):
        if place[-1:] == ("application/json",) and "/openapi.json" not in place:
            assert part["examples"], place


def test_every_error_has_an_example_under_its_code(document: Json):
    found: dict[str, set[str]] = {}
    for _, _, operation in operations(document):
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json")
            if content and content["schema"] == {"$ref": "#/components/schemas/Error"}:
                for code, example in content["examples"].items():
                    error = example["value"]["error"]
                    assert error["code"] == code
                    assert error["innerError"]["remedy"], code
                    assert f"`{code}`" in response["description"]
                    found.setdefault(status, set()).add(code)
    assert found == CODES
    assert set(document["components"]["schemas"]["ErrorCode"]["enum"]) == set().union(*CODES.values())


def test_every_code_that_the_code_raises_is_described(document: Json):
    raised = set()
    for path in (ROOT / "lib").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        raised |= set(re.findall(r'\b_?[rR]efused\(\s*"([a-z]\w+)"', text))
    raised |= set(re.findall(r'^    code = "(\w+)"', (ROOT / "lib/domain/errors.py").read_text(), flags=re.MULTILINE))
    assert len(raised) >= 15
    assert raised <= set().union(*CODES.values())


def test_links_lead_to_operations(document: Json):
    known = {operation["operationId"]: operation for _, _, operation in operations(document)}
    links = [part for place, part in walk(document["paths"]) if len(place) > 1 and place[-2] == "links"]
    assert len(links) >= 5
    for link in links:
        assert "requestBody" not in link, "openapi-generator refuses the whole document for one that is no text"
        target = known[link["operationId"]]
        path_names = {
            parameter["name"]
            for parameter in (resolved(document, part) for part in target["parameters"])
            if parameter["in"] == "path"
        }
        assert set(link["parameters"]) == path_names


def codes_in(pattern: str, *files: str) -> set[str]:
    """Return what the pattern's groups find in modules of lib."""
    texts = [(ROOT / "lib" / file).read_text(encoding="utf-8") for file in files]
    return {code for text in texts for found in re.findall(pattern, text) for code in found if code}


def test_codes_of_checks_and_of_scans_are_described_and_those_of_checks_are_in_the_readme(document: Json):
    schemas, readme = document["components"]["schemas"], (ROOT / "README.md").read_text(encoding="utf-8")
    checks = codes_in(
        r'code="([a-z]\w+)"|_expiry_warning\("(\w+)"',
        "domain/permissions.py",
        "domain/verdicts.py",
        "domain/checkup.py",
    )
    scans = codes_in(
        r'problem\(\s*\w+, "(\w+)"|could_not\(\s*\w+, "(\w+)"|\bproblem = "(\w+)"',
        *("usecases/scan_run.py", "usecases/scan_secrets.py", "usecases/deliver_alerts.py"),
    )
    assert {"consentNotSeen", "secretExpired"} <= checks
    assert {"scanRunning", "outOfTime", "deliveryRunning"} <= scans
    for code in checks:
        assert code in schemas["TestCheck"]["properties"]["code"]["description"], code
        assert f"`{code}`" in readme, code
    for code in scans - set(schemas["ErrorCode"]["enum"]):
        assert code in schemas["ScanProblem"]["properties"]["code"]["description"], code
