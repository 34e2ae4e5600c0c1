"""Notices that wait to be sent, for tests of the delivery."""

from dataclasses import replace
from datetime import datetime

from lib.domain.alerts import Kind, Told
from lib.domain.notices import Notice
from tests.usecases.scanning import TODAY, Place, on

ADA, BOB, EVE = "ada@x.example", "bob@x.example", "eve@x.example"


class Waiting(Place):
    """A place where notices wait."""

    async def queue(
        self, customer_id: str, *recipients: str, kinds: tuple[Kind, ...] = (Kind.EXPIRING,), days: int = 9
    ) -> None:
        """Queue a notice about a customer, which is made for it, for these recipients."""
        if customer_id not in self.customers.rows and not customer_id.startswith("-"):
            self.add(customer_id, expires=on(days), recipients=recipients)
        stored = self.customers.rows.get(customer_id)
        generation = stored.customer.generation if stored else ""
        opened = {
            "expiry": Told("v", TODAY, 0 if Kind.EXPIRED in kinds else 14) if days < 60 else None,
            "unchecked": Told("scan", TODAY) if Kind.UNCHECKED in kinds else None,
        }
        before = self.alerts.rows.get(customer_id)
        self.remember(customer_id, generation, **opened)
        if before:
            self.alerts.rows[customer_id] = replace(before, history=self.alerts.rows[customer_id].history)
        stored_history = self.alerts.rows[customer_id]
        notice = Notice(customer_id, generation, kinds, self.now, expires=on(days))
        await self.alerts.commit(stored_history.history, stored_history.etag, notice, recipients)

    def waiting(self) -> list[str]:
        return sorted(queued.recipient for queued in self.alerts.queue.values())

    def recipients(self) -> list[str]:
        return [recipient for recipient, _, _ in self.mail.sent]

    def handed_over_at(self, customer_id: str) -> datetime | None:
        return self.alerts.rows[customer_id].history.handed_over_at
