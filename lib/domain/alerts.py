"""When somebody has to be told about a customer's credential, and when enough was said.

    days left fall to a threshold ──▶ told once per threshold, the most urgent only when several are due at once
    the day itself, and after it ───▶ told, then weekly until it is solved
    Entra ID refuses the secret ────▶ told at once, then weekly
    consent was withdrawn ──────────▶ told at once, then weekly
    expiry unknown ─────────────────▶ told once per secret
    users' connections ended ───────▶ told once each
    a version added by hand that
    Entra ID does not accept ───────▶ told once per version
    nothing is wrong any more ──────▶ one all clear

Days are calendar days in UTC: a secret works no longer from the first moment of its date. What could not be asked of
Entra ID changes nothing: it neither opens nor solves anything.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from lib.domain.findings import Newer, Seen

_AGAIN_AFTER = timedelta(days=7)
_MOST_TOLD_APART = 200  # customers that could not be checked
_STORED_LATE = timedelta(minutes=10)  # so long after it ended may a connection's row say so
_MOST_JUST_ENDED = 500
_NOTHING_TOLD = 1_000_000  # days: a level above all thresholds


class Kind(StrEnum):
    """What there is to tell, the most urgent first. An all clear comes before what nobody has to hurry about."""

    EXPIRED = "expired"
    REFUSED = "refused"
    CONSENT = "consent"
    UNCHECKED = "unchecked"
    EXPIRING = "expiring"
    CONNECTIONS = "connections"
    NEWER = "newer"
    SOLVED = "solved"
    UNKNOWN = "unknown"

    @property
    def urgency(self) -> int:
        """0 for the most urgent."""
        return list(Kind).index(self)


def by_urgency(kinds: Iterable[Kind]) -> tuple[Kind, ...]:
    """Return the kinds, the most urgent first."""
    return tuple(sorted(kinds, key=lambda kind: kind.urgency))


@dataclass(frozen=True)
class Told:
    """What was told last, about which secret (or whatever it is about), and on which day.

    Only of an expiry: `level` is the threshold told, 0 once it has expired, and `until` the date told.
    """

    about: str
    on: date
    level: int = 0
    until: date | None = None


@dataclass(frozen=True)
class History:
    """What was told about one customer, and is still open.

    `handed_over_at` is when a letter about what is open was first handed over, None while nobody can have got one.

    Connections that ended were told up to `ended_until`, and after it those of the moments in `ended_told`.
    """

    customer: str
    generation: str
    expiry: Told | None = None
    credential: Told | None = None
    consent: Told | None = None
    unchecked: Told | None = None
    unknown: Told | None = None
    newer: Told | None = None
    ended_until: datetime | None = None
    ended_told: tuple[str, ...] = ()
    handed_over_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether something that was told is not solved."""
        return any((self.expiry, self.credential, self.consent, self.unchecked, self.newer))


def reopened(history: History, in_use: str | None = None) -> History:
    """Return the history of a customer whose secret is another one by now: nothing was told of that one yet.

    What was told of the one before stays open, so that its end is an all clear. `in_use` names the secret in use, of
    which a scan may have told something meanwhile: that stands.
    """
    expiry, credential, unknown = history.expiry, history.credential, history.unknown
    if expiry is not None and expiry.about != in_use:
        expiry = replace(expiry, level=_NOTHING_TOLD)
    if credential is not None and credential.about != in_use:
        credential = replace(credential, on=date.min)
    if unknown is not None and unknown.about != in_use:
        unknown = None
    return replace(history, expiry=expiry, credential=credential, unknown=unknown)


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
    credential, tell_credential = _standing(history.credential, seen.credential, refused, seen.judged, today)
    consent, tell_consent = _standing(history.consent, seen.generation, seen.withdrawn is not None, seen.asked, today)
    unknown, tell_unknown = _unknown(history.unknown, seen, today)
    newer, tell_newer = _newer(history.newer, seen, today)
    with_ended, tell_ended = _ended(history, seen)
    after = replace(
        with_ended,
        expiry=expiry,
        credential=credential,
        consent=consent,
        unknown=unknown,
        newer=newer,
    )
    due = {
        Kind.EXPIRED: tell_expiry and seen.has_expired(today),
        Kind.EXPIRING: tell_expiry and not seen.has_expired(today),
        Kind.REFUSED: tell_credential,
        Kind.CONSENT: tell_consent,
        Kind.CONNECTIONS: tell_ended,
        Kind.UNKNOWN: tell_unknown,
        Kind.NEWER: tell_newer,
    }
    return _judgement(history, after, [kind for kind, is_due in due.items() if is_due])


