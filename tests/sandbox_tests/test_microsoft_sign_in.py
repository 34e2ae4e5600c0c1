"""The simulated /authorize: signing in, single sign-on, consent and what stands in its way (facts 3.2, 4.3, 4.4)."""

import re
from html import unescape

import pytest

from tests.sandbox.microsoft.testing_sign_in import NANCY, back, cookie
from tests.sandbox.world import demo

ADMIN = "admin@northwind.onmicrosoft.com"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_the_page_lists_the_tenants_accounts_and_others_behind(user):
    answer = await user.open(login_hint=NANCY.upper())
    assert answer.status == 200
    here, there = answer.text.split("Use another account")
    assert re.search(rf'value="{NANCY}" required checked>', here)
    assert "jl@northwind.onmicrosoft.com" in here
    assert "ada@contoso.com" in there
    assert "ada@contoso.com" not in here
    assert answer.text.count(" checked>") == 1
    for text in ("Sandbox", "Northwind interview calendars", 'value="signin"', 'value="cancel"'):
        assert text in answer.text
    assert "<script" not in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_signing_in_asks_for_consent_once(user):
    page = await user.press("signin")
    assert page.status == 200
    assert "<code>Calendars.ReadBasic</code>" in page.text
    assert f'<input type="hidden" name="account" value="{NANCY}">' in page.text
    assert "organization" not in page.text
    assert user.application.user_scopes == {}
    told = back(await user.press("accept"))
    assert set(told) == {"code", "state", "session_state"}
    assert told["state"] == "some state/&="
    assert user.application.user_scopes == {user.nancy.object_id: demo.CALENDAR_SCOPES}
    assert user.application.granted_scopes == set()
    assert "code" in back(await user.press("signin"))
    assert (await user.press("signin", "steven@northwind.com")).status == 200  # her consent is not his


async def test_an_administrator_may_consent_for_all(user):
    assert 'name="organization"' in (await user.press("signin", ADMIN)).text
    assert "code" in back(await user.press("accept", ADMIN, {"organization": "yes"}))
    assert user.application.granted_scopes == demo.CALENDAR_SCOPES
    assert "code" in back(await user.press("signin"))


async def test_a_user_cannot_consent_for_all(user):
    await user.press("accept", fields={"organization": "yes"})
    assert user.application.granted_scopes == set()


@pytest.mark.parametrize("fields", [{}, {"account": NANCY}])
async def test_cancel_is_told_by_redirect(user, fields):
    told = back(await user.press("cancel", fields=fields))
    assert told.pop("error_description").startswith("AADSTS65004: User declined to consent to access the app.")
    uri = f"{user.microsoft.entra_url}/error?code=65004"
    expected = {"error": "access_denied", "error_subcode": "cancel", "error_uri": uri}
    assert told == expected | {"state": "some state/&="}


async def test_default_asks_for_all_that_is_registered_unless_anything_was_granted(user):
    scope = f"{user.microsoft.graph_url}/.default"
    assert "<code>User.Read</code>" in (await user.press("signin", scope=scope)).text
    user.application.consent_of_user(user.nancy.object_id, {"User.Read"})
    assert "code" in back(await user.press("signin", scope=scope))
    assert "code" in back(await user.press("signin", scope="openid user.read"))  # names know no case
    assert (await user.press("signin", scope="Calendars.ReadBasic")).status == 200


async def test_whoever_is_signed_in_is_not_asked_again(user):
    first = await user.press("accept")
    assert all(word in first.headers["Set-Cookie"] for word in ("ESTSAUTH=", "Path=/", "Secure", "HttpOnly"))
    signed_in = cookie(first)
    told = back(await user.open(signed_in))
    assert told["session_state"] == back(first)["session_state"]
    assert told["code"] != back(first)["code"]
    assert "code" in back(await user.open(signed_in, login_hint=NANCY, prompt="none"))
    assert (await user.open(signed_in, login_hint="steven@northwind.com")).status == 200
    for prompt in ("login", "select_account"):
        assert "Pick an account" in (await user.open(signed_in, prompt=prompt)).text
    assert "Permissions requested" in (await user.open(signed_in, prompt="consent")).text
    other_tenant = {"tenant": demo.TAILSPIN, "client_id": demo.TAILSPIN_APPLICATION}
    assert "Pick an account" in (await user.open(signed_in, **other_tenant)).text


async def test_two_people_in_one_browser_are_asked_who_it_is(user):
    signed_in = cookie(await user.press("accept"))
    url, form = user.address(), {"account": "steven@northwind.com", "action": "accept"}
    await user.client.send("POST", url, data=form, headers={"Cookie": signed_in})
    assert "Pick an account" in (await user.open(signed_in)).text
    assert "code" in back(await user.open(signed_in, login_hint="steven@northwind.com"))
    told = back(await user.open(signed_in, prompt="none"))
    assert (told["error"], told["error_description"][:12]) == ("interaction_required", "AADSTS16000:")


