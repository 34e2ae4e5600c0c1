"""The keys in the vault: who makes one and when, what a rotation does, and what an outage must not do."""

import asyncio
import os
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.adapters import azure, sealing
from lib.adapters.sealing import KEY_NAME, Sealing
from lib.adapters.vault import KeyVault
from lib.domain.errors import CalendarError, MicrosoftUnavailable, Owner
from tests.adapters.key_ring import (
    ADA,
    FAULTS,
    TEXT,
    Instances,
    expect_broken,
    expect_operator_error,
    faults,
    keys,
    named,
    rotate,
)
from tests.sandbox.microsoft import SimulatedMicrosoft
from tests.sandbox.microsoft.faults import Fault


async def test_the_first_use_makes_a_key_and_no_later_one_does(instances: Instances, microsoft: SimulatedMicrosoft):
    sealed = [await instance.seal(TEXT, ADA) for instance in (instances(), instances()) for _ in range(2)]

    (key,) = keys(microsoft)
    assert {named(value) for value in sealed} == {key.version}
    assert key.expires is None
    assert len(set(sealed)) == 4, "every value has a nonce of its own"


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
