"""What an attacker has at hand: browsers, Microsoft's forms, the tables; and what every failed attack looks like."""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from azure.data.tables import TableServiceClient, UpdateMode

from lib.domain.connection import user_key
from lib.domain.consent import customer_mark, digest
from tests.journeys.api import Api, Company, new_company
from tests.journeys.browser import Browser, to_microsoft
from tests.sandbox.stack import Stack

RETURN = "https://ats.example/people?tab=calendar"
SCOPES = {"Calendars.ReadBasic", "User.Read"}
TOKENS = re.compile(r"eyJ[\w-]{10,}\.|\b[01]\.[\w-]{100,}")  # as the simulated Microsoft makes them


def finish_url(stack: Stack) -> str:
    """Return the redirect URI."""
    return f"{stack.public_url}/mobile/getcalendar"


def new_office(stack: Stack, api: Api) -> Company:
    """Return a saved company whose users connect for themselves."""
    company = new_company(stack)
    company.application.registered_scopes |= SCOPES
    assert api.save(company, company.document(consent="user")).status_code == 200
    return company


def invite(api: Api, company: Company, user: str, **body: Any) -> str:
    """Return a link for a user."""
    answer = api.call("POST", f"/customers/{company.customer}/users/{user}/calendar/connect", json=body)
    assert answer.status_code == 201, answer.text[:500]
    return str(answer.json()["url"])


def press(browser: Browser, address: str, account: str, action: str = "accept") -> dict[str, str]:
    """Press a button at Microsoft's /authorize; return the fields of the form that its answer posts to us."""
    answer = browser.open(address, "POST", data={"account": account, "action": action})
    assert answer.status_code == 200, answer.text[:500]
    assert "/mobile/getcalendar" in answer.text, answer.text[:2000]
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', answer.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


def sign_in(browser: Browser, url: str, account: str) -> dict[str, str]:
    """Open a link, sign in and consent; return Microsoft's answer, which is not delivered yet."""
    return press(browser, to_microsoft(browser, url), account)


def deliver(stack: Stack, browser: Browser, fields: Mapping[str, str]) -> requests.Response:
    """Post Microsoft's answer as the browser does."""
    return browser.open(finish_url(stack), "POST", data=dict(fields))


def connect(stack: Stack, api: Api, company: Company, user: str, account: str | None = None) -> requests.Response:
    """Let a user connect in a browser of their own; return the last answer."""
    browser = Browser(stack)
    return deliver(stack, browser, sign_in(browser, invite(api, company, user), account or user))


def state_of_user(api: Api, company: Company, user: str) -> str:
    """Return what `read_connection` says of the state."""
    answer = api.call("GET", f"/customers/{company.customer}/users/{user}/calendar/connection")
    assert answer.status_code == 200, answer.text[:500]
    return str(answer.json()["state"])


@contextmanager
def tables(stack: Stack) -> Iterator[TableServiceClient]:
    """Read and write the tables as somebody who stole the key of the storage account."""
    bundle = stack.environment()["SSL_CERT_FILE"]
    text = stack.azurite.connection_string
    with TableServiceClient.from_connection_string(text, connection_verify=bundle) as service:
        yield service


def rows_of(stack: Stack, table: str, partition: str) -> list[dict[str, Any]]:
    """Return all rows of a partition; [] while there is no such table."""
    with tables(stack) as service:
        if table not in {found.name for found in service.list_tables()}:
            return []
        found = service.get_table_client(table).query_entities("PartitionKey eq @key", parameters={"key": partition})
        return [dict(row) for row in found]


def connections(stack: Stack, company: Company) -> list[dict[str, Any]]:
    """Return the rows of a customer's connections."""
    return rows_of(stack, "connections", company.customer)


def consents(stack: Stack, company: Company) -> list[dict[str, Any]]:
    """Return the rows of a customer's links and sign-ins."""
    return rows_of(stack, "consents", customer_mark(company.customer))


def connection_of(stack: Stack, company: Company, user: str) -> dict[str, Any]:
    """Return the row of one user's connection."""
    (row,) = [row for row in connections(stack, company) if row["RowKey"].endswith(f"-{user_key(user)}")]
    return row


