"""The sentences of the letters: what happened, what it means for people, and which secret it is about."""

from collections.abc import Sequence
from datetime import date

from lib.domain.alerts import Kind
from lib.domain.findings import Newer, Trouble
from lib.domain.letters.steps import RENEWAL, needs_renewal
from lib.domain.notices import BASIC, DEPLOYMENT, Notice

_MONTHS = (  # not the locale's
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

HEADINGS = {
    Kind.EXPIRED: "Expired",
    Kind.REFUSED: "Refused or missing",
    Kind.CONSENT: "Consent withdrawn",
    Kind.UNCHECKED: "Could not be checked",
    Kind.EXPIRING: "Expiring soon",
    Kind.CONNECTIONS: "Users who have to connect again",
    Kind.NEWER: "New version not accepted",
    Kind.UNKNOWN: "Expiry not known",
    Kind.SOLVED: "All clear",
}

_STOPPED = "Until this is mended, nobody sees in the ATS when interviewers and rooms are free."

WHAT_IT_MEANS = {
    Kind.EXPIRED: f"A client secret stops working on its day, everywhere and at once. {_STOPPED}",
    Kind.REFUSED: _STOPPED,
    Kind.CONSENT: _STOPPED,
    Kind.UNCHECKED: "It is not known whether these secrets still work. Where only Microsoft could not be asked, the "
    "dates were watched all the same.",
    Kind.EXPIRING: "From that day on (UTC), nobody sees in the ATS when interviewers and rooms are free, unless the "
    "secret is replaced before. Replacing it early interrupts nothing.",
    Kind.CONNECTIONS: "Microsoft has ended what these users allowed, for example after a password reset or because of "
    "a new rule of the organisation. The ATS cannot look up calendars for them until they connect again.",
    Kind.NEWER: "A new version of the secret was added to the Key Vault by hand, but Entra ID does not accept it. It "
    "is not used; nothing else has changed.",
    Kind.UNKNOWN: "Nobody can be warned before this secret expires: its date was not entered, and the application may "
    "not read it from Entra ID.",
    Kind.SOLVED: "The secret works, and calendars can be looked up.",
}


def on_day(day: date) -> str:
    """Return a date as people write it: 30 November 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def in_days(left: int) -> str:
    """Return how far away a day is: today, in 1 day, 3 days ago."""
    if left == 0:
        return "today"
    days = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
    return f"in {days}" if left > 0 else f"{days} ago"


def named(customer: str) -> str:
    """Return how a letter names a customer, or the application of Basic."""
    return "the Basic application" if customer == BASIC else customer


def headline(notice: Notice, kind: Kind, today: date) -> str:
    """Return the fact and its date, in one line."""
    who, on, as_of = named(notice.customer), notice.expires.on, f"as of {on_day(today)}"
    match kind:
        case Kind.EXPIRED if on is not None and on < today:
            return f"Calendar secret of {who} expired on {on_day(on)}"
        case Kind.EXPIRED if on == today:
            return f"Calendar secret of {who} expires today, {on_day(today)}"
        case Kind.EXPIRED:
            return f"Calendar secret of {who} has expired ({as_of})"
        case Kind.EXPIRING if on is not None:
            return f"Calendar secret of {who} expires on {on_day(on)}, {in_days((on - today).days)}"
        case Kind.EXPIRING:
            return f"Calendar secret of {who} expires soon ({as_of})"
        case Kind.REFUSED if notice.refused is not None and notice.refused.missing:
            return f"Calendar secret of {who} is missing in the key vault ({as_of})"
        case Kind.REFUSED:
            return f"Calendar secret of {who} is refused by Entra ID ({as_of})"
        case Kind.NEWER:
            return f"New calendar secret of {who} is not accepted by Entra ID ({as_of})"
        case Kind.CONSENT:
            return f"Calendar consent of {who} was withdrawn ({as_of})"
        case Kind.UNCHECKED:
            return f"{_unchecked(notice)} ({as_of})"
        case Kind.CONNECTIONS:
            users = f"{notice.users_in_all} user{'' if notice.users_in_all == 1 else 's'}"
            return f"{users} of {who} must connect the calendar again ({as_of})"
        case Kind.UNKNOWN:
            return f"Expiry of the calendar secret of {who} is not known ({as_of})"
        case Kind.SOLVED if notice.customer == DEPLOYMENT:
            return f"All clear: everything could be checked again ({as_of})"
        case Kind.SOLVED:
            valid = f", valid until {on_day(on)}" if on else f" ({as_of})"
            test = "" if notice.tested else "; what is left is its test"
            return f"All clear: calendar secret of {who} is in order{valid}{test}"


def _unchecked(notice: Notice) -> str:
    if not notice.unchecked or any(entry.customer is None for entry in notice.unchecked):
        return "Secret scan could not check everything"
    number = notice.unchecked_in_all
    return f"Secret scan could not check {number} customer{'' if number == 1 else 's'}"


def what_it_means(kind: Kind, notices: Sequence[Notice]) -> str:
    """Return what the notices of a kind mean for the people who plan interviews."""
    untested = not any(notice.tested for notice in notices)
    if kind is Kind.SOLVED:
        return _all_clear(notices)
    if kind is Kind.EXPIRING and untested:
        return (
            "The Calendar Configuration has not passed its test yet, so nothing uses this secret so far. It can still "
            "be tested, but it ends on the day above: best replace it first."
        )
    if kind in {Kind.EXPIRED, Kind.REFUSED} and untested:
        return (
            "The Calendar Configuration has not passed its test yet, so nothing uses this secret so far. It has to be "
            "replaced before calendars can be looked up."
        )
    if kind is Kind.EXPIRED and all(notice.works for notice in notices):
        return (
            "Entra ID still accepts the secret, but its date has come. If only the date in the Calendar Configuration "
            "is wrong, correct it there; otherwise replace the secret now."
        )
    return WHAT_IT_MEANS[kind]


def _all_clear(notices: Sequence[Notice]) -> str:
    if all(notice.customer == DEPLOYMENT for notice in notices):
        return "Every credential could be looked at. There is nothing to do."
    if not any(notice.tested for notice in notices):
        return (
            "The secret is in order. The Calendar Configuration waits for its test: choose Test Calendar Configuration."
        )
    nothing_to_do = all(notice.tested and notice.kinds == (Kind.SOLVED,) for notice in notices)
    return WHAT_IT_MEANS[Kind.SOLVED] + (" There is nothing to do." if nothing_to_do else "")


def lines(notice: Notice, kind: Kind, today: date, *, alone: bool) -> list[str]:
    """Return what there is to say about one customer under the heading of this kind.

    `alone`: the letter is about nothing else, and its opening has told the fact.
    """
    if kind is Kind.UNCHECKED:
        rest = notice.unchecked_in_all - len(notice.unchecked)
        told = [f"{entry.customer}: {entry.message}" if entry.customer else entry.message for entry in notice.unchecked]
        return [*told, *([f"and {rest} more"] if rest > 0 else [])]
    said = [] if alone and kind is notice.kind else [headline(notice, kind, today) + "."]
    if kind is Kind.REFUSED and notice.refused:
        said.append(_told(notice.refused))
    if kind is Kind.CONSENT and notice.withdrawn:
        said.append(_told(notice.withdrawn, remedy=False))
    if kind is Kind.CONNECTIONS:
        said.append(_users(notice))
    if kind in {Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED}:
        said += _remarks(notice, kind, alone=alone)
    return [" ".join(said)] if said else []


def _told(trouble: Trouble, *, remedy: bool = True) -> str:
    """Return what is wrong, with Microsoft's code; our own say nothing to a reader."""
    code = f" ({trouble.code})" if trouble.code.startswith("AADSTS") else ""
    return f"{trouble.message}{code}{f' {trouble.remedy}' if remedy and trouble.remedy else ''}"


def _users(notice: Notice) -> str:
    rest = notice.users_in_all - len(notice.users)
    more = [f"{rest} more" if notice.users else f"{rest} in all"] if rest > 0 else []
    return " and ".join([", ".join(notice.users), *more][not notice.users :])


def _remarks(notice: Notice, kind: Kind, *, alone: bool) -> list[str]:
    """Return what helps with a secret that has to be replaced: whether it works still, whether a newer one waits."""
    works = kind is Kind.EXPIRED and notice.works and not alone
    said = ["Entra ID still accepts it at the moment."] if works else []
    until = f", valid until {on_day(notice.newer_until.on)}," if notice.newer_until.on else ""
    if needs_renewal(notice):
        match notice.newer:
            case Newer.SAVED:
                said.append(f"A newer secret is saved in the ATS and waits for its test: go to step 6 of {RENEWAL}.")
            case Newer.REGISTERED:
                said.append(
                    f"Entra ID lists a newer secret{until} which nobody entered. If you have its Value, go to step 5 "
                    f"of {RENEWAL}."
                )
            case Newer.REFUSED:
                said.append("A newer version was added to the key vault by hand, but Entra ID does not accept it.")
    if not alone and notice.application_id:
        said.append(f"Application (client) ID: {notice.application_id}")
    return said


def facts(notice: Notice) -> tuple[tuple[str, str], ...]:
    """Return what identifies the application: names and values. Of its secret only what Entra ID shows anybody."""
    expires = notice.expires
    known = "never" if expires.never else f"{on_day(expires.on)} (UTC)" if expires.on else "not known"
    about_users = set(notice.kinds) <= {Kind.CONNECTIONS, Kind.CONSENT}
    found = {
        "Application" if notice.customer == BASIC else "Customer": named(notice.customer),
        "Tenant": notice.tenant,
        "Application (client) ID": notice.application_id,
        "Secret ID": None if about_users else notice.key_id,
        "The secret begins with": None if about_users else notice.hint,
        "The secret expires": None if about_users else known,
    }
    return tuple((name, value) for name, value in found.items() if value)
