"""Sealing what must not be readable in a table: AES-256-GCM, with keys that lie in Key Vault.

    1.<version of the key>.<nonce: 12 bytes><compressed text, encrypted, with its tag>

The key ring is one secret of the vault; each of its versions is a key, and a sealed value names its own. So a key is
rotated by adding a version, and two instances that start at once and both make one do no harm. The head and the
identity are associated data (NIST SP 800-38D): a value that was edited, or copied to the row of somebody else, does not
open. Nonces are random: one key may seal 2^32 values (section 8.3 there), which 100,000 a day reach in 117 years.
"""

import asyncio
import json
import os
import re
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lib.adapters.tables import LARGEST_BINARY
from lib.domain.credential import NEVER
from lib.domain.errors import MicrosoftTimeout, MicrosoftUnavailable, Owner
from lib.domain.microsoft import SecretMissing
from lib.ports import Conflict, SealBroken, Vault

KEY_NAME = "token-encryption-key"
LARGEST_TEXT = 4 * 1024 * 1024  # bytes in UTF-8
_KEY_BYTES, _NONCE_BYTES, _TAG_BYTES = 32, 12, 16
_PATIENCE = 3.0  # seconds for asking which key is the newest, when one is known that will do

# Key Vault's versions are 32 characters. Nothing else is asked for: a row may have been edited.
_HEAD = re.compile(rb"1\.([0-9a-f]{32})\.")


@dataclass(frozen=True)
class _Key:
    version: str
    value: bytes = field(repr=False)

    @property
    def head(self) -> bytes:
        return f"1.{self.version}.".encode()


class Sealing:
    """Implements `lib.ports.Sealer` over a vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._known: _Key | None = None
        self._making = asyncio.Lock()

    async def seal(self, text: str, identity: tuple[str, ...]) -> bytes:
        """See `lib.ports.Sealer`. The vault is asked for its newest key each time, so that a new one counts at once.

        Raises MicrosoftUnavailable also for what is too large: sealed over the 64 KiB that a table's row takes.
        """
        plain = text.encode()
        if len(plain) > LARGEST_TEXT:
            raise _too_large()
        key, nonce = await self._newest(), os.urandom(_NONCE_BYTES)
        # Compressed, since MSAL's caches repeat themselves. Sizes tell little: nobody mixes text of their own into it.
        encrypted = AESGCM(key.value).encrypt(nonce, zlib.compress(plain), _bound(key.head, identity))
        sealed = key.head + nonce + encrypted
        if len(sealed) > LARGEST_BINARY:
            raise _too_large()
        return sealed

    async def open(self, sealed: bytes, identity: tuple[str, ...]) -> str:
        """See `lib.ports.Sealer`. A vault that cannot be used is an error of its own, never a broken seal."""
        head = _HEAD.match(sealed)
        rest = sealed[head.end() :] if head else b""
        if head is None or len(rest) < _NONCE_BYTES + _TAG_BYTES:
            raise SealBroken
        key = await self._key(head[1].decode())
        nonce, encrypted = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return _expand(AESGCM(key.value).decrypt(nonce, encrypted, _bound(key.head, identity)))
        except (InvalidTag, zlib.error, UnicodeDecodeError) as problem:
            raise SealBroken from problem

    async def _key(self, version: str) -> _Key:
        """Return the key of a version. Raises SealBroken if it is gone, disabled or no key.

        If the newest one is disabled, too, or the whole secret was deleted, nothing can be opened: that is the
        operator's matter.
        """
        try:
            return _decoded(version, await self._vault.read(KEY_NAME, version))
        except SecretMissing as problem:
            try:
                newest = await self._vault.newest(KEY_NAME)
            except SecretMissing:
                raise _disabled() from problem
            if newest is None:
                raise _deleted() from problem
            raise SealBroken from problem

    async def _newest(self) -> _Key:
        """Return the key to seal with, made if the vault never had one."""
        try:
            key = await self._ask() or await self._first()
        except SecretMissing as problem:
            self._known = None
            raise _disabled() from problem
        self._known = key
        return key

    async def _ask(self) -> _Key | None:
        """Return the vault's newest key, None if it has none; the one used last if the vault cannot be asked."""
        known = self._known
        try:
            async with asyncio.timeout(_PATIENCE if known else None):
                found = await self._vault.newest(KEY_NAME)
        except (MicrosoftUnavailable, MicrosoftTimeout, TimeoutError):
            if known is None:
                raise
            return known
        if found is None:
            self._known = None
            return None
        return _decoded(*found)

    async def _first(self) -> _Key:
        """Make the first key, one per process however many ask at once. Nothing but a 404 of the vault leads here."""
        async with self._making:
            found = await self._vault.newest(KEY_NAME)
            if found is not None:  # made while this call waited
                return _decoded(*found)
            value = b64encode(AESGCM.generate_key(bit_length=8 * _KEY_BYTES)).decode()
            try:
                version = await self._vault.write(KEY_NAME, value, NEVER)
            except Conflict as problem:
                raise _deleted() from problem
            return _decoded(version, value)


def _decoded(version: str, value: str) -> _Key:
    """Return the key of what lies in the vault. Raises SecretMissing if that is no key."""
    try:
        key = _Key(version.lower(), b64decode(value.strip(), validate=True))  # openssl and editors end a line
    except ValueError:
        raise SecretMissing from None
    if len(key.value) != _KEY_BYTES or not _HEAD.fullmatch(key.head):
        raise SecretMissing
    return key


def _bound(head: bytes, identity: tuple[str, ...]) -> bytes:
    """Return the associated data. A JSON list keeps its elements apart: ("a", "bc") is not ("ab", "c")."""
    return json.dumps([head.decode(), *identity]).encode()


def _expand(compressed: bytes) -> str:
    """Return the text of what was compressed, of which no more than we ever seal is expanded. Raises zlib.error."""
    expander = zlib.decompressobj()
    plain = expander.decompress(compressed, LARGEST_TEXT)
    if not expander.eof:
        raise zlib.error("longer than anything that was sealed, or cut off")
    return plain.decode()


def _disabled() -> MicrosoftUnavailable:
    return MicrosoftUnavailable(
        f"The newest version of the secret {KEY_NAME} in this deployment's Key Vault is disabled, or is no key.",
        remedy=f"In Key Vault, enable the newest version of {KEY_NAME}, or add a version: 32 random bytes in base64 "
        "(openssl rand -base64 32). Leave older versions enabled, since they open what was sealed with them.",
        owner=Owner.OPERATOR,
    )


def _deleted() -> MicrosoftUnavailable:
    return MicrosoftUnavailable(
        f"The secret {KEY_NAME} was deleted from this deployment's Key Vault.",
        remedy=f"Recover {KEY_NAME} in Key Vault (Secrets, Manage deleted secrets). Without it all users would have to "
        "connect their calendars again, once it is purged or its recovery period is over.",
        owner=Owner.OPERATOR,
    )


def _too_large() -> MicrosoftUnavailable:
    return MicrosoftUnavailable(
        "The tokens that Entra ID gives for this user are too large to be kept.",
        remedy="In the Entra admin center open App registrations > your application > Token configuration and remove "
        "claims that grow with the user's groups or roles.",
        owner=Owner.ENTRA_ADMIN,
    )
