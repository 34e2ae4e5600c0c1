"""Users' grants through MSAL itself: redeemed, renewed, refused, kept apart, and every failure told in one way."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from lib.adapters.entra import EntraClient
from lib.adapters.entra_users import EntraUsers
from lib.adapters.msal_session import MsalSession
from lib.domain.clouds import CLOUDS
from lib.domain.configuration import Access
from lib.domain.connection import Grant, ends_the_grant
from lib.domain.errors import MicrosoftUnavailable
from lib.domain.microsoft import EntraRefused, Granted, SecretMissing
from lib.domain.sign_in import Asked, Expected, authorize_url, code_verifier, nonce, nonce_seed, read_id_token
from lib.ports import Credential, Redemption
from tests.adapters.conftest import soon
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.microsoft.testing import connected
from tests.sandbox.microsoft.testing_sign_in import NANCY
from tests.sandbox.world import demo
from tests.sandbox.world.tenants import Account

STEVEN = "steven@northwind.com"
SCOPES = ("Calendars.ReadBasic", "User.Read")
BINDER = "b" * 43


@pytest.fixture
def users(microsoft: SimulatedMicrosoft, entra: EntraClient) -> EntraUsers:
    return EntraUsers(microsoft.entra_url, MsalSession, entra.directory)


def northwind(secret: str | None = demo.NORTHWIND_SECRET, tenant: str = demo.NORTHWIND) -> Credential:
    """Return Northwind's credential with this secret, None: the vault does not hold it."""

    async def value() -> str:
        if secret is None:
            raise SecretMissing
        return secret

    return Credential(("northwind", "g1", "v1"), tenant, demo.NORTHWIND_APPLICATION, value)


def account(microsoft: SimulatedMicrosoft, name: str = NANCY) -> Account:
    found = microsoft.world.tenants[demo.NORTHWIND].account(name)
    assert found is not None
    return found


async def signed_in(
    microsoft: SimulatedMicrosoft, user: str = NANCY, scopes: tuple[str, ...] = SCOPES, binder: str = BINDER
) -> Redemption:
    """Sign a user in as a browser does, consent, and return what is to be redeemed then."""
    asked = Asked(demo.NORTHWIND_APPLICATION, demo.REDIRECT_URI, scopes, "state-1", binder, user)
    url = authorize_url(
        CLOUDS["global"].with_hosts(entra_url=microsoft.entra_url, graph_url=None), demo.NORTHWIND, Access(), asked
    )
    async with connected(microsoft) as browser:
        answer = await browser.send("POST", url, data={"account": user, "action": "accept"})
    code = re.search(r'name="code" value="([^"]+)"', answer.text)
    assert code is not None, answer.text
    return Redemption(unescape(code[1]), demo.REDIRECT_URI, code_verifier(binder), nonce_seed(binder), scopes)


async def grant_of(
    users: EntraUsers, microsoft: SimulatedMicrosoft, user: str = NANCY, scopes: tuple[str, ...] = SCOPES
) -> Grant:
    """Let a user sign in and return the grant; the requests of that are forgotten."""
    granted = await users.redeem(northwind(), await signed_in(microsoft, user, scopes), soon())
    microsoft.clear_requests()
    return Grant(granted.cache, scopes, granted.token)


def requests_of(microsoft: SimulatedMicrosoft, path: str) -> int:
    return sum(seen.service == "entra" and path in seen.path for seen in microsoft.requests)


def refresh_tokens(cache: str) -> set[str]:
    return {entry["secret"] for entry in json.loads(cache)["RefreshToken"].values()}


def expect_no_access_token(granted: Granted) -> None:
    assert granted.token.value not in granted.cache
    assert "AccessToken" not in json.loads(granted.cache)
    assert granted.token.value not in repr(granted)


