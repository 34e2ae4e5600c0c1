"""The page that `make run` opens with: what to click, in which order, and what the functions answered.

It is an ATS in miniature: it holds the function key and calls the functions as an ATS's server would.
"""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import aiohttp
from aiohttp import web

from tests.sandbox.customers import CUSTOMERS, Customer
from tests.sandbox.grid import grid

_KEY = {"x-functions-key": "sandbox"}
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:auto;padding:1.5rem 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:1.6rem 0 .3rem}p{margin:.3rem 0}
form{display:inline}button{font:inherit;padding:.3rem .9rem;margin:.2rem .4rem .2rem 0;cursor:pointer}
pre{overflow:auto;padding:.8rem;border:1px solid #8886;border-radius:6px;font-size:.85rem;line-height:1.35}
.passed{color:#1a7f37}.failed{color:#cf222e}.warning{color:#b35900}.skipped{opacity:.65}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;
border-top:1px solid #8884}.json{white-space:pre-wrap;overflow-wrap:anywhere}code{overflow-wrap:anywhere}
"""


class StartPage:
    """The page's server; `api` is where the functions answer."""

    def __init__(self, api: str) -> None:
        self._api = api
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application()
        app.router.add_get("/", self._index)
        app.router.add_post("/{customer}/{action}", self._act)
        app.cleanup_ctx.append(self._client)
        return app

    async def _client(self, _: web.Application) -> Any:
        async with aiohttp.ClientSession(headers=_KEY) as self._session:
            yield

    async def _call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        assert self._session is not None
        async with self._session.request(method, self._api + path, json=body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def _index(self, _: web.Request) -> web.Response:
        sections = "".join([await self._section(name) for name in CUSTOMERS])
        steps = (
            "<p>This page is an applicant tracking system in miniature; Microsoft is simulated. Go from left to right. "
            "The pages of the simulated Microsoft, where people sign in and consent, have a certificate of the "
            "sandbox's own, so your browser will ask whether to go on.</p>"
        )
        return _page("Calendar connector: sandbox", steps + sections)

    async def _section(self, name: str) -> str:
        forms = "".join(
            f'<form method="post" action="/{name}/{action}"><button>{escape(label)}</button></form>'
            for action, label in _buttons(CUSTOMERS[name])
        )
        about = escape(CUSTOMERS[name].about)
        return f"<h2>{name.title()} <small>({about})</small></h2><p>{await self._state(name)}</p>{forms}"

    async def _state(self, name: str) -> str:
        status, found = await self._call("GET", f"/customers/{name}/calendar")
        if status != 200:
            return "State: <b>not saved</b>"
        more = ", a newer revision waits for its test" if found["pending"] else ""
        text = f"State: <b>{escape(found['state'])}{more}</b>"
        if not CUSTOMERS[name].users_connect:
            return text
        _, connection = await self._call("GET", f"{_user_path(name)}/connection")
        return f"{text}; {escape(CUSTOMERS[name].user)}: <b>{escape(str(connection.get('state')))}</b>"

    async def _act(self, request: web.Request) -> web.Response:
        name, action = request.match_info["customer"], request.match_info["action"]
        if name not in CUSTOMERS or action not in {known for known, _ in _buttons(CUSTOMERS[name])}:
            raise web.HTTPNotFound
        secrets = {known: secret for known, _, secret in CUSTOMERS[name].other_secrets}
        doing = self.save(name, secrets[action]) if action in secrets else _ACTIONS[action](self, name)
        return _page(f"{name.title()}: {action}", await doing + '<p><a href="/">Back</a></p>')

    async def save(self, name: str, secret: str | None = None) -> str:
        """Save the configuration, with another secret than the right one if given."""
        customer = CUSTOMERS[name]
        given = secret or customer.secret
        document = customer.configuration | ({"applicationSecret": given} if given else {})
        return _shown(*await self._call("PUT", f"/customers/{name}/calendar", document))

    async def test(self, name: str) -> str:
        """Test the configuration and show the checks as a table."""
        body = {"user": CUSTOMERS[name].user}
        status, report = await self._call("POST", f"/customers/{name}/calendar/test", body)
        return _shown(status, report) if status != 200 else _checks(report)

    async def consent(self, name: str) -> str:
        """Make an admin consent link."""
        return _link(*await self._call("POST", f"/customers/{name}/calendar/admin-consent"), "an administrator")

    async def connect(self, name: str) -> str:
        """Make a link with which the user connects a calendar."""
        return _link(*await self._call("POST", f"{_user_path(name)}/connect"), CUSTOMERS[name].user)

    async def connection(self, name: str) -> str:
        """Show the user's connection."""
        return _shown(*await self._call("GET", f"{_user_path(name)}/connection"))

    async def disconnect(self, name: str) -> str:
        """Forget the user's connection."""
        return _shown(*await self._call("DELETE", f"{_user_path(name)}/connection"))

    async def schedule(self, name: str, user: str | None = None) -> str:
        """Look up today's free/busy times and show them as a grid."""
        day = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0, tzinfo=None)
        body = {
            "schedules": CUSTOMERS[name].addresses(),
            "startTime": {"dateTime": day.isoformat()},
            "endTime": {"dateTime": (day + timedelta(hours=12)).isoformat()},
        }
        status, answer = await self._call("POST", f"{_user_path(name, user)}/getSchedule", body)
        if status != 200:
            return _shown(status, answer)
        return f"<pre>{escape(grid(answer['value'], first_hour=7, slots_per_hour=2))}</pre>" + _shown(status, answer)

    async def outside(self, name: str) -> str:
        """Look up as a user whom the application may not ask as."""
        return await self.schedule(name, CUSTOMERS[name].outside)

    async def read(self, name: str) -> str:
        """Show the configuration."""
        return _shown(*await self._call("GET", f"/customers/{name}/calendar"))

    async def delete(self, name: str) -> str:
        """Forget the customer."""
        return _shown(*await self._call("DELETE", f"/customers/{name}/calendar"))


_ACTIONS: dict[str, Callable[[StartPage, str], Awaitable[str]]] = {
    "save": StartPage.save,
    "test": StartPage.test,
    "consent": StartPage.consent,
    "connect": StartPage.connect,
    "connection": StartPage.connection,
    "disconnect": StartPage.disconnect,
    "schedule": StartPage.schedule,
    "outside": StartPage.outside,
    "read": StartPage.read,
    "delete": StartPage.delete,
}


def _buttons(customer: Customer) -> list[tuple[str, str]]:
    """Return the actions of a customer with their labels, in the order of use."""
    buttons = [("save", "Save"), *((action, label) for action, label, _ in customer.other_secrets)]
    if customer.users_connect:
        buttons += [("connect", "Connect your calendar")]
    buttons += [
        ("test", "Test Calendar Configuration"),
        ("consent", "Admin consent link"),
        ("schedule", "Look up today"),
    ]
    if customer.outside:
        buttons += [("outside", "Look up as somebody outside the scope")]
    if customer.users_connect:
        buttons += [("connection", "Show connection"), ("disconnect", "Disconnect")]
    return [*buttons, ("read", "Show configuration"), ("delete", "Delete")]


def _user_path(name: str, user: str | None = None) -> str:
    return f"/customers/{name}/users/{user or CUSTOMERS[name].user}/calendar"


def _link(status: int, link: Any, who: str) -> str:
    if status != 201:
        return _shown(status, link)
    url = escape(link["url"])
    return f'<p>Valid until {link["expiresAt"]}. Open it as {escape(who)}:</p><p><a href="{url}">{url}</a></p>'


def _shown(status: int, answer: Any) -> str:
    text = "" if answer is None else json.dumps(answer, indent=2, ensure_ascii=False)
    return f"<p>The functions answered <b>{status}</b></p><pre class='json'>{escape(text)}</pre>"


def _checks(report: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><td class="{check["outcome"]}"><b>{check["outcome"]}</b></td><td>{check["check"]}</td>'
        f"<td>{escape(check['message'])}{_remedy(check)}</td></tr>"
        for check in report["checks"]
    )
    return f"<p>Passed: <b>{report['passed']}</b></p><table>{rows}</table>"


def _remedy(check: dict[str, Any]) -> str:
    if not check["remedy"]:
        return ""
    return f"<br><b>{escape(check['owner'])}</b> ({escape(str(check['code']))}): {escape(check['remedy'])}"


def _page(title: str, content: str) -> web.Response:
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{content}</body></html>"
    )
    return web.Response(text=html, content_type="text/html")
