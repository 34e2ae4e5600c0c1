"""Sealed tokens, with the keys in a vault: who opens what, who makes a key and when, and what an outage does."""

import asyncio
import json
import os
import random
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters import azure, sealing
from lib.adapters.azure import azure_credential
from lib.adapters.sealing import KEY_NAME, LARGEST_TEXT, Sealing
from lib.adapters.tables import LARGEST_BINARY
from lib.adapters.vault import KeyVault
from lib.domain.errors import CalendarError, MicrosoftUnavailable, Owner
from lib.ports import SealBroken
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault
from tests.sandbox.world import SecretVersion

ADA = ("contoso", "g1", "ada", "tenant-1", "object-1")
TEXT = '{"RefreshToken": {"secret": "Grüße ✓"}}'

FAULTS = {
    "no role": Fault(
        "vault", status=403, body={"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByRbac"}}}
    ),
    "firewall": Fault(
        "vault", status=403, body={"error": {"code": "Forbidden", "innererror": {"code": "ForbiddenByFirewall"}}}
    ),
    "no token": Fault("identity", status=500),
    "429": Fault("vault", status=429),
    "503": Fault("vault", status=503),
    "reset": Fault("vault", mode="reset"),
    "cut off": Fault("vault", mode="truncate"),
    "hang": Fault("vault", mode="hang"),
}
faults = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())

type Instances = Callable[[], Sealing]


