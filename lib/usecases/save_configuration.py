"""Save a customer's calendar configuration.

The order that keeps the two stores in agreement: first the vault gets a version nobody names, then one conditional
write makes the table row name it. A version that no row will name is made unreadable again.
"""

import logging
from dataclasses import dataclass

from lib.domain.configuration import Customer, Draft, Revision, secret_name
from lib.domain.errors import CalendarError, ConfigurationChanged, InvalidRequest
from lib.domain.microsoft import SecretMissing
from lib.domain.saving import keeps_secret, needs_version, require_secret, save
from lib.ports import Conflict, Customers, Now, Random, Stored, Vault
from lib.usecases.clean_up import Cleaner
from lib.usecases.updating import ATTEMPTS, let_others_pass

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
    writing = _Writing(customer_id, draft, random(), vault)
    try:
        for attempt in range(ATTEMPTS):
            stored = await customers.read(customer_id)
            current = stored.customer if stored else None
            check_edition(current, if_match)
            planned = await writing.plan(current, now)
            if planned and await writing.write(planned, stored, customers):
                return await cleaner.sweep(planned)
            await let_others_pass(attempt)
        raise ConfigurationChanged
    finally:
        await writing.withdraw()


def check_edition(current: Customer | None, if_match: frozenset[str] | None) -> None:
    """Raise ConfigurationChanged unless the customer's edition is one of those (RFC 9110, section 13.1.1)."""
    if if_match is None:
        return
    exists = current is not None and not current.deleted
    if not exists or ("*" not in if_match and current is not None and current.edition not in if_match):
        raise ConfigurationChanged


@dataclass
class _Writing:
    """One save on its way: the version it wrote to the vault, and whether a row may name it by now."""

    customer_id: str
    draft: Draft
    mark: str
    vault: Vault
    generation: str | None = None
    version: str | None = None
    named: bool = False
    begins: bool = False
    met_deleted: bool = False

    async def plan(self, current: Customer | None, now: Now) -> Customer | None:
        """Return the customer as it shall be stored, its version written; None if the vault's secret is deleted."""
        newest = current.newest if current else None
        require_secret(self.draft, newest)
        planned = save(current, self.customer_id, self.draft, secret_version=None, now=now(), mark=self.mark)
        if not needs_version(current, self.draft):
            return planned
        # A secret that was given is the same at every attempt; a kept one may have been replaced in between.
        if self.version is None or self.generation != planned.generation or self.draft.secret is None:
            await self.withdraw()
            self.begins = current is None or current.generation != planned.generation
            try:
                self.version = await self._new_version(planned, newest)
            except Conflict:
                await self._deleted(planned)
                return None
            self.generation = planned.generation
        return save(current, self.customer_id, self.draft, secret_version=self.version, now=now(), mark=self.mark)

    async def _new_version(self, planned: Customer, newest: Revision | None) -> str:
        """Write the secret given, or the stored one again with its new expiry, and return the vault's version."""
        secret, copy_of = self.draft.secret, None
        if secret is None:
            if newest is None or newest.secret_version is None or not keeps_secret(self.draft.access, newest):
                raise InvalidRequest("applicationSecret", "is missing")
            try:
                copy_of = newest.secret_version
                secret = await self.vault.read(planned.secret_name(), copy_of)
            except SecretMissing:
                raise InvalidRequest(
                    "applicationSecret",
                    "must be given again, because the stored one is no longer in the vault",
                    remedy="Paste the client secret's Value from the Entra portal.",
                ) from None
        return await self.vault.write(planned.secret_name(), secret, self.draft.secret_expires, copy_of=copy_of)

    async def write(self, planned: Customer, stored: Stored | None, customers: Customers) -> bool:
        """Write the row; False if somebody else was faster."""
        self.named = True  # and if nothing more is heard, it has to be taken for granted
        try:
            await customers.write(planned, stored.etag if stored else None)
            return True
        except (Conflict, CalendarError) as problem:
            # The write may have arrived although its answer did not; a client that repeats it then meets its own row.
            found = await customers.read(planned.id)
            if found is not None and self._landed(found.customer, planned):
                return True
            self.named = False
            if isinstance(problem, CalendarError):
                raise
            return False

    def _landed(self, found: Customer, planned: Customer) -> bool:
        """Return whether this save is in the row, also below a later save that built on it."""
        named = {revision.secret_version for revision in (found.newest, found.active) if revision}
        builds_on_it = found.generation == planned.generation and self.version in named - {None}
        return found.edition == planned.edition or builds_on_it

    async def _deleted(self, planned: Customer) -> None:
        """The name is in soft deletion: the customer was just deleted, or, if it is still there, only its secret."""
        if self.met_deleted:
            await self.vault.recover(planned.secret_name())
        self.met_deleted = True

    async def withdraw(self) -> None:
        """Make a version that no row names unreadable. If the vault does not let us, still nobody names it."""
        version, generation = self.version, self.generation
        if self.named or version is None or generation is None:
            return
        self.version = None
        name = secret_name(self.customer_id, generation)
        try:
            if self.begins:
                await self.vault.delete(name)  # a generation that never came to be
            else:
                await self.vault.disable(name, version)
        except CalendarError as problem:
            _log.warning("a version of secret %s that nobody uses could not be withdrawn: %s", name, problem)
