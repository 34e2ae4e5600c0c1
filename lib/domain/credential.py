"""A client secret's expiry: known, never, or unknown; and how many days are left."""

from dataclasses import dataclass
from datetime import UTC, date, datetime


@dataclass(frozen=True)
class Expiry:
    """When a secret stops working: the first moment of `on` (UTC), never, or not known."""

    on: date | None = None
    never: bool = False

    @property
    def known(self) -> bool:
        """Whether anything is known about it."""
        return self.never or self.on is not None

    def days_left(self, today: date) -> int | None:
        """Return calendar days from today: 0 on the day, negative after it; None if never or unknown."""
        return (self.on - today).days if self.on else None

    def as_text(self) -> str | None:
        """Return "2027-11-20", "never", or None if unknown."""
        return "never" if self.never else self.on.isoformat() if self.on else None

    def as_moment(self) -> datetime | None:
        """Return the first moment it no longer works, as Key Vault stores it."""
        return datetime(self.on.year, self.on.month, self.on.day, tzinfo=UTC) if self.on else None

    @classmethod
    def parse(cls, text: str | None) -> "Expiry":
        """Return what `as_text` gave. Raises ValueError for anything that is not a date."""
        if text is None:
            return UNKNOWN
        return NEVER if text == "never" else cls(on=date.fromisoformat(text))


UNKNOWN = Expiry()
NEVER = Expiry(never=True)
