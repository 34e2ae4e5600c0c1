"""Saves that meet, outages in the middle, and deletion."""

import uuid

import requests

from tests.journeys.api import Api, Company
from tests.journeys.expect import Faults, expect_refused, vault_values
from tests.journeys.test_configuration import another_secret, at_once
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack


def test_if_match_saves_only_over_what_was_read(api: Api, company: Company):
    first = api.save(company)
    second = api.save(company, company.document(details="full"), headers={"If-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.headers["ETag"] != first.headers["ETag"]

    expect_refused(api.save(company, headers={"If-Match": first.headers["ETag"]}), 412, "configurationChanged")
    assert api.read(company).json()["details"] == "full"
    assert api.save(company, headers={"If-Match": "*"}).status_code == 200


def test_a_refused_save_leaves_its_secret_unused(stack: Stack, api: Api, ready: Company):
    late = f"Late~{uuid.uuid4().hex}"

    expect_refused(
        api.save(ready, ready.document(applicationSecret=late), headers={"If-Match": '"old"'}),
        412,
        "configurationChanged",
    )

    assert late not in vault_values(stack, enabled_only=True)
    assert api.test(ready).json()["passed"] is True


def test_of_two_saves_over_the_same_state_exactly_one_wins(api: Api, ready: Company):
    for _ in range(5):
        etag = api.read(ready).headers["ETag"]
        bodies = [ready.document(applicationSecret=another_secret(ready), details=d) for d in ("full", "time")]
        answers = at_once(
            *(
                lambda body=body, etag=etag: Api.save(_fresh(api), ready, body, headers={"If-Match": etag})
                for body in bodies
            )
        )

        assert sorted(answer.status_code for answer in answers) == [200, 412]
        winner = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
        assert api.read(ready).json()["details"] == bodies[winner]["details"]
        _only(ready, bodies[winner]["applicationSecret"])
        assert api.test(ready).json()["passed"] is True


def test_many_saves_at_once_never_mix_halves(stack: Stack, api: Api, company: Company):
    """Each save's recipient says which secret came with it; after the storm that very secret must be the one used."""
    saves = {f"n{number}@ops.example": another_secret(company) for number in range(12)}

    answers = at_once(
        *(
            lambda who=who, secret=secret: Api.save(
                _fresh(api), company, company.document(applicationSecret=secret, alertRecipients=[who])
            )
            for who, secret in saves.items()
        )
    )

    for answer, who in zip(answers, saves, strict=True):
        assert answer.status_code != 200 or answer.json()["alertRecipients"] == [who]
    (last,) = api.read(company).json()["alertRecipients"]
    _only(company, saves[last])
    assert api.test(company).json()["passed"] is True, "the row names another save's secret"
    told = [secret for answer, secret in zip(answers, saves.values(), strict=True) if answer.status_code == 200]
    used = {value for value in vault_values(stack, enabled_only=True) if value in saves.values()}
    assert used <= set(told), "the secret of a save that was refused is still enabled"


def test_many_saves_at_once_are_no_outage_of_microsoft(api: Api, company: Company):
    answers = at_once(*([lambda: _fresh(api).save(company)] * 20))

    assert {answer.status_code for answer in answers} <= {200, 412}


def _fresh(api: Api) -> Api:
    fresh = Api.__new__(Api)
    fresh.url, fresh.session = api.url, requests.Session()
    return fresh


def _only(company: Company, value: str) -> None:
    """Let Entra know this secret alone."""
    company.application.secrets = [secret for secret in company.application.secrets if secret.value == value]


def test_a_deleted_customer_is_forgotten_at_once(stack: Stack, api: Api, ready: Company):
    link = api.call("POST", f"/customers/{ready.customer}/calendar/admin-consent").json()["url"]
    path = f"/customers/{ready.customer}/calendar"

    assert api.call("DELETE", path).status_code == 204
    assert api.call("DELETE", path).status_code == 204

    expect_refused(api.read(ready), 404, "customerNotFound")
    expect_refused(api.schedule(ready), 404, "customerNotFound")
    expect_refused(api.test(ready), 404, "customerNotFound")
    expect_refused(api.call("POST", f"{path}/admin-consent"), 404, "customerNotFound")
    assert ready.secret not in vault_values(stack)
    assert requests.get(link, timeout=30, allow_redirects=False).status_code == 400


def test_a_customer_never_saved_can_be_deleted(api: Api, company: Company):
    answer = api.call("DELETE", f"/customers/{company.customer}/calendar")

    assert (answer.status_code, answer.content) == (204, b"")


def test_saving_again_at_once_after_a_deletion_works_and_old_links_stay_dead(stack: Stack, api: Api, ready: Company):
    link = api.call("POST", f"/customers/{ready.customer}/calendar/admin-consent").json()["url"]
    old_etag = api.read(ready).headers["ETag"]
    for _ in range(3):
        assert api.call("DELETE", f"/customers/{ready.customer}/calendar").status_code == 204
        expect_refused(api.save(ready, headers={"If-Match": old_etag}), 412, "configurationChanged")
        without = api.save(ready, ready.document(applicationSecret=None))
        expect_refused(without, 400, "invalidRequest", "applicationSecret")
        again = api.save(ready)
        assert (again.status_code, again.json()["state"], again.json()["lastTest"]) == (200, "untested", None)
        expect_refused(api.schedule(ready), 409, "calendarNotTested")
        assert requests.get(link, timeout=30, allow_redirects=False).status_code == 400
        assert api.test(ready).json()["passed"] is True
        assert api.schedule(ready).status_code == 200


def test_deletions_and_saves_at_once_leave_a_working_customer(api: Api, company: Company):
    path = f"/customers/{company.customer}/calendar"
    calls = [lambda: _fresh(api).save(company), lambda: _fresh(api).call("DELETE", path)] * 4

    answers = at_once(*calls)

    assert {answer.status_code for answer in answers} <= {200, 204, 412}
    assert api.save(company).status_code == 200
    assert api.test(company).json()["passed"] is True


def test_a_deletion_that_the_vault_interrupts_is_finished_by_the_next(stack: Stack, api: Api, ready: Company):
    path = f"/customers/{ready.customer}/calendar"
    with Faults(stack, Fault("vault", method="DELETE", status=503)):
        broken = api.call("DELETE", path)
    assert broken.status_code in (204, 502)
    assert api.schedule(ready).status_code == 404, "deleting counts from the first moment"

    assert api.call("DELETE", path).status_code == 204
    assert ready.secret not in vault_values(stack, enabled_only=True)
    assert api.save(ready).status_code == 200
    assert api.test(ready).json()["passed"] is True


def test_while_the_tables_are_down_nothing_is_stored_and_afterwards_all_works(stack: Stack, api: Api, ready: Company):
    late = another_secret(ready)
    stack.azurite.pause()
    try:
        answer, schedule = at_once(
            lambda: _fresh(api).save(ready, ready.document(applicationSecret=late, details="full")),
            lambda: _fresh(api).schedule(ready),
        )
    finally:
        stack.azurite.resume()

    for broken in (answer, schedule):
        assert broken.status_code in (502, 504)
        expect_refused(broken, broken.status_code, broken.json()["error"]["code"], hides=(late,))
    assert api.schedule(ready).status_code == 200
    assert api.test(ready).json()["passed"] is True
    assert api.save(ready, ready.document(applicationSecret=late)).status_code == 200
    _only(ready, late)
    assert api.test(ready).json()["passed"] is True
