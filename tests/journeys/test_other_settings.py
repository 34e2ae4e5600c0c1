"""Only settings differ: with a service principal and a connection string, in debug mode, and with wrong ones."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from tests.journeys.api import Api, new_company
from tests.journeys.people import disconnect, keep_alive, working_people
from tests.sandbox.host.process import HostProcess
from tests.sandbox.stack import Stack
from tests.sandbox.world import demo

ROOT = Path(__file__).parents[2]
SLOW_CALLBACK = re.compile(r"Executing .* took ([0-9.]+) seconds")


def service_principal(stack: Stack) -> Mapping[str, str | None]:
    return {
        "IDENTITY_ENDPOINT": None,
        "IDENTITY_HEADER": None,
        "AZURE_TENANT_ID": demo.HOME,
        "AZURE_CLIENT_ID": demo.INFRASTRUCTURE_APPLICATION,
        "AZURE_CLIENT_SECRET": demo.INFRASTRUCTURE_SECRET,
        "AZURE_AUTHORITY_HOST": stack.microsoft.entra_url,
        "TABLES_ENDPOINT": None,
        "TABLES_CONNECTION_STRING": stack.azurite.connection_string,
    }


def do_the_main_job(stack: Stack) -> None:
    api, company = Api(stack), new_company(stack)
    assert api.save(company).status_code == 200
    assert api.test(company).json()["passed"] is True
    assert api.schedule(company).status_code == 200
    assert api.call("POST", f"/customers/{company.customer}/calendar/admin-consent").status_code == 201
    assert api.call("DELETE", f"/customers/{company.customer}/calendar").status_code == 204
    people = working_people(stack, api)
    assert api.schedule(people).status_code == 200
    keep_alive(stack)
    assert disconnect(api, people, people.recruiter).status_code == 204


def test_a_service_principal_and_a_connection_string_do_as_well():
    with Stack(settings=service_principal) as stack:
        do_the_main_job(stack)
        assert {seen.service for seen in stack.microsoft.requests} == {"entra", "graph", "vault"}, "no managed identity"


def empty_as_in_the_sample(_: Stack) -> Mapping[str, str | None]:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text(encoding="utf-8"))["Values"]
    return {name: value for name, value in sample.items() if name.startswith("AZURE_")}


def test_empty_settings_of_the_identity_mean_not_given_as_in_the_sample():
    with Stack(settings=empty_as_in_the_sample) as stack:
        assert stack.environment()["AZURE_CLIENT_ID"] == stack.environment()["AZURE_CLIENT_SECRET"] == ""
        do_the_main_job(stack)
        assert "identity" in {seen.service for seen in stack.microsoft.requests}


def test_nothing_holds_the_event_loop():
    """In asyncio's debug mode every callback over 100 ms is named; one that is slow every time is ours to mend.

    A single slow one may be the machine's doing, so it counts only if it comes back in three runs.
    """
    runs = []
    for _ in range(3):
        with Stack(settings=lambda _: {"PYTHONASYNCIODEBUG": "1"}) as stack:
            do_the_main_job(stack)
            lines = stack.host.stderr_text().splitlines()
        slow = [line for line in lines if SLOW_CALLBACK.search(line)]
        if not slow:
            return
        runs.append(slow)
    pytest.fail("callbacks held the event loop in every run:\n" + "\n".join(runs[-1]))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PUBLIC_URL": None}, "PUBLIC_URL is missing."),
        ({"KEY_VAULT_URL": "http://vault"}, "KEY_VAULT_URL must be a URL that starts with https://."),
        ({"MICROSOFT_CLOUD": "mars"}, "MICROSOFT_CLOUD must be one of global, usgov, usgovdod, china."),
    ],
)
def test_a_wrong_setting_stops_the_start_with_its_sentence(stack: Stack, change: dict[str, str | None], says: str):
    settings = {name: value for name, value in (stack.environment() | change).items() if value is not None}

    with pytest.raises(RuntimeError, match=re.escape(says)) as failure:
        HostProcess.start(settings)

    assert "Traceback" not in str(failure.value)


def test_health_tells_whether_the_functions_can_serve(stack: Stack):
    assert requests.get(f"{stack.public_url}/health", timeout=30).json() == {"status": "ok"}
