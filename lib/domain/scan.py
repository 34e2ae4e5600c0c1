"""One run of the secret scan: what it counts, and what it found wrong."""

from dataclasses import dataclass, field
from datetime import datetime

MOST_PROBLEMS = 100  # of one run, told one by one


@dataclass(frozen=True)
class Problem:
    """Something that a run found wrong, or could not do. `customer` is None if it concerns the whole run."""

    customer: str | None
    code: str
    message: str


@dataclass(frozen=True)
class Summary:
    """A finished run (contract: Secret scan). `due` and `sent` count alerts: one per customer told about.

    `complete` is false when any page or customer could not be looked at; `could_not_check` counts those customers.
    """

    started_at: datetime
    finished_at: datetime
    complete: bool
    customers: int = 0
    credentials: int = 0
    due: int = 0
    sent: int = 0
    could_not_check: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def milliseconds(self) -> int:
        """How long it took."""
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


@dataclass
class Count:
    """What a run has counted so far."""

    customers: int = 0
    credentials: int = 0
    due: int = 0
    sent: int = 0
    could_not_check: int = 0
    problems: list[Problem] = field(default_factory=list)

    def problem(self, customer: str | None, code: str, message: str) -> None:
        """Note a problem; of very many only the first are kept."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(customer, code, message))
