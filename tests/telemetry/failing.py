"""The last part of a journey: services refuse and go away, rows are damaged, processes end in the middle."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import requests
from azure.data.tables import TableEntity

from tests.journeys import people
from tests.journeys.api import KEY, Api, Company
from tests.journeys.expect import Faults
from tests.journeys.people import change_row, table, working_people
from tests.journeys.scans import start_timer, wait_until
from tests.journeys.storms import side_by_side
from tests.sandbox.host.process import HostProcess
from tests.sandbox.microsoft import Fault, SeenRequest
from tests.telemetry.asking import ready_company
from tests.telemetry.scanning import TIMERS
from tests.telemetry.setting import HTML, IN_A_ROW, UPSTREAM, Setting, another_process, error, expect, page, said

DAMAGE: tuple[tuple[str, Any], ...] = (
    ("newest", f'{{"access": {IN_A_ROW}'),
    ("newest", 5),
    ("adminConsent", json.dumps({"granted": IN_A_ROW, "granted_at": IN_A_ROW, "answered_at": None})),
    ("connectionsMark", 7),
    ("generation", f"{IN_A_ROW}/../\\x00"),
    ("leftovers", json.dumps([{"x": IN_A_ROW}])),
)
"""What a hand in the table may do to a customer's row."""
DEEP_DAMAGE: tuple[tuple[str, str | None, Any], ...] = (
    ("access", "tenant_id", 5),
    ("access", "application_id", [IN_A_ROW]),
    ("access", "application_id", f"{IN_A_ROW}\\r\\n{IN_A_ROW}"),
    ("wishes", "allowed_domains", [5, {"x": IN_A_ROW}]),
    ("wishes", "alert_recipients", [{"x": IN_A_ROW}]),
    ("secret_version", None, f"{IN_A_ROW}/x?y"),
    ("secret_version", None, {"x": IN_A_ROW}),
    ("tenant", None, [IN_A_ROW]),
)
"""The same in the JSON of a revision: (part, property, value)."""


REFUSALS: tuple[dict[str, Any], ...] = (
    {"status": 403, "body": error("Forbidden")},
    {"status": 500, "body": page(), "headers": HTML},
    {"status": 200, "body": page(), "headers": HTML},
    {"status": 401, "body": error("Unauthorized"), "headers": {"WWW-Authenticate": f'Bearer error="{UPSTREAM}"'}},
    {"mode": "reset"},
)
"""How a service of Azure's refuses."""


def everything_refuses(setting: Setting) -> None:
    """Let vault and Entra ID refuse with texts and pages, or not answer."""
    company, draft = ready_company(setting), {"applicationSecret": "Dra~ft-secret-1234567890"}
    with another_process(setting) as fresh:  # it remembers no secret and no token
        for refusal in REFUSALS:
            with Faults(setting.stack, Fault("vault", **refusal), Fault("entra", **refusal)):
                answers = side_by_side(
                    {
                        "save": lambda: setting.api.save(company),
                        "test": lambda: setting.api.test(company, configuration=company.document(**draft)),
                        "ask": lambda: fresh.schedule(company),
                    }
                )
            assert {name: answer.status_code for name, answer in answers.items() if name != "test"} == {
                "save": 502,
                "ask": 502,
            }


def nobody_identifies_us(setting: Setting) -> None:
    """Start processes to which the managed identity's endpoint says no: nothing can be reached, and timers fail."""
    refusal = {"status": 400, "body": {"statusCode": 400, "message": UPSTREAM}}
    with Faults(setting.stack, Fault("identity", **refusal)), another_process(setting) as fresh:
        expect(fresh.call("GET", "/health", key=None), 502)
        _timers_fail(fresh, fresh.host)
    with Faults(setting.stack, Fault("identity", status=500, body=page())), another_process(setting) as fresh:
        expect(fresh.call("GET", "/health", key=None), 502)


def _timers_fail(api: Api, host: HostProcess) -> None:
    for name in TIMERS:
        start_timer(api, name)
    wait_until(lambda: all(f"{name} failed" in said(host) for name in TIMERS))


