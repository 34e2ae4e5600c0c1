"""The second part of a journey: getSchedule in bad weather, and requests that no well-behaved client sends."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from tests.journeys.api import Company, new_company
from tests.journeys.expect import Faults, raw
from tests.journeys.storms import side_by_side, trouble
from tests.sandbox.microsoft import Fault
from tests.sandbox.world.demo import person
from tests.telemetry.setting import HTML, JUNK, UPSTREAM, Setting, error, expect, page

WEATHER: dict[str, dict[str, Any]] = {
    "429": {"status": 429, "body": error("TooManyRequests"), "headers": {"Retry-After": "0.2"}},
    "500": {"status": 500, "body": error()},
    "502": {"status": 502, "body": page(), "headers": HTML},
    "503": {"status": 503, "body": error("serviceNotAvailable")},
    "504": {"status": 504, "body": error()},
    "400": {"status": 400, "body": error("ErrorInvalidParameter")},
    "403": {"status": 403, "body": error("ErrorAccessDenied")},
    "404": {"status": 404, "body": error("ErrorItemNotFound")},
    "418": {"status": 418, "body": error("Teapot")},
    "redirect": {"status": 302, "headers": {"Location": f"https://elsewhere.example/?x={UPSTREAM}"}},
    "HTML": {"status": 200, "body": page(), "headers": HTML},
    "no JSON": {"status": 200, "body": f'{{"value": [{UPSTREAM}'.encode()},
    "no list": {"status": 200, "body": {"value": {"x": UPSTREAM}}},
    "odd list": {"status": 200, "body": {"value": [UPSTREAM, 5, {"scheduleId": UPSTREAM}]}},
    "reset": {"mode": "reset"},
    "truncated": {"mode": "truncate"},
    "cut": {"mode": "cut"},
}
"""What Graph does to each who is asked for, for good."""


def everybody_in_bad_weather(setting: Setting) -> None:
    """Ask for many people, one call for each kind of trouble at once; then for good for all of them in one call."""
    company = ready_company(setting)
    people = {name: person(company.tenant, f"Weather{number}") for number, name in enumerate(WEATHER)}
    faults = [trouble(company, people[name].address, **fault) for name, fault in WEATHER.items()]
    crowd = [person(company.tenant, f"Crowd{number}").address for number in range(60)]
    with Faults(setting.stack, *faults):
        answers = side_by_side(
            {
                name: lambda box=box: setting.api.schedule(company, box.address, json=_window())
                for name, box in people.items()
            }
        )
        together = setting.api.schedule(company, *crowd, *(box.address for box in people.values()))
        expect(setting.api.schedule(company, *crowd[:2], f"crowd2@{JUNK}"), 200)
    assert {answer.status_code for answer in answers.values()} == {200, 400, 409, 429, 502, 504}, answers
    expect(together, 200)
    _refused_people(setting, company)
    long = Fault("graph", company.recruiter, status=429, body=error("TooManyRequests"), headers={"Retry-After": "300"})
    with Faults(setting.stack, long):
        expect(setting.api.schedule(company), 429)


def _window() -> dict[str, Any]:
    start = datetime.now(UTC).replace(tzinfo=None)
    return {
        "startTime": {"dateTime": start.isoformat()},
        "endTime": {"dateTime": (start + timedelta(hours=2)).isoformat()},
    }


def _refused_people(setting: Setting, company: Company) -> None:
    """Ask for people and as people whom Exchange refuses, each with a text of its own."""
    nan = person(company.tenant, "Nanette Unavailable", schedule_error=("ErrorNoFreeBusyAccess", UPSTREAM))
    odd = person(company.tenant, "Oddo Unavailable", schedule_error=(f"Code{JUNK}", UPSTREAM))
    expect(setting.api.schedule(company, nan.address, odd.address, JUNK, f"{JUNK}@nowhere.example"), 200)
    expect(setting.api.schedule(company, user=f"nobody.{JUNK}@{company.tenant.domains[1]}"), 409)


def never_answered(setting: Setting) -> None:
    """Let Graph, and for somebody else Entra ID, hang until the call's time is over: 25 seconds."""
    graph, entra = ready_company(setting), ready_company(setting)
    renewal = Fault("graph", entra.recruiter, status=401, body=error("InvalidAuthenticationToken"), times=1)
    hanging = Fault("entra", f"/{entra.tenant.id}/oauth2", mode="hang")
    with Faults(setting.stack, trouble(graph, mode="hang"), renewal, hanging):
        answers = side_by_side(
            {"graph": lambda: setting.api.schedule(graph), "entra": lambda: setting.api.schedule(entra)}
        )
    for answer in answers.values():
        expect(answer, 504)


