"""Companies whose users connect their own calendars, and what such a user does in a browser for it."""

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, TableServiceClient, UpdateMode

from tests.journeys.api import Api, Company, new_company
from tests.sandbox.browser import Browser
from tests.sandbox.microsoft import Fault
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.demo_parts import CALENDAR_SCOPES
from tests.sandbox.world.tenants import Account

ATS = "https://ats.example/interviews?tab=calendar"
_TIMER = "keep_connections_alive"


@dataclass
class PeopleCompany(Company):
    """A company with user consent: recruiter, ada, and kay, whose user principal name is not her e-mail address."""

    def document(self, **changes: Any) -> dict[str, Any]:
        """Return a Calendar Configuration for user consent; a change to None leaves the property out."""
        return super().document(**({"consent": "user"} | changes))

    @property
    def admin(self) -> str:
        """The administrator."""
        return f"admin@{self.tenant.domains[1]}"

    @property
    def kay(self) -> Account:
        """Somebody with the alias kay.alias and, as she says herself, the private address kay@home.example."""
        account = self.tenant.account(f"kay.user@{self.tenant.domains[0]}")
        assert account is not None
        return account

    def account(self, name: str) -> Account:
        """Return the account with this user principal name."""
        found = self.tenant.account(name)
        assert found is not None
        return found


def new_people_company(stack: Stack, *, scopes: set[str] | None = None) -> PeopleCompany:
    """Add a tenant with an application that has delegated scopes registered, and with people who may consent."""
    base = new_company(stack, consented=False)
    base.application.registered_roles = set()
    base.application.registered_scopes = set(CALENDAR_SCOPES if scopes is None else scopes)
    company = PeopleCompany(base.customer, base.tenant, base.application, base.secret)
    domains = company.tenant.domains
    person(company.tenant, "Kay", upn=f"kay.user@{domains[0]}", aliases=[f"kay.alias@{domains[1]}"])
    company.kay.other_mails.append("kay@home.example")
    return company


def saved_people(stack: Stack, api: Api, **changes: Any) -> PeopleCompany:
    """Return a new company whose configuration is saved; nobody is connected and nothing tested yet."""
    company = new_people_company(stack)
    answer = api.save(company, company.document(**changes))
    assert answer.status_code == 200, answer.text
    return company


def working_people(stack: Stack, api: Api, **changes: Any) -> PeopleCompany:
    """Return a new company with a connected recruiter and a passed test."""
    company = saved_people(stack, api, **changes)
    expect_connects(stack, api, company, company.recruiter)
    expect_test_passes(api, company)
    return company


def invitation(api: Api, company: Company, user: str, **body: Any) -> requests.Response:
    """Ask for a link with which this user can connect."""
    return api.call("POST", f"/customers/{company.customer}/users/{_part(user)}/calendar/connect", json=body)


def invite(api: Api, company: Company, user: str, **body: Any) -> str:
    """Return a link with which this user can connect."""
    answer = invitation(api, company, user, **body)
    assert answer.status_code == 201, answer.text[:500]
    return str(answer.json()["url"])


def connection(api: Api, company: Company, user: str) -> requests.Response:
    """Ask whether this user is connected."""
    return api.call("GET", f"/customers/{company.customer}/users/{_part(user)}/calendar/connection")


def disconnect(api: Api, company: Company, user: str) -> requests.Response:
    """Forget this user's tokens."""
    return api.call("DELETE", f"/customers/{company.customer}/users/{_part(user)}/calendar/connection")


def state(api: Api, company: Company, user: str) -> str:
    """Return the state of this user's connection."""
    answer = connection(api, company, user)
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.json()["state"])


def new_browser(stack: Stack) -> Browser:
    """Return a browser in which nobody is signed in."""
    return Browser(str(stack.authority.ca_file))


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def open_link(stack: Stack, browser: Browser, url: str) -> requests.Response:
    """Open a link and return Microsoft's page, which `browser.url` is the address of."""
    page = browser.open(url)
    assert browser.url.startswith(stack.microsoft.entra_url), f"{browser.url} {page.status_code}: {page.text[:300]}"
    return page


def decide(stack: Stack, browser: Browser, account: str, action: str = "accept") -> requests.Response:
    """Press a button on Microsoft's page that is open, and return what the way back ends with."""
    return go_back(stack, browser, browser.submit({"account": account, "action": action}))


def go_back(stack: Stack, browser: Browser, page: requests.Response) -> requests.Response:
    """Send Microsoft's form on as script would, for as long as its pages send themselves; return the last answer."""
    for _ in range(5):
        if not (browser.url.startswith(stack.microsoft.entra_url) and "document.forms[0].submit()" in page.text):
            return page
        page = browser.pass_on(page)
    raise AssertionError("the browser is sent round in circles")