def sign_in_row(stack: Stack, company: Company, state: str) -> dict[str, Any]:
    """Return the row of one sign-in."""
    (row,) = [row for row in consents(stack, company) if row["RowKey"] == f"signin-{digest(state)}"]
    return row


def put_row(stack: Stack, table: str, row: Mapping[str, Any]) -> None:
    """Write a row, whatever was there."""
    with tables(stack) as service:
        service.get_table_client(table).upsert_entity(dict(row), mode=UpdateMode.REPLACE)


def log_of(stack: Stack) -> str:
    """Return everything that the function app wrote."""
    return stack.host.stderr_text()


def secrets_of(browser: Browser, *more: str | Mapping[str, str]) -> list[str]:
    """Return what must never be seen: the browser's cookies, links' tickets, and the secret fields of answers."""
    found = [value for value, _ in browser.cookies.values()]
    for part in more:
        fields = {"ticket": part.rpartition("/")[2]} if isinstance(part, str) else part
        found += [value for name, value in fields.items() if name in {"ticket", "code", "state"}]
    return [secret for secret in found if len(secret) > 20]


def expect_common_page(stack: Stack, answer: requests.Response) -> None:
    """Check that the answer is, letter for letter, the page of an answer that nobody ever asked for."""
    unknown = requests.get(finish_url(stack), timeout=30, allow_redirects=False)
    assert unknown.status_code == 400
    assert answer.status_code == 400, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.text == unknown.text
    expect_no_way_on(answer)


def expect_no_way_on(answer: requests.Response) -> None:
    """Check that an answer neither sends the browser anywhere nor gives it a cookie, and may not be kept or framed."""
    assert "Location" not in answer.headers
    for line in answer.raw.headers.getlist("Set-Cookie"):  # one that takes a cookie away is fine
        assert all(found.value == "" and found["max-age"] == "0" for found in SimpleCookie(line).values()), line
    assert "Refresh" not in answer.headers
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "http-equiv" not in answer.text.lower()


def expect_ended(answer: requests.Response, *hidden: str) -> str:
    """Check that the answer is a page that says no, without a redirect; return its text."""
    assert answer.status_code == 400, f"{answer.status_code}: {answer.text[:300]}"
    assert answer.headers["Content-Type"].lower().startswith("text/html")
    assert "<script" not in answer.text.lower()
    assert '<main class="bad">' in answer.text
    expect_no_way_on(answer)
    for word in hidden:
        assert word not in answer.text
    return answer.text


def expect_sent_back(answer: requests.Response, code: str) -> None:
    """Check that the browser is sent to the ATS with a failure of this code, and nowhere else."""
    assert answer.status_code == 303, f"{answer.status_code}: {answer.text[:300]}"
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://ats.example/people"
    assert parse_qs(target.query) == {"tab": ["calendar"], "calendar": ["failed"], "code": [code]}


def expect_nothing_stored(stack: Stack, *companies: Company) -> None:
    """Check that no user of these companies is connected, in the table itself."""
    assert companies
    for company in companies:
        assert connections(stack, company) == []


def expect_nothing_leaked(stack: Stack, secrets: Iterable[str], *companies: Company) -> None:
    """Check that none of these stands in the log, nor in any row of the companies; and no token of any kind."""
    log, words = log_of(stack), [word for word in secrets if word]
    assert words, "there is nothing to look for"
    assert not TOKENS.search(log)
    places = [log, *(_all_rows(stack, company) for company in companies)]
    words += [company.secret for company in companies]
    for place in places:
        assert not TOKENS.search(place)
        for word in words:
            assert word not in place


def expect_refused_answer(stack: Stack, answer: requests.Response, secrets: Iterable[str], *companies: Company) -> None:
    """Check that an attack got the common page, that nobody is connected by it, and that nothing leaked."""
    expect_common_page(stack, answer)
    expect_nothing_stored(stack, *companies)
    expect_nothing_leaked(stack, secrets, *companies)


def _all_rows(stack: Stack, company: Company) -> str:
    rows = [
        *connections(stack, company),
        *consents(stack, company),
        *rows_of(stack, "customers", company.customer),
    ]
    return json.dumps(rows, default=lambda value: value.decode("latin-1") if isinstance(value, bytes) else str(value))
