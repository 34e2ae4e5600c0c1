"""Three ways to ask for the same twenty people: our function, Graph directly, Graph as a user's script would."""

import json
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

_KEY = {KEY_HEADER: FUNCTION_KEY}
_TIMEOUT = aiohttp.ClientTimeout(total=90)


class Function:
    """Our functions, called as an ATS does; one session, kept alive. A context manager."""

    def __init__(self, url: str, customer: str = world.CUSTOMER) -> None:
        self._url = url
        self._customer = f"{url}/customers/{customer}"
        self._session = aiohttp.ClientSession(headers=_KEY, timeout=_TIMEOUT)
        self._body = world.question()

    async def __aenter__(self) -> "Function":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def set_up(self) -> None:
        """Save the customer and test it, which makes the configuration active."""
        await self._call("PUT", "/calendar", world.CONFIGURATION)
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
        report = await self._call("POST", "/calendar/test", {"user": world.USER})
        if not report["passed"]:
            wrong(f"The customer's test did not pass: {json.dumps(report)}")

    async def ask(self) -> dict[str, Any]:
        """Call get_schedule."""
        return await self._call("POST", f"/users/{world.USER}/calendar/getSchedule", self._body)

    async def refused(self) -> None:
        """Send a call that is refused before anything is read: the host and the function's edge, nothing else."""
        await self._call("POST", f"/users/{world.USER}/calendar/getSchedule", self._body | {"startTime": None}, 400)

    async def read(self) -> None:
        """Read the configuration: the host, the edge and one read of the table."""
        await self._call("GET", "/calendar")

    async def _call(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        async with self._session.request(method, self._customer + path, json=body) as answer:
            if answer.status != status:
                wrong(f"{method} {path} answered {answer.status}: {await answer.text()}")
            return await answer.json()


def graph_token(place: Place) -> str:
    """Return an app-only token for Graph."""
    settings = place.microsoft.environment
    form = {
        "grant_type": "client_credentials",
        "client_id": CONTOSO_APPLICATION,
        "client_secret": CONTOSO_SECRET,
        "scope": f"{settings['GRAPH_URL']}/.default",
    }
    url = f"{settings['ENTRA_URL']}/{CONTOSO}/oauth2/v2.0/token"
    answer = requests.post(url, data=form, timeout=10, verify=settings["REQUESTS_CA_BUNDLE"])
    token: str = answer.json()["access_token"]
    return token


def graph_request(place: Place) -> tuple[str, dict[str, str]]:
    """Return the address and headers with which Graph is asked directly."""
    url = f"{place.microsoft.environment['GRAPH_URL']}/v1.0/users/{world.USER}/calendar/getSchedule"
    return url, {"Authorization": f"Bearer {graph_token(place)}"}


class Direct:
    """Graph asked with a bare aiohttp session: no function app can be faster. A context manager."""

    def __init__(self, place: Place) -> None:
        self._url, headers = graph_request(place)
        connector = aiohttp.TCPConnector(ssl=place.trust())
        self._session = aiohttp.ClientSession(headers=headers, connector=connector, timeout=_TIMEOUT)
        self._body = world.question()

    async def __aenter__(self) -> "Direct":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def ask(self) -> dict[str, Any]:
        """Call Graph's getSchedule."""
        async with self._session.post(self._url, json=self._body) as answer:
            content: dict[str, Any] = await answer.json()
            return content if answer.status == 200 else wrong(f"Graph answered {answer.status}: {content}")


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
