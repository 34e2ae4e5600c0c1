"""What the scan finds out about one customer's credential: pure facts, nothing judged."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from lib.domain.credential import UNKNOWN, Expiry


class Newer(StrEnum):
    """Where a newer secret than the one in use was seen."""

    SAVED = "saved"  # in the Calendar Configuration; it waits for its test
    REGISTERED = "registered"  # in Entra ID; nobody entered it yet
    REFUSED = "refused"  # added to the vault by hand, and Entra ID does not accept it


@dataclass(frozen=True)
class Trouble:
    """Why something does not work: Microsoft's code, or ours, and what the dictionary says.

    Without a `remedy`, a new secret is what helps. `missing`: the vault does not hold the secret, so nobody was asked.
    """

    code: str
    message: str
    remedy: str = ""
    missing: bool = False


@dataclass(frozen=True)
class EndedUser:
    """A user whose connection ended. `name` is as the ATS writes it, or the account's object id."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Seen:
    """One customer's credential as the scan saw it.

    `credential` names the secret in use (its version in the vault), `generation` the customer's life. `asked`: Entra ID
    answered; without it, `refused` and `withdrawn` say nothing. `unproven`: it refused before it looked at the secret.
    `unsure`: something else could not be asked, so what is not known may be known tomorrow. `hint` (Microsoft's first
    three characters) and `key_id` are what Entra ID lists for the secret, where the application may read that.
    `newer_version` names a version added by hand that Entra ID does not accept.
    """

    credential: str
    generation: str
    expires: Expiry = UNKNOWN
    asked: bool = False
    refused: Trouble | None = None
    expired_by_entra: bool = False
    withdrawn: Trouble | None = None
    hint: str | None = None
    key_id: str | None = None
    newer: Newer | None = None
    newer_until: Expiry = UNKNOWN
    ended: tuple[EndedUser, ...] = field(default=(), repr=False)
    unsure: bool = False
    unproven: bool = False
    newer_version: str | None = None

    def has_expired(self, today: date) -> bool:
        """Return whether the secret's day has come, or Entra ID says that it expired."""
        left = self.expires.days_left(today)
        return self.expired_by_entra or (left is not None and left <= 0)

    @property
    def judged(self) -> bool:
        """Whether Entra ID looked at the secret and said what it thinks of it."""
        return self.asked and not self.unproven

    @property
    def works(self) -> bool:
        """Whether Entra ID accepted the secret just now."""
        return self.judged and self.refused is None
