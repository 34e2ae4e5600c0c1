"""What lies in the simulated Key Vault."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class SecretVersion:
    """One version of a secret; every set makes a new one."""

    version: str
    value: str
    created: datetime
    updated: datetime
    content_type: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    enabled: bool = True
    not_before: int | None = None
    expires: int | None = None


@dataclass
class VaultSecret:
    """A secret under its name as first written (names compare without case), oldest version first."""

    name: str
    versions: list[SecretVersion] = field(default_factory=list)
    deleted_at: datetime | None = None

    @property
    def current(self) -> SecretVersion:
        """The newest version."""
        return self.versions[-1]
