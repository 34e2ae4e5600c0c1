"""getSchedule when something is wrong: unknown is never free, and every cause has its own code."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.test_configuration import another_secret
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person

UNREADABLE = {
    "unknown": (lambda c: f"nobody@{c.tenant.domains[1]}", "5009"),
    "on-premises": (
        lambda c: person(c.tenant, "Onno", hosted="onPremises").address,
        "ErrorProxyRequestProcessingFailed",
    ),
    "unlicensed": (lambda c: person(c.tenant, "Una", hosted="none").address, "ErrorMailRecipientNotFound"),
    "overbooked": (lambda c: person(c.tenant, "Max", schedule_error=("5006", "too many")).address, "5006"),
    "no access": (
        lambda c: person(c.tenant, "Nan", schedule_error=("ErrorNoFreeBusyAccess", "no")).address,
        "ErrorNoFreeBusyAccess",
    ),
    "malformed": (lambda c: "not an address", "ErrorInvalidSmtpAddress"),
    "candidate": (lambda c: "candidate@outlook.com", "ErrorProxyRequestProcessingFailed"),
    "a code of tomorrow": (lambda c: person(c.tenant, "Tom", schedule_error=("9999", "new")).address, "9999"),
}


@pytest.mark.parametrize(("who", "code"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_address_that_cannot_be_read_has_graphs_form_and_the_rest_stands(api, ready: Company, who, code: str):
    address = who(ready)

    broken, ada = value(api.schedule(ready, address, ready.ada))
    (alone,) = value(api.schedule(ready, address))

    assert (broken["scheduleId"], broken["error"]["responseCode"]) == (address, code)
    assert alone["error"]["responseCode"] == code
    assert broken["error"]["message"]
    assert ada["availabilityView"] == "02" + "0" * 22


def _scope(company: Company) -> str:
    company.application.granted_roles = set()
    company.application.rbac_scope = {company.recruiter}
    return company.ada


def _policy(company: Company) -> str:
    company.application.access_policy = {company.ada}
    return company.recruiter


def _withdrawn(company: Company) -> str:
    company.application.granted_roles = set()
    return company.recruiter


# Who asks: (what was done, the contract's code, who can mend it, a word that tells it apart)
REFUSALS: dict[str, tuple[Callable[[Company], str], str, set[str], str]] = {
    "unknown": (
        lambda c: f"nobody@{c.tenant.domains[1]}",
        "mailboxNotReachable",
        {"atsAdmin", "user"},
        "principal name",
    ),
    "unknown id": (lambda c: str(uuid.uuid4()), "mailboxNotReachable", {"atsAdmin", "user"}, ""),
    "e-mail is no UPN": (
        lambda c: person(c.tenant, "Kat", upn=f"kat@{c.tenant.domains[0]}").address,
        *("mailboxNotReachable", {"atsAdmin", "user"}, "principal name"),
    ),
    "on-premises": (
        lambda c: person(c.tenant, "Onno", hosted="onPremises").user_principal_name,
        *("mailboxNotReachable", {"atsAdmin", "exchangeAdmin", "entraAdmin"}, "own servers"),
    ),
    "unlicensed": (
        lambda c: person(c.tenant, "Una", hosted="none").user_principal_name,
        *("mailboxNotReachable", {"atsAdmin", "exchangeAdmin", "entraAdmin"}, "licen"),
    ),
    "access policy": (_policy, "mailboxNotReachable", {"exchangeAdmin"}, "policy"),
}


@pytest.mark.parametrize(("who", "code", "owners", "word"), REFUSALS.values(), ids=REFUSALS)
def test_a_user_that_cannot_ask_is_told_why(api: Api, ready: Company, who, code: str, owners: set[str], word: str):
    error = expect_refused(api.schedule(ready, user=who(ready)), 409, code)

    inner = error["innerError"]
    assert inner["owner"] in owners
    assert word in (error["message"] + inner["remedy"]).lower()
    first = inner["remedy"].lower()
    assert code != "mailboxNotReachable" or "principal name" in first or inner["owner"] == "exchangeAdmin"


def test_a_mailbox_outside_of_rbacs_scope_is_told_from_a_missing_permission(api: Api, company: Company):
    outside = _scope(company)
    api.save(company)
    assert api.test(company).json()["passed"] is True

    assert value(api.schedule(company))
    error = expect_refused(api.schedule(company, user=outside), 409, "mailboxNotReachable")
    assert error["innerError"]["owner"] == "exchangeAdmin"
    assert "scope" in error["innerError"]["remedy"].lower()


@pytest.fixture
def clock(stack: Stack):
    """Microsoft's clock, put right afterwards."""
    yield stack.microsoft
    stack.microsoft.now = lambda: datetime.now(UTC)


