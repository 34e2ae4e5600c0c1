"""Look at the deployment's own application, which customers of type Basic use: its secret is the operators' affair."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lib.domain.advice import Topic
from lib.domain.configuration import Customer
from lib.domain.errors import BasicNotAllowed
from lib.domain.findings import Seen, Trouble
from lib.domain.microsoft import EntraRefused, SecretMissing
from lib.domain.notices import BASIC
from lib.domain.refusals import entra_advice, entra_error, is_passing, secret_missing
from lib.ports import Deadline, Entra
from lib.usecases.credentials import BASIC_SECRET, Credentials, tenant_of


@dataclass(frozen=True)
class BasicLooker:
    """Looks at the application of Basic."""

    credentials: Credentials
    entra: Entra

    async def look(self, customers: Sequence[Customer], deadline: Deadline) -> Seen | None:
        """Return what was seen, by way of some of the customers that use it; None if Basic is not offered.

        Only what Entra ID says of the secret counts. What is wrong with one customer (tenant, consent, a policy) says
        nothing about the application, so the next one is asked; without any word about it, nothing was `asked`. Raises
        what tells that Entra ID or the vault cannot be asked now.
        """
        versions = [version for version in await self.credentials.vault.versions(BASIC_SECRET) if version.enabled]
        newest = versions[-1] if versions else None
        seen = Seen(newest.id if newest else "", BASIC)
        seen = replace(seen, expires=newest.expires) if newest else seen
        try:
            for customer in customers:
                tried = await self._try(seen, customer, deadline)
                if tried.asked:
                    return tried
        except BasicNotAllowed:
            return None
        return seen

    async def _try(self, seen: Seen, customer: Customer, deadline: Deadline) -> Seen:
        """Ask for a token in a customer's tenant. Without a word about the secret, nothing was asked."""
        revision = customer.in_use
        if revision is None:
            return seen
        try:
            tenant = await tenant_of(revision, self.entra, deadline)
            credential = replace(self.credentials.of(customer, revision, tenant), keep=False)
            await self.entra.app_token(credential, deadline, fresh=True)
        except SecretMissing:
            text = "The Key Vault holds no readable version of the secret basic-application."
            return replace(seen, asked=True, refused=Trouble(secret_missing().code, text, missing=True))
        except EntraRefused as refused:
            if is_passing(refused):
                raise entra_error(refused) from refused
            advice = entra_advice(refused)
            if advice.topic not in {Topic.CREDENTIAL, Topic.CREDENTIAL_EXPIRED}:
                return seen
            expired = advice.topic is Topic.CREDENTIAL_EXPIRED
            return replace(seen, asked=True, refused=Trouble(advice.code, advice.message), expired_by_entra=expired)
        return replace(seen, asked=True)
