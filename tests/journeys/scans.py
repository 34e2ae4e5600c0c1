"""An office whose secrets are scanned: a sandbox of its own, customers, and the letters that came.

A scan looks at all customers and writes to everybody, so it must not meet the customers of other tests.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from azure.data.tables import TableServiceClient

from tests.journeys.api import Api, Company, new_company
from tests.journeys.people import PeopleCompany, new_people_company
from tests.sandbox.mail.inbox import ReceivedMail
from tests.sandbox.stack import OPERATOR, Stack
from tests.sandbox.world.secrets import SecretVersion, VaultSecret

COUNTS = ("customers", "credentials", "due", "sent", "couldNotCheck")


def day(days: int) -> date:
    """Return the day that many days from today (UTC)."""
    return datetime.now(UTC).date() + timedelta(days=days)


def written(moment: date) -> str:
    """Return a day as the letters write it."""
    return f"{moment.day} {moment:%B %Y}"


@dataclass
class Office:
    """A sandbox of its own and a client of its functions. Whatever is added is deleted with `clear`."""

    stack: Stack
    api: Api
    companies: list[Company] = field(default_factory=list)

    def company(self, days: int | str | None = 300, *, tested: bool = True, **changes: Any) -> Company:
        """Save a customer whose secret ends in so many days ("never" and None are possible, too)."""
        company = new_company(self.stack)
        return self.saved(company, days, tested=tested, **changes)

    def people(self, days: int | str | None = 300, **changes: Any) -> PeopleCompany:
        """Save a customer whose users connect; nobody is connected and nothing tested yet."""
        company = new_people_company(self.stack)
        self.saved(company, days, tested=False, **changes)
        return company

    def saved(self, company: Company, days: int | str | None, *, tested: bool, **changes: Any) -> Company:
        """Save a company and let its test pass."""
        self.companies.append(company)
        self.save(company, days, **changes)
        if tested:
            self.passes(company)
        return company

    def save(self, company: Company, days: int | str | None = 300, **changes: Any) -> None:
        """Save, with the company's own alert recipient unless others are given."""
        expires = day(days).isoformat() if isinstance(days, int) else days
        document = company.document(**({"secretExpires": expires, "alertRecipients": [it_of(company)]} | changes))
        answer = self.api.save(company, document)
        assert answer.status_code == 200, answer.text

    def passes(self, company: Company) -> None:
        """Let Test Calendar Configuration pass."""
        report = self.api.test(company)
        assert report.json().get("passed") is True, report.text

    def scan(self) -> dict[str, Any]:
        """Run the scan now and return its summary."""
        answer = self.api.call("POST", "/secret-scan")
        assert answer.status_code == 200, answer.text
        summary: dict[str, Any] = answer.json()
        return summary

    def last_scan(self) -> dict[str, Any]:
        """Return the summary of the last scan."""
        answer = self.api.call("GET", "/secret-scan")
        assert answer.status_code == 200, answer.text
        summary: dict[str, Any] = answer.json()
        return summary

    def letters(self, to: Company | str) -> list[ReceivedMail]:
        """Return the letters that an address (or a company's own recipient) got, the first one first."""
        return self.stack.inbox.to(to if isinstance(to, str) else it_of(to))

    def operator_letters(self, about: Company | str = "") -> list[ReceivedMail]:
        """Return the operator's letters that name a customer."""
        name = about if isinstance(about, str) else about.customer
        return [mail for mail in self.stack.inbox.to(OPERATOR) if name in mail.text]

    def only_letter(self, to: Company | str) -> ReceivedMail:
        """Return the one letter that an address got."""
        found = self.letters(to)
        assert len(found) == 1, [mail.subject for mail in found]
        return found[0]

    def vault_secret(self, company: Company) -> VaultSecret:
        """Return the secret of the vault that has the company's value."""
        secrets = self.stack.world.vault_secrets.values()
        (found,) = [secret for secret in secrets if company.secret in [version.value for version in secret.versions]]
        return found

    def versions(self, company: Company) -> list[SecretVersion]:
        """Return the versions of the company's secret, the oldest first."""
        return self.vault_secret(company).versions

    def forget(self, company: Company) -> None:
        """Delete a customer."""
        assert self.api.call("DELETE", f"/customers/{company.customer}/calendar").status_code == 204

    def timer(self, name: str, *, api: Api | None = None, seconds: float = 60) -> None:
        """Run a timer function and return when it has ended."""
        host = self.stack.host
        begun = host.stderr_text().count(f"{name} succeeded.")
        start_timer(api or self.api, name)
        until = time.monotonic() + seconds
        while host.stderr_text().count(f"{name} succeeded.") == begun:
            assert time.monotonic() < until, f"the timer did not end well:\n{host.stderr_text()[-2000:]}"
            time.sleep(0.02)

    def clear(self) -> None:
        """Undo what a test did: customers, faults, mails."""
        self.stack.microsoft.faults.clear()
        self.stack.smtp.faults.clear()
        for company in self.companies:
            self.forget(company)
        self.companies.clear()
        if not self.last_scan()["complete"]:
            self.scan()  # what could not be checked is over, also for those who were told
        self.stack.inbox.clear()


def start_timer(api: Api, name: str) -> None:
    """Start a timer function as an operator does, without waiting for it."""
    url = f"{api.url}/admin/functions/{name}"
    headers = {"x-functions-key": "sandbox-master"}
    assert requests.post(url, json={"input": ""}, headers=headers, timeout=30).status_code == 202


def expect_all_told(office: Office, *, most: int = 1) -> None:
    """Check that every recipient heard of the own customer, and nobody more often than that; the operator of all."""
    for company in office.companies:
        assert 1 <= len(office.letters(company)) <= most, f"{company.customer}: {len(office.letters(company))} letters"
        about = office.operator_letters(company)
        assert 1 <= len(about) <= most, f"the operator has {len(about)} letters about {company.customer}"


def wait_until(happened: Callable[[], bool], seconds: float = 40) -> None:
    """Return as soon as something has happened. Raises AssertionError if it does not."""
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.002)


def it_of(company: Company) -> str:
    """Return the address of a company's own alert recipient."""
    return f"it@{company.tenant.domains[1]}"


@contextmanager
def new_office(
    chosen: Callable[[Stack], Mapping[str, str | None]] | None = None, **settings: str | None
) -> Iterator[Office]:
    """Run a sandbox with these settings changed; `chosen` knows some of them only when the sandbox is there."""
    with Stack(settings=lambda stack: (dict(chosen(stack)) if chosen else {}) | settings) as stack:
        yield Office(stack, Api(stack))
        assert stack.microsoft.errors == [], "the simulated Microsoft failed"
        assert stack.smtp.errors == [], "the SMTP server failed"


def all_rows(stack: Stack) -> str:
    """Return everything that stands in any table."""
    bundle = stack.environment()["SSL_CERT_FILE"]
    text = stack.azurite.connection_string
    with TableServiceClient.from_connection_string(text, connection_verify=bundle) as service:
        found = [
            dict(row) for table in service.list_tables() for row in service.get_table_client(table.name).list_entities()
        ]
    return json.dumps(found, default=lambda value: value.decode("latin-1") if isinstance(value, bytes) else str(value))
