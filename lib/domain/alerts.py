"""When somebody has to be told about a customer's credential, and when enough was said.

    days left fall to a threshold ──▶ told once per threshold, the most urgent only when several are due at once
    the day itself, and after it ───▶ told, then weekly until it is solved
    Entra ID refuses the secret ────▶ told at once, then weekly
    consent was withdrawn ──────────▶ told at once, then weekly
    expiry unknown ─────────────────▶ told once per secret
    users' connections ended ───────▶ told once each
    nothing of the first four left ─▶ one all clear

Days are calendar days in UTC: a secret works no longer from the first moment of its date. What could not be asked of
Entra ID changes nothing: it neither opens nor solves anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from lib.domain.findings import Seen

_AGAIN_AFTER = timedelta(days=7)


class Kind(StrEnum):
    """What there is to tell, the most urgent first."""

    EXPIRED = "expired"
    REFUSED = "refused"
    CONSENT = "consent"
    UNCHECKED = "unchecked"
    EXPIRING = "expiring"
    CONNECTIONS = "connections"
    UNKNOWN = "unknown"
    SOLVED = "solved"

    @property
    def urgency(self) -> int:
        """0 for the most urgent."""
        return list(Kind).index(self)


@dataclass(frozen=True)
class Told:
    """What was told last: about which credential, at which threshold, on which day; `until` is the expiry told."""

    about: str
    on: date
    level: int = 0
    until: date | None = None


@dataclass(frozen=True)
class History:
    """What was told about one customer, and is still open. `accepted_at`: when an e-mail about what is open went out.

    `ended_until` is the moment up to which ended connections were told.
    """

    customer: str
    generation: str
    expiry: Told | None = None
    credential: Told | None = None
    consent: Told | None = None
    unchecked: Told | None = None
    unknown: Told | None = None
    ended_until: datetime | None = None
    accepted_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether something that was told is not solved."""
        return any((self.expiry, self.credential, self.consent, self.unchecked))


@dataclass(frozen=True)
class Judgement:
    """What is due now, the most urgent first, and the history after it is told. `solved`: nothing is open any more."""

    history: History
    due: tuple[Kind, ...] = ()
    solved: bool = False


def judge(history: History, seen: Seen, thresholds: Sequence[int], today: date) -> Judgement:
    """Return what has to be told about a customer today. `thresholds` are days; the day itself always counts."""
    expiry, tell_expiry = _expiry(history.expiry, seen, thresholds, today)
    refused = seen.refused is not None and not seen.expired_by_entra
    credential, tell_credential = _standing(history.credential, seen.credential, refused, seen.asked, today)
    consent, tell_consent = _standing(history.consent, seen.application, seen.withdrawn is not None, seen.asked, today)
    unknown, tell_unknown = _unknown(history.unknown, seen, today)
    ended = [user.at for user in seen.ended if history.ended_until is None or user.at > history.ended_until]
    after = replace(
        history,
        expiry=expiry,
        credential=credential,
        consent=consent,
        unknown=unknown,
        ended_until=max(ended, default=history.ended_until),
    )
    due = {
        Kind.EXPIRED: tell_expiry and seen.has_expired(today),
        Kind.EXPIRING: tell_expiry and not seen.has_expired(today),
        Kind.REFUSED: tell_credential,
        Kind.CONSENT: tell_consent,
        Kind.CONNECTIONS: bool(ended),
        Kind.UNKNOWN: tell_unknown,
    }
    return _judgement(history, after, [kind for kind, is_due in due.items() if is_due])


def judge_unchecked(history: History, *, anything: bool, today: date) -> Judgement:
    """Return whether the operators have to be told that something could not be checked: once a day while it is so."""
    if not anything:
        return _judgement(history, replace(history, unchecked=None), [])
    due = history.unchecked is None or history.unchecked.on != today
    told = Told("scan", today) if due else history.unchecked
    return _judgement(history, replace(history, unchecked=told), [Kind.UNCHECKED] if due else [])


def _judgement(before: History, after: History, due: list[Kind]) -> Judgement:
    if after.open and not before.open:
        after = replace(after, accepted_at=None)
    solved = before.open and not after.open
    return Judgement(after, tuple(sorted(due, key=lambda kind: kind.urgency)), solved)


def _expiry(told: Told | None, seen: Seen, thresholds: Sequence[int], today: date) -> tuple[Told | None, bool]:
    """Return what stands told about the expiry from now on, and whether it has to be told now."""
    level = _level(seen, thresholds, today)
    if level is None:
        # What Entra ID alone said, and not a date, can only be taken back by Entra ID.
        only_by_entra = told is not None and told.until is None and told.about == seen.credential
        return (told if only_by_entra and not seen.asked else None), False
    on = seen.expires.on
    if told is not None and (told.about != seen.credential or _moved_on(told.until, on)):
        told = None
    again = level == 0 and told is not None and today - told.on >= _AGAIN_AFTER
    if told is None or level < told.level or again:
        return Told(seen.credential, today, level, on), True
    return replace(told, until=on), False


def _level(seen: Seen, thresholds: Sequence[int], today: date) -> int | None:
    """Return the most urgent threshold that the days left have reached, None if none."""
    if seen.expired_by_entra:
        return 0
    left = seen.expires.days_left(today)
    if left is None:
        return None
    return min((days for days in (*thresholds, 0) if left <= days), default=None)


def _moved_on(told: date | None, now: date | None) -> bool:
    """Return whether the secret now lasts longer than was told: by more than a day, which zones may account for."""
    return told is not None and now is not None and now - told > timedelta(days=1)


def _standing(told: Told | None, about: str, present: bool, asked: bool, today: date) -> tuple[Told | None, bool]:
    """Return what stands told about something that is told at once and then weekly, and whether it is due."""
    if not asked:
        return told, False
    if not present:
        return None, False
    if told is not None and told.about == about and today - told.on < _AGAIN_AFTER:
        return told, False
    return Told(about, today), True


def _unknown(told: Told | None, seen: Seen, today: date) -> tuple[Told | None, bool]:
    if seen.expires.known:
        return None, False
    if seen.refused is not None:  # then it does not matter when it would have expired
        return told, False
    if told is not None and told.about == seen.credential:
        return told, False
    return Told(seen.credential, today), True
