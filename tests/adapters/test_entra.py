"""Tokens: fetched once, kept apart, renewed in time, and every failure told in one way."""

import asyncio
import time
from dataclasses import replace

import pytest

from lib.adapters.entra import EntraClient
from lib.domain.errors import CalendarError, MicrosoftTimeout, MicrosoftUnavailable
from lib.domain.microsoft import Directory, EntraRefused
from tests.adapters.conftest import contoso, fabrikam, soon
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.world import demo


def token_requests(microsoft: SimulatedMicrosoft) -> int:
    return sum(seen.path.endswith("/token") and seen.service == "entra" for seen in microsoft.requests)


@pytest.mark.parametrize("name", ["contoso.com", "contoso.onmicrosoft.com", demo.CONTOSO])
async def test_a_tenant_is_found_by_any_of_its_names(entra: EntraClient, microsoft: SimulatedMicrosoft, name: str):
    found = await entra.directory(name, soon())

    assert found == Directory(demo.CONTOSO, f"{microsoft.entra_url}/{demo.CONTOSO}/v2.0")


@pytest.mark.parametrize("name", ["nobody.example", "99999999-0000-0000-0000-000000000009"])
async def test_an_unknown_tenant_is_refused_with_microsofts_code(entra: EntraClient, name: str):
    with pytest.raises(EntraRefused) as refused:
        await entra.directory(name, soon())

    assert refused.value.codes == (90002,)


async def test_a_token_tells_its_tenant_and_roles(entra: EntraClient):
    token = await entra.app_token(contoso(), soon())

    assert (token.tenant, token.roles) == (demo.CONTOSO, (demo.CALENDAR_ROLE,))
    assert token.expires_at > time.time() + 3000
    assert token.value not in repr(token)


async def test_with_rbac_for_applications_a_token_has_no_roles(entra: EntraClient):
    assert (await entra.app_token(fabrikam(), soon())).roles == ()


async def test_a_warm_token_asks_nobody(entra: EntraClient, microsoft: SimulatedMicrosoft):
    await entra.app_token(contoso(), soon())
    microsoft.clear_requests()

    for _ in range(5):
        await entra.app_token(contoso(), soon())

    assert microsoft.requests == []


async def test_many_callers_on_a_cold_start_make_one_request(entra: EntraClient, microsoft: SimulatedMicrosoft):
    microsoft.latency["entra"] = 0.05

    tokens = await asyncio.gather(*(entra.app_token(contoso(), soon()) for _ in range(20)))

    assert len({token.value for token in tokens}) == 1
    assert token_requests(microsoft) == 1


async def test_two_customers_never_get_each_others_token(entra: EntraClient):
    first, second = await asyncio.gather(entra.app_token(contoso(), soon()), entra.app_token(fabrikam(), soon()))

    assert (first.tenant, second.tenant) == (demo.CONTOSO, demo.FABRIKAM)
    assert first.value != second.value


async def test_a_fresh_token_is_really_fetched_and_kept(entra: EntraClient, microsoft: SimulatedMicrosoft):
    old = await entra.app_token(contoso(), soon())

    fresh = await entra.app_token(contoso(), soon(), fresh=True)

    assert fresh.value != old.value
    assert await entra.app_token(contoso(), soon()) == fresh
    assert token_requests(microsoft) == 2


async def test_a_token_near_its_end_is_renewed_and_the_old_one_serves_if_that_fails(
    entra: EntraClient, microsoft: SimulatedMicrosoft
):
    first = await entra.app_token(contoso(), soon())
    entry = entra._entries[contoso().key]
    entry.application = None
    entry.token = replace(first, expires_at=time.time() + 200)
    microsoft.faults.append(Fault("entra", status=503))

    assert (await entra.app_token(contoso(), soon())).value == first.value
    microsoft.faults.clear()
    assert (await entra.app_token(contoso(), soon())).value == first.value, "it rests for half a minute"
    entry.rest_until = time.monotonic()
    assert (await entra.app_token(contoso(), soon())).value != first.value


