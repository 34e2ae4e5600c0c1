"""Basic: the deployment's own application, to try things out with, and never in production."""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest

from tests.journeys.api import Api, another_instance
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.people import (
    ATS,
    PeopleCompany,
    connect,
    expect_connects,
    expect_sent_back,
    expect_test_passes,
    invitation,
    invite,
    my_calls,
    new_browser,
    new_people_company,
    open_link,
    query_of,
    refused_token,
    rows,
    state,
    token_requests,
)
from tests.journeys.test_checkup import report
from tests.journeys.test_connect import code_form
from tests.journeys.test_connect_blocked import blocked, blocked_answer, expect_admin_consents
from tests.journeys.test_consent import expect_page
from tests.journeys.test_get_schedule import claims, value
from tests.sandbox.stack import Stack
from tests.sandbox.world import demo
from tests.sandbox.world.secrets import SecretVersion, VaultSecret


class BasicCompany(PeopleCompany):
    """A company that has no application of its own."""

    def document(self, **changes: Any) -> dict[str, Any]:
        """Return a Calendar Configuration of type Basic."""
        own = {"applicationId": None, "applicationSecret": None, "secretExpires": None, "configurationType": "basic"}
        return super().document(**(own | changes))


def new_basic_company(stack: Stack) -> BasicCompany:
    """Add a tenant with people who never saw the deployment's application."""
    company = new_people_company(stack)
    application = stack.world.home.application(demo.BASIC_APPLICATION)
    assert application is not None
    del company.tenant.applications[company.application.app_id.lower()]
    return BasicCompany(company.customer, company.tenant, application, demo.BASIC_SECRET)


def _version(value: str) -> SecretVersion:
    now = datetime.now(UTC)
    return SecretVersion(uuid.uuid4().hex, value, now, now)


