"""What a scan says of itself: its summary, to the letter, and when it may not call itself complete."""

import json
import re
from datetime import UTC, datetime

import pytest

from tests.journeys.api import Api
from tests.journeys.attacker import rows_of
from tests.journeys.people import change_row, expect_connects, expect_test_passes, table
from tests.journeys.scans import COUNTS, Office, new_office
from tests.journeys.test_configuration import at_once
from tests.sandbox.microsoft import Fault
from tests.sandbox.microsoft.calls import SeenRequest
from tests.sandbox.stack import OPERATOR

PROPERTIES = ["startedAt", "finishedAt", "complete", "customers", "credentials", "due", "sent", "couldNotCheck"]


def test_before_any_scan_the_summary_says_that_there_was_none():
    with new_office() as fresh:
        summary = fresh.last_scan()

        assert set(summary) == {*PROPERTIES, "problems"}
        assert summary["startedAt"] is None
        assert summary["finishedAt"] is None
        assert summary["complete"] is False, "no scan is not a good scan"
        assert {summary[name] for name in COUNTS} == {0}
        assert summary["problems"] == []


def test_a_summary_has_the_shape_of_the_contract(office: Office):
    office.company()
    before = datetime.now(UTC).replace(microsecond=0)

    summary = office.scan()

    assert list(summary) == [*PROPERTIES, "problems"]
    started, finished = (datetime.fromisoformat(summary[name]) for name in ("startedAt", "finishedAt"))
    assert before <= started <= finished <= datetime.now(UTC)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", summary["startedAt"])
    assert summary["complete"] is True
    assert all(type(summary[name]) is int for name in COUNTS)
    assert summary["problems"] == []


def test_the_answer_is_json_that_nobody_keeps(office: Office):
    for method in ("POST", "GET"):
        answer = office.api.call(method, "/secret-scan")
        assert answer.headers["Content-Type"].startswith("application/json")
        assert "no-store" in answer.headers.get("Cache-Control", "no-store")


def test_customers_and_credentials_are_counted(office: Office):
    office.company()
    office.company(tested=False)
    office.company(tested=False, configurationType="none", applicationSecret=None, secretExpires=None)
    people = office.people()
    expect_connects(office.stack, office.api, people, people.recruiter)
    expect_test_passes(office.api, people)

    summary = office.scan()

    assert summary["customers"] == 4
    assert summary["credentials"] == 3
    assert summary["due"] == 0
    assert summary["couldNotCheck"] == 0
    assert summary["complete"] is True


def test_what_is_due_and_sent_is_counted_once(office: Office):
    office.company(9)
    office.company(-3)
    office.company(200)

    first, second = office.scan(), office.scan()

    assert first["due"] == 2
    assert first["sent"] == 2
    assert (second["due"], second["sent"]) == (0, 0)
    assert second["customers"] == first["customers"] == 3


def test_the_last_summary_can_be_read_again(office: Office):
    office.company(9)
    summary = office.scan()
    assert office.last_scan() == summary
    office.timer("scan_client_secrets")
    assert office.last_scan()["startedAt"] >= summary["finishedAt"]
    assert office.last_scan()["due"] == 0


def test_the_timer_writes_one_line_for_each_run(office: Office):
    office.company(9)
    before = office.stack.host.stderr_text().count('"event": "secretScan"')

    office.timer("scan_client_secrets")

    lines = [line for line in office.stack.host.stderr_text().splitlines() if '"event": "secretScan"' in line]
    assert len(lines) == before + 1
    fields = json.loads(lines[-1][lines[-1].index("{") :])
    assert {"customers", "credentials", "due", "sent", "couldNotCheck", "complete"} <= set(fields)
    assert fields["due"] == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", [None, "wrong"])
def test_without_a_key_nothing_is_scanned_or_told(office: Office, method: str, key: str | None):
    office.company(9)

    answer = office.api.call(method, "/secret-scan", key=key)

    assert answer.status_code == 401
    assert "customers" not in answer.text
    assert office.stack.inbox.mails == []


def test_an_empty_vault_is_looked_at_completely(office: Office):
    summary = office.scan()
    assert summary["complete"] is True
    assert summary["customers"] == summary["credentials"] == summary["couldNotCheck"] == 0


def test_more_customers_than_fit_on_a_page_of_the_vault_are_all_seen(office: Office):
    for number in range(60):
        office.company(9 if number in (0, 30, 59) else 300, tested=False)

    summary = office.scan()

    assert summary["customers"] == summary["credentials"] == 60
    assert summary["complete"] is True
    for company in (office.companies[0], office.companies[30], office.companies[59]):
        assert len(office.letters(company)) == 1


