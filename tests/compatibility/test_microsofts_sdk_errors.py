"""What Microsoft's SDK makes of our refusals: its own ODataError, with the code and the words we gave."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.api import Api, Company, new_company
from tests.journeys.expect import Faults
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

# The SDK says of itself, while it is imported bit by bit, that parts of it are deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
DAY = (NOW, NOW + timedelta(days=1))


async def test_an_untested_customer_is_an_error_with_code_message_and_remedy(
    stack: Stack, sdk, api: Api, ready: Company
):
    from tests.compatibility.microsofts_sdk import asks

    api.save(ready, ready.document(tenantId=new_company(stack).tenant.id))
    refusal = await sdk.expect_refused(ready.recruiter, asks(ready.ada, during=DAY), 409, "calendarNotTested")

    assert refusal.primary_message == refusal.error.message
    inner = refusal.error.inner_error
    assert isinstance(inner.date, datetime)
    assert inner.request_id
    assert inner.client_request_id
    assert inner.additional_data["remedy"]
    assert inner.additional_data["owner"] == "atsAdmin"


async def test_a_customer_that_was_never_saved_is_not_found(stack: Stack, ready: Company):
    from tests.compatibility.microsofts_sdk import MicrosoftsSdk, asks

    elsewhere = MicrosoftsSdk(f"{stack.public_url}/customers/nobody-saved-this")
    await elsewhere.expect_refused(ready.recruiter, asks(ready.ada, during=DAY), 404, "customerNotFound")
    await elsewhere.close()


@pytest.mark.parametrize(("zone", "prefer"), [("Mars Standard Time", None), ("UTC", "Mars Standard Time")])
async def test_an_unknown_zone_is_a_bad_request_that_says_so(sdk, ready: Company, zone: str, prefer: str | None):
    from tests.compatibility.microsofts_sdk import asks

    body = asks(ready.ada, during=DAY, zone=zone)
    await sdk.expect_refused(ready.recruiter, body, 400, "invalidRequest", "zone", prefer=prefer)


async def test_a_property_that_is_wrong_is_named(sdk, ready: Company):
    from tests.compatibility.microsofts_sdk import asks

    backwards, short, empty = (
        asks(ready.ada, during=DAY[::-1]),
        asks(ready.ada, during=DAY, interval=4),
        asks(during=DAY),
    )
    for body, name in ((backwards, "endTime"), (short, "availabilityViewInterval"), (empty, "schedules")):
        await sdk.expect_refused(ready.recruiter, body, 400, "invalidRequest", name)


async def test_a_user_whom_microsoft_does_not_know_is_told_apart_from_a_free_calendar(sdk, ready: Company):
    from tests.compatibility.microsofts_sdk import asks

    nobody = f"nobody@{ready.tenant.domains[1]}"
    await sdk.expect_refused(nobody, asks(ready.ada, during=DAY), 409, "mailboxNotReachable")


async def test_throttling_keeps_its_header_for_whoever_reads_it(stack: Stack, sdk, ready: Company):
    from tests.compatibility.microsofts_sdk import asks

    told = {"error": {"code": "TooManyRequests", "message": "slow down"}}
    with Faults(stack, Fault("graph", ready.recruiter, status=429, body=told, headers={"Retry-After": "300"})):
        refusal = await sdk.expect_refused(ready.recruiter, asks(ready.ada, during=DAY), 429, "throttled")

    assert 200 <= int(refusal.response_headers["Retry-After"]) <= 300


async def test_a_wrong_key_is_an_error_of_its_own(stack: Stack, ready: Company):
    from kiota_abstractions.api_error import APIError

    from tests.compatibility.microsofts_sdk import MicrosoftsSdk, asks

    stranger = MicrosoftsSdk(f"{stack.public_url}/customers/{ready.customer}", key="wrong")
    with pytest.raises(APIError) as caught:
        await stranger.ask(ready.recruiter, asks(ready.ada, during=DAY))
    await stranger.close()

    assert caught.value.response_status_code == 401
