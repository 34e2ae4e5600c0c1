"""Communication Services take few letters an hour from a domain that Azure manages: what matters most goes first."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.scan_rows import an_hour_passes, sent_at, waiting
from tests.journeys.scans import Office, it_of, new_office
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.stack import OPERATOR, Stack

MANAGED = "DoNotReply@6c2e0a4e-0000-4000-8000-000000000001.azurecomm.net"


def managed_domain(stack: Stack) -> dict[str, str | None]:
    """Send from a domain that Azure manages, with a service that is soon done with each letter."""
    stack.world.sender_addresses.add(MANAGED)
    stack.microsoft.communication.delay = 0.01
    return {"EMAIL_URL": stack.microsoft.communication_url, "EMAIL_SENDER": MANAGED}


@pytest.fixture(scope="module")
def running() -> Iterator[Office]:
    with new_office(managed_domain) as office:
        office.scan()  # so that there is a row of what was sent
        yield office


@pytest.fixture
def office(running: Office) -> Iterator[Office]:
    """The office, without customers, and with nothing sent in this hour."""
    an_hour_passes(running)
    running.stack.microsoft.clear_requests()
    yield running
    an_hour_passes(running)
    running.clear()


def handed_in(office: Office) -> list[SeenRequest]:
    """Return the letters that the service was given, those included that it did not take."""
    return [seen for seen in list(office.stack.microsoft.requests) if seen.path == "/emails:send"]


def ago(minutes: float) -> datetime:
    """Return the moment so many minutes ago."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


def test_no_more_than_ten_go_out_in_an_hour_and_the_rest_in_the_next(office: Office):
    office.company(-2)
    office.company(20, alertRecipients=[f"later{number}@own.example" for number in range(4)])
    sent_at(office, [ago(30 - number) for number in range(8)])

    summary = office.scan()

    assert len(handed_in(office)) == 2, "eight went out before"
    assert {seen.status for seen in handed_in(office)} == {202}, "the service had to refuse nothing"
    assert summary["due"] == 2
    assert summary["problems"], "letters that wait are no secret"
    assert len(waiting(office)) == 4
    office.timer("deliver_alerts")
    assert len(handed_in(office)) == 2, "the hour is not over"
    an_hour_passes(office)
    office.timer("deliver_alerts")
    assert waiting(office) == set()
    assert len(office.stack.inbox.mails) == 2 + 4
    assert len({mail.recipients for mail in office.stack.inbox.mails}) == 2 + 4


def test_operators_and_what_has_expired_go_first(office: Office):
    soon = office.company(20, alertRecipients=[f"soon{number}@own.example" for number in range(3)])
    expired = office.company(-2)
    sent_at(office, [ago(30 - number) for number in range(8)])

    office.scan()

    addresses = [mail.recipients[0] for mail in office.stack.inbox.mails]
    assert sorted(addresses) == sorted([OPERATOR, it_of(expired)])
    (letter,) = office.operator_letters(soon)
    assert letter.text.index(expired.customer) < letter.text.index(soon.customer)


def test_what_became_urgent_overtakes_what_waits(office: Office):
    office.company(50, alertRecipients=["far@own.example"])
    sent_at(office, [ago(30 - number) for number in range(10)])
    office.scan()
    expired = office.company(-1)
    office.scan()
    assert office.stack.inbox.mails == []
    sent_at(office, [ago(30 - number) for number in range(8)])

    office.timer("deliver_alerts")

    assert {mail.recipients[0] for mail in office.stack.inbox.mails} == {OPERATOR, it_of(expired)}
    assert waiting(office) == {"far@own.example"}


def test_no_more_than_five_go_out_in_a_minute(office: Office):
    office.company(9, alertRecipients=["one@own.example", "two@own.example"])
    before = [ago(0.9) for _ in range(4)]
    sent_at(office, before)

    office.scan()
    office.timer("deliver_alerts")

    times = sorted(mail.received_at for mail in office.stack.inbox.mails)
    assert len(times) == 3
    for later in times[1:]:
        assert later - before[0] >= timedelta(minutes=1)


def test_a_service_with_lower_limits_than_ours_loses_nothing(office: Office):
    office.company(-2)
    office.company(9)
    limits = office.stack.microsoft.communication.limits
    usual, limits.managed_sends = limits.managed_sends, (1, 1)
    try:
        office.scan()
        assert len(office.letters(OPERATOR)) == 1
        assert len(waiting(office)) == 2
        office.timer("deliver_alerts")
        assert len(office.stack.inbox.mails) == 1
    finally:
        limits.managed_sends = usual
    an_hour_passes(office)
    office.timer("deliver_alerts")
    assert len(office.stack.inbox.mails) == 3
    assert waiting(office) == set()
