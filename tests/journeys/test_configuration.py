"""Saving, reading and deleting a Calendar Configuration."""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused, vault_values
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.applications import ClientSecret


def another_secret(company: Company, **more: Any) -> str:
    """Give the application one more client secret and return its value."""
    now = datetime.now(UTC)
    value = f"More~{uuid.uuid4().hex}"
    end = more.get("end", now + timedelta(days=200))
    company.application.secrets.append(ClientSecret(value, str(uuid.uuid4()), "more", now - timedelta(days=1), end))
    return value


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Make all calls at the same moment and return their results in order."""
    barrier = threading.Barrier(len(calls))

    def start(call: Callable[[], Any]) -> Any:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(start, calls))


def test_a_saved_configuration_is_shown_with_its_defaults_and_without_the_secret(stack, api: Api, company: Company):
    answer = api.save(company, company.document(secretExpires=None))

    assert answer.status_code == 200
    shown = api.read(company)
    assert shown.json() == answer.json()
    assert shown.headers["ETag"] == answer.headers["ETag"]
    assert company.secret not in shown.text + answer.text
    assert "applicationSecret" not in shown.json()
    body = shown.json()
    assert body["configurationType"] == "advanced"
    assert body["tenantId"] == company.tenant.domains[0]
    assert body["applicationId"] == company.application.app_id
    assert (body["consent"], body["details"], body["provider"]) == ("admin", "time", "office365")
    assert (body["state"], body["pending"], body["lastTest"]) == ("untested", True, None)
    assert body["secret"] == {"set": True, "expires": None, "daysLeft": None}
    assert body["redirectUri"] == f"{stack.public_url}/mobile/getcalendar"
    assert body["adminConsent"]["granted"] in (None, False)


def test_redirect_uris_to_register_include_those_of_other_deployments(stack: Stack, api: Api, ready: Company):
    assert set(api.read(ready).json()["redirectUris"]) >= {
        f"{stack.public_url}/mobile/getcalendar",
        "https://staging.ats.example/mobile/getcalendar",
    }


def test_an_empty_document_is_no_integration(api: Api, company: Company):
    answer = api.save(company, {})

    assert answer.status_code == 200
    assert answer.json()["configurationType"] == "none"
    assert answer.json()["state"] == "untested"
    expect_refused(api.schedule(company), 409, "calendarNotConfigured")


def test_basic_is_refused_in_production(api: Api, company: Company):
    document = {"configurationType": "basic", "tenantId": company.tenant.domains[0], "consent": "user"}

    expect_refused(api.save(company, document), 400, "basicNotAllowed")
    expect_refused(api.read(company), 404, "customerNotFound")


def test_basic_in_a_draft_is_refused_too(api: Api, ready: Company):
    document = {"configurationType": "basic", "tenantId": ready.tenant.domains[0], "consent": "user"}

    expect_refused(api.test(ready, configuration=document), 400, "basicNotAllowed")


DAYS = [(0, 0), (1, 1), (-1, -1), (365, 365), (-400, -400)]


@pytest.mark.parametrize(("days", "left"), DAYS)
def test_days_left_are_calendar_days_from_today(stack: Stack, api: Api, company: Company, days: int, left: int):
    expires = (datetime.now(UTC).date() + timedelta(days=days)).isoformat()

    secret = api.save(company, company.document(secretExpires=expires)).json()["secret"]

    assert secret == {"set": True, "expires": expires, "daysLeft": left}


def test_the_vault_knows_when_the_secret_expires(stack: Stack, api: Api, company: Company):
    expires = (datetime.now(UTC) + timedelta(days=90)).replace(hour=0, minute=0, second=0, microsecond=0)
    api.save(company, company.document(secretExpires=expires.date().isoformat()))

    (version,) = _versions(stack, company.secret)
    assert version.expires == int(expires.timestamp())

    assert api.save(company, company.document(applicationSecret=None, secretExpires="never")).status_code == 200
    assert api.read(company).json()["secret"] == {"set": True, "expires": "never", "daysLeft": None}
    assert [v.expires for v in _versions(stack, company.secret) if v.enabled][-1] is None


def _versions(stack: Stack, value: str) -> list[Any]:
    return [v for s in stack.world.vault_secrets.values() for v in s.versions if v.value == value]


def test_the_secret_is_kept_when_it_is_left_out(stack: Stack, api: Api, company: Company):
    api.save(company)
    assert api.save(company, company.document(applicationSecret=None, consent="admin")).status_code == 200

    assert api.test(company).json()["passed"] is True
    assert api.schedule(company).status_code == 200


def test_the_whole_document_is_replaced(api: Api, company: Company):
    api.save(company, company.document(allowedDomains=["a.example"], alertRecipients=["a@b.example"], details="full"))
    api.save(company, company.document(applicationSecret=None))

    shown = api.read(company).json()
    assert (shown["allowedDomains"] or [], shown["alertRecipients"], shown["details"]) == ([], [], "time")


CHANGES = {
    "tenant": lambda stack, company: {"tenantId": "contoso.onmicrosoft.com"},
    "tenant as a GUID": lambda stack, company: {"tenantId": str(uuid.uuid4())},
    "application": lambda stack, company: {"applicationId": str(uuid.uuid4())},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("tested", [False, True], ids=["untested", "tested"])
def test_a_stored_secret_never_goes_to_another_tenant_or_application(stack, api, company: Company, change, tested):
    api.save(company)
    if tested:
        assert api.test(company).json()["passed"] is True
    before = api.read(company).json()
    document = company.document(applicationSecret=None) | change(stack, company)

    expect_refused(api.save(company, document), 400, "invalidRequest", "applicationSecret")
    expect_refused(api.test(company, configuration=document), 400, "invalidRequest", "applicationSecret")
    assert api.read(company).json() == before


def test_a_changed_tenant_or_application_leaves_the_customer_untested(api: Api, ready: Company):
    answer = api.save(ready, ready.document(applicationId=str(uuid.uuid4())))

    assert (answer.json()["state"], answer.json()["pending"]) == ("untested", True)
    expect_refused(api.schedule(ready), 409, "calendarNotTested")


def test_type_none_leaves_the_customer_untested_and_forgets_the_secret_of_the_next(api: Api, ready: Company):
    answer = api.save(ready, {"configurationType": "none"})

    assert (answer.status_code, answer.json()["state"]) == (200, "untested")
    expect_refused(api.schedule(ready), 409, "calendarNotConfigured")
    expect_refused(api.test(ready), 409, "calendarNotConfigured")
    expect_refused(
        api.call("POST", f"/customers/{ready.customer}/calendar/admin-consent"), 409, "calendarNotConfigured"
    )


def test_a_wrong_new_secret_never_takes_calendars_down(stack: Stack, api: Api, ready: Company):
    answer = api.save(ready, ready.document(applicationSecret="Wrong~value-of-a-secret"))

    assert (answer.json()["state"], answer.json()["pending"]) == ("ready", True)
    assert api.schedule(ready).status_code == 200
    assert api.test(ready).json()["passed"] is False
    shown = api.read(ready).json()
    assert (shown["state"], shown["pending"]) == ("ready", True), "the active revision's own test did not fail"
    assert shown["lastTest"]["passed"] is False
    assert api.schedule(ready).status_code == 200

    good = another_secret(ready)
    api.save(ready, ready.document(applicationSecret=good))
    assert api.test(ready).json()["passed"] is True
    shown = api.read(ready).json()
    assert (shown["state"], shown["pending"]) == ("ready", False)
    ready.application.secrets = [secret for secret in ready.application.secrets if secret.value == good]
    assert api.schedule(ready).status_code == 200


def test_a_failed_test_of_the_active_revision_is_shown_and_changes_no_answer(api: Api, ready: Company):
    good = ready.recruiter
    assert api.test(ready, user=f"nobody@{ready.tenant.domains[1]}").json()["passed"] is False

    shown = api.read(ready).json()
    assert (shown["state"], shown["pending"], shown["lastTest"]["passed"]) == ("failing", False, False)
    assert api.schedule(ready).status_code == 200
    assert api.test(ready, user=good).json()["passed"] is True
    assert api.read(ready).json()["state"] == "ready"


SOFT = {
    "alertRecipients": ["ops@ats.example"],
    "details": "full",
    "allowedDomains": ["elsewhere.example"],
    "secretExpires": "never",
}


@pytest.mark.parametrize(("name", "value"), SOFT.items())
def test_a_soft_save_needs_no_test(api: Api, ready: Company, name: str, value: object):
    answer = api.save(ready, ready.document(applicationSecret=None) | {name: value})

    assert (answer.status_code, answer.json()["state"], answer.json()["pending"]) == (200, "ready", False)
    assert api.read(ready).json()["lastTest"]["passed"] is True
    schedule = api.schedule(ready)
    assert schedule.status_code == 200
    (ada,) = schedule.json()["value"]
    if name == "details":
        assert ada["scheduleItems"][0]["subject"] == "Secret plans"
    if name == "allowedDomains":
        assert ada["error"]["responseCode"] == "notAllowed"


def test_a_soft_save_over_a_pending_revision_leaves_it_pending_and_the_active_one_answering(api: Api, ready: Company):
    api.save(ready, ready.document(applicationSecret="Wrong~value"))
    answer = api.save(ready, ready.document(applicationSecret=None, details="full"))

    assert (answer.json()["state"], answer.json()["pending"]) == ("ready", True)
    assert api.schedule(ready).status_code == 200


def test_saving_while_the_vault_is_down_stores_nothing(stack: Stack, api: Api, company: Company):
    for status in (503, 403):
        down = Fault("vault", method="PUT", status=status, body={"error": {"code": "Forbidden", "message": "no"}})
        with Faults(stack, down):
            answer = api.save(company)
        assert answer.status_code == 502
        expect_refused(answer, 502, answer.json()["error"]["code"], hides=(company.secret,))
        expect_refused(api.read(company), 404, "customerNotFound")
    assert company.secret not in vault_values(stack)
    assert api.save(company).status_code == 200
    assert api.test(company).json()["passed"] is True
