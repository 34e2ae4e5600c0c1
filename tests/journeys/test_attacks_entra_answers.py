"""A token endpoint that answers nonsense, too much, or "later": nothing may break, leak, or fall on others."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    connect,
    connection_of,
    deliver,
    expect_no_way_on,
    expect_nothing_stored,
    invite,
    log_of,
    new_office,
    put_row,
    sign_in,
    state_of_user,
)
from tests.journeys.browser import Browser
from tests.journeys.expect import Faults
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.applications import Application, ClientSecret


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


def token_endpoint(company: Company, body: bytes, status: int = 200, **more: Any) -> Fault:
    """Let the company's token endpoint answer this."""
    headers = {"Content-Type": "application/json"} | more.pop("headers", {})
    path = f"{company.tenant.id}/oauth2/v2.0/token"
    return Fault("entra", path, "POST", status=status, body=body, headers=headers, **more)


NONSENSE = [
    pytest.param(b"", id="nothing"),
    pytest.param(b"<html>proxy</html>", id="html"),
    pytest.param(b"{}", id="an empty object"),
    pytest.param(b"[]", id="a list"),
    pytest.param(b"null", id="null"),
    pytest.param(b'"token"', id="a string"),
    pytest.param(b'{"message":"Forbidden"}', id="a gateway's error"),
    pytest.param(b'{"access_token":"x","expires_in":1e999}', id="an endless token"),
    pytest.param(b'{"access_token":"x","expires_in":"soon"}', id="an end in words"),
    pytest.param(b'{"access_token":"x","expires_in":[]}', id="an end that is a list"),
    pytest.param(b'{"access_token":["x"],"expires_in":3600}', id="a token that is a list"),
    pytest.param(b'{"access_token":"x","id_token":5}', id="an ID token in digits"),
    pytest.param(b'{"access_token":"x","id_token":"abc"}', id="an ID token without dots"),
    pytest.param(b'{"access_token":"x","client_info":5}', id="client_info in digits"),
    pytest.param(b'{"access_token":"x","scope":["a"]}', id="scopes in a list"),
    pytest.param(b'{"error":"server_error","error_codes":5}', id="codes in digits"),
    pytest.param(b'{"a":' * 5000 + b"1" + b"}" * 5000, id="nested deeply"),
    pytest.param(b'{"access_token":"' + b"x" * 8_000_000 + b'"}', id="eight megabytes"),
]


@pytest.mark.parametrize("body", NONSENSE)
def test_nonsense_for_a_code_is_a_page_and_connects_nobody(stack: Stack, api: Api, office: Company, body):
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    with Faults(stack, token_endpoint(office, body)):
        answer = deliver(stack, browser, fields)

    expect_no_way_on(answer)
    expect_nothing_stored(stack, office)
    assert answer.status_code == 400, f"{answer.status_code}: contract, 400 for anything else"


@pytest.mark.parametrize("body", [case for case in NONSENSE if case.id != "a token that is a list"])
def test_nonsense_for_a_renewal_is_an_outage_of_microsoft(stack: Stack, api: Api, office: Company, body):
    assert connect(stack, api, office, office.recruiter).status_code == 200
    assert api.test(office).json()["passed"] is True
    before = connection_of(stack, office, office.recruiter)["sealed"]

    with Faults(stack, Fault("graph", "getSchedule", status=401, times=1), token_endpoint(office, body)):
        answer = api.schedule(office)

    assert answer.status_code != 200
    assert connection_of(stack, office, office.recruiter)["sealed"] == before
    if body != b"{}":  # see the test below
        assert api.schedule(office).status_code == 200, "and the connection is as good as before"
        assert answer.json()["error"]["code"] != "internalError"


@pytest.mark.parametrize("token", [["x"], {"a": 1}, 5, True, ""], ids=repr)
def test_a_token_that_is_no_text_is_not_stored_for_one(stack: Stack, api: Api, office: Company, token):
    assert connect(stack, api, office, office.recruiter).status_code == 200
    assert api.test(office).json()["passed"] is True
    before = connection_of(stack, office, office.recruiter)["sealed"]
    body = json.dumps({"access_token": token, "expires_in": 3600}).encode()

    with Faults(stack, Fault("graph", "getSchedule", status=401, times=1), token_endpoint(office, body)):
        answer = api.schedule(office)

    assert answer.status_code == 502
    assert connection_of(stack, office, office.recruiter)["sealed"] == before