async def test_revoked_sessions_bring_the_page_back(user):
    signed_in = cookie(await user.press("accept"))
    user.nancy.revoke_sessions(user.microsoft.now())
    assert "Pick an account" in (await user.open(signed_in)).text


async def test_prompt_none_never_shows_a_page(user):
    told = back(await user.open(prompt="none"))
    assert (told["error"], told["error_description"][:12]) == ("login_required", "AADSTS50058:")
    signed_in = cookie(await user.press("signin"))
    told = back(await user.open(signed_in, prompt="none"))
    assert (told["error"], told["error_description"][:12]) == ("consent_required", "AADSTS65001:")
    user.nancy.conditional_access = "mfa"
    told = back(await user.open(signed_in, prompt="none"))
    assert (told["error"], told["error_description"][:12]) == ("interaction_required", "AADSTS50076:")


async def test_the_answer_may_come_as_a_fragment_or_a_form(user):
    answer = await user.press("accept", response_mode="fragment", client_info="1")
    assert answer.headers["Location"].startswith(f"{demo.REDIRECT_URI}#code=")
    assert "client_info=" in answer.headers["Location"]
    page = await user.press("accept", response_mode="form_post")
    assert page.status == 200
    assert f'<form method="post" action="{demo.REDIRECT_URI}">' in page.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    assert set(fields) == {"code", "state", "session_state"}
    assert unescape(fields["state"]) == "some state/&="
    assert "<noscript>" in page.text
    assert "Continue</button>" in page.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "http://localhost:7071/elsewhere"}, 50011),
        ({"redirect_uri": demo.REDIRECT_URI + "/"}, 50011),
        ({"redirect_uri": None}, 900971),
        ({"client_id": "00000000-0000-4000-8000-00000000dead"}, 700016),
        ({"client_id": None}, 900144),
        ({"tenant": "nobody.example"}, 90002),
        ({"tenant": "nonsense"}, 900023),
        ({"tenant": "common"}, 50194),
        ({"tenant": "organizations"}, 50194),
        ({"tenant": "consumers", "client_id": demo.BASIC_APPLICATION}, 700016),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_entra_shows_itself(user, method, changes, code):
    answer = await (user.open(**changes) if method == "GET" else user.press("accept", **changes))
    assert (answer.status, answer.headers.get("Location")) == (400, None)
    assert f"AADSTS{code}: " in answer.text


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_type": "token"}, "unsupported_response_type", 70005),
        ({"response_mode": "smoke"}, "invalid_request", 70007),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": "Calendars.ReadEverything"}, "invalid_client", 650053),
        ({"scope": "https://elsewhere.example/Read"}, "invalid_resource", 500011),
        ({"scope": ".default User.Read"}, "invalid_scope", 70011),
        ({"prompt": "please"}, "invalid_request", 90023),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"code_challenge": "a" * 129, "code_challenge_method": "S256"}, "invalid_request", 501491),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "S512"}, "invalid_request", 50149),
        ({"code_challenge_method": "S256"}, "invalid_request", 50147),
    ],
)
async def test_what_the_application_is_told(user, changes, error, code):
    told = back(await user.open(**changes))
    assert (told["error"], told["state"]) == (error, "some state/&=")
    assert told["error_description"].startswith(f"AADSTS{code}: ")


@pytest.mark.parametrize(("account", "code"), [("ada@contoso.com", 50020), ("nobody@northwind.com", 50034)])
async def test_a_foreign_account_is_a_page(user, account, code):
    answer = await user.press("signin", account)
    assert (answer.status, "Set-Cookie" in answer.headers) == (400, False)
    assert f"AADSTS{code}: " in answer.text


async def test_a_disabled_account_is_a_page(user):
    user.nancy.disabled = True
    assert "AADSTS50057: " in (await user.press("signin")).text


async def test_unassigned_and_blocked_users_are_sent_back(user):
    user.application.assignment_required = True
    told = back(await user.press("signin"))
    assert (told["error"], told["error_description"][:12]) == ("access_denied", "AADSTS50105:")
    user.application.assigned = {user.nancy.object_id}
    assert (await user.press("signin")).status == 200
    user.nancy.conditional_access = "block"
    told = back(await user.press("signin"))
    assert (told["error"], told["error_description"][:12]) == ("access_denied", "AADSTS53003:")


async def test_an_application_of_many_tenants_arrives_with_the_first_user(user):
    changes = {"client_id": demo.BASIC_APPLICATION}
    assert demo.BASIC_APPLICATION not in user.northwind.applications
    await user.press("accept", tenant="organizations", **changes)
    arrived = user.northwind.applications[demo.BASIC_APPLICATION]
    assert (arrived.home, arrived.service_principal) == (False, True)
    assert arrived.user_scopes == {user.nancy.object_id: demo.CALENDAR_SCOPES}
    assert "code" in back(await user.press("signin", tenant="northwind.com", **changes))
    assert user.microsoft.world.home.applications[demo.BASIC_APPLICATION].user_scopes == {}
