"""What is sealed opens for its own identity only, and nothing that was edited opens at all."""

import json
import os
import random
import zlib
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lib.adapters.sealing import LARGEST_TEXT, Sealing
from lib.adapters.tables import LARGEST_BINARY
from lib.domain.errors import MicrosoftUnavailable, Owner
from tests.adapters.key_ring import ADA, TEXT, expect_broken, keys, named
from tests.sandbox.microsoft import SimulatedMicrosoft

_identities = st.lists(st.text(max_size=40), min_size=1, max_size=6).map(tuple)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=3000), _identities)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
async def test_what_is_sealed_opens_for_the_same_identity(one: Sealing, text: str, identity: tuple[str, ...]):
    assert await one.open(await one.seal(text, identity), identity) == text


async def test_nothing_of_the_text_can_be_read(one: Sealing):
    sealed = await one.seal("secret" * 100, ADA)

    assert b"secret" not in sealed
    assert zlib.compress(b"secret" * 100) not in sealed
    assert b"ada" not in sealed


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
    await one.seal(TEXT, ADA)  # there is a key, so it is not the operator who is asked
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