async def test_a_code_becomes_tokens_of_who_signed_in(users: EntraUsers, microsoft: SimulatedMicrosoft):
    granted = await users.redeem(northwind(), await signed_in(microsoft), soon())

    token = granted.token
    assert (token.tenant, token.object_id) == (demo.NORTHWIND, account(microsoft).object_id)
    assert {scope.rpartition("/")[2] for scope in token.scopes} >= set(SCOPES)
    assert 3000 < token.expires_at - time.time() < 6000
    assert abs(token.fetched_at - time.time()) < 5
    assert len(refresh_tokens(granted.cache)) == 1
    expect_no_access_token(granted)


async def test_the_id_token_is_the_answer_to_this_very_sign_in(
    users: EntraUsers, entra: EntraClient, microsoft: SimulatedMicrosoft
):
    granted = await users.redeem(northwind(), await signed_in(microsoft), soon())

    directory = await entra.directory("northwind.com", soon())
    expected = Expected(demo.NORTHWIND_APPLICATION, directory.id, directory.issuer, nonce(BINDER))
    found = read_id_token(granted.claims, expected, datetime.now(UTC))
    assert (found.object_id, found.user_principal_name) == (account(microsoft).object_id, NANCY)


@pytest.mark.parametrize(
    ("change", "codes", "error"),
    [
        ({"verifier": code_verifier("other")}, (501481,), "invalid_grant"),
        ({"redirect_uri": "http://localhost:7071/mobile/other"}, (500112,), "invalid_client"),
        ({"code": "1.made-up"}, (9002313,), "invalid_grant"),
        ({"nonce_seed": "other"}, (), "wrong_nonce"),
    ],
)
async def test_a_code_without_its_own_proofs_is_refused(
    users: EntraUsers, microsoft: SimulatedMicrosoft, change: dict[str, Any], codes: tuple[int, ...], error: str
):
    redemption = await signed_in(microsoft)

    with pytest.raises(EntraRefused) as refused:
        await users.redeem(northwind(), replace(redemption, **change), soon())

    assert (refused.value.codes, refused.value.error) == (codes, error)
    for secret in (redemption.code, redemption.verifier):
        assert secret not in f"{refused.value!r} {refused.value.trace}"


async def test_a_code_works_once_and_ten_minutes(users: EntraUsers, microsoft: SimulatedMicrosoft):
    redemption, late = await signed_in(microsoft), await signed_in(microsoft)
    await users.redeem(northwind(), redemption, soon())
    with pytest.raises(EntraRefused) as again:
        await users.redeem(northwind(), redemption, soon())
    microsoft.travel(minutes=11)
    with pytest.raises(EntraRefused) as too_late:
        await users.redeem(northwind(), late, soon())

    assert (again.value.codes, too_late.value.codes) == ((54005,), (70008,))


@pytest.mark.parametrize("fault", [Fault("entra", "/token", status=503), Fault("entra", "/token", mode="reset")])
async def test_a_code_is_sent_once_whatever_happens(users: EntraUsers, microsoft: SimulatedMicrosoft, fault: Fault):
    redemption = await signed_in(microsoft)
    microsoft.faults.append(replace(fault))
    with pytest.raises(MicrosoftUnavailable):
        await users.redeem(northwind(), redemption, soon())

    assert requests_of(microsoft, "/token") == 1


async def test_a_renewal_keeps_the_new_refresh_token(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)

    renewed = await users.refresh(northwind(), grant, soon())

    assert renewed.token.value != grant.token.value
    assert renewed.token.object_id == grant.token.object_id
    assert refresh_tokens(renewed.cache).isdisjoint(refresh_tokens(grant.cache))
    expect_no_access_token(renewed)
    again = await users.refresh(northwind(), Grant(renewed.cache, SCOPES, renewed.token), soon())
    assert len(refresh_tokens(again.cache)) == 1, "caches do not grow"
    assert requests_of(microsoft, "/token") == 2


