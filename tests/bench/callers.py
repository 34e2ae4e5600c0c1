"""Three ways to ask for the same people: our function, Graph directly, Graph as a user's script would."""

import asyncio
import itertools
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import requests

from tests.bench import world
from tests.bench.place import Place
from tests.bench.report import wrong
from tests.sandbox.browser import Browser
from tests.sandbox.host.keys import FUNCTION_KEY, KEY_HEADER
from tests.sandbox.world.demo import CONTOSO, CONTOSO_APPLICATION, CONTOSO_SECRET

KEY = {KEY_HEADER: FUNCTION_KEY}
AT_ONCE = 4  # requests that Graph takes at the same time per application and mailbox
_A_REQUEST = 20  # people
_TIMEOUT = aiohttp.ClientTimeout(total=90)


class Function:
    """Our functions, called as an ATS does; one session, kept alive. A context manager."""

    def __init__(self, url: str, customer: str = world.CUSTOMER, user: str = world.USER) -> None:
        self._url = url
        self._user = user
        self._customer = f"{url}/customers/{customer}"
        self.address = f"{self._customer}/users/{user}/calendar/getSchedule"
        self._session = aiohttp.ClientSession(headers=KEY, timeout=_TIMEOUT)
        self._body = world.question()

    async def __aenter__(self) -> "Function":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def set_up(self, configuration: Mapping[str, str] = world.CONFIGURATION) -> None:
        """Save the customer and test it, which makes the configuration active."""
        await self._call("PUT", "/calendar", configuration)
        await self._test()

    async def set_up_user(self, browser: Browser) -> None:
        """Save a customer whose users consent, let one connect a calendar, and test."""
        await self._call("PUT", "/calendar", world.USERS_CONFIGURATION)
        link = await self._call("POST", f"/users/{world.USER}/calendar/connect", status=201)
        # The redirect URI that is registered has another port than this host; a proxy in front would do the same.
        browser.open(self._url + urlsplit(link["url"]).path)
        page = browser.submit({"account": world.USER, "action": "accept"})
        ended = browser.pass_on(page, to=f"{self._url}/mobile/getcalendar")
        if ended.status_code != 200:
            wrong(f"The user could not connect: {ended.text}")
        await self._test()

    async def _test(self) -> None:
        report = await self._call("POST", "/calendar/test", {"user": self._user})
        if not report["passed"]:
            wrong(f"The customer's test did not pass: {json.dumps(report)}")

    async def ask(self, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call get_schedule, for the twenty people unless something else is asked."""
        return await self._call("POST", f"/users/{self._user}/calendar/getSchedule", question or self._body)

    async def ask_unread(self, question: Mapping[str, Any]) -> bytes:
        """Call get_schedule; return the answer as it came."""
        async with self._session.post(self.address, json=question) as answer:
            body = await answer.read()
            return body if answer.status == 200 else wrong(f"get_schedule answered {answer.status}: {body[:2000]!r}")

    async def refused(self) -> None:
        """Send a call that is refused before anything is read: the host and the function's edge, nothing else."""
        await self._call("POST", f"/users/{self._user}/calendar/getSchedule", self._body | {"startTime": None}, 400)

    async def read(self) -> None:
        """Read the configuration: the host, the edge and one read of the table."""
        await self._call("GET", "/calendar")

    async def _call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        async with self._session.request(method, self._customer + path, json=body) as answer:
            if answer.status != status:
                wrong(f"{method} {path} answered {answer.status}: {await answer.text()}")
            return await answer.json()


def graph_token(place: Place, company: world.Company | None = None) -> str:
    """Return an app-only token for Graph: of a company's application, or Contoso's."""
    settings = place.microsoft.environment
    form = {
        "grant_type": "client_credentials",
        "client_id": company.application if company else CONTOSO_APPLICATION,
        "client_secret": company.secret if company else CONTOSO_SECRET,
        "scope": f"{settings['GRAPH_URL']}/.default",
    }
    url = f"{settings['ENTRA_URL']}/{company.tenant if company else CONTOSO}/oauth2/v2.0/token"
    answer = requests.post(url, data=form, timeout=10, verify=settings["REQUESTS_CA_BUNDLE"])
    token: str = answer.json()["access_token"]
    return token


def graph_request(place: Place, company: world.Company | None = None) -> tuple[str, dict[str, str]]:
    """Return the address and headers with which Graph is asked directly."""
    user = company.user if company else world.USER
    url = f"{place.microsoft.environment['GRAPH_URL']}/v1.0/users/{user}/calendar/getSchedule"
    return url, {"Authorization": f"Bearer {graph_token(place, company)}"}


class Direct:
    """Graph asked with a bare aiohttp session: no function app can be faster. A context manager."""

    def __init__(self, place: Place, company: world.Company | None = None) -> None:
        self.address, self.headers = graph_request(place, company)
        connector = aiohttp.TCPConnector(ssl=place.trust())
        self._session = aiohttp.ClientSession(headers=self.headers, connector=connector, timeout=_TIMEOUT)
        self._body = world.question()

    async def __aenter__(self) -> "Direct":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self, question: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call Graph's getSchedule, for the twenty people unless something else is asked."""
        async with self._session.post(self.address, json=question or self._body) as answer:
            content: dict[str, Any] = await answer.json()
            return content if answer.status == 200 else wrong(f"Graph answered {answer.status}: {content}")

    async def ask_for_many(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for any number of people, twenty in a request and as many requests at once as Graph takes."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask_for(some: tuple[str, ...]) -> list[Any]:
            async with gate:
                answer = await self.ask({**question, "schedules": some})
                found: list[Any] = answer["value"]
                return found

        parts = [ask_for(some) for some in itertools.batched(question["schedules"], _A_REQUEST, strict=False)]
        return {"value": list(itertools.chain(*await asyncio.gather(*parts)))}


class Script:
    """Graph asked with a requests.Session, which is what a user would write. A context manager."""

    def __init__(self, place: Place) -> None:
        self._url, headers = graph_request(place)
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._trusted = place.microsoft.environment["REQUESTS_CA_BUNDLE"]
        self._body = world.question()

    async def __aenter__(self) -> "Script":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._session.close()

    async def ask(self) -> dict[str, Any]:
        """Call Graph's getSchedule. It blocks the loop, on which nothing else runs: a thread would only slow it."""
        # Not `session.verify`: this machine's own REQUESTS_CA_BUNDLE would win over it.
        answer = self._session.post(self._url, json=self._body, timeout=90, verify=self._trusted)
        content: dict[str, Any] = answer.json()
        return content if answer.status_code == 200 else wrong(f"Graph answered {answer.status_code}: {content}")
