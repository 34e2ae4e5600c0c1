"""Callers who need users' tokens, for tests of what is remembered and renewed."""

from dataclasses import replace

import pytest

from lib.domain.errors import MicrosoftTimeout, Refused, Throttled
from lib.domain.microsoft import EntraRefused, UserToken
from lib.ports import Credential, Deadline
from lib.usecases.user_tokens import UserTokens
from tests.usecases.fakes import down
from tests.usecases.office import USER_DRAFT, Office
from tests.usecases.user_fakes import ADA

BOB = "bob@contoso.com"
GONE = EntraRefused([700082], "invalid_grant")
PASSING = [down(), MicrosoftTimeout(), Throttled(9)]
SAID_BY_ENTRA = [
    EntraRefused([90033], "temporarily_unavailable"),
    EntraRefused([90055], "invalid_grant"),
    EntraRefused([50053], "invalid_grant"),
]


class Calls(Office):
    """Callers who need tokens, in a process that has just started."""

    def __init__(self) -> None:
        super().__init__(draft=USER_DRAFT)
        self.tokens = UserTokens(self.renewals)

    async def token(self, user: str = ADA, *, seconds: float = 5, instead_of: UserToken | None = None) -> UserToken:
        deadline = Deadline.after(seconds)
        return await self.tokens.token(self.customer(), self.credential(), user, deadline, instead_of=instead_of)

    def credential(self) -> Credential:
        customer = self.customer()
        assert customer.active is not None
        assert customer.active.tenant is not None
        return self.credentials.of(customer, customer.active, customer.active.tenant)

    async def value(self, user: str = ADA, **more: UserToken | None) -> str:
        return (await self.token(user, **more)).value  # type: ignore[arg-type]

    async def refusal(self, user: str = ADA) -> str:
        with pytest.raises(Refused) as problem:
            await self.token(user)
        return problem.value.code

    def steps_taken(self) -> list[str]:
        """What was done since the last time."""
        taken = list(self.steps.taken)
        self.steps.taken.clear()
        return taken

    def new_mark(self) -> None:
        self.customers.put(replace(self.customer(), connections_mark=self.customer().connections_mark + "+"))
