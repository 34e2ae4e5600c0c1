"""What the letters say: the fact and its date first, what stops, what to do, and why the reader gets it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.credential import NEVER, UNKNOWN, Expiry
from lib.domain.findings import Newer, Trouble
from lib.domain.letters import Letter, Part
from lib.domain.letters.compose import Content, compose
from lib.domain.letters.words import HEADINGS
from lib.domain.notices import DEPLOYMENT, Notice, Unchecked
from lib.domain.refusals import secret_missing

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
PORTAL = "entra.microsoft.com"
GONE = secret_missing()
BUSY = Unchecked("fabrikam", "throttled", "Entra ID is busy.")
BROKE_OFF = Unchecked(None, "down", "The scan broke off.")
RENEW = "How to renew the client secret"
APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"


def on(days: int) -> Expiry:
    return Expiry(on=NOW.date() + timedelta(days=days))


def notice(*kinds: Kind, customer: str = "contoso", days: int = 9, **fields: object) -> Notice:
    plain = Notice(customer, "g1", kinds, NOW, tenant="contoso.com", application_id=APPLICATION, expires=on(days))
    return replace(plain, **fields)


def letter(*notices: Notice, operators: bool = False, unknown: tuple[str, ...] = ()) -> Letter:
    return compose(Content(notices, operators, unknown), NOW, PORTAL)


def part(of: Letter, heading: str) -> Part:
    [found] = [one for one in of.parts if one.heading == heading]
    return found


def headings(of: Letter) -> list[str]:
    return [one.heading for one in of.parts]


def words(of: Letter) -> str:
    parts = [
        text
        for one in of.parts
        for text in (one.heading, *one.paragraphs, *one.lines, *one.steps, *(": ".join(fact) for fact in one.facts))
    ]
    return "\n".join([of.subject, *of.opening, *parts, of.why])


@pytest.mark.parametrize(
    ("told", "subject"),
    [
        (notice(Kind.EXPIRING, days=9), "Calendar secret of contoso expires on 30 November 2026, in 9 days"),
        (notice(Kind.EXPIRING, days=1), "Calendar secret of contoso expires on 22 November 2026, in 1 day"),
        (notice(Kind.EXPIRED, days=0), "Calendar secret of contoso expires today, 21 November 2026"),
        (notice(Kind.EXPIRED, days=-3), "Calendar secret of contoso expired on 18 November 2026"),
        (notice(Kind.EXPIRED, days=30), "Calendar secret of contoso has expired (as of 21 November 2026)"),
        (notice(Kind.EXPIRED, expires=UNKNOWN), "Calendar secret of contoso has expired (as of 21 November 2026)"),
        (notice(Kind.REFUSED), "Calendar secret of contoso is refused by Entra ID (as of 21 November 2026)"),
        (
            notice(Kind.REFUSED, refused=Trouble("AADSTS7000215", "refused")),
            "Calendar secret of contoso is refused by Entra ID (as of 21 November 2026)",
        ),
        (
            notice(Kind.REFUSED, refused=Trouble("invalid_client", "an answer without a number")),
            "Calendar secret of contoso is refused by Entra ID (as of 21 November 2026)",
        ),
        (
            notice(Kind.REFUSED, refused=Trouble(GONE.code, GONE.message, missing=True)),
            "Calendar secret of contoso is missing in the key vault (as of 21 November 2026)",
        ),
        (notice(Kind.NEWER), "New calendar secret of contoso is not accepted by Entra ID (as of 21 November 2026)"),
        (notice(Kind.CONSENT), "Calendar consent of contoso was withdrawn (as of 21 November 2026)"),
        (
            notice(Kind.CONNECTIONS, users=("ada",), users_in_all=1),
            "1 user of contoso must connect the calendar again (as of 21 November 2026)",
        ),
        (
            notice(Kind.CONNECTIONS, users=("ada", "bob"), users_in_all=2),
            "2 users of contoso must connect the calendar again (as of 21 November 2026)",
        ),
        (
            notice(Kind.UNKNOWN, expires=UNKNOWN),
            "Expiry of the calendar secret of contoso is not known (as of 21 November 2026)",
        ),
        (
            notice(Kind.SOLVED, days=400),
            "All clear: calendar secret of contoso is in order, valid until 26 December 2027",
        ),
        (
            notice(Kind.SOLVED, expires=NEVER),
            "All clear: calendar secret of contoso is in order (as of 21 November 2026)",
        ),
        (
            notice(Kind.UNCHECKED, customer=DEPLOYMENT, unchecked=(BUSY,), unchecked_in_all=1),
            "Secret scan could not check 1 customer (as of 21 November 2026)",
        ),
        (
            notice(Kind.UNCHECKED, customer=DEPLOYMENT, unchecked=(BUSY, BUSY), unchecked_in_all=12),
            "Secret scan could not check 12 customers (as of 21 November 2026)",
        ),
        (
            notice(Kind.UNCHECKED, customer=DEPLOYMENT, unchecked=(BUSY, BROKE_OFF), unchecked_in_all=2),
            "Secret scan could not check everything (as of 21 November 2026)",
        ),
        (
            notice(Kind.UNCHECKED, customer=DEPLOYMENT, unchecked_in_all=0),
            "Secret scan could not check everything (as of 21 November 2026)",
        ),
        (
            notice(Kind.SOLVED, customer=DEPLOYMENT, expires=UNKNOWN),
            "All clear: everything could be checked again (as of 21 November 2026)",
        ),
    ],
)
def test_the_subject_tells_the_fact_and_its_date_and_the_letter_opens_with_it(told: Notice, subject: str):
    found = letter(told)

    assert found.subject == subject
    assert found.opening == (f"{subject}.",)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_heading_and_says_what_stops(kind: Kind):
    found = part(letter(notice(kind)), HEADINGS[kind])

    assert found.paragraphs[0].endswith(".")


@pytest.mark.parametrize("kind", [Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED])
def test_a_secret_is_renewed_in_the_steps_of_the_vendors_documents(kind: Kind):
    steps = part(letter(notice(kind)), RENEW).steps
    text = " ".join(steps)

    places = [
        text.index(words)
        for words in (
            PORTAL,
            "App registrations",
            APPLICATION,
            "Certificates & secrets",
            "New client secret",
            "Add",
            "Copy the Value",
            "Calendar Configuration",
            "paste the Value as the Application Secret",
            "Save",
            "Test Calendar Configuration",
            "delete the old secret",
        )
    ]
    assert places == sorted(places)
    assert "(The Value, not the Secret ID.)" in text


@pytest.mark.parametrize("kind", [Kind.CONSENT, Kind.CONNECTIONS, Kind.NEWER, Kind.UNKNOWN, Kind.UNCHECKED])
def test_what_a_new_secret_does_not_mend_has_steps_of_its_own(kind: Kind):
    found = letter(notice(kind))

    assert part(found, HEADINGS[kind]).steps
    assert RENEW not in headings(found)


def test_where_consent_was_withdrawn_the_test_comes_first():
    """Exchange's RBAC for Applications may let the application in without it."""
    first, *others = part(letter(notice(Kind.CONSENT)), HEADINGS[Kind.CONSENT]).steps

    assert "choose Test Calendar Configuration" in first
    assert "RBAC for Applications" in first
    assert "admin consent link" in others[0]


