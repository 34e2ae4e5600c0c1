"""The pages beside the start page: the inbox, and what lets time pass."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tests.sandbox.customers import CUSTOMERS
from tests.sandbox.mail.inbox import Inbox, ReceivedMail
from tests.sandbox.start_page import StartPage
from tests.sandbox.world import demo

HTML = '<p class="x">Läuft ab</p><script>alert("no")</script>'


class Functions:
    """Stands in for the functions and notes what they were asked."""

    def __init__(self):
        self.asked = []

    async def answer(self, request):
        key = request.headers.get("x-functions-key")
        self.asked.append((request.method, request.path, key, await request.text()))
        if request.path.startswith("/admin/"):
            return web.Response(status=202)
        if request.path == "/secret-scan":
            return web.json_response({"customers": 2, "said": "<b>"})
        return web.Response(status=404, text="<html>not JSON")


@pytest.fixture
async def functions():
    functions = Functions()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", functions.answer)
    async with TestServer(app) as running:
        functions.url = str(running.make_url("")).rstrip("/")
        yield functions


@pytest.fixture
def sandbox(functions):
    """What a start page needs of the stack."""
    return SimpleNamespace(inbox=Inbox(), world=demo.demo_world(datetime.now(UTC)), public_url=functions.url)


@pytest.fixture
async def browser(sandbox):
    async with TestClient(TestServer(StartPage(sandbox).application())) as browser:
        yield browser


async def read(answer: aiohttp.ClientResponse, status: int = 200) -> str:
    async with answer:
        assert answer.status == status
        return await answer.text()


def mail(subject, **more):
    return ReceivedMail("smtp", "calendar@connector.example", ("it@x.example", "b@x.example"), subject, **more)


async def test_the_inbox_lists_the_newest_first(sandbox, browser):
    assert "Nothing was sent yet" in await read(await browser.get("/inbox"))
    sandbox.inbox.add(mail("First <one>"))
    sandbox.inbox.add(mail(""))

    listed = await read(await browser.get("/inbox"))

    assert listed.index("/inbox/2") < listed.index("/inbox/1")
    assert "First &lt;one&gt;" in listed
    assert "it@x.example, b@x.example" in listed
    assert "(no subject)" in listed
    assert "Inbox (2)" in await read(await browser.get("/"))


async def test_a_mail_is_shown_with_its_html_in_a_frame_that_runs_nothing(sandbox, browser):
    sandbox.inbox.add(mail("It <ends>", text="plain <text>", html=HTML, headers={"X-Why": "<none>"}))

    shown = await read(await browser.get("/inbox/1"))

    frame = re.search(r'<iframe sandbox title="[^"]*" srcdoc="([^"]*)"></iframe>', shown)
    assert unescape(frame[1]) == HTML
    assert "<script>" not in shown
    assert "plain &lt;text&gt;</pre>" in shown
    assert "X-Why" in shown
    assert "&lt;none&gt;" in shown


async def test_parts_that_are_not_there_are_said_to_be_none(sandbox, browser):
    sandbox.inbox.add(mail("Text only", text="plain"))
    assert "<iframe" not in await read(await browser.get("/inbox/1"))
    sandbox.inbox.add(mail("HTML only", html=HTML))
    assert "<h2>Text</h2><p>None</p>" in await read(await browser.get("/inbox/2"))


@pytest.mark.parametrize("path", ["/inbox/0", "/inbox/2", "/inbox/1/2"])
async def test_a_mail_that_is_not_there(sandbox, browser, path):
    sandbox.inbox.add(mail("One"))
    assert (await browser.get(path)).status == 404


@pytest.mark.parametrize(
    ("action", "asked", "says"),
    [
        ("scan", ("POST", "/secret-scan", "sandbox", ""), "&quot;said&quot;: &quot;&lt;b&gt;&quot;"),
        ("last-scan", ("GET", "/secret-scan", "sandbox", ""), "<b>200</b>"),
        ("deliver", ("POST", "/admin/functions/deliver_alerts", "sandbox-master", '{"input": ""}'), "<b>202</b>"),
    ],
)
async def test_the_operators_buttons_ask_the_functions_and_show_the_answer(functions, browser, action, asked, says):
    assert f'action="/operator/{action}"' in await read(await browser.get("/"))
    functions.asked.clear()
    assert says in await read(await browser.post(f"/operator/{action}"))
    assert functions.asked == [asked]


async def test_an_answer_that_is_no_json_is_shown_as_it_is(browser):
    assert "&lt;html&gt;not JSON" in await read(await browser.post("/contoso/read"))
    await read(await browser.post("/operator/nothing"), 404)


@pytest.mark.parametrize("name", CUSTOMERS)
async def test_days_pass_for_one_customers_secrets(sandbox, browser, name):
    application = CUSTOMERS[name].application(sandbox.world)
    others = {id(one): [s.end for s in one.secrets] for one in sandbox.world.all_applications() if one != application}
    before = [secret.end for secret in application.secrets]

    page = await read(await browser.post(f"/{name}/age"))

    assert [secret.end for secret in application.secrets] == [end - timedelta(days=351) for end in before]
    assert f"{application.secrets[0].end:%d %b %Y}" in page
    for one in sandbox.world.all_applications():
        assert id(one) not in others or [secret.end for secret in one.secrets] == others[id(one)]
