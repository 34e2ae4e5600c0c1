"""The package does the main job where there is nothing but itself and its requirements.

One file, so that all this is built and installed once.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.journeys.api import Api, new_company
from tests.package.deploying import ROOT, Deployment, deploy
from tests.sandbox.host.process import HostProcess
from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack

TIMERS = ("scan_client_secrets", "deliver_alerts", "keep_connections_alive")
# As Python says it with PYTHONVERBOSE=1, of source, of byte code, and of compiled modules.
SOURCE = re.compile(r"^# (?:code object from|extension module '[^']+' loaded from) '?([^'\n]+)'?$", re.MULTILINE)
NAME = re.compile(r"[-_.]+")
NOWHERE = "https://127.0.0.1:9"  # the port of the service "discard": nobody listens


def start(deployment: Deployment, settings: dict[str, str], port: int = 0) -> HostProcess:
    """Start the package on its own Python."""
    return HostProcess.start(settings, app=deployment.app, port=port, python=deployment.python, folder=deployment.host)


def production(stack: Stack, port: int) -> dict[str, str]:
    """Return the settings of production: managed identity, Key Vault, tables and mail at the sandbox's addresses."""
    settings = stack.environment() | {"PUBLIC_URL": f"http://localhost:{port}"}
    assert "DEPLOYMENT_STAGE" not in settings, "production is the default"
    assert "TABLES_CONNECTION_STRING" not in settings
    return settings


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """The package, installed."""
    return deploy(tmp_path_factory.mktemp("deployment"))


def pip(deployment: Deployment, *arguments: str) -> str:
    """Run pip of the deployment; return what it wrote."""
    command = [deployment.python, "-m", "pip", "--disable-pip-version-check", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=deployment.host)
    assert ran.returncode == 0, f"{ran.stdout}{ran.stderr}"
    return ran.stdout


def normal(name: str) -> str:
    """Return a package's name as the index compares it (PEP 503)."""
    return NAME.sub("-", name).lower()


def test_what_is_installed_is_exactly_what_is_pinned(deployment: Deployment):
    lines = (deployment.app / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.partition("#")[0].strip().split("==") for line in lines if line.partition("#")[0].strip()]
    found = {normal(one["name"]): one["version"] for one in json.loads(pip(deployment, "list", "--format=json"))}

    found.pop("pip")  # venv puts it there

    assert found == {normal(name): version for name, version in pins}
    assert len(found) == len(pins) > 20


def test_the_packages_fit_together(deployment: Deployment):
    assert "No broken requirements found" in pip(deployment, "check")


@pytest.fixture(scope="module")
def host(deployment: Deployment, stack: Stack) -> Iterator[HostProcess]:
    """The package, started; Python tells from where it takes each module."""
    port = free_port()
    with start(deployment, production(stack, port) | {"PYTHONVERBOSE": "1"}, port) as running:
        yield running


@pytest.fixture
def api(stack: Stack, host: HostProcess) -> Api:
    """A client of the package's functions."""
    client = Api(stack)
    client.url = host.url
    return client


def test_it_is_healthy(api: Api):
    answer = api.call("GET", "/health", key=None)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_it_does_the_main_job(api: Api, stack: Stack):
    company = new_company(stack)

    saved = api.save(company)
    tested = api.test(company)
    answer = api.schedule(company)

    assert saved.status_code == 200, saved.text
    assert tested.json()["passed"] is True, tested.text
    assert answer.status_code == 200, answer.text
    (ada,) = answer.json()["value"]
    assert ada["scheduleId"] == company.ada
    assert ada["availabilityView"] == "02" + "0" * 22
    assert [item["status"] for item in ada["scheduleItems"]] == ["busy"]
    assert api.call("DELETE", f"/customers/{company.customer}/calendar").status_code == 204


def test_its_basic_is_refused_since_production_is_the_default(api: Api, stack: Stack):
    company = new_company(stack)
    basic = {"configurationType": "basic", "tenantId": company.tenant.id, "consent": "user"}

    answer = api.save(company, basic)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "basicNotAllowed")


def test_every_module_is_the_packages_own_or_a_requirement(host: HostProcess, api: Api, deployment: Deployment):
    api.call("GET", "/health", key=None)  # what a call needs is imported by then
    sources = [Path(text) for text in SOURCE.findall(host.stderr_text())]
    allowed = (deployment.app, deployment.host, deployment.python.parents[1], Path(sys.base_prefix))

    own = [source for source in sources if source.is_relative_to(deployment.app)]
    strange = [source for source in sources if not any(source.is_relative_to(folder) for folder in allowed)]

    assert {source.parts[len(deployment.app.parts)] for source in own} == {"function_app.py", "lib"}
    assert len(own) > 100
    assert strange == []
    assert str(ROOT / "lib") not in host.stderr_text()


@pytest.mark.parametrize("timer", TIMERS)
def test_its_timers_are_registered(host: HostProcess, timer: str):
    headers = {"x-functions-key": "sandbox-master"}

    answers = [
        requests.post(f"{host.url}/admin/functions/{name}", json=[], headers=headers, timeout=30).status_code
        for name in (timer, f"{timer}_x")
    ]

    assert answers == [400, 404], "an order that is no order: known, and not run"


def test_it_describes_itself(api: Api):
    answer = api.call("GET", "/openapi.json", key=None)

    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert "/customers/{customer}/calendar" in document["paths"]


def test_it_starts_where_nothing_of_microsoft_can_be_reached(deployment: Deployment):
    """Azure gives an app 30 seconds to start; whoever waits for a network then does not start in an outage."""
    settings = {
        "PUBLIC_URL": "https://calendar.example",
        "KEY_VAULT_URL": NOWHERE,
        "TABLES_ENDPOINT": f"{NOWHERE}/account",
        "ENTRA_URL": NOWHERE,
        "GRAPH_URL": NOWHERE,
    }
    with start(deployment, settings) as host:
        assert requests.get(f"{host.url}/customers/contoso/calendar", timeout=30).status_code == 401
        assert requests.get(f"{host.url}/health", timeout=60).status_code == 502


def test_without_settings_it_does_not_start_and_names_them(deployment: Deployment):
    with pytest.raises(RuntimeError) as failure:
        start(deployment, {})

    said = str(failure.value).splitlines()[1:]
    assert said[:2] == ["PUBLIC_URL is missing.", "KEY_VAULT_URL is missing."]
    assert said[2].startswith("TABLES_ENDPOINT is missing: ")
    assert len(said) == 3
