"""Which of the client secrets that Entra ID lists is the one in use, and whether a newer one waits there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.microsoft import RegisteredSecret

HINT_LENGTH = 3
"""Characters of a secret that Entra ID shows: `hint` of a passwordCredential (Microsoft Learn)."""


@dataclass(frozen=True)
class InUse:
    """What Entra ID lists about the secret in use. Without `found`, none or several fit and nothing is known."""

    found: bool = False
    expires: Expiry = UNKNOWN
    key_id: str | None = None
    hint: str | None = None
    newer_until: Expiry = UNKNOWN

    @property
    def has_newer(self) -> bool:
        """Whether a secret is listed that was made later and lasts longer."""
        return self.newer_until.known


def compare(registered: Sequence[RegisteredSecret], secret: str, known: Expiry, now: datetime) -> InUse:
    """Return which registered secret is `secret`. `known` is the expiry known so far: it tells equal hints apart."""
    hint = secret[:HINT_LENGTH]
    fitting = [entry for entry in registered if entry.hint == hint]
    if len(fitting) > 1:
        fitting = [entry for entry in fitting if _day(entry.ends_at) == known]
    if len(fitting) != 1:
        return InUse()
    mine = fitting[0]
    newer = [
        entry
        for entry in registered
        if entry is not mine and entry.ends_at > max(mine.ends_at, now) and _starts(entry) >= _starts(mine)
    ]
    until = _day(max(entry.ends_at for entry in newer)) if newer else UNKNOWN
    return InUse(True, _day(mine.ends_at), mine.key_id, mine.hint, until)


def _day(moment: datetime) -> Expiry:
    return Expiry(on=moment.astimezone(UTC).date())


def _starts(entry: RegisteredSecret) -> datetime:
    return entry.starts_at or datetime.min.replace(tzinfo=UTC)