def _staging(stack: Stack) -> dict[str, str | None]:
    usual = VaultSecret("basic-application", [_version(demo.BASIC_SECRET)])
    stack.world.vault_secrets.setdefault("basic-application", usual)  # this is asked for every process
    return {"DEPLOYMENT_STAGE": "staging", "BASIC_APPLICATION_ID": demo.BASIC_APPLICATION}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A staging deployment with an application for Basic, instead of the production that other tests share."""
    with Stack(settings=_staging) as running:
        yield running
        assert running.microsoft.errors == []


@pytest.fixture
def company(stack: Stack, api: Api) -> BasicCompany:
    """A saved company of type Basic."""
    company = new_basic_company(stack)
    answer = api.save(company)
    assert answer.status_code == 200, answer.text
    return company


def test_somebody_tries_it_out_from_the_first_click_to_a_schedule(stack: Stack, api: Api, company: BasicCompany):
    assert company.tenant.application(demo.BASIC_APPLICATION) is None
    stack.microsoft.clear_requests()

    expect_page(connect(stack, api, company, company.recruiter), 200, demo.BASIC_SECRET)

    (redeemed,) = token_requests(stack, company, "authorization_code")
    assert company.tenant.id in redeemed.path
    assert redeemed.form["client_secret"] == demo.BASIC_SECRET
    arrived = company.tenant.application(demo.BASIC_APPLICATION)
    assert arrived is not None
    assert arrived.user_scopes[company.account(company.recruiter).object_id] >= {"Calendars.ReadBasic", "User.Read"}
    expect_test_passes(api, company)
    assert api.read(company).json()["state"] == "ready"
    with Faults(stack, refused_token()):
        assert value(api.schedule(company))[0]["availabilityView"]
    assert {claims(call)["appid"] for call in my_calls(stack)} == {demo.BASIC_APPLICATION}
    assert demo.BASIC_SECRET not in api.read(company).text + stack.host.stderr_text()


def test_microsoft_is_asked_for_the_tenant_and_nothing_but_the_least(stack: Stack, api: Api, company: BasicCompany):
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, company, company.recruiter))

    asked = query_of(browser.url)
    assert asked["client_id"] == demo.BASIC_APPLICATION
    assert f"/{company.tenant.domains[0]}/oauth2/v2.0/authorize" in browser.url
    assert {"Calendars.ReadBasic", "User.Read"} <= set(asked["scope"].split())
    assert not {"Calendars.Read", ".default"} & set(asked["scope"].split())


def test_the_same_rules_hold_for_the_account(stack: Stack, api: Api, company: BasicCompany):
    answer = connect(stack, api, company, company.recruiter, account=company.ada, returnUrl=ATS)
    expect_sent_back(answer, calendar="failed", code="wrongAccount")
    assert rows(stack, company) == []

    mail = company.kay.mail
    assert mail
    expect_connects(stack, api, company, mail, account=company.kay.user_principal_name)


def test_two_customers_of_the_one_application_stay_apart(stack: Stack, api: Api, company: BasicCompany):
    other = new_basic_company(stack)
    assert api.save(other).status_code == 200
    for one in (company, other):
        expect_connects(stack, api, one, one.recruiter)
        expect_test_passes(api, one)
    stack.microsoft.clear_requests()

    for one in (company, other):
        stack.microsoft.clear_requests()
        assert value(api.schedule(one))[0]["availabilityView"]
        assert {claims(call)["tid"] for call in my_calls(stack)} == {one.tenant.id}
        expect_refused(
            api.schedule(one, user=(other if one is company else company).recruiter), 409, "userNotConnected"
        )


def test_the_tenant_is_needed_and_an_administrators_consent_is_no_choice(stack: Stack, api: Api):
    company = new_basic_company(stack)
    expect_refused(api.save(company, company.document(tenantId=None)), 400, "invalidRequest", "tenantId")
    expect_refused(api.save(company, company.document(consent="admin")), 400, "invalidRequest", "consent")
    expect_refused(api.save(company, company.document(tenantId="common")), 400, "invalidRequest", "tenantId")


def test_who_may_not_consent_gets_the_link_and_the_vendors_advice(stack: Stack, api: Api, company: BasicCompany):
    text = unescape(expect_page(blocked_answer(stack, api, blocked(company, 90094)), 400, demo.BASIC_SECRET))

    assert re.search("enterprise app", text, re.IGNORECASE)
    assert "user consent" in text.lower()
    assert "Advanced" in text, "keys of one's own are the other way"
    expect_admin_consents(stack, text, company)
    expect_page(connect(stack, api, company, company.recruiter, action="signin"), 200)


@contextmanager
def basic_secret(stack: Stack, *values: str) -> Iterator[None]:
    """Let the vault have these versions of the secret, and no others, for a while."""
    secret = stack.world.vault_secrets["basic-application"]
    kept, secret.versions = secret.versions, [_version(value) for value in values]
    try:
        yield
    finally:
        secret.versions = kept


SECRETS = {"wrong": ["Wro~ng"], "none": []}


@pytest.mark.parametrize("values", SECRETS.values(), ids=SECRETS)
def test_a_wrong_secret_of_the_deployment_ends_no_connection(stack: Stack, api: Api, company: BasicCompany, values):
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)
    with basic_secret(stack, *values), another_instance(stack) as fresh:
        with Faults(stack, refused_token()):
            expect_refused(fresh.schedule(company), 409, "credentialRefused", hides=("Wro~ng",))
        answer = connect(stack, fresh, company, company.ada, returnUrl=ATS)

    expect_sent_back(answer, calendar="failed", code="microsoftError")
    assert state(api, company, company.recruiter) == "connected"
    expect_test_passes(api, company)


@pytest.mark.parametrize("values", SECRETS.values(), ids=SECRETS)
def test_a_wrong_secret_of_the_deployment_is_the_operators(stack: Stack, api: Api, company: BasicCompany, values):
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)
    with basic_secret(stack, *values), another_instance(stack) as fresh, Faults(stack, refused_token(2)):
        error = expect_refused(fresh.schedule(company), 409, "credentialRefused")["innerError"]
        checks = report(fresh.test(company))

    failed = [check for check in checks.values() if check["outcome"] == "failed"]
    assert [error["owner"], *(check["owner"] for check in failed)] == ["operator"] * 2
    assert "basic-application" in error["remedy"]


def test_a_new_secret_of_the_deployment_is_used(stack: Stack, api: Api, company: BasicCompany):
    """The operator adds a version; some time later the old secret is removed in Entra ID."""
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)
    enterprise = company.tenant.application(demo.BASIC_APPLICATION)
    assert enterprise is not None
    enterprise.secrets = [replace(enterprise.secrets[0], value="New~basic-secret")]
    with basic_secret(stack, demo.BASIC_SECRET, "New~basic-secret"):
        with another_instance(stack) as fresh, Faults(stack, refused_token()):
            assert value(fresh.schedule(company))
        with Faults(stack, refused_token()):
            assert value(api.schedule(company)), "also where the old one may be remembered"
        expect_connects(stack, api, company, company.ada)


def test_in_production_nothing_of_it_is_left(stack: Stack, api: Api, company: BasicCompany):
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)

    browser = new_browser(stack)
    begun = code_form(stack, browser, invite(api, company, company.ada), company.ada)
    with another_instance(stack, DEPLOYMENT_STAGE="production") as production:
        fresh = new_basic_company(stack)
        expect_refused(production.save(fresh), 400, "basicNotAllowed")
        stack.microsoft.clear_requests()
        expect_refused(invitation(production, company, company.recruiter), 400, "basicNotAllowed")
        expect_refused(production.schedule(company), 400, "basicNotAllowed")
        expect_refused(production.test(company), 400, "basicNotAllowed")
        expect_page(browser.post(f"{production.url}/mobile/getcalendar", begun), 400)
        grants = ("refresh_token", "authorization_code")
        assert [token_requests(stack, company, grant) for grant in grants] == [[], []]
        assert my_calls(stack) == []
        assert state(api, company, company.ada) == "notConnected"
        assert production.call("DELETE", f"/customers/{company.customer}/calendar").status_code == 204


@pytest.mark.parametrize("change", [{"BASIC_APPLICATION_ID": ""}])
def test_without_an_application_there_is_no_basic(stack: Stack, change: dict[str, str]):
    with another_instance(stack, **change) as api:
        answer = api.save(new_basic_company(stack))

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in ("basicNotAllowed", "invalidRequest")


def test_from_basic_to_an_application_of_ones_own(stack: Stack, api: Api, company: BasicCompany):
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)
    own = new_people_company(stack).application
    company.tenant.add(own)
    own.redirect_uris = [f"{stack.public_url}/mobile/getcalendar"]
    advanced = PeopleCompany(company.customer, company.tenant, own, own.secrets[0].value)

    assert api.save(advanced).status_code == 200
    assert state(api, advanced, advanced.recruiter) == "notConnected", "another application is another generation"
    expect_refused(api.schedule(advanced), 409, "calendarNotTested")
    expect_connects(stack, api, advanced, advanced.recruiter)
    expect_test_passes(api, advanced)
