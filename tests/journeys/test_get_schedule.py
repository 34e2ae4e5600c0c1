"""getSchedule: what Graph's own clients send, and what they get."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.api import Api, Company, new_company
from tests.journeys.expect import expect_refused
from tests.sandbox.stack import Stack
from tests.sandbox.world.demo import person, thing
from tests.sandbox.world.mailboxes import Meeting

SEED = {
    "schedules": ["test@test.onmicrosoft.com"],
    "startTime": {"dateTime": "2019-11-19T01:00:00", "timeZone": "Pacific Standard Time"},
    "endTime": {"dateTime": "2019-11-20T01:00:00", "timeZone": "Pacific Standard Time"},
    "availabilityViewInterval": 60,
}


def value(answer: Any) -> list[dict[str, Any]]:
    """Return the schedules of an answer."""
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["Content-Type"].startswith("application/json")
    found: list[dict[str, Any]] = answer.json()["value"]
    for one in found:
        if "error" in one:
            assert set(one) == {"scheduleId", "error"}, "an address that was not read has no view and no items"
            assert set(one["error"]) >= {"responseCode", "message"}
    return found


def claims(request: Any) -> dict[str, Any]:
    """Return the claims of the token that Graph saw."""
    payload = request.bearer.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


def graph_calls(stack: Stack, company: Company) -> list[Any]:
    """Return the getSchedule calls that Graph saw for this company's users."""
    words = [company.tenant.domains[1], company.tenant.domains[0]]
    return [
        seen
        for seen in list(stack.microsoft.requests)
        if seen.service == "graph" and "getschedule" in seen.path.lower() and any(word in seen.path for word in words)
    ]


@pytest.fixture
def seeded(stack: Stack, ready: Company) -> Company:
    """A tested company with the mailbox of the seed document."""
    start = datetime.fromisoformat("2019-11-19T19:00:00+00:00")
    ready.tenant.domains.append("test.onmicrosoft.com")
    thing(ready.tenant, "test@test.onmicrosoft.com", "Test", Meeting(start, start + timedelta(minutes=30), "tentative"))
    return ready


def test_the_seed_documents_own_request_is_answered(api: Api, seeded: Company):
    path = f"/customers/{seeded.customer}/users/{seeded.recruiter}/calendar/getSchedule"
    (test,) = value(api.call("POST", path, json=SEED))

    assert test["scheduleId"] == "test@test.onmicrosoft.com"
    assert test["availabilityView"] == "000000000010" + "0" * 12  # 11:00 of 24 hours from 01:00 Pacific
    (item,) = test["scheduleItems"]
    assert set(item) == {"status", "start", "end"}
    assert item["start"] == {"dateTime": "2019-11-19T19:00:00.0000000", "timeZone": "UTC"}
    assert "workingHours" in test


PATHS = [
    "/customers/{c}/users/{u}/calendar/getSchedule",
    "/customers/{c}/users/{u}/calendar/getschedule",
    "/customers/{c}/users/{u}/calendar/microsoft.graph.getSchedule",
    "/customers/{c}/USERS/{u}/Calendar/GETSCHEDULE",
    "/Customers/{c}/Users/{u}/calendar/Microsoft.Graph.GetSchedule",
]


@pytest.mark.parametrize("path", PATHS)
def test_the_path_matches_in_any_letter_case_and_with_the_namespace(api: Api, seeded: Company, path: str):
    assert value(api.call("POST", path.format(c=seeded.customer, u=seeded.recruiter), json=SEED))


@pytest.mark.parametrize("upper", [True, False])
def test_the_user_may_be_an_object_id_or_a_name_in_any_letter_case(stack: Stack, api: Api, ready: Company, upper: bool):
    mailbox = ready.tenant.user(ready.recruiter)
    assert mailbox is not None
    user = mailbox.user_principal_name.upper() if upper else mailbox.object_id

    assert value(api.schedule(ready, user=user))[0]["availabilityView"]


def test_an_incoming_authorization_is_ignored_and_never_forwarded(stack: Stack, api: Api, ready: Company):
    stack.microsoft.clear_requests()
    assert value(api.schedule(ready, headers={"Authorization": "Bearer forged.by.caller", "Cookie": "a=b"}))

    (seen,) = graph_calls(stack, ready)
    assert "forged" not in str(seen.headers)
    assert "cookie" not in seen.headers
    assert "x-functions-key" not in seen.headers
    assert claims(seen)["appid"] == ready.application.app_id
    assert all("forged" not in str(other.headers) for other in stack.microsoft.requests)


def test_the_preferred_zone_is_honoured(api: Api, ready: Company):
    preferred = api.schedule(ready, headers={"Prefer": 'outlook.timezone="Tokyo Standard Time"'})

    start = value(preferred)[0]["scheduleItems"][0]["start"]
    assert start["timeZone"] == "Tokyo Standard Time"
    utc = value(api.schedule(ready))[0]["scheduleItems"][0]["start"]
    difference = datetime.fromisoformat(start["dateTime"][:19]) - datetime.fromisoformat(utc["dateTime"][:19])
    assert (utc["timeZone"], difference) == ("UTC", timedelta(hours=9))


def test_the_answer_says_that_the_preference_was_applied_as_graphs_does(api: Api, ready: Company):
    preference = 'outlook.timezone="Tokyo Standard Time"'

    assert api.schedule(ready, headers={"Prefer": preference}).headers.get("Preference-Applied") == preference


