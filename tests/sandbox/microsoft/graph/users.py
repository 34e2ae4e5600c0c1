"""Reading a user of the directory: `GET /me` and `GET /users/{id or user principal name}` (facts 1.1, 2.4)."""

import re

from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.microsoft.graph.access import Caller, bad_me
from tests.sandbox.microsoft.graph.errors import bad_request, insufficient_privileges, not_in_directory
from tests.sandbox.microsoft.surroundings import Surroundings
from tests.sandbox.world.tenants import Account

_READ_ANYBODY = {"User.Read.All", "Directory.Read.All"}
_READ_ONESELF = {"User.Read", "User.ReadWrite"} | _READ_ANYBODY

# What is answered without $select; accounts of the sandbox have no more than names and addresses.
_USUAL = (
    *("businessPhones", "displayName", "givenName", "jobTitle", "mail", "mobilePhone", "officeLocation"),
    *("preferredLanguage", "surname", "userPrincipalName", "id"),
)


class Users:
    """The accounts of the caller's tenant. `proxyAddresses` and `otherMails` come only when they are selected."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared

    async def answer(self, seen: SeenRequest, caller: Caller, match: "re.Match[str]") -> tuple[object, dict[str, str]]:
        """Answer one request. Raises GraphError."""
        await self._shared.spend_latency("graph")
        name = match["user"]
        if name is None and caller.user is None:
            raise bad_me()
        account = caller.tenant.account(name or caller.user or "")
        _check_permission(caller, account)
        if account is None:
            raise not_in_directory(name or caller.user or "")
        shown = _shown(account)
        select = [part.strip() for part in seen.query.get("$select", "").split(",") if part.strip()]
        wanted = _known(select, shown) if select else list(_USUAL)
        context = f"{self._shared.graph_url}/v1.0/$metadata#users"
        context += f"({','.join(select)})/$entity" if select else "/$entity"
        return {"@odata.context": context} | {name: shown[name] for name in wanted}, {}


def _check_permission(caller: Caller, account: Account | None) -> None:
    """Refuse without the right to read this user; whether somebody else exists is not told. Raises GraphError."""
    oneself = caller.user is not None and account is not None and account.object_id == caller.user
    granted = caller.roles if caller.user is None else caller.scopes
    if not granted & (_READ_ONESELF if oneself else _READ_ANYBODY):
        raise insufficient_privileges()


def _known(select: list[str], shown: dict[str, object]) -> list[str]:
    """Return the properties selected, in the spelling of the API. Raises GraphError for one that users do not have."""
    spellings = {name.lower(): name for name in shown}
    for name in select:
        if name.lower() not in spellings:
            text = f"Could not find a property named '{name}' on type 'microsoft.graph.user'."
            raise bad_request(f"Parsing OData Select and Expand failed: {text}")
    return [spellings[name.lower()] for name in select]


def _shown(account: Account) -> dict[str, object]:
    """Return everything about an account. The primary address is the one with the capital SMTP."""
    primary = [f"SMTP:{account.mail}"] if account.mail else []
    return dict.fromkeys(_USUAL) | {
        "id": account.object_id,
        "displayName": account.display_name,
        "userPrincipalName": account.user_principal_name,
        "mail": account.mail,
        "businessPhones": [],
        "accountEnabled": not account.disabled,
        "proxyAddresses": primary + [f"smtp:{address}" for address in account.other_addresses],
        "otherMails": list(account.other_mails),
    }
