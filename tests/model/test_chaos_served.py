"""The same chaos through the served functions, with a process of its own whose budget nobody else needs."""

import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.journeys.api import KEY, Api, another_instance
from tests.model.connector import read_answer
from tests.model.questions import Call
from tests.model.weather import WEATHER_CODES, Company, Failed, Report, hold, settle, some_calls
from tests.sandbox.microsoft.chaos import Chaos
from tests.sandbox.stack import Stack

SEED = 20261122
AT_ONCE = 16


@pytest.fixture
def companies(stack: Stack) -> list[Company]:
    """Six customers, each saved and tested while the weather is fair."""
    chance, api = random.Random(SEED), Api(stack)
    found = [settle(stack.world, number, chance, people=100, users=3) for number in range(6)]
    for company in found:
        document = {
            "configurationType": "advanced",
            "tenantId": company.tenant.domains[0],
            "applicationId": company.application.app_id,
            "applicationSecret": company.secret,
            "secretExpires": (datetime.now(UTC).date() + timedelta(days=365)).isoformat(),
            "consent": "admin",
        }
        assert api.call("PUT", f"/customers/{company.customer}/calendar", json=document).status_code == 200
        test = api.call("POST", f"/customers/{company.customer}/calendar/test", json={"user": company.users[0]})
        assert test.json()["passed"] is True
    return found


@pytest.fixture
async def session(stack: Stack) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of a second instance of the functions."""
    with another_instance(stack) as api:
        async with aiohttp.ClientSession(api.url, headers={"x-functions-key": KEY}) as opened:
            yield opened
    stack.microsoft.faults.clear()


async def test_while_half_of_all_calls_fail_the_function_says_nobody_is_free_who_is_not(
    stack: Stack,
    session: aiohttp.ClientSession,
    companies: list[Company],
    record_property: Callable[[str, object], None],
    tmp_path: Path,
):
    async def ask(company: Company, user: str, call: Call) -> list[dict[str, Any]]:
        url = f"/customers/{company.customer}/users/{user}/calendar/getSchedule"
        async with session.post(url, json=call.body) as answer:
            if answer.status != 200:
                error = (await answer.json())["error"]
                assert WEATHER_CODES.get(error["code"]) == answer.status
                assert answer.status != 429 or int(answer.headers["Retry-After"]) > 0
                raise Failed(error["code"])
            return read_answer(await answer.read(), context=lambda text: "scheduleInformation" in text)

    report, chaos = Report(), Chaos("graph", "getSchedule", share=0.5, seed=SEED)
    calls = some_calls(companies, random.Random(SEED), person_answers=2_000, most_people=100)
    stack.microsoft.faults.append(chaos)
    before = stack.microsoft.count("graph")

    await hold(calls, ask, report, at_once=AT_ONCE)

    report.requests = stack.microsoft.count("graph") - before
    report.repeated, report.weather = report.requests - report.planned, chaos.done
    report.publish("chaos through the function", tmp_path, record_property)
    assert report.person_answers >= 2_000
    assert report.wrong == []
    assert report.crashes == []
    assert report.known > 0.5 * report.person_answers
    assert report.requests <= 6 * report.planned