def test_a_refusal_with_a_remedy_of_its_own_is_told_with_it_and_without_a_new_secret():
    found = letter(notice(Kind.REFUSED, days=300, refused=Trouble("AADSTS7000112", "It is disabled.", "Enable it.")))

    assert part(found, HEADINGS[Kind.REFUSED]).lines == ("It is disabled. (AADSTS7000112) Enable it.",)
    assert RENEW not in headings(found)


def test_a_secret_that_expires_has_to_be_renewed_whatever_else_is_refused():
    found = letter(
        notice(Kind.EXPIRED, Kind.REFUSED, days=-1, refused=Trouble("AADSTS7000112", "It is disabled.", "Enable it."))
    )

    assert RENEW in headings(found)


def test_a_letter_names_the_secret_by_what_entra_id_shows_and_no_more():
    found = letter(notice(Kind.EXPIRING, hint="s3c", key_id="key-1"))

    assert dict(part(found, "Which application this is about").facts) == {
        "Customer": "contoso",
        "Tenant": "contoso.com",
        "Application (client) ID": APPLICATION,
        "Secret ID": "key-1",
        "The secret begins with": "s3c",
        "The secret expires": "30 November 2026 (UTC)",
    }


@pytest.mark.parametrize(("expires", "text"), [(UNKNOWN, "not known"), (NEVER, "never")])
def test_an_expiry_without_a_date_is_told_too(expires: Expiry, text: str):
    facts = dict(part(letter(notice(Kind.REFUSED, expires=expires)), "Which application this is about").facts)

    assert facts["The secret expires"] == text


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        (Newer.SAVED, "waits for its test: go to step 6 of How to renew the client secret."),
        (
            Newer.REGISTERED,
            "a newer secret, valid until 10 June 2027, which nobody entered. If you have its Value, go to",
        ),
        (Newer.REFUSED, "added to the key vault by hand, but Entra ID does not accept it"),
    ],
)
def test_a_newer_secret_that_waits_is_told(newer: Newer, said: str):
    found = letter(notice(Kind.EXPIRING, newer=newer, newer_until=on(201)))

    assert said in " ".join(part(found, HEADINGS[Kind.EXPIRING]).lines)
    steps = part(found, RENEW).steps
    assert steps[4].startswith("In the ATS open the Calendar Configuration, paste")
    assert steps[5].startswith("Choose Test Calendar Configuration.")


