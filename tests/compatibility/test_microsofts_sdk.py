"""getSchedule as Microsoft's SDK for Python asks it and reads it."""

from collections.abc import Callable
from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.compatibility.windows import Window, shown_in
from tests.journeys.api import Api, Company
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

# The SDK says of itself, while it is imported bit by bit, that parts of it are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")


async def test_several_people_come_as_the_sdks_own_types(sdk, ready: Company, meeting: Meeting, day: Window):
    from tests.compatibility.microsofts_sdk import BUSY, asks

    nobody = f"nobody@{ready.tenant.domains[1]}"
    ada, unknown, recruiter = await sdk.ask(ready.recruiter, asks(ready.ada, nobody, ready.recruiter, during=day))

    assert [one.schedule_id for one in (ada, unknown, recruiter)] == [ready.ada, nobody, ready.recruiter]
    assert (ada.availability_view, recruiter.availability_view) == ("02" + "0" * 22, "0" * 24)
    (item,) = ada.schedule_items
    assert item.status is BUSY
    assert item.start.date_time == f"{meeting.start:%Y-%m-%dT%H:%M:%S}.0000000"
    assert item.end.date_time == f"{meeting.end:%Y-%m-%dT%H:%M:%S}.0000000"
    assert (item.start.time_zone, item.end.time_zone) == ("UTC", "UTC")
    assert recruiter.schedule_items == []
    hours = ada.working_hours
    assert [weekday.value for weekday in hours.days_of_week] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert (hours.start_time, hours.end_time) == (time(8), time(17))
    assert hours.time_zone.name == "W. Europe Standard Time"
    assert (ada.error, recruiter.error) == (None, None)


async def test_an_unknown_address_is_an_error_and_never_looks_free(sdk, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import asks

    (unknown,) = await sdk.ask(ready.recruiter, asks(f"nobody@{ready.tenant.domains[1]}", during=day))

    assert unknown.error.response_code == "5009"
    assert unknown.error.message
    assert unknown.availability_view is None
    assert unknown.schedule_items is None


async def test_details_full_are_read_too(sdk, api: Api, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import asks

    api.save(ready, ready.document(applicationSecret=None, details="full"))
    (ada,) = await sdk.ask(ready.recruiter, asks(ready.ada, during=day))

    (item,) = ada.schedule_items
    assert (item.subject, item.location, item.is_private) == ("Secret plans", "Bunker", False)


@pytest.mark.parametrize(("zone", "rules"), [("Tokyo Standard Time", "Asia/Tokyo"), ("Asia/Kolkata", "Asia/Kolkata")])
async def test_the_zone_of_the_prefer_header_is_the_zone_of_the_items(
    sdk, ready: Company, meeting: Meeting, day: Window, zone: str, rules: str
):
    from tests.compatibility.microsofts_sdk import asks

    (ada,) = await sdk.ask(ready.recruiter, asks(ready.ada, during=day), prefer=zone)

    (item,) = ada.schedule_items
    shown = datetime.fromisoformat(item.start.date_time).replace(tzinfo=ZoneInfo(rules))
    assert (item.start.time_zone, shown) == (zone, meeting.start)
    assert ada.availability_view == "02" + "0" * 22


@pytest.mark.parametrize(
    ("zone", "rules"),
    [("Pacific Standard Time", "America/Los_Angeles"), ("Europe/Berlin", "Europe/Berlin"), (None, "UTC")],
)
async def test_clocks_may_be_of_any_zone_or_of_none(sdk, ready: Company, day: Window, zone: str | None, rules: str):
    from tests.compatibility.microsofts_sdk import asks

    clocks = shown_in(ZoneInfo(rules), day)
    (ada,) = await sdk.ask(ready.recruiter, asks(ready.ada, during=clocks, zone=zone))

    assert ada.availability_view == "02" + "0" * 22


@pytest.mark.parametrize(("interval", "slots"), [(5, 288), (15, 96), (1440, 1), (None, 48)])
async def test_the_interval_decides_how_many_slots_there_are(
    sdk, ready: Company, day: Window, interval: int | None, slots: int
):
    from tests.compatibility.microsofts_sdk import asks

    (ada,) = await sdk.ask(ready.recruiter, asks(ready.ada, during=day, interval=interval))

    assert len(ada.availability_view) == slots
    busy = ada.availability_view.count("2")
    assert busy == max(1, slots // 24)


async def test_a_property_that_was_set_to_none_counts_as_left_out(sdk, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import asks

    body = asks(ready.ada, during=day)
    body.availability_view_interval = None
    (ada,) = await sdk.ask(ready.recruiter, body)

    assert len(ada.availability_view) == 48


async def test_the_types_that_odata_names_are_no_unknown_properties(sdk, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import asks

    body = asks(ready.ada, during=day)
    for clock in (body.start_time, body.end_time):
        assert clock is not None
        clock.odata_type = "#microsoft.graph.dateTimeTimeZone"

    assert (await sdk.ask(ready.recruiter, body))[0].availability_view == "02" + "0" * 22


# What the SDK encodes in a path: @ # ' + and more. (Entra ID forbids others in user principal names.)
NAMES: dict[str, Callable[[Company], str]] = {
    "a name": lambda c: c.recruiter,
    "a name in capitals": lambda c: c.recruiter.upper(),
    "a guest": lambda c: f"grace_partner.example#EXT#@{c.tenant.domains[0]}",
    "an apostrophe": lambda c: f"o'neil@{c.tenant.domains[1]}",
    "a plus": lambda c: f"grace+calls@{c.tenant.domains[1]}",
    "all of Entra's signs": lambda c: f"g.r-a_c!e^~@{c.tenant.domains[1]}",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_user_whose_name_the_sdk_encodes_is_found(
    stack: Stack, sdk, ready: Company, day: Window, name: Callable[[Company], str]
):
    from tests.compatibility.microsofts_sdk import asks

    user = name(ready)
    if ready.tenant.user(user) is None:
        person(ready.tenant, "Grace", upn=user)

    assert (await sdk.ask(user, asks(ready.ada, during=day)))[0].availability_view == "02" + "0" * 22


async def test_a_user_may_be_an_object_id(sdk, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import asks

    recruiter = ready.tenant.user(ready.recruiter)
    assert recruiter is not None

    (ada,) = await sdk.ask(recruiter.object_id, asks(ready.ada, during=day))
    assert ada.availability_view == "02" + "0" * 22


async def test_the_sdks_authorization_is_ignored_and_never_forwarded(stack: Stack, sdk, ready: Company, day: Window):
    from tests.compatibility.microsofts_sdk import FORGED, asks

    stack.microsoft.clear_requests()
    (ada,) = await sdk.ask(ready.recruiter, asks(ready.ada, during=day))

    assert ada.availability_view == "02" + "0" * 22
    assert stack.microsoft.requests
    assert all(FORGED not in str(seen.headers) for seen in stack.microsoft.requests)
