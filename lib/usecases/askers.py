"""As whom Graph is asked for a schedule: as the application, in somebody's mailbox, or as a connected user."""

import time
from dataclasses import dataclass
from typing import Protocol

from lib.domain.configuration import ConfigurationType, Consent, Customer, Revision
from lib.domain.connection import not_connected, user_key
from lib.domain.errors import CalendarError
from lib.domain.microsoft import AppToken, EntraRefused, GraphRefused, UserToken
from lib.domain.permissions import READS_CALENDARS
from lib.domain.refusals import entra_error, graph_error, of_basic, secret_missing, user_error
from lib.ports import Credential, Deadline, Entra
from lib.ports.graph import Seat
from lib.usecases.credentials import Credentials
from lib.usecases.user_tokens import UserTokens

Token = AppToken | UserToken

_OLD_TOKEN = 10.0  # seconds; a token keeps its roles until its end, also when consent was given since (Entra docs)


class Asker(Protocol):
    """Who asks."""

    @property
    def seat(self) -> Seat:
        """Where Graph is asked from."""

    @property
    def identity(self) -> tuple[str, ...]:
        """Whose rights decide what the answer shows; only equals may share one."""

    async def token(self, deadline: Deadline, *, instead_of: Token | None = None) -> Token:
        """Return a token; another one than Graph refused. Raises EntraRefused, SecretMissing, Refused."""

    def may_be_outdated(self, refused: GraphRefused, token: Token) -> bool:
        """Return whether a fresh token may do what this one could not."""

    def refused_by_entra(self, refused: EntraRefused) -> CalendarError:
        """Return the error of a token that Entra ID did not give."""

    def secret_missing(self) -> CalendarError:
        """Return the error of a secret that the vault does not hold."""

    def refused_by_graph(self, refused: GraphRefused, token: Token) -> CalendarError:
        """Return the error of a call that Graph refused."""

    async def done(self) -> None:
        """Note that Graph answered."""


@dataclass(frozen=True)
class AsApplication:
    """The application, in the user's mailbox (application permissions)."""

    credential: Credential
    entra: Entra
    mailbox: str
    scoped: bool

    @property
    def seat(self) -> Seat:
        """See `Asker`."""
        return Seat(self.credential.tenant, self.credential.application_id, self.mailbox)

    @property
    def identity(self) -> tuple[str, ...]:
        """See `Asker`."""
        return ("application", self.mailbox.lower())

    async def token(self, deadline: Deadline, *, instead_of: Token | None = None) -> Token:
        """See `Asker`."""
        return await self.entra.app_token(self.credential, deadline, fresh=instead_of is not None)

    def may_be_outdated(self, refused: GraphRefused, token: Token) -> bool:
        """See `Asker`."""
        if refused.status == 401:
            return True
        without_role = not self.scoped and not set(_roles(token)) & READS_CALENDARS
        return refused.status == 403 and without_role and time.time() - token.fetched_at > _OLD_TOKEN

    def refused_by_entra(self, refused: EntraRefused) -> CalendarError:
        """See `Asker`."""
        return entra_error(refused)

    def secret_missing(self) -> CalendarError:
        """See `Asker`."""
        return secret_missing()

    def refused_by_graph(self, refused: GraphRefused, token: Token) -> CalendarError:
        """See `Asker`."""
        return graph_error(refused, roles=_roles(token), scoped=self.scoped)

    async def done(self) -> None:
        """See `Asker`."""


@dataclass(frozen=True)
class AsUser:
    """A user who connected a calendar (delegated permissions)."""

    customer: Customer
    credential: Credential
    user: str
    tokens: UserTokens
    basic: bool = False

    @property
    def seat(self) -> Seat:
        """See `Asker`."""
        return Seat(self.credential.tenant, self.credential.application_id, None)

    @property
    def identity(self) -> tuple[str, ...]:
        """See `Asker`."""
        return ("user", user_key(self.user))

    async def token(self, deadline: Deadline, *, instead_of: Token | None = None) -> Token:
        """See `Asker`."""
        refused = instead_of if isinstance(instead_of, UserToken) else None
        return await self.tokens.token(self.customer, self.credential, self.user, deadline, instead_of=refused)

    def may_be_outdated(self, refused: GraphRefused, token: Token) -> bool:
        """See `Asker`."""
        return refused.status == 401

    def refused_by_entra(self, refused: EntraRefused) -> CalendarError:
        """See `Asker`."""
        return self._told(user_error(refused))

    def secret_missing(self) -> CalendarError:
        """See `Asker`."""
        return self._told(secret_missing())

    def _told(self, problem: CalendarError) -> CalendarError:
        return of_basic(problem) if self.basic else problem

    def refused_by_graph(self, refused: GraphRefused, token: Token) -> CalendarError:
        """See `Asker`."""
        return graph_error(refused, roles=(), scoped=False)

    async def done(self) -> None:
        """See `Asker`."""
        await self.tokens.note_use(self.customer, self.user)


def _roles(token: Token) -> tuple[str, ...]:
    return token.roles if isinstance(token, AppToken) else ()


@dataclass(frozen=True)
class Askers:
    """Chooses who asks."""

    credentials: Credentials
    entra: Entra
    tokens: UserTokens

    def of(self, customer: Customer, revision: Revision, user: str) -> Asker:
        """Return who asks for this customer's user. Raises BasicNotAllowed."""
        if revision.tenant is None:
            raise not_connected()  # an active revision has its tenant; without one there is nobody to ask as
        credential = self.credentials.of(customer, revision, revision.tenant)
        if revision.access.consent is Consent.ADMIN:
            return AsApplication(credential, self.entra, user, revision.scoped)
        basic = revision.access.type is ConfigurationType.BASIC
        return AsUser(customer, credential, user, self.tokens, basic)
