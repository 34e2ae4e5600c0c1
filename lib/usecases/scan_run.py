"""What one run of the secret scan has counted and met so far."""

from dataclasses import dataclass, field

from lib.domain.configuration import Customer
from lib.domain.notices import Unchecked
from lib.domain.scan import Count
from lib.usecases.tell import Outcome

_MOST_REMEMBERED = 300  # of what could not be looked at
_MOST_OF_BASIC = 10  # customers by way of whom the application of Basic is tried


@dataclass
class Run:
    """One run on its way. `whole`: it went once round. `basic` are some customers that use Basic."""

    count: Count = field(default_factory=Count)
    unchecked: list[Unchecked] = field(default_factory=list)
    unchecked_in_all: int = 0
    known: set[int] = field(default_factory=set)
    basic: list[Customer] = field(default_factory=list)
    whole: bool = True

    @property
    def complete(self) -> bool:
        """Whether every page and every customer was looked at (contract: complete)."""
        return self.whole and not self.unchecked

    def could_not(self, customer: str | None, code: str, message: str) -> None:
        """Note what could not be looked at: a customer, or (None) a part of the run."""
        self.unchecked_in_all += 1
        self.count.could_not_check += customer is not None
        self.count.problem(customer, code, message)
        if len(self.unchecked) < _MOST_REMEMBERED or customer is None:
            self.unchecked.append(Unchecked(customer, code, message))

    def broke_off(self, code: str, message: str) -> None:
        """Note that a part of the run came to no end."""
        self.whole = False
        self.could_not(None, code, f"The scan broke off. {message}")

    def cut_short(self) -> None:
        """Note that the run stops before it has gone round."""
        if self.whole:
            self.count.problem(
                None, "outOfTime", "Not everybody could be looked at in time. The next scan goes on here."
            )
        self.whole = False

    def uses_basic(self, customer: Customer) -> None:
        """Note a customer that uses the deployment's own application."""
        self.basic.append(customer)
        self.basic.sort(key=lambda customer: customer.active is None)  # who has used it can tell best
        del self.basic[_MOST_OF_BASIC:]

    def told(self, customer: str | None, outcome: Outcome) -> None:
        """Count what is due."""
        self.count.due += outcome.due
        if outcome.nobody:
            text = "Nobody can be told: there are no alert recipients, and ALERT_RECIPIENTS is not set."
            self.count.problem(customer, "noRecipients", text)