@pytest.mark.parametrize(
    ("secret", "code"),
    [("wrong", 7000215), (demo.CONTOSO_SECRET_ID, 7000215), (demo.CONTOSO_EXPIRED_SECRET, 7000222)],
)
async def test_a_refused_secret_is_told_with_microsofts_code_and_ids(entra: EntraClient, secret: str, code: int):
    with pytest.raises(EntraRefused) as refused:
        await entra.app_token(contoso(secret), soon())

    assert refused.value.codes == (code,)
    assert refused.value.error == "invalid_client"
    assert refused.value.trace.code == f"AADSTS{code}"
    assert refused.value.trace.trace_id
    assert refused.value.trace.correlation_id
    assert secret not in str(refused.value)


async def test_a_mended_secret_works_at_once(entra: EntraClient):
    with pytest.raises(EntraRefused):
        await entra.app_token(contoso("wrong", "v1"), soon())
    with pytest.raises(EntraRefused):
        await entra.app_token(contoso("wrong", "v1"), soon(), fresh=True)

    assert await entra.app_token(contoso(demo.CONTOSO_SECRET, "v2"), soon())
    assert await entra.app_token(contoso(demo.CONTOSO_SECRET, "v1"), soon(), fresh=True)


async def test_a_tenant_that_is_gone_is_refused_as_such(entra: EntraClient):
    with pytest.raises(EntraRefused) as refused:
        await entra.app_token(contoso(tenant="99999999-0000-0000-0000-000000000009"), soon())

    assert refused.value.codes == (90002,)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("entra", "/token", status=503, times=1),
        Fault("entra", "/token", status=500, body={"error": "server_error"}, times=2),
        Fault("entra", "/token", mode="reset", times=1),
        Fault("entra", "openid-configuration", status=502, times=1),
    ],
    ids=["503 once", "500 twice", "reset once", "discovery 502 once"],
)
async def test_passing_faults_are_tried_again(entra: EntraClient, microsoft: SimulatedMicrosoft, fault: Fault):
    microsoft.faults.append(replace(fault))

    assert (await entra.app_token(contoso(), soon())).value


@pytest.mark.parametrize(
    "fault",
    [
        Fault("entra", status=503),
        Fault("entra", status=500, body=b"<html>oops</html>"),
        Fault("entra", mode="reset"),
        Fault("entra", "/token", status=200, body=b"<html>captive portal</html>"),
        Fault("entra", "/token", mode="truncate"),
        Fault("entra", status=302, headers={"Location": "https://127.0.0.1:1/elsewhere"}),
    ],
    ids=["503", "500 in HTML", "reset", "200 in HTML", "truncated", "redirect"],
)
async def test_lasting_faults_are_told_as_such(entra: EntraClient, microsoft: SimulatedMicrosoft, fault: Fault):
    microsoft.faults.append(replace(fault))

    with pytest.raises((MicrosoftUnavailable, MicrosoftTimeout, EntraRefused)) as problem:
        await entra.app_token(contoso(), soon(8))

    if isinstance(problem.value, EntraRefused):
        assert problem.value.codes in {(), (90002,)}


async def test_a_server_that_never_answers_costs_no_more_than_the_deadline(
    entra: EntraClient, microsoft: SimulatedMicrosoft
):
    microsoft.faults.append(Fault("entra", mode="hang"))
    began = time.monotonic()

    with pytest.raises(CalendarError) as problem:
        await entra.app_token(contoso(), soon(1))

    assert problem.value.code == "microsoftTimeout"
    assert time.monotonic() - began < 5


async def test_while_the_old_token_serves_nobody_waits_long_for_a_server_that_never_answers(
    entra: EntraClient, microsoft: SimulatedMicrosoft
):
    first = await entra.app_token(contoso(), soon())
    (entry,) = entra._entries.values()
    entry.application = None  # whose cache would give the first token again
    entry.token = old = replace(first, expires_at=time.time() + 250)
    microsoft.faults.append(Fault("entra", mode="hang"))

    began = time.monotonic()
    assert await entra.app_token(contoso(), soon(25)) == old
    assert time.monotonic() - began < 10, "a few seconds, not those of MSAL's time-outs"
    microsoft.clear_requests()
    assert await entra.app_token(contoso(), soon(25)) == old
    assert microsoft.requests == [], "the next ones do not ask for a while"