def ready_company(setting: Setting) -> Company:
    """Return a company that is saved and tested."""
    company = setting.populated(new_company(setting.stack))
    expect(setting.api.save(company), 200)
    assert '"passed":true' in expect(setting.api.test(company), 200).text
    return company


def nonsense(setting: Setting) -> None:
    """Send secrets to where they do not belong: in the path, the query, headers, and in JSON of the wrong shape."""
    api, company = setting.api, ready_company(setting)
    path = f"/customers/{company.customer}/calendar"
    secret, ada = company.secret, company.ada
    for document in _documents(company):
        expect(api.call("PUT", path, data=json.dumps(document), headers={"Content-Type": "application/json"}), 400)
    for body in (b'{"applicationSecret": "' + secret.encode(), b"\xff" + secret.encode(), secret.encode(), b'"x"'):
        expect(api.call("PUT", path, data=body, headers={"Content-Type": "application/json"}), 400)
    expect(api.call("PUT", path, json={"applicationSecret": secret}, headers={"If-Match": secret}), 400)
    expect(api.call("PUT", path, data=secret, headers={"Content-Type": f"text/{JUNK}; charset={JUNK}"}), 400)
    expect(api.call("PUT", path, data=b"x" * (1024 * 1024 + 1)), 413)
    odd = f"{JUNK} {ada}\tBearer {secret}"
    expect(api.call("GET", path, headers={"client-request-id": odd}), 400)
    expect(api.schedule(company, headers={"Prefer": f'outlook.timezone="{odd}"'}), 400)
    expect(api.schedule(company, headers={"Prefer": odd, "Authorization": f"Bearer {secret}", "Cookie": odd}), 200)
    for key in (secret, "sandbox-master"):
        expect(api.call("GET", f"{path}?code={key}&x={quote(odd)}", key=None), 200 if key == "sandbox-master" else 401)
    for customer in (secret, ada, JUNK, "..%2F" + JUNK, quote("x\r\n" + odd)):
        expect(api.call("GET", f"/customers/{customer}/calendar"), 400, 404)
    for user in (secret, JUNK, quote("x\r\nERROR calendar_connector " + odd), quote("‮" + odd)):
        expect(api.call("GET", f"/customers/{company.customer}/users/{user}/calendar/connection"), 200, 400, 404)
    expect(api.test(company, user=f"{secret}\r\nforged"), 400)
    expect(api.call("POST", f"{path}/admin-consent", json={"returnUrl": f"https://{JUNK}.example/?{secret}"}), 400)
    _by_hand(setting, company)


def _documents(company: Company) -> list[dict[str, Any]]:
    """Return configurations that are refused, with the secret and addresses somewhere in them."""
    secret, ada = company.secret, company.ada
    good = company.document()
    return [
        good | {"applicationSecret": [secret]},
        good | {"applicationSecret": {secret: ada}},
        good | {"applicationSecret": f"{secret}\r\nERROR forged"},
        good | {"applicationId": secret},
        good | {"tenantId": f"{secret}/{ada}"},
        good | {secret: "an unknown property", f"{JUNK}\n": 1},
        good | {"secretExpires": secret},
        good | {"loginUrl": f"https://{JUNK}/?client_secret={secret}"},
        good | {"redirectUri": f"https://{JUNK}/mobile/getcalendar?{secret}"},
        good | {"alertRecipients": [f"{JUNK} <{ada}>\r\nBcc: {ada}"]},
        good | {"allowedDomains": [secret, ada]},
        good | {"consent": secret, "details": ada, "configurationType": JUNK},
    ]


def _by_hand(setting: Setting, company: Company) -> None:
    """Send what no HTTP library would."""
    for target in (
        f"/customers/{company.customer}/calendar?{JUNK}=%0d%0aERROR%20forged%20{company.secret}",
        f"//{JUNK}/customers",
        f"/customers/{company.customer}/%00{JUNK}",
        f"/admin/functions/{JUNK}",
    ):
        raw(setting.stack, "GET", target, headers={"x-functions-key": company.secret, "Cookie": JUNK})
    answer = requests.request(JUNK, f"{setting.api.url}/health", timeout=30)
    assert answer.status_code in (400, 404, 405, 501), "no such method"
