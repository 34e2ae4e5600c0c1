"""Key Vault and tables can fail one without the other: they must never disagree afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.journeys.api import Api, Company, another_instance
from tests.journeys.expect import expect_refused, vault_values
from tests.journeys.tables_between import TablesBetween
from tests.journeys.test_configuration import another_secret
from tests.journeys.test_get_schedule import value
from tests.sandbox.host.process import HostProcess
from tests.sandbox.ports import free_port
from tests.sandbox.stack import Stack

READS = ("GET",)


@pytest.fixture(scope="module")
def between(stack: Stack) -> Iterator[TablesBetween]:
    """The proxy to the tables."""
    with TablesBetween(stack) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def behind(stack: Stack, between: TablesBetween) -> Iterator[Api]:
    """A client of an instance whose tables are behind the proxy."""
    with another_instance(stack, TABLES_ENDPOINT=between.endpoint) as api:
        yield api


@pytest.fixture(autouse=True)
def whole_again(between: TablesBetween) -> Iterator[None]:
    """Nothing is broken before and after a test."""
    yield
    between.judge = lambda method, path: "pass"


@pytest.fixture
def active(behind: Api, company: Company) -> Company:
    """A tested company."""
    assert behind.save(company).status_code == 200
    assert behind.test(company).json()["passed"] is True
    return company


def test_a_warm_call_reads_the_tables_exactly_once(between: TablesBetween, behind: Api, active: Company):
    assert value(behind.schedule(active))
    between.seen.clear()

    for _ in range(5):
        assert value(behind.schedule(active))

    assert [method for method, _ in between.seen] == ["GET"] * 5


def test_a_save_whose_row_cannot_be_written_leaves_everything_as_it_was(stack, between, behind: Api, active: Company):
    late = another_secret(active)
    before = behind.read(active)
    between.judge = lambda method, path: "pass" if method in READS else "refuse"

    answer = behind.save(active, active.document(applicationSecret=late, details="full"))
    between.judge = lambda method, path: "pass"

    expect_refused(answer, 502, "microsoftUnavailable", hides=(late,))
    after = behind.read(active)
    assert (after.json(), after.headers["ETag"]) == (before.json(), before.headers["ETag"])
    assert late not in vault_values(stack, enabled_only=True)
    assert behind.test(active).json()["passed"] is True
    assert value(behind.schedule(active))


def test_a_first_save_whose_row_cannot_be_written_stores_nothing(stack: Stack, between, behind: Api, company: Company):
    between.judge = lambda method, path: "pass" if method in READS else "refuse"
    answer = behind.save(company)
    between.judge = lambda method, path: "pass"

    expect_refused(answer, 502, "microsoftUnavailable", hides=(company.secret,))
    expect_refused(behind.read(company), 404, "customerNotFound")
    assert company.secret not in vault_values(stack, enabled_only=True)
    assert behind.save(company).status_code == 200
    assert behind.test(company).json()["passed"] is True


@pytest.mark.parametrize("first", [True, False], ids=["first save", "later save"])
def test_a_save_whose_answer_is_lost_names_a_secret_that_works(stack, between, behind: Api, company, first: bool):
    """The tables have done it, but nobody learnt that: row and vault must agree, whatever the caller is told."""
    if not first:
        assert behind.save(company).status_code == 200
        assert behind.test(company).json()["passed"] is True
    late = another_secret(company)
    lost: list[str] = []

    def judge(method: str, path: str):
        if method not in READS and not lost:
            lost.append(path)
            return "lose"
        return "pass"

    between.judge = judge
    answer = behind.save(company, company.document(applicationSecret=late, alertRecipients=["late@ops.example"]))
    between.judge = lambda method, path: "pass"

    assert lost
    assert answer.status_code in (200, 502), answer.text[:300]
    shown = behind.read(company)
    stored = shown.status_code == 200 and shown.json()["alertRecipients"] == ["late@ops.example"]
    assert answer.status_code != 200 or stored
    if shown.status_code == 200:
        keep = late if stored else company.secret
        company.application.secrets = [secret for secret in company.application.secrets if secret.value == keep]
        assert behind.test(company).json()["passed"] is True, "the row names a secret that the vault does not give"


@pytest.mark.parametrize("careful", [False, True], ids=["without If-Match", "with If-Match"])
def test_a_lost_answer_and_a_soft_save_of_another_leave_the_secret_readable(
    stack, api, between, behind, active: Company, careful: bool
):
    """The row of the lost save is there, a colleague's save builds on it, and only then the first one tries again."""
    late = another_secret(active)
    writes: list[str] = []

    def judge(method: str, path: str):
        if method in READS:
            return "pass"
        writes.append(path)
        if len(writes) == 1:
            return "lose"
        if len(writes) == 2:
            soft = active.document(applicationSecret=None, alertRecipients=["colleague@ops.example"])
            assert api.save(active, soft).status_code == 200
        return "pass"

    between.judge = judge
    headers = {"If-Match": behind.read(active).headers["ETag"]} if careful else {}
    behind.save(active, active.document(applicationSecret=late), headers=headers)
    between.judge = lambda method, path: "pass"

    assert len(writes) >= 2
    named = [late, active.secret]
    assert [value for value in named if value in vault_values(stack, enabled_only=True)]
    fresh = _another_instance(stack)
    try:
        assert fresh.test(active).json()["passed"] is True, "the row names a version that was disabled"
    finally:
        fresh.host.stop()


def _another_instance(stack: Stack) -> Any:
    """Return a client of an instance that remembers nothing yet; its `host` is to be stopped."""
    port = free_port()
    host = HostProcess.start(stack.environment(), port=port)
    client: Any = Api(stack)
    client.url, client.host = f"http://localhost:{port}", host
    return client


@pytest.mark.parametrize("broken", range(1, 6))
def test_a_deletion_that_breaks_off_anywhere_is_finished_by_the_next(stack, between, behind: Api, active, broken: int):
    writes: list[str] = []

    def judge(method: str, path: str):
        if method in READS:
            return "pass"
        writes.append(path)
        return "refuse" if len(writes) >= broken else "pass"

    path = f"/customers/{active.customer}/calendar"
    behind.call("POST", f"{path}/admin-consent")
    between.judge = judge
    first = behind.call("DELETE", path)
    between.judge = lambda method, path: "pass"

    assert first.status_code in (204, 502)
    assert behind.call("DELETE", path).status_code == 204
    expect_refused(behind.read(active), 404, "customerNotFound")
    assert active.secret not in vault_values(stack)
    assert behind.save(active).status_code == 200
    assert behind.test(active).json()["passed"] is True
