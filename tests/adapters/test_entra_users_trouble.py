"""Users' grants over a bad network and many at once: nobody's tokens are mixed, and nothing passing ends a grant."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.entra_users import EntraUsers
from lib.adapters.msal_session import MsalSession
from lib.domain.connection import Grant, ends_the_grant
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Throttled
from lib.domain.microsoft import EntraRefused
from tests.adapters.conftest import soon
from tests.adapters.test_entra_users import (
    SCOPES,
    STEVEN,
    account,
    grant_of,
    northwind,
    refresh_tokens,
    requests_of,
    signed_in,
)
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo


@pytest.fixture
def users(microsoft: SimulatedMicrosoft, entra: EntraClient) -> EntraUsers:
    return EntraUsers(microsoft.entra_url, MsalSession, entra.directory)


async def test_throttling_is_told_with_its_time_and_nobody_hammers(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    microsoft.faults.append(Fault("entra", "/token", status=429, headers={"Retry-After": "7"}))

    waits = []
    for _ in range(3):
        with pytest.raises(Throttled) as throttled:
            await users.refresh(northwind(), grant, soon())
        waits.append(throttled.value.retry_after)

    assert 6 < waits[-1] <= waits[1] <= waits[0] == 7
    assert requests_of(microsoft, "/token") == 1


async def test_after_the_time_that_was_asked_for_it_goes_on(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    microsoft.faults.append(Fault("entra", "/token", status=429, headers={"Retry-After": "1"}, times=1))
    with pytest.raises(Throttled):
        await users.refresh(northwind(), grant, soon())
    await asyncio.sleep(1.05)

    assert await users.refresh(northwind(), grant, soon())


async def test_throttling_of_one_user_is_no_others(users: EntraUsers, microsoft: SimulatedMicrosoft):
    nancys, stevens = await grant_of(users, microsoft), await grant_of(users, microsoft, STEVEN)
    microsoft.faults.append(Fault("entra", "/token", status=429, times=1))
    with pytest.raises(Throttled) as throttled:
        await users.refresh(northwind(), nancys, soon())

    assert throttled.value.retry_after == 10, "where Entra ID does not say how long"
    assert await users.refresh(northwind(), stevens, soon())
    with pytest.raises(Throttled):
        await users.refresh(northwind(), nancys, soon())
    assert await users.redeem(northwind(), await signed_in(microsoft), soon()), "who signs in has waited long enough"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("entra", "/token", status=503, times=1),
        Fault("entra", "/token", status=500, body={"error": "server_error"}, times=2),
        Fault("entra", "/token", mode="reset", times=1),
    ],
    ids=["503 once", "500 twice", "reset once"],
)
async def test_a_renewal_is_tried_again_after_a_passing_fault(
    users: EntraUsers, microsoft: SimulatedMicrosoft, fault: Fault
):
    grant = await grant_of(users, microsoft)
    microsoft.faults.append(replace(fault))

    assert (await users.refresh(northwind(), grant, soon())).token.object_id == grant.token.object_id


async def expect_told(asking: Coroutine[Any, Any, object]) -> None:
    """Expect a failure that ends no grant."""
    with pytest.raises((MicrosoftUnavailable, MicrosoftTimeout, EntraRefused)) as problem:
        await asking
    assert not (isinstance(problem.value, EntraRefused) and ends_the_grant(problem.value))


LASTING = {
    "503": Fault("entra", "/token", status=503),
    "500 in HTML": Fault("entra", "/token", status=500, body=b"<html>oops</html>"),
    "reset": Fault("entra", "/token", mode="reset"),
    "truncated": Fault("entra", "/token", mode="truncate"),
    "200 in HTML": Fault("entra", "/token", status=200, body=b"<html>captive portal</html>"),
    "empty": Fault("entra", "/token", status=200, body=b""),
    "a list": Fault("entra", "/token", status=200, body=b"[]"),
    "nothing in it": Fault("entra", "/token", status=200, body={}),
    "something else": Fault("entra", "/token", status=200, body={"message": "hello"}),
    "400 in HTML": Fault("entra", "/token", status=400, body=b"<html>proxy</html>"),
    "redirect": Fault("entra", "/token", status=302, headers={"Location": "https://127.0.0.1:1/elsewhere"}),
}


@pytest.mark.parametrize("fault", [pytest.param(fault, id=name) for name, fault in LASTING.items()])
async def test_a_lasting_fault_is_told_and_ends_no_grant(
    users: EntraUsers, microsoft: SimulatedMicrosoft, fault: Fault
):
    grant = await grant_of(users, microsoft)
    redemption = await signed_in(microsoft)
    microsoft.faults.append(replace(fault))

    await expect_told(users.refresh(northwind(), grant, soon()))
    await expect_told(users.redeem(northwind(), redemption, soon()))

    microsoft.faults.clear()
    assert await users.refresh(northwind(), grant, soon()), "nothing was broken for good"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("entra", "openid-configuration", status=500),
        Fault("entra", "openid-configuration", status=200, body=b"<html>captive portal</html>"),
        Fault("entra", "openid-configuration", status=200, body={}),
        Fault("entra", "openid-configuration", mode="reset"),
    ],
    ids=["500", "HTML", "nothing in it", "reset"],
)
async def test_a_tenant_that_cannot_be_looked_at_is_told_and_not_remembered(
    users: EntraUsers, entra: EntraClient, microsoft: SimulatedMicrosoft, fault: Fault
):
    grant = await grant_of(users, microsoft)
    microsoft.faults.append(replace(fault))
    assert await users.refresh(northwind(), grant, soon()), "a tenant that is known already need not be"
    cold = EntraUsers(microsoft.entra_url, MsalSession, entra.directory)

    await expect_told(cold.refresh(northwind(), grant, soon()))

    microsoft.faults.clear()
    assert await cold.refresh(northwind(), grant, soon())


@pytest.mark.parametrize("path", ["/token", "openid-configuration"])
async def test_an_entra_id_that_never_answers_costs_no_more_than_the_deadline(
    users: EntraUsers, entra: EntraClient, microsoft: SimulatedMicrosoft, path: str
):
    grant = await grant_of(users, microsoft)
    users = EntraUsers(microsoft.entra_url, MsalSession, entra.directory)
    microsoft.faults.append(Fault("entra", path, mode="hang"))
    began = time.monotonic()

    with pytest.raises(MicrosoftTimeout):
        await users.refresh(northwind(), grant, soon(1))

    assert time.monotonic() - began < 3


async def test_no_users_call_ever_sees_anothers_tokens(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grants = {name: await grant_of(users, microsoft, name) for name in (NANCY, STEVEN)}
    microsoft.latency["entra"] = 0.01
    names = [NANCY, STEVEN] * 12

    found = await asyncio.gather(*(users.refresh(northwind(), grants[name], soon(30)) for name in names))

    for name, granted in zip(names, found, strict=True):
        own, other = account(microsoft, name), account(microsoft, STEVEN if name == NANCY else NANCY)
        assert granted.token.object_id == own.object_id
        assert granted.claims["oid"] == own.object_id
        assert own.object_id in granted.cache
        assert other.object_id not in granted.cache
    assert len({granted.token.value for granted in found}) == len(names)
    assert requests_of(microsoft, "/token") == len(names)


@pytest.mark.parametrize("cache", ["{}", '{"RefreshToken": {}}', '{"Account": {}, "RefreshToken": {}}'])
async def test_a_cache_without_a_refresh_token_needs_a_new_sign_in(
    users: EntraUsers, microsoft: SimulatedMicrosoft, cache: str
):
    grant = await grant_of(users, microsoft)

    with pytest.raises(EntraRefused) as refused:
        await users.refresh(northwind(), replace(grant, cache=cache), soon())

    assert (refused.value.error, refused.value.codes) == ("invalid_grant", ())
    assert requests_of(microsoft, "/token") == 0


@pytest.mark.parametrize("cache", ["", "[]", '{"RefreshToken": []}', '{"Account": 5}'])
async def test_a_cache_that_is_none_ends_in_an_error_of_ours(
    users: EntraUsers, microsoft: SimulatedMicrosoft, cache: str
):
    grant = await grant_of(users, microsoft)

    with pytest.raises((EntraRefused, MicrosoftUnavailable)):
        await users.refresh(northwind(), replace(grant, cache=cache), soon())


async def test_a_token_whose_account_is_another_one_is_refused(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    microsoft.access_token_changes["oid"] = account(microsoft, STEVEN).object_id

    with pytest.raises(MicrosoftUnavailable):  # an answer about two accounts is none, and ends nothing
        await users.refresh(northwind(), grant, soon())


async def test_an_access_token_that_says_nothing_is_believed_by_the_id_token(
    users: EntraUsers, microsoft: SimulatedMicrosoft
):
    microsoft.access_token_changes |= {"oid": None, "tid": None, "scp": None}

    grant = await grant_of(users, microsoft)

    assert (grant.token.tenant, grant.token.object_id) == (demo.NORTHWIND, account(microsoft).object_id)


async def test_the_tenants_configuration_is_asked_for_once(users: EntraUsers, microsoft: SimulatedMicrosoft):
    await users.redeem(northwind(), await signed_in(microsoft), soon())
    assert requests_of(microsoft, "openid-configuration") == 1
    grants = [await grant_of(users, microsoft, name) for name in (NANCY, STEVEN)]

    await asyncio.gather(*(users.refresh(northwind(), grant, soon()) for grant in grants * 4))

    assert requests_of(microsoft, "openid-configuration") == 0
    with pytest.raises(EntraRefused):
        await users.refresh(northwind(tenant=demo.TAILSPIN), grants[0], soon())
    assert requests_of(microsoft, f"{demo.TAILSPIN}/v2.0/.well-known/openid-configuration") == 1


async def test_what_is_remembered_of_a_tenant_is_about_no_user(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    account(microsoft).revoke_sessions(microsoft.now())
    with pytest.raises(EntraRefused):
        await users.refresh(northwind(), grant, soon())

    remembered = repr(users._discovered)
    assert demo.NORTHWIND in remembered
    for secret in (grant.token.value, account(microsoft).object_id, "50173", demo.NORTHWIND_SECRET):
        assert secret not in remembered


async def test_a_refusal_is_not_remembered_beyond_its_call(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    account(microsoft).conditional_access = "block"
    with pytest.raises(EntraRefused):
        await users.refresh(northwind(), grant, soon())
    account(microsoft).conditional_access = "none"

    assert await users.refresh(northwind(), grant, soon()), "MSAL would answer the same for a minute"


async def test_a_deployment_set_to_another_sign_in_host_ends_no_grant(
    users: EntraUsers, entra: EntraClient, microsoft: SimulatedMicrosoft
):
    grant = await grant_of(users, microsoft)
    elsewhere = EntraUsers(microsoft.entra_url.replace("127.0.0.1", "localhost"), MsalSession, entra.directory)

    for asked in (elsewhere, elsewhere, users, elsewhere):
        granted = await asked.refresh(northwind(), grant, soon())
        assert granted.token.object_id == grant.token.object_id
        assert len(refresh_tokens(granted.cache)) <= 2, "one for each host"
        grant = Grant(granted.cache, SCOPES, granted.token)


async def test_a_tenant_that_is_gone_is_told_as_such(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)

    with pytest.raises(EntraRefused) as refused:
        await users.refresh(northwind(tenant="99999999-0000-0000-0000-000000000009"), grant, soon())

    assert refused.value.codes == (90002,)


async def test_a_renewal_whose_answer_names_nobody_is_of_the_same_account(
    users: EntraUsers, microsoft: SimulatedMicrosoft
):
    """Graph's tokens are opaque by contract, and to a refresh token there need not be an ID token (OIDC Core, 12.2)."""
    grant = await grant_of(users, microsoft)
    nobody: dict[str, object] = {"tid": None, "oid": None}
    microsoft.access_token_changes = microsoft.id_token_changes = nobody

    renewed = await users.refresh(northwind(), grant, soon())

    assert renewed.token.value != grant.token.value
    assert (renewed.token.tenant, renewed.token.object_id) == (grant.token.tenant, grant.token.object_id)
    with pytest.raises(MicrosoftUnavailable):
        await users.redeem(northwind(), await signed_in(microsoft), soon())


async def test_secrets_go_to_the_host_of_the_settings_only(users: EntraUsers, microsoft: SimulatedMicrosoft):
    elsewhere = {"token_endpoint": f"https://elsewhere.invalid/{demo.NORTHWIND}/oauth2/v2.0/token"}
    named = elsewhere | {"authorization_endpoint": "https://elsewhere.invalid/a", "issuer": "https://elsewhere.invalid"}
    microsoft.faults.append(Fault("entra", "openid-configuration", status=200, body=named, times=None))

    grant = await grant_of(users, microsoft)

    assert (await users.refresh(northwind(), grant, soon())).token.value
