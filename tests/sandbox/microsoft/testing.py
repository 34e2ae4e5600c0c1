"""Helpers for tests that use the simulator directly: a running one with a fresh demo world, and a plain client."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from tests.sandbox.certificates import Authority
from tests.sandbox.microsoft.simulator import SimulatedMicrosoft
from tests.sandbox.world import demo
from tests.sandbox.world.applications import Application
from tests.sandbox.world.tenants import Tenant

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday; demo worlds of `running` lie around it, so that expected answers can be written down."""


@functools.cache
def authority() -> Authority:
    """Return an authority for all tests of a process."""
    folder = Path(tempfile.mkdtemp(prefix="sandbox-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Authority.create(folder)


@contextmanager
def running(**options: Any) -> Iterator[SimulatedMicrosoft]:
    """Run a simulator; fails afterwards if it had a bug. Meetings lie around NOON, secrets around the real time."""
    world = demo.demo_world(NOON)
    now = demo.demo_world(datetime.now(UTC))
    for tenant in world.tenants.values():
        for app_id, application in tenant.applications.items():
            application.secrets = now.tenants[tenant.id].applications[app_id].secrets
    with SimulatedMicrosoft(world, authority(), **options) as microsoft:
        yield microsoft
    assert microsoft.errors == []


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: Any
    text: str
    body: Any


class Client:
    """A plain HTTPS client of one simulator, as an application of Contoso unless told otherwise."""

    def __init__(self, microsoft: SimulatedMicrosoft, session: aiohttp.ClientSession) -> None:
        self.microsoft = microsoft
        self._session = session

    @property
    def contoso(self) -> Tenant:
        """The tenant Contoso."""
        return self.microsoft.world.tenants[demo.CONTOSO]

    @property
    def application(self) -> Application:
        """Contoso's application."""
        return self.contoso.applications[demo.CONTOSO_APPLICATION]

    async def send(self, method: str, url: str, **more: Any) -> Reply:
        """Send a request and read the answer; redirects are answers."""
        async with self._session.request(method, url, allow_redirects=False, **more) as answer:
            body = await answer.json() if "json" in answer.headers.get("Content-Type", "") else None
            return Reply(answer.status, answer.headers, await answer.text(), body)

    async def ask_token(self, tenant: str = demo.CONTOSO, headers: Any = None, **fields: str | None) -> Reply:
        """Ask for an app-only token; fields that are None are left out."""
        form = {
            "grant_type": "client_credentials",
            "client_id": demo.CONTOSO_APPLICATION,
            "client_secret": demo.CONTOSO_SECRET,
            "scope": f"{self.microsoft.graph_url}/.default",
        } | fields
        data = {name: value for name, value in form.items() if value is not None}
        url = f"{self.microsoft.entra_url}/{tenant}/oauth2/v2.0/token"
        return await self.send("POST", url, data=data, headers=headers)

    async def token(self, *roles: str) -> str:
        """Return a token of Contoso's application after these roles were granted."""
        self.application.granted_roles = set(roles)
        return str((await self.ask_token()).body["access_token"])

    async def fabrikam_token(self) -> str:
        """Return a token of Fabrikam's application, which has no roles."""
        fields = {"client_id": demo.FABRIKAM_APPLICATION, "client_secret": demo.FABRIKAM_SECRET}
        return str((await self.ask_token(demo.FABRIKAM, **fields)).body["access_token"])

    async def schedule(
        self, token: str, path: str = "users/recruiter@contoso.com/calendar/getSchedule", **more: Any
    ) -> Reply:
        """Ask getSchedule; `json` is the body, else `schedules`, `start` and `end` (in UTC) make one."""
        headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
        if "json" not in more and "data" not in more:
            more = {"json": question(**more)}
        return await self.send("POST", f"{self.microsoft.graph_url}/v1.0/{path}", headers=headers, **more)


def question(
    schedules: Any = ("ada@contoso.com",),
    start: str = "2026-03-04T08:00:00",
    end: str = "2026-03-04T18:00:00",
    **more: Any,
) -> dict[str, Any]:
    """Return a getSchedule body in UTC."""
    schedules = list(schedules) if isinstance(schedules, tuple) else schedules
    times = {"startTime": {"dateTime": start, "timeZone": "UTC"}, "endTime": {"dateTime": end, "timeZone": "UTC"}}
    return {"schedules": schedules, **times, **more}


@asynccontextmanager
async def connected(microsoft: SimulatedMicrosoft) -> AsyncIterator[Client]:
    """Open a client that trusts the authority of the tests."""
    connector = aiohttp.TCPConnector(ssl=authority().client_context())
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield Client(microsoft, session)
