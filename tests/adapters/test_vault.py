"""Key Vault, reached with a managed identity as in Azure."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lib.adapters import azure
from lib.adapters.azure import azure_credential
from lib.adapters.vault import KeyVault
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import CalendarError, Owner
from lib.domain.microsoft import SecretMissing
from lib.ports import Conflict
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault

NAME = "customer--contoso--0123"
ON = Expiry(on=date(2027, 11, 20))


@pytest.fixture
async def vault(microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[KeyVault]:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, microsoft.environment()[name])
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    credential = azure_credential(None)
    opened = KeyVault(microsoft.vault_url, credential)
    yield opened
    await opened.close()
    await credential.close()


async def test_a_version_keeps_its_value_and_its_expiry(vault: KeyVault, microsoft: SimulatedMicrosoft):
    first = await vault.write(NAME, "one", ON)
    second = await vault.write(NAME, "two", NEVER)

    assert (await vault.read(NAME, first), await vault.read(NAME, second)) == ("one", "two")
    versions = {version.version: version for version in microsoft.world.vault_secrets[NAME].versions}
    assert versions[first].expires == int(datetime(2027, 11, 20, tzinfo=UTC).timestamp())
    assert versions[second].expires is None
    assert versions[second].tags["expires"] == "never"


async def test_a_value_is_read_once_per_version(vault: KeyVault, microsoft: SimulatedMicrosoft):
    version = await vault.write(NAME, "one", UNKNOWN)
    vault._values.clear()
    microsoft.clear_requests()

    for _ in range(3):
        await vault.read(NAME, version)

    assert microsoft.count("vault") == 1


async def test_a_version_that_is_not_there_is_missing(vault: KeyVault):
    await vault.write(NAME, "one", UNKNOWN)

    for name, version in ((NAME, "0" * 32), ("customer--nobody--1", "0" * 32)):
        with pytest.raises(SecretMissing):
            await vault.read(name, version)


async def test_a_disabled_version_is_missing_at_once(vault: KeyVault):
    version = await vault.write(NAME, "one", UNKNOWN)

    await vault.disable(NAME, version)

    with pytest.raises(SecretMissing):
        await vault.read(NAME, version)


async def test_a_deleted_secret_is_missing_at_once_and_deleting_twice_is_fine(
    vault: KeyVault, microsoft: SimulatedMicrosoft
):
    version = await vault.write(NAME, "one", UNKNOWN)

    await vault.delete(NAME)
    await vault.delete(NAME)
    await vault.disable(NAME, version)

    with pytest.raises(SecretMissing):
        await vault.read(NAME, version)
    assert NAME in microsoft.world.deleted_secrets


async def test_nobody_waits_for_a_soft_deletion_to_end(vault: KeyVault, microsoft: SimulatedMicrosoft):
    version = await vault.write(NAME, "one", UNKNOWN)
    microsoft.deleted_delay = 60

    await asyncio.wait_for(vault.delete(NAME), 5)

    with pytest.raises(SecretMissing):
        await vault.read(NAME, version)


async def test_a_name_in_soft_deletion_is_a_conflict(vault: KeyVault):
    await vault.write(NAME, "one", UNKNOWN)
    await vault.delete(NAME)

    with pytest.raises(Conflict):
        await vault.write(NAME, "two", UNKNOWN)


async def test_an_expiry_learned_later_is_noted_on_the_version(vault: KeyVault, microsoft: SimulatedMicrosoft):
    version = await vault.write(NAME, "one", UNKNOWN)

    await vault.note_expiry(NAME, version, ON)

    (kept,) = microsoft.world.vault_secrets[NAME].versions
    assert kept.expires == int(datetime(2027, 11, 20, tzinfo=UTC).timestamp())
    assert kept.enabled
    await vault.note_expiry("customer--nobody--1", version, ON)


async def test_the_newest_version_is_asked_for_each_time(vault: KeyVault, microsoft: SimulatedMicrosoft):
    first = await vault.write(NAME, "one", UNKNOWN)
    assert await vault.newest(NAME) == (first, "one")
    second = await vault.write(NAME, "two", UNKNOWN)
    microsoft.clear_requests()

    for _ in range(2):
        assert await vault.newest(NAME) == (second, "two")

    assert microsoft.count("vault") == 2


async def test_the_newest_version_needs_no_second_reading(vault: KeyVault, microsoft: SimulatedMicrosoft):
    version = await vault.write(NAME, "one", UNKNOWN)
    vault._values.clear()
    await vault.newest(NAME)
    microsoft.clear_requests()

    assert await vault.read(NAME, version) == "one"

    assert microsoft.count("vault") == 0


async def test_a_secret_that_never_was_or_was_deleted_has_no_newest_version(vault: KeyVault):
    assert await vault.newest(NAME) is None
    await vault.write(NAME, "one", UNKNOWN)
    await vault.delete(NAME)

    assert await vault.newest(NAME) is None


async def test_a_disabled_newest_version_is_missing_though_older_ones_are_not(
    vault: KeyVault, microsoft: SimulatedMicrosoft
):
    first = await vault.write(NAME, "one", UNKNOWN)
    second = await vault.write(NAME, "two", UNKNOWN)
    await vault.disable(NAME, second)

    with pytest.raises(SecretMissing):
        await vault.newest(NAME)

    assert await vault.read(NAME, first) == "one"
    microsoft.world.vault_secrets[NAME].versions[1].enabled = True
    assert await vault.newest(NAME) == (second, "two")


async def test_an_empty_newest_version_is_missing(vault: KeyVault, microsoft: SimulatedMicrosoft):
    await vault.write(NAME, "one", UNKNOWN)
    microsoft.world.vault_secrets[NAME].versions[0].value = ""

    with pytest.raises(SecretMissing):
        await vault.newest(NAME)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("vault", status=403, body={"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByRbac"}}}),
        Fault(
            "vault", status=403, body={"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByFirewall"}}}
        ),
        Fault("vault", status=401, headers={"WWW-Authenticate": "Bearer"}),
        Fault("vault", status=429),
        Fault("vault", status=500),
        Fault("vault", status=503),
        Fault("vault", mode="reset"),
        Fault("vault", mode="truncate"),
        Fault("vault", mode="hang"),
        Fault("vault", status=200, body=b"<html>a proxy's page</html>", headers={"Content-Type": "text/html"}),
        Fault("vault", status=200, body={}),
        Fault("identity", status=500),
    ],
    ids=["role", "firewall", "401", "429", "500", "503", "reset", "truncate", "hang", "a page", "nothing", "identity"],
)
async def test_no_failure_looks_like_a_secret_that_is_not_there(
    vault: KeyVault, microsoft: SimulatedMicrosoft, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(azure, "PATIENCE", 2.0)  # seconds, for the one that hangs
    microsoft.faults.append(replace(fault))

    with pytest.raises(CalendarError) as problem:
        await vault.newest(NAME)

    assert (problem.value.code, problem.value.owner) == ("microsoftUnavailable", Owner.OPERATOR)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("vault", status=403, body={"error": {"code": "Forbidden", "message": "secret-text"}}), "not allowed"),
        (Fault("vault", status=503), "cannot be used"),
        (Fault("vault", mode="reset"), "cannot be used"),
        (Fault("identity", status=500), "not allowed"),
    ],
    ids=["403", "503", "reset", "identity"],
)
async def test_a_vault_that_fails_is_told_with_who_can_mend_it(
    vault: KeyVault, microsoft: SimulatedMicrosoft, fault: Fault, says: str
):
    microsoft.faults.append(replace(fault))

    with pytest.raises(CalendarError) as problem:
        await vault.write(NAME, "one", UNKNOWN)

    assert (problem.value.code, problem.value.owner) == ("microsoftUnavailable", Owner.OPERATOR)
    assert says in problem.value.message
    assert "secret-text" not in problem.value.message
