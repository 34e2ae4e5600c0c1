"""What Key Vault lists about secrets and their versions: never a value.

A list that ends too early would look like secrets that are gone, so whatever is not clearly a page is told.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from azure.core.async_paging import AsyncItemPaged
from azure.core.exceptions import ResourceNotFoundError
from azure.keyvault.secrets import SecretProperties

from lib.adapters.azure import failures_of
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.microsoft import SecretMissing
from lib.ports import VaultSecret, VaultVersion

SERVICE = "Key Vault"
WRITTEN_BY = "calendar-connector"
"""The tag of every version that this application wrote."""


async def pages[Entry](
    listed: AsyncItemPaged[SecretProperties], read: Callable[[SecretProperties], Entry], *, may_be_gone: bool = False
) -> AsyncIterator[list[Entry]]:
    """Go through a list, one request at a time, each with its own limit on time. Raises SecretMissing for a 404."""
    found = listed.by_page()
    while True:
        async with failures_of(SERVICE):
            try:
                page = [read(properties) async for properties in await anext(found)]
            except StopAsyncIteration:
                return
            except ResourceNotFoundError:
                if may_be_gone:
                    raise SecretMissing from None
                raise
        yield page


def refuse_no_list(response: Any) -> None:
    """Refuse an answer without a list: to the SDK it is an empty one, and the end. Raises ValueError."""
    answer = response.http_response
    if answer.status_code == 200 and not isinstance(answer.json().get("value"), list):
        raise ValueError("this is not an answer of Key Vault")


def version_of(properties: SecretProperties) -> VaultVersion:
    """Return what a list says of a version. Raises ValueError."""
    version, created_at = properties.version, properties.created_on
    if not version or created_at is None:
        raise ValueError("this is not an answer of Key Vault")
    ours = (properties.tags or {}).get("writtenBy") == WRITTEN_BY
    enabled = properties.enabled is not False
    copy_of = str((properties.tags or {}).get("copyOf", "")) if ours else ""
    return VaultVersion(version, created_at.astimezone(UTC), enabled, _expires(properties, ours=ours), ours, copy_of)


def _expires(properties: SecretProperties, *, ours: bool) -> Expiry:
    """Return what a version says about its expiry. A date counts more than the tag: somebody may have corrected it."""
    if isinstance(properties.expires_on, datetime):  # the SDK leaves what is beyond the year 9999 as a number
        return Expiry(on=properties.expires_on.astimezone(UTC).date())
    return NEVER if ours and (properties.tags or {}).get("expires") == NEVER.as_text() else UNKNOWN


def secret_of(properties: SecretProperties) -> VaultSecret:
    """Return what a list says of a secret. Raises ValueError."""
    name, created_at = properties.name, properties.created_on
    if not name or created_at is None:
        raise ValueError("this is not an answer of Key Vault")
    return VaultSecret(name, created_at.astimezone(UTC))
