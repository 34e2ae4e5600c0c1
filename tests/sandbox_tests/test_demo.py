"""The commands a newcomer types: the demo is truthful by its exit code, and every button of the start page works."""

import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from tests.sandbox.demo import Demo, StepFailed
from tests.sandbox.grid import grid
from tests.sandbox.stack import Stack
from tests.sandbox.start_page import CUSTOMERS, StartPage
from tests.sandbox.world import demo as world

ROOT = Path(__file__).parents[2]


def test_the_demo_does_what_it_should_and_says_so_by_its_exit_code():
    ran = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.demo"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "AADSTS7000215" in ran.stdout
    assert '"availabilityView"' in ran.stdout
    assert "Everything did what it should" in ran.stdout


def test_the_demo_fails_when_a_step_does_not_do_what_it_should(capsys: pytest.CaptureFixture[str]):
    with Stack() as stack:
        application = stack.world.tenants[world.CONTOSO].applications[world.CONTOSO_APPLICATION]
        application.secrets.clear()
        with pytest.raises(StepFailed, match="the right secret must be accepted"):
            Demo(stack).run()

    assert "Do what the remedy says" in capsys.readouterr().out


async def test_every_button_of_the_start_page_works(stack: Stack):
    async with TestClient(TestServer(StartPage(stack).application())) as browser:
        for name in CUSTOMERS:
            for action in ("save", "test", "consent", "schedule", "read", "delete"):
                async with browser.post(f"/{name}/{action}") as answer:
                    assert answer.status == 200
                    assert "Back" in await answer.text()
        async with browser.post("/contoso/nothing") as answer:
            assert answer.status == 404
        async with browser.get("/") as answer:
            page = await answer.text()
    assert "Contoso" in page
    assert "not saved" in page


def test_in_the_grid_unknown_is_never_blank():
    answers = [
        {"scheduleId": "ada@x.example", "availabilityView": "0123"},
        {"scheduleId": "nobody@x.example", "error": {"responseCode": "5009", "message": "…"}},
    ]

    _, ada, nobody, *_ = grid(answers, first_hour=9, slots_per_hour=1).splitlines()

    assert ada.split()[1:] == ["·", "▒", "█", "◆"]
    assert nobody.split()[1:] == ["?", "?", "?", "?", "(5009)"]
