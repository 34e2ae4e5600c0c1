"""One user under many spellings, and many users under one: whose connection a name means."""

import json
from urllib.parse import quote

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    connect,
    connections,
    expect_ended,
    expect_nothing_leaked,
    expect_nothing_stored,
    log_of,
    new_office,
    state_of_user,
)
from tests.journeys.expect import expect_refused
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person


@pytest.fixture(scope="module")
def office(stack: Stack) -> Company:
    """A tested company with fiona connected; kirk and strasse have accounts and are not connected."""
    api = Api(stack)
    company = new_office(stack, api)
    for name in ("Fiona", "Kirk", "Strasse"):
        person(company.tenant, name)
    assert connect(stack, api, company, named(company, "fiona")).status_code == 200
    assert api.test(company, user=named(company, "fiona")).json()["passed"] is True
    return company


def named(company: Company, name: str) -> str:
    return f"{name}@{company.tenant.domains[1]}"


def path(company: Company, user: str, what: str = "connection") -> str:
    return f"/customers/{company.customer}/users/{quote(user, safe='@')}/calendar/{what}"


def test_letter_case_and_the_object_id_mean_what_the_contract_says(stack: Stack, api: Api, office: Company):
    fiona = named(office, "fiona")
    assert state_of_user(api, office, fiona.upper()) == "connected"
    assert api.schedule(office, user=fiona.title()).status_code == 200

    account = office.tenant.account(fiona)
    assert state_of_user(api, office, account.object_id) == "notConnected"
    expect_ended(connect(stack, api, office, account.object_id, named(office, "kirk")))
    assert connect(stack, api, office, account.object_id.upper(), fiona).status_code == 200
    assert state_of_user(api, office, account.object_id) == "connected"


NEARLY = [
    "fiona.",
    ".fiona",
    "fi.ona",
    "fiona+x",
    "f\u0456ona",
    "fion\u0430",
    "\uff46iona",
    "fiona\u0301",
    "fi\u00adona",
]


@pytest.mark.parametrize("name", NEARLY, ids=ascii)
def test_a_name_that_only_looks_alike_is_another_user_or_none(api: Api, office: Company, name: str):
    answer = api.call("GET", path(office, named(office, name)))

    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert answer.json()["state"] == "notConnected"
        expect_refused(api.schedule(office, user=quote(named(office, name), safe="@")), 409, "userNotConnected")


FOLDED = {
    "a ligature": ("\ufb01ona", "fiona"),
    "a long s": ("\u017ftrasse", "strasse"),
    "the Kelvin sign": ("\u212airk", "kirk"),
}
FOLDED |= {"a sharp s": ("stra\u00dfe", "strasse"), "a ligature of st": ("\ufb06rasse", "strasse")}


@pytest.mark.parametrize("pair", FOLDED.values(), ids=FOLDED)
def test_a_name_with_other_letters_is_another_user(stack: Stack, api: Api, office: Company, pair):
    """Whoever calls himself so in the ATS must not ask with the connection of the one he imitates."""
    imitator, real = (named(office, name) for name in pair)
    assert connect(stack, api, office, real).status_code == 200

    answer = api.call("GET", path(office, imitator))

    assert answer.status_code == 400 or answer.json()["state"] == "notConnected"


def test_an_account_does_not_prove_a_name_with_other_letters(stack: Stack, api: Api, office: Company):
    answer = api.call("POST", path(office, named(office, "\ufb01ona"), "connect"), json={})
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        api.call("DELETE", path(office, named(office, "\ufb01ona")))
        expect_ended(connect(stack, api, office, named(office, "\ufb01ona"), named(office, "fiona")))


ODD = {
    "line end": "fiona%0Ax@{domain}",
    "carriage return": "fiona%0D%0A{{%22event%22:%22request%22}}@{domain}",
    "escape": "fiona%1B[31m@{domain}",
    "nul": "fiona%00@{domain}",
    "separator": "fiona%E2%80%A8x@{domain}",
    "right to left": "%E2%80%AEanoif@{domain}",
    "slash": "fiona%2F..%2Fkirk@{domain}",
    "backslash": "fiona%5C@{domain}",
    "query": "fiona%3Fcode=1@{domain}",
    "percent twice": "fiona%252F@{domain}",
    "quote": "fiona'%20or%20'1'%20eq%20'1@{domain}",
    "markup": "%3Cscript%3E@{domain}",
    "dots in the domain": "fiona@x..{domain}",
    "two ats": "fiona@evil.example@{domain}",
    "semicolon": "fiona;x@{domain}",
    "very long": "f" * 65 + "@{domain}",
    "no name": "@{domain}",
    "overlong utf-8": "fiona%C0%AF@{domain}",
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_odd_names_are_refused_and_write_no_line_of_their_own(stack: Stack, api: Api, office: Company, name: str):
    user = name.format(domain=office.tenant.domains[1])
    known = len(connections(stack, office))
    for method, what in (("GET", "connection"), ("DELETE", "connection"), ("POST", "connect")):
        where = f"/customers/{office.customer}/users/{user}/calendar/{what}"
        answer = api.call(method, where, described="%00" not in user)  # which no function sees: the host refuses it
        assert answer.status_code in (400, 404), answer.text[:300]
        assert "fiona" not in answer.text, "a refusal never repeats what it refuses"
        assert "<script" not in answer.text

    assert len(connections(stack, office)) == known
    for line in log_of(stack).splitlines()[-10:]:
        if line.startswith("INFO calendar_connector {"):
            assert json.loads(line.removeprefix("INFO calendar_connector "))["event"] in {"request", "keepAlive"}
        assert "\x1b" not in line
        assert "fiona" not in line


def test_no_name_of_a_user_is_ever_in_the_log(stack: Stack, api: Api):
    company = new_office(stack, api)
    expect_ended(connect(stack, api, company, company.recruiter, company.ada))
    expect_nothing_stored(stack, company)
    assert connect(stack, api, company, company.recruiter).status_code == 200
    api.test(company)
    api.schedule(company)
    api.call("DELETE", path(company, company.recruiter))

    expect_nothing_leaked(stack, [company.secret], company)
    for word in (company.recruiter, company.ada, company.tenant.account(company.recruiter).object_id):
        assert word.lower() not in log_of(stack).lower()