def test_a_permission_that_was_withdrawn_is_named_when_the_token_is_renewed(stack, api: Api, ready: Company, clock):
    _withdrawn(ready)
    clock.travel(hours=2)

    error = expect_refused(api.schedule(ready), 409, "permissionMissing")
    assert error["innerError"]["owner"] in ("entraAdmin", "exchangeAdmin")


def test_a_secret_that_expired_after_caching_is_named_when_the_token_is_renewed(api: Api, company: Company, clock):
    secret = another_secret(company, end=datetime.now(UTC) + timedelta(hours=1))
    company.application.secrets = company.application.secrets[-1:]
    api.save(company, company.document(applicationSecret=secret))
    assert api.test(company).json()["passed"] is True
    clock.travel(hours=2)

    error = expect_refused(api.schedule(company), 409, "credentialExpired", hides=(secret,))
    assert error["innerError"]["owner"] == "entraAdmin"
    assert error["innerError"]["microsoftCode"] == "AADSTS7000222"


def test_a_secret_that_was_removed_at_microsoft_is_refused_when_the_token_is_renewed(api, ready: Company, clock):
    ready.application.secrets = []
    clock.travel(hours=2)

    error = expect_refused(api.schedule(ready), 409, "credentialRefused")
    assert error["innerError"]["microsoftCode"] == "AADSTS7000215"


def test_a_token_that_graph_refuses_once_is_fetched_anew(stack: Stack, api: Api, ready: Company):
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "Access token has expired."}}
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("graph", ready.recruiter, status=401, body=body, times=1)):
        assert value(api.schedule(ready))

    calls = graph_calls(stack, ready)
    assert [call.status for call in calls] == [401, 200]
    assert calls[0].bearer != calls[1].bearer


def test_a_short_throttling_is_waited_for_and_a_long_one_is_told(stack: Stack, api: Api, ready: Company):
    body = {"error": {"code": "ApplicationThrottled", "message": "over"}}
    with Faults(stack, Fault("graph", ready.recruiter, status=429, body=body, headers={"Retry-After": "1"}, times=1)):
        begun = datetime.now(UTC)
        assert value(api.schedule(ready))
        assert datetime.now(UTC) - begun >= timedelta(seconds=0.9)

    with Faults(stack, Fault("graph", ready.recruiter, status=429, body=body, headers={"Retry-After": "300"})):
        answer = api.schedule(ready)
    expect_refused(answer, 429, "throttled")
    assert 1 <= int(answer.headers["Retry-After"]) <= 300


def test_one_hiccup_of_graph_is_not_seen(stack: Stack, api: Api, ready: Company):
    with Faults(stack, Fault("graph", ready.recruiter, mode="reset", times=1)):
        assert value(api.schedule(ready))
    with Faults(stack, Fault("graph", ready.recruiter, status=503, times=1, headers={"Retry-After": "1"})):
        assert value(api.schedule(ready))


ODD_VALUES: dict[str, list[Any]] = {
    "fewer": [],
    "another address": [{"scheduleId": "other@x.example", "availabilityView": "0" * 24, "scheduleItems": []}],
    "no view": [{"scheduleId": "ADA", "scheduleItems": []}],
    "nothing": [{"scheduleId": "ADA"}],
    "a short view": [{"scheduleId": "ADA", "availabilityView": "0", "scheduleItems": []}],
    "null": [None],
    "view and error": [
        {"scheduleId": "ADA", "availabilityView": "0" * 24, "error": {"responseCode": "5009", "message": ""}}
    ],
}


@pytest.mark.parametrize("odd", ODD_VALUES.values(), ids=ODD_VALUES)
def test_half_an_answer_of_graph_is_never_free(stack: Stack, api: Api, ready: Company, odd: list[Any]):
    rows = [row | {"scheduleId": row["scheduleId"].replace("ADA", ready.ada)} if row else row for row in odd]
    with Faults(stack, Fault("graph", ready.recruiter, status=200, body={"value": rows})):
        answer = api.schedule(ready)

    assert answer.status_code in (200, 502)
    if answer.status_code == 200:
        (ada,) = value(answer)
        assert ada["scheduleId"] == ready.ada
        assert "error" in ada
    else:
        expect_refused(answer, 502, "microsoftUnavailable")
