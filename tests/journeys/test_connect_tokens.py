"""Users' tokens: sealed where they lie, renewed without loss, and nobody's after a race."""

import base64
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tests.journeys.api import Api, another_instance
from tests.journeys.expect import Faults, expect_refused
from tests.journeys.people import (
    ATS,
    PeopleCompany,
    change_row,
    connect,
    disconnect,
    expect_connects,
    expect_sent_back,
    expect_test_passes,
    invite,
    my_calls,
    new_browser,
    refused_token,
    row_of,
    rows,
    saved_people,
    state,
    token_requests,
    working_people,
)
from tests.journeys.test_configuration import at_once
from tests.journeys.test_connect import code_form
from tests.journeys.test_get_schedule import claims, value
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack
from tests.sandbox.world.secrets import SecretVersion

KEY = "token-encryption-key"


@pytest.fixture
def people(stack: Stack, api: Api) -> PeopleCompany:
    """A tested company whose recruiter is connected."""
    return working_people(stack, api)


@pytest.fixture(scope="module")
def second(stack: Stack) -> Iterator[Api]:
    """A client of another process on the same stores."""
    with another_instance(stack) as api:
        yield api


@pytest.fixture
def own() -> Iterator[Stack]:
    """A sandbox of the test's own, for what would disturb others: time travel, the vault's key."""
    with Stack() as running:
        yield running
        assert running.microsoft.errors == []


def test_getschedule_runs_as_the_user_who_asks(stack: Stack, api: Api, people: PeopleCompany):
    expect_connects(stack, api, people, people.ada)
    stack.microsoft.clear_requests()

    at_once(
        *[lambda user=user: value(Api(stack).schedule(people, user=user)) for user in (people.recruiter, people.ada)]
        * 4
    )

    asked = [claims(call) for call in my_calls(stack)]
    assert 2 <= len(asked) <= 8, "one user's may share a request, never two users'"
    assert {one["tid"] for one in asked} == {people.tenant.id}
    assert {one["oid"] for one in asked} == {people.account(user).object_id for user in (people.recruiter, people.ada)}
    assert not [seen for seen in stack.microsoft.requests if seen.service == "graph" and seen not in my_calls(stack)]


def test_a_row_tells_nothing_of_the_tokens_in_it(stack: Stack, api: Api, people: PeopleCompany):
    stack.microsoft.clear_requests()
    with Faults(stack, refused_token()):
        assert value(api.schedule(people))
    known = [seen.bearer for seen in my_calls(stack)]
    known += [seen.form["refresh_token"] for seen in token_requests(stack, people, "refresh_token")]

    (row,) = rows(stack, people)
    raw = b" ".join(part if isinstance(part, bytes) else str(part).encode() for part in row.values())
    assert len(known) == 3
    for token in known:
        assert token
        assert token[:40].encode() not in raw
    for word in (b"refresh", b"secret", b"eyJ"):
        assert word not in raw
    log = stack.host.stderr_text()
    assert not [token for token in known if token and token in log]


@pytest.mark.parametrize("whole", [True, False], ids=["the whole row", "the sealed part"])
def test_a_row_copied_to_another_users_key_opens_for_nobody(stack: Stack, api: Api, people: PeopleCompany, whole: bool):
    expect_connects(stack, api, people, people.ada)
    ada, recruiter = (row_of(stack, people, people.account(user)) for user in (people.ada, people.recruiter))
    names = [name for name in recruiter if name not in ("PartitionKey", "RowKey")] if whole else ["sealed"]
    change_row(stack, ada, **{name: recruiter[name] for name in names})
    stack.microsoft.clear_requests()

    with another_instance(stack) as fresh:
        answer = fresh.schedule(people, user=people.ada)

        assert answer.status_code == 409, answer.text
        assert answer.json()["error"]["code"] in ("reconnectRequired", "userNotConnected")
        assert my_calls(stack) == [], "nobody reads as somebody else"
        assert value(fresh.schedule(people))
    expect_connects(stack, api, people, people.ada)


def _new_key(stack: Stack) -> SecretVersion:
    """Add a version to the key, as the operator's documents say."""
    now = datetime.now(UTC)
    version = SecretVersion(uuid.uuid4().hex, base64.b64encode(secrets.token_bytes(32)).decode(), now, now)
    stack.world.vault_secrets[KEY].versions.append(version)
    return version


def test_a_new_key_seals_what_is_written_and_old_rows_still_open(own: Stack):
    api = Api(own)
    people = working_people(own, api)
    (old,) = own.world.vault_secrets[KEY].versions
    new = _new_key(own)
    recruiter = people.account(people.recruiter)

    with another_instance(own) as fresh:
        expect_connects(own, fresh, people, people.ada)
        assert old.version.encode() in row_of(own, people, recruiter)["sealed"]
        assert value(fresh.schedule(people))
        with Faults(own, refused_token()):
            assert value(fresh.schedule(people))
        assert new.version.encode() in row_of(own, people, recruiter)["sealed"], "resealed when next written"
        # The first process has never seen the new version: it must look again.
        assert value(api.schedule(people))
        expect_connects(own, fresh, people, people.ada)
        expect_connects(own, fresh, people, people.kay.user_principal_name)
        assert new.version.encode() in row_of(own, people, people.kay)["sealed"]
        assert value(api.schedule(people, user=people.kay.user_principal_name))
        assert value(api.schedule(people, user=people.ada))
    old.enabled = False
    with another_instance(own) as fresh:
        assert value(fresh.schedule(people))


