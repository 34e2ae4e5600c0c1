"""What a user's code and refresh tokens are worth, by hand and with MSAL (facts 3.3, 3.5, 4.5, 10.3)."""

import base64
import json
from datetime import timedelta

import jwt
import pytest

from tests.sandbox.microsoft.testing_sign_in import NANCY, claims_of, problem
from tests.sandbox.world import demo

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
SHORT = "openid profile email Calendars.ReadBasic User.Read"
ELSEWHERE = {"client_id": demo.BASIC_APPLICATION, "client_secret": demo.BASIC_SECRET}


async def test_the_answer_has_what_was_asked_for(user):
    body = await user.tokens(nonce="a nonce")
    assert set(body) == {
        *("token_type", "scope", "expires_in", "ext_expires_in", "access_token", "refresh_token", "id_token")
    }
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("Bearer", SHORT, 3599)
    body = await user.tokens(scope="User.Read")
    assert set(body) == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}


async def test_an_access_token_holds_all_that_was_ever_granted(user):
    await user.tokens()
    graph = user.microsoft.graph_url
    body = await user.tokens(scope=f"{graph}/User.Read offline_access")
    assert body["scope"] == f"{graph}/Calendars.ReadBasic {graph}/User.Read"
    claims = claims_of(body["access_token"])
    assert claims["aud"] == graph
    assert claims["scp"] == "Calendars.ReadBasic User.Read"
    assert (claims["tid"], claims["oid"], claims["idtyp"]) == (demo.NORTHWIND, user.nancy.object_id, "user")
    assert (claims["upn"], claims["unique_name"], claims["appid"]) == (NANCY, NANCY, demo.NORTHWIND_APPLICATION)
    assert claims["iss"] == f"https://sts.windows.net/{demo.NORTHWIND}/"
    assert "roles" not in claims
    default = await user.tokens(scope=f"{graph}/.default")
    assert default["scope"] == f"{graph}/Calendars.ReadBasic {graph}/User.Read {graph}/.default"


async def test_short_names_are_answered_short_with_the_application_id_as_audience(user):
    claims = claims_of((await user.tokens())["access_token"])
    assert claims["aud"] == "00000003-0000-0000-c000-000000000000"
    assert claims["scp"] == "Calendars.ReadBasic User.Read email openid profile"


async def test_the_id_token_is_one_of_version_2(user):
    body = await user.tokens(nonce="a nonce")
    url = f"{user.microsoft.entra_url}/{demo.NORTHWIND}/v2.0/.well-known/openid-configuration"
    configuration = (await user.client.send("GET", url)).body
    keys = (await user.client.send("GET", configuration["jwks_uri"])).body
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(body["id_token"])["kid"]]
    application = demo.NORTHWIND_APPLICATION
    claims = jwt.decode(body["id_token"], key, ["RS256"], audience=application, issuer=configuration["issuer"])
    assert (claims["ver"], claims["tid"], claims["oid"]) == ("2.0", demo.NORTHWIND, user.nancy.object_id)
    assert (claims["nonce"], claims["preferred_username"], claims["email"]) == ("a nonce", NANCY, NANCY)
    assert claims["name"] == "Recruiter Nancy"
    assert claims["exp"] - claims["iat"] == 3900


async def test_claims_need_their_scopes_and_subjects_differ_by_application(user):
    bare = claims_of((await user.tokens(scope="openid"))["id_token"])
    assert not {"oid", "preferred_username", "name", "email", "nonce"} & set(bare)
    other = await user.redeem(await user.code(client_id=demo.BASIC_APPLICATION), **ELSEWHERE)
    assert claims_of(other.body["id_token"])["sub"] != bare["sub"]
    admin = await user.tokens("admin@northwind.onmicrosoft.com")
    assert "email" not in claims_of(admin["id_token"])  # an account without mail


async def test_client_info_comes_if_asked_for(user):
    answer = await user.redeem(await user.code(), client_info="1")
    told = json.loads(base64.urlsafe_b64decode(answer.body["client_info"] + "=="))
    assert told == {"uid": user.nancy.object_id, "utid": demo.NORTHWIND}