def test_property_names_in_any_case_and_the_interval_as_digits(api: Api, ready: Company):
    body = api.schedule(ready).request.body
    sent = json.loads(body)
    odd = {
        "Schedules": sent["schedules"],
        "STARTTIME": {"DateTime": sent["startTime"]["dateTime"], "TimeZone": "UTC"},
        "EndTime": {"datetime": sent["endTime"]["dateTime"], "timezone": "UTC"},
        "AvailabilityViewInterval": "60",
    }
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"

    assert value(api.call("POST", path, json=odd)) == value(api.schedule(ready))


def test_a_missing_zone_means_utc_whatever_the_mailbox_has(api: Api, ready: Company):
    person_zone = ready.tenant.user(ready.recruiter)
    assert person_zone is not None
    person_zone.time_zone = "Tokyo Standard Time"

    assert value(api.schedule(ready))[0]["availabilityView"] == "02" + "0" * 22


def test_the_interval_may_be_left_out_and_an_explicit_null_is_left_out(api: Api, ready: Company):
    body = json.loads(api.schedule(ready).request.body)
    path = f"/customers/{ready.customer}/users/{ready.recruiter}/calendar/getSchedule"
    del body["availabilityViewInterval"]
    assert len(value(api.call("POST", path, json=body))[0]["availabilityView"]) == 48
    with_null = api.call("POST", path, json=body | {"availabilityViewInterval": None})
    assert with_null.status_code in (200, 400)


def test_answers_come_in_the_order_asked_and_twice_if_asked_twice(api: Api, ready: Company):
    nobody = f"nobody@{ready.tenant.domains[1]}"
    asked = [ready.recruiter, ready.ada, nobody, ready.ada, ready.ada.upper(), ready.recruiter]

    found = value(api.schedule(ready, *asked))

    assert [one["scheduleId"] for one in found] == asked
    assert found[1] == found[3]
    assert found[1]["availabilityView"] == found[4]["availabilityView"]
    assert "error" in found[2]


def test_addresses_outside_the_allowed_domains_are_unknown_and_never_sent_to_microsoft(stack, api: Api, ready: Company):
    allowed = ready.tenant.domains[1]
    outside = f"boss@{ready.tenant.domains[0]}"
    api.save(ready, ready.document(applicationSecret=None, allowedDomains=[allowed.upper()]))
    stack.microsoft.clear_requests()

    asked = [
        outside,
        ready.ada.upper(),
        f"a@sub.{allowed}",
        f"a@b@{outside}",
        "no address",
        f"x@{allowed}.evil.example",
    ]
    found = value(api.schedule(ready, *asked))

    assert [one["scheduleId"] for one in found] == asked
    assert [one.get("error", {}).get("responseCode") for one in found][:3] == ["notAllowed", None, "notAllowed"]
    assert {one.get("error", {}).get("responseCode") for one in found[3:]} == {"notAllowed"}
    (seen,) = graph_calls(stack, ready)
    assert seen.json()["schedules"] == [ready.ada.upper()]


def test_only_addresses_that_are_not_allowed_is_still_an_answer(api: Api, ready: Company):
    api.save(ready, ready.document(applicationSecret=None, allowedDomains=["elsewhere.example"]))

    assert [one["error"]["responseCode"] for one in value(api.schedule(ready))] == ["notAllowed"]


def test_details_full_shows_what_graph_gave_and_time_shows_nothing_else(api: Api, ready: Company):
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    private = Meeting(now + timedelta(hours=3), now + timedelta(hours=4), subject="Doctor", is_private=True)
    person(ready.tenant, "Priv", private)
    asked = [ready.ada, f"priv@{ready.tenant.domains[1]}"]

    for one in value(api.schedule(ready, *asked)):
        assert all(set(item) == {"status", "start", "end"} for item in one["scheduleItems"])
    api.save(ready, ready.document(applicationSecret=None, details="full"))
    ada, priv = value(api.schedule(ready, *asked))
    item = ada["scheduleItems"][0]
    assert (item["subject"], item["location"], item["isPrivate"]) == ("Secret plans", "Bunker", False)
    assert "Doctor" not in json.dumps(priv)


def test_a_graph_client_gets_the_request_ids(stack: Stack, api: Api, ready: Company):
    mine = "5f0e6b1c-1111-4222-8333-444455556666"
    answer = api.schedule(ready, headers={"client-request-id": mine})

    assert answer.headers.get("client-request-id") == mine
    assert answer.headers.get("request-id")
    assert answer.json().get("@odata.context") is not None or "value" in answer.json()


def test_two_customers_never_see_each_others_tokens(stack: Stack, api: Api, ready: Company):
    other = new_company(stack)
    assert api.save(other).status_code == 200
    assert api.test(other).json()["passed"] is True
    stack.microsoft.clear_requests()

    for _ in range(3):
        for company in (ready, other):
            assert value(api.schedule(company))[0]["availabilityView"]
    for company in (ready, other):
        calls = graph_calls(stack, company)
        assert len(calls) == 3
        assert {(claims(call)["appid"], claims(call)["tid"]) for call in calls} == {
            (company.application.app_id, company.tenant.id)
        }
    foreign = api.schedule(ready, user=other.recruiter)
    expect_refused(foreign, 409, "mailboxNotReachable")