async def test_a_grant_lives_on_for_as_long_as_it_is_renewed(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    for _ in range(3):
        microsoft.travel(days=80)
        renewed = await users.refresh(northwind(), grant, soon())
        grant = Grant(renewed.cache, SCOPES, renewed.token)

    assert grant.token.object_id == account(microsoft).object_id


async def test_what_is_registered_can_be_asked_for_as_a_whole(users: EntraUsers, microsoft: SimulatedMicrosoft):
    scopes = (f"{microsoft.graph_url}/.default",)
    application = microsoft.world.tenants[demo.NORTHWIND].applications[demo.NORTHWIND_APPLICATION]
    application.registered_scopes = {"Calendars.Read"}
    grant = await grant_of(users, microsoft, scopes=scopes)

    renewed = await users.refresh(northwind(), grant, soon())

    for token in (grant.token, renewed.token):
        assert "Calendars.Read" in {scope.rpartition("/")[2] for scope in token.scopes}


def _revoked(microsoft: SimulatedMicrosoft) -> None:
    account(microsoft).revoke_sessions(microsoft.now())


def _disabled(microsoft: SimulatedMicrosoft) -> None:
    account(microsoft).disabled = True


def _blocked(microsoft: SimulatedMicrosoft) -> None:
    account(microsoft).conditional_access = "block"


def _second_factor(microsoft: SimulatedMicrosoft) -> None:
    account(microsoft).conditional_access = "mfa"


def _too_often(microsoft: SimulatedMicrosoft) -> None:
    account(microsoft).sign_in_frequency = timedelta(days=1)
    microsoft.travel(days=2)


def _idle(microsoft: SimulatedMicrosoft) -> None:
    microsoft.travel(days=91)


def _secret_expired(microsoft: SimulatedMicrosoft) -> None:
    microsoft.travel(days=301)


def _application_disabled(microsoft: SimulatedMicrosoft) -> None:
    microsoft.world.tenants[demo.NORTHWIND].applications[demo.NORTHWIND_APPLICATION].disabled = True


def _application_gone(microsoft: SimulatedMicrosoft) -> None:
    microsoft.world.tenants[demo.NORTHWIND].applications.clear()


@pytest.mark.parametrize(
    ("change", "code", "ends"),
    [
        (_revoked, 50173, True),
        (_disabled, 50057, True),
        (_blocked, 53003, True),
        (_second_factor, 50076, True),
        (_too_often, 70043, True),
        (_idle, 700082, True),
        (_secret_expired, 7000222, False),
        (_application_disabled, 7000112, False),
        (_application_gone, 700016, False),
    ],
)
async def test_a_renewal_that_is_refused_says_whether_the_grant_has_ended(
    users: EntraUsers,
    microsoft: SimulatedMicrosoft,
    change: Callable[[SimulatedMicrosoft], None],
    code: int,
    ends: bool,
):
    grant = await grant_of(users, microsoft)
    change(microsoft)

    with pytest.raises(EntraRefused) as refused:
        await users.refresh(northwind(), grant, soon())

    assert refused.value.codes[0] == code
    assert ends_the_grant(refused.value) is ends
    assert refused.value.trace.code == f"AADSTS{code}"
    assert refused.value.trace.trace_id
    assert refresh_tokens(grant.cache).isdisjoint(str(refused.value).split())


@pytest.mark.parametrize(("secret", "code"), [("wrong", 7000215), (demo.NORTHWIND_SECRET_ID, 7000215)])
async def test_a_wrong_secret_is_told_and_a_right_one_works_at_once(
    users: EntraUsers, microsoft: SimulatedMicrosoft, secret: str, code: int
):
    grant = await grant_of(users, microsoft)
    with pytest.raises(EntraRefused) as refused:
        await users.refresh(northwind(secret), grant, soon())

    assert (refused.value.codes, refused.value.error) == ((code,), "invalid_client")
    assert secret not in str(refused.value)
    assert await users.refresh(northwind(), grant, soon())


async def test_a_missing_secret_asks_nobody(users: EntraUsers, microsoft: SimulatedMicrosoft):
    grant = await grant_of(users, microsoft)
    redemption = Redemption("code", demo.REDIRECT_URI, "v", "n", SCOPES)

    for asking in (users.refresh(northwind(None), grant, soon()), users.redeem(northwind(None), redemption, soon())):
        with pytest.raises(SecretMissing):
            await asking

    assert microsoft.requests == []
