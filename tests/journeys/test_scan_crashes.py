"""Processes that die or fall behind in the middle of a scan: no alert is lost, and at most one letter comes twice."""

import time

import pytest

from tests.journeys.api import another_instance
from tests.journeys.scan_rows import let_leases_end, waiting
from tests.journeys.scans import Office, expect_all_told, start_timer, wait_until
from tests.sandbox.mail.faults import SmtpFault
from tests.sandbox.microsoft import Fault
from tests.sandbox.microsoft.calls import SeenRequest


def die_and_come_back(office: Office) -> None:
    """Kill the functions and start them anew, with a mail server that works."""
    office.stack.host.kill()
    office.stack.smtp.faults.clear()
    office.stack.microsoft.faults.clear()
    office.stack.start_host()


def test_after_a_crash_the_lease_of_the_dead_ends_by_itself(office: Office):
    """Nobody helps here: the next runs wait until it has ended, half a minute at most."""
    for days in (9, -1):
        office.company(days)
    hang = SmtpFault("rcpt", mode="hang", times=1)
    office.stack.smtp.faults.append(hang)
    start_timer(office.api, "scan_client_secrets")
    wait_until(lambda: hang.times == 0)
    die_and_come_back(office)

    until = time.monotonic() + 45
    while len(office.stack.inbox.mails) < 3 and time.monotonic() < until:
        office.scan()
        office.timer("deliver_alerts")
        time.sleep(0.5)

    expect_all_told(office, most=2)
    assert len(office.stack.inbox.mails) <= 3 + 1


@pytest.mark.parametrize("accepted", [0, 1, 2, 3])
def test_a_process_killed_while_it_sends_loses_nothing_and_repeats_at_most_one(office: Office, accepted: int):
    """Killed before the server accepted anything, and right after it accepted so many letters."""
    for days in (9, -1, 0):
        office.company(days)
    hang = SmtpFault("rcpt", mode="hang", times=1)
    if not accepted:
        office.stack.smtp.faults.append(hang)
    start_timer(office.api, "scan_client_secrets")
    wait_until(lambda: len(office.stack.inbox.mails) >= accepted > 0 or hang.times == 0)
    die_and_come_back(office)
    let_leases_end(office)

    office.scan()
    office.timer("deliver_alerts")

    expect_all_told(office, most=2)
    assert len(office.stack.inbox.mails) <= 4 + 1 + 1, "each once, one twice, and the operator perhaps in two parts"
    assert waiting(office) == set()


class NthFault(Fault):
    """Never answers the request with this number, and counts from 0."""

    def __init__(self, service: str, number: int) -> None:
        super().__init__(service, mode="hang", times=1)
        self.left = number

    def matches(self, seen: SeenRequest) -> bool:
        if not super().matches(seen):
            return False
        self.left -= 1
        return self.left < 0


@pytest.mark.parametrize(("service", "number"), [("vault", 0), ("vault", 1), ("entra", 0), ("entra", 7), ("entra", 15)])
def test_a_process_killed_while_it_looks_goes_on_afterwards(office: Office, service: str, number: int):
    for _ in range(9):
        office.company(300)
    companies = [office.company(days) for days in (9, -2)]
    office.stack.host.stop()
    office.stack.start_host()  # it remembers no tokens and no secrets
    fault = NthFault(service, number)
    office.stack.microsoft.faults.append(fault)
    start_timer(office.api, "scan_client_secrets")
    wait_until(lambda: fault.times == 0)
    die_and_come_back(office)
    let_leases_end(office)

    summary = office.scan()
    office.timer("deliver_alerts")

    assert summary["complete"] is True
    assert summary["customers"] == len(office.companies)
    for company in companies:
        assert len(office.letters(company)) == len(office.operator_letters(company)) == 1
    assert len(office.stack.inbox.mails) <= 4


def test_a_process_that_fell_behind_and_lost_its_lease_sends_no_more_than_the_letter_in_hand(office: Office):
    for days in (9, -1, 0, 6):
        office.company(days)
    hang = SmtpFault("rcpt", mode="hang", times=1)
    office.stack.smtp.faults.append(hang)
    start_timer(office.api, "scan_client_secrets")
    wait_until(lambda: hang.times == 0)
    ended = office.stack.host.stderr_text().count("scan_client_secrets succeeded.")
    with another_instance(office.stack) as second:
        let_leases_end(office)
        answer = second.call("POST", "/secret-scan")
        assert answer.status_code == 200, answer.text
        before = len(office.stack.inbox.mails)
        office.stack.smtp.stop()  # which ends what hung
        office.stack.smtp.start()
        wait_until(lambda: office.stack.host.stderr_text().count("scan_client_secrets succeeded.") > ended)
    office.timer("deliver_alerts")

    expect_all_told(office, most=2)
    assert before >= 4, "the second process did not wait for the first"
    assert len(office.stack.inbox.mails) <= 5 + 1
