"""A browser without a browser: keeps cookies as one would on an HTTPS site, and follows nothing by itself."""

import itertools
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests

from tests.journeys.api import Api, Company
from tests.sandbox.stack import Stack

_steps = itertools.count(1)


class Browser:
    """One browser profile. Cookies of the functions are kept, `Secure` ones too, although localhost is plain HTTP."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._bundle = stack.environment()["SSL_CERT_FILE"]
        self.cookies: dict[str, tuple[str, str]] = {}

    def open(self, url: str, method: str = "GET", **more: Any) -> requests.Response:
        """Send one request and keep the cookies of the answer."""
        path = urlsplit(url).path or "/"
        headers = dict(more.pop("headers", {}))
        own = url.startswith(self._stack.public_url)
        sent = [f"{name}={value}" for name, (value, below) in self.cookies.items() if own and path.startswith(below)]
        if sent:
            headers["Cookie"] = "; ".join(sent)
        answer = requests.request(
            method, url, headers=headers, allow_redirects=False, timeout=60, verify=self._bundle, **more
        )
        if own:
            for line in answer.raw.headers.getlist("Set-Cookie"):
                self._keep(line)
        return answer

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0" or not morsel.value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = (morsel.value, morsel["path"] or "/")


def link(api: Api, company: Company, **body: Any) -> str:
    """Ask for an admin consent link."""
    answer = api.call("POST", f"/customers/{company.customer}/calendar/admin-consent", json=body)
    assert answer.status_code == 201, answer.text[:500]
    url: str = answer.json()["url"]
    return url


def to_microsoft(browser: Browser, url: str) -> str:
    """Open a link and go on as its page says, until Microsoft's address is known; return it."""
    answer = browser.open(url)
    assert answer.status_code in (302, 303), f"{answer.status_code}: {answer.text[:300]}"
    location: str = answer.headers["Location"]
    assert location.startswith(browser._stack.microsoft.entra_url)
    return location


def press(browser: Browser, address: str, account: str, action: str = "accept") -> str:
    """Press a button on Microsoft's consent page and return the address it sends the browser to."""
    assert browser.open(address).status_code == 200
    answer = browser.open(address, "POST", data={"account": account, "action": action})
    assert answer.status_code == 302, answer.text[:500]
    back: str = answer.headers["Location"]
    return back


def consent(stack: Stack, url: str, company: Company, action: str = "accept", who: str = "admin") -> requests.Response:
    """Open a link in a fresh browser, decide at Microsoft, and return the final answer."""
    browser = Browser(stack)
    account = f"{who}@{company.tenant.domains[1]}"
    return browser.open(press(browser, to_microsoft(browser, url), account, action))


def state_of(address: str) -> str:
    """Return the state in Microsoft's address."""
    return parse_qs(urlsplit(address).query)["state"][0]


def changed(address: str, **changes: str | None) -> str:
    """Return the address with query parameters set, or removed where None."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    query |= {name: value for name, value in changes.items() if value is not None}
    return urlunsplit(
        parts._replace(
            query=urlencode({name: value for name, value in query.items() if changes.get(name, "") is not None})
        )
    )