def rows_are_damaged(setting: Setting) -> None:
    """Write nonsense into rows; ask, test and scan with it."""
    for number, (name, value) in enumerate(_damage(setting)):
        company = ready_company(setting) if number % 2 else working_people(setting.stack, setting.api)
        setting.companies.append(company)
        (row,) = _rows(setting, company)
        change_row(setting.stack, row, "customers", **{name: value(row) if callable(value) else value})
        _ask_all(setting.api, company)
    company = working_people(setting.stack, setting.api)
    setting.companies.append(company)
    (row,) = people.rows(setting.stack, company)
    for changes in ({"sealed": IN_A_ROW.encode()}, {"sealed": IN_A_ROW}, {"ended": True, "ending": IN_A_ROW}):
        change_row(setting.stack, row, **changes)
        _ask_all(setting.api, company)
    for part in ("alerts", "scans"):
        with table(setting.stack, part) as client:
            for row in list(client.list_entities()):
                texts = {name: IN_A_ROW for name, text in row.items() if isinstance(text, str)}
                change_row(setting.stack, row, part, **{k: v for k, v in texts.items() if not k.endswith("Key")})
    expect(setting.api.call("GET", "/secret-scan"), 200)
    setting.office.scan()
    for name in TIMERS:
        setting.office.timer(name)


def _damage(setting: Setting) -> Iterator[tuple[str, Any]]:
    yield from DAMAGE
    for part, inner, value in DEEP_DAMAGE:
        for name in ("newest", "active"):
            yield (
                name,
                lambda row, name=name, part=part, inner=inner, value=value: _edited(row, name, part, inner, value),
            )


def _edited(row: TableEntity, name: str, part: str, inner: str | None, value: Any) -> str:
    revision = json.loads(row[name])
    if inner is None:
        revision[part] = value
    else:
        revision[part][inner] = value
    return json.dumps(revision)


def _rows(setting: Setting, company: Company) -> list[TableEntity]:
    with table(setting.stack, "customers") as client:
        found = list(client.query_entities("PartitionKey eq @key", parameters={"key": company.customer}))
    return [row for row in found if row["RowKey"] == "configuration"]


def _ask_all(api: Api, company: Company) -> None:
    """Call every function for a customer, whatever it answers: with a damaged row that need not be what it promises."""
    own, user = f"/customers/{company.customer}/calendar", f"/customers/{company.customer}/users/{company.recruiter}"
    times = {"startTime": {"dateTime": "2027-02-15T00:00:00"}, "endTime": {"dateTime": "2027-02-16T00:00:00"}}
    calls: tuple[tuple[str, str, Any], ...] = (
        ("POST", f"{user}/calendar/getSchedule", {"schedules": [company.ada]} | times),
        ("POST", f"{own}/test", {"user": company.recruiter}),
        ("GET", own, None),
        ("GET", f"{user}/calendar/connection", None),
        ("POST", f"{own}/admin-consent", None),
        ("POST", f"{user}/calendar/connect", None),
        ("PUT", own, company.document(applicationSecret=None)),
    )
    for method, path, body in calls:
        requests.request(method, api.url + path, json=body, headers={"x-functions-key": KEY}, timeout=60)


def tables_go_away(setting: Setting) -> None:
    """Stop the tables for good; ask, and run every timer."""
    setting.stack.azurite.stop()
    company = setting.companies[0]
    _ask_all(setting.api, company)
    _timers_fail(setting.api, setting.stack.host)
    expect(setting.api.call("GET", "/health", key=None), 502)


def a_process_ends_at_work(setting: Setting) -> None:
    """Stop a process in the middle of its calls and timers."""
    company = ready_company(setting)
    with Faults(setting.stack, Fault("graph", company.recruiter, mode="hang")), another_process(setting) as api:
        for name in TIMERS:
            start_timer(api, name)
        asked = threading.Thread(target=_nobody_answers, args=(api, company))
        asked.start()
        wait_until(lambda: any(seen.path.startswith(f"/v1.0/users/{company.recruiter}") for seen in _new(setting)))
    asked.join()


def _new(setting: Setting) -> list[SeenRequest]:
    return list(setting.stack.microsoft.requests)[-50:]


def _nobody_answers(api: Api, company: Company) -> None:
    with suppress(requests.ConnectionError):
        api.schedule(company)