@pytest.mark.parametrize("status", [403, 503])
def test_a_key_is_made_only_when_the_vault_says_that_there_is_none(own: Stack, status: int):
    api = Api(own)
    people = saved_people(own, api)
    with Faults(own, Fault("vault", KEY, method="GET", status=status, body={"error": {"code": "Forbidden"}})):
        answer = connect(own, api, people, people.recruiter, returnUrl=ATS)

    expect_sent_back(answer, calendar="failed", code="microsoftError")
    assert KEY not in own.world.vault_secrets
    assert rows(own, people) == []
    expect_connects(own, api, people, people.recruiter)


def test_two_processes_that_need_the_first_key_at_once_both_open_everything(own: Stack):
    api = Api(own)
    people = saved_people(own, api)
    users = [people.recruiter, people.ada, people.kay.user_principal_name, people.admin]
    browsers = [new_browser(own) for _ in users]
    forms = [
        code_form(own, browser, invite(api, people, user), user) for browser, user in zip(browsers, users, strict=True)
    ]
    own.microsoft.latency["vault"] = 0.2
    with another_instance(own) as other:
        hosts = [api.url, other.url] * 2
        sent = zip(browsers, hosts, forms, strict=True)
        ends = at_once(*(partial(one.post, f"{host}/mobile/getcalendar", form) for one, host, form in sent))
    own.microsoft.latency["vault"] = 0.0

    assert [end.status_code for end in ends] == [200] * 4
    expect_test_passes(api, people)
    with another_instance(own) as fresh:
        for user in users[:3]:
            assert value(fresh.schedule(people, user=user))


def test_two_processes_that_renew_at_once_lose_no_token(stack: Stack, api: Api, second: Api, people: PeopleCompany):
    assert value(second.schedule(people))
    stack.microsoft.clear_requests()
    stack.microsoft.latency["entra"] = 0.3
    try:
        with Faults(stack, refused_token(2)):
            for answer in at_once(lambda: api.schedule(people), lambda: second.schedule(people)):
                assert value(answer)
    finally:
        stack.microsoft.latency["entra"] = 0.0
    used = {seen.form["refresh_token"] for seen in token_requests(stack, people, "refresh_token")}

    later = []
    for process in (api, second, api):  # who finds the other's new token in the row need not ask
        stack.microsoft.clear_requests()
        with Faults(stack, refused_token()):
            assert value(process.schedule(people))
        later += [seen.form["refresh_token"] for seen in token_requests(stack, people, "refresh_token")]
    assert later
    assert len({*used, *later}) == len(used) + len(later), "an old refresh token was kept instead of the new one"
    assert len(rows(stack, people)) == 1


def _meanwhile(stack: Stack, api: Api, people: PeopleCompany, fault: Fault, then: Callable[[], None]) -> Any:
    """Call getSchedule with a token that Graph refuses; do something while Entra is at it; return the answer."""
    answers: list[Any] = []
    stack.microsoft.clear_requests()
    with Faults(stack, refused_token(), fault):
        running = threading.Thread(target=lambda: answers.append(api.schedule(people)))
        running.start()
        while running.is_alive() and not token_requests(stack, people, "refresh_token"):
            running.join(0.01)
        then()
        running.join()
    return answers[0]


def _slow_refusal() -> Fault:
    body = {"error": "invalid_grant", "error_description": "AADSTS700082: ended", "error_codes": [700082]}
    return Fault("entra", "/token", status=400, body=body, delay=2.5, times=1)


def test_who_is_refused_with_a_token_that_was_replaced_meanwhile_uses_the_new_one(stack, api, second: Api, people):
    def renew_elsewhere() -> None:
        with Faults(stack, refused_token()):
            assert value(second.schedule(people))

    assert value(second.schedule(people))
    assert value(_meanwhile(stack, api, people, _slow_refusal(), renew_elsewhere))
    assert state(api, people, people.recruiter) == "connected"


def test_a_user_who_connects_again_meanwhile_is_not_marked(stack: Stack, api: Api, people: PeopleCompany):
    def again() -> None:
        expect_connects(stack, Api(stack), people, people.recruiter)

    _meanwhile(stack, api, people, _slow_refusal(), again)

    assert state(api, people, people.recruiter) == "connected"
    assert value(api.schedule(people))


def test_a_renewal_does_not_bring_back_who_disconnected_meanwhile(stack: Stack, api: Api, people: PeopleCompany):
    slow = Fault("entra", "/token", delay=1.0, times=1)

    _meanwhile(stack, api, people, slow, lambda: disconnect(Api(stack), people, people.recruiter) and None)

    assert rows(stack, people) == []
    expect_refused(api.schedule(people), 409, "userNotConnected")


@pytest.mark.parametrize("saved_again", [True, False])
def test_a_sign_in_that_ends_after_its_customer_was_deleted_leaves_nothing(stack, api, people, saved_again: bool):
    browser = new_browser(stack)
    form = code_form(stack, browser, invite(api, people, people.ada), people.ada)
    ends: list[Any] = []
    stack.microsoft.clear_requests()
    with Faults(stack, Fault("entra", "/token", delay=2.0, times=1)):
        url = f"{stack.public_url}/mobile/getcalendar"
        running = threading.Thread(target=lambda: ends.append(browser.post(url, form)))
        running.start()
        while running.is_alive() and not token_requests(stack, people, "authorization_code"):
            running.join(0.01)
        assert api.call("DELETE", f"/customers/{people.customer}/calendar").status_code == 204
        if saved_again:
            assert api.save(people).status_code == 200
        running.join()

    assert ends[0].status_code == 400
    assert rows(stack, people) == []
    if saved_again:
        assert state(api, people, people.ada) == "notConnected"
