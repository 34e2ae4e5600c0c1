"""The tenant is resolved by the test, pinned when it becomes active, and the only one used from then on."""

import pytest

from tests.journeys.api import Api, Company, new_company
from tests.journeys.expect import expect_refused
from tests.journeys.test_get_schedule import claims, graph_calls, value
from tests.sandbox.stack import Stack


def test_a_domain_is_shown_as_the_guid_once_tested(api: Api, company: Company):
    api.save(company)
    assert api.read(company).json()["tenantId"] == company.tenant.domains[0]
    api.test(company)
    assert api.read(company).json()["tenantId"] == company.tenant.id


@pytest.mark.parametrize("form", ["GUID", "upper GUID", "domain", "upper domain", "other domain"])
def test_the_same_tenant_in_another_form_needs_no_new_secret(api: Api, ready: Company, form: str):
    tenant = {
        "GUID": ready.tenant.id,
        "upper GUID": ready.tenant.id.upper(),
        "domain": ready.tenant.domains[0],
        "upper domain": ready.tenant.domains[0].upper(),
        "other domain": ready.tenant.domains[1],
    }[form]
    answer = api.save(ready, ready.document(tenantId=tenant, applicationSecret=None))

    if form == "other domain":  # saving asks Microsoft nothing, so nobody can know that it is the same one
        expect_refused(answer, 400, "invalidRequest", "applicationSecret")
    else:
        assert (answer.status_code, answer.json()["state"], answer.json()["pending"]) == (200, "ready", False)
    assert value(api.schedule(ready))


def test_the_application_id_in_upper_case_is_the_same_application(api: Api, ready: Company):
    document = ready.document(applicationId=ready.application.app_id.upper(), applicationSecret=None)

    assert api.save(ready, document).json()["state"] == "ready"
    assert value(api.schedule(ready))


def test_what_was_read_can_be_sent_back(api: Api, ready: Company):
    """An ATS form loads the configuration, changes one field and saves it."""
    names = (
        "configurationType",
        "provider",
        "tenantId",
        "applicationId",
        "consent",
        "loginUrl",
        "redirectUri",
        "details",
    )
    shown = api.read(ready)
    document = {name: shown.json()[name] for name in names}
    expires = shown.json()["secret"]["expires"]

    answer = api.save(ready, document | {"secretExpires": expires}, headers={"If-Match": shown.headers["ETag"]})

    assert (answer.status_code, answer.json()["state"], answer.json()["pending"]) == (200, "ready", False)


def test_a_domain_that_moves_to_another_tenant_moves_nothing_with_it(stack: Stack, api: Api, ready: Company):
    thief = new_company(stack)
    domain = ready.tenant.domains[0]
    ready.tenant.domains[0] = f"left.{domain}"
    thief.tenant.domains.append(domain)
    thief.tenant.add(ready.application)
    stack.microsoft.clear_requests()

    assert value(api.schedule(ready))[0]["availabilityView"]
    assert {claims(call)["tid"] for call in graph_calls(stack, ready)} == {ready.tenant.id}
    api.save(ready, ready.document(tenantId=domain, applicationSecret=None))
    api.test(ready)
    assert value(api.schedule(ready))[0]["availabilityView"]
    expect_refused(api.schedule(ready, user=thief.recruiter), 409, "mailboxNotReachable")
    tokens = [seen.path for seen in stack.microsoft.requests if seen.service == "entra" and seen.method == "POST"]
    assert not [path for path in tokens if thief.tenant.id in path or domain in path], "the secret went elsewhere"