def judge_unchecked(history: History, unchecked: Collection[str], today: date) -> Judgement:
    """Return whether the operators have to be told what could not be checked: daily while it is so, and what is new.

    `unchecked` names customers ("" for the scan itself); of very many only the first are told apart.
    """
    if not unchecked:
        return _judgement(history, replace(history, unchecked=None), [])
    names = set(sorted(unchecked)[:_MOST_TOLD_APART])
    before = history.unchecked
    told = set(before.about.split(",")) if before is not None and before.on == today else None
    if told is not None and names <= told:
        return _judgement(history, history, [])
    all_told = sorted(names | (told or set()))[:_MOST_TOLD_APART]
    after = replace(history, unchecked=Told(",".join(all_told), today))
    return _judgement(history, after, [Kind.UNCHECKED])


def _judgement(before: History, after: History, due: list[Kind]) -> Judgement:
    if after.open and not before.open:
        after = replace(after, handed_over_at=None)
    solved = before.open and not after.open
    return Judgement(after, by_urgency(due), solved)


def _expiry(told: Told | None, seen: Seen, thresholds: Sequence[int], today: date) -> tuple[Told | None, bool]:
    """Return what stands told about the expiry from now on, and whether it has to be told now."""
    level, on = _level(seen, thresholds, today), seen.expires.on
    if level is None:
        # By the date as far as it is known nothing is due. That a secret has expired only Entra ID can take back.
        stays = told is not None and (seen.unsure or (told.level == 0 and not seen.judged))
        return (told if stays else None), False
    if told is not None and not _same(told, seen):
        told = None
    if told is not None and told.level == 0 and not seen.has_expired(today):
        if not seen.judged:
            return told, False
        told = None  # Entra ID took back that it expired
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


def _same(told: Told, seen: Seen) -> bool:
    """Return whether thresholds told before count still. They begin anew with a secret that lasts longer.

    A day longer is no renewal: what was typed and what Entra ID says differ by zones. A date that is corrected to an
    earlier one is the same secret, although the vault then has another version of it.
    """
    if told.until is None or seen.expires.on is None:
        return told.about == seen.credential
    return seen.expires.on - told.until <= timedelta(days=1)


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
    if not seen.judged or seen.unsure or seen.refused is not None:
        return told, False  # perhaps it can be read tomorrow; or it does not matter any more
    if told is not None and told.about == seen.credential:
        return told, False
    return Told(seen.credential, today), True


def _newer(told: Told | None, seen: Seen, today: date) -> tuple[Told | None, bool]:
    """Return what stands told about a version added to the vault by hand that Entra ID does not accept."""
    if seen.newer is not Newer.REFUSED:
        return (None if seen.judged and not seen.unsure else told), False
    about = seen.newer_version or seen.credential
    if told is not None and told.about == about:
        return told, False
    return Told(about, today), True


def _ended(history: History, seen: Seen) -> tuple[History, bool]:
    """Return the history after ended connections are told, and whether there are any that were not.

    What ended a moment ago may be stored after something that ended later, so of the last minutes each is remembered.
    """
    until = history.ended_until
    after = [user.at for user in seen.ended if until is None or user.at > until]
    if not {moment.isoformat() for moment in after} - set(history.ended_told):
        return history, False
    last = max(after)
    until = max(last - _STORED_LATE, until or last - _STORED_LATE)
    just = [moment for moment in after if moment > until]
    if len(just) > _MOST_JUST_ENDED:
        until, just = last, []
    return replace(history, ended_until=until, ended_told=tuple(moment.isoformat() for moment in just)), True
