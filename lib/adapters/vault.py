"""Azure Key Vault: client secrets, each version with its expiry in the vault's own attributes.

Values are read once per process and version (a version never changes) and only to ask Entra ID for a token.
Tags tell a reader of the vault where a version came from; they hold nothing secret, since whoever may list sees them.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest
from azure.keyvault.secrets.aio import SecretClient

from lib.adapters.azure import CLIENT_OPTIONS, failures_of
from lib.adapters.vault_lists import SERVICE, WRITTEN_BY, pages, refuse_no_list, secret_of, version_of
from lib.domain.credential import Expiry
from lib.domain.microsoft import SecretMissing
from lib.ports import Conflict, VaultSecret, VaultVersion

_MOST_VALUES = 2000
_POLL = 0.5  # seconds between two looks whether a deleted secret is gone


class KeyVault:
    """One vault; implements `lib.ports.Vault`."""

    def __init__(self, vault_url: str, credential: AsyncTokenCredential) -> None:
        self._client = SecretClient(vault_url, credential, **CLIENT_OPTIONS)
        self._values: OrderedDict[tuple[str, str], str] = OrderedDict()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def write(self, name: str, secret: str, expires: Expiry, *, copy_of: str | None = None) -> str:
        """See `lib.ports.Vault`."""
        async with failures_of(SERVICE):
            try:
                written = await self._client.set_secret(
                    name,
                    secret,
                    content_type="text/plain",
                    expires_on=expires.as_moment(),
                    tags={"writtenBy": WRITTEN_BY, "expires": expires.as_text() or "unknown"}
                    | ({"copyOf": copy_of} if copy_of else {}),
                )
            except HttpResponseError as problem:
                if problem.status_code == 409:  # ObjectIsDeletedButRecoverable: the name is in soft deletion
                    raise Conflict from problem
                raise
        version = written.properties.version
        if not version:
            raise RuntimeError("Key Vault named no version")
        self._remember(name, version, secret)
        return version

    async def recover(self, name: str) -> None:
        """See `lib.ports.Vault`."""
        async with failures_of(SERVICE):
            try:
                await self._client.recover_deleted_secret(name, _polling_interval=_POLL)
            except ResourceNotFoundError:
                return

    async def read(self, name: str, version: str) -> str:
        """See `lib.ports.Vault`."""
        known = self._values.get((name, version))
        if known is not None:
            return known
        found = await self._find(name, version)
        if found is None:
            raise SecretMissing
        return found[1]

    async def newest(self, name: str) -> tuple[str, str] | None:
        """See `lib.ports.Vault`. The vault is asked each time: somebody may have added a version a second ago."""
        return await self._find(name)

    async def _find(self, name: str, version: str | None = None) -> tuple[str, str] | None:
        """Return a version (None: the newest) and its value, None if the vault answers 404.

        Raises SecretMissing if it is disabled or empty.
        """
        async with failures_of(SERVICE):
            try:
                found = await self._client.get_secret(name, version)
            except ResourceNotFoundError:
                return None
            except HttpResponseError as problem:
                if _is_disabled(problem):
                    raise SecretMissing from None
                raise
            found_version, value = found.properties.version, found.value
            if not found_version or value is None:
                raise ValueError("this is not an answer of Key Vault")
        if not value:
            raise SecretMissing
        self._remember(name, found_version, value)
        return found_version, value

    async def disable(self, name: str, version: str) -> None:
        """See `lib.ports.Vault`."""
        self._values.pop((name, version), None)
        async with failures_of(SERVICE):
            try:
                await self._client.update_secret_properties(name, version, enabled=False)
            except ResourceNotFoundError:
                return

    async def delete(self, name: str) -> None:
        """See `lib.ports.Vault`."""
        for key in [key for key in self._values if key[0] == name]:
            del self._values[key]
        async with failures_of(SERVICE):
            try:
                # Not `delete_secret`: that waits until the deleted secret can be looked at, and nobody wants to.
                answer = await self._client.send_request(HttpRequest("DELETE", f"/secrets/{name}"))
                if answer.status_code not in {404, 409}:  # gone, or being deleted already
                    answer.raise_for_status()
            except ResourceNotFoundError:
                return

    async def note_expiry(self, name: str, version: str, expires: Expiry) -> None:
        """See `lib.ports.Vault`."""
        async with failures_of(SERVICE):
            try:
                # The tags stay as they are: whoever added a version by hand may have some, and a date counts more.
                await self._client.update_secret_properties(name, version, expires_on=expires.as_moment())
            except ResourceNotFoundError:
                return

    async def versions(self, name: str) -> list[VaultVersion]:
        """See `lib.ports.Vault`. The vault dates versions by the second; of one second they come as it lists them."""
        listed = self._client.list_properties_of_secret_versions(name, raw_response_hook=refuse_no_list)
        found: dict[str, VaultVersion] = {}  # by id: a list that changes while it is read may name one twice
        try:
            async for page in pages(listed, version_of, may_be_gone=True):
                found |= {version.id: version for version in page}
        except SecretMissing:
            return []
        return sorted(found.values(), key=lambda version: version.created_at)

    async def all_secrets(self) -> AsyncIterator[VaultSecret]:
        """See `lib.ports.Vault`. A page that fails is told: what was seen until then is not all."""
        listed = self._client.list_properties_of_secrets(raw_response_hook=refuse_no_list)
        async for page in pages(listed, secret_of):
            for secret in page:
                yield secret

    def _remember(self, name: str, version: str, value: str) -> None:
        self._values[name, version] = value
        if len(self._values) > _MOST_VALUES:
            self._values.popitem(last=False)


def _is_disabled(problem: HttpResponseError) -> bool:
    """Tell a disabled version (403 SecretDisabled) from a vault that refuses us (other 403s)."""
    inner = getattr(problem.error, "innererror", None) or {}
    inner_code = inner.get("code") if isinstance(inner, dict) else getattr(inner, "code", None)
    return problem.status_code == 403 and "SecretDisabled" in {inner_code, getattr(problem.error, "code", None)}
