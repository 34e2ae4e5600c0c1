"""ID tokens and access tokens that are not the answer to this sign-in, or not of the account that connected."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.journeys.api import Api, Company
from tests.journeys.attacker import (
    RETURN,
    connect,
    connection_of,
    connections,
    deliver,
    expect_ended,
    expect_nothing_leaked,
    expect_nothing_stored,
    expect_sent_back,
    invite,
    new_office,
    press,
    secrets_of,
    sign_in,
    state_of_user,
)
from tests.journeys.browser import Browser, to_microsoft
from tests.journeys.expect import Faults
from tests.sandbox.microsoft import Fault
from tests.sandbox.stack import Stack

OTHER = "0badc0de-0000-4000-8000-00000000beef"


@pytest.fixture
def office(stack: Stack, api: Api) -> Company:
    """A saved company whose users connect for themselves."""
    return new_office(stack, api)


@contextmanager
def tokens_say(
    stack: Stack, id_token: dict[str, object], access_token: dict[str, object] | None = None
) -> Iterator[None]:
    """Let Entra ID issue tokens with other claims for a while."""
    changes = ((stack.microsoft.id_token_changes, id_token), (stack.microsoft.access_token_changes, access_token or {}))
    for where, claims in changes:
        where.update(claims)
    try:
        yield
    finally:
        for where, _ in changes:
            where.clear()


def entra(stack: Stack, company: Company) -> str:
    return f"{stack.microsoft.entra_url}/{company.tenant.id}/v2.0"


WRONG_ID_TOKENS = {
    "another nonce": {"nonce": "0" * 64},
    "no nonce": {"nonce": None},
    "a nonce that is a list": {"nonce": ["0" * 64]},
    "another application": {"aud": OTHER},
    "many applications": {"aud": [OTHER, "x"]},
    "no application": {"aud": None},
    "another tenant": {"tid": OTHER},
    "no tenant": {"tid": None},
    "a tenant that is no GUID": {"tid": "contoso.com"},
    "the issuer of all": {"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"},
    "another issuer": {"iss": "https://evil.example/v2.0"},
    "the old issuer": {"iss": "https://sts.windows.net/x/"},
    "no issuer": {"iss": None},
    "ended": {"exp": int(time.time()) - 301},
    "without an end": {"exp": None},
    "an end in words": {"exp": "4102444800"},
    "an end that is true": {"exp": True},
    "another account": {"oid": OTHER},
    "no account": {"oid": None},
    "an account that is no GUID": {"oid": "recruiter"},
    "an account that is a list": {"oid": [OTHER]},
    "somebody else's name": {"preferred_username": "somebody@else.example", "oid": OTHER},
}


@pytest.mark.parametrize("claims", WRONG_ID_TOKENS.values(), ids=WRONG_ID_TOKENS)
def test_an_id_token_that_is_not_the_answer_connects_nobody(stack: Stack, api: Api, office: Company, claims):
    for return_url in (None, RETURN):
        browser = Browser(stack)
        url = invite(api, office, office.recruiter, **({"returnUrl": return_url} if return_url else {}))
        fields = sign_in(browser, url, office.recruiter)
        secrets = secrets_of(browser, url, fields)
        with tokens_say(stack, claims):
            answer = deliver(stack, browser, fields)

        expect_sent_back(answer, "microsoftError") if return_url else expect_ended(answer, *secrets, OTHER)
        expect_nothing_stored(stack, office)
        expect_nothing_leaked(stack, secrets, office)


def test_an_id_token_for_the_same_tenants_other_spelling_of_the_issuer_is_refused(stack: Stack, api, office: Company):
    right = entra(stack, office)
    for issuer in (f"{right}/", right.upper(), right.replace("https", "http"), right.replace("/v2.0", "")):
        with tokens_say(stack, {"iss": issuer}):
            expect_ended(connect(stack, api, office, office.recruiter))
        expect_nothing_stored(stack, office)


@pytest.mark.parametrize("claims", [{"oid": OTHER}, {"tid": OTHER}, {"oid": OTHER, "tid": OTHER}, {"oid": ["a", "b"]}])
def test_an_access_token_of_another_account_connects_nobody(stack: Stack, api: Api, office: Company, claims):
    with tokens_say(stack, {}, claims):
        expect_ended(connect(stack, api, office, office.recruiter))

    expect_nothing_stored(stack, office)


def test_both_tokens_of_another_tenant_are_told_as_that(stack: Stack, api: Api, office: Company):
    browser = Browser(stack)
    fields = sign_in(browser, invite(api, office, office.recruiter, returnUrl=RETURN), office.recruiter)
    with tokens_say(stack, {"tid": OTHER}, {"tid": OTHER}):
        expect_sent_back(deliver(stack, browser, fields), "wrongTenant")

    expect_nothing_stored(stack, office)


@pytest.mark.parametrize("which", ["access", "both"])
def test_a_renewal_with_another_accounts_token_is_neither_used_nor_stored(stack: Stack, api, office: Company, which):
    assert connect(stack, api, office, office.recruiter).status_code == 200
    assert api.test(office).json()["passed"] is True
    before = connection_of(stack, office, office.recruiter)
    graph_before = stack.microsoft.count("graph")

    claims = {"oid": OTHER}
    with tokens_say(stack, claims if which == "both" else {}, claims):
        with Faults(stack, Fault("graph", "getSchedule", status=401, times=1)):
            answer = api.schedule(office)
        assert stack.microsoft.count("graph") == graph_before + 1, "Graph was asked with a foreign token"
        tested = api.test(office)

    assert answer.status_code in (409, 502), answer.text[:300]
    assert tested.status_code == 502 or tested.json()["passed"] is False
    after = connection_of(stack, office, office.recruiter)
    assert (after["sealed"], after["objectId"]) == (before["sealed"], before["objectId"])
    assert api.schedule(office).status_code == 200, "the grant itself is as good as before"


def hand_made(stack: Stack, company: Company, nonce: str | None, **changes: Any) -> dict[str, Any]:
    """Return what the token endpoint would answer for the recruiter, changed; None leaves a member out."""
    account = company.tenant.account(company.recruiter)
    assert account is not None
    now = stack.microsoft.now()
    seconds = int(now.timestamp())
    claims = {
        "aud": company.application.app_id,
        "iss": entra(stack, company),
        "tid": company.tenant.id,
        "oid": account.object_id,
        "preferred_username": company.recruiter,
        "nonce": nonce,
        "exp": seconds + 3600,
        "iat": seconds,
        "sub": "s",
        "ver": "2.0",
    }
    info = json.dumps({"uid": account.object_id, "utid": company.tenant.id}).encode()
    answer = {
        "token_type": "Bearer",
        "scope": "openid profile Calendars.ReadBasic User.Read",
        "expires_in": 3600,
        "access_token": stack.microsoft.tokens.issue(
            now, company.tenant.id, stack.microsoft.graph_url, oid=account.object_id, scp="Calendars.ReadBasic"
        ),
        "refresh_token": "1." + "r" * 60,
        "id_token": stack.microsoft.tokens.sign(claims),
        "client_info": base64.urlsafe_b64encode(info).decode().rstrip("="),
    } | changes
    return {name: value for name, value in answer.items() if value is not None}


def deliver_with(stack: Stack, api: Api, company: Company, **changes: Any) -> Any:
    """Sign in, and let Entra ID's answer to the code be one made by hand."""
    browser = Browser(stack)
    address = to_microsoft(browser, invite(api, company, company.recruiter))
    fields = press(browser, address, company.recruiter)
    body = hand_made(stack, company, parse_qs(urlsplit(address).query)["nonce"][0], **changes)
    with Faults(stack, Fault("entra", f"{company.tenant.id}/oauth2/v2.0/token", "POST", status=200, body=body)):
        return deliver(stack, browser, fields)


