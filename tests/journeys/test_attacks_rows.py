"""Somebody can write to the tables: rows copied to others, edited property by property, bytes flipped."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lib.adapters.connection_rows import from_row
from lib.domain.connection import user_key
from lib.domain.consent import digest
from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    connect,
    connection_of,
    connections,
    deliver,
    expect_ended,
    expect_no_way_on,
    expect_nothing_leaked,
    expect_nothing_stored,
    expect_refused_answer,
    invite,
    new_office,
    put_row,
    secrets_of,
    sign_in,
    sign_in_row,
    state_of_user,
)
from tests.journeys.browser import Browser
from tests.journeys.expect import expect_refused
from tests.sandbox.stack import Stack


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A company whose recruiter is connected, and which is tested."""
    company = new_office(stack, api)
    assert connect(stack, api, company, company.recruiter).status_code == 200
    assert api.test(company).json()["passed"] is True
    return company


def expect_unreadable(stack: Stack, api: Api, company: Company, user: str) -> None:
    """Check that a row is worth nothing: told as such, and neither Entra ID nor Graph is asked with it."""
    before = stack.microsoft.count("entra"), stack.microsoft.count("graph")
    expect_refused(api.schedule(company, user=user), 409, "reconnectRequired")
    assert state_of_user(api, company, user) == "reconnectRequired"
    assert (stack.microsoft.count("entra"), stack.microsoft.count("graph")) == before


def test_a_connection_copied_to_another_user_opens_nothing(stack: Stack, api: Api, office: Company):
    row = connection_of(stack, office, office.recruiter)
    generation = row["RowKey"].rpartition("-")[0]
    put_row(stack, "connections", row | {"RowKey": f"{generation}-{user_key(office.ada)}"})

    expect_unreadable(stack, api, office, office.ada)
    assert api.schedule(office).status_code == 200


def test_a_connection_copied_over_anothers_opens_nothing(stack: Stack, api: Api, office: Company):
    assert connect(stack, api, office, office.ada).status_code == 200
    mine, other = connection_of(stack, office, office.recruiter), connection_of(stack, office, office.ada)
    for stolen in ({"sealed": mine["sealed"]}, {name: mine[name] for name in ("sealed", "tenant", "objectId")}):
        put_row(stack, "connections", other | stolen)
        expect_unreadable(stack, api, office, office.ada)


def test_a_connection_copied_to_another_customer_opens_nothing(stack: Stack, api: Api, office: Company):
    """Even one that has the same tenant and the same application."""
    other = Company(f"{office.customer}-twin", office.tenant, office.application, office.secret)
    assert api.save(other, other.document(consent="user")).status_code == 200
    assert connect(stack, api, other, other.ada).status_code == 200
    assert api.test(other, user=other.ada).json()["passed"] is True
    row, theirs = connection_of(stack, office, office.recruiter), connection_of(stack, other, other.ada)
    generation = theirs["RowKey"].rpartition("-")[0]
    for key in (row["RowKey"], f"{generation}-{user_key(office.recruiter)}"):
        put_row(stack, "connections", row | {"PartitionKey": other.customer, "RowKey": key})

    expect_unreadable(stack, api, other, other.recruiter)


def test_a_connection_of_an_earlier_life_of_the_customer_opens_nothing(stack: Stack, api: Api, office: Company):
    row = connection_of(stack, office, office.recruiter)
    assert api.call("DELETE", f"/customers/{office.customer}/calendar").status_code == 204
    assert connections(stack, office) == []
    assert api.save(office, office.document(consent="user")).status_code == 200
    assert connect(stack, api, office, office.ada).status_code == 200
    assert api.test(office, user=office.ada).json()["passed"] is True
    generation = connection_of(stack, office, office.ada)["RowKey"].rpartition("-")[0]

    put_row(stack, "connections", row)
    assert state_of_user(api, office, office.recruiter) == "notConnected"
    put_row(stack, "connections", row | {"RowKey": f"{generation}-{user_key(office.recruiter)}"})
    expect_unreadable(stack, api, office, office.recruiter)


