"""The README's calls, run one after the other as a reader would paste them, against what `make run` starts."""

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.browser import Browser
from tests.sandbox.ports import free_port
from tests.sandbox.run import USUAL_PORT, prepare
from tests.sandbox.stack import Stack

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## For the developer of the ATS", 1)[1].split("\n## ", 1)[0]
# A call, and the answer that is shown for it, if one is.
CALLS = re.findall(r"```sh\n(curl .*?)```(?:\n\n```json\n(.*?)```)?", SECTION, flags=re.DOTALL)

pytestmark = pytest.mark.skipif(
    shutil.which("curl") is None, reason="curl is not here: make setup installs it on Debian"
)


def run(stack: Stack, command: str) -> Any:
    """Run a call in a shell and return its answer's JSON."""
    environment = {"PATH": os.environ["PATH"], "URL": stack.public_url, "KEY": "sandbox"}
    ran = subprocess.run(
        ["sh", "-euc", command], env=environment, capture_output=True, text=True, timeout=90, check=True
    )
    return json.loads(ran.stdout)


def open_link(stack: Stack, command: str, url: str) -> None:
    """Do in the browser what the README says: sign in as the one the link is for, and accept."""
    browser = Browser(str(stack.authority.ca_file))
    browser.open(url)
    if "admin-consent" in command:
        page = browser.submit({"account": "admin@contoso.onmicrosoft.com", "action": "accept"})
        assert page.status_code == 200
        return
    user = re.search(r"/users/([^/]+)/", command)[1]
    browser.submit({"account": user, "action": "signin"})
    page = browser.pass_on(browser.submit({"account": user, "action": "accept"}))
    assert page.headers["Location"].startswith("https://ats.example/interviews?calendar=connected")


def assert_shown_is_real(shown: Any, real: Any, where: str = "answer") -> None:
    """Assert that everything shown is in the real answer, with a value of its type; "…" stands for any text."""
    if isinstance(shown, dict):
        assert isinstance(real, dict), where
        for name, value in shown.items():
            assert name in real, f"{where} has no {name}: {real}"
            assert_shown_is_real(value, real[name], f"{where}.{name}")
    elif isinstance(shown, list):
        assert isinstance(real, list), where
        for position, value in enumerate(shown):
            assert_shown_is_real(value, real[position], f"{where}[{position}]")
    elif isinstance(shown, str) and ("…" in shown or re.match(r"https?://|[0-9]{4}-[0-9]{2}-[0-9]{2}T", shown)):
        assert isinstance(real, str), where
    else:
        assert shown == real, where


def test_every_call_of_the_readme_works_and_answers_what_is_shown():
    assert len(CALLS) >= 8
    assert sum(1 for _, shown in CALLS if shown) >= 6
    with Stack(settings=prepare) as stack:
        for command, shown in CALLS:
            real = run(stack, command)
            if shown:
                assert_shown_is_real(json.loads(shown), real)
            if "url" in real:
                open_link(stack, command, real["url"])


def test_make_run_serves_where_the_readme_says():
    shown = re.search(r"```sh\nURL=(\S+)\nKEY=(\S+)\n```", SECTION)
    assert (shown[1], shown[2]) == (f"http://localhost:{USUAL_PORT}", "sandbox")


def test_a_port_that_is_taken_is_another_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
