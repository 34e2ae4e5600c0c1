"""Compose the one letter that a reader gets from a run: what is most urgent first, what to do once per kind."""

from dataclasses import dataclass
from datetime import date, datetime

from lib.domain.alerts import Kind
from lib.domain.letters import Letter, Part
from lib.domain.letters.steps import RENEWAL, WHO_RENEWS, needs_renewal, renewal, renewal_of_basic, steps
from lib.domain.letters.words import HEADINGS, facts, headline, lines, named, what_it_means
from lib.domain.notices import BASIC, DEPLOYMENT, Notice

_MOST_UNKNOWN = 50  # customers of unknown expiry, named one by one


@dataclass(frozen=True)
class Content:
    """What a letter is about: notices, one per customer, the most urgent first.

    `unknown` are customers whose secret's expiry is not known: operators see them below everything else.
    """

    notices: tuple[Notice, ...]
    for_operators: bool
    unknown: tuple[str, ...] = ()


def compose(content: Content, now: datetime, portal: str) -> Letter:
    """Return the letter. `portal` is where administrators of this cloud click."""
    today = now.date()
    first = content.notices[0]
    more = len(content.notices) - 1
    subject = headline(first, first.kind, today) + (f" (and {more} more)" if more else "")
    parts = [part for kind in Kind if (part := _part(kind, content, today, portal))]
    parts += _renewals([notice for notice in content.notices if needs_renewal(notice)], portal)
    if not more and first.customer != DEPLOYMENT:
        parts.append(Part("Which application this is about", facts=facts(first)))
    if unknown := _unknown(content):
        parts.append(unknown)
    good = all(notice.kinds == (Kind.SOLVED,) for notice in content.notices)
    return Letter(subject, _opening(content, today), tuple(parts), _why(content), good)


def _opening(content: Content, today: date) -> tuple[str, ...]:
    first = content.notices[0]
    fact, number = headline(first, first.kind, today) + ".", len(content.notices)
    if number == 1:
        return (fact,)
    return fact, f"There is news about {number} calendar configurations, the most urgent first."


def _part(kind: Kind, content: Content, today: date, portal: str) -> Part | None:
    """Return everything that the letter says about one kind, None if there is nothing."""
    concerned = [notice for notice in content.notices if kind in notice.kinds]
    if not concerned:
        return None
    alone = len(content.notices) == 1
    said = [line for notice in concerned for line in lines(notice, kind, today, alone=alone)]
    return Part(
        HEADINGS[kind], (what_it_means(kind, concerned),), lines=tuple(said), steps=steps(kind, concerned, portal)
    )


def _renewals(notices: list[Notice], portal: str) -> list[Part]:
    """Return how to renew the secrets of customers, and how the deployment's own."""
    parts = []
    if of_customers := [notice for notice in notices if notice.customer != BASIC]:
        parts.append(Part(RENEWAL, (WHO_RENEWS,), steps=renewal(of_customers, portal)))
    if len(of_customers) < len(notices):
        parts.append(Part("How to renew the secret of Basic", steps=renewal_of_basic(portal)))
    return parts


def _unknown(content: Content) -> Part | None:
    """Return the part that reminds operators of what nobody can be warned about."""
    told = {notice.customer for notice in content.notices if Kind.UNKNOWN in notice.kinds}
    others = [named(customer) for customer in content.unknown if customer not in told]
    if not others or not content.for_operators:
        return None
    rest = len(others) - _MOST_UNKNOWN
    names = ", ".join(others[:_MOST_UNKNOWN]) + (f" and {rest} more" if rest > 0 else "")
    return Part("Also: expiry still not known", lines=(names,))


def _why(content: Content) -> str:
    if content.for_operators:
        return "You get this letter because you operate this calendar connector (its setting ALERT_RECIPIENTS)."
    customers = sorted({notice.customer for notice in content.notices} - {DEPLOYMENT, BASIC})
    return (
        "You get this letter because your address is among the alert recipients in the Calendar Configuration of "
        f"{', '.join(customers)}. Whoever administers it in the ATS can change that."
    )
