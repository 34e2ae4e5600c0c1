"""The scan from end to end: who is told what, and what its summary says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.microsoft import GraphRefused, RegisteredSecret
from lib.domain.notices import DEPLOYMENT
from lib.domain.scan import Problem
from lib.ports import Deadline
from tests.usecases.fakes import NOW, Version
from tests.usecases.scanning import (
    BUSY,
    EXPIRED,
    LONG_AGO,
    OPERATOR,
    READS_ITSELF,
    REFUSED,
    WITHDRAWN,
    Place,
    on,
)

OWN = "it@contoso.example"


@pytest.fixture
def place() -> Place:
    return Place()


async def days(place: Place, number: int) -> dict[int, str]:
    """Scan on so many days; return the subjects that the operator got, by day."""
    found = {}
    for day in range(number):
        place.now = NOW + timedelta(days=day)
        before = len(place.mail.sent)
        await place.run()
        letters = place.mail.sent[before:]
        assert len(letters) <= 1
        found |= {day: letters[0][1].subject} if letters else {}
    return found


async def test_a_secret_is_told_at_each_threshold_on_its_day_and_weekly_until_it_is_renewed(place: Place):
    place.thresholds = (14, 3, 1)
    place.add("contoso", expires=on(5))

    subjects = await days(place, 23)

    assert {day: subject.partition(" of contoso ")[2] for day, subject in subjects.items()} == {
        0: "expires on 26 November 2026, in 5 days",
        2: "expires on 26 November 2026, in 3 days",
        4: "expires on 26 November 2026, in 1 day",
        5: "expires today, 26 November 2026",
        12: "expired on 26 November 2026",
        19: "expired on 26 November 2026",
    }
    place.renew("contoso", on(400))
    place.mail.sent.clear()
    assert await days(place, 3) == {
        0: "All clear: calendar secret of contoso is in order, valid until 26 December 2027"
    }


async def test_there_is_one_letter_per_recipient_and_run_sorted_by_urgency(place: Place):
    place.add("alfa", expires=on(30), recipients=[OWN])
    place.add("bravo", expires=on(-1), recipients=[OWN, "else@bravo.example"])
    place.add("charlie", expires=on(2), recipients=[OWN.upper()])
    place.add("delta", expires=on(300), answer=REFUSED)

    summary = await place.run()

    assert sorted(recipient for recipient, _, _ in place.mail.sent) == ["else@bravo.example", OWN, OPERATOR]
    [letter] = place.letters(OPERATOR)
    assert [part.heading for part in letter.parts][:3] == ["Expired", "Refused or missing", "Expiring soon"]
    assert letter.subject == "Calendar secret of bravo expired on 20 November 2026 (and 3 more)"
    assert [line.split()[3] for line in letter.parts[2].lines] == ["charlie", "alfa"]
    assert place.mail.sent[0][0] == OPERATOR, "operators come first"
    assert {customer for to, customer, _ in place.told() if to == OWN} == {"alfa", "bravo", "charlie"}
    assert (summary.due, summary.sent) == (4, 4)


async def test_the_summary_counts_and_is_kept(place: Place):
    place.add("alfa", expires=on(3))
    place.add("bravo", expires=on(300), answer=WITHDRAWN)
    place.add("charlie", kind=ConfigurationType.NONE)
    place.add("delta", expires=on(300))

    summary = await place.run()

    assert (summary.started_at, summary.finished_at, summary.complete) == (NOW, NOW, True)
    assert (summary.customers, summary.credentials, summary.due, summary.sent) == (4, 3, 2, 2)
    assert (summary.could_not_check, [problem.customer for problem in summary.problems]) == (0, ["bravo"])
    assert place.scans.summaries == [summary]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [(REFUSED, Kind.REFUSED), (EXPIRED, Kind.EXPIRED), (WITHDRAWN, Kind.CONSENT), ((), Kind.CONSENT)],
)
async def test_what_entra_id_refuses_is_told_at_once_whatever_the_date_says(
    place: Place, answer: Exception | tuple[str, ...], kind: Kind
):
    place.add("contoso", expires=on(300), answer=answer, recipients=[OWN])

    await place.run()

    assert place.told() == {(OPERATOR, "contoso", kind): 1, (OWN, "contoso", kind): 1}


async def test_unknown_expiries_and_users_whose_connection_ended_are_named(place: Place):
    place.add("alfa", recipients=[OWN])
    place.add("bravo", expires=on(300), consent=Consent.USER, recipients=[OWN])
    await place.end_connection("bravo", "ada@users.example")
    await place.run()

    assert set(place.told()) == {
        (to, *fact) for to in (OPERATOR, OWN) for fact in (("alfa", Kind.UNKNOWN), ("bravo", Kind.CONNECTIONS))
    }
    place.add("charlie", expires=on(3), recipients=[OWN])
    await place.run()

    [_, letter] = place.letters(OPERATOR)
    assert letter.parts[-1].lines == ("alfa",), "operators are reminded with every letter"
    assert "alfa" not in str(place.letters(OWN)[1])


async def test_superseded_secrets_and_customers_of_type_none_are_not_reported(place: Place):
    contoso = place.add("contoso", expires=on(300))
    versions = place.vault.secrets[contoso.secret_name()]
    versions["older"] = Version("older", on(-1), created_at=LONG_AGO - timedelta(days=1))
    place.add("fabrikam", kind=ConfigurationType.NONE)
    place.remember("fabrikam", "m")

    await place.run()

    assert not place.mail.sent
    assert not versions["older"].enabled
    assert "fabrikam" not in place.alerts.rows


async def test_a_saved_secret_that_waits_for_its_test_is_mentioned_and_stops_nothing(place: Place):
    contoso = place.add("contoso", expires=on(3))
    assert contoso.newest is not None
    pending = replace(contoso.newest, id="m2", secret_version="v2", secret_expires=on(500))
    place.customers.put(replace(contoso, newest=pending))

    await place.run()

    [letter] = place.letters(OPERATOR)
    assert "A newer secret is saved in the ATS and waits for its test" in letter.parts[0].lines[0]
    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


async def test_a_newer_secret_in_entra_id_is_mentioned(place: Place):
    contoso = place.add("contoso", expires=on(3), answer=READS_ITSELF)
    assert contoso.newest is not None
    place.graph.listed[contoso.newest.access.application_id or ""] = [
        RegisteredSecret("con", NOW + timedelta(days=3), "key-1", LONG_AGO),
        RegisteredSecret("xyz", NOW + timedelta(days=300), "key-2", NOW),
    ]
    await place.run()

    [letter] = place.letters(OPERATOR)
    assert "Entra ID lists a newer secret" in letter.parts[0].lines[0]
    facts = dict(letter.parts[2].facts)
    assert (facts["Secret ID"], facts["The secret begins with"]) == ("key-1", "con")
    assert "contoso-secret" not in str(letter)


async def test_a_version_added_in_the_vault_ends_the_letters_once_it_works(place: Place):
    contoso = place.add("contoso", expires=on(3))
    await place.run()
    place.vault.add_by_hand(contoso.secret_name(), "by hand", NOW, on(500))
    place.entra.answers["by hand"] = READS_ITSELF
    place.now += timedelta(days=1)
    await place.run()

    assert place.told()[OPERATOR, "contoso", Kind.SOLVED] == 1
    assert "valid until 4 April 2028" in place.letters(OPERATOR)[1].subject


async def test_nobody_to_tell_is_a_problem_and_whoever_comes_later_is_told(place: Place):
    place.operators = ()
    place.add("contoso", expires=on(3))
    place.add("fabrikam", expires=on(300), answer=BUSY)

    summary = await place.run()

    assert (summary.due, summary.sent, place.mail.sent) == (2, 0, [])
    assert [(problem.customer, problem.code) for problem in summary.problems if problem.code == "noRecipients"] == [
        ("contoso", "noRecipients"),
        (None, "noRecipients"),
    ]
    place.operators = (OPERATOR,)
    place.now += timedelta(minutes=1)
    await place.run()
    assert set(place.told()) == {(OPERATOR, "contoso", Kind.EXPIRING), (OPERATOR, DEPLOYMENT, Kind.UNCHECKED)}


@pytest.mark.parametrize("answer", [BUSY, Throttled(9), MicrosoftTimeout(), RuntimeError("a bug")])
async def test_one_customer_that_cannot_be_checked_stops_no_other_and_is_told_the_operators(
    place: Place, answer: Exception
):
    place.add("alfa", expires=on(300), answer=answer, recipients=[OWN])
    place.add("bravo", expires=on(3), recipients=[OWN])

    summary = await place.run()

    assert (summary.complete, summary.could_not_check, summary.customers) == (False, 1, 2)
    assert set(place.told()) == {
        (OPERATOR, "bravo", Kind.EXPIRING),
        (OWN, "bravo", Kind.EXPIRING),
        (OPERATOR, DEPLOYMENT, Kind.UNCHECKED),
    }
    [letter] = place.letters(OPERATOR)
    assert letter.parts[0].lines[0].startswith("alfa: ")
    assert "a bug" not in str(letter)

    place.entra.answers["alfa-secret"] = READS_ITSELF
    assert (await place.run()).complete
    assert place.told()[OPERATOR, DEPLOYMENT, Kind.SOLVED] == 1


async def test_a_customer_whose_row_cannot_be_read_is_told_the_operators(place: Place):
    place.add("contoso")
    place.customers.unreadable.add("contoso")

    summary = await place.run()

    assert summary.problems == (Problem("contoso", "unreadable", "The stored configuration cannot be read."),)
    assert set(place.told()) == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED)}


async def test_what_is_due_by_its_date_is_told_although_entra_id_cannot_be_asked(place: Place):
    place.add("contoso", expires=on(-2), answer=BUSY)

    await place.run()

    assert set(place.told()) == {(OPERATOR, "contoso", Kind.EXPIRED), (OPERATOR, DEPLOYMENT, Kind.UNCHECKED)}


@pytest.mark.parametrize("failure", [GraphRefused(503, "serviceNotAvailable"), MicrosoftTimeout()])
async def test_a_page_of_graph_that_fails_is_reported_as_incomplete(place: Place, failure: Exception):
    contoso = place.add("contoso", expires=on(300), answer=READS_ITSELF)
    assert contoso.newest is not None
    place.graph.listed[contoso.newest.access.application_id or ""] = failure

    summary = await place.run()

    assert (summary.complete, summary.could_not_check) == (False, 1)
    assert set(place.told()) == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED)}


async def test_nobody_is_told_that_an_expiry_is_unknown_which_could_not_be_asked_for(place: Place):
    contoso = place.add("contoso", answer=READS_ITSELF)
    assert contoso.newest is not None
    place.graph.listed[contoso.newest.access.application_id or ""] = MicrosoftTimeout()

    await place.run()

    assert set(place.told()) == {(OPERATOR, DEPLOYMENT, Kind.UNCHECKED)}


async def test_while_another_scan_runs_this_one_says_so(place: Place):
    await place.leases.take("scan", "another", place.now, place.now + timedelta(minutes=1))

    summary = await place.scan().run(Deadline.after(0), Deadline.after(60))

    assert (summary.complete, [problem.code for problem in summary.problems]) == (False, ["scanRunning"])
    assert place.scans.summaries == [], "its summary is the one to read"


async def test_requests_go_out_side_by_side_and_not_all_at_once(place: Place):
    for number in range(40):
        place.add(f"customer-{number:02d}", expires=on(300))

    await place.run()

    assert sorted(place.entra.asked) == sorted(place.customers.rows)
    assert 8 <= place.entra.most_at_once <= 24
