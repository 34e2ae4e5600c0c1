"""Alert histories read alongside the customers: both come in the order of their ids, so none is asked for by itself."""

from lib.domain.notices import BASIC, DEPLOYMENT
from lib.ports import Customers, Damaged
from lib.ports.alerts import Alerts, StoredHistory


class Histories:
    """Finds histories for customers asked for in ascending order; collects those that belong to none."""

    def __init__(self, alerts: Alerts, customers: Customers, after: str) -> None:
        self._alerts, self._customers = alerts, customers
        self._found = alerts.histories(after)
        self._next: StoredHistory | None = None
        self._ended = False
        self._others: list[str] = []

    async def of(self, customer: str) -> StoredHistory | None:
        """Return the customer's history, None if there is none. Ask in ascending order."""
        while not self._ended:
            if self._next is None:
                self._next = await anext(self._found, None)
                self._ended = self._next is None
                continue
            if self._next.history.customer > customer:
                return None
            found, self._next = self._next, None
            if found.history.customer == customer:
                return found
            self._others.append(found.history.customer)
        return None

    async def forget_others(self, last: str | None) -> None:
        """Remove the histories, up to this id, that belong to no customer; each is looked up again before."""
        await self.of(last if last is not None else "~")  # the rest; "~" sorts after every id
        for customer in self._others:
            if customer not in {BASIC, DEPLOYMENT} and await self._is_gone(customer):
                await self._alerts.forget(customer)

    async def _is_gone(self, customer: str) -> bool:
        try:
            return await self._customers.read(customer) is None
        except Damaged:
            return False