def connect(
    stack: Stack, api: Api, company: Company, user: str, *, account: str | None = None, action: str = "accept", **body
) -> requests.Response:
    """Connect a user from the link to the final answer, in a fresh browser, signing in as `account`."""
    browser = new_browser(stack)
    open_link(stack, browser, invite(api, company, user, **body))
    return decide(stack, browser, account or user, action)


def expect_connects(stack: Stack, api: Api, company: Company, user: str, **more: Any) -> None:
    """Check that a user can connect, and that the functions say so afterwards."""
    answer = connect(stack, api, company, user, **more)
    assert answer.status_code == 200, f"{answer.status_code}: {answer.text[-900:]}"
    assert state(api, company, user) == "connected"


def expect_test_passes(api: Api, company: Company, **body: Any) -> None:
    """Check that Test Calendar Configuration passes."""
    report = api.test(company, **body)
    assert report.status_code == 200, report.text[:500]
    assert report.json()["passed"] is True, report.text


def expect_sent_back(answer: requests.Response, **expected: str) -> None:
    """Check that the browser is sent to the ATS with these parameters."""
    assert answer.status_code == 303, f"{answer.status_code}: {answer.text[-500:]}"
    location = answer.headers["Location"]
    assert location.startswith("https://ats.example/interviews?")
    assert query_of(location) == {"tab": "calendar"} | expected


def refused_token(times: int | None = 1) -> Fault:
    """Let Graph say that the user's access token has ended, so that a new one is needed."""
    body = {"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed."}}
    return Fault("graph", "/me/", status=401, body=body, times=times)


def token_requests(stack: Stack, company: Company, grant: str) -> list[SeenRequest]:
    """Return the requests that Entra ID got for this company's tokens by this grant."""
    application = company.application.app_id
    found = [seen for seen in list(stack.microsoft.requests) if seen.service == "entra" and "/token" in seen.path]
    return [seen for seen in found if seen.form.get("client_id") == application and seen.form["grant_type"] == grant]


def my_calls(stack: Stack) -> list[SeenRequest]:
    """Return the getSchedule requests that Graph got from users."""
    return [seen for seen in list(stack.microsoft.requests) if seen.path.lower() == "/v1.0/me/calendar/getschedule"]


@contextmanager
def table(stack: Stack, name: str = "connections") -> Iterator[TableClient]:
    """Open a table of the functions."""
    bundle = stack.environment()["SSL_CERT_FILE"]
    text = stack.azurite.connection_string
    with TableServiceClient.from_connection_string(text, connection_verify=bundle) as service:
        yield service.get_table_client(name)


def rows(stack: Stack, company: Company, name: str = "connections") -> list[TableEntity]:
    """Return the rows of this company's connections."""
    with table(stack, name) as client, contextlib.suppress(ResourceNotFoundError):  # made when first written to
        found = list(client.list_entities())
        return [
            row for row in found if company.customer in f"{row['PartitionKey']} {row['RowKey']} {row.get('customer')}"
        ]
    return []


def row_of(stack: Stack, company: Company, account: Account) -> TableEntity:
    """Return the row of the one connection that this account has."""
    (row,) = [row for row in rows(stack, company) if row["objectId"] == account.object_id]
    return row


def change_row(stack: Stack, row: TableEntity, name: str = "connections", **changes: Any) -> None:
    """Write other values into a row."""
    with table(stack, name) as client:
        keys = {"PartitionKey": row["PartitionKey"], "RowKey": row["RowKey"]}
        client.update_entity(keys | changes, mode=UpdateMode.MERGE)


def keep_alive(stack: Stack) -> None:
    """Run the timer that keeps connections alive, and return when it has ended."""
    begun = stack.host.stderr_text().count(f"{_TIMER} succeeded.")
    headers = {"x-functions-key": "sandbox-master"}
    url = f"{stack.public_url}/admin/functions/{_TIMER}"
    assert requests.post(url, json={"input": ""}, headers=headers, timeout=30).status_code == 202
    until = time.monotonic() + 60
    while stack.host.stderr_text().count(f"{_TIMER} succeeded.") == begun:
        assert time.monotonic() < until, f"the timer did not end well:\n{stack.host.stderr_text()[-2000:]}"
        time.sleep(0.02)


def seconds_ago(moment: str | datetime) -> float:
    """Return how long ago a moment was."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return (datetime.now(UTC) - found).total_seconds()


def _part(user: str) -> str:
    """Return a user's name as one segment of a path."""
    return requests.utils.quote(user, safe="@")
