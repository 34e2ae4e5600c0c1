"""What a getSchedule call asks of others, and how long it waits for them."""

import time

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.test_configuration import at_once
from tests.journeys.test_configuration_races import _fresh
from tests.journeys.test_get_schedule import graph_calls, value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack


def test_a_warm_call_asks_graph_once_and_entra_vault_and_identity_not_at_all(stack: Stack, api: Api, ready: Company):
    assert value(api.schedule(ready))
    stack.microsoft.clear_requests()

    for _ in range(5):
        assert value(api.schedule(ready))

    counts = {service: stack.microsoft.count(service) for service in ("graph", "entra", "vault", "identity")}
    assert counts == {"graph": 5, "entra": 0, "vault": 0, "identity": 0}


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


def test_a_graph_that_never_answers_is_a_timeout_within_the_deadline(stack: Stack, api: Api, ready: Company):
    """Slow by its nature: the deadline is 25 seconds."""
    with Faults(stack, Fault("graph", ready.recruiter, mode="hang")):
        begun = time.monotonic()
        answer = api.schedule(ready)
        took = time.monotonic() - begun

    expect_refused(answer, 504, "microsoftTimeout")
    assert took < 29
    assert value(api.schedule(ready))


def test_thirty_callers_at_once_never_exceed_four_in_flight(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    stack.microsoft.latency["graph"] = 0.1
    try:
        answers = at_once(*([lambda: _fresh(api).schedule(ready)] * 30))
    finally:
        stack.microsoft.latency["graph"] = 0.0

    assert {answer.status_code for answer in answers} == {200}
    assert {call.status for call in graph_calls(stack, ready)} == {200}, "Graph had to throttle"
