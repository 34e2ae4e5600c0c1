"""Trouble at Graph that stays: whom it meets is unknown, the cause is told only when nobody was read, and it ends.

All of it happens at once, in a sandbox of its own, since it uses up what the process may ask again.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.schedules import Question, asking, crowd, expect_answered, expect_free_busy, reasons, shown, timed
from tests.journeys.storms import SHORT, ready_company, says, side_by_side, throttled, trouble
from tests.journeys.test_get_schedule import graph_calls
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person
from tests.sandbox.world.mailboxes import Meeting

TODAY = Question()
DEADLINE = 28.0  # seconds: the call's own 25, and some for a busy machine
FORBIDDEN = {"status": 403, "body": says("ErrorAccessDenied")}
NO_MAILBOX = {"status": 404, "body": says("MailboxNotEnabledForRESTAPI")}
WAIT, DOWN, LATE = throttled("300"), {"status": 503, "body": says("x")}, {"status": 504, "body": says("x")}

# What happens to each of the three parts of a call, and the status and code of its answer
PRECEDENCE: dict[str, tuple[tuple[dict[str, Any], ...], int, str | None]] = {
    "mailbox, throttled, outage": ((NO_MAILBOX, WAIT, DOWN), 409, "mailboxNotReachable"),
    "outage, throttled, mailbox": ((DOWN, WAIT, NO_MAILBOX), 409, "mailboxNotReachable"),
    "throttled, mailbox, throttled": ((WAIT, NO_MAILBOX, WAIT), 409, "mailboxNotReachable"),
    "outage, late, forbidden": ((DOWN, LATE, FORBIDDEN), 409, None),
    "throttled, outage, outage": ((WAIT, DOWN, DOWN), 429, "throttled"),
    "outage, outage, throttled": ((DOWN, DOWN, WAIT), 429, "throttled"),
    "late, late, throttled": ((LATE, LATE, WAIT), 429, "throttled"),
}
PARTLY: dict[str, dict[str, Any]] = {"429": WAIT, "503": DOWN}  # one part of two meets this
CALLERS = 100


class Storm:
    """Situations that happen at the same time: what was asked in each, and answers and seconds by name."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.api = Api(stack)
        self.companies: dict[str, Company] = {}
        self.calendars: dict[str, dict[str, list[Meeting]]] = {}
        self.answers: dict[str, tuple[requests.Response, float]] = {}
        self._calls: dict[str, Callable[[], Any]] = {}
        self._faults: list[Fault] = []

    def company(self, name: str, people: int) -> Company:
        """Add a situation with a tested company and a crowd."""
        self.companies[name] = company = ready_company(self.stack, self.api)
        self.calendars[name] = crowd(company, people)
        return company

    def person(self, name: str, number: int) -> str:
        """Return the address of somebody in a situation's crowd."""
        return list(self.calendars[name])[number]

    def hit(self, name: str, *people: str, **fault: Any) -> None:
        """Let this happen to all requests of a situation, or to those for these people."""
        self._faults.append(trouble(self.companies[name], *people, **fault))

    def ask(self, name: str, *people: str, label: str | None = None, **more: Any) -> None:
        """Ask, in this situation, about these people, by default its crowd."""
        asked = people or self.calendars[name]
        self._calls[label or name] = timed(asking(self.stack, self.companies[name], TODAY, *asked, **more))

    def rage(self) -> None:
        """Let everything happen at once."""
        self.stack.microsoft.clear_requests()
        with Faults(self.stack, *self._faults):
            self.answers = side_by_side(self._calls)


@pytest.fixture(scope="module")
def storm() -> Iterator[Storm]:
    """A storm that is over."""
    with Stack() as stack:
        storm = Storm(stack)
        for kind, fault in SHORT.items():
            storm.company(f"one part: {kind}", 60)
            storm.hit(f"one part: {kind}", storm.person(f"one part: {kind}", 0), **fault)
            storm.ask(f"one part: {kind}")
            storm.company(f"all: {kind}", 2)
            storm.hit(f"all: {kind}", **fault)
            storm.ask(f"all: {kind}")
        for case, (parts, _, _) in PRECEDENCE.items():
            storm.company(case, 60)
            for part, fault in enumerate(parts):
                storm.hit(case, storm.person(case, 20 * part), **fault)
            storm.ask(case)
        for case, fault in PARTLY.items():
            domain = storm.company(f"partly: {case}", 20).tenant.domains[1]
            storm.hit(f"partly: {case}", storm.person(f"partly: {case}", 0), **fault)
            storm.ask(f"partly: {case}", *storm.calendars[f"partly: {case}"], storm.companies[f"partly: {case}"].ada)
            nobodies = [f"nobody{number}@{domain}" for number in range(5)]
            label = f"partly: {case} and nobodies"
            storm.ask(f"partly: {case}", *storm.calendars[f"partly: {case}"], *nobodies, label=label)
        storm.company("redirect", 25)
        storm.hit("redirect", status=302, headers={"Location": "https://evil.example/"})
        storm.ask("redirect")
        _not_allowed(storm)
        _many_callers(storm)
        storm.company("big", 300)
        storm.hit("big", **DOWN)
        storm.ask("big")
        storm.rage()
        yield storm
        assert stack.microsoft.errors == []


