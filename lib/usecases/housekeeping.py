"""Keep the vault tidy: note what Entra ID knows, disable what was superseded, tell what belongs to nobody.

A version is disabled only when nothing begun before the last save or test can still need it; enabling it again in the
vault takes that back. Nothing is ever deleted here.
"""

import re
from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from lib.domain.configuration import Customer, Revision
from lib.domain.credential import Expiry
from lib.domain.errors import CalendarError
from lib.ports import Customers, Damaged, Deadline, Now, Vault, VaultVersion
from lib.usecases.updating import update
from lib.usecases.versions import made_at

_SETTLED_AFTER = timedelta(hours=1)
_UNUSED_AFTER = timedelta(days=1)
_MOST_UNUSED = 50  # told in one run
_OURS = re.compile(r"customer--([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)--([0-9a-f]{32})")


def life(customer_id: str, generation: str) -> int:
    """Return a small name of a customer's generation, for this process: a scan remembers very many."""
    return hash((customer_id, generation))


@dataclass(frozen=True)
class Housekeeping:
    """Tidies the vault, and rows that name what is in it."""

    customers: Customers
    vault: Vault
    now: Now

    async def note_expiry(self, customer: Customer, revision: Revision, learned: Expiry) -> None:
        """Take over the expiry that Entra ID told: the vault's attribute first, so the row tells that all is done."""
        if revision.learned_expires == learned:
            return

        def change(now: Customer) -> Customer | None:
            after = replace(now, newest=learns(now.newest), active=learns(now.active))
            return after if now.generation == customer.generation and after != now else None

        def learns(stored: Revision | None) -> Revision | None:
            same = stored is not None and stored.secret_version == revision.secret_version
            return replace(stored, learned_expires=learned) if stored and same else stored

        with suppress(CalendarError, Damaged):  # the next run learns it again
            await self.vault.note_expiry(customer.secret_name(), revision.secret_version or "", learned)
            await update(customer.id, self.customers, change)

    async def disable_superseded(self, customer: Customer, versions: Sequence[VaultVersion]) -> None:
        """Disable versions that are older than any that a revision names."""
        if not self._superseded(customer, versions):
            return
        with suppress(CalendarError, Damaged):  # the next run finds them again
            stored = await self.customers.read(customer.id)  # as it is now: what is disabled must not be named by it
            if (
                stored is None
                or stored.customer.generation != customer.generation
                or not self._settled(stored.customer)
            ):
                return
            for version in self._superseded(stored.customer, versions):
                await self.vault.disable(customer.secret_name(), version.id)

    def _superseded(self, customer: Customer, versions: Sequence[VaultVersion]) -> list[VaultVersion]:
        named = {revision.secret_version for revision in (customer.active, customer.newest) if revision}
        moments = [moment for name in named if (moment := made_at(versions, name)) is not None]
        if not moments:
            return []
        since = min(moments)
        return [
            version
            for version in versions
            if version.enabled and version.id not in named and version.created_at < since
            if self.now() - version.created_at > _SETTLED_AFTER
        ]

    def _settled(self, customer: Customer) -> bool:
        """Return whether nothing that began before the last save or test can still be under way."""
        moments = [customer.newest.saved_at] if customer.newest else []
        moments += [customer.last_test.tested_at] if customer.last_test else []
        return all(self.now() - moment > _SETTLED_AFTER for moment in moments)

    async def unused(self, known: Container[int], deadline: Deadline) -> list[str]:
        """Return the customers of secrets in the vault that no configuration names and that are a day old.

        They are only told, never deleted: another deployment may share the vault, or the tables may be an older copy.
        `known` are hashes (`life`) of customers that were just read; of others the row is read again. Raises what the
        vault raises when a page fails: then not everything was looked at.
        """
        found: list[str] = []
        async for secret in self.vault.all_secrets():
            match = _OURS.fullmatch(secret.name)
            if match is None or self.now() - secret.created_at < _UNUSED_AFTER or life(match[1], match[2]) in known:
                continue
            if deadline.left() <= 0 or len(found) == _MOST_UNUSED:
                break
            if not await self._is_named(match[1], match[2]):
                found.append(match[1])
        return found

    async def _is_named(self, customer_id: str, generation: str) -> bool:
        try:
            stored = await self.customers.read(customer_id)
        except Damaged:
            return True
        if stored is None:
            return False
        return generation in {stored.customer.generation, *stored.customer.leftovers}
