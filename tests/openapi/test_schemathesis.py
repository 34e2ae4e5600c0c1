"""schemathesis calls the served functions as their description says, and as it says not.

Its phases: the examples of the description; coverage (every limit, from both sides); fuzzing; and stateful, along the
description's links (save, test, getSchedule). Every answer has to be as described, wrong data has to be refused, and
good data not, as far as a schema can say what is good (tests/openapi/hooks.py has the rest). Left out is the check
`unsupported_method`: for a wrong method Azure's host answers 404 (azure-functions-host issue 10098), not 405.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.journeys.api import KEY, Api, new_company
from tests.journeys.people import working_people
from tests.sandbox.stack import Stack

ROOT = Path(__file__).parents[2]
HOOKS = Path(__file__).with_name("hooks.py")
EXAMPLES = 30  # made-up calls of an operation, in each of the phases fuzzing and stateful
LONGEST = 300  # seconds; usually it takes half a minute

Statuses = dict[str, Counter[int]]
"""How often each operation (such as "GET /health") answered with each status."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Stack]:
    """A sandbox of its own, since the secret scan is called, too, and that writes to everybody."""
    with Stack() as running:
        yield running
        assert running.microsoft.errors == [], "the simulated Microsoft failed"
        assert running.smtp.errors == [], "the SMTP server failed"


@pytest.fixture(scope="module")
def people(sandbox: Stack) -> str:
    """Who there is, for the hooks: a customer that is tested, one whose user connected, and one to change."""
    api = Api(sandbox)
    ready = new_company(sandbox)
    assert api.save(ready).status_code == 200
    assert api.test(ready).json()["passed"] is True
    companies = {"ready": ready, "people": working_people(sandbox, api), "changing": new_company(sandbox)}
    return json.dumps(
        {
            name: {"customer": company.customer, "user": company.recruiter, "somebody": company.ada}
            for name, company in companies.items()
        }
    )


@dataclass(frozen=True)
class Run:
    """What schemathesis said, and what it was answered."""

    code: int
    text: str
    statuses: Statuses


@pytest.fixture(scope="module")
def run(sandbox: Stack, people: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One run of its command line, always with the same calls; what it writes stays in a folder of its own."""
    folder = tmp_path_factory.mktemp("schemathesis")
    report = folder / "report.ndjson"
    options = {
        "--phases": "examples,coverage,fuzzing,stateful",
        "--max-examples": str(EXAMPLES),
        "--exclude-checks": "unsupported_method",
        "--header": f"x-functions-key: {KEY}",
        "--report": "ndjson",
        "--report-ndjson-path": str(report),
    }
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{sandbox.public_url}/openapi.json"),
            *("--generation-deterministic", "--continue-on-failure", "--no-color"),
            *(word for option in options.items() for word in option),
        ],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "SCHEMATHESIS_HOOKS": str(HOOKS),
            "OPENAPI_TEST": people,
        },
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    return Run(ran.returncode, ran.stdout + ran.stderr, statuses(report) if report.exists() else {})


def statuses(report: Path) -> Statuses:
    """Return how each operation answered."""
    found: Statuses = {}
    for line in report.read_text(encoding="utf-8").splitlines():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for case_id, interaction in recorder.get("interactions", {}).items():
            case, response = recorder["cases"][case_id]["value"], interaction.get("response")
            if response:
                operation = f"{case['method'].upper()} {case['path']}"
                found.setdefault(operation, Counter())[response["status_code"]] += 1
    return found


def test_every_answer_is_as_described(run: Run):
    assert run.code == 0, run.text[-20_000:]


def test_no_answer_is_a_fault_of_ours(run: Run):
    assert {name: counted for name, counted in run.statuses.items() if any(status >= 500 for status in counted)} == {}


CUSTOMER, USER = "/customers/{customer}", "/customers/{customer}/users/{user}"


@pytest.mark.parametrize(
    ("operation", "status", "least"),
    [
        (f"GET {CUSTOMER}/calendar", 200, 30),
        (f"PUT {CUSTOMER}/calendar", 200, 30),
        (f"PUT {CUSTOMER}/calendar", 400, 100),
        (f"PUT {CUSTOMER}/calendar", 412, 1),
        (f"DELETE {CUSTOMER}/calendar", 204, 10),
        (f"POST {CUSTOMER}/calendar/test", 200, 40),
        (f"POST {CUSTOMER}/calendar/test", 400, 100),
        (f"POST {CUSTOMER}/calendar/admin-consent", 201, 20),
        (f"POST {USER}/calendar/connect", 201, 20),
        (f"GET {USER}/calendar/connection", 200, 20),
        (f"DELETE {USER}/calendar/connection", 204, 20),
        (f"POST {USER}/calendar/getSchedule", 200, 30),
        (f"POST {USER}/calendar/getSchedule", 400, 50),
        (f"POST {USER}/calendar/microsoft.graph.getSchedule", 200, 30),
        ("GET /connect/{ticket}", 400, 20),
        ("GET /mobile/getcalendar", 400, 20),
        ("POST /mobile/getcalendar", 400, 20),
        ("POST /secret-scan", 200, 20),
        ("GET /secret-scan", 200, 20),
        ("GET /health", 200, 20),
    ],
)
def test_calls_reach_deep(run: Run, operation: str, status: int, least: int):
    assert run.statuses[operation][status] >= least, run.statuses[operation]


def test_every_operation_with_a_key_was_called_without_it(run: Run):
    anonymous = ("/health", "/openapi.json", "/connect/{ticket}", "/mobile/getcalendar")
    answered = {name for name, counted in run.statuses.items() if set(counted) - {404}}  # 404: wrong methods
    keyed = {name for name in answered if not name.endswith(anonymous)}
    assert len(keyed) >= 12
    assert {name for name in keyed if not run.statuses[name][401]} == set()