def test_the_answer_made_by_hand_is_good(stack: Stack, api: Api, office: Company):
    """Else the tests below would prove nothing."""
    assert deliver_with(stack, api, office).status_code == 200
    assert len(connections(stack, office)) == 1


LACKING = {
    "no ID token": {"id_token": None},
    "no calendar scope": {"scope": "openid profile User.Read Mail.Read"},
    "no access token": {"access_token": None},
    "an opaque ID token": {"id_token": "opaque.opaque.opaque"},
    "an ID token without claims": {"id_token": "e30.W10.x"},
    "an error beside tokens": {"error": "invalid_grant", "error_description": "AADSTS70000: x", "access_token": None},
}


@pytest.mark.parametrize("changes", LACKING.values(), ids=LACKING)
def test_an_answer_of_entra_that_lacks_something_connects_nobody(stack: Stack, api: Api, office: Company, changes):
    answer = deliver_with(stack, api, office, **changes)

    # An answer that says too little of the scopes leads to Microsoft once more, to ask for what is registered.
    if answer.status_code == 303:
        assert answer.headers["Location"].startswith(stack.microsoft.entra_url)
    else:
        assert answer.status_code == 400, answer.text[:300]
        assert "Location" not in answer.headers
    expect_nothing_stored(stack, office)


@pytest.mark.parametrize("changes", [{"refresh_token": None}, {"refresh_token": None, "client_info": None}])
def test_what_could_never_be_renewed_connects_nobody(stack: Stack, api: Api, office: Company, changes):
    expect_ended(deliver_with(stack, api, office, **changes))

    expect_nothing_stored(stack, office)


def test_the_client_info_is_not_what_says_whose_the_tokens_are(stack: Stack, api: Api, office: Company):
    info = base64.urlsafe_b64encode(json.dumps({"uid": OTHER, "utid": OTHER}).encode()).decode().rstrip("=")
    for foreign in (None, info):
        assert deliver_with(stack, api, office, client_info=foreign).status_code == 200
        row = connection_of(stack, office, office.recruiter)
        assert row["tenant"] == office.tenant.id
        assert row["objectId"] == office.tenant.account(office.recruiter).object_id
    assert state_of_user(api, office, office.recruiter) == "connected"
