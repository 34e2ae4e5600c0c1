"""A user's sign-in with MSAL itself, as an application uses it (facts 10.3)."""

import re
from html import unescape

import msal
import pytest
import requests

from tests.sandbox.microsoft.testing_sign_in import NANCY, claims_of
from tests.sandbox.world import demo

pytestmark = pytest.mark.usefixtures("trust")

SCOPES = ["Calendars.ReadBasic", "User.Read"]


def application(microsoft, cache, tenant=demo.NORTHWIND, client=demo.NORTHWIND_APPLICATION):
    return msal.ConfidentialClientApplication(
        client,
        client_credential=demo.NORTHWIND_SECRET if client == demo.NORTHWIND_APPLICATION else demo.BASIC_SECRET,
        authority=f"{microsoft.entra_url}/{tenant}",
        instance_discovery=False,
        token_cache=cache,
    )


def started(app, **more):
    # Any other response mode makes MSAL warn.
    return app.initiate_auth_code_flow(SCOPES, demo.REDIRECT_URI, response_mode="form_post", **more)


def sent_back(browser, url, **form):
    """Open a link, or send a form there, and return what the form to the application holds."""
    answer = browser.request("POST" if form else "GET", url, data=form)
    assert f'action="{demo.REDIRECT_URI}"' in answer.text
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.text)
    return {name: unescape(value) for name, value in fields}


@pytest.mark.parametrize(
    ("tenant", "client"),
    [(demo.NORTHWIND, demo.NORTHWIND_APPLICATION), ("organizations", demo.BASIC_APPLICATION)],
)
def test_msal_signs_a_user_in_and_renews_silently(microsoft, tenant, client):
    cache = msal.SerializableTokenCache()
    app = application(microsoft, cache, tenant, client)
    flow = started(app, login_hint=NANCY)
    with requests.Session() as browser:
        page = browser.get(flow["auth_uri"])
        assert f'value="{NANCY}" required checked' in page.text
        consent = browser.post(flow["auth_uri"], data={"account": NANCY, "action": "signin"})
        assert "Permissions requested" in consent.text
        told = sent_back(browser, flow["auth_uri"], account=NANCY, action="accept")
        result = app.acquire_token_by_auth_code_flow(flow, told)
        assert result["id_token_claims"]["preferred_username"] == NANCY
        again = started(app, prompt="none")
        assert "access_token" in app.acquire_token_by_auth_code_flow(again, sent_back(browser, again["auth_uri"]))

    kept = msal.SerializableTokenCache()
    kept.deserialize(cache.serialize())
    later = application(microsoft, kept, tenant, client)
    [account] = later.get_accounts()
    oid = result["id_token_claims"]["oid"]
    assert account["home_account_id"] == f"{oid}.{demo.NORTHWIND}"
    assert later.acquire_token_silent(SCOPES, account)["token_source"] == "cache"
    renewed = later.acquire_token_silent(SCOPES, account, force_refresh=True)
    assert renewed["token_source"] == "identity_provider"
    assert claims_of(renewed["access_token"])["oid"] == oid

    microsoft.world.tenants[demo.NORTHWIND].account(NANCY).revoke_sessions(microsoft.now())
    refused = later.acquire_token_silent_with_error(SCOPES, account, force_refresh=True)
    assert (refused["error"], refused["error_codes"], refused["suberror"]) == ("invalid_grant", [50173], "bad_token")


def test_msal_is_told_of_a_refusal(microsoft):
    app = application(microsoft, msal.SerializableTokenCache())
    flow = started(app)
    with requests.Session() as browser:
        told = sent_back(browser, flow["auth_uri"], action="cancel")
    result = app.acquire_token_by_auth_code_flow(flow, told)
    assert result["error"] == "access_denied"
    assert result["error_description"].startswith("AADSTS65004: ")
    assert app.get_accounts() == []
