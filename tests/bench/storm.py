"""Figure 5: fifty look-ups at once with an access token that has ended, across two processes.

How many refreshes they make, whether any fails, and whether the connection still works afterwards. Only counted, never
timed.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import requests

from tests.bench import world
from tests.bench.report import Result, progress, table, wrong
from tests.sandbox.browser import Browser
from tests.sandbox.host.keys import FUNCTION_KEY, KEY_HEADER
from tests.sandbox.host.process import HostProcess
from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack
from tests.sandbox.world import demo_sign_in as demo

_CALLS = 50
_USER = "recruiter@northwind.com"
_CALENDAR = "/customers/northwind/calendar"
_AS_USER = f"/customers/northwind/users/{_USER}/calendar"


def measure() -> Result:
    """Connect a user, let the access token end, and ask from both processes at once."""
    progress(f"figure 5: {_CALLS} look-ups at once on an ended access token, two processes")
    with ExitStack() as exit_stack:
        stack = exit_stack.enter_context(Stack())
        second = HostProcess.start(stack.environment(), port=free_port())
        exit_stack.callback(second.stop)
        _connect(stack)
        urls = [(stack.public_url, second.url)[number % 2] for number in range(_CALLS)]
        stack.microsoft.clear_requests()
        with ThreadPoolExecutor(_CALLS) as threads:
            statuses = list(threads.map(_look_up, urls))
        refreshes = _refreshes(stack)
        lost = _look_up(stack.public_url) != 200 or _look_up(second.url) != 200 or _refreshes(stack) != refreshes
    errors = sum(status != 200 for status in statuses)
    rows = [
        ("refreshes", str(refreshes), "<= 2"),
        ("errors", str(errors), "0"),
        ("tokens lost", str(int(lost)), "0"),
    ]
    table(f"5. {_CALLS} look-ups at once on an ended access token, two processes", ("what", "count", "aim"), rows)
    shown = f"{refreshes}, {errors}, {int(lost)}"
    met = refreshes <= 2 and not errors and not lost
    return Result(f"{_CALLS} look-ups, ended token: refreshes, errors, lost", "<= 2, 0, 0", shown, met)


def _connect(stack: Stack) -> None:
    """Save and connect; the first access token has ended when it arrives."""
    configuration = world.USERS_CONFIGURATION | {
        "tenantId": "northwind.com",
        "applicationId": demo.NORTHWIND_APPLICATION,
        "applicationSecret": demo.NORTHWIND_SECRET,
    }
    _call(stack.public_url, "PUT", _CALENDAR, configuration)
    browser = Browser(str(stack.authority.ca_file))
    stack.microsoft.user_token_seconds = 1
    browser.open(_call(stack.public_url, "POST", f"{_AS_USER}/connect").json()["url"])
    page = browser.pass_on(browser.submit({"account": _USER, "action": "accept"}))
    if page.status_code != 200:
        wrong(f"The user could not connect: {page.text}")
    _call(stack.public_url, "POST", f"{_CALENDAR}/test", {"user": _USER})  # activates the configuration, and renews
    stack.microsoft.user_token_seconds = 3599


def _call(url: str, method: str, path: str, body: object = None) -> requests.Response:
    answer = requests.request(method, url + path, json=body, headers={KEY_HEADER: FUNCTION_KEY}, timeout=90)
    return answer if answer.ok else wrong(f"{method} {path} answered {answer.status_code}: {answer.text}")


def _look_up(url: str) -> int:
    body = world.question() | {"schedules": ["steven@northwind.com"]}
    headers = {KEY_HEADER: FUNCTION_KEY}
    return requests.post(f"{url}{_AS_USER}/getSchedule", json=body, headers=headers, timeout=90).status_code


def _refreshes(stack: Stack) -> int:
    tokens = [seen for seen in stack.microsoft.requests if seen.service == "entra" and seen.method == "POST"]
    return sum(seen.form.get("grant_type") == "refresh_token" for seen in tokens)