@pytest.mark.parametrize("status", [200, 400, 403])
def test_an_empty_answer_ends_no_connection(stack: Stack, api: Api, office: Company, status):
    """A passing fault never ends a connection (lib.domain.connection): an empty object says nothing of the grant."""
    assert connect(stack, api, office, office.recruiter).status_code == 200
    assert api.test(office).json()["passed"] is True
    with Faults(stack, Fault("graph", "getSchedule", status=401, times=1), token_endpoint(office, b"{}", status)):
        api.schedule(office)

    assert state_of_user(api, office, office.recruiter) == "connected"


@pytest.mark.parametrize("kind", ["code", "renewal"])
def test_tokens_in_an_answer_that_cannot_be_read_are_not_logged(stack: Stack, api: Api, office: Company, kind):
    secret = f"a-token-{uuid.uuid4().hex}"
    broken = f'{{"access_token":"{secret}","refresh_token":"{secret}",'.encode()
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    if kind == "renewal":
        assert deliver(stack, browser, fields).status_code == 200
    with Faults(stack, token_endpoint(office, broken)):
        answer = deliver(stack, browser, fields) if kind == "code" else api.test(office)

    assert answer.status_code in (400, 502)
    assert secret not in answer.text
    assert secret not in log_of(stack)


def neighbour(stack: Stack, api: Api, company: Company) -> Company:
    """Save another customer with the same tenant and an application of its own."""
    now = datetime.now(UTC)
    secret = ClientSecret(f"Nei~{uuid.uuid4().hex}", str(uuid.uuid4()), "x", now, now + timedelta(days=300))
    application = Application(
        str(uuid.uuid4()),
        "neighbour",
        redirect_uris=[f"{stack.public_url}/mobile/getcalendar"],
        secrets=[secret],
        registered_scopes={"Calendars.ReadBasic", "User.Read"},
    )
    company.tenant.add(application)
    other = Company(f"{company.customer}-next", company.tenant, application, secret.value)
    assert api.save(other, other.document(consent="user")).status_code == 200
    return other


@pytest.mark.parametrize("who", ["another customer", "another user"])
def test_entras_later_for_one_holds_up_nobody_else(stack: Stack, api: Api, office: Company, who):
    """Entra ID throttles by application and user: one's Retry-After must not be up to an hour's outage of all."""
    asks = neighbour(stack, api, office) if who == "another customer" else office
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, asks, office.recruiter), office.recruiter)
    later = token_endpoint(office, b"{}", 429, times=1, headers={"Retry-After": "3000"})
    with Faults(stack, later):
        assert deliver(stack, browser, fields).status_code == 400

    assert connect(stack, api, office, office.ada).status_code == 200


@pytest.mark.parametrize("kind", ["code", "renewal"])
def test_tokens_too_large_for_a_row_are_no_error_of_ours(stack: Stack, api: Api, office: Company, kind):
    """Whoever is in very many groups or roles has large tokens; what cannot be stored must be told as such."""
    huge = {"x": "".join(uuid.uuid4().hex for _ in range(6000))}
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter), office.recruiter)
    if kind == "renewal":
        assert deliver(stack, browser, fields).status_code == 200
    stack.microsoft.id_token_changes.update(huge)
    try:
        answer = deliver(stack, browser, fields) if kind == "code" else api.test(office)
    finally:
        stack.microsoft.id_token_changes.clear()

    assert answer.status_code < 500, answer.text[-300:]


def test_a_row_of_another_time_zone_or_form_is_never_taken_for_a_token(stack: Stack, api: Api, office: Company):
    """Nonsense that reaches the row by hand is an error that names the row, and Entra ID is not asked with it."""
    assert connect(stack, api, office, office.recruiter).status_code == 200
    row = connection_of(stack, office, office.recruiter)
    for spoilt in ({"sealed": "text"}, {"sealed": b""}, {"renewedAt": "yesterday"}, {"ended": True}):
        put_row(stack, "connections", row | spoilt)
        before = stack.microsoft.count("entra")
        answer = api.call("GET", f"/customers/{office.customer}/users/{office.recruiter}/calendar/connection")
        assert answer.status_code in (200, 502), f"{spoilt}: {answer.text[:300]}"
        assert answer.status_code == 502 or answer.json()["state"] == "reconnectRequired"
        assert stack.microsoft.count("entra") == before