@pytest.fixture
async def vaults(
    microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[[], KeyVault]]:
    """Open one client of the vault after the other: each is an instance of its own that remembers nothing."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, microsoft.environment()[name])
    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(azure, "PATIENCE", 1.5)  # seconds, for what hangs
    opened = []

    def another() -> KeyVault:
        credential = azure_credential(None)
        vault = KeyVault(microsoft.vault_url, credential)
        opened.extend((vault, credential))
        return vault

    yield another
    for one in opened:
        await one.close()


@pytest.fixture
def instances(vaults: Callable[[], KeyVault]) -> Instances:
    return lambda: Sealing(vaults())


@pytest.fixture
def one(instances: Instances) -> Sealing:
    return instances()


def keys(microsoft: SimulatedMicrosoft) -> list[SecretVersion]:
    """Return the versions of the key ring in the vault."""
    secret = microsoft.world.vault_secrets.get(KEY_NAME)
    return secret.versions if secret else []


def rotate(microsoft: SimulatedMicrosoft, value: str | None = None) -> SecretVersion:
    """Add a version to the key ring, as an operator does in the portal."""
    version = replace(
        keys(microsoft)[-1], version=os.urandom(16).hex(), value=value or b64encode(os.urandom(32)).decode()
    )
    keys(microsoft).append(version)
    return version


def named(sealed: bytes) -> str:
    """Return the version of the key that a sealed value names."""
    return sealed.split(b".", 2)[1].decode()


async def expect_broken(instance: Sealing, sealed: bytes, identity: tuple[str, ...] = ADA) -> None:
    with pytest.raises(SealBroken):
        await instance.open(sealed, identity)


async def expect_operator_error(instance: Sealing) -> MicrosoftUnavailable:
    """Expect that sealing is refused with something for the operator to do."""
    with pytest.raises(MicrosoftUnavailable) as problem:
        await instance.seal(TEXT, ADA)
    assert problem.value.owner is Owner.OPERATOR
    assert KEY_NAME in (problem.value.remedy or "")
    return problem.value


_identities = st.lists(st.text(max_size=40), min_size=1, max_size=6).map(tuple)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000), _identities)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
async def test_what_is_sealed_opens_for_the_same_identity(one: Sealing, text: str, identity: tuple[str, ...]):
    assert await one.open(await one.seal(text, identity), identity) == text


async def test_the_first_use_makes_a_key_and_no_later_one_does(instances: Instances, microsoft: SimulatedMicrosoft):
    sealed = [await instance.seal(TEXT, ADA) for instance in (instances(), instances()) for _ in range(2)]

    (key,) = keys(microsoft)
    assert {named(value) for value in sealed} == {key.version}
    assert key.expires is None
    assert len(set(sealed)) == 4, "every value has a nonce of its own"


async def test_nothing_of_the_text_can_be_read(one: Sealing):
    sealed = await one.seal("secret" * 100, ADA)

    assert b"secret" not in sealed
    assert zlib.compress(b"secret" * 100) not in sealed
    assert b"ada" not in sealed


async def test_many_first_uses_at_once_make_one_key(one: Sealing, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("vault", method="PUT", delay=0.3))

    sealed = await asyncio.gather(*(one.seal(f"text {number}", ADA) for number in range(50)))

    assert len(keys(microsoft)) == 1
    assert await asyncio.gather(*(one.open(value, ADA) for value in sealed)) == [f"text {n}" for n in range(50)]


async def test_two_instances_that_both_make_a_key_read_each_other(
    vaults: Callable[[], KeyVault], microsoft: SimulatedMicrosoft
):
    opened = [vaults(), vaults()]
    for vault in opened:
        assert await vault.newest("another-secret") is None  # both have their token now
    microsoft.faults.append(Fault("vault", method="PUT", delay=0.8))
    first, second = (Sealing(vault) for vault in opened)

    of_first, of_second = await asyncio.gather(first.seal(TEXT, ADA), second.seal(TEXT, ADA))

    assert len(keys(microsoft)) == 2
    assert await second.open(of_first, ADA) == await first.open(of_second, ADA) == TEXT
    assert named(await first.seal(TEXT, ADA)) == named(await second.seal(TEXT, ADA)) == keys(microsoft)[-1].version


async def test_a_new_version_seals_at_once_and_old_values_open(
    one: Sealing, instances: Instances, microsoft: SimulatedMicrosoft
):
    old = await one.seal(TEXT, ADA)

    version = rotate(microsoft)

    new = await one.seal(TEXT, ADA)
    assert named(new) == version.version != named(old)
    for instance in (one, instances()):
        assert await instance.open(old, ADA) == await instance.open(new, ADA) == TEXT


async def test_a_key_made_by_hand_may_end_in_a_new_line(one: Sealing, microsoft: SimulatedMicrosoft):
    await one.seal(TEXT, ADA)
    version = rotate(microsoft, b64encode(os.urandom(32)).decode() + "\n")

    sealed = await one.seal(TEXT, ADA)

    assert named(sealed) == version.version
    assert await one.open(sealed, ADA) == TEXT


async def test_a_disabled_old_version_opens_nothing_until_it_is_enabled(
    one: Sealing, instances: Instances, microsoft: SimulatedMicrosoft
):
    old = await one.seal(TEXT, ADA)
    rotate(microsoft)
    new = await one.seal(TEXT, ADA)

    keys(microsoft)[0].enabled = False
    other = instances()
    await expect_broken(other, old)
    assert await other.open(new, ADA) == TEXT

    keys(microsoft)[0].enabled = True
    assert await other.open(old, ADA) == TEXT


async def test_a_version_that_is_gone_or_no_key_opens_nothing(
    one: Sealing, instances: Instances, microsoft: SimulatedMicrosoft
):
    sealed = await one.seal(TEXT, ADA)
    rotate(microsoft)

    keys(microsoft)[0].value = "no key"
    await expect_broken(instances(), sealed)
    del keys(microsoft)[0]
    await expect_broken(instances(), sealed)


async def test_a_disabled_newest_version_is_for_the_operator_and_makes_no_key(
    one: Sealing, instances: Instances, microsoft: SimulatedMicrosoft
):
    old = await one.seal(TEXT, ADA)
    rotate(microsoft).enabled = False

    for instance in (one, instances()):
        problem = await expect_operator_error(instance)
        assert "enable the newest version" in (problem.remedy or "")
        assert await instance.open(old, ADA) == TEXT
    assert len(keys(microsoft)) == 2

    keys(microsoft)[1].enabled = True
    assert named(await one.seal(TEXT, ADA)) == keys(microsoft)[1].version


@pytest.mark.parametrize(
    "value",
    [
        "password1",
        "ключ",
        b64encode(bytes(16)).decode(),
        b64encode(bytes(33)).decode(),
        "=" * 44,
        " ",
        "*" + b64encode(bytes(32)).decode(),
    ],
    ids=["words", "not ASCII", "16 bytes", "33 bytes", "padding", "blank", "a stray sign"],
)
async def test_a_newest_version_that_is_no_key_is_for_the_operator(
    one: Sealing, microsoft: SimulatedMicrosoft, value: str
):
    old = await one.seal(TEXT, ADA)
    rotate(microsoft, value)

    problem = await expect_operator_error(one)

    assert "openssl rand -base64 32" in (problem.remedy or "")
    assert not value.strip() or value not in f"{problem.message} {problem.remedy}"
    assert len(keys(microsoft)) == 2
    assert await one.open(old, ADA) == TEXT


async def test_a_deleted_key_is_for_the_operator_who_recovers_or_purges_it(
    one: Sealing, instances: Instances, vaults: Callable[[], KeyVault], microsoft: SimulatedMicrosoft
):
    old = await one.seal(TEXT, ADA)
    operator = vaults()
    await operator.delete(KEY_NAME)

    for instance in (one, instances()):
        problem = await expect_operator_error(instance)
        assert "was deleted" in problem.message
        assert "Recover" in (problem.remedy or "")
    with pytest.raises(MicrosoftUnavailable, match="was deleted"):  # no fault of the user's
        await instances().open(old, ADA)
    assert keys(microsoft) == []

    await operator.recover(KEY_NAME)
    assert await instances().open(old, ADA) == TEXT
    assert named(await one.seal(TEXT, ADA)) == named(old)

    await operator.delete(KEY_NAME)
    del microsoft.world.deleted_secrets[KEY_NAME]
    new = await one.seal(TEXT, ADA)
    assert named(new) != named(old)
    await expect_broken(instances(), old)


@faults
async def test_a_vault_that_fails_makes_no_key(one: Sealing, microsoft: SimulatedMicrosoft, fault: Fault):
    microsoft.faults.append(replace(fault))

    with pytest.raises(CalendarError) as problem:
        await one.seal(TEXT, ADA)

    assert problem.value.owner is Owner.OPERATOR
    assert all(seen.method == "GET" for seen in microsoft.requests if seen.service == "vault")
    microsoft.faults.clear()
    assert keys(microsoft) == []
    assert await one.open(await one.seal(TEXT, ADA), ADA) == TEXT
    assert len(keys(microsoft)) == 1


async def test_a_key_that_could_not_be_written_is_made_next_time(one: Sealing, microsoft: SimulatedMicrosoft):
    microsoft.faults.append(Fault("vault", method="PUT", status=403, body={"error": {"code": "Forbidden"}}))

    with pytest.raises(MicrosoftUnavailable):
        await one.seal(TEXT, ADA)

    microsoft.faults.clear()
    assert named(await one.seal(TEXT, ADA)) == keys(microsoft)[0].version


@faults
async def test_an_outage_never_looks_like_a_broken_seal(
    one: Sealing, instances: Instances, microsoft: SimulatedMicrosoft, fault: Fault
):
    sealed = await one.seal(TEXT, ADA)
    other = instances()
    microsoft.faults.append(replace(fault))

    with pytest.raises(CalendarError):
        await other.open(sealed, ADA)

    assert await one.open(sealed, ADA) == TEXT, "a key that was read before needs no vault"
    microsoft.faults.clear()
    assert await other.open(sealed, ADA) == TEXT


@pytest.mark.parametrize("name", ["no role", "503", "hang"])
async def test_a_known_key_seals_during_an_outage(
    one: Sealing, microsoft: SimulatedMicrosoft, monkeypatch: pytest.MonkeyPatch, name: str
):
    before = await one.seal(TEXT, ADA)
    monkeypatch.setattr(sealing, "_PATIENCE", 1.0)
    monkeypatch.setattr(azure, "PATIENCE", 15.0)
    microsoft.faults.append(replace(FAULTS[name]))
    began = time.monotonic()

    sealed = await one.seal(TEXT, ADA)

    assert time.monotonic() - began < 3, "whoever has a key does not wait long for a newer one"
    assert named(sealed) == named(before)
    assert await one.open(sealed, ADA) == TEXT


async def test_a_key_that_was_disabled_is_not_used_in_a_later_outage(one: Sealing, microsoft: SimulatedMicrosoft):
    await one.seal(TEXT, ADA)
    keys(microsoft)[0].enabled = False
    await expect_operator_error(one)

    microsoft.faults.append(Fault("vault", status=503))

    with pytest.raises(MicrosoftUnavailable):
        await one.seal(TEXT, ADA)


async def test_no_edited_byte_opens(one: Sealing):
    sealed = await one.seal("text", ADA)

    for position in range(len(sealed)):
        for bit in (0x01, 0x20, 0x80):
            edited = bytearray(sealed)
            edited[position] ^= bit
            await expect_broken(one, bytes(edited))


async def test_nothing_cut_off_or_added_opens(one: Sealing):
    sealed = await one.seal("text", ADA)

    for length in range(len(sealed)):
        await expect_broken(one, sealed[:length])
    await expect_broken(one, sealed + b"\0")
    await expect_broken(one, b" " + sealed)


@given(st.binary(max_size=200) | st.binary(max_size=100).map(lambda end: b"1." + b"0" * 32 + b"." + end))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_garbage_does_not_open(one: Sealing, garbage: bytes):
    await expect_broken(one, garbage)


async def test_another_format_or_name_of_a_version_asks_the_vault_nothing(one: Sealing, microsoft: SimulatedMicrosoft):
    sealed = await one.seal(TEXT, ADA)
    version = named(sealed).encode()
    microsoft.clear_requests()

    for head in (b"2." + version, b"1." + version.upper(), b"1.../customer--contoso--g1", b"1.", b"1." + version[:-1]):
        await expect_broken(one, head + b"." + sealed.split(b".", 2)[2])

    assert microsoft.count("vault") == 0


@pytest.mark.parametrize("element", range(len(ADA)), ids=["customer", "generation", "user", "tenant", "object id"])
async def test_nobody_elses_identity_opens(one: Sealing, element: int):
    sealed = await one.seal(TEXT, ADA)

    for other in ("bob", "", ADA[element].upper(), ADA[element] + " "):
        await expect_broken(one, sealed, (*ADA[:element], other, *ADA[element + 1 :]))
    swapped = list(ADA)
    swapped[element], swapped[element - 1] = swapped[element - 1], swapped[element]
    await expect_broken(one, sealed, tuple(swapped))


@pytest.mark.parametrize(
    ("sealed_for", "opened_by"),
    [
        (("a", "bc"), ("ab", "c")),
        (("a", "b"), ("a", "b", "")),
        (("a", "b"), ("a",)),
        (('a", "b',), ("a", "b")),
        (("a,b",), ("a", "b")),
        (("é",), ("e\u0301",)),
    ],
)
async def test_identities_that_look_alike_are_not_the_same(
    one: Sealing, sealed_for: tuple[str, ...], opened_by: tuple[str, ...]
):
    await expect_broken(one, await one.seal(TEXT, sealed_for), opened_by)
    await expect_broken(one, await one.seal(TEXT, opened_by), sealed_for)


def token_cache(characters: int) -> str:
    """Return text like a user's token cache of MSAL: tokens, which do not compress well, and much repetition."""
    chance = random.Random(7)
    account = "00000000-0000-0000-aaaa-000000000001.00000000-0000-0000-bbbb-000000000002"

    def entry(kind: str) -> dict[str, str]:
        letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
        secret = "".join(chance.choices(letters, k=characters // 4))
        names = ("home_account_id", "environment", "client_id", "realm", "target")
        return dict.fromkeys(names, account) | {"credential_type": kind, "secret": secret}

    kinds = ("AccessToken", "RefreshToken", "IdToken")
    return json.dumps({kind: {f"{account}-login-{kind.lower()}": entry(kind)} for kind in kinds})


async def test_a_token_cache_fits_into_a_row_with_much_to_spare(one: Sealing):
    cache = token_cache(12_000)
    assert 10_000 < len(cache) < 14_000

    sealed = await one.seal(cache, ADA)

    assert len(sealed) < len(cache) < LARGEST_BINARY // 4
    assert await one.open(sealed, ADA) == cache


async def test_what_does_not_fit_into_a_row_is_refused(one: Sealing):
    for text in (token_cache(200_000), "x" * (LARGEST_TEXT + 1)):
        with pytest.raises(MicrosoftUnavailable, match="too large") as problem:
            await one.seal(text, ADA)
        assert problem.value.owner is Owner.ENTRA_ADMIN


async def test_the_largest_text_opens_and_no_larger_one_is_expanded(one: Sealing, microsoft: SimulatedMicrosoft):
    assert await one.open(await one.seal("x" * LARGEST_TEXT, ADA), ADA) == "x" * LARGEST_TEXT

    bomb = zlib.compress(b"x" * (LARGEST_TEXT + 1))
    await expect_broken(one, seal_as_we_do(microsoft, bomb))
    await expect_broken(one, seal_as_we_do(microsoft, zlib.compress(b"text")[:-3]))
    await expect_broken(one, seal_as_we_do(microsoft, b"not compressed"))
    await expect_broken(one, seal_as_we_do(microsoft, zlib.compress(b"\xff not UTF-8")))
    assert await one.open(seal_as_we_do(microsoft, zlib.compress(b"text")), ADA) == "text"


def seal_as_we_do(microsoft: SimulatedMicrosoft, content: bytes) -> bytes:
    """Seal any content with the right key for Ada, as the format is described."""
    head = f"1.{keys(microsoft)[-1].version}."
    nonce = os.urandom(12)
    key = AESGCM(b64decode(keys(microsoft)[-1].value))
    return head.encode() + nonce + key.encrypt(nonce, content, json.dumps([head, *ADA]).encode())
