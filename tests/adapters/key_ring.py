"""A vault with the key ring in it, for tests of what is sealed and of who makes the keys."""

import os
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace

import pytest

from lib.adapters.sealing import KEY_NAME, Sealing
from lib.domain.errors import MicrosoftUnavailable, Owner
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
