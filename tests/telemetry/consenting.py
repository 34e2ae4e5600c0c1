"""The first part of a journey: configurations, secrets, consents, connections, and how each goes wrong."""

from datetime import UTC, datetime

import requests

from tests.journeys import browser, people
from tests.journeys.api import Company, new_company
from tests.journeys.expect import Faults
from tests.journeys.people import PeopleCompany, new_people_company
from tests.journeys.test_connect import code_form
from tests.sandbox.microsoft import Fault
from tests.telemetry.setting import JUNK, UPSTREAM, Setting, expect

WRONG_SECRET = "Wrong~secret/with+odd=&chars-0a1b2c3d4e5f"


def administrator_consents(setting: Setting) -> Company:
    """Save with a wrong secret, mend it, let an administrator decline and then consent, test, delete nothing."""
    api, stack = setting.api, setting.stack
    company = setting.populated(new_company(stack, consented=False))
    expect(api.save(company, company.document(applicationSecret=WRONG_SECRET)), 200)
    assert "AADSTS7000215" in expect(api.test(company), 200).text
    expect(api.save(company), 200)
    assert '"passed":false' in expect(api.test(company), 200).text
    browser.consent(stack, browser.link(api, company, returnUrl="https://ats.example/x"), company, action="cancel")
    assert "declined" in _consents(setting, company, "cancel").headers["Location"]
    assert "calendar=connected" in _consents(setting, company, "accept").headers["Location"]
    assert '"passed":true' in expect(api.test(company), 200).text
    draft = company.document(applicationSecret=WRONG_SECRET)
    assert "AADSTS7000215" in expect(api.test(company, configuration=draft), 200).text
    expect(api.schedule(company, company.ada, f"zenobia@{company.tenant.domains[1]}", "nobody@elsewhere.example"), 200)
    full = company.document(applicationSecret=None, details="full")
    expect(api.save(company, full), 200)
    assert "Merger" in expect(api.schedule(company, f"zenobia@{company.tenant.domains[1]}"), 200).text
    return company


def _consents(setting: Setting, company: Company, action: str) -> requests.Response:
    url = browser.link(setting.api, company, returnUrl="https://ats.example/x")
    return expect(browser.consent(setting.stack, url, company, action=action), 303)


def users_connect(setting: Setting) -> PeopleCompany:
    """Connect, decline, sign in as somebody else, forge and replay answers, revoke, disconnect."""
    api, stack = setting.api, setting.stack
    company = new_people_company(stack)
    setting.populated(company)
    expect(api.save(company, company.document()), 200)
    expect(people.connect(stack, api, company, company.recruiter, action="cancel"), 400)
    expect(people.connect(stack, api, company, company.recruiter, account=company.ada), 400)
    _answers_that_nobody_asked_for(setting, company)
    _refusals_of_codes(setting, company)
    people.expect_connects(stack, api, company, company.recruiter)
    people.expect_test_passes(api, company)
    people.expect_connects(stack, api, company, f"zenobia@{company.tenant.domains[1]}")
    expect(api.schedule(company, company.ada, f"zenobia@{company.tenant.domains[1]}"), 200)
    expect(people.disconnect(api, company, f"zenobia@{company.tenant.domains[1]}"), 204)
    with Faults(stack, people.refused_token()):
        expect(api.schedule(company), 200)  # a refresh token is used
    company.account(company.recruiter).revoke_sessions(datetime.now(UTC))
    with Faults(stack, people.refused_token()):
        expect(api.schedule(company), 409)
    assert people.state(api, company, company.recruiter) == "reconnectRequired"
    return company


def _answers_that_nobody_asked_for(setting: Setting, company: PeopleCompany) -> None:
    """Bring codes and states where they do not belong: in the address, twice, in another browser, once more."""
    stack, finish = setting.stack, f"{setting.api.url}/mobile/getcalendar"
    window = people.new_browser(stack)
    form = code_form(stack, window, people.invite(setting.api, company, company.ada), company.ada)
    for fields in (form, form | {"error": JUNK, "error_description": f"AADSTS50011: {JUNK} {company.ada}"}):
        expect(requests.get(finish, params=fields, timeout=30), 400)
        expect(people.new_browser(stack).post(finish, fields, follow=False), 400)
    expect(requests.post(finish, data=f"code={form['code']}&code={JUNK}&state={form['state']}", timeout=30), 400)
    cookie = {"Cookie": f"__Secure-calendar-consent-{JUNK}={JUNK}"}
    expect(requests.post(finish, data=form, headers=cookie, timeout=30), 400)
    expect(window.post(finish, form, follow=False), 200)
    expect(window.post(finish, form, follow=False), 400)
    expect(requests.get(f"{setting.api.url}/connect/{JUNK}", timeout=30), 400)


def _refusals_of_codes(setting: Setting, company: PeopleCompany) -> None:
    """Let Entra ID refuse codes, with texts and with pages, and let ID tokens be somebody else's."""
    stack, api = setting.stack, setting.api
    said = f"AADSTS70008: {UPSTREAM} Trace ID: x"
    body = {"error": "invalid_grant", "error_description": said, "error_codes": [70008], "suberror": UPSTREAM}
    for fault in (
        Fault("entra", "/token", status=400, body=body, times=1),
        Fault("entra", "/token", status=200, body={"access_token": UPSTREAM, "id_token": UPSTREAM}, times=1),
        Fault("entra", "/token", status=500, body=UPSTREAM.encode(), times=3),
        Fault("graph", "/me", status=403, body={"error": {"code": "Forbidden", "message": UPSTREAM}}, times=1),
    ):
        with Faults(stack, fault):
            expect(people.connect(stack, api, company, f"kay.alias@{company.tenant.domains[1]}",
                                  account=company.kay.user_principal_name), 400, 303, 200)  # fmt: skip
    stack.microsoft.id_token_changes = {"aud": UPSTREAM, "nonce": UPSTREAM, "preferred_username": UPSTREAM}
    try:
        expect(people.connect(stack, api, company, company.recruiter), 400)
    finally:
        stack.microsoft.id_token_changes = {}