HEAD = len("1.") + 32 + len(".")
SPOILT = {
    "its form": lambda sealed: b"2" + sealed[1:],
    "its key": lambda sealed: b"1." + b"0" * 32 + sealed[HEAD - 1 :],
    "its key's letter case": lambda sealed: sealed[:HEAD].swapcase() + sealed[HEAD:] + b"x",
    "its nonce": lambda sealed: sealed[:HEAD] + bytes([sealed[HEAD] ^ 1]) + sealed[HEAD + 1 :],
    "its text": lambda sealed: sealed[: HEAD + 40] + bytes([sealed[HEAD + 40] ^ 128]) + sealed[HEAD + 41 :],
    "its tag": lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
    "its end": lambda sealed: sealed[:-1],
    "more behind it": lambda sealed: sealed + b"\x00",
    "only the head": lambda sealed: sealed[:HEAD],
    "nothing": lambda sealed: b"",
    "a path to another secret": lambda sealed: b"1.../../secrets/basic-application." + sealed[HEAD:],
    "zeros": lambda sealed: bytes(len(sealed)),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
def test_sealed_tokens_that_were_edited_open_nothing(stack: Stack, api: Api, office: Company, spoil):
    row = connection_of(stack, office, office.recruiter)
    put_row(stack, "connections", row | {"sealed": spoil(row["sealed"])})
    assert api.call("DELETE", f"/customers/{office.customer}/users/{office.ada}/calendar/connection").status_code == 204

    expect_unreadable(stack, api, office, office.recruiter)
    expect_nothing_leaked(stack, [office.secret], office)
    assert connect(stack, api, office, office.recruiter).status_code == 200, "a new sign-in mends it"
    assert api.schedule(office).status_code == 200


LATER = datetime(2099, 1, 1, tzinfo=UTC)
CODES = '{"at": "2026-01-01T00:00:00+00:00", "codes": %s, "error": "invalid_grant", "suberror": null}'
MARKUP = '{"at": "2026-01-01T00:00:00+00:00", "codes": [50173], "error": "<script>", "suberror": "<script>"}'
EDITS = [
    pytest.param({"tenant": "0badc0de-0000-4000-8000-00000000beef"}, id="tenant"),
    pytest.param({"objectId": "0badc0de-0000-4000-8000-00000000beef"}, id="objectId"),
    pytest.param({"objectId": 5}, id="objectId of another type"),
    pytest.param({"tenant": ""}, id="no tenant"),
    pytest.param({"sealed": "text"}, id="sealed text"),
    pytest.param({"sealed": True}, id="sealed boolean"),
    pytest.param({"ended": True, "ending": MARKUP}, id="ended with markup"),
    pytest.param({"ended": True}, id="ended without why"),
    pytest.param({"ended": True, "ending": "[]"}, id="ended as a list"),
    pytest.param({"ended": True, "ending": CODES % '["x"]'}, id="ended with words"),
    pytest.param({"ended": True, "ending": CODES % "[[1]]"}, id="ended with lists"),
    pytest.param({"renewedAt": "x", "connectedAt": "y"}, id="moments in words"),
    pytest.param({"connectedAt": 5}, id="a moment in digits"),
]


@pytest.mark.parametrize("edit", EDITS)
def test_no_property_of_a_connection_can_be_edited_to_advantage(stack: Stack, api: Api, office: Company, edit):
    put_row(stack, "connections", connection_of(stack, office, office.recruiter) | edit)
    path = f"/customers/{office.customer}/users/{office.ada}/calendar/connection"
    assert api.call("DELETE", path).status_code == 204  # so that nothing is remembered
    before = stack.microsoft.count("entra"), stack.microsoft.count("graph")

    answers = [api.schedule(office), api.call("GET", path.replace(office.ada, office.recruiter))]

    assert answers[0].status_code in (409, 502), answers[0].text[:300]
    assert answers[1].status_code in (200, 502), answers[1].text[:300]
    assert (stack.microsoft.count("entra"), stack.microsoft.count("graph")) == before
    assert all("<script>" not in answer.text for answer in answers)


@pytest.mark.parametrize("edit", [{"connectedAt": "x"}, {"sealed": "text"}, {"ended": True, "ending": "["}], ids=str)
def test_a_damaged_row_does_not_keep_a_user_from_being_forgotten(stack: Stack, api: Api, office: Company, edit):
    put_row(stack, "connections", connection_of(stack, office, office.recruiter) | edit)

    path = f"/customers/{office.customer}/users/{office.recruiter}/calendar/connection"
    assert api.call("DELETE", path).status_code == 204

    expect_nothing_stored(stack, office)


def test_moments_that_were_edited_change_no_token(stack: Stack, api: Api, office: Company):
    put_row(
        stack,
        "connections",
        connection_of(stack, office, office.recruiter)
        | dict.fromkeys(("connectedAt", "renewedAt", "lastUsedAt"), LATER),
    )

    assert api.schedule(office).status_code == 200
    assert state_of_user(api, office, office.recruiter) == "connected"


def test_a_number_in_place_of_the_sealed_tokens_is_a_damaged_row(stack: Stack, office: Company):
    row = connection_of(stack, office, office.recruiter)

    with pytest.raises((TypeError, ValueError)):
        from_row(row | {"sealed": 1_000_000})


def pending(stack: Stack, api: Api, company: Company) -> tuple[Browser, dict[str, str], dict[str, Any]]:
    """Return a sign-in of the recruiter that only has to be delivered, and its row."""
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, company, company.recruiter), company.recruiter)
    return browser, fields, sign_in_row(stack, company, fields["state"])


