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

from tests.sandbox.grid import grid
from tests.sandbox.world import demo as world

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

Customer = dict[str, str]
CUSTOMERS: dict[str, Customer] = {
    "contoso": {
        "tenantId": "contoso.onmicrosoft.com",
        "applicationId": world.CONTOSO_APPLICATION,
        "secret": world.CONTOSO_SECRET,
        "wrong": world.CONTOSO_SECRET_ID,
        "expired": world.CONTOSO_EXPIRED_SECRET,
        "user": "recruiter@contoso.com",
        "about": "application permissions, admin consent not given yet",
    },
    "fabrikam": {
        "tenantId": "fabrikam.com",
        "applicationId": world.FABRIKAM_APPLICATION,
        "secret": world.FABRIKAM_SECRET,
        "user": "hiring@fabrikam.com",
        "outside": "dorothy@fabrikam.com",
        "about": "limited to three mailboxes by Exchange's RBAC for Applications, needs no consent",
    },
}
_PEOPLE = {
    "contoso": ("recruiter", "ada", "grace", "linus", "katherine", "onno", "max", "room-turing", "panel", "nobody"),
    "fabrikam": ("hiring", "mary", "dorothy", "christine", "room-one"),
}


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
            "The consent page of the simulated Microsoft has a certificate of the sandbox's own, so your browser will "
            "ask whether to go on.</p>"
        )
        return _page("Calendar connector: sandbox", steps + sections)

    async def _section(self, name: str) -> str:
        status, found = await self._call("GET", f"/customers/{name}/calendar")
        state = (
            found["state"] + (", a newer revision waits for its test" if found["pending"] else "")
            if status == 200
            else "not saved"
        )
        buttons = [("save", "Save")]
        if "wrong" in CUSTOMERS[name]:
            buttons += [("save-wrong", "Save with a wrong secret"), ("save-expired", "Save with an expired secret")]
        buttons += [
            ("test", "Test Calendar Configuration"),
            ("consent", "Admin consent link"),
            ("schedule", "Look up today"),
        ]
        if "outside" in CUSTOMERS[name]:
            buttons.append(("outside", "Look up as somebody outside the scope"))
        buttons += [("read", "Show configuration"), ("delete", "Delete")]
        forms = "".join(
            f'<form method="post" action="/{name}/{action}"><button>{escape(label)}</button></form>'
            for action, label in buttons
        )
        about = escape(CUSTOMERS[name]["about"])
        return f"<h2>{name.title()} <small>({about})</small></h2><p>State: <b>{escape(state)}</b></p>{forms}"

    async def _act(self, request: web.Request) -> web.Response:
        name, action = request.match_info["customer"], request.match_info["action"]
        doing = _ACTIONS.get(action)
        if name not in CUSTOMERS or doing is None:
            raise web.HTTPNotFound
        return _page(f"{name.title()}: {action}", await doing(self, name) + '<p><a href="/">Back</a></p>')

    async def save(self, name: str, secret: str = "secret") -> str:
        """Save the configuration with one of the secrets."""
        customer = CUSTOMERS[name]
        document = {
            "configurationType": "advanced",
            "tenantId": customer["tenantId"],
            "applicationId": customer["applicationId"],
            "applicationSecret": customer[secret],
            "consent": "admin",
        }
        return _shown(*await self._call("PUT", f"/customers/{name}/calendar", document))

    async def test(self, name: str) -> str:
        """Test the configuration and show the checks as a table."""
        body = {"user": CUSTOMERS[name]["user"]}
        status, report = await self._call("POST", f"/customers/{name}/calendar/test", body)
        return _shown(status, report) if status != 200 else _checks(report)

    async def consent(self, name: str) -> str:
        """Make an admin consent link."""
        status, link = await self._call("POST", f"/customers/{name}/calendar/admin-consent")
        if status != 201:
            return _shown(status, link)
        url = escape(link["url"])
        return f'<p>Valid until {link["expiresAt"]}. Open it as the administrator:</p><p><a href="{url}">{url}</a></p>'

    async def schedule(self, name: str, who: str = "user") -> str:
        """Look up today's free/busy times and show them as a grid."""
        day = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0, tzinfo=None)
        domain = CUSTOMERS[name]["user"].partition("@")[2]
        body = {
            "schedules": [f"{person}@{domain}" for person in _PEOPLE[name]],
            "startTime": {"dateTime": day.isoformat()},
            "endTime": {"dateTime": (day + timedelta(hours=12)).isoformat()},
        }
        path = f"/customers/{name}/users/{CUSTOMERS[name][who]}/calendar/getSchedule"
        status, answer = await self._call("POST", path, body)
        if status != 200:
            return _shown(status, answer)
        return f"<pre>{escape(grid(answer['value'], first_hour=7, slots_per_hour=2))}</pre>" + _shown(status, answer)

    async def read(self, name: str) -> str:
        """Show the configuration."""
        return _shown(*await self._call("GET", f"/customers/{name}/calendar"))

    async def delete(self, name: str) -> str:
        """Forget the customer."""
        return _shown(*await self._call("DELETE", f"/customers/{name}/calendar"))


_ACTIONS: dict[str, Callable[[StartPage, str], Awaitable[str]]] = {
    "save": StartPage.save,
    "save-wrong": lambda page, name: page.save(name, "wrong"),
    "save-expired": lambda page, name: page.save(name, "expired"),
    "test": StartPage.test,
    "consent": StartPage.consent,
    "schedule": StartPage.schedule,
    "outside": lambda page, name: page.schedule(name, "outside"),
    "read": StartPage.read,
    "delete": StartPage.delete,
}


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
