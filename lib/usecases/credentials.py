"""Which application a configuration means, and what proves it."""

from dataclasses import dataclass

from lib.domain.configuration import Access, ConfigurationType, Customer, Draft, Revision
from lib.domain.errors import BasicNotAllowed
from lib.domain.microsoft import SecretMissing
from lib.ports import Credential, Deadline, Entra, Vault

BASIC_SECRET = "basic-application"  # noqa: S105  the vault's name of a secret (contract: BASIC_APPLICATION_ID)


@dataclass(frozen=True)
class Credentials:
    """Finds credentials. `basic_application_id` is this deployment's own application, None where it offers no Basic."""

    vault: Vault
    basic_application_id: str | None = None

    def application_id(self, access: Access) -> str:
        """Return the application's client ID. Raises BasicNotAllowed."""
        if access.type is not ConfigurationType.BASIC:
            return access.application_id or ""
        if self.basic_application_id is None:
            raise BasicNotAllowed(
                "configurationType",
                "Basic is for trying out, and this deployment does not offer it",
                remedy="Choose Advanced in the Calendar Configuration and enter the organisation's own application.",
            )
        return self.basic_application_id

    def of(self, customer: Customer, revision: Revision, tenant: str) -> Credential:
        """Return the credential of a stored revision; its secret is read from the vault only when it is needed.

        Raises BasicNotAllowed.
        """
        application_id = self.application_id(revision.access)
        if revision.access.type is ConfigurationType.BASIC:
            return Credential((customer.id, customer.generation, "basic"), tenant, application_id, self._basic_secret)
        version = revision.secret_version

        async def secret() -> str:
            if version is None:
                raise SecretMissing
            return await self.vault.read(customer.secret_name(), version)

        return Credential((customer.id, customer.generation, version or ""), tenant, application_id, secret)

    def of_draft(self, customer_id: str, draft: Draft, tenant: str, mark: str) -> Credential:
        """Return the credential of a draft with its own secret: nothing stored, nothing shared (`mark` is new).

        Raises BasicNotAllowed.
        """
        application_id = self.application_id(draft.access)

        async def secret() -> str:
            if draft.access.type is ConfigurationType.BASIC:
                return await self._basic_secret()
            return draft.secret or ""

        return Credential((customer_id, "draft", mark), tenant, application_id, secret, keep=False)

    async def _basic_secret(self) -> str:
        found = await self.vault.newest(BASIC_SECRET)
        if found is None:
            raise SecretMissing
        return found[1]


async def tenant_of(revision: Revision, entra: Entra, deadline: Deadline) -> str:
    """Return the GUID of the revision's tenant: the pinned one, else what Entra ID says. Raises EntraRefused."""
    return revision.tenant or (await entra.directory(revision.access.tenant_id or "", deadline)).id
