"""The joined answer over real TLS to the simulated Microsoft, whose availability code is not the oracle's.

A tenant's people are replaced for every example; the asker is another mailbox each time, since Outlook counts requests
per mailbox.
"""

import itertools
import uuid
from dataclasses import fields

import pytest
from hypothesis import event, given

from tests.model import limits
from tests.model.comparing import expect_same
from tests.model.conftest import Process
from tests.model.people import People
from tests.model.profile import examples
from tests.model.questions import Call, calls
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.world import demo
from tests.sandbox.world.mailboxes import Mailbox
from tests.sandbox.world.rules import CalendarRules

_numbers = itertools.count(1)


@pytest.fixture(scope="module", autouse=True)
async def customers(process: Process) -> None:
    """Two customers with the same application: one shows times, one shows everything."""
    contoso = process.microsoft.world.tenants[demo.CONTOSO]
    contoso.applications[demo.CONTOSO_APPLICATION].granted_roles = {demo.CALENDAR_ROLE}
    for customer in ("times", "everything"):
        await process.connector.add(
            customer,
            full=customer == "everything",
            tenant=demo.CONTOSO,
            application_id=demo.CONTOSO_APPLICATION,
            secret=demo.CONTOSO_SECRET,
        )


def move_in(microsoft: SimulatedMicrosoft, people: People, rules: CalendarRules) -> str:
    """Let these be Contoso's only people, and these its rules; return a new asker's user principal name."""
    asker = f"asker-{next(_numbers)}@contoso.com"
    mailboxes = [*people.mailboxes, Mailbox(asker, asker, str(uuid.uuid4()))]
    microsoft.world.tenants[demo.CONTOSO].mailboxes = {mailbox.address.lower(): mailbox for mailbox in mailboxes}
    for field in fields(CalendarRules):
        setattr(microsoft.world, field.name, getattr(rules, field.name))
    return asker


async def expect_joined(process: Process, call: Call, rules: CalendarRules) -> None:
    asker = move_in(process.microsoft, call.people, rules)

    answer = await process.connector.ask("everything" if call.full else "times", asker, call)

    assert process.microsoft.errors == []
    gave_up = limits.may_give_up(call, rules)
    event("may give up" if gave_up else "everything must be known")
    expect_same(call, answer.value, rules, gave_up=gave_up)


@examples(150)
@given(call=calls(most_people=120, most_digits=100_000), rules=limits.rules())
async def test_the_joined_answer_is_that_of_a_graph_without_limits(process: Process, call: Call, rules: CalendarRules):
    await expect_joined(process, call, rules)


@examples(6)
@given(call=calls(most_people=400, most_digits=400_000), rules=limits.rules())
async def test_large_calls_are_no_different(process: Process, call: Call, rules: CalendarRules):
    await expect_joined(process, call, rules)
