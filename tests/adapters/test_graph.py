"""Graph over a bad network: what is tried again, what is told, and that nothing broken is an answer."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.entra_users import EntraUsers
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http, retry_after
from lib.adapters.msal_session import MsalSession
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, GraphRefused, RegisteredSecret, UserToken
from lib.ports import GraphAnswer
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_entra_users import grant_of
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo

KEY = ("contoso", "g1", "v1")
SCHEDULE: dict[str, Any] = {
    "schedules": ["ada@contoso.com"],
    "startTime": {"dateTime": "2026-03-04T09:00:00", "timeZone": "UTC"},
    "endTime": {"dateTime": "2026-03-04T13:00:00", "timeZone": "UTC"},
    "availabilityViewInterval": 60,
}


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


async def ask(
    graph: GraphClient, token: AppToken, *, seconds: float = 15, user: str = "ada@contoso.com"
) -> GraphAnswer:
    return await graph.get_schedule(token, KEY, user, SCHEDULE, None, soon(seconds))


async def test_a_good_answer_brings_its_request_id(graph: GraphClient, token: AppToken):
    answer = await ask(graph, token)

    assert answer.body["value"][0]["availabilityView"] == "2100"
    assert answer.request_id


async def test_the_zone_of_the_answer_goes_into_the_prefer_header(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    await graph.get_schedule(token, KEY, "ada@contoso.com", SCHEDULE, "Pacific Standard Time", soon())

    assert microsoft.requests[-1].headers["prefer"] == 'outlook.timezone="Pacific Standard Time"'


async def test_a_user_becomes_one_segment_of_the_address(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    with pytest.raises(GraphRefused):
        await ask(graph, token, user="a#EXT#/../b?c@contoso.com")

    assert microsoft.requests[-1].path.endswith("/calendar/getSchedule")
    assert microsoft.requests[-1].query == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault("graph", status=429, headers={"Retry-After": "0.3"}, times=1),
        Fault("graph", status=503, headers={"Retry-After": "0"}, times=2),
        Fault("graph", status=504, times=1),
        Fault("graph", status=500, times=1),
        Fault("graph", mode="reset", times=1),
        Fault("graph", mode="truncate", times=1),
    ],
    ids=["429", "503 twice", "504", "500", "reset", "truncated"],
)
async def test_passing_faults_are_tried_again(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault
):
    microsoft.faults.append(replace(fault))

    assert (await ask(graph, token)).body["value"][0]["availabilityView"] == "2100"


async def test_retry_after_is_waited_for(graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "1"}, times=1))
    began = time.monotonic()

    await ask(graph, token)

    assert time.monotonic() - began >= 1


async def test_a_wait_beyond_the_deadline_is_not_begun(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", status=429, headers={"Retry-After": "90"}))
    began = time.monotonic()

    with pytest.raises(Throttled) as throttled:
        await ask(graph, token)

    assert throttled.value.retry_after == 90
    assert time.monotonic() - began < 5
    assert microsoft.count("graph") == 1


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("graph", status=503, headers={"Retry-After": "0"}), GraphRefused),
        (Fault("graph", status=200, body=b"<html>captive portal</html>"), GraphRefused),
        (Fault("graph", status=200, body=b""), GraphRefused),
        (Fault("graph", status=200, body=b"[]"), GraphRefused),
        (Fault("graph", status=200, body={"value": "free"}), GraphRefused),
        (Fault("graph", status=200, body={}), GraphRefused),
        (Fault("graph", status=204), GraphRefused),
        (Fault("graph", status=302, headers={"Location": "https://127.0.0.1:1/x"}), GraphRefused),
        (Fault("graph", mode="reset"), MicrosoftUnavailable),
        (Fault("graph", mode="truncate"), MicrosoftUnavailable),
    ],
    ids=["503", "HTML", "empty", "list", "no list", "no value", "204", "redirect", "reset", "truncated"],
)
async def test_what_is_no_answer_is_told_as_a_failure(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft, fault: Fault, problem: type[Exception]
):
    microsoft.faults.append(replace(fault))

    with pytest.raises(problem):
        await ask(graph, token)


async def test_graph_that_never_answers_costs_no_more_than_the_deadline(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("graph", mode="hang"))
    began = time.monotonic()

    with pytest.raises(MicrosoftTimeout):
        await ask(graph, token, seconds=1)

    assert time.monotonic() - began < 5


async def test_no_more_than_four_requests_are_under_way_for_a_mailbox(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    microsoft.latency["graph"] = 0.05

    await asyncio.gather(*(ask(graph, token) for _ in range(24)))

    assert {seen.status for seen in microsoft.requests if seen.service == "graph"} == {200}
    assert not graph._gates, "a mailbox that nobody asks any more leaves nothing behind"


async def test_an_application_that_may_reads_its_own_secrets(
    graph: GraphClient, entra: EntraClient, microsoft: SimulatedMicrosoft
):
    application = microsoft.world.tenants[demo.CONTOSO].applications[demo.CONTOSO_APPLICATION]
    application.granted_roles.add("Application.Read.All")
    token = await entra.app_token(contoso(), soon())

    secrets = await graph.registered_secrets(token, demo.CONTOSO_APPLICATION, soon())

    assert {secret.hint for secret in secrets} == {"Con", "Old"}
    assert all(secret.ends_at.tzinfo is not None for secret in secrets)


async def test_registered_secrets_come_with_their_id_and_their_days(
    graph: GraphClient, entra: EntraClient, microsoft: SimulatedMicrosoft
):
    application = microsoft.world.tenants[demo.CONTOSO].applications[demo.CONTOSO_APPLICATION]
    application.granted_roles.add("Application.Read.All")
    token = await entra.app_token(contoso(), soon())

    secrets = await graph.registered_secrets(token, demo.CONTOSO_APPLICATION, soon())

    assert [(secret.hint, secret.key_id, secret.starts_at, secret.ends_at) for secret in secrets] == [
        (kept.value[:3], kept.key_id, kept.start.replace(microsecond=0), kept.end.replace(microsecond=0))
        for kept in application.secrets
    ]


_KEY = "f0b0b335-1d71-4883-8f98-567911bfdca6"
_END = datetime(2027, 11, 20, tzinfo=UTC)
_ENTRY = {
    "hint": "abc",
    "endDateTime": "2027-11-20T00:00:00Z",
    "keyId": _KEY,
    "startDateTime": "2025-11-20T10:11:12.1234567Z",
}
_START = datetime(2025, 11, 20, 10, 11, 12, 123456, tzinfo=UTC)
_SECRET = RegisteredSecret("abc", _END, _KEY, _START)


@pytest.mark.parametrize(
    ("changes", "secret"),
    [
        ({}, _SECRET),
        ({"keyId": _KEY.upper()}, _SECRET),
        ({"keyId": None}, replace(_SECRET, key_id=None)),
        ({"keyId": "<b>7</b>"}, replace(_SECRET, key_id=None)),
        ({"keyId": 7}, replace(_SECRET, key_id=None)),
        ({"startDateTime": None}, replace(_SECRET, starts_at=None)),
        ({"startDateTime": "soon"}, replace(_SECRET, starts_at=None)),
        ({"startDateTime": "2025-11-20T00:00:00"}, replace(_SECRET, starts_at=datetime(2025, 11, 20, tzinfo=UTC))),
        ({"endDateTime": "2027-11-20"}, _SECRET),
        ({"hint": None}, None),
        ({"endDateTime": None}, None),
        ({"endDateTime": "never"}, None),
        ({"endDateTime": 1826668800}, None),
    ],
)
async def test_of_a_listed_secret_only_hint_and_end_are_needed(
    graph: GraphClient,
    token: AppToken,
    microsoft: SimulatedMicrosoft,
    changes: dict[str, Any],
    secret: RegisteredSecret | None,
):
    listed = [_ENTRY | changes, {}, None, 7, {"hint": "abc"}]
    microsoft.faults.append(Fault("graph", status=200, body={"passwordCredentials": listed}))

    found = await graph.registered_secrets(token, demo.CONTOSO_APPLICATION, soon())

    assert found == ([secret] if secret else [])


async def test_a_secret_without_id_and_start_is_listed(
    graph: GraphClient, token: AppToken, microsoft: SimulatedMicrosoft
):
    bare = {"hint": "abc", "endDateTime": "2027-11-20T00:00:00Z"}
    microsoft.faults.append(Fault("graph", status=200, body={"passwordCredentials": [bare]}))

    assert await graph.registered_secrets(token, demo.CONTOSO_APPLICATION, soon()) == [RegisteredSecret("abc", _END)]


async def test_an_application_that_may_not_is_refused(graph: GraphClient, token: AppToken):
    with pytest.raises(GraphRefused) as refused:
        await graph.registered_secrets(token, demo.CONTOSO_APPLICATION, soon())

    assert (refused.value.status, refused.value.code) == (403, "Authorization_RequestDenied")


async def test_the_client_goes_to_no_other_host(http: Http):
    with pytest.raises(ValueError, match="host"):
        await http.send("GET", "https://169.254.169.254/latest", soon())


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("2", 2.0),
        ("2.128", 2.128),
        ("0", 0.0),
        ("-5", None),
        ("nan", None),
        ("1e9", 3600.0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 3600.0),
        ("soon", None),
        ("Sat, 21 Nov 2026 12:00:07 GMT", 7.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_may_be_seconds_fractions_or_a_date(header: str | None, seconds: float | None):
    assert retry_after(header, NOW) == seconds


@pytest.fixture
async def nancys(microsoft: SimulatedMicrosoft, entra: EntraClient) -> UserToken:
    """The token of a user who signed in and consented."""
    return (await grant_of(EntraUsers(microsoft.entra_url, MsalSession, entra.directory), microsoft)).token


async def test_a_signed_in_user_is_asked_for_by_no_name(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft
):
    schedule = SCHEDULE | {"schedules": [NANCY, "steven@northwind.com"]}

    answer = await graph.get_schedule(nancys, KEY, None, schedule, None, soon())

    assert [entry["scheduleId"] for entry in answer.body["value"]] == [NANCY, "steven@northwind.com"]
    assert microsoft.requests[-1].path == "/v1.0/me/calendar/getSchedule"


async def test_the_directory_tells_who_signed_in(graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft):
    profile = await graph.profile(nancys, soon())

    assert profile["id"] == nancys.object_id
    assert (profile["userPrincipalName"], profile["mail"]) == (NANCY, NANCY)
    assert microsoft.requests[-1].query == {"$select": "id,userPrincipalName,mail,proxyAddresses"}


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault("graph", status=503, headers={"Retry-After": "0"}), GraphRefused),
        (Fault("graph", status=403, body={"error": {"code": "Authorization_RequestDenied"}}), GraphRefused),
        (Fault("graph", status=200, body=b"<html>captive portal</html>"), GraphRefused),
        (Fault("graph", status=200, body=b"[]"), GraphRefused),
        (Fault("graph", status=429, headers={"Retry-After": "90"}), Throttled),
        (Fault("graph", mode="reset"), MicrosoftUnavailable),
    ],
    ids=["503", "403", "HTML", "list", "429", "reset"],
)
async def test_a_profile_that_is_none_is_told_as_a_failure(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft, fault: Fault, problem: type[Exception]
):
    microsoft.faults.append(replace(fault))

    with pytest.raises(problem):
        await graph.profile(nancys, soon())


async def test_no_more_than_four_requests_are_under_way_for_a_signed_in_user(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft
):
    microsoft.latency["graph"] = 0.05
    schedule = SCHEDULE | {"schedules": [NANCY]}

    await asyncio.gather(*(graph.get_schedule(nancys, KEY, None, schedule, None, soon()) for _ in range(16)))

    assert {seen.status for seen in microsoft.requests if seen.service == "graph"} == {200}
    assert not graph._gates