async def test_a_code_works_once_and_for_ten_minutes(user):
    code = await user.code()
    assert (await user.redeem(code)).status == 200
    assert problem(await user.redeem(code)) == (400, "invalid_grant", 54005, None)
    late = await user.code()
    user.microsoft.travel(minutes=10)
    assert problem(await user.redeem(late)) == (400, "invalid_grant", 70008, None)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"client_secret": "wrong"}, (401, "invalid_client", 7000215, None)),
        ({"client_secret": None}, (401, "invalid_client", 7000218, None)),
        ({"redirect_uri": demo.REDIRECT_URI + "/"}, (401, "invalid_client", 500112, None)),
        ({"redirect_uri": None}, (400, "invalid_request", 900144, None)),
        ({"code": None}, (400, "invalid_request", 900144, None)),
        ({"code": "made up"}, (400, "invalid_grant", 9002313, None)),
        ({"scope": "Mail.Read"}, (400, "invalid_grant", 65001, "consent_required")),
        ({"scope": "https://elsewhere.example/Read"}, (400, "invalid_resource", 500011, None)),
        ({"code_verifier": VERIFIER}, (400, "invalid_grant", 501481, None)),
        (ELSEWHERE, (400, "invalid_grant", 70000, "client_mismatch")),
        ({"tenant": "common"} | ELSEWHERE, (400, "invalid_grant", 70000, "client_mismatch")),
        ({"tenant": "common"}, (400, "invalid_request", 50194, None)),
    ],
)
async def test_a_wrong_redemption_is_told_apart_and_leaves_the_code_good(user, fields, expected):
    code = await user.code()
    assert problem(await user.redeem(**({"code": code} | fields))) == expected
    assert (await user.redeem(code)).status == 200


@pytest.mark.parametrize(
    ("asked", "redeemed", "good"),
    [
        ("organizations", "common", True),
        ("northwind.com", demo.NORTHWIND, True),
        (demo.NORTHWIND, "organizations", True),
        ("organizations", demo.NORTHWIND, False),
        (demo.NORTHWIND, demo.TAILSPIN, False),
    ],
)
async def test_a_code_belongs_to_the_tenant_it_was_asked_of(user, asked, redeemed, good):
    code = await user.code(tenant=asked, client_id=demo.BASIC_APPLICATION)
    answer = await user.redeem(code, redeemed, **ELSEWHERE)
    if good:
        assert claims_of(answer.body["id_token"])["tid"] == demo.NORTHWIND
    else:
        assert problem(answer) == (400, "invalid_grant", 700005, None)


@pytest.mark.parametrize(
    ("challenge", "method", "verifier", "good"),
    [
        (CHALLENGE, "S256", VERIFIER, True),
        (VERIFIER, None, VERIFIER, True),
        (VERIFIER, "plain", VERIFIER, True),
        (CHALLENGE, "S256", None, False),
        (CHALLENGE, "S256", CHALLENGE, False),
        (CHALLENGE, None, VERIFIER, False),
        (CHALLENGE, "S256", "ä" * 43, False),
    ],
)
async def test_pkce(user, challenge, method, verifier, good):
    code = await user.code(code_challenge=challenge, code_challenge_method=method)
    answer = await user.redeem(code, code_verifier=verifier)
    assert (answer.status == 200) == good
    assert good or problem(answer) == (400, "invalid_grant", 501481, None)


async def test_every_refresh_gives_a_new_token_and_the_old_one_stays_good(user):
    first = await user.tokens(nonce="a nonce")
    second = (await user.refresh(first["refresh_token"])).body
    assert second["refresh_token"] != first["refresh_token"]
    assert (await user.refresh(first["refresh_token"])).status == 200
    claims = claims_of(second["id_token"])
    assert (claims["tid"], claims["oid"]) == (demo.NORTHWIND, user.nancy.object_id)
    assert "nonce" not in claims
    assert second["scope"] == SHORT
    less = (await user.refresh(second["refresh_token"], scope="User.Read")).body
    assert "id_token" not in less
    assert claims_of(less["access_token"])["scp"] == "Calendars.ReadBasic User.Read"


async def test_a_refresh_token_ends_ninety_days_after_its_issue(user):
    first = (await user.tokens())["refresh_token"]
    user.microsoft.travel(days=89)
    second = (await user.refresh(first)).body["refresh_token"]
    user.microsoft.travel(days=1)
    answer = await user.refresh(first)
    assert problem(answer) == (400, "invalid_grant", 700082, None)
    assert " and was inactive for 90.00:00:00. " in answer.body["error_description"]
    assert (await user.refresh(second)).status == 200


