"""What the vault lists about versions and secrets: all pages or a failure, never a list that ended too early."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lib.adapters import azure
from lib.adapters.vault import KeyVault
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.errors import CalendarError, Owner
from lib.ports import VaultSecret, VaultVersion
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.world.secrets import SecretVersion
from tests.sandbox.world.secrets import VaultSecret as Kept

NAME = "customer--contoso--0123"
ON = Expiry(on=date(2027, 11, 20))
NOON = datetime(2027, 11, 20, 12, 30, tzinfo=UTC)
WRITTEN = datetime(2026, 3, 4, 9, 0, 7, tzinfo=UTC)
OURS = {"writtenBy": "calendar-connector"}


@pytest.fixture
def vault(vaults: Callable[[], KeyVault]) -> KeyVault:
    return vaults()


def keep(microsoft: SimulatedMicrosoft, versions: int = 1, name: str = NAME, **properties: Any) -> Kept:
    """Put a secret into the vault, with versions of consecutive days, and return it."""
    secret = Kept(name)
    for day in range(versions):
        at = WRITTEN + timedelta(days=day)
        secret.versions.append(SecretVersion(f"{day:032x}", "value", at, at, **properties))
    microsoft.world.vault_secrets[name.lower()] = secret
    return secret


@dataclass
class OnPage(Fault):
    """A fault of the first page of a list, or of the second."""

    page: int = 1

    def matches(self, seen: SeenRequest) -> bool:
        return super().matches(seen) and ("$skiptoken" in seen.query) == (self.page == 2)


@dataclass
class Meanwhile(Fault):
    """No fault: something that happens between the first page and the second."""

    change: Callable[[], object] = lambda: None

    def matches(self, seen: SeenRequest) -> bool:
        if "$skiptoken" in seen.query and self.times != 0:
            self.times = 0
            self.change()
        return False


async def only(vault: KeyVault) -> VaultVersion:
    (version,) = await vault.versions(NAME)
    return version


async def secrets(vault: KeyVault) -> list[VaultSecret]:
    return [secret async for secret in vault.all_secrets()]


@pytest.mark.parametrize("expires", [ON, NEVER, UNKNOWN], ids=["a date", "never", "unknown"])
async def test_what_was_written_is_told_without_its_value(
    vault: KeyVault, microsoft: SimulatedMicrosoft, expires: Expiry
):
    before = datetime.now(UTC).replace(microsecond=0)
    version = await vault.write(NAME, "one", expires)
    vault._values.clear()

    found = await only(vault)

    assert found == VaultVersion(version, found.created_at, enabled=True, expires=expires, ours=True)
    assert before <= found.created_at <= datetime.now(UTC)
    assert found.created_at.tzinfo is UTC
    assert not vault._values


async def test_an_expiry_learned_later_is_told(vault: KeyVault):
    version = await vault.write(NAME, "one", NEVER)

    await vault.note_expiry(NAME, version, ON)

    assert (await only(vault)).expires == ON


async def test_a_version_added_by_hand_is_not_ours(vault: KeyVault, microsoft: SimulatedMicrosoft):
    keep(microsoft, tags={"owner": "ada"}, expires=int(NOON.timestamp()))

    found = await only(vault)

    assert (found.ours, found.enabled, found.created_at, found.expires) == (False, True, WRITTEN, ON)


@pytest.mark.parametrize(
    ("tags", "exp", "expires"),
    [
        ({}, None, UNKNOWN),
        ({"expires": "never"}, None, UNKNOWN),
        ({"writtenBy": "somebody", "expires": "never"}, None, UNKNOWN),
        (OURS | {"expires": "unknown"}, None, UNKNOWN),
        (OURS | {"expires": "2027-11-20"}, None, UNKNOWN),
        (OURS | {"expires": "never"}, None, NEVER),
        (OURS, None, UNKNOWN),
        (OURS | {"expires": "never"}, NOON, ON),
        (OURS | {"expires": "2030-01-01"}, NOON, ON),
        ({}, datetime(2027, 11, 20, 23, 59, 59, tzinfo=UTC), ON),
        ({}, datetime(2027, 11, 20, tzinfo=UTC), ON),
        ({}, datetime(2027, 11, 19, 23, 59, 59, tzinfo=UTC), Expiry(on=date(2027, 11, 19))),
    ],
)
async def test_a_date_counts_more_than_a_tag_and_tags_count_on_what_is_ours(
    vault: KeyVault,
    microsoft: SimulatedMicrosoft,
    tags: dict[str, str],
    exp: datetime | None,
    expires: Expiry,
):
    keep(microsoft, tags=tags, expires=int(exp.timestamp()) if exp else None)

    assert (await only(vault)).expires == expires


async def test_a_date_in_milliseconds_is_not_known(vault: KeyVault, microsoft: SimulatedMicrosoft):
    keep(microsoft, expires=int(NOON.timestamp() * 1000))

    assert (await only(vault)).expires == UNKNOWN


async def test_all_versions_are_told_the_oldest_first(vault: KeyVault, microsoft: SimulatedMicrosoft):
    kept = keep(microsoft, 60)
    kept.versions[7].enabled = False
    oldest_first = [version.version for version in kept.versions]
    kept.versions.reverse()  # the vault promises no order

    found = await vault.versions(NAME)

    assert [version.id for version in found] == oldest_first
    assert [version.id for version in found if not version.enabled] == [oldest_first[7]]
    assert microsoft.count("vault") >= 3, "three pages of 25"


async def test_a_secret_that_never_was_or_was_deleted_has_no_versions(vault: KeyVault, microsoft: SimulatedMicrosoft):
    assert await vault.versions(NAME) == []
    await vault.write(NAME, "one", ON)
    await vault.delete(NAME)
    assert await vault.versions(NAME) == []


async def test_a_secret_deleted_while_its_versions_are_read_has_none(vault: KeyVault, microsoft: SimulatedMicrosoft):
    keep(microsoft, 30)
    microsoft.faults.append(Meanwhile("vault", change=microsoft.world.vault_secrets.clear))

    assert await vault.versions(NAME) == []


async def test_a_list_that_changes_while_it_is_read_names_no_version_twice(
    vault: KeyVault, microsoft: SimulatedMicrosoft
):
    kept = keep(microsoft, 60)
    first = kept.versions[0]
    for change in (lambda: kept.versions.pop(3), lambda: kept.versions.insert(0, replace(first, version="f" * 32))):
        microsoft.faults.append(Meanwhile("vault", change=change))

        ids = [version.id for version in await vault.versions(NAME)]

        assert len(ids) == len(set(ids)) >= 58


async def test_secrets_are_told_page_by_page_without_their_values(vault: KeyVault, microsoft: SimulatedMicrosoft):
    names = [f"customer--{number:03}--0123" for number in range(60)]
    for name in names:
        keep(microsoft, 2, name)
    await vault.versions("nothing")
    microsoft.clear_requests()
    found = vault.all_secrets()

    first = await anext(found)

    assert first == VaultSecret(names[0], WRITTEN + timedelta(days=1))
    assert microsoft.count("vault") == 1
    assert [secret.name async for secret in found if secret.name in names] == names[1:]


async def test_secrets_may_be_deleted_while_they_are_read(vault: KeyVault, microsoft: SimulatedMicrosoft):
    for number in range(60):
        keep(microsoft, 1, f"customer--{number:03}--0123")

    async for secret in vault.all_secrets():
        await vault.delete(secret.name)
    async for secret in vault.all_secrets():
        await vault.delete(secret.name)

    assert await secrets(vault) == []


async def test_whoever_reads_may_take_long_over_a_page(
    vault: KeyVault, microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch
):
    for number in range(26):
        keep(microsoft, 1, f"customer--{number:03}--0123")
    monkeypatch.setattr(azure, "PATIENCE", 1.0)
    found = vault.all_secrets()
    await anext(found)
    await asyncio.sleep(1.2)

    assert len([secret async for secret in found]) >= 25


_PAGE_TWO = {"hangs": "hang", "breaks": "reset", "ends in the middle": "truncate"}
_FAULTS = {
    "403": Fault("vault", status=403, body={"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByRbac"}}}),
    "429": Fault("vault", status=429),
    "500": Fault("vault", status=500),
    "503": Fault("vault", status=503),
    **{name: Fault("vault", mode=mode) for name, mode in _PAGE_TWO.items()},  # type: ignore[arg-type]
    "a page": Fault("vault", status=200, body=b"<html>a proxy's page</html>", headers={"Content-Type": "text/html"}),
    "nothing": Fault("vault", status=200, body={}),
    "no list": Fault("vault", status=200, body={"value": None, "nextLink": None}),
    "a list of something else": Fault("vault", status=200, body={"value": [{"id": 7}]}),
    "JSON of another kind": Fault("vault", status=200, body=b"[]", headers={"Content-Type": "application/json"}),
    "a date beyond all": Fault(
        "vault",
        status=200,
        body={"value": [{"id": "https://v.vault.azure.net/secrets/n/1", "attributes": {"created": 10**20}}]},
    ),
}


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("fault", _FAULTS.values(), ids=_FAULTS.keys())
async def test_a_page_that_fails_is_told_and_ends_no_list(
    vault: KeyVault, microsoft: SimulatedMicrosoft, fault: Fault, page: int, monkeypatch: pytest.MonkeyPatch
):
    keep(microsoft, 30)
    for number in range(30):
        keep(microsoft, 1, f"customer--{number:03}--0123")
    monkeypatch.setattr(azure, "PATIENCE", 2.0)  # seconds, for what hangs

    for path, ask in (
        (f"/secrets/{NAME}/versions", lambda: vault.versions(NAME)),
        ("/secrets", lambda: secrets(vault)),
    ):
        microsoft.faults.append(OnPage(**asdict(fault) | {"path_contains": path, "page": page}))
        with pytest.raises(CalendarError) as problem:
            await ask()
        assert (problem.value.code, problem.value.owner) == ("microsoftUnavailable", Owner.OPERATOR)
        microsoft.faults.clear()


async def test_a_list_of_secrets_that_is_not_found_is_no_empty_vault(vault: KeyVault, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("vault", status=404, body={"error": {"code": "NotFound"}}))

    with pytest.raises(CalendarError):
        await secrets(vault)


async def test_a_short_fault_is_tried_again(vault: KeyVault, microsoft: SimulatedMicrosoft):
    keep(microsoft, 30)
    microsoft.faults.append(Fault("vault", status=503, times=1))

    assert len(await vault.versions(NAME)) == 30
