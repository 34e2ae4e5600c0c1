"""getSchedule: one answer per address, in the order asked, for one table read."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from lib.domain.configuration import Details, Wishes
from lib.domain.errors import CalendarError
from lib.domain.free_busy import NOT_ALLOWED, FreeBusy, Unread
from lib.domain.microsoft import GraphRefused
from lib.domain.saving import save
from lib.ports.graph import Seat
from tests.domain.clocks import START, ask, crowd
from tests.domain.tiny_graph import Meeting, failed, free, schedule
from tests.usecases.exchange import later, settle, until
from tests.usecases.fakes import APPLICATION, DRAFT, NOW, TENANT
from tests.usecases.schedule_desk import RECRUITER, ScheduleDesk, expect_unread, told

FROM = START.replace(tzinfo=UTC)


@pytest.fixture
async def desk() -> ScheduleDesk:
    return await ScheduleDesk().open_for_calls()


async def open_with(**wishes: Any) -> ScheduleDesk:
    return await ScheduleDesk(wishes=Wishes(**wishes)).open_for_calls()


async def test_one_table_read_a_call_and_the_secrets_only_for_a_token(desk: ScheduleDesk):
    assert told(await desk.ask()) == [("ada@contoso.com", "0000")]
    assert desk.steps.taken == ["read row", "read secret"]

    desk.steps.taken.clear()
    await desk.call(ask(*crowd(100), days=300))
    assert desk.steps.taken.count("read row") == 1


async def test_graph_is_asked_as_the_application_in_the_users_mailbox(desk: ScheduleDesk):
    await desk.ask()

    (request,) = desk.graph.requests
    assert (request.token, request.seat) == ("token 1", Seat(TENANT, APPLICATION, RECRUITER))
    assert (desk.tally.requests, desk.tally.shared) == (1, 0)


async def test_answers_come_in_the_order_asked_whatever_the_order_of_graph(desk: ScheduleDesk):
    desk.graph.says = lambda request: [free(person, request.body) for person in reversed(request.people)]

    answers = await desk.ask(*reversed(crowd(45)))

    assert [address for address, _ in answers] == [*reversed(crowd(45))]


async def test_an_address_asked_twice_is_asked_once_and_answered_twice(desk: ScheduleDesk):
    answers = await desk.ask("a@x.com", "b@x.com", "A@X.com")

    assert told(answers) == [("a@x.com", "0000"), ("b@x.com", "0000"), ("A@X.com", "0000")]
    assert sorted(person.lower() for person in desk.graph.requests[0].people) == ["a@x.com", "b@x.com"]


async def test_an_address_is_asked_for_without_spaces_and_answered_as_it_was_given():
    desk = await open_with(allowed_domains=("x.com",))

    answers = await desk.ask(" a@x.com ", "a@x.com", "b@x.com\u00a0", "  ")

    assert told(answers) == [
        (" a@x.com ", "0000"),
        ("a@x.com", "0000"),
        ("b@x.com\u00a0", "0000"),
        ("  ", "notAllowed"),
    ]
    assert desk.graph.requests[0].people == ("a@x.com", "b@x.com")


async def test_an_address_that_only_looks_like_another_is_asked_for_itself(desk: ScheduleDesk):
    kelvin = "\u212aay@x.com"
    desk.graph.says = lambda request: [
        free(person, request.body) if person == "kay@x.com" else failed(person, "5009") for person in request.people
    ]

    assert told(await desk.ask("kay@x.com", kelvin)) == [("kay@x.com", "0000"), (kelvin, "5009")]


async def test_an_address_of_another_domain_is_not_asked_and_answered_as_unknown():
    desk = await open_with(allowed_domains=("x.com",))

    answers = await desk.ask("a@x.com", "b@y.com", "c@x.com", "b@y.com;d@x.com")

    assert [code for _, code in told(answers)] == ["0000", "notAllowed", "0000", "notAllowed"]
    assert desk.graph.requests[0].people == ("a@x.com", "c@x.com")


async def test_when_nobody_may_be_asked_graph_is_not_asked():
    desk = await open_with(allowed_domains=("fabrikam.com",))

    assert await desk.ask("ada@contoso.com") == [("ada@contoso.com", NOT_ALLOWED)]
    assert (desk.graph.requests, desk.entra.tokens, desk.tally.waited) == ([], 0, 0.0)


async def test_when_those_who_may_be_asked_cannot_be_read_it_is_an_error():
    desk = await open_with(allowed_domains=("x.com",))
    desk.graph.refusals.append(GraphRefused(500, None))

    assert (await desk.error("a@x.com", "b@y.com")).status == 502


@pytest.mark.parametrize(("details", "more"), [(Details.TIME, {}), (Details.FULL, {"subject": "Secret plans"})])
async def test_the_configuration_says_how_much_of_a_meeting_is_shown(details: Details, more: dict[str, str]):
    desk = await open_with(details=details)
    meeting = Meeting(FROM, FROM + timedelta(hours=1))
    desk.graph.says = lambda request: [schedule(person, [meeting], request.body) for person in request.people]

    ((_, found),) = await desk.ask()

    assert isinstance(found, FreeBusy)
    assert [json.loads(f"{{{item.more}}}") for item in found.items] == [more]


async def test_an_address_that_could_not_be_read_does_not_spoil_the_rest(desk: ScheduleDesk):
    desk.graph.says = lambda request: [
        failed(person, "5009") if person == "b@x.com" else free(person, request.body) for person in request.people
    ]

    answers = await desk.ask("a@x.com", "b@x.com", "c@x.com")

    assert [code for _, code in told(answers)] == ["0000", "5009", "0000"]
    assert expect_unread(answers[1][1]).message


async def test_a_whole_request_refused_for_an_address_makes_the_addresses_unknown(desk: ScheduleDesk):
    desk.graph.refusals += [GraphRefused(400, "5006")] * 99

    answers = await desk.ask("ada@contoso.com", "grace@contoso.com")

    assert [code for _, code in told(answers)] == ["5006", "5006"]
    assert all(isinstance(found, Unread) for _, found in answers)


async def test_a_very_large_answer_is_joined_all_the_same(desk: ScheduleDesk):
    meetings = [Meeting(FROM + timedelta(minutes=number), FROM + timedelta(days=50)) for number in range(21_000)]
    desk.graph.says = lambda request: [schedule(person, meetings, request.body) for person in request.people]

    ((_, found),) = await desk.call(ask("a@x.com", days=50, interval=1440), seconds=60)

    assert isinstance(found, FreeBusy)
    assert (found.view, len(found.items)) == ("2" * 50, 21_000)


async def test_at_the_deadline_whatever_is_known_is_answered(desk: ScheduleDesk):
    desk.graph.hold(lambda request: "p0@x.com" not in request.people)

    asking = asyncio.create_task(desk.ask(*crowd(60)))
    await settle()
    with later():
        answers = await asking

    assert [code for _, code in told(answers)] == ["0000"] * 20 + ["microsoftTimeout"] * 40


async def test_a_caller_who_goes_away_ends_the_requests(desk: ScheduleDesk):
    desk.graph.hold()
    asking = asyncio.create_task(desk.ask(*crowd(60)))
    await until(lambda: len(desk.graph.under_way) == 3)
    asking.cancel()
    await settle()

    assert asking.cancelled()
    assert len(desk.graph.cancelled) == 3


async def test_calls_for_the_same_at_the_same_moment_share_a_request(desk: ScheduleDesk):
    await desk.ask("warm@x.com")
    desk.graph.hold()
    calls = [asyncio.create_task(desk.ask("a@x.com")) for _ in range(2)]
    await settle()
    desk.graph.open()

    first, second = await asyncio.gather(*calls)
    assert first == second
    assert len(desk.graph.requests) == 2


async def test_calls_of_two_revisions_share_nothing(desk: ScheduleDesk):
    await desk.ask("warm@x.com")
    desk.graph.hold()
    before = asyncio.create_task(desk.ask("a@x.com"))
    await settle()
    active = desk.customer().active
    assert active is not None
    desk.customers.put(replace(desk.customer(), active=replace(active, id="m2")))
    after = asyncio.create_task(desk.ask("a@x.com"))
    await settle()
    desk.graph.open()
    await asyncio.gather(before, after)

    assert len(desk.graph.requests) == 3


async def test_a_configuration_that_was_changed_counts_from_the_next_call(desk: ScheduleDesk):
    assert told(await desk.ask("a@x.com")) == [("a@x.com", "0000")]
    draft = replace(DRAFT, secret=None, wishes=Wishes(allowed_domains=("y.com",)))
    desk.customers.put(save(desk.customer(), "contoso", draft, secret_version=None, now=NOW, mark="m2"))

    assert told(await desk.ask("a@x.com")) == [("a@x.com", "notAllowed")]


@pytest.mark.parametrize("code", ["customerNotFound", "calendarNotTested"])
async def test_who_has_no_tested_configuration_is_told_so(code: str):
    desk = ScheduleDesk()
    if code == "calendarNotTested":
        await desk.prepare()

    with pytest.raises(CalendarError) as problem:
        await desk.ask()

    assert (problem.value.code, desk.graph.asked) == (code, [])
