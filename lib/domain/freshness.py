"""Hold a notice that has waited against the secret that is in use by now."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime

from lib.domain.alerts import History, Kind
from lib.domain.configuration import Customer
from lib.domain.notices import Notice

_ABOUT_THE_SECRET = {Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED, Kind.NEWER, Kind.UNKNOWN}


def of_secret_in_use(
    notice: Notice, customer: Customer, history: History, thresholds: Sequence[int], today: date
) -> Notice | None:
    """Return the notice as it is true of the secret in use, None if nothing is left of it.

    Another secret than the one that was looked at is in use when it was renewed, or its date corrected. A refusal and
    a missing date then belong to the past, and the next scan tells if the new one is no better. Its own date counts:
    if that is beyond all thresholds, nothing has to be told, and the thresholds begin anew; nor if the secret in use
    was told about by itself.
    """
    revision = customer.active or customer.newest
    if revision is None or notice.credential in {"", revision.secret_version}:
        return notice
    kinds = set(notice.kinds) - _ABOUT_THE_SECRET
    left = revision.expires.days_left(today)
    by_itself = history.expiry is not None and history.expiry.about == revision.secret_version
    if by_itself:
        left = None
    if {Kind.EXPIRED, Kind.EXPIRING} & set(notice.kinds) and left is not None and left <= max((*thresholds, 0)):
        kinds.add(Kind.EXPIRED if left <= 0 else Kind.EXPIRING)
    if not kinds:
        return None
    ordered = tuple(sorted(kinds, key=lambda kind: kind.urgency))
    return replace(notice, kinds=ordered, expires=revision.expires, refused=None, hint=None, key_id=None, newer=None)


def of_today(notice: Notice, today: date) -> Notice:
    """Return the notice as it reads today: what was about to expire may have expired while it waited."""
    left = notice.expires.days_left(today)
    if Kind.EXPIRING not in notice.kinds or left is None or left > 0:
        return notice
    kinds = {*notice.kinds, Kind.EXPIRED} - {Kind.EXPIRING}
    return replace(notice, kinds=tuple(sorted(kinds, key=lambda kind: kind.urgency)))


def of_users(notice: Notice, still_ended: Collection[datetime]) -> Notice | None:
    """Return the notice about those of its users who have not connected again, None if nothing is left of it."""
    ended = {moment.isoformat() for moment in still_ended}
    left = [(user, at) for user, at in zip(notice.users, notice.ended_at, strict=False) if at in ended]
    in_all = notice.users_in_all - len(notice.users) + len(left)
    if not in_all:
        kinds = tuple(kind for kind in notice.kinds if kind is not Kind.CONNECTIONS)
        return replace(notice, kinds=kinds, users=(), ended_at=(), users_in_all=0) if kinds else None
    return replace(
        notice,
        users=tuple(user for user, _ in left),
        ended_at=tuple(at for _, at in left),
        users_in_all=in_all,
    )
