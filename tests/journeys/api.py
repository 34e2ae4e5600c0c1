"""A client of the functions as an ATS would be one, and customers to use it with."""

import itertools
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from tests.journeys.conforming import expect_described
from tests.sandbox.host.process import HostProcess
from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack
from tests.sandbox.world.applications import Application, ClientSecret
from tests.sandbox.world.demo import ADMIN, person
from tests.sandbox.world.mailboxes import Meeting
from tests.sandbox.world.tenants import Account, Tenant

KEY = "sandbox"
_numbers = itertools.count(1)


@dataclass
class Company:
    """A tenant of the test's own: consented or not, with a recruiter and ada, who has a meeting in the next hour."""

    customer: str
    tenant: Tenant
    application: Application
    secret: str

    def document(self, **changes: Any) -> dict[str, Any]:
        """Return a Calendar Configuration for this company; a change to None leaves the property out."""
        document = {
            "configurationType": "advanced",
            "tenantId": self.tenant.domains[0],
            "applicationId": self.application.app_id,
            "applicationSecret": self.secret,
            "secretExpires": (datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
            "consent": "admin",
        } | changes
        return {name: value for name, value in document.items() if value is not None}

    @property
    def recruiter(self) -> str:
        """The user who asks."""
        return f"recruiter@{self.tenant.domains[1]}"

    @property
    def ada(self) -> str:
        """Somebody to ask about."""
        return f"ada@{self.tenant.domains[1]}"


def new_company(stack: Stack, *, consented: bool = True) -> Company:
    """Add a tenant with an application, an administrator and two people to the world."""
    number = next(_numbers)
    name = f"company{number}-{uuid.uuid4().hex[:6]}"
    now = datetime.now(UTC)
    secret = ClientSecret(
        f"Val~{uuid.uuid4().hex}", str(uuid.uuid4()), "test", now - timedelta(days=1), now + timedelta(days=300)
    )
    application = Application(
        str(uuid.uuid4()),
        name,
        redirect_uris=[f"{stack.public_url}/mobile/getcalendar"],
        secrets=[secret],
        registered_roles={"Calendars.ReadBasic.All"},
        granted_roles={"Calendars.ReadBasic.All"} if consented else set(),
    )
    tenant = Tenant(str(uuid.uuid4()), name, [f"{name}.onmicrosoft.com", f"{name}.example"])
    stack.world.add(tenant)
    tenant.add(application, Account(f"admin@{name}.example", "Admin", str(uuid.uuid4()), roles={ADMIN}))
    person(tenant, "Recruiter")
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    person(tenant, "Ada", Meeting(start, start + timedelta(hours=1), subject="Secret plans", location="Bunker"))
    return Company(name, tenant, application, secret.value)


@contextmanager
def another_instance(stack: Stack, **settings: str) -> Iterator["Api"]:
    """Run a second instance of the functions on the same stores, with other settings if given; yield its client."""
    port = free_port()
    host = HostProcess.start(stack.environment() | settings, port=port)
    try:
        api = Api(stack)
        api.url = f"http://localhost:{port}"
        yield api
        api.session.close()
    finally:
        host.stop()


class Api:
    """The functions, called with a key."""

    def __init__(self, stack: Stack) -> None:
        self.url = stack.public_url
        self.session = requests.Session()

    def call(
        self, method: str, path: str, *, key: str | None = KEY, described: bool = True, **more: Any
    ) -> requests.Response:
        """Call a function; `path` begins with a slash. The answer must be one that the OpenAPI description has.

        `described` is False for what no client does by it, such as a path that does not exist.
        """
        headers = ({"x-functions-key": key} if key else {}) | more.pop("headers", {})
        answer = self.session.request(
            method, self.url + path, headers=headers, timeout=90, allow_redirects=False, **more
        )
        if described:
            expect_described(answer, method, path, url=self.url)
        return answer

    def save(self, company: Company, document: dict[str, Any] | None = None, **more: Any) -> requests.Response:
        """PUT a configuration, by default the company's own."""
        body = company.document() if document is None else document
        return self.call("PUT", f"/customers/{company.customer}/calendar", json=body, **more)

    def read(self, company: Company) -> requests.Response:
        """GET the configuration."""
        return self.call("GET", f"/customers/{company.customer}/calendar")

    def test(self, company: Company, **body: Any) -> requests.Response:
        """POST a test as the recruiter."""
        return self.call(
            "POST", f"/customers/{company.customer}/calendar/test", json={"user": company.recruiter} | body
        )

    def schedule(self, company: Company, *people: str, user: str | None = None, **more: Any) -> requests.Response:
        """POST a getSchedule call for the next 24 hours; `json` changes the body."""
        start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0, tzinfo=None)
        body = {
            "schedules": list(people or [company.ada]),
            "startTime": {"dateTime": start.isoformat()},
            "endTime": {"dateTime": (start + timedelta(days=1)).isoformat()},
            "availabilityViewInterval": 60,
        } | more.pop("json", {})
        path = f"/customers/{company.customer}/users/{user or company.recruiter}/calendar/getSchedule"
        return self.call("POST", path, json=body, **more)
