"""Test Calendar Configuration: users that cannot be read, drafts, outages, races."""

import threading
import uuid
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import OWNERS, Faults, expect_refused, vault_values
from tests.journeys.test_checkup import outcomes, report
from tests.journeys.test_configuration import another_secret
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person

MAILBOXES = {
    "unknown": (lambda company: f"nobody@{company.tenant.domains[1]}", "principal"),
    "unknown object id": (lambda company: str(uuid.uuid4()), ""),
    "on-premises": (lambda c: person(c.tenant, "Onno", hosted="onPremises").user_principal_name, "own servers"),
    "unlicensed": (lambda c: person(c.tenant, "Una", hosted="none").user_principal_name, "licen"),
    "e-mail is no UPN": (lambda c: person(c.tenant, "Kat", upn=f"k@{c.tenant.domains[0]}").address, "principal name"),
}


@pytest.mark.parametrize(("who", "word"), MAILBOXES.values(), ids=MAILBOXES)
def test_a_user_that_cannot_be_read_fails_free_busy_alone(api: Api, company: Company, who, word: str):
    api.save(company)

    checks = report(api.test(company, user=who(company)))

    assert outcomes(checks) == "pppppfs"
    assert word in (checks["freeBusy"]["message"] + checks["freeBusy"]["remedy"]).lower()


def test_a_draft_is_tested_without_being_stored(stack: Stack, api: Api, ready: Company):
    before, stored = api.read(ready), sorted(vault_values(stack))
    secret = another_secret(ready)

    good = report(api.test(ready, configuration=ready.document(applicationSecret=secret, details="full")))
    bad = report(api.test(ready, configuration=ready.document(applicationSecret="Wro~ng")))
    kept = report(api.test(ready, configuration=ready.document(applicationSecret=None)))

    assert (good["credential"]["outcome"], bad["credential"]["outcome"]) == ("passed", "failed")
    assert kept["credential"]["outcome"] == "passed"
    after = api.read(ready)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])
    assert sorted(vault_values(stack)) == stored


def test_a_draft_of_a_customer_never_saved_is_tested_or_not_found(api: Api, company: Company):
    expect_refused(api.test(company), 404, "customerNotFound")
    answer = api.test(company, configuration=company.document())
    assert answer.status_code in (200, 404)
    assert api.read(company).status_code == 404


def test_a_draft_of_type_none_is_not_configured(api: Api, ready: Company):
    expect_refused(api.test(ready, configuration={"configurationType": "none"}), 409, "calendarNotConfigured")


def test_user_consent_needs_a_connected_user(api: Api, company: Company):
    api.save(company, company.document(consent="user"))

    checks = report(api.test(company))

    assert checks["consent"]["outcome"] == "failed"
    assert checks["freeBusy"]["outcome"] == "skipped"
    assert "connect" in (checks["consent"]["message"] + checks["consent"]["remedy"]).lower()
    assert api.read(company).json()["adminConsent"]["granted"] is None


@pytest.mark.parametrize("fault", [{"mode": "reset"}, {"status": 503}], ids=["reset", "503"])
def test_when_entra_cannot_be_reached_at_all_nothing_is_judged(stack: Stack, api: Api, ready: Company, fault):
    before = api.read(ready).json()
    with Faults(stack, Fault("entra", **fault)):
        answer = api.test(ready)

    expect_refused(answer, 502, "microsoftUnavailable")
    assert api.read(ready).json() == before


@pytest.mark.parametrize("fault", [{"mode": "reset"}, {"status": 503}], ids=["reset", "503"])
def test_when_graph_cannot_be_reached_free_busy_fails(stack: Stack, api: Api, ready: Company, fault):
    with Faults(stack, Fault("graph", **fault)):
        checks = report(api.test(ready))

    assert outcomes(checks)[5] == "f"
    assert checks["freeBusy"]["owner"] in OWNERS
    assert api.schedule(ready).status_code == 200


def test_a_save_while_a_test_runs_is_not_made_active_by_it(stack: Stack, api: Api, company: Company):
    api.save(company)
    answers: list[Any] = []
    with Faults(stack, Fault("graph", company.recruiter, delay=1.5)):
        running = threading.Thread(target=lambda: answers.append(Api(stack).test(company)))
        running.start()
        while not any(company.recruiter in request.path for request in stack.microsoft.requests):
            running.join(0.02)
        api.save(company, company.document(applicationSecret="Wrong~new-one"))
        running.join()

    assert answers[0].json()["passed"] is True
    shown = api.read(company).json()
    assert (shown["state"], shown["pending"]) == ("untested", True)
    expect_refused(api.schedule(company), 409, "calendarNotTested")
