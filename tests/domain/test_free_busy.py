"""Unknown is never free: what is believed of Graph's answers, and what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.advice import for_schedule
from lib.domain.configuration import Details
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.free_busy import INCOMPLETE, NO_ANSWER, FreeBusy, Item, Unread, because_of, refused
from lib.domain.reading import Reader
from tests.domain.clocks import FakeZones
from tests.domain.graph_entries import ADA, CUSTOM_ZONE, HOURS, believed, entry, hours_of, item, read, time, without

TEN, ELEVEN = datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 11, tzinfo=UTC)
deterministic = settings(derandomize=True, deadline=None, max_examples=200, database=None)


def test_a_good_answer_is_its_view_its_entries_and_its_working_hours():
    found = believed(entry())

    assert (found.view, found.items, hours_of(found)) == ("0200", (Item("busy", TEN, ELEVEN),), HOURS)


@pytest.mark.parametrize("view", ["0000", "0123", "3333"])
def test_a_view_is_kept_as_graph_gave_it(view: str):
    assert believed(entry(view=view)).view == view


LEFT_OUT: list[Any] = [
    pytest.param([], id="nothing"),
    pytest.param([None, 7, "x", [], True], id="no objects"),
    pytest.param([entry("bob@x.com")], id="somebody else"),
    pytest.param([without("scheduleId", entry())], id="without an address"),
    pytest.param([entry() | {"scheduleId": 5}], id="an address that is a number"),
    pytest.param([entry() | {"scheduleId": [ADA]}], id="an address in a list"),
    pytest.param([entry() | {"scheduleId": f" {ADA}"}], id="almost the address"),
]


@pytest.mark.parametrize("answers", LEFT_OUT)
def test_who_is_not_answered_is_unknown(answers: list[Any]):
    assert read(*answers) is NO_ANSWER


BAD_VIEWS: list[Any] = [
    *("", "0", "020", "02000", "0200 ", " 020", "020\n"),
    *("4444", "0240", "0?00", "02-0", "abcd", "5000", "020\u0660", "０２００", "020\ud800"),
    *(None, 200, True, [], {}, list("0200")),
]
NO_ENTRIES: list[Any] = [None, {}, "", 0, True, [None], ["busy"], [7], [[]], [{}]]
GARBLED: list[Any] = [
    pytest.param({"scheduleId": ADA}, id="nothing but the address"),
    pytest.param(without("availabilityView", entry()), id="no view"),
    pytest.param(without("scheduleItems", entry()), id="no entries"),
    *(pytest.param(entry(view=view), id=f"view {view!r}") for view in BAD_VIEWS),
    *(pytest.param(entry(scheduleItems=entries), id=f"entries {entries!r}") for entries in NO_ENTRIES),
    pytest.param(entry(scheduleItems=[item(), {}]), id="one entry of two"),
]


@pytest.mark.parametrize("answer", GARBLED)
def test_what_is_garbled_is_unknown(answer: dict[str, Any]):
    assert read(answer) is INCOMPLETE


BAD_STATUSES: list[Any] = [
    None,
    2,
    True,
    [],
    {},
    "",
    "unknown",
    "Unknown",
    "elsewhere",
    "free ",
    "freé",
    "working elsewhere",
]


@pytest.mark.parametrize("status", BAD_STATUSES)
@pytest.mark.parametrize("zone", ["UTC", "utc"])
def test_a_status_that_nobody_knows_makes_the_address_unknown(status: Any, zone: str):
    odd = item(status, start=time(zone=zone))

    assert read(entry(view="0000", scheduleItems=[odd])) is INCOMPLETE
    assert read(entry(view="0000", scheduleItems=[without("status", odd)])) is INCOMPLETE


@pytest.mark.parametrize("status", ["free", "tentative", "busy", "oof", "workingElsewhere", "Busy", "OOF"])
@pytest.mark.parametrize("zone", ["UTC", "utc"])
def test_known_statuses_are_kept_as_they_are_written(status: str, zone: str):
    assert believed(entry(scheduleItems=[item(status, start=time(zone=zone))])).items == (Item(status, TEN, ELEVEN),)


def test_working_elsewhere_stays_visible_although_the_view_says_free():
    found = believed(entry(view="0000", scheduleItems=[item("workingElsewhere")]))

    assert (found.view, found.items[0].status) == ("0000", "workingElsewhere")


BAD_TIMES: list[Any] = [
    *(None, "2026-11-23T10:00:00", 5, [], {}, {"timeZone": "UTC"}, time(None), time(5), time("")),
    *(time("tomorrow"), time("2026-11-23T25:00:00"), time("2026-02-30T10:00:00"), time("10:00:00")),
    *(time("2026-11-23T10:00:00+01:00"), time("2026-11-23T10:00:00+00:00"), time("2026-11-23T10:00:00.0000000x")),
    *(time(zone=None), time(zone=5), time(zone=""), time(zone="Mars/Olympus"), time(zone={"name": "UTC"})),
    *(time(zone="tzone://Microsoft/Custom"), time("0001-01-01T00:00:00", "Asia/Tokyo")),
    *(time("2026-11-23"), time("2026-11-23T10"), time("2026-W48-1T10:00:00"), time("20261123T100000")),
    *(time("2026-11-23T10:00:00Z", "Pacific Standard Time"), time("2026-11-23T10:00:00+00:00", "Asia/Kolkata")),
]


@pytest.mark.parametrize("odd", BAD_TIMES, ids=str)
@pytest.mark.parametrize("details", Details)
def test_an_entry_whose_times_cannot_be_read_makes_the_address_unknown(odd: Any, details: Details):
    early, late = time("0001-01-02T00:00:00"), time("9999-12-30T00:00:00")

    assert read(entry(scheduleItems=[item(start=odd, end=late)]), details=details) is INCOMPLETE
    assert read(entry(scheduleItems=[item(end=odd, start=early)]), details=details) is INCOMPLETE


@pytest.mark.parametrize("name", ["start", "end"])
def test_an_entry_without_a_time_makes_the_address_unknown(name: str):
    assert read(entry(scheduleItems=[without(name, item())])) is INCOMPLETE


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        (time("2026-11-23T10:00:00"), TEN),
        (time("2026-11-23T10:00:00.5"), TEN.replace(microsecond=500_000)),
        (time("2026-11-23T10:00:00.1234567"), TEN.replace(microsecond=123_456)),
        (time("2026-11-23T10:00:00.123456789"), TEN.replace(microsecond=123_456)),
        (time("2026-11-23T10:00:00.0000000Z"), TEN),
        (time(zone="utc"), TEN),
        ({"dateTime": "2026-11-23T10:00:00"}, TEN),
        (time("2026-11-23T11:00:00", "W. Europe Standard Time"), TEN),
        (time("2026-11-23T02:00:00.0000000", "America/Los_Angeles"), TEN),
        (time("2026-11-23T15:30:00", "Asia/Kolkata"), TEN),
    ],
    ids=str,
)
@pytest.mark.parametrize("details", Details)
def test_times_are_read_whatever_zone_graph_names(told: dict[str, str], moment: datetime, details: Details):
    (found,) = believed(entry(scheduleItems=[item(start=told)]), details=details).items

    assert (found.start, found.start.tzinfo, found.end, found.end.tzinfo) == (moment, UTC, ELEVEN, UTC)
    (found,) = believed(entry(scheduleItems=[item(start=told, end=told)]), details=details).items
    assert (found.start, found.end) == (moment, moment)
    assert (found.more == "") == (details is Details.TIME)


@pytest.mark.parametrize("zone", ["UTC", "utc"])
def test_an_entry_that_ends_before_it_begins_makes_the_address_unknown(zone: str):
    before, same = time("2026-11-23T09:59:59.9999999", zone), time(zone=zone)

    assert read(entry(scheduleItems=[item(end=before)])) is INCOMPLETE
    assert believed(entry(scheduleItems=[item(end=same)])).items == (Item("busy", TEN, TEN),), "a mere reminder"


@pytest.mark.parametrize("odd", [None, "09:00", [], 5])
@pytest.mark.parametrize("details", Details)
def test_working_hours_may_be_missing_or_a_zone_of_ones_own(details: Details, odd: Any):
    assert believed(without("workingHours", entry()), details=details).working_hours is None
    assert believed(entry(workingHours=odd), details=details).working_hours is None
    hours = HOURS | {"timeZone": CUSTOM_ZONE}
    assert hours_of(believed(entry(workingHours=hours), details=details)) == hours


def test_graph_may_answer_in_another_order_and_letter_case():
    reader = Reader(Details.TIME, FakeZones())

    found = reader.read([entry("BOB@X.com", "2222"), entry("Ada@x.COM", "1111")], ["ada@x.com", "bob@x.com"], 4)

    assert {person: read.view for person, read in found.items() if isinstance(read, FreeBusy)} == {
        "ada@x.com": "1111",
        "bob@x.com": "2222",
    }
    assert list(found) == ["ada@x.com", "bob@x.com"]


def test_an_address_that_only_looks_like_another_is_not_that_one():
    kelvin = "\u212aay@x.com"  # the sign for kelvin, whose lower case is k
    found = Reader(Details.TIME, FakeZones()).read([entry("kay@x.com")], ["kay@x.com", kelvin], 4)

    assert isinstance(found["kay@x.com"], FreeBusy)
    assert found[kelvin] is NO_ANSWER


def test_the_same_said_twice_is_said():
    assert believed(entry(), entry()) == believed(entry())


@pytest.mark.parametrize("count", [1, 2, 3])
def test_who_is_told_to_be_both_free_and_busy_is_unknown(count: int):
    free, busy = entry(view="0000", scheduleItems=[]), entry(ADA.upper(), view="2222")

    assert read(*[free] * count, busy) is INCOMPLETE
    assert read(busy, *[free] * count) is INCOMPLETE
    assert read(free, busy, free) is INCOMPLETE
    assert read(entry(error={"responseCode": "5009"}), free) is INCOMPLETE


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"responseCode": "5009", "message": "Unable to resolve…"}, "5009"),
        ({"responseCode": "ErrorMailRecipientNotFound"}, "ErrorMailRecipientNotFound"),
        ({"responseCode": "ErrorOfTomorrow"}, "ErrorOfTomorrow"),
        ({"responseCode": 5009}, "unknown"),
        ({"responseCode": ""}, "unknown"),
        ({"responseCode": None}, "unknown"),
        ({}, "unknown"),
        ([], "unknown"),
        ("no", "unknown"),
        (False, "unknown"),
        (0, "unknown"),
    ],
)
def test_an_error_counts_whatever_stands_beside_it(error: Any, code: str):
    found = read(entry(error=error))

    assert isinstance(found, Unread)
    assert (found.code, found.by_graph) == (code, True)
    assert found.message
    assert "Unable" not in found.message, "the dictionary's words, never text from outside"


def test_an_error_that_is_null_is_none():
    assert believed(entry(error=None)).view == "0200"


def test_a_code_from_outside_is_not_repeated_at_any_length():
    found = read({"scheduleId": ADA, "error": {"responseCode": "x" * 5000}})

    assert isinstance(found, Unread)
    assert found.code == "x" * 100


def test_the_dictionary_explains_what_graph_refused():
    advice = for_schedule("5006")

    assert refused("5006") == Unread("5006", f"{advice.message} {advice.remedy}", by_graph=True)
    assert "1,000 entries" in refused("5006").message


def test_a_problem_of_the_whole_request_is_told_with_its_remedy_and_is_not_graphs_word_about_the_address():
    found = because_of(MicrosoftTimeout())

    assert (found.code, found.by_graph) == ("microsoftTimeout", False)
    assert found.message == "Microsoft 365 did not answer in time. " + str(MicrosoftTimeout().remedy)
    assert because_of(Throttled(5)).code == "throttled"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["0200", "busy", ADA]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["status", "start", "end", "dateTime", "timeZone", "responseCode"]), inner)
    ),
    max_leaves=10,
)
_NAMES = ["scheduleId", "availabilityView", "scheduleItems", "error", "workingHours"]


@deterministic
@given(st.dictionaries(st.sampled_from(_NAMES), JSON), st.sampled_from(Details))
def test_whatever_is_put_into_an_answer_it_is_read_or_unknown(change: dict[str, Any], details: Details):
    found = read(entry() | change, details=details)

    if isinstance(found, FreeBusy):
        assert len(found.view) == 4
        assert set(found.view) <= set("0123")
        assert change.get("error") is None
        assert all(found.start.tzinfo is UTC is found.end.tzinfo for found in found.items)