class PageFault(Fault):
    """A fault for the list of all secrets: for its first page, or for the ones behind it."""

    def __init__(self, *, later: bool) -> None:
        super().__init__("vault", "/secrets", method="GET", status=500)
        self.later = later

    def matches(self, seen: SeenRequest) -> bool:
        of_list = seen.path.rstrip("/").lower() == "/secrets"
        return super().matches(seen) and of_list and self.later == ("$skiptoken" in seen.query)


@pytest.mark.parametrize("later", [False, True])
def test_a_page_of_the_vault_that_fails_is_never_success(office: Office, later: bool):
    for _ in range(60):
        office.company(300, tested=False)
    late = office.company(9, tested=False)
    assert office.scan()["complete"] is True
    office.save(late, 2, applicationSecret=None)
    office.stack.inbox.clear()
    office.stack.microsoft.faults.append(PageFault(later=later))

    summary = office.scan()

    assert summary["complete"] is False
    assert summary["problems"]
    assert office.last_scan()["complete"] is False
    letters = office.stack.inbox.to(OPERATOR)
    assert len(letters) == 1, "the operator is told as loudly as of what expires, in one letter"
    assert "vault" in letters[0].text.lower()
    office.stack.microsoft.faults.clear()
    assert office.scan()["complete"] is True
    assert len(office.letters(late)) == 1


def test_a_vault_that_is_back_makes_the_next_scan_complete(office: Office):
    company = office.company(9)
    with_fault = Fault("vault", "/secrets", method="GET", status=503)
    office.stack.microsoft.faults.append(with_fault)
    assert office.scan()["complete"] is False
    office.stack.microsoft.faults.clear()

    assert office.scan()["complete"] is True
    assert len(office.letters(company)) == 1


def problems_of(summary: dict, customer: str) -> list[dict]:
    """Return a customer's problems."""
    for problem in summary["problems"]:
        assert set(problem) == {"customer", "code", "message"}
        assert problem["code"]
        assert problem["message"]
    return [problem for problem in summary["problems"] if problem["customer"] == customer]


def test_an_entra_id_that_fails_is_a_problem_of_each_customer(office: Office):
    down, fine = office.company(), office.company()
    office.stack.microsoft.faults.append(Fault("entra", down.tenant.id, status=503))

    summary = office.scan()

    assert summary["couldNotCheck"] == 1
    assert len(problems_of(summary, down.customer)) == 1
    assert problems_of(summary, fine.customer) == []
    assert summary["complete"] is False
    assert summary["customers"] == 2


def test_a_graph_that_fails_where_the_application_may_read_itself_is_a_problem(office: Office):
    company = office.company()
    company.application.registered_roles.add("Application.Read.All")
    company.application.granted_roles.add("Application.Read.All")
    assert office.scan()["couldNotCheck"] == 0
    office.stack.microsoft.faults.append(Fault("graph", "/applications", status=503))

    summary = office.scan()

    assert summary["complete"] is False
    assert summary["couldNotCheck"] == 1
    assert len(problems_of(summary, company.customer)) == 1


def test_an_application_that_may_not_read_itself_is_no_problem(office: Office):
    office.company()
    summary = office.scan()
    assert summary["complete"] is True
    assert summary["couldNotCheck"] == 0
    assert summary["problems"] == []


def test_a_row_that_cannot_be_read_is_a_problem_and_stops_nothing(office: Office):
    broken, fine = office.company(), office.company(9)
    for company in (broken, fine):
        assert rows_of(office.stack, "customers", company.customer)
    change_row(
        office.stack,
        {"PartitionKey": broken.customer, "RowKey": "configuration"},
        "customers",
        active="{not JSON",
        newest="{not JSON",
    )
    try:
        summary = office.scan()
    finally:
        delete_row(office, broken.customer)

    assert summary["complete"] is False
    assert summary["couldNotCheck"] == 1
    assert len(problems_of(summary, broken.customer)) == 1
    assert len(office.letters(fine)) == 1
    assert office.operator_letters(broken), "the operator is told what could not be checked"


def delete_row(office: Office, customer: str) -> None:
    """Take a customer's broken row away."""
    office.companies[:] = [company for company in office.companies if company.customer != customer]
    with table(office.stack, "customers") as client:
        client.delete_entity(customer, "configuration")


def test_two_scans_asked_for_at_once_both_answer(office: Office):
    company = office.company(9)
    answers = at_once(*(lambda: Api(office.stack).call("POST", "/secret-scan") for _ in range(3)))

    assert {answer.status_code for answer in answers} <= {200, 409, 429}, [answer.text for answer in answers]
    assert len(office.letters(company)) == 1