SIGN_IN_EDITS = [
    pytest.param({"user": "somebody@else.example"}, id="another user"),
    pytest.param({"user": "<script>alert(1)</script>"}, id="markup for a user"),
    pytest.param({"user": "00000000-0000-0000-0000-000000000000"}, id="an object id"),
    pytest.param({"redirectUri": "https://evil.example/mobile/getcalendar"}, id="another redirect URI"),
    pytest.param({"generation": "0" * 32}, id="another generation"),
    pytest.param({"customer": "nobody"}, id="another customer"),
    pytest.param({"customer": "../x"}, id="a path for a customer"),
    pytest.param({"binderDigest": "0" * 64}, id="another cookie"),
    pytest.param({"used": True}, id="used"),
    pytest.param({"variant": "evil"}, id="another variant"),
    pytest.param({"expiresAt": "2099"}, id="an end in words"),
]


@pytest.mark.parametrize("edit", SIGN_IN_EDITS)
def test_no_property_of_a_sign_in_can_be_edited_to_advantage(stack: Stack, api: Api, edit):
    company = new_office(stack, api)
    browser, fields, row = pending(stack, api, company)
    put_row(stack, "consents", row | edit)

    answer = deliver(stack, browser, fields)

    expect_no_way_on(answer)
    expect_nothing_stored(stack, company)
    expect_nothing_leaked(stack, secrets_of(browser, fields), company)
    assert answer.status_code == 400
    assert "<script>" not in answer.text


def test_a_sign_in_handed_to_the_attackers_browser_still_lacks_its_verifier(stack: Stack, api: Api):
    """The code verifier comes from the cookie, of which the table has a digest only."""
    company = new_office(stack, api)
    browser, fields, row = pending(stack, api, company)
    ((name, (value, path)),) = browser.cookies.items()
    attacker = Browser(stack)
    attacker.cookies[name] = ("A" * 43, path)
    put_row(stack, "consents", row | {"binderDigest": digest("A" * 43)})

    expect_ended(deliver(stack, attacker, fields))

    expect_nothing_stored(stack, company)
    assert row["binderDigest"] != value


def test_a_used_sign_in_that_is_made_new_again_meets_a_used_code(stack: Stack, api: Api):
    company = new_office(stack, api)
    browser, fields, row = pending(stack, api, company)
    cookies = dict(browser.cookies)
    assert deliver(stack, browser, fields).status_code == 200
    before = connections(stack, company)

    put_row(stack, "consents", row | {"expiresAt": row["expiresAt"] + timedelta(days=1)})
    browser.cookies = cookies
    expect_ended(deliver(stack, browser, fields))

    assert connections(stack, company) == before


def test_a_sign_in_moved_to_another_customer_is_redeemed_for_neither(stack: Stack, api: Api):
    company, other = new_office(stack, api), new_office(stack, api)
    browser, fields, row = pending(stack, api, company)
    _, _, theirs = pending(stack, api, other)
    put_row(stack, "consents", row | {name: theirs[name] for name in ("customer", "generation", "user")})

    answer = deliver(stack, browser, fields)

    expect_no_way_on(answer)
    assert answer.status_code == 400
    expect_nothing_stored(stack, company, other)
    expect_refused_answer(stack, deliver(stack, browser, fields), secrets_of(browser, fields), company, other)
