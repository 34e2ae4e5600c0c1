"""The main job: save, test, ask."""

from urllib.parse import parse_qs, urlsplit

from tests.journeys.api import Api, Company, new_company
from tests.sandbox.browser import Browser
from tests.sandbox.stack import Stack


def test_a_saved_and_tested_customer_gets_free_busy(api: Api, ready: Company):
    answer = api.schedule(ready)

    assert answer.status_code == 200
    (ada,) = answer.json()["value"]
    assert ada["availabilityView"] == "02" + "0" * 22
    assert [item["status"] for item in ada["scheduleItems"]] == ["busy"]
    assert "Secret plans" not in answer.text


def test_nothing_the_process_wrote_holds_a_secret_a_token_or_an_address(stack: Stack, api: Api):
    company = new_company(stack, consented=False)
    api.save(company)
    link = api.call("POST", f"/customers/{company.customer}/calendar/admin-consent").json()["url"]
    browser = Browser(str(stack.authority.ca_file))
    browser.open(link)
    state = parse_qs(urlsplit(browser.url).query)["state"][0]
    binder = next(iter(browser.cookies.values()))[1]
    browser.submit({"account": f"admin@{company.tenant.domains[1]}", "action": "accept"})
    api.test(company)
    api.schedule(company, company.ada, "nobody@elsewhere.example")
    api.schedule(company, user="nobody@elsewhere.example")
    tokens = {seen.bearer for seen in stack.microsoft.requests if seen.bearer}

    written = stack.host.stderr_text()

    assert company.customer in written, "the log speaks of this customer"
    assert len(tokens) >= 2
    secrets = {company.secret, link.rpartition("/")[2], state, binder, *tokens}
    addresses = {company.ada, company.recruiter, "nobody@elsewhere.example"}
    for word in secrets | addresses:
        assert word not in written
