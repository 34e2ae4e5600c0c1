"""Test Calendar Configuration: what each mistake of an administrator looks like."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.expect import OWNERS, expect_refused
from tests.journeys.test_configuration import another_secret

ORDER = ["tenant", "credential", "secretExpiry", "consent", "permission", "freeBusy", "resources"]


def report(answer: Any) -> dict[str, dict[str, Any]]:
    """Return the checks of a report by name, having checked its form."""
    assert answer.status_code == 200, answer.text[:500]
    body = answer.json()
    assert set(body) >= {"passed", "testedAt", "checks"}
    assert datetime.fromisoformat(body["testedAt"]).utcoffset() == timedelta(0)
    assert [check["check"] for check in body["checks"]] == ORDER
    for check in body["checks"]:
        assert check["outcome"] in ("passed", "failed", "warning", "skipped")
        assert check["message"]
        if check["outcome"] in ("failed", "warning"):
            assert check["remedy"], check
            assert check["owner"] in OWNERS, check
            assert check["code"], check
    assert body["passed"] is all(check["outcome"] != "failed" for check in body["checks"])
    return {check["check"]: check for check in body["checks"]}


def outcomes(checks: dict[str, dict[str, Any]]) -> str:
    """Return the outcomes in order, one letter each."""
    return "".join(check["outcome"][0] for check in checks.values())


def test_a_good_configuration_passes(api: Api, company: Company):
    api.save(company)
    answer = api.test(company)

    assert outcomes(report(answer)) == "ppppp" + "ps"
    assert company.secret not in answer.text
    assert api.read(company).json()["lastTest"] == answer.json()
    assert api.read(company).json()["adminConsent"]["granted"] is True


def _wrong_tenant(company: Company) -> dict[str, Any]:
    return {"tenantId": str(uuid.uuid4())}


def _secret_id(company: Company) -> dict[str, Any]:
    return {"applicationSecret": company.application.secrets[0].key_id}


def _expired(company: Company) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {"applicationSecret": another_secret(company, end=now - timedelta(minutes=5)), "secretExpires": None}


def _disabled(company: Company) -> dict[str, Any]:
    company.application.disabled = True
    return {}


def _no_principal(company: Company) -> dict[str, Any]:
    company.application.service_principal = False
    return {}


def _unconsented(company: Company) -> dict[str, Any]:
    company.application.granted_roles = set()
    return {}


def _useless_role(company: Company) -> dict[str, Any]:
    company.application.granted_roles = {"Mail.Read"}
    return {}


# What is wrong: (how, the check that fails, its code, who can mend it, words of the remedy)
MISTAKES: dict[str, tuple[Callable[[Company], dict[str, Any]], str, str, set[str], str]] = {
    "wrong tenant GUID": (_wrong_tenant, "tenant", "AADSTS90002", {"atsAdmin"}, "tenant"),
    "wrong tenant domain": (lambda c: {"tenantId": "nobody.example"}, "tenant", "AADSTS90002", {"atsAdmin"}, "tenant"),
    "wrong application": (
        *(lambda c: {"applicationId": str(uuid.uuid4())}, "credential", "AADSTS700016", {"atsAdmin", "entraAdmin"}),
        "application",
    ),
    "wrong secret": (
        *(
            lambda c: {"applicationSecret": "Wro~ng"},
            "credential",
            "AADSTS7000215",
            {"atsAdmin", "entraAdmin"},
            "Value",
        ),
    ),
    "secret ID": (_secret_id, "credential", "AADSTS7000215", {"atsAdmin", "entraAdmin"}, "ID"),
    "expired secret": (_expired, "credential", "AADSTS7000222", {"entraAdmin"}, "secret"),
    "disabled application": (_disabled, "credential", "AADSTS7000112", {"entraAdmin"}, "sign in"),
    "no service principal": (_no_principal, "consent", "AADSTS7000229", {"entraAdmin"}, "consent"),
}


@pytest.mark.parametrize(("mistake", "check", "code", "owners", "word"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_remedy(api: Api, company: Company, mistake, check, code, owners, word):
    document = company.document() | mistake(company)
    api.save(company, {name: value for name, value in document.items() if value is not None})

    answer = api.test(company)

    checks = report(answer)
    failed = [name for name, found in checks.items() if found["outcome"] == "failed"]
    assert code in [found.get("code") for found in checks.values()]
    found = next(found for found in checks.values() if found.get("code") == code)
    assert failed == [found["check"]]
    assert found["check"] == check or code == "AADSTS7000229"
    assert found["owner"] in owners
    assert word.lower() in (found["message"] + found["remedy"]).lower()
    after = list(checks.values())[ORDER.index(found["check"]) + 1 :]
    assert {later["outcome"] for later in after if later["check"] != "secretExpiry"} == {"skipped"}
    assert document.get("applicationSecret", "?") not in answer.text
    assert "Trace ID" not in answer.text, "an error_description is never repeated"
    assert api.read(company).json()["state"] == "untested"
    expect_refused(api.schedule(company), 409, "calendarNotTested")


@pytest.mark.parametrize("how", [_unconsented, _useless_role])
def test_without_consent_permission_or_consent_fails_and_names_both_ways(api: Api, company: Company, how):
    how(company)
    api.save(company)

    checks = report(api.test(company))

    assert api.read(company).json()["state"] == "untested"
    failed = [found for found in checks.values() if found["outcome"] == "failed"]
    assert [found["check"] for found in failed][:1] in (["consent"], ["permission"])
    text = " ".join(found["message"] + found["remedy"] for found in failed)
    assert "RBAC" in text
    assert "two hours" in text or "2 hours" in text
    assert failed[0]["owner"] in ("entraAdmin", "exchangeAdmin")
    assert api.read(company).json()["adminConsent"]["granted"] is False


def test_with_rbac_for_applications_an_empty_role_list_is_a_warning_and_free_busy_decides(api: Api, company: Company):
    company.application.granted_roles = set()
    company.application.rbac_scope = {company.recruiter}
    api.save(company)

    checks = report(api.test(company))

    assert checks["permission"]["outcome"] == "warning"
    assert checks["freeBusy"]["outcome"] == "passed"
    assert api.read(company).json()["state"] == "ready"
    assert api.read(company).json()["adminConsent"]["granted"] is True
    outside = report(api.test(company, user=company.ada))
    failed = [found for found in outside.values() if found["outcome"] == "failed"]
    assert failed
    assert "scope" in " ".join(found["message"] + found["remedy"] for found in failed)


def test_an_access_policy_that_shuts_the_user_out_is_named(api: Api, company: Company):
    company.application.access_policy = {company.ada}
    api.save(company)

    checks = report(api.test(company))

    assert (checks["permission"]["outcome"], checks["freeBusy"]["outcome"]) == ("passed", "failed")
    assert checks["freeBusy"]["owner"] == "exchangeAdmin"
    assert "policy" in (checks["freeBusy"]["message"] + checks["freeBusy"]["remedy"]).lower()


@pytest.mark.parametrize("role", ["Calendars.ReadWrite", "Directory.Read.All", "Mail.ReadWrite"])
def test_more_permission_than_needed_is_a_warning_that_names_it(api: Api, company: Company, role: str):
    company.application.granted_roles.add(role)
    api.save(company)

    checks = report(api.test(company))

    assert checks["permission"]["outcome"] == "warning"
    assert role in checks["permission"]["message"] + checks["permission"]["remedy"]
    assert api.read(company).json()["state"] == "ready", "a warning fails no test"


@pytest.mark.parametrize("role", ["Place.Read.All", "User.Read", "Application.Read.All"])
def test_permissions_of_named_features_are_no_reason_to_warn(api: Api, company: Company, role: str):
    company.application.granted_roles.add(role)
    api.save(company)

    assert report(api.test(company))["permission"]["outcome"] == "passed"


EXPIRIES = [(365, "passed"), (10, "warning"), (0, "warning"), (-3, "warning"), ("never", "passed"), (None, "warning")]


@pytest.mark.parametrize(("days", "outcome"), EXPIRIES)
def test_an_expiry_that_is_near_past_or_unknown_is_a_warning(api: Api, company: Company, days, outcome: str):
    date = (datetime.now(UTC).date() + timedelta(days=days)).isoformat() if isinstance(days, int) else days
    api.save(company, company.document(secretExpires=date))

    checks = report(api.test(company))

    assert checks["secretExpiry"]["outcome"] == outcome
    assert checks["credential"]["outcome"] == "passed"
    if outcome == "warning" and date:
        assert date in checks["secretExpiry"]["message"] + checks["secretExpiry"]["remedy"]


@pytest.mark.parametrize("role", ["Application.Read.All", "Application.ReadWrite.OwnedBy"])
def test_an_expiry_that_was_left_out_is_read_from_entra_where_the_application_may(api: Api, company: Company, role):
    company.application.granted_roles.add(role)
    api.save(company, company.document(secretExpires=None))

    checks = report(api.test(company))

    end = company.application.secrets[0].end.date()
    shown = api.read(company).json()["secret"]
    assert checks["secretExpiry"]["outcome"] == "passed"
    assert shown == {"set": True, "expires": end.isoformat(), "daysLeft": (end - datetime.now(UTC).date()).days}
