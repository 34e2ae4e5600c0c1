"""Hold a notice that has waited against what is true by now: the secret in use, the users, the day."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime

from lib.domain.alerts import Kind, by_urgency
from lib.domain.configuration import Customer
from lib.domain.credential import UNKNOWN
from lib.domain.notices import Notice

_ABOUT_THE_SECRET = {Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED, Kind.UNKNOWN}


def of_secret_in_use(notice: Notice, customer: Customer) -> Notice | None:
    """Return what is left of a notice if another secret is in use than the one it is about; None if nothing is.

    It was renewed, its date was corrected, or the application is another one. What is to be told of the secret in use
    only the next scan knows, and it begins anew (`lib.domain.alerts.reopened`).
    """
    revision = customer.in_use
    if revision is None or not is_about_another(notice, customer):
        return notice
    kinds = set(notice.kinds) - _ABOUT_THE_SECRET
    if not kinds:
        return None
    return replace(
        notice,
        kinds=by_urgency(kinds),
        expires=revision.expires,
        works=False,
        refused=None,
        hint=None,
        key_id=None,
        newer=None,
        newer_until=UNKNOWN,
    )


def is_about_another(notice: Notice, customer: Customer) -> bool:
    """Return whether a notice is about another secret of the customer's than the one in use."""
    in_use = customer.in_use.secret_version if customer.in_use else None
    return notice.generation != customer.generation or notice.credential not in {"", in_use}


def of_today(notice: Notice, today: date) -> Notice:
    """Return the notice as it reads today: what was about to expire may have expired while it waited."""
    left = notice.expires.days_left(today)
    if Kind.EXPIRING not in notice.kinds or left is None or left > 0:
        return notice
    kinds = {*notice.kinds, Kind.EXPIRED} - {Kind.EXPIRING}
    return replace(notice, kinds=by_urgency(kinds))


def of_users(notice: Notice, still_ended: Collection[datetime]) -> Notice | None:
    """Return the notice about those of its users who have not connected again, None if nothing is left of it."""
    ended = {moment.isoformat() for moment in still_ended}
    left = [(user, at) for user, at in zip(notice.users, notice.ended_at, strict=False) if at in ended]
    in_all = min(notice.users_in_all - len(notice.users) + len(left), len(ended))
    if not in_all:
        kinds = tuple(kind for kind in notice.kinds if kind is not Kind.CONNECTIONS)
        return replace(notice, kinds=kinds, users=(), ended_at=(), users_in_all=0) if kinds else None
    return replace(
        notice,
        users=tuple(user for user, _ in left),
        ended_at=tuple(at for _, at in left),
        users_in_all=in_all,
    )
