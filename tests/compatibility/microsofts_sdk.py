"""Microsoft's SDK for Python (msgraph-sdk), used as its documentation says, with our URL and header."""

from datetime import datetime
from typing import Any

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.models.free_busy_status import FreeBusyStatus
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.schedule_information import ScheduleInformation
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import GetSchedulePostRequestBody
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from tests.compatibility.windows import Window
from tests.journeys.api import KEY

FORGED = "forged.by.client"
BUSY = FreeBusyStatus.Busy


class _Token(AccessTokenProvider):
    """Sends an Authorization of its own to every host."""

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        return FORGED

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


class MicrosoftsSdk:
    """The SDK with our base URL and header."""

    def __init__(self, base_url: str, key: str = KEY) -> None:
        # Closing the SDK's client leaves its connections open (its transport lacks aclose), so this one is our own.
        self._connections = httpx.AsyncHTTPTransport(http2=True)
        http = httpx.AsyncClient(transport=self._connections, timeout=100, headers={"x-functions-key": key})
        GraphClientFactory.create_with_default_middleware(client=http, options=options)
        adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(_Token()), http)
        adapter.base_url = base_url
        self.client = GraphServiceClient(request_adapter=adapter)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.aclose()

    async def ask(
        self, user: str, body: GetSchedulePostRequestBody, prefer: str | None = None
    ) -> list[ScheduleInformation]:
        """Return what the SDK makes of the answer. Raises what the SDK raises."""
        configuration: RequestConfiguration[Any] = RequestConfiguration()
        if prefer is not None:
            configuration.headers.add("Prefer", f'outlook.timezone="{prefer}"')
        answer = await self.client.users.by_user_id(user).calendar.get_schedule.post(body, configuration)
        assert answer is not None
        assert answer.value is not None
        return answer.value

    async def expect_refused(
        self,
        user: str,
        body: GetSchedulePostRequestBody,
        status: int,
        code: str,
        *named: str,
        prefer: str | None = None,
    ) -> ODataError:
        """Check that the SDK raises its own error, with that code and a message naming those words; return it."""
        try:
            answer = await self.ask(user, body, prefer)
        except ODataError as refusal:
            assert refusal.error is not None, refusal
            assert (refusal.response_status_code, refusal.error.code) == (status, code), refusal
            assert refusal.error.message
            for word in named:
                assert word.lower() in refusal.error.message.lower()
            return refusal
        raise AssertionError(f"answered: {answer}")


def asks(
    *people: str, during: Window, zone: str | None = "UTC", interval: int | None = 60
) -> GetSchedulePostRequestBody:
    """Return the SDK's request for a window on clocks of that zone. What is None is left alone, not set to None."""
    body = GetSchedulePostRequestBody()
    body.schedules = list(people)
    body.start_time, body.end_time = (_clock(moment, zone) for moment in during)
    if interval is not None:
        body.availability_view_interval = interval
    return body


def _clock(moment: datetime, zone: str | None) -> DateTimeTimeZone:
    clock = DateTimeTimeZone()
    clock.date_time = moment.replace(tzinfo=None).isoformat()
    if zone is not None:
        clock.time_zone = zone
    return clock