def _not_allowed(storm: Storm) -> None:
    company = storm.company("not allowed", 2)
    document = company.document(applicationSecret=None, allowedDomains=[company.tenant.domains[1]])
    assert storm.api.save(company, document).status_code == 200
    storm.hit("not allowed", **DOWN)
    storm.ask("not allowed", company.ada, "boss@elsewhere.example")


def _many_callers(storm: Storm) -> None:
    company = storm.company("callers", 0)
    storm.hit("callers", mode="reset")
    for number in range(CALLERS):
        asker = person(company.tenant, f"Asker{number}").user_principal_name
        storm.hit("callers", mode="reset")
        storm._faults[-1].path_contains = asker
        storm.ask("callers", company.ada, label=f"caller {number}", user=asker)


@pytest.mark.parametrize("kind", SHORT)
def test_only_those_are_unknown_whom_it_meets(storm: Storm, kind: str):
    answer, took = storm.answers[f"one part: {kind}"]
    calendars = storm.calendars[f"one part: {kind}"]

    assert took < DEADLINE
    assert [address for address, reason in reasons(answer).items() if reason] == list(calendars)[:20]
    assert not any(word in answer.text for word in ("<html", "Made by a test", "MailboxConcurrency"))
    for address, one in shown(answer).items():
        if "error" in one:
            assert len(one["error"]["message"]) > 20
        else:
            expect_free_busy(one, TODAY, calendars[address])


@pytest.mark.parametrize("kind", SHORT)
def test_when_nobody_was_read_the_cause_is_told(storm: Storm, kind: str):
    answer, took = storm.answers[f"all: {kind}"]

    expected = {(502, "microsoftUnavailable")}
    if kind.startswith("429"):
        expected = {(429, "throttled")}
    if kind == "504":  # what a gateway tells of its back end may be called either
        expected.add((504, "microsoftTimeout"))
    assert (answer.status_code, answer.json()["error"]["code"]) in expected
    error = expect_refused(
        answer, answer.status_code, answer.json()["error"]["code"], hides=("<html", "Made by a test")
    )
    assert error["innerError"]["remedy"]
    assert took < DEADLINE
    if answer.status_code == 429:
        assert int(answer.headers["Retry-After"]) >= 1


@pytest.mark.parametrize("case", PRECEDENCE)
def test_of_several_causes_the_contracts_first_is_told(storm: Storm, case: str):
    answer, _ = storm.answers[case]
    _, status, code = PRECEDENCE[case]

    expect_refused(answer, status, code or answer.json()["error"]["code"], hides=("Made by a test",))
    assert ("Retry-After" in answer.headers) == (status == 429)


@pytest.mark.parametrize("case", PARTLY)
def test_one_address_that_was_read_makes_it_a_200(storm: Storm, case: str):
    answer, _ = storm.answers[f"partly: {case}"]

    unknown = {address: reason for address, reason in reasons(answer).items() if reason}
    assert list(unknown) == list(storm.calendars[f"partly: {case}"])
    assert len(set(unknown.values())) == 1


@pytest.mark.parametrize("case", PARTLY)
def test_an_error_that_graph_sent_about_an_address_is_always_part_of_a_200(storm: Storm, case: str):
    answer, _ = storm.answers[f"partly: {case} and nobodies"]

    found = reasons(answer)
    assert [reason for address, reason in found.items() if address.startswith("nobody")] == ["5009"] * 5
    assert all(found.values())


def test_a_redirect_is_an_outage_and_not_followed(storm: Storm):
    expect_refused(storm.answers["redirect"][0], 502, "microsoftUnavailable", hides=("evil.example",))


def test_addresses_that_may_not_be_asked_do_not_hide_an_outage(storm: Storm):
    expect_refused(storm.answers["not allowed"][0], 502, "microsoftUnavailable")


def test_an_outage_of_a_big_call_makes_no_storm_of_requests(storm: Storm):
    answer, took = storm.answers["big"]

    expect_refused(answer, 502, "microsoftUnavailable")
    assert took < DEADLINE
    assert len(graph_calls(storm.stack, storm.companies["big"])) <= 15 * 6, (
        "15 parts, and not all of them again and again"
    )


def test_many_callers_in_an_outage_make_no_storm_either(storm: Storm):
    """The budget for asking again is the process's, not each call's."""
    for number in range(CALLERS):
        expect_refused(storm.answers[f"caller {number}"][0], 502, "microsoftUnavailable")

    assert len(graph_calls(storm.stack, storm.companies["callers"])) <= 2.5 * CALLERS


def test_trouble_that_is_over_is_forgotten(storm: Storm):
    names = [f"one part: {kind}" for kind in SHORT] + list(PRECEDENCE) + ["big"]
    answers = side_by_side(
        {name: timed(asking(storm.stack, storm.companies[name], TODAY, *storm.calendars[name])) for name in names}
    )

    for name, (answer, took) in answers.items():
        expect_answered(answer, TODAY, storm.calendars[name])
        assert took < 3, f"{name}: {took:.1f} s"  # of 28 calls at the same time
