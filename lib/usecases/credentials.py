"""Which credential proves a revision's application."""

from lib.domain.configuration import Customer, Revision
from lib.domain.microsoft import SecretMissing
from lib.ports import Credential, Vault


def credential_of(customer: Customer, revision: Revision, tenant: str, vault: Vault) -> Credential:
    """Return the credential of a stored revision; its secret is read from the vault only when it is needed."""
    version = revision.secret_version

    async def secret() -> str:
        if version is None:
            raise SecretMissing
        return await vault.read(customer.secret_name(), version)

    key = (customer.id, customer.generation, version or "")
    return Credential(key, tenant, revision.access.application_id or "", secret)


def credential_of_draft(customer_id: str, tenant: str, application_id: str, value: str, mark: str) -> Credential:
    """Return the credential of a secret that is only being tried: nothing stored, nothing shared (`mark` is new)."""

    async def secret() -> str:
        return value

    return Credential((customer_id, "draft", mark), tenant, application_id, secret, keep=False)
