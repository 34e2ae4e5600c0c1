"""What Graph's directory tells: an application's own secrets, and who signed in."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.entra_users import EntraUsers
from lib.adapters.graph import GraphClient
from lib.adapters.http import Http
from lib.adapters.msal_session import MsalSession
from lib.adapters.patience import Patience
from lib.domain.errors import MicrosoftUnavailable, Throttled
from lib.domain.microsoft import AppToken, GraphRefused, RegisteredSecret, UserToken
from tests.adapters.conftest import contoso, soon
from tests.adapters.test_entra_users import grant_of
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo


@pytest.fixture
async def http(microsoft: SimulatedMicrosoft) -> AsyncIterator[Http]:
    """A client with short pauses."""
    client = Http(microsoft.entra_url, microsoft.graph_url, patience=Patience(first_pause=0.01))
    yield client
    await client.close()


@pytest.fixture
async def token(entra: EntraClient) -> AppToken:
    return await entra.app_token(contoso(), soon())


@pytest.fixture
async def nancys(microsoft: SimulatedMicrosoft, entra: EntraClient) -> UserToken:
    """The token of a user who signed in and consented."""
    return (await grant_of(EntraUsers(microsoft.entra_url, MsalSession, entra.directory), microsoft)).token


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
        (Fault("graph", status=200, body=b"[" * 100_000), GraphRefused),
        (Fault("graph", status=504), GraphRefused),
        (Fault("graph", status=429, headers={"Retry-After": "90"}), Throttled),
        (Fault("graph", mode="reset"), MicrosoftUnavailable),
    ],
    ids=["503", "403", "HTML", "list", "nested", "504", "429", "reset"],
)
async def test_a_profile_that_is_none_is_told_as_a_failure(
    graph: GraphClient, nancys: UserToken, microsoft: SimulatedMicrosoft, fault: Fault, problem: type[Exception]
):
    microsoft.faults.append(replace(fault))

    with pytest.raises(problem):
        await graph.profile(nancys, soon())
