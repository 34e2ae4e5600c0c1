"""The sandbox that a journey is made in, and what everybody says in it that must not be repeated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.journeys.api import Api, Company
from tests.journeys.scans import Office
from tests.sandbox.host.process import HostProcess
from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import HOME, INFRASTRUCTURE_APPLICATION, INFRASTRUCTURE_SECRET, person
from tests.sandbox.world.mailboxes import Meeting
from tests.telemetry.witness import Witness

UPSTREAM = "Upstream~said-7f3a9c.zenobia@secret.example"
"""In every text that Microsoft, the tables or a mail server answer when something is wrong."""
JUNK = "Junk~sent-51d08e.by-a-caller"
"""In everything that callers send and that is not what it should be."""
IN_A_ROW = "Row~holds-c2b8e4.zenobia@secret.example"
"""In everything that a hand wrote into the tables."""
PERSON, SUBJECT, PLACE = "Zenobia Quastelhuber", "Merger with Initech", "Vault Nine"
HTML = {"Content-Type": "text/html"}


def error(code: str = "UnknownError") -> dict[str, Any]:
    """Return an error of Graph's or Key Vault's."""
    return {"error": {"code": code, "message": UPSTREAM, "innerError": {"message": UPSTREAM}}}


def page() -> bytes:
    """Return a page where JSON is expected."""
    return f"<html><title>{UPSTREAM}</title></html>".encode()


@dataclass
class Setting:
    """A sandbox of its own, the client of its functions, and the witness. `written` is what ended processes wrote."""

    office: Office
    witness: Witness
    written: list[str] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)

    @property
    def stack(self) -> Stack:
        """The sandbox."""
        return self.office.stack

    @property
    def api(self) -> Api:
        """The client of the functions."""
        return self.office.api

    def populated(self, company: Company) -> Company:
        """Add somebody with a name that one can look for, and a meeting."""
        now = datetime.now(UTC)
        person(company.tenant, PERSON, Meeting(now, now + timedelta(hours=3), subject=SUBJECT, location=PLACE))
        self.companies.append(company)
        return company

    def log(self) -> str:
        """Return all that any process of the functions has written, to stdout or stderr."""
        return "\n".join([*self.written, said(self.stack.host)])


def said(host: HostProcess) -> str:
    """Return all that a host wrote."""
    return f"{host.stdout_text()}\n{host.stderr_text()}"


class Process(Api):
    """A client of one more process."""

    def __init__(self, setting: Setting, host: HostProcess) -> None:
        super().__init__(setting.stack)
        self.url, self.host = host.url, host


@contextmanager
def another_process(setting: Setting, **changes: str | None) -> Iterator[Process]:
    """Run one more process on the same stores with other settings; what it writes is kept."""
    merged: Mapping[str, str | None] = {**setting.stack.environment(), **changes}
    host = HostProcess.start({name: value for name, value in merged.items() if value is not None}, port=free_port())
    try:
        process = Process(setting, host)
        yield process
        process.session.close()
    finally:
        host.stop()
        setting.written.append(said(host))


def service_principal(stack: Stack) -> dict[str, str | None]:
    """Return the settings of a desk: a service principal, a connection string; and e-mail by Communication Services."""
    stack.microsoft.communication.delay = 0.01
    return {
        "IDENTITY_ENDPOINT": None,
        "IDENTITY_HEADER": None,
        "AZURE_TENANT_ID": HOME,
        "AZURE_CLIENT_ID": INFRASTRUCTURE_APPLICATION,
        "AZURE_CLIENT_SECRET": INFRASTRUCTURE_SECRET,
        "AZURE_AUTHORITY_HOST": stack.microsoft.entra_url,
        "TABLES_ENDPOINT": None,
        "TABLES_CONNECTION_STRING": stack.azurite.connection_string,
        "EMAIL_URL": stack.microsoft.communication_url,
    }


def expect(answer: requests.Response, *status: int) -> requests.Response:
    """Check that a step went as it should: a journey that ends early would find nothing."""
    assert answer.status_code in status, (
        f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:500]}"
    )
    return answer
