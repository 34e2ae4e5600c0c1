"""Save a customer's calendar configuration.

The order that keeps the two stores in agreement: first the vault gets a version nobody names, then one conditional
write makes the table row name it. If that write loses against somebody else's, the version is made unreadable again.
"""

import logging

from lib.domain.configuration import Customer, Draft, Revision
from lib.domain.errors import CalendarError, ConfigurationChanged, InvalidRequest, MicrosoftUnavailable
from lib.domain.microsoft import SecretMissing
from lib.domain.saving import keeps_secret, needs_version, require_secret, save
from lib.ports import Conflict, Customers, Now, Random, Stored, Vault
from lib.usecases.clean_up import Cleaner

_ATTEMPTS = 6
_log = logging.getLogger("calendar_connector")


async def save_configuration(
    customer_id: str,
    draft: Draft,
    *,
    if_match: frozenset[str] | None,
    customers: Customers,
    vault: Vault,
    cleaner: Cleaner,
    now: Now,
    random: Random,
) -> Customer:
    """Store the draft and return the customer. `if_match` holds the editions the caller accepts, None for any.

    Without `if_match` the last of several saves at once wins, whole. Raises InvalidRequest, ConfigurationChanged.
    """
    for _ in range(_ATTEMPTS):
        stored = await customers.read(customer_id)
        current = stored.customer if stored else None
        check_edition(current, if_match)
        newest = current.newest if current else None
        require_secret(draft, newest)
        planned = save(current, customer_id, draft, secret_version=None, now=now(), mark=random())
        version = None
        if needs_version(current, draft):
            try:
                version = await _new_version(planned, newest, draft, vault)
            except Conflict:
                continue  # deleted in the meantime: what is there now decides
            planned = save(current, customer_id, draft, secret_version=version, now=now(), mark=planned.edition)
        if await _write(planned, stored, version, customers, vault):
            return await cleaner.sweep(planned)
    raise MicrosoftUnavailable(
        "The configuration is being changed by too many others at once; nothing was saved.",
        remedy="Load the configuration again and repeat your change.",
    )


def check_edition(current: Customer | None, if_match: frozenset[str] | None) -> None:
    """Raise ConfigurationChanged unless the customer's edition is one of those (RFC 9110, section 13.1.1)."""
    if if_match is None:
        return
    exists = current is not None and not current.deleted
    if not exists or ("*" not in if_match and current is not None and current.edition not in if_match):
        raise ConfigurationChanged


async def _new_version(planned: Customer, newest: Revision | None, draft: Draft, vault: Vault) -> str:
    """Write the secret given, or the stored one again with its new expiry, and return the vault's version."""
    secret = draft.secret
    if secret is None:
        if newest is None or newest.secret_version is None or not keeps_secret(draft.access, newest):
            raise InvalidRequest("applicationSecret", "is missing")
        try:
            secret = await vault.read(planned.secret_name(), newest.secret_version)
        except SecretMissing:
            raise InvalidRequest(
                "applicationSecret",
                "must be given again, because the stored one is no longer in the vault",
                remedy="Paste the client secret's Value from the Entra portal.",
            ) from None
    return await vault.write(planned.secret_name(), secret, draft.secret_expires)


async def _write(
    planned: Customer, stored: Stored | None, version: str | None, customers: Customers, vault: Vault
) -> bool:
    """Write the row; False if somebody else was faster. A version that no row names does not stay readable."""
    try:
        await customers.write(planned, stored.etag if stored else None)
        return True
    except (Conflict, CalendarError) as problem:
        # The write may have arrived although its answer did not; a client that repeats it then meets its own row.
        found = await customers.read(planned.id)
        if found is not None and found.customer.edition == planned.edition:
            return True
        await _withdraw(planned, stored, version, vault)
        if isinstance(problem, CalendarError):
            raise
        return False


async def _withdraw(planned: Customer, stored: Stored | None, version: str | None, vault: Vault) -> None:
    """Make a version that lost unreadable. If the vault does not let us, it is still a version that nobody names."""
    if version is None:
        return
    name = planned.secret_name()
    try:
        if stored is None or stored.customer.generation != planned.generation:
            await vault.delete(name)  # a generation that never came to be
        else:
            await vault.disable(name, version)
    except CalendarError as problem:
        _log.warning("a version of secret %s that nobody uses could not be withdrawn: %s", name, problem)
