"""Which users have to connect again, by the names that the ATS uses for them."""

from dataclasses import dataclass

from lib.domain.configuration import Customer
from lib.domain.connection import Connection
from lib.domain.errors import CalendarError
from lib.domain.findings import EndedUser
from lib.usecases.renewals import Renewals


@dataclass(frozen=True)
class EndedUsers:
    """Finds users whose connection has ended."""

    renewals: Renewals

    async def of(self, customer: Customer) -> tuple[EndedUser, ...]:
        """Return the users of a customer whose connection has ended; none where users do not connect."""
        if not customer.users_connect:
            return ()
        ended = []
        async for stored in self.renewals.connections.ended(customer.id, customer.generation):
            connection = stored.connection
            if connection.ended is not None:
                ended.append(EndedUser(await self._name(connection), connection.ended.at))
        return tuple(ended)

    async def _name(self, connection: Connection) -> str:
        """Return the user as the ATS writes it; the account's object id where that is not known."""
        try:
            return (await self.renewals.open(connection)).name or connection.object_id
        except CalendarError:
            return connection.object_id
