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
from tests.sandbox.host.keys import FUNCTION_KEY, MASTER_KEY
from tests.sandbox.inbox_page import InboxPages
from tests.sandbox.page_parts import button, checks, link, page, shown
from tests.sandbox.stack import Stack
from tests.sandbox.world.changes import let_time_pass

_KEY = {"x-functions-key": FUNCTION_KEY}
_MASTER = {"x-functions-key": MASTER_KEY}
_DAYS = 351


class StartPage:
    """The page's server, beside a running sandbox."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._inbox = InboxPages(stack.inbox)
        self._session: aiohttp.ClientSession | None = None

    def application(self) -> web.Application:
        """Return the web application."""
        app = web.Application()
        app.router.add_get("/", self._index)
        self._inbox.add_to(app.router)
        app.router.add_post("/operator/{action}", self._operate)
        app.router.add_post("/{customer}/{action}", self._act)
        app.cleanup_ctx.append(self._client)
        return app

    async def _client(self, _: web.Application) -> Any:
        async with aiohttp.ClientSession(headers=_KEY) as self._session:
            yield

    async def _call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """Call a function; return the status and the answer as JSON, as text if it is none."""
        assert self._session is not None
        async with self._session.request(method, self._stack.public_url + path, json=body, **more) as answer:
            text = await answer.text()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, text

    async def _index(self, _: web.Request) -> web.Response:
        sections = "".join([await self._section(name) for name in CUSTOMERS])
        steps = (
            "<p>This page is an applicant tracking system in miniature; Microsoft is simulated. Go from left to right. "
            "The pages of the simulated Microsoft, where people sign in and consent, have a certificate of the "
            "sandbox's own, so your browser will ask whether to go on.</p>"
        )
        operator = "".join(button(f"/operator/{action}", label) for action, (label, *_) in _OPERATOR.items())
        return page("Calendar connector: sandbox", f"{steps}<p>{operator}{self._inbox.link()}</p>{sections}")

    async def _operate(self, request: web.Request) -> web.Response:
        if request.match_info["action"] not in _OPERATOR:
            raise web.HTTPNotFound
        label, method, path, more = _OPERATOR[request.match_info["action"]]
        return page(label, shown(*await self._call(method, path, **more)) + f"<p>{_BACK} {self._inbox.link()}</p>")

    async def _section(self, name: str) -> str:
        forms = "".join(button(f"/{name}/{action}", label) for action, label in _buttons(CUSTOMERS[name]))
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
        return page(f"{name.title()}: {action}", f"{await doing}<p>{_BACK}</p>")

    async def save(self, name: str, secret: str | None = None) -> str:
        """Save the configuration, with another secret than the right one if given."""
        customer = CUSTOMERS[name]
        given = secret or customer.secret
        document = customer.configuration | ({"applicationSecret": given} if given else {})
        return shown(*await self._call("PUT", f"/customers/{name}/calendar", document))

    async def test(self, name: str) -> str:
        """Test the configuration and show the checks as a table."""
        body = {"user": CUSTOMERS[name].user}
        status, report = await self._call("POST", f"/customers/{name}/calendar/test", body)
        return shown(status, report) if status != 200 else checks(report)

    async def consent(self, name: str) -> str:
        """Make an admin consent link."""
        return link(*await self._call("POST", f"/customers/{name}/calendar/admin-consent"), "an administrator")

    async def connect(self, name: str) -> str:
        """Make a link with which the user connects a calendar."""
        return link(*await self._call("POST", f"{_user_path(name)}/connect"), CUSTOMERS[name].user)

    async def connection(self, name: str) -> str:
        """Show the user's connection."""
        return shown(*await self._call("GET", f"{_user_path(name)}/connection"))

    async def disconnect(self, name: str) -> str:
        """Forget the user's connection."""
        return shown(*await self._call("DELETE", f"{_user_path(name)}/connection"))

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
            return shown(status, answer)
        return f"<pre>{escape(grid(answer['value'], first_hour=7, slots_per_hour=2))}</pre>" + shown(status, answer)

    async def outside(self, name: str) -> str:
        """Look up as a user whom the application may not ask as."""
        return await self.schedule(name, CUSTOMERS[name].outside)

    async def age(self, name: str) -> str:
        """Make the customer's client secrets in Entra ID older."""
        application = CUSTOMERS[name].application(self._stack.world)
        let_time_pass(application, _DAYS)
        ends = "".join(
            f"<li>{escape(secret.display_name or secret.key_id)}: {secret.end:%d %b %Y}</li>"
            for secret in application.secrets
        )
        return f"<p>In Entra ID the client secrets of {escape(application.display_name)} now end on</p><ul>{ends}</ul>"

    async def read(self, name: str) -> str:
        """Show the configuration."""
        return shown(*await self._call("GET", f"/customers/{name}/calendar"))

    async def delete(self, name: str) -> str:
        """Forget the customer."""
        return shown(*await self._call("DELETE", f"/customers/{name}/calendar"))


_BACK = '<a href="/">Back</a>'
_OPERATOR: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "scan": ("Scan the client secrets now", "POST", "/secret-scan", {}),
    "last-scan": ("Last scan", "GET", "/secret-scan", {}),
    "deliver": (
        "Deliver what is waiting",
        "POST",
        "/admin/functions/deliver_alerts",
        {"body": {"input": ""}, "headers": _MASTER},
    ),
}
_ACTIONS: dict[str, Callable[[StartPage, str], Awaitable[str]]] = {
    "save": StartPage.save,
    "test": StartPage.test,
    "consent": StartPage.consent,
    "connect": StartPage.connect,
    "connection": StartPage.connection,
    "disconnect": StartPage.disconnect,
    "schedule": StartPage.schedule,
    "outside": StartPage.outside,
    "age": StartPage.age,
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
    return [*buttons, ("age", f"Let {_DAYS} days pass"), ("read", "Show configuration"), ("delete", "Delete")]


def _user_path(name: str, user: str | None = None) -> str:
    return f"/customers/{name}/users/{user or CUSTOMERS[name].user}/calendar"
