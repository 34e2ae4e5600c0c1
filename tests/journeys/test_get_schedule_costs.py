"""What a getSchedule call asks of others, whatever its size."""

from collections.abc import Iterator

import pytest

from tests.journeys.api import Api, Company, another_instance, new_company
from tests.journeys.expect import Faults
from tests.journeys.schedules import DAY, MONDAY, Question, ask, crowd, expect_answered
from tests.journeys.tables_between import TablesBetween
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

MONTHS = Question(MONDAY, MONDAY + 100 * DAY, 60)


def test_a_warm_call_asks_graph_once_and_entra_vault_and_identity_not_at_all(stack: Stack, api: Api, ready: Company):
    assert value(api.schedule(ready))
    stack.microsoft.clear_requests()

    for _ in range(5):
        assert value(api.schedule(ready))

    counts = {service: stack.microsoft.count(service) for service in ("graph", "entra", "vault", "identity")}
    assert counts == {"graph": 5, "entra": 0, "vault": 0, "identity": 0}


def test_a_warm_call_of_many_parts_asks_nobody_but_graph(stack: Stack, api: Api, ready: Company):
    calendars = crowd(ready, 100)
    assert value(api.schedule(ready))
    stack.microsoft.clear_requests()

    expect_answered(ask(api, ready, MONTHS, *calendars), MONTHS, calendars)

    counts = {service: stack.microsoft.count(service) for service in ("graph", "entra", "vault", "identity")}
    assert counts == {"graph": 15, "entra": 0, "vault": 0, "identity": 0}


@pytest.fixture
def between(stack: Stack) -> Iterator[TablesBetween]:
    """A proxy before the tables, which counts."""
    with TablesBetween(stack) as proxy:
        yield proxy


def test_a_call_of_any_size_reads_one_row(stack: Stack, between: TablesBetween):
    company = new_company(stack)
    calendars = crowd(company, 100)
    with another_instance(stack, TABLES_ENDPOINT=between.endpoint) as behind:
        assert behind.save(company).status_code == 200
        assert behind.test(company).json()["passed"] is True
        assert value(behind.schedule(company))
        for people in (1, 100):
            between.seen.clear()
            assert value(ask(behind, company, MONTHS, *list(calendars)[:people]))
            assert [method for method, _ in between.seen] == ["GET"]


def test_a_changed_configuration_counts_from_the_next_call(api: Api, ready: Company):
    assert value(api.schedule(ready))[0]["availabilityView"]
    for _ in range(3):
        api.save(ready, ready.document(applicationSecret=None, allowedDomains=["x.example"]))
        assert value(api.schedule(ready))[0]["error"]["responseCode"] == "notAllowed"
        api.save(ready, ready.document(applicationSecret=None))
        assert value(api.schedule(ready))[0]["availabilityView"]


def test_when_the_vault_is_down_a_cached_token_still_answers(stack: Stack, api: Api, ready: Company):
    assert value(api.schedule(ready))
    with Faults(stack, Fault("vault", status=503)):
        assert value(api.schedule(ready))
