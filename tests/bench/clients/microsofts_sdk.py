"""Microsoft's SDK for Python (msgraph-sdk), chunk by chunk."""

from datetime import datetime
from typing import Any

import httpx
from kiota_abstractions.authentication import (
    AccessTokenProvider,
    AllowedHostsValidator,
    BaseBearerTokenAuthenticationProvider,
)
from msgraph.generated.models.date_time_time_zone import DateTimeTimeZone
from msgraph.generated.users.item.calendar.get_schedule.get_schedule_post_request_body import GetSchedulePostRequestBody
from msgraph.graph_request_adapter import GraphRequestAdapter, options
from msgraph.graph_service_client import GraphServiceClient
from msgraph_core import GraphClientFactory

from tests.bench.clients.task import Task


class _Token(AccessTokenProvider):
    """A token that is ready."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def get_authorization_token(self, uri: str, additional_authentication_context: Any = None) -> str:
        return self._token

    def get_allowed_hosts_validator(self) -> AllowedHostsValidator:
        return AllowedHostsValidator([])


class MicrosoftsSdk:
    """The SDK with its usual middleware, at another address."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._connections = httpx.AsyncHTTPTransport(http2=True)
        http = httpx.AsyncClient(transport=self._connections, timeout=100)
        GraphClientFactory.create_with_default_middleware(client=http, options=options)
        adapter = GraphRequestAdapter(BaseBearerTokenAuthenticationProvider(_Token(task.token)), http)
        adapter.base_url = f"{task.graph_url}/v1.0"
        self._client = GraphServiceClient(request_adapter=adapter)

    async def ask(self) -> dict[str, str]:
        """See `Client`."""
        schedule, views = self._client.users.by_user_id(self._task.user).calendar.get_schedule, dict[str, str]()
        for people in self._task.chunks:
            answer = await schedule.post(self._body(people))
            assert answer is not None
            assert answer.value is not None
            views |= {str(one.schedule_id): str(one.availability_view) for one in answer.value}
        return views

    def _body(self, people: tuple[str, ...]) -> GetSchedulePostRequestBody:
        body = GetSchedulePostRequestBody()
        body.schedules = list(people)
        body.start_time, body.end_time = map(_clock, self._task.window)
        body.availability_view_interval = self._task.interval
        return body

    async def close(self) -> None:
        """See `Client`."""
        await self._connections.aclose()


def _clock(moment: datetime) -> DateTimeTimeZone:
    clock = DateTimeTimeZone()
    clock.date_time, clock.time_zone = moment.replace(tzinfo=None).isoformat(), "UTC"
    return clock
