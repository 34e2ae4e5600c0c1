"""What is too much for Graph is asked for in smaller parts until it works; what cannot be made smaller is unknown."""

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.errors import CalendarError, InvalidRequest
from lib.domain.free_busy import FreeBusy, Unread
from lib.domain.microsoft import GraphRefused
from lib.domain.schedule import Part
from tests.domain.clocks import START, ask, crowd
from tests.domain.tiny_graph import Meeting, failed, free, schedule
from tests.usecases.exchange import Desk, Request, Says, codes

FROM = START.replace(tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
deterministic = settings(derandomize=True, deadline=None, max_examples=40, database=None)


def crowded(person: str, longest: timedelta, code: str = "5006", *, whole: bool = False) -> Says:
    """Return a Graph for which this person's calendar has too many entries in a window longer than this."""

    def says(request: Request) -> list[Any]:
        if whole and person in request.people and request.length > longest:
            raise GraphRefused(400, code)
        return [
            failed(p, code) if p == person and request.length > longest else free(p, request.body)
            for p in request.people
        ]

    return says


@pytest.mark.parametrize("code", ["5006", "ErrorResultSetTooBig", "ErrorTimeIntervalTooBig"])
async def test_a_crowded_calendar_is_asked_for_in_shorter_windows_and_nobody_else_is(code: str):
    desk = Desk(crowded("p1@x.com", 6 * HOUR, code))

    known = codes(await desk.ask(ask(*crowd(20), hours=24)))

    assert known == dict.fromkeys(crowd(20), "0" * 24)
    assert [request.people for request in desk.graph.requests[1:]] == [("p1@x.com",)] * 6
    lengths = Counter(request.length for request in desk.graph.requests)
    assert lengths == {24 * HOUR: 1, 12 * HOUR: 2, 6 * HOUR: 4}


@pytest.mark.parametrize("code", ["5006", "ErrorResultSetTooBig"])
async def test_a_whole_request_refused_for_a_crowded_calendar_is_divided_until_it_is_found(code: str):
    desk = Desk(crowded("p1@x.com", 6 * HOUR, code, whole=True))

    known = codes(await desk.ask(ask(*crowd(20), hours=24)))

    assert known == dict.fromkeys(crowd(20), "0" * 24)
    shorter = [request.people for request in desk.graph.requests if request.length < 24 * HOUR]
    assert set(shorter) == {("p1@x.com",)}, "the others' windows stay whole"


@pytest.mark.parametrize("whole", [False, True])
async def test_a_calendar_crowded_in_a_single_slot_is_unknown_and_nobody_else_is(whole: bool):
    desk = Desk(crowded("p1@x.com", timedelta(0), whole=whole))

    known = await desk.ask(ask(*crowd(20), hours=24))

    assert codes(known) == dict.fromkeys(crowd(20), "0" * 24) | {"p1@x.com": "5006"}
    unread = known["p1@x.com"]
    assert isinstance(unread, Unread)
    assert "1,000 entries" in unread.message


async def test_once_a_slot_of_it_is_unknown_nothing_more_of_a_calendar_is_asked_for():
    desk = Desk(crowded("a@x.com", timedelta(0)))

    await desk.ask(ask("a@x.com", hours=1024))

    assert len(desk.graph.requests) < 50, "down to one slot, not to all 1,024"


async def test_a_window_refused_as_too_long_is_halved_for_everybody_and_others_learn_from_it():
    def says(request: Request) -> list[Any]:
        if request.length > 31 * DAY:
            raise GraphRefused(400, "ErrorTimeIntervalTooBig")
        return [free(person, request.body) for person in request.people]

    desk = Desk(says)
    known = codes(await desk.ask(ask(*crowd(200), days=40, interval=1440)))

    assert known == dict.fromkeys(crowd(200), "0" * 40)
    refused = [request for request in desk.graph.requests if request.length > 31 * DAY]
    assert len(refused) == 4, "those under way, not one more"
    assert len(desk.graph.requests) == 4 + 20


async def test_a_slot_refused_as_too_long_is_unknown_for_its_people():
    def says(request: Request) -> list[Any]:
        raise GraphRefused(400, "ErrorTimeIntervalTooBig")

    known = await Desk(says).ask(ask("a@x.com", "b@x.com", hours=4))

    assert codes(known) == dict.fromkeys(("a@x.com", "b@x.com"), "ErrorTimeIntervalTooBig")


def with_list(most_members: int, members: int, code: str, *, whole: bool = False) -> Says:
    """Return a Graph for which every "list…" has so many members, and a request may have so many people in all."""

    def says(request: Request) -> list[Any]:
        lists = [person for person in request.people if person.startswith("list")]
        too_many = len(request.people) - len(lists) + members * len(lists) > most_members
        if too_many and whole:
            raise GraphRefused(400, code)
        return [failed(p, code) if too_many and p in lists else free(p, request.body) for p in request.people]

    return says


LIST_CODES = ["ErrorFreeBusyDLLimitReached", "ErrorIndividualMailboxLimitReached", "5002"]


@pytest.mark.parametrize("code", LIST_CODES)
async def test_a_list_too_long_together_with_others_is_asked_for_by_itself(code: str):
    desk = Desk(with_list(20, 15, code))

    known = codes(await desk.ask(ask("list@x.com", *crowd(9))))

    assert set(known.values()) == {"0000"}
    assert [request.people for request in desk.graph.requests[1:]] == [("list@x.com",)]


@pytest.mark.parametrize("code", LIST_CODES)
async def test_two_lists_too_long_together_are_asked_for_one_by_one(code: str):
    desk = Desk(with_list(20, 15, code))

    known = codes(await desk.ask(ask("list1@x.com", *crowd(4), "list2@x.com")))

    assert set(known.values()) == {"0000"}
    assert {request.people for request in desk.graph.requests[2:]} == {("list1@x.com",), ("list2@x.com",)}


@pytest.mark.parametrize("code", LIST_CODES)
@pytest.mark.parametrize("whole", [False, True])
async def test_a_list_too_long_by_itself_is_unknown_and_nobody_else_is(code: str, whole: bool):
    known = codes(await Desk(with_list(20, 500, code, whole=whole)).ask(ask(*crowd(9), "list@x.com")))

    assert known == dict.fromkeys(crowd(9), "0000") | {"list@x.com": code}


async def test_a_crowded_calendar_and_a_long_list_are_each_asked_for_in_their_way():
    def says(request: Request) -> list[Any]:
        told = {person: free(person, request.body) for person in request.people}
        if "list@x.com" in told and len(told) > 1:
            told["list@x.com"] = failed("list@x.com", "ErrorFreeBusyDLLimitReached")
        if "full@x.com" in told and request.length > 2 * HOUR:
            told["full@x.com"] = failed("full@x.com", "5006")
        return list(told.values())

    desk = Desk(says)
    known = codes(await desk.ask(ask("full@x.com", "a@x.com", "list@x.com")))

    assert set(known.values()) == {"0000"}
    assert sorted((request.people, request.length / HOUR) for request in desk.graph.requests[1:]) == [
        (("full@x.com",), 2),
        (("full@x.com",), 2),
        (("list@x.com",), 4),
    ]


async def test_many_lists_refused_whole_are_divided_until_each_part_fits():
    desk = Desk(with_list(20, 10, "ErrorMailboxDataArrayTooBig", whole=True))

    known = codes(await desk.ask(ask(*(f"list{number}@x.com" for number in range(16)))))

    assert set(known.values()) == {"0000"}
    assert max(len(request.people) for request in desk.graph.requests[-8:]) == 2


async def test_an_address_that_makes_graph_refuse_the_whole_request_is_found():
    def says(request: Request) -> list[Any]:
        if "p7@x.com" in request.people:
            raise GraphRefused(400, "ErrorInvalidSmtpAddress")
        return [free(person, request.body) for person in request.people]

    known = codes(await Desk(says).ask(ask(*crowd(20))))

    assert known == dict.fromkeys(crowd(20), "0000") | {"p7@x.com": "ErrorInvalidSmtpAddress"}


async def test_what_cannot_be_laid_to_an_address_is_not_graphs_word_about_it():
    def says(request: Request) -> list[Any]:
        if "p7@x.com" in request.people:
            raise GraphRefused(400, "ErrorOfTomorrow")
        return [free(person, request.body) for person in request.people]

    desk = Desk(says)

    assert codes(await desk.ask(ask(*crowd(20)))) == dict.fromkeys(crowd(20), "0000") | {"p7@x.com": "invalidRequest"}
    with pytest.raises(InvalidRequest):
        await desk.ask(ask("p7@x.com"))


@pytest.mark.parametrize("code", ["5009", "ErrorNoFreeBusyAccess", "ErrorProxyRequestProcessingFailed", "NewCode"])
async def test_what_is_no_matter_of_size_is_not_asked_for_again(code: str):
    desk = Desk(lambda request: [failed(person, code) for person in request.people])

    assert set(codes(await desk.ask(ask(*crowd(20)))).values()) == {code}
    assert len(desk.graph.requests) == 1


@pytest.mark.parametrize("whole", [False, True])
async def test_there_is_an_end_to_splitting(whole: bool):
    def says(request: Request) -> list[Any]:
        if whole:
            raise GraphRefused(400, "5006")
        return [failed(person, "5006") for person in request.people]

    desk = Desk(says)
    known = codes(await desk.ask(ask(*crowd(440), days=366, interval=5), seconds=300))

    assert set(known.values()) == {"5006"}
    assert len(desk.graph.requests) <= 2000, "those that a call may have"


async def test_where_the_call_itself_is_wrong_it_is_asked_once_and_told():
    def says(request: Request) -> list[Any]:
        raise GraphRefused(400, "ErrorInvalidMergedFreeBusyInterval")

    desk = Desk(says)
    with pytest.raises(CalendarError) as problem:
        await desk.ask(ask(*crowd(20)))

    assert (problem.value.code, len(desk.graph.requests)) == ("invalidRequest", 1)


meetings = st.builds(
    lambda hour, hours, status: Meeting(FROM + hour * HOUR, FROM + (hour + hours) * HOUR, status),
    st.integers(-50, 2000),
    st.integers(1, 90),
    st.sampled_from(["busy", "oof", "free"]),
)


@deterministic
@given(st.lists(meetings, max_size=40), st.integers(3, 12), st.sampled_from([30, 60, 1440]), st.integers(1, 80))
async def test_however_it_is_split_the_answer_is_the_whole_or_unknown(
    calendar: list[Meeting], most: int, interval: int, days: int
):
    def says(request: Request) -> list[Any]:
        told = [schedule(person, calendar, request.body) for person in request.people]
        return [failed(one["scheduleId"], "5006") if len(one["scheduleItems"]) > most else one for one in told]

    call = ask("a@x.com", days=days, interval=interval)
    found = (await Desk(says).ask(call))["a@x.com"]
    whole = schedule("a@x.com", calendar, call.as_graph(Part(("a@x.com",), 0, call.slots)))

    if isinstance(found, FreeBusy):
        assert found.view == whole["availabilityView"]
        assert len(found.items) == len(whole["scheduleItems"])
    else:
        assert found.code == "5006"
