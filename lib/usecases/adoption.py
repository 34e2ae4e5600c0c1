"""Adopt a version of a client secret that somebody added to the vault by hand, after a token was got with it.

Looked for by the scan, and when Entra ID refuses the secret in use. Only versions count that this application did not
write and that are newer than the one in use: what a save wrote waits for its test, or belongs to a save that failed.
"""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lib.domain.configuration import Customer, Revision
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.errors import CalendarError
from lib.domain.microsoft import EntraRefused, SecretMissing
from lib.domain.probing import accepts_secret
from lib.domain.refusals import is_passing, speaks_of_credential
from lib.ports import Credential, Customers, Damaged, Deadline, Entra, VaultVersion
from lib.usecases.credentials import Credentials, tenant_of
from lib.usecases.updating import update
from lib.usecases.versions import made_at

_log = logging.getLogger("calendar_connector")

_MOST_TRIED = 3  # versions, the newest first: each costs a request, and a wrong one counts at Entra ID
_LOOK_AGAIN_AFTER = 60.0  # seconds after a look that found nothing
_MOST_REMEMBERED = 1000


@dataclass(frozen=True)
class Adopted:
    """What came of a look. `customer` is the customer as stored now if a version was adopted, else None.

    `refused` is the newest version added by hand that Entra ID does not accept; `unsure`: it could not answer.
    """

    customer: Customer | None = None
    refused: str | None = None
    unsure: bool = False


@dataclass(frozen=True)
class Adoption:
    """Finds and adopts versions added by hand."""

    customers: Customers
    credentials: Credentials
    entra: Entra
    _looked: OrderedDict[tuple[str, ...], float] = field(default_factory=OrderedDict, repr=False)
    _under_way: dict[tuple[str, ...], asyncio.Task[Customer | None]] = field(default_factory=dict, repr=False)

    async def after_refusal(
        self, customer: Customer, revision: Revision, deadline: Deadline, *, again: bool = False
    ) -> Customer | None:
        """Return the customer with a newer version in use, None if there is none that works.

        A look that found nothing is remembered for a minute, so that a wrong secret does not cost one per call; `again`
        looks all the same. A failure to look is not told: the refusal is what the caller has to tell.
        """
        key = (customer.id, customer.generation, revision.secret_version or "")
        if revision.secret_version is None or (not again and time.monotonic() < self._looked.get(key, 0.0)):
            return None
        under_way = self._under_way.get(key)
        if under_way is None:
            under_way = self._under_way[key] = asyncio.create_task(self._find(customer, revision, deadline))
            under_way.add_done_callback(lambda _: self._under_way.pop(key, None))
        try:
            async with asyncio.timeout(deadline.left()):
                found = await asyncio.shield(under_way)  # whoever is refused meanwhile waits for the same look
        except TimeoutError:
            return None
        if found is None:
            self._looked[key] = time.monotonic() + _LOOK_AGAIN_AFTER
            if len(self._looked) > _MOST_REMEMBERED:
                self._looked.popitem(last=False)
        return found

    async def _find(self, customer: Customer, revision: Revision, deadline: Deadline) -> Customer | None:
        try:
            versions = await self.credentials.vault.versions(customer.secret_name())
            return (await self.look(customer, revision, versions, deadline)).customer
        except (CalendarError, Damaged) as problem:
            _log.warning("no newer secret of customer %s was looked for: %s", customer.id, type(problem).__name__)
            return None

    async def look(
        self, customer: Customer, revision: Revision, versions: Sequence[VaultVersion], deadline: Deadline
    ) -> Adopted:
        """Try the versions added by hand after the one this revision uses, and adopt the first that works.

        Raises what tells that Entra ID or a store cannot be asked now.
        """
        refused: str | None = None
        for version in added_by_hand(versions, revision.secret_version)[:_MOST_TRIED]:
            try:
                credential = await self._with_version(customer, revision, version, deadline)
                await self.entra.app_token(credential, deadline, fresh=True)
            except SecretMissing:
                continue
            except EntraRefused as problem:
                if is_passing(problem):
                    return Adopted(refused=refused, unsure=True)
                if not accepts_secret(problem, revision):
                    refused = refused or (version.id if speaks_of_credential(problem) else None)
                    continue
            taken = replace(version, expires=_expiry(version, revision, versions))
            return Adopted(await self._adopt(customer, revision, taken))
        return Adopted(refused=refused)

    async def _with_version(
        self, customer: Customer, revision: Revision, version: VaultVersion, deadline: Deadline
    ) -> Credential:
        tenant = await tenant_of(revision, self.entra, deadline)
        credential = self.credentials.of(customer, replace(revision, secret_version=version.id), tenant)
        return replace(credential, keep=False)

    async def _adopt(self, seen: Customer, revision: Revision, version: VaultVersion) -> Customer | None:
        """Make the row name the version where it named the old one, and return the customer; None if it changed."""
        adopted: list[Customer] = []

        def change(customer: Customer) -> Customer | None:
            adopted.clear()
            after = replace(
                customer,
                newest=_with(customer.newest, revision.secret_version, version),
                active=_with(customer.active, revision.secret_version, version),
            )
            if customer.generation != seen.generation or after == customer:
                return None
            adopted.append(after)
            return after

        await update(seen.id, self.customers, change)
        if not adopted:
            return await self._by_another(seen, revision)
        _log.info("a secret version that was added by hand is now in use for customer %s", seen.id)
        return adopted[0]

    async def _by_another(self, seen: Customer, revision: Revision) -> Customer | None:
        """Return the customer if another secret was taken into use meanwhile: by another process, or by a save."""
        stored = await self.customers.read(seen.id)
        customer = stored.customer if stored else None
        in_use = customer.in_use if customer else None
        if customer is None or in_use is None or customer.generation != seen.generation:
            return None
        return customer if in_use.secret_version != revision.secret_version else None


def added_by_hand(versions: Sequence[VaultVersion], in_use: str | None) -> list[VaultVersion]:
    """Return the enabled versions that somebody added after the one in use, the newest first."""
    since = made_at(versions, in_use)
    found = [
        version
        for version in versions
        if version.enabled and not version.ours and version.id != in_use
        if since is None or version.created_at >= since
    ]
    return sorted(found, key=lambda version: version.created_at, reverse=True)


def _with(revision: Revision | None, old: str | None, version: VaultVersion) -> Revision | None:
    if revision is None or revision.secret_version != old:
        return revision
    return replace(revision, secret_version=version.id, secret_expires=version.expires, learned_expires=UNKNOWN)


def _expiry(version: VaultVersion, revision: Revision, versions: Sequence[VaultVersion]) -> Expiry:
    """Return when a version added by hand expires: what the vault says, else a date typed after it was added."""
    in_use = next((known for known in versions if known.id == revision.secret_version), None)
    typed_since = in_use is not None and in_use.copy_of and in_use.created_at >= version.created_at
    return revision.secret_expires if typed_since and not version.expires.known else version.expires
