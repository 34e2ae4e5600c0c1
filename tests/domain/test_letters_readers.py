"""Who reads the letters: why they get them, what operators see besides, and that no text breaks them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.domain.alerts import Kind
from lib.domain.credential import NEVER, UNKNOWN
from lib.domain.fields import CUSTOMER
from lib.domain.findings import Newer, Trouble
from lib.domain.notices import BASIC, DEPLOYMENT, MOST_NAMED, Notice, Unchecked
from tests.domain.test_letters import APPLICATION, NOW, PORTAL, headings, letter, notice, on, part, words


def test_a_customers_reader_is_told_why():
    found = letter(notice(Kind.EXPIRING), notice(Kind.EXPIRING, customer="fabrikam"))

    assert "among the alert recipients in the Calendar Configuration of contoso, fabrikam." in found.why


def test_an_operator_is_told_why():
    found = letter(notice(Kind.EXPIRING), operators=True)

    assert "ALERT_RECIPIENTS" in found.why
    assert "contoso" not in found.why


def test_operators_are_reminded_of_those_about_whom_nobody_can_be_warned():
    found = letter(notice(Kind.EXPIRING), operators=True, unknown=("fabrikam", BASIC))
    reminder = part(found, "Also: expiry still not known")

    assert found.parts[-1] == reminder, "below everything else"
    assert reminder.lines == ("fabrikam, the Basic application",)
    assert "Also: expiry still not known" not in headings(letter(notice(Kind.EXPIRING), unknown=("fabrikam",)))


def test_who_is_told_in_the_letter_itself_is_not_in_the_reminder():
    found = letter(notice(Kind.UNKNOWN, expires=UNKNOWN), operators=True, unknown=("contoso",))

    assert "Also: expiry still not known" not in headings(found)


def test_of_very_many_unknown_ones_some_are_named_and_all_are_counted():
    customers = tuple(f"customer-{number:03d}" for number in range(300))

    [line] = part(
        letter(notice(Kind.EXPIRING), operators=True, unknown=customers), "Also: expiry still not known"
    ).lines

    assert line.endswith("customer-049 and 250 more")


def test_a_letter_about_three_hundred_customers_names_each_of_them_once():
    notices = [notice(Kind.EXPIRING, customer=f"customer-{number:03d}", days=number % 60 + 1) for number in range(300)]
    found = letter(*notices, operators=True)

    lines = part(found, "Expiring soon").lines
    assert len(lines) == 300
    assert all(f"customer-{number:03d} expires on" in line for number, line in enumerate(lines))
    assert found.subject.endswith("(and 299 more)")
    assert found.opening[1].startswith("There is news about 300 calendar configurations")
    assert headings(found).count("How to renew the client secret") == 1


def basic(*kinds: Kind) -> Notice:
    return notice(*kinds, customer=BASIC, tenant=None, application_id="b1")


def test_the_application_of_basic_is_renewed_by_the_operator_in_the_vault():
    found = letter(basic(Kind.EXPIRING), operators=True)

    assert found.subject == "Calendar secret of the Basic application expires on 30 November 2026, in 9 days"
    steps = " ".join(part(found, "How to renew the secret of Basic").steps)
    assert "basic-application" in steps
    assert "In the ATS" not in steps


def test_an_operator_who_has_to_renew_both_is_told_both_ways():
    found = letter(basic(Kind.EXPIRED), notice(Kind.EXPIRING), operators=True)

    steps = " ".join(step for one in found.parts for step in one.steps)
    assert "basic-application" in steps
    assert "paste the Value as the Application Secret" in steps


def test_the_date_of_basics_secret_is_entered_in_the_vault():
    steps = " ".join(step for one in letter(basic(Kind.UNKNOWN), operators=True).parts for step in one.steps)

    assert "In the ATS" not in steps


def test_the_end_of_unchecked_customers_is_told_without_a_secret():
    found = letter(replace(notice(Kind.SOLVED, customer=DEPLOYMENT), expires=UNKNOWN), operators=True)

    assert found.good
    assert headings(found) == ["All clear"]
    assert "secret" not in words(found).lower().replace("secret scan", "")


HOSTILE = "x\r\nBcc: victim@example.com\r\n\r\n<script>\u2028\x00"
texts = st.text(max_size=30) | st.just(HOSTILE)
any_notice = st.builds(
    Notice,
    customer=st.from_regex(CUSTOMER, fullmatch=True) | st.sampled_from([BASIC, DEPLOYMENT]),
    generation=st.just("g1"),
    kinds=st.lists(st.sampled_from(Kind), min_size=1, unique=True).map(
        lambda kinds: tuple(sorted(kinds, key=lambda kind: kind.urgency))
    ),
    found_at=st.just(NOW),
    tenant=st.none() | texts,
    application_id=st.none() | st.just(APPLICATION),
    expires=st.sampled_from([UNKNOWN, NEVER]) | st.integers(-900, 900).map(on),
    works=st.booleans(),
    hint=st.none() | texts,
    refused=st.none() | st.builds(Trouble, texts, texts, texts),
    withdrawn=st.none() | st.builds(Trouble, texts, texts, texts),
    newer=st.none() | st.sampled_from(Newer),
    newer_until=st.sampled_from([UNKNOWN, NEVER, on(5)]),
    users=st.lists(texts, max_size=3).map(tuple),
    users_in_all=st.integers(0, 99),
    unchecked=st.lists(st.builds(Unchecked, st.none() | texts, texts, texts), max_size=3).map(tuple),
    unchecked_in_all=st.integers(0, 99),
)


@settings(derandomize=True, deadline=None, max_examples=150, database=None)
@given(st.lists(any_notice, min_size=1, max_size=4), st.booleans())
def test_whatever_is_told_the_subject_is_one_line_and_the_letter_complete(notices: list[Notice], operators: bool):
    found = letter(*notices, operators=operators, unknown=("fabrikam",))

    assert found.subject.isprintable()
    assert found.subject.isascii(), "so it needs no encoding, which readers decode differently"
    assert len(found.subject) < 200
    assert found.opening[0] == headline_of(found.subject) + "."
    assert {kind for one in notices for kind in one.kinds} <= kinds_told(headings(found))
    assert all(part.paragraphs or part.facts or part.lines or part.steps for part in found.parts)
    assert found.good is all(one.kind is Kind.SOLVED for one in notices)


def headline_of(subject: str) -> str:
    return subject.partition(" (and ")[0]


def kinds_told(names: list[str]) -> set[Kind]:
    from_heading = {
        "Expired": Kind.EXPIRED,
        "Refused or missing": Kind.REFUSED,
        "Consent withdrawn": Kind.CONSENT,
        "Could not be checked": Kind.UNCHECKED,
        "Expiring soon": Kind.EXPIRING,
        "Users who have to connect again": Kind.CONNECTIONS,
        "New version not accepted": Kind.NEWER,
        "Expiry not known": Kind.UNKNOWN,
        "All clear": Kind.SOLVED,
    }
    return {from_heading[name] for name in names if name in from_heading}


@pytest.mark.parametrize("kind", list(Kind))
def test_no_letter_says_more_of_a_secret_than_entra_id_shows(kind: Kind):
    """A notice has no place for a secret: what identifies it are Microsoft's three characters and its Secret ID."""
    found = words(letter(notice(kind, hint="s3c", key_id="key-1"), operators=True))

    assert found.count("s3c") <= 1
    assert PORTAL in found or kind not in {Kind.EXPIRED, Kind.EXPIRING, Kind.REFUSED, Kind.UNKNOWN}
    assert "ticket" not in found
    assert "http" not in found, "it says where in the ATS to go, and carries no link"
    assert MOST_NAMED == 20
