"""Letters by Azure Communication Services: nothing is lost and nobody is blocked, whatever the service answers."""

import json
from collections.abc import Iterator

import pytest

from tests.journeys.scan_rows import an_hour_passes, refusals_age, rows_in, waiting
from tests.journeys.scans import Office, day, it_of, new_office, written
from tests.sandbox.microsoft import Fault
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.stack import OPERATOR, SENDER, Stack


def by_communication_services(stack: Stack) -> dict[str, str | None]:
    """Send letters with the simulated service, which is soon done with each."""
    stack.microsoft.communication.delay = 0.01
    return {"EMAIL_URL": stack.microsoft.communication_url}


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    with new_office(by_communication_services) as office:
        yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The office, without customers."""
    yield running
    running.stack.microsoft.communication.undeliverable.clear()
    an_hour_passes(running)
    running.clear()


def requests_to(office: Office, method: str) -> list[SeenRequest]:
    """Return the requests that the service got."""
    seen = list(office.stack.microsoft.requests)
    return [each for each in seen if each.service == "communication" and each.method == method]


class SendFault(Fault):
    """A fault for letters to one address (or to all), when they are handed in."""

    def __init__(self, recipient: str = "", **more) -> None:
        super().__init__("communication", "/emails:send", method="POST", **more)
        self.recipient = recipient

    def matches(self, seen: SeenRequest) -> bool:
        return super().matches(seen) and self.recipient.encode() in seen.body


def test_letters_go_out_with_the_managed_identity(office: Office):
    company = office.company(9)

    summary = office.scan()

    assert (summary["due"], summary["sent"], summary["problems"]) == (1, 1, [])
    for letter in (office.only_letter(company), office.only_letter(OPERATOR)):
        assert letter.via == "acs"
        assert letter.sender == SENDER
        assert written(day(9)) in letter.subject
        assert written(day(9)) in letter.text
        assert written(day(9)) in letter.html
        assert len(letter.recipients) == 1
    identity = [seen for seen in office.stack.microsoft.requests if seen.service == "identity"]
    assert any("communication.azure.com" in seen.query.get("resource", "") for seen in identity)
    assert all(seen.bearer for seen in requests_to(office, "POST"))


def test_without_a_role_on_the_service_the_scan_says_so_and_loses_nothing(office: Office):
    company = office.company(9)
    (identity,) = office.stack.world.managed_identities
    identity.may_send_mail = False
    try:
        summary = office.scan()
    finally:
        identity.may_send_mail = True

    assert (summary["due"], summary["sent"]) == (1, 0)
    assert summary["problems"], "silence must not be read as health"
    refusals_age(office, 20)
    office.timer("deliver_alerts")
    assert len(office.letters(company)) == len(office.letters(OPERATOR)) == 1


BROKEN = {
    "too many requests": {"status": 429, "headers": {"Retry-After": "600"}},
    "fails": {"status": 500},
    "unavailable": {"status": 503, "headers": {"Retry-After": "1"}},
    "resets": {"mode": "reset"},
    "no JSON": {"status": 200, "body": b"<html>Hotel Wi-Fi</html>"},
    "refuses the sender": {"status": 400, "body": {"error": {"code": "InvalidSenderUserName", "message": "no"}}},
}


@pytest.mark.parametrize("how", list(BROKEN))
def test_a_service_that_fails_loses_no_alert(office: Office, how: str):
    companies = [office.company(days) for days in (9, -3)]
    office.stack.microsoft.faults.append(SendFault(**BROKEN[how]))

    summary = office.scan()

    assert (summary["due"], summary["sent"]) == (2, 0)
    assert summary["problems"]
    assert office.stack.inbox.mails == []
    office.stack.microsoft.faults.clear()
    an_hour_passes(office)
    refusals_age(office, 20)
    for _ in range(2):
        office.timer("deliver_alerts")
    for company in companies:
        assert len(office.letters(company)) == len(office.operator_letters(company)) == 1


def test_a_service_that_takes_no_more_is_not_pestered(office: Office):
    """One 429 tells enough: the others would get the same."""
    for days in (9, -3, 2, 5):
        office.company(days)
    office.stack.microsoft.faults.append(SendFault(status=429, headers={"Retry-After": "600"}))
    office.stack.microsoft.clear_requests()

    office.scan()

    assert len(requests_to(office, "POST")) <= 2
    assert len(waiting(office)) == 5


def test_who_is_undeliverable_blocks_nobody_and_is_tried_again_a_day_later(office: Office):
    company = office.company(9, alertRecipients=["gone@own.example", "here@own.example"])
    office.stack.microsoft.communication.undeliverable.add("gone@own.example")

    summary = office.scan()

    assert summary["problems"], "that somebody cannot be reached is said"
    assert len(office.letters("here@own.example")) == len(office.letters(OPERATOR)) == 1
    assert waiting(office) == {"gone@own.example"}
    tried = len(requests_to(office, "POST"))
    office.timer("deliver_alerts")
    office.scan()
    assert len(requests_to(office, "POST")) == tried, "not every hour, for it counts against the limits"
    office.stack.microsoft.communication.undeliverable.clear()
    refusals_age(office, 20.1)
    office.timer("deliver_alerts")
    assert written(day(9)) in office.only_letter("gone@own.example").subject
    assert company.customer in office.only_letter("here@own.example").text, "and that is still the only one"


def test_an_address_at_which_the_service_breaks_blocks_nobody(office: Office):
    """Whoever comes after it is written to, in this run; whoever came before is not written to again."""
    office.company(-3, alertRecipients=["poison@own.example"])
    others = [office.company(days) for days in (9, 20)]
    office.stack.microsoft.faults.append(SendFault("poison@own.example", status=500))

    for _ in range(2):
        office.scan()
        office.timer("deliver_alerts")

    for company in others:
        assert len(office.letters(company)) == len(office.operator_letters(company)) == 1
    assert waiting(office) == {"poison@own.example"}
    office.stack.microsoft.faults.clear()
    office.timer("deliver_alerts")
    assert len(office.letters("poison@own.example")) == 1


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 429, "headers": {"Retry-After": "5"}}, {"mode": "reset"}]
)
def test_a_letter_whose_end_cannot_be_asked_for_comes_twice_at_most(office: Office, fault: dict):
    """The service took it; what became of it is not known for a while."""
    company = office.company(9)
    office.stack.microsoft.faults.append(Fault("communication", "/emails/operations", times=3, **fault))

    office.scan()
    office.timer("deliver_alerts")
    office.timer("deliver_alerts")

    assert 1 <= len(office.letters(company)) <= 2
    assert 1 <= len(office.letters(OPERATOR)) <= 2
    assert len(office.stack.inbox.mails) <= 3
    assert waiting(office) == set()


def test_a_letter_handed_in_twice_keeps_its_name(office: Office):
    """So that a service that knows it sends it once."""
    company = office.company(9, alertRecipients=[])
    office.stack.microsoft.clear_requests()
    office.stack.microsoft.faults.append(SendFault(mode="truncate", times=1))

    office.scan()
    office.timer("deliver_alerts")

    names = [seen.headers.get("operation-id") for seen in requests_to(office, "POST")]
    assert len(names) >= 2
    assert len(set(names)) == 1
    assert len(office.operator_letters(company)) == 1


def test_what_stands_in_the_tables_afterwards_is_no_letter(office: Office):
    company = office.company(9)
    office.scan()
    assert {row["RowKey"] for row in rows_in(office, "alerts", company)} == {"history"}
    assert it_of(company) not in json.dumps([dict(row) for row in rows_in(office, "alerts")], default=str)
