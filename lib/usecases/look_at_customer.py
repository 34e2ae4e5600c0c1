"""Look at one customer's credential: what the vault, Entra ID and Graph say of it. Nothing is judged or told here.

What changed is taken over on the way: a version that somebody added to the vault and that works, and the expiry that
Entra ID knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lib.domain.configuration import ConfigurationType, Customer, Revision
from lib.domain.credential import NEVER, UNKNOWN
from lib.domain.errors import CalendarError, MicrosoftUnavailable
from lib.domain.findings import Newer, Seen, Trouble
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, SecretMissing
from lib.domain.permissions import READS_ITSELF
from lib.domain.probing import of_refusal, withdrawn
from lib.domain.refusals import entra_error, is_passing, secret_missing
from lib.domain.registered import compare
from lib.ports import Credential, Deadline, Entra, Now, VaultVersion
from lib.ports.graph import Graph
from lib.usecases.adoption import Adoption
from lib.usecases.credentials import Credentials, tenant_of
from lib.usecases.ended_users import EndedUsers
from lib.usecases.housekeeping import Housekeeping


@dataclass
class Looked:
    """What a look found. `seen` is None if there is nothing to watch; `unchecked` is what could not be asked.

    `customer` is the customer as it is now, after what was taken over.
    """

    customer: Customer
    seen: Seen | None = None
    unchecked: CalendarError | None = None
    has_credential: bool = False


@dataclass(frozen=True)
class Looker:
    """Looks at customers."""

    credentials: Credentials
    entra: Entra
    graph: Graph
    ended_users: EndedUsers
    adoption: Adoption
    housekeeping: Housekeeping
    now: Now

    async def look(self, customer: Customer, deadline: Deadline) -> Looked:
        """Look at one customer. What cannot be asked is in the result."""
        looked = Looked(customer)
        revision = customer.in_use
        if revision is None or revision.access.type is ConfigurationType.NONE:
            return looked
        # Basic: the secret is the operator's, and looked at as such; of the customer's own there is nothing to ask.
        looked.seen = Seen("", customer.generation, NEVER, asked=True)
        try:
            if revision.access.type is ConfigurationType.ADVANCED:
                looked.has_credential = True
                looked.seen = _known(customer, revision)
                await self._credential(looked, revision, deadline)
        except CalendarError as problem:
            looked.unchecked = problem
        try:
            looked.seen = replace(looked.seen, ended=await self.ended_users.of(looked.customer))
        except CalendarError as problem:
            looked.unchecked = looked.unchecked or problem
        return looked

    async def _credential(self, looked: Looked, revision: Revision, deadline: Deadline) -> None:
        """Find out about the secret. Raises CalendarError for what could not be asked; what was seen stays seen."""
        versions = await self.credentials.vault.versions(looked.customer.secret_name())
        looked.seen = _in_vault(_known(looked.customer, revision), revision, versions)
        adopted = await self.adoption.look(looked.customer, revision, versions, deadline)
        if adopted.customer is not None:
            looked.customer = adopted.customer
            revision = adopted.customer.in_use or revision
            versions = await self.credentials.vault.versions(looked.customer.secret_name())  # there may be a newer one
        looked.seen = _in_vault(_known(looked.customer, revision), revision, versions)
        if adopted.refused:
            looked.seen = replace(looked.seen, newer=Newer.REFUSED, newer_version=adopted.refused)
        looked.seen = replace(looked.seen, unsure=adopted.unsure)
        if _is_readable(revision, versions):
            await self._ask(looked, looked.seen, revision, deadline)
        else:  # whatever this process may remember of it
            looked.seen = _missing(looked.seen)
        if adopted.customer is None:  # else calls under way may still need the version before
            await self.housekeeping.disable_superseded(looked.customer, versions)

    async def _ask(self, looked: Looked, seen: Seen, revision: Revision, deadline: Deadline) -> None:
        """Ask Entra ID for one token, and Graph for the registration if the token lets us."""
        active = looked.customer.active is not None
        try:
            tenant = await tenant_of(revision, self.entra, deadline)
            credential = replace(self.credentials.of(looked.customer, revision, tenant), keep=False)
            token = await self.entra.app_token(credential, deadline, fresh=True)
        except SecretMissing:
            looked.seen = _missing(seen)
        except EntraRefused as refused:
            if is_passing(refused):
                raise entra_error(refused) from refused
            looked.seen = of_refusal(seen, refused, revision, active=active)
        else:
            looked.seen = replace(seen, asked=True, withdrawn=withdrawn(token, revision, active=active))
            await self._compare(looked, revision, credential, token, deadline)

    async def _compare(
        self, looked: Looked, revision: Revision, credential: Credential, token: AppToken, deadline: Deadline
    ) -> None:
        """Compare with what the application may read about itself in Graph."""
        seen = looked.seen
        if seen is None or not set(token.roles) & READS_ITSELF:
            return
        try:
            registered = await self.graph.registered_secrets(token, credential.application_id, deadline)
            found = compare(registered, await credential.secret(), seen.expires, self.now())
        except SecretMissing:
            looked.seen = _missing(seen)
            return
        except GraphRefused as refused:
            if refused.status in {403, 404}:  # not its own owner, or its home is another tenant: it may not look
                return
            text = "Microsoft Graph did not list the application's client secrets."
            raise MicrosoftUnavailable(text, trace=refused.trace) from refused
        if not found.found:
            return
        if found.has_newer and seen.newer is None:
            seen = replace(seen, newer=Newer.REGISTERED, newer_until=found.newer_until)
        looked.seen = replace(seen, expires=found.expires, hint=found.hint, key_id=found.key_id)
        await self.housekeeping.note_expiry(looked.customer, revision, found.expires)


def _known(customer: Customer, revision: Revision) -> Seen:
    """Return what is known without asking anybody."""
    seen = Seen(revision.secret_version or "", customer.generation, revision.expires)
    newest = customer.newest
    if newest is None or newest.secret_version == revision.secret_version:
        return seen
    return replace(seen, newer=Newer.SAVED, newer_until=newest.expires)


def _is_readable(revision: Revision, versions: Sequence[VaultVersion]) -> bool:
    return any(version.id == revision.secret_version and version.enabled for version in versions)


def _missing(seen: Seen) -> Seen:
    """Return it with a secret that the vault does not hold any more, or not to be read."""
    gone = secret_missing()
    return replace(seen, asked=True, refused=Trouble(gone.code, gone.message, missing=True))


def _in_vault(seen: Seen, revision: Revision, versions: Sequence[VaultVersion]) -> Seen:
    """Return it with the vault's expiry, which is the truth unless Entra ID itself told another."""
    found = next((version.expires for version in versions if version.id == revision.secret_version), UNKNOWN)
    return replace(seen, expires=found) if found.known and not revision.learned_expires.known else seen
