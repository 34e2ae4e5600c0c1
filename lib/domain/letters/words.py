"""The sentences of the letters: facts about one customer, what stops working, and what to do, step by step.

The steps to renew a secret are those of the vendors' documents: App registrations, Certificates & secrets, New client
secret, the Value and not the ID.
"""

from collections.abc import Sequence
from datetime import date

from lib.domain.alerts import Kind
from lib.domain.findings import Newer
from lib.domain.notices import BASIC, DEPLOYMENT, Notice
from lib.domain.refusals import SECRET_MISSING

_MONTHS = (  # not the locale's
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

RENEWED = frozenset({Kind.EXPIRED, Kind.REFUSED, Kind.EXPIRING})
"""The kinds that a new secret mends."""

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

WHAT_STOPS = {
    Kind.EXPIRED: f"A client secret stops working on its day, everywhere and at once. {_STOPPED}",
    Kind.REFUSED: _STOPPED,
    Kind.CONSENT: _STOPPED,
    Kind.UNCHECKED: "Nobody knows whether these credentials still work. What is due by its date was told all the same.",
    Kind.EXPIRING: "From that day on (UTC), nobody sees in the ATS when interviewers and rooms are free, unless the "
    "secret is replaced before. Replacing it early interrupts nothing.",
    Kind.CONNECTIONS: "Microsoft has ended what these users allowed, for example after a changed password or a new "
    "rule of the organisation. The ATS cannot look up calendars for them until they connect again.",
    Kind.NEWER: "The secret in use goes on working until its own end, but the one that shall replace it does not work.",
    Kind.UNKNOWN: "Nobody can be warned before this secret expires: its date was not entered, and the application may "
    "not read it from Entra ID.",
    Kind.SOLVED: "Calendars can be looked up again.",
}


def on_day(day: date) -> str:
    """Return a date as people write it: 30 November 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def named(customer: str) -> str:
    """Return how a letter names a customer's secret."""
    return "this deployment's own application for Basic" if customer == BASIC else customer


def in_days(left: int) -> str:
    """Return how far away a day is: today, in 1 day, 3 days ago."""
    if left == 0:
        return "today"
    days = f"{abs(left)} day{'' if abs(left) == 1 else 's'}"
    return f"in {days}" if left > 0 else f"{days} ago"


def headline(notice: Notice, kind: Kind, today: date) -> str:
    """Return the fact and its date, in one line."""
    who, on, found = named(notice.customer), notice.expires.on, on_day(today)
    match kind:
        case Kind.EXPIRED if on is not None and on < today:
            return f"Calendar secret of {who} expired on {on_day(on)}"
        case Kind.EXPIRED if on == today:
            return f"Calendar secret of {who} expires today, {found}"
        case Kind.EXPIRED:
            return f"Calendar secret of {who} has expired ({found})"
        case Kind.EXPIRING if on is not None:
            return f"Calendar secret of {who} expires on {on_day(on)}, {in_days((on - today).days)}"
        case Kind.REFUSED if notice.refused and notice.refused.code == SECRET_MISSING:
            return f"Calendar secret of {who} is missing in the key vault ({found})"
        case Kind.REFUSED:
            return f"Calendar secret of {who} is refused by Entra ID ({found})"
        case Kind.NEWER:
            return f"New calendar secret of {who} is not accepted by Entra ID ({found})"
        case Kind.CONSENT:
            return f"Calendar consent of {who} was withdrawn ({found})"
        case Kind.UNCHECKED:
            return f"Secret scan could not check {_unchecked(notice)} ({found})"
        case Kind.CONNECTIONS:
            users = f"{notice.users_in_all} user{'' if notice.users_in_all == 1 else 's'}"
            return f"{users} of {who} must connect the calendar again ({found})"
        case Kind.UNKNOWN:
            return f"Expiry of the calendar secret of {who} is not known (as of {found})"
    if notice.customer == DEPLOYMENT:
        return f"All clear: everything could be checked again ({found})"
    valid = f", valid until {on_day(on)}" if on else f" ({found})"
    return f"All clear: calendar secret of {who} is in order{valid}"


def _unchecked(notice: Notice) -> str:
    if not notice.unchecked or any(entry.customer is None for entry in notice.unchecked):
        return "everything"
    return f"{notice.unchecked_in_all} customer{'' if notice.unchecked_in_all == 1 else 's'}"


def what_stops(kind: Kind, notices: Sequence[Notice]) -> str:
    """Return what the notices of a kind mean for the people who plan interviews."""
    if kind is Kind.SOLVED and all(notice.customer == DEPLOYMENT for notice in notices):
        return "Every credential could be looked at. There is nothing to do."
    if kind is Kind.SOLVED and not any(notice.tested for notice in notices):
        return (
            "The secret is in order. The Calendar Configuration waits for its test: choose Test Calendar Configuration."
        )
    if kind is Kind.SOLVED and all(notice.kinds == (Kind.SOLVED,) for notice in notices):
        return f"{WHAT_STOPS[kind]} There is nothing to do."
    if kind in RENEWED and not any(notice.tested for notice in notices):
        return (
            "The Calendar Configuration has not passed its test yet, so nothing uses this secret so far. It has to be "
            "replaced before calendars can be looked up."
        )
    if kind is Kind.EXPIRED and all(notice.works for notice in notices):
        return (
            "By its date the secret is over, yet Entra ID still accepts it. If only the date in the Calendar "
            "Configuration is wrong, correct it there. Otherwise replace the secret before it stops working."
        )
    return WHAT_STOPS[kind]


def lines(notice: Notice, kind: Kind, today: date, *, alone: bool) -> list[str]:
    """Return what there is to say about one customer under the heading of this kind.

    `alone`: the letter is about nothing else, and its opening has told the fact.
    """
    if kind is Kind.UNCHECKED:
        rest = notice.unchecked_in_all - len(notice.unchecked)
        named_ones = [f"{entry.customer or 'the scan itself'}: {entry.message}" for entry in notice.unchecked]
        return [*named_ones, *([f"and {rest} more"] if rest > 0 else [])]
    said = [] if alone and kind is notice.kind else [headline(notice, kind, today) + "."]
    if kind is Kind.REFUSED and notice.refused:
        said.append(f"{notice.refused.message} ({notice.refused.code}) {notice.refused.remedy}".strip())
    if kind is Kind.CONSENT and notice.withdrawn:
        said.append(f"{notice.withdrawn.message} ({notice.withdrawn.code})")
    if kind is Kind.CONNECTIONS:
        rest = notice.users_in_all - len(notice.users)
        more = [f"{rest} more" if notice.users else f"{rest} in all"] if rest > 0 else []
        said.append(" and ".join([", ".join(notice.users), *more][not notice.users :]) + ".")
    if kind in RENEWED:
        said += _remarks(notice, kind)
        if not alone and notice.application_id:
            said.append(f"Application (client) ID: {notice.application_id}.")
    return [" ".join(said)] if said else []


def _remarks(notice: Notice, kind: Kind) -> list[str]:
    """Return what helps with a secret that has to be replaced: which one it is, and whether a newer one waits."""
    said = ["Entra ID still accepts it at the moment."] if kind is Kind.EXPIRED and notice.works else []
    until = f", valid until {on_day(notice.newer_until.on)}," if notice.newer_until.on else ""
    match notice.newer:
        case Newer.SAVED:
            said.append("A newer secret is saved in the ATS already and waits for its test: go to step 6.")
        case Newer.REGISTERED:
            said.append(
                f"Entra ID lists a newer secret{until} which nobody entered. If you have its Value, go to step 5."
            )
        case Newer.REFUSED:
            said.append("A newer version was added to the key vault by hand, but Entra ID does not accept it.")
    return said


def facts(notice: Notice) -> tuple[tuple[str, str], ...]:
    """Return what identifies the secret: names and values. Of the secret itself only what Entra ID shows anybody."""
    expires = notice.expires
    known = "never" if expires.never else f"{on_day(expires.on)} (UTC)" if expires.on else "not known"
    found = {
        "Customer": None if notice.customer == DEPLOYMENT else named(notice.customer),
        "Tenant": notice.tenant,
        "Application (client) ID": notice.application_id,
        "Secret ID": notice.key_id,
        "The secret begins with": notice.hint,
        "Expires": None if notice.customer == DEPLOYMENT else known,
    }
    return tuple((name, value) for name, value in found.items() if value)


def steps(kind: Kind, notices: Sequence[Notice], portal: str) -> tuple[str, ...]:
    """Return what to do about a kind, steps to renew a secret aside. `portal` is where administrators click."""
    if kind is Kind.UNKNOWN and all(notice.customer == BASIC for notice in notices):
        return ("Look up the date in Entra ID, and give it to the version of basic-application in the Key Vault.",)
    if kind is Kind.CONSENT:
        return (
            "In the ATS open the Calendar Configuration and choose Test Calendar Configuration. If it passes, there is "
            "nothing else to do: for example because Exchange's RBAC for Applications lets the application in now.",
            "Otherwise ask for the admin consent link, and send it to an administrator of the Microsoft 365 tenant, "
            "who opens it, signs in and accepts.",
            "Choose Test Calendar Configuration again. When it passes, calendars can be looked up again.",
        )
    if kind is Kind.NEWER:
        return (
            "Look at the newest version of this customer's secret in the Key Vault: it has to be the Value of a client "
            "secret of this application, not its Secret ID.",
            "Add the right Value as another version, or disable the wrong one.",
        )
    if kind is Kind.CONNECTIONS:
        return (
            "Ask each of these users to open the ATS, choose Connect your calendar, and sign in.",
            "If it happens to many at once, ask the organisation's IT which rule changed (Conditional Access).",
        )
    if kind is Kind.UNKNOWN:
        return (
            f"Sign in to {portal} and open App registrations, the application, Certificates & secrets: the column "
            "Expires has the date.",
            "In the ATS open the Calendar Configuration, enter that date and choose Save.",
            "Or let the application read its own date: give it the application permission "
            "Application.ReadWrite.OwnedBy, make it its own owner, and grant admin consent.",
        )
    if kind is Kind.UNCHECKED:
        return (
            "Wait for the next scan, or start one now: it tries everything again, and an all clear follows.",
            "If it goes on, look at the services named above and at this deployment's log.",
        )
    return ()


def needs_renewal(notice: Notice) -> bool:
    """Return whether a new secret is what helps. Where something else does, the trouble has a remedy of its own."""
    if {Kind.EXPIRED, Kind.EXPIRING} & set(notice.kinds):
        return True
    return Kind.REFUSED in notice.kinds and not (notice.refused and notice.refused.remedy)


def renewal(notices: Sequence[Notice], portal: str) -> tuple[str, ...]:
    """Return the steps to renew the secrets of these customers."""
    until_then = " Until then the old one is used." if all(_still_serves(notice) for notice in notices) else ""
    ids = {notice.application_id for notice in notices if notice.application_id}
    which = f"the application with the Application (client) ID {ids.pop()}" if len(ids) == 1 else "the application"
    return (
        f"Sign in to {portal} as an administrator who may manage applications.",
        f"Open App registrations, All applications, and there {which}.",
        "Open Certificates & secrets, choose New client secret, enter a description, choose when it expires, and "
        "choose Add.",
        "Copy the Value at once: it is shown only now. (The Value, not the Secret ID.)",
        "In the ATS open the Calendar Configuration, paste the Value as the Application Secret, enter the new expiry "
        "date and choose Save.",
        f"Choose Test Calendar Configuration. When it passes, the new secret is in use.{until_then}",
        f"Back in {portal}, delete the old secret.",
    )


def _still_serves(notice: Notice) -> bool:
    return notice.tested and (notice.works or set(notice.kinds) & RENEWED == {Kind.EXPIRING})


def renewal_of_basic(portal: str) -> tuple[str, ...]:
    """Return the steps to renew the secret of the deployment's own application."""
    return (
        f"Sign in to {portal} and open App registrations, the application of BASIC_APPLICATION_ID, Certificates & "
        "secrets, New client secret.",
        "Copy the Value, and store it as a new version of the secret basic-application in this deployment's Key Vault, "
        "with its expiry date.",
    )
