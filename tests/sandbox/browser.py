"""A browser in miniature: keeps cookies, follows redirects one by one, sends the forms of the simulated pages.

Python's own cookie jar refuses Secure cookies on http://localhost, where real browsers take them.
"""

from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import requests


class Browser:
    """One browser session. `ca_file` is the sandbox's certificate authority."""

    def __init__(self, ca_file: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.verify = ca_file
        self._session.cookies.set_policy(_KeepNothing())
        self.cookies: dict[tuple[str, str], tuple[str, str]] = {}  # (host, name) → (path, value)
        self.url = ""

    def open(self, url: str, *, follow: bool = True) -> requests.Response:
        """Open an address and return where it leads to."""
        return self._send("GET", url, None, follow=follow)

    def post(self, url: str, fields: dict[str, str], *, follow: bool = True) -> requests.Response:
        """Post a form to an address."""
        return self._send("POST", url, fields, follow=follow)

    def pass_on(self, page: requests.Response, *, to: str | None = None, follow: bool = True) -> requests.Response:
        """Send the form that a page of Microsoft's sends by itself where script runs (response_mode=form_post).

        `to` is another address than the form's own.
        """
        form = _Form()
        form.feed(page.text)
        return self._send("POST", to or urljoin(self.url, form.action), form.fields, follow=follow)

    def submit(self, fields: dict[str, str], *, follow: bool = True) -> requests.Response:
        """Send a form of the page that is open, to its own address, as the simulated pages do it."""
        return self._send("POST", self.url, fields, follow=follow)

    def _send(self, method: str, url: str, fields: dict[str, str] | None, *, follow: bool) -> requests.Response:
        for _ in range(10):
            headers = {"Cookie": self._cookies_for(url)} if self._cookies_for(url) else {}
            answer = self._session.request(method, url, data=fields, headers=headers, allow_redirects=False, timeout=60)
            self._keep_cookies(url, answer)
            self.url = url
            location = answer.headers.get("Location")
            if not follow or not location or urlsplit(location).hostname not in {"localhost", "127.0.0.1"}:
                return answer
            method, fields, url = "GET", None, urljoin(url, location)
        raise RuntimeError("too many redirects")

    def _cookies_for(self, url: str) -> str:
        parts = urlsplit(url)
        fitting = (
            f"{name}={value}"
            for (host, name), (path, value) in self.cookies.items()
            if host == parts.hostname and parts.path.startswith(path)
        )
        return "; ".join(fitting)

    def _keep_cookies(self, url: str, answer: requests.Response) -> None:
        for line in answer.raw.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                self.cookies[urlsplit(url).hostname or "", name] = (morsel["path"] or "/", morsel.value)


class _Form(HTMLParser):
    """The first form of a page with its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form" and not self.action:
            self.action = found.get("action") or ""
        if tag == "input" and found.get("type") == "hidden":
            self.fields[found.get("name") or ""] = found.get("value") or ""


class _KeepNothing(requests.cookies.cookielib.DefaultCookiePolicy):  # type: ignore[name-defined]
    """The session itself keeps no cookies; the browser does."""

    def set_ok(self, cookie: object, request: object) -> bool:
        return False
