"""Tell whether a user is connected, since when, and what is wrong."""

from datetime import datetime

from lib.domain.configuration import configured
from lib.domain.connection import ConnectionReport, reconnect_required, user_key
from lib.domain.errors import Refused
from lib.ports import Customers
from lib.usecases.renewals import Renewals


async def read_connection(customer_id: str, user: str, *, customers: Customers, renewals: Renewals) -> ConnectionReport:
    """Return the state of a user's connection. Raises CustomerNotFound, Refused (type none)."""
    row = await customers.read(customer_id)
    customer, _ = configured(row.customer if row else None)
    if not customer.users_connect:
        return ConnectionReport("notNeeded")
    stored = await renewals.connections.read(customer.id, customer.generation, user_key(user))
    if stored is None:
        return ConnectionReport("notConnected")
    connection = stored.connection
    if connection.ended:
        return _to_reconnect(connection.connected_at, connection.last_used_at, reconnect_required(connection.ended))
    try:
        await renewals.open(connection)
    except Refused as problem:
        return _to_reconnect(connection.connected_at, connection.last_used_at, problem)
    return ConnectionReport("connected", connection.connected_at, connection.last_used_at)


def _to_reconnect(connected_at: datetime, last_used_at: datetime | None, problem: Refused) -> ConnectionReport:
    code = problem.trace.code
    reason = f"{problem.message} ({code})" if code else problem.message
    return ConnectionReport("reconnectRequired", connected_at, last_used_at, reason, problem.remedy)
