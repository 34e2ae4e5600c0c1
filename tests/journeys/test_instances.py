"""Azure runs several instances of the function app at once; and things happen while others are still running."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.journeys.api import Api, Company, another_instance
from tests.journeys.browser import Browser, link, press, to_microsoft
from tests.journeys.expect import Faults, expect_refused, vault_values
from tests.journeys.test_configuration import another_secret, at_once
from tests.journeys.test_consent import fresh, granted  # noqa: F401  (fresh is a fixture)
from tests.journeys.test_get_schedule import value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[Api]:
    """A client of another instance with the same settings."""
    with another_instance(stack) as api:
        yield api


def test_what_one_instance_saves_counts_in_the_other_from_the_next_call(api: Api, second: Api, ready: Company):
    for one, other in ((api, second), (second, api)):
        assert value(other.schedule(ready))[0]["availabilityView"]
        one.save(ready, ready.document(applicationSecret=None, allowedDomains=["x.example"]))
        assert value(other.schedule(ready))[0]["error"]["responseCode"] == "notAllowed"
        one.save(ready, ready.document(applicationSecret=None))
        assert value(other.schedule(ready))[0]["availabilityView"]
        one.save(ready, {"configurationType": "none"})
        expect_refused(other.schedule(ready), 409, "calendarNotConfigured")
        one.save(ready)
        assert one.test(ready).json()["passed"] is True
        assert value(other.schedule(ready))


def test_a_secret_renewed_on_one_instance_is_used_by_the_other(api: Api, second: Api, ready: Company):
    assert value(second.schedule(ready))
    renewed = another_secret(ready)
    api.save(ready, ready.document(applicationSecret=renewed))
    assert api.test(ready).json()["passed"] is True
    ready.application.secrets = ready.application.secrets[-1:]

    assert value(second.schedule(ready))
    assert value(api.schedule(ready))


def test_a_customer_deleted_on_one_instance_is_gone_on_the_other(api: Api, second: Api, ready: Company):
    assert value(second.schedule(ready))
    assert api.call("DELETE", f"/customers/{ready.customer}/calendar").status_code == 204

    expect_refused(second.schedule(ready), 404, "customerNotFound")
    assert second.save(ready).status_code == 200
    expect_refused(api.schedule(ready), 409, "calendarNotTested")


def test_saves_and_deletions_on_both_instances_leave_a_working_customer(stack, api: Api, second: Api, company: Company):
    path = f"/customers/{company.customer}/calendar"
    for _ in range(4):
        calls = [
            lambda: api.save(company),
            lambda: second.save(company),
            lambda: Api(stack).call("DELETE", path),
        ]
        assert {answer.status_code for answer in at_once(*calls)} <= {200, 204, 412}
        assert second.save(company).status_code == 200
        assert api.test(company).json()["passed"] is True
        assert value(second.schedule(company))
    assert api.call("DELETE", path).status_code == 204
    assert company.secret not in vault_values(stack), "a save that was overtaken left its secret behind"


def test_a_consent_that_begins_on_one_instance_ends_on_the_other(stack: Stack, api, second: Api, fresh: Company):  # noqa: F811
    browser = Browser(stack)
    back = press(browser, to_microsoft(browser, link(second, fresh)), f"admin@{fresh.tenant.domains[1]}")

    assert browser.open(back).status_code == 200
    assert granted(second, fresh) is True


def _during(stack: Stack, call: Callable[[], Any], then: Callable[[], None], path: str) -> Any:
    """Make a call that Graph holds up for a while; do something else meanwhile; return the call's answer."""
    answers: list[Any] = []
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("graph", path, delay=1.0)):
        running = threading.Thread(target=lambda: answers.append(call()))
        running.start()
        for _ in range(500):
            if any(path in seen.path for seen in list(stack.microsoft.requests)):
                break
            time.sleep(0.01)
        then()
        running.join()
    return answers[0]


def test_a_deletion_while_a_test_runs_is_not_undone_by_it(stack: Stack, api: Api, company: Company):
    api.save(company)
    path = f"/customers/{company.customer}/calendar"

    answer = _during(
        stack, lambda: Api(stack).test(company), lambda: api.call("DELETE", path) and None, company.recruiter
    )

    assert answer.status_code in (200, 404, 412)
    expect_refused(api.read(company), 404, "customerNotFound")
    assert api.save(company).json()["state"] == "untested"
    assert api.read(company).json()["lastTest"] is None


def test_deleted_and_saved_again_while_a_test_runs_is_untested(stack: Stack, api: Api, company: Company):
    api.save(company)

    def again() -> None:
        api.call("DELETE", f"/customers/{company.customer}/calendar")
        api.save(company)

    _during(stack, lambda: Api(stack).test(company), again, company.recruiter)

    shown = api.read(company).json()
    assert (shown["state"], shown["lastTest"]) == ("untested", None)
    expect_refused(api.schedule(company), 409, "calendarNotTested")


def test_a_soft_save_while_a_test_runs_is_not_lost(stack: Stack, api: Api, company: Company):
    api.save(company)

    def soft() -> None:
        assert api.save(company, company.document(applicationSecret=None, details="full")).status_code == 200

    answer = _during(stack, lambda: Api(stack).test(company), soft, company.recruiter)

    assert answer.json()["passed"] is True
    assert api.read(company).json()["details"] == "full"
    assert api.test(company).json()["passed"] is True
    assert "subject" in value(api.schedule(company))[0]["scheduleItems"][0]


def test_a_secret_that_somebody_deleted_in_the_vault_is_told_as_such(
    stack: Stack, api: Api, second: Api, company: Company
):
    api.save(company)
    for name, secret in list(stack.world.vault_secrets.items()):
        if company.secret in [version.value for version in secret.versions]:
            secret.deleted_at = datetime.now(UTC)
            stack.world.deleted_secrets[name] = stack.world.vault_secrets.pop(name)

    answer = second.test(company)  # the first still remembers it

    assert answer.status_code in (200, 409, 502)
    text = answer.text
    if answer.status_code == 200:
        (failed,) = [check for check in answer.json()["checks"] if check["outcome"] == "failed"]
        assert failed["check"] == "credential"
        assert failed["remedy"]
    assert company.secret not in text
    assert api.save(company).status_code == 200, "saving the secret again must mend it"
    assert api.test(company).json()["passed"] is True
