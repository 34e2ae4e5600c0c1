"""Versions of a secret in the vault: since when its value is what it is."""

from collections.abc import Sequence
from datetime import datetime

from lib.ports import VaultVersion


def made_at(versions: Sequence[VaultVersion], version_id: str | None) -> datetime | None:
    """Return when the value of a version was first written, None if it is not among them.

    Another expiry of the same secret makes another version with the same value, which names the one it was copied from.
    """
    known = {version.id: version for version in versions}
    version = known.get(version_id or "")
    seen = set()
    while version and version.copy_of in known and version.id not in seen:
        seen.add(version.id)
        version = known[version.copy_of]
    return version.created_at if version else None
