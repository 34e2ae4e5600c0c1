"""The vault's secrets: versions, soft delete, limits (facts 12.1). Data lies in the world, so that tests can look."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.microsoft.vault.attributes import apply, check_name
from tests.sandbox.microsoft.vault.errors import VaultError, bad_parameter, not_found
from tests.sandbox.world.secrets import SecretVersion, VaultSecret

_LARGEST_VALUE = 25 * 1024
_RECOVERABLE_DAYS = 90


class Store:
    """The operations on secrets. Every one raises VaultError."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    def set(self, name: str, body: dict[str, Any]) -> dict[str, object]:
        """Make a new version; a deleted name cannot be used until recovered or purged."""
        check_name(name)
        if name.lower() in self._shared.world.deleted_secrets:
            text = (
                f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; in "
                "this state, the secret can only be recovered or purged."
            )
            raise VaultError(409, "Conflict", text, inner="ObjectIsDeletedButRecoverable")
        value = body.get("value")
        if not isinstance(value, str):
            raise bad_parameter("The request body must have a string 'value'.")
        if len(value.encode()) > _LARGEST_VALUE:
            raise bad_parameter(f"The secret value is larger than {_LARGEST_VALUE} bytes.")
        now = self._shared.now()
        version = SecretVersion(uuid.uuid4().hex, value, now, now)
        apply(version, body)
        secret = self._shared.world.vault_secrets.setdefault(name.lower(), VaultSecret(name))
        secret.versions.append(version)
        return self._bundle(secret, version)

    def get(self, name: str, version: str) -> dict[str, object]:
        """Return a secret with its value: also an expired one, but not a disabled one."""
        secret = self._find(name)
        found = _version(secret, version)
        if not found.enabled:
            text = "Operation get is not allowed on a disabled secret."
            raise VaultError(403, "Forbidden", text, inner="SecretDisabled")
        return self._bundle(secret, found)

    def update(self, name: str, version: str, body: dict[str, Any]) -> dict[str, object]:
        """Change the attributes of a version, never its value."""
        secret = self._find(name)
        found = _version(secret, version)
        if "value" in body:
            raise bad_parameter("The value of a secret cannot be changed.")
        apply(found, body)
        found.updated = self._shared.now()
        return self._bundle(secret, found, value=False)

    def list_secrets(self, part: slice) -> list[dict[str, object]]:
        """Return the current attributes of a part of all secrets, by name: ids without version, no values."""
        known = self._shared.world.vault_secrets
        secrets = [known[name] for name in sorted(known)[part]]  # a page of ten thousand must not cost them all
        return [self._bundle(secret, secret.current, value=False, versioned=False) for secret in secrets]

    def list_versions(self, name: str, part: slice) -> list[dict[str, object]]:
        """Return a part of a secret's versions, without values."""
        secret = self._find(name)
        return [self._bundle(secret, version, value=False) for version in secret.versions[part]]

    def delete(self, name: str) -> dict[str, object]:
        """Delete a secret softly."""
        secret = self._find(name)
        del self._shared.world.vault_secrets[name.lower()]
        secret.deleted_at = self._shared.now()
        self._shared.world.deleted_secrets[name.lower()] = secret
        return self._deleted_bundle(secret)

    def list_deleted(self, part: slice) -> list[dict[str, object]]:
        """Return a part of the deleted secrets, by name."""
        secrets = [secret for _, secret in sorted(self._shared.world.deleted_secrets.items()) if self._readable(secret)]
        return [self._deleted_bundle(secret, versioned=False) for secret in secrets[part]]

    def get_deleted(self, name: str) -> dict[str, object]:
        """Return a deleted secret, once its deletion is through."""
        return self._deleted_bundle(self._find_deleted(name))

    def recover(self, name: str) -> dict[str, object]:
        """Bring a deleted secret back."""
        secret = self._find_deleted(name)
        del self._shared.world.deleted_secrets[name.lower()]
        secret.deleted_at = None
        self._shared.world.vault_secrets[name.lower()] = secret
        return self._bundle(secret, secret.current, value=False)

    def purge(self, name: str) -> None:
        """Remove a deleted secret for good."""
        self._find_deleted(name)
        del self._shared.world.deleted_secrets[name.lower()]

    def _find(self, name: str) -> VaultSecret:
        check_name(name)
        secret = self._shared.world.vault_secrets.get(name.lower())
        if secret is None or not secret.versions:
            raise not_found(name)
        return secret

    def _find_deleted(self, name: str) -> VaultSecret:
        check_name(name)
        secret = self._shared.world.deleted_secrets.get(name.lower())
        if secret is None or not self._readable(secret):
            raise not_found(name)
        return secret

    def _readable(self, secret: VaultSecret) -> bool:
        delay = timedelta(seconds=self._shared.deleted_delay)
        return secret.deleted_at is not None and self._shared.now() >= secret.deleted_at + delay

    def _bundle(
        self, secret: VaultSecret, version: SecretVersion, *, value: bool = True, versioned: bool = True
    ) -> dict[str, object]:
        path = f"{secret.name}/{version.version}" if versioned else secret.name
        attributes = {
            "enabled": version.enabled,
            "nbf": version.not_before,
            "exp": version.expires,
            "created": _epoch(version.created),
            "updated": _epoch(version.updated),
            "recoveryLevel": "Recoverable+Purgeable",
            "recoverableDays": _RECOVERABLE_DAYS,
        }
        bundle: dict[str, object] = {"value": version.value} if value else {}
        if version.content_type is not None:
            bundle["contentType"] = version.content_type
        return bundle | {
            "id": f"{self._shared.vault_url}/secrets/{path}",
            "attributes": {key: part for key, part in attributes.items() if part is not None},
            "tags": dict(version.tags),
        }

    def _deleted_bundle(self, secret: VaultSecret, *, versioned: bool = True) -> dict[str, object]:
        assert secret.deleted_at is not None
        return self._bundle(secret, secret.current, value=False, versioned=versioned) | {
            "recoveryId": f"{self._shared.vault_url}/deletedsecrets/{secret.name}",
            "deletedDate": _epoch(secret.deleted_at),
            "scheduledPurgeDate": _epoch(secret.deleted_at + timedelta(days=_RECOVERABLE_DAYS)),
        }


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _version(secret: VaultSecret, version: str) -> SecretVersion:
    if not version:
        return secret.current
    found = next((known for known in secret.versions if known.version == version.lower()), None)
    if found is None:
        raise not_found(f"{secret.name}/{version}")
    return found
