"""Look at the deployment's own application, which customers of type Basic use: its secret is the operators' affair."""

from dataclasses import dataclass, replace
from datetime import datetime

from lib.domain.alerts import Kind
from lib.domain.configuration import Customer, Revision
from lib.domain.errors import BasicNotAllowed
from lib.domain.findings import Seen, Trouble
from lib.domain.microsoft import EntraRefused, SecretMissing
from lib.domain.notices import BASIC, Notice
from lib.domain.probing import of_refusal
from lib.domain.refusals import entra_error, is_passing, of_basic, secret_missing
from lib.ports import Deadline, Entra
from lib.usecases.credentials import BASIC_SECRET, Credentials, tenant_of


@dataclass(frozen=True)
class BasicLooker:
    """Looks at the application of Basic."""

    credentials: Credentials
    entra: Entra

    async def look(self, customer: Customer, revision: Revision, deadline: Deadline) -> Seen | None:
        """Return what was seen, by way of one of the customers that use it; None if Basic is not offered.

        Raises what tells that somebody could not be asked.
        """
        versions = [version for version in await self.credentials.vault.versions(BASIC_SECRET) if version.enabled]
        newest = versions[-1] if versions else None
        seen = Seen(newest.id if newest else "", BASIC)
        seen = replace(seen, expires=newest.expires) if newest else seen
        try:
            tenant = await tenant_of(revision, self.entra, deadline)
            credential = replace(self.credentials.of(customer, revision, tenant), keep=False)
            await self.entra.app_token(credential, deadline, fresh=True)
        except BasicNotAllowed:
            return None
        except SecretMissing:
            problem = of_basic(secret_missing())
            return replace(seen, asked=True, refused=Trouble(problem.code, problem.message))
        except EntraRefused as refused:
            if is_passing(refused):
                raise entra_error(refused) from refused
            # Whether that one customer consented is no affair of the application's secret.
            return replace(of_refusal(seen, refused, revision, active=False), withdrawn=None)
        return replace(seen, asked=True)


def basic_notice(application_id: str | None, seen: Seen, kinds: tuple[Kind, ...], now: datetime) -> Notice:
    """Return the notice about the application of Basic."""
    return Notice(
        customer=BASIC,
        generation="",
        kinds=kinds,
        found_at=now,
        application_id=application_id,
        expires=seen.expires,
        works=seen.works,
        refused=seen.refused,
    )