@pytest.mark.parametrize("done", ["revoke_sessions", "reset_password"])
async def test_revoked_sessions(user, done):
    body, code = await user.tokens(), await user.code()
    user.microsoft.travel(minutes=1)
    getattr(user.nancy, done)(user.microsoft.now())
    for answer in (await user.refresh(body["refresh_token"]), await user.redeem(code)):
        assert problem(answer) == (400, "invalid_grant", 50173, "bad_token")
        assert "The grant was issued on '20" in answer.body["error_description"]
    again = await user.tokens()
    assert (await user.refresh(again["refresh_token"])).status == 200


def _disable(user):
    user.nancy.disabled = True


def _remove(user):
    user.northwind.accounts.remove(user.nancy)


def _take_consent_back(user):
    user.application.remove_consent_of_user(user.nancy.object_id)


def _block(user):
    user.nancy.conditional_access = "block"


def _want_mfa(user):
    user.nancy.conditional_access = "mfa"


def _want_fresh_sign_ins(user):
    user.nancy.sign_in_frequency = timedelta(hours=9)
    user.microsoft.travel(hours=9)


def _want_assignment(user):
    user.application.assignment_required = True


def _disable_application(user):
    user.application.disabled = True


@pytest.mark.parametrize(
    ("happens", "error", "code", "suberror"),
    [
        (_disable, "invalid_grant", 50057, None),
        (_remove, "invalid_grant", 50034, "bad_token"),
        (_take_consent_back, "invalid_grant", 65001, "consent_required"),
        (_block, "invalid_grant", 53003, "message_only"),
        (_want_mfa, "invalid_grant", 50076, "basic_action"),
        (_want_fresh_sign_ins, "invalid_grant", 70043, "token_expired"),
        (_want_assignment, "invalid_grant", 50105, None),
        (_disable_application, "unauthorized_client", 7000112, None),
    ],
)
async def test_what_ends_a_connection(user, happens, error, code, suberror):
    token = (await user.tokens())["refresh_token"]
    happens(user)
    answer = await user.refresh(token)
    assert problem(answer) == (400, error, code, suberror)
    assert ("claims" in answer.body) == (code in (53003, 50076))


async def test_signing_in_again_satisfies_mfa(user):
    user.nancy.conditional_access = "mfa"
    body = await user.tokens()
    assert (await user.refresh(body["refresh_token"])).status == 200
    assert claims_of(body["access_token"])["amr"] == ["pwd", "mfa"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"refresh_token": "made up"}, (9002313, None)),
        ({"refresh_token": None}, (900144, None)),
        (ELSEWHERE, (70000, "client_mismatch")),
        ({"scope": "Mail.Read"}, (65001, "consent_required")),
        ({"tenant": demo.TAILSPIN} | ELSEWHERE, (70000, "client_mismatch")),
    ],
)
async def test_a_wrong_refresh_is_told_apart(user, fields, expected):
    token = (await user.tokens())["refresh_token"]
    answer = await user.refresh(**({"token": token} | fields))
    assert problem(answer)[2:] == expected


async def test_a_refresh_token_in_another_tenant(user):
    code = await user.code(client_id=demo.BASIC_APPLICATION)
    token = (await user.redeem(code, **ELSEWHERE)).body["refresh_token"]
    answer = await user.refresh(token, demo.TAILSPIN, **ELSEWHERE)
    assert problem(answer) == (400, "invalid_grant", 50020, None)
    assert (await user.refresh(token, "organizations", **ELSEWHERE)).status == 200


async def test_claims_can_be_forged_for_tests_of_attacks(user):
    user.microsoft.id_token_changes.update(aud="somebody else", tid=demo.TAILSPIN, nonce=None)
    user.microsoft.access_token_changes.update(oid="another user", scp="User.Read")
    body = await user.tokens(nonce="a nonce")
    claims = claims_of(body["id_token"])
    assert (claims["aud"], claims["tid"], claims.get("nonce")) == ("somebody else", demo.TAILSPIN, None)
    claims = claims_of(body["access_token"])
    assert (claims["oid"], claims["scp"], claims["tid"]) == ("another user", "User.Read", demo.NORTHWIND)
    user.microsoft.id_token_changes.clear()
    assert claims_of((await user.tokens())["id_token"])["aud"] == demo.NORTHWIND_APPLICATION
