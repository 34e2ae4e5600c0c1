"""The description has the functions that Azure sees, and those of the contract."""

import json
import subprocess
import sys
from pathlib import Path

from tests.journeys.conforming import described
from tests.sandbox.stack import Stack

ROOT = Path(__file__).parents[2]

# The contract's table of HTTP functions, as far as they exist: function, method, route, whether it needs a key.
_CALENDAR, _USER = "/customers/{customer}/calendar", "/customers/{customer}/users/{user}/calendar"
FUNCTIONS = {
    ("read_configuration", "GET", _CALENDAR, True),
    ("save_configuration", "PUT", _CALENDAR, True),
    ("delete_configuration", "DELETE", _CALENDAR, True),
    ("test_configuration", "POST", f"{_CALENDAR}/test", True),
    ("invite_admin", "POST", f"{_CALENDAR}/admin-consent", True),
    ("invite_user", "POST", f"{_USER}/connect", True),
    ("read_connection", "GET", f"{_USER}/connection", True),
    ("disconnect", "DELETE", f"{_USER}/connection", True),
    ("start_consent", "GET", "/connect/{ticket}", False),
    ("finish_consent_get", "GET", "/mobile/getcalendar", False),
    ("finish_consent_post", "POST", "/mobile/getcalendar", False),
    ("get_schedule", "POST", f"{_USER}/getSchedule", True),
    ("get_schedule_namespaced", "POST", f"{_USER}/microsoft.graph.getSchedule", True),
    ("scan_secrets_now", "POST", "/secret-scan", True),
    ("read_secret_scan", "GET", "/secret-scan", True),
    ("health", "GET", "/health", False),
    ("openapi", "GET", "/openapi.json", False),
}

_REGISTERED = """
import json, function_app
found = []
for function in function_app.app.get_functions():
    trigger = json.loads(str(function))["bindings"][0]
    if trigger["type"].lower() == "httptrigger":
        for method in trigger["methods"]:
            found.append([function.get_function_name(), str(method).upper(), trigger["route"], trigger["authLevel"]])
print(json.dumps(found))
"""


def test_it_has_every_http_function_and_method_that_azure_sees_and_no_other(stack: Stack):
    environment = {
        "PUBLIC_URL": "https://calendar.example",
        "KEY_VAULT_URL": "https://v.vault.azure.net",
        "TABLES_CONNECTION_STRING": "UseDevelopmentStorage=true",
        "PATH": "",
    }
    ran = subprocess.run(
        [sys.executable, "-c", _REGISTERED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    registered = {
        (f"{name}_{method.lower()}" if name == "finish_consent" else name, method, f"/{route}", level != "ANONYMOUS")
        for name, method, route, level in json.loads(ran.stdout)
    }

    told = {
        (operation["operationId"], method.upper(), path, operation["security"] != [])
        for path, methods in described(stack.public_url).document["paths"].items()
        for method, operation in methods.items()
    }
    assert told == registered
    assert told >= FUNCTIONS
