"""When Entra ID itself is in trouble, nobody's configuration is blamed; and what the log may hold."""

import json
import time
import uuid
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

HTML = {"Content-Type": "text/html"}
BUSY = {"error": "temporarily_unavailable", "error_description": "AADSTS90055: too many", "error_codes": [90055]}


def _renewal(company: Company) -> Fault:
    """Let Graph refuse the token once, so that a new one is needed."""
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}
    return Fault("graph", company.recruiter, status=401, body=body, times=1)


OUTAGES: dict[str, tuple[dict[str, Any], int, str]] = {
    "reset": ({"mode": "reset"}, 502, "microsoftUnavailable"),
    "503": ({"status": 503}, 502, "microsoftUnavailable"),
    "500 page": ({"status": 500, "body": b"<html>", "headers": HTML}, 502, "microsoftUnavailable"),
    "a proxy's page": ({"status": 200, "body": b"<html>Sign in to the Wi-Fi</html>", "headers": HTML}, 502,
                       "microsoftUnavailable"),
    "half an answer": ({"mode": "truncate"}, 502, "microsoftUnavailable"),
    "no token in it": ({"status": 200, "body": {"token_type": "Bearer"}}, 502, "microsoftUnavailable"),
    "429": ({"status": 429, "body": BUSY, "headers": {"Retry-After": "120"}}, 429, "throttled"),
    "429 page": ({"status": 429, "body": b"<html>", "headers": HTML | {"Retry-After": "7"}}, 429, "throttled"),
}  # fmt: skip


@pytest.mark.parametrize(("fault", "status", "code"), OUTAGES.values(), ids=OUTAGES)
def test_an_outage_of_entra_blames_nobodys_credential(stack: Stack, api: Api, ready: Company, fault, status, code):
    with Faults(stack, _renewal(ready), Fault("entra", "/token", **fault)):
        answer = api.schedule(ready)

    expect_refused(answer, status, code)
    assert value(api.schedule(ready))


@pytest.mark.parametrize("fault", [found[0] for found in OUTAGES.values()], ids=OUTAGES)
def test_an_outage_of_entra_fails_no_check_of_the_credential(stack: Stack, api: Api, company: Company, fault):
    api.save(company)
    with Faults(stack, Fault("entra", "/token", **fault)):
        answer = api.test(company)

    if answer.status_code == 200:
        failed = [check for check in answer.json()["checks"] if check["outcome"] == "failed"]
        assert {check["owner"] for check in failed} == {"operator"}, failed
        assert not [check for check in failed if check["code"] == "AADSTS90002"], "the tenant was found a moment ago"
    else:
        expect_refused(answer, answer.status_code, {502: "microsoftUnavailable", 429: "throttled"}[answer.status_code])
    again = api.test(company)
    if answer.status_code == 429:  # Entra ID asked to wait, so it is not asked before
        expect_refused(again, 429, "throttled")
    else:
        assert again.json()["passed"] is True


def test_the_wait_that_entra_asks_for_is_passed_on(stack: Stack, api: Api, ready: Company):
    busy = Fault("entra", "/token", status=429, body=BUSY, headers={"Retry-After": "120"})
    with Faults(stack, _renewal(ready), busy):
        answer = api.schedule(ready)

    expect_refused(answer, 429, "throttled")
    assert int(answer.headers["Retry-After"]) >= 100


def test_a_wait_of_years_is_not_passed_on(stack: Stack, api: Api, ready: Company):
    body = {"error": {"code": "TooManyRequests", "message": "x"}}
    headers = {"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}
    with Faults(stack, Fault("graph", ready.recruiter, status=429, body=body, headers=headers)):
        answer = api.schedule(ready)

    assert 1 <= int(answer.headers["Retry-After"]) <= 24 * 3600


def test_an_unknown_code_is_kept_with_its_ids_and_without_its_text(stack: Stack, api: Api, ready: Company):
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    body = {
        "error": "invalid_request",
        "error_description": f"AADSTS999999: Evil text. Trace ID: {trace} Correlation ID: {correlation}",
        "error_codes": [999999],
        "trace_id": trace,
        "correlation_id": correlation,
    }
    with Faults(stack, _renewal(ready), Fault("entra", "/token", status=400, body=body)):
        schedule = api.schedule(ready)
    with Faults(stack, _renewal(ready), Fault("entra", "/token", status=400, body=body)):
        tested = api.test(ready, configuration=ready.document(applicationSecret="Another~one"))

    for answer in (schedule, tested):
        for kept in ("AADSTS999999", trace, correlation):
            assert kept in answer.text
        assert "Evil" not in answer.text


def test_entra_that_never_answers_is_a_timeout_within_the_deadline(stack: Stack, api: Api, ready: Company):
    """Slow by its nature."""
    with Faults(stack, _renewal(ready), Fault("entra", "/token", mode="hang")):
        begun = time.monotonic()
        answer = api.schedule(ready)
        took = time.monotonic() - begun

    expect_refused(answer, 504, "microsoftTimeout")
    assert took < 29


def test_nothing_secret_is_logged_and_every_event_is_json(stack: Stack, api: Api, ready: Company):
    wrong = f"Wrong~{uuid.uuid4().hex}"
    stack.microsoft.clear_requests()
    api.save(ready, ready.document(applicationSecret=wrong))
    api.test(ready)
    api.schedule(ready)
    api.schedule(ready, user=f"nobody@{ready.tenant.domains[1]}")
    url = api.call("POST", f"/customers/{ready.customer}/calendar/admin-consent").json()["url"]

    log = stack.host.stderr_text()
    tokens = {seen.bearer for seen in stack.microsoft.requests if seen.bearer}
    assert tokens
    for hidden in (ready.secret, wrong, url.rsplit("/", 1)[1], ready.ada, ready.recruiter, *tokens):
        assert hidden not in log
    events = [line.partition("{")[2] for line in log.splitlines() if '{"event"' in line]
    assert events
    for event in events:
        json.loads("{" + event)
    failed = [json.loads("{" + event) for event in events if ready.customer in event and "mailboxNotReachable" in event]
    assert failed[0]["microsoftCode"] == "ErrorInvalidUser"