def test_a_secret_over_by_its_date_that_entra_id_still_accepts_may_have_a_wrong_date():
    found = part(letter(notice(Kind.EXPIRED, days=-1, works=True)), HEADINGS[Kind.EXPIRED])

    assert "If only the date in the Calendar Configuration is wrong, correct it there" in found.paragraphs[0]
    assert "still accepts" in found.paragraphs[0]
    assert found.lines == (), "it is said once"
    dead = part(letter(notice(Kind.EXPIRED, days=-1)), HEADINGS[Kind.EXPIRED])
    assert "still accepts" not in " ".join((*dead.paragraphs, *dead.lines))


def test_of_many_users_some_are_named_and_all_are_counted():
    names = tuple(f"user{number}@contoso.com" for number in range(20))

    few = part(letter(notice(Kind.CONNECTIONS, users=names[:2], users_in_all=2)), HEADINGS[Kind.CONNECTIONS])
    many = part(letter(notice(Kind.CONNECTIONS, users=names, users_in_all=57)), HEADINGS[Kind.CONNECTIONS])

    assert few.lines == ("user0@contoso.com, user1@contoso.com",)
    assert many.lines[0].endswith("user19@contoso.com and 37 more")


def test_what_could_not_be_checked_is_named_with_the_reason():
    told = notice(
        Kind.UNCHECKED, customer=DEPLOYMENT, expires=UNKNOWN, unchecked=(BUSY, BROKE_OFF), unchecked_in_all=31
    )
    found = letter(told, operators=True)

    lines = part(found, HEADINGS[Kind.UNCHECKED]).lines
    assert lines == ("fabrikam: Entra ID is busy.", "The scan broke off.", "and 29 more")
    assert "Which application this is about" not in headings(found)


def test_several_customers_share_one_letter_and_one_list_of_steps():
    first = notice(Kind.EXPIRED, days=-1, application_id="a1")
    second = notice(Kind.EXPIRING, customer="fabrikam", days=5, application_id="a2")
    found = letter(first, second, notice(Kind.SOLVED, customer="wingtip", days=300))

    assert found.subject == "Calendar secret of contoso expired on 20 November 2026 (and 2 more)"
    assert found.opening == (
        "Calendar secret of contoso expired on 20 November 2026.",
        "There is news about 3 calendar configurations, the most urgent first.",
    )
    assert headings(found) == ["Expired", "Expiring soon", "All clear", "How to renew the client secret"]
    assert part(found, "Expiring soon").lines == (
        "Calendar secret of fabrikam expires on 26 November 2026, in 5 days. Application (client) ID: a2",
    )
    assert "and there each application named above" in part(found, "How to renew the client secret").steps[1]
    assert not found.good


def test_a_customer_with_two_troubles_is_told_under_both_headings():
    found = letter(notice(Kind.REFUSED, Kind.EXPIRING, refused=Trouble("AADSTS7000215", "It is refused.")))

    assert headings(found)[:2] == ["Refused or missing", "Expiring soon"]
    assert found.subject.startswith("Calendar secret of contoso is refused")


def test_only_a_letter_without_trouble_is_good():
    assert letter(notice(Kind.SOLVED)).good
    assert letter(notice(Kind.SOLVED), notice(Kind.SOLVED, customer="fabrikam")).good
    assert not letter(notice(Kind.SOLVED), notice(Kind.UNKNOWN, customer="fabrikam")).good
    assert letter(notice(Kind.SOLVED)).parts[0].steps == ()
