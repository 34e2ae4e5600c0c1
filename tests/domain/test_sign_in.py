"""A user's sign-in: what Microsoft is asked, and what has to be true of its answer."""

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.clouds import CLOUDS
from lib.domain.configuration import Access
from lib.domain.consent import Ending
from lib.domain.sign_in import (
    Asked,
    Expected,
    NotOurs,
    SignedIn,
    addresses_of,
    authorize_url,
    code_challenge,
    code_verifier,
    domain_hint,
    is_named,
    nonce,
    nonce_seed,
    read_id_token,
)

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TENANT = "11111111-0000-0000-0000-000000000001"
OTHER = "99999999-0000-0000-0000-000000000009"
OID = "0d000000-0000-0000-0000-00000000000a"
APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"
ENTRA = "https://login.microsoftonline.com"
BINDER = "b" * 43
ASKED = Asked(
    APPLICATION,
    "https://app.example/mobile/getcalendar",
    ("Calendars.ReadBasic", "User.Read"),
    "state-1",
    BINDER,
    "ada@contoso.com",
)
EXPECTED = Expected(APPLICATION, TENANT, f"{ENTRA}/{TENANT}/v2.0", nonce(BINDER))
CLAIMS: dict[str, Any] = {
    "aud": APPLICATION,
    "iss": EXPECTED.issuer,
    "tid": TENANT,
    "oid": OID,
    "nonce": EXPECTED.nonce,
    "exp": int((NOW + timedelta(hours=1)).timestamp()),
    "preferred_username": "ada@contoso.com",
}


def query_of(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, strict_parsing=True)


def test_every_parameter_is_what_microsoft_documents():
    url = authorize_url(CLOUDS["global"], TENANT, Access(), ASKED)

    assert url.startswith(f"{ENTRA}/{TENANT}/oauth2/v2.0/authorize?")
    assert query_of(url) == {
        "client_id": [APPLICATION],
        "response_type": ["code"],
        "response_mode": ["form_post"],
        "redirect_uri": ["https://app.example/mobile/getcalendar"],
        "scope": ["Calendars.ReadBasic User.Read openid profile offline_access"],
        "state": ["state-1"],
        "nonce": [nonce(BINDER)],
        "code_challenge": [code_challenge(BINDER)],
        "code_challenge_method": ["S256"],
        "client_info": ["1"],
        "login_hint": ["ada@contoso.com"],
    }
    for secret in (BINDER, code_verifier(BINDER), nonce_seed(BINDER)):
        assert secret not in url


def test_choosing_an_account_goes_without_a_hint_at_one():
    query = query_of(authorize_url(CLOUDS["global"], TENANT, Access(), replace(ASKED, select_account=True)))

    assert query["prompt"] == ["select_account"]
    assert "login_hint" not in query


def test_an_object_id_is_no_name_to_sign_in_with():
    query = query_of(authorize_url(CLOUDS["global"], TENANT, Access(), replace(ASKED, user=OID)))

    assert query.keys().isdisjoint({"login_hint", "prompt"})


@pytest.mark.parametrize(
    ("login_url", "hint"),
    [
        (None, None),
        (f"{ENTRA}/common/oauth2/v2.0/authorize", None),
        (f"{ENTRA}/common/oauth2/v2.0/authorize?whr=contoso.com", "contoso.com"),
        (f"{ENTRA}/common?domain_hint=fabrikam.com", "fabrikam.com"),
        (f"{ENTRA}/common?whr=contoso.com&domain_hint=fabrikam.com", "fabrikam.com"),
        ("https://login.microsoft.com/?whr=contoso.com", "contoso.com"),
    ],
)
def test_of_a_custom_sign_in_url_the_host_and_the_domain_count(login_url: str | None, hint: str | None):
    access = Access(login_url=login_url)
    url = authorize_url(CLOUDS["global"], TENANT, access, ASKED)

    assert domain_hint(access) == hint
    assert query_of(url).get("domain_hint") == ([hint] if hint else None)
    assert "whr" not in query_of(url)
    assert urlsplit(url).path == f"/{TENANT}/oauth2/v2.0/authorize", "path and tenant are always ours"
    assert urlsplit(url).netloc == urlsplit(login_url or ENTRA).netloc


def test_a_host_that_is_not_the_clouds_is_not_used_whatever_the_row_says():
    foreign = "https://evil.example/common?whr=contoso.com"
    for login_url in (foreign, "https://login.microsoftonline.com@evil.example/", "https://[x"):
        url = authorize_url(CLOUDS["global"], TENANT, Access(login_url=login_url), ASKED)

        assert urlsplit(url).netloc == urlsplit(ENTRA).netloc


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1))
def test_pkce_is_as_rfc_7636_defines_it(binder: str):
    verifier = code_verifier(binder)
    digest = hashlib.sha256(verifier.encode("ascii")).digest()

    assert re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier), "section 4.1"
    assert code_challenge(binder) == base64.urlsafe_b64encode(digest).decode().rstrip("="), "section 4.2"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_no_proof_can_be_made_of_another_one_or_of_another_browsers(one: bytes, two: bytes):
    binders = {one.hex(), two.hex()}
    proofs = [proof(binder) for binder in binders for proof in (code_verifier, code_challenge, nonce_seed, nonce)]

    assert len(set(proofs)) == 4 * len(binders)
    assert not binders & set(proofs)
    for binder in binders:
        assert nonce(binder) == hashlib.sha256(nonce_seed(binder).encode()).hexdigest()


def test_a_token_that_is_the_answer_tells_who_signed_in():
    assert read_id_token(CLAIMS, EXPECTED, NOW) == SignedIn(TENANT, OID, "ada@contoso.com")


def test_ids_are_told_in_lower_case():
    claims = CLAIMS | {"tid": TENANT.upper(), "oid": OID.upper()}

    assert read_id_token(claims, EXPECTED, NOW) == SignedIn(TENANT, OID, "ada@contoso.com")


@pytest.mark.parametrize("name", [None, 5, ["ada@contoso.com"], {}])
def test_a_name_that_is_no_text_is_no_name(name: Any):
    assert read_id_token(CLAIMS | {"preferred_username": name}, EXPECTED, NOW).user_principal_name is None


MISSING = object()


@pytest.mark.parametrize(
    ("claim", "value", "ending"),
    [
        *(("aud", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, OTHER, 5, [APPLICATION], "")),
        *(("iss", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, 5, f"{ENTRA}/{OTHER}/v2.0")),
        *(("iss", value, Ending.MICROSOFT_ERROR) for value in (f"{ENTRA}/{TENANT}/", f"{EXPECTED.issuer}/")),
        *(("tid", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, 5, "contoso.com", [TENANT], "")),
        ("tid", OTHER, Ending.WRONG_TENANT),
        *(("oid", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, 5, "ada", [OID], f"{OID}x", "")),
        *(("nonce", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, 5, "", nonce("other"))),
        ("nonce", nonce_seed(BINDER), Ending.MICROSOFT_ERROR),
        *(("exp", value, Ending.MICROSOFT_ERROR) for value in (MISSING, None, "2099", [2e9], True, 0, -1)),
    ],
)
def test_a_claim_that_is_wrong_or_missing_makes_it_another_answer(claim: str, value: Any, ending: Ending):
    claims = CLAIMS | {claim: value}
    if value is MISSING:
        del claims[claim]

    with pytest.raises(NotOurs) as problem:
        read_id_token(claims, EXPECTED, NOW)

    assert (problem.value.ending, problem.value.claim) == (ending, claim)


@pytest.mark.parametrize(
    ("seconds", "good"), [(3600, True), (1, True), (-299, True), (-300, False), (-301, False), (-0.5, True)]
)
def test_a_token_may_have_ended_five_minutes_ago_by_another_clock(seconds: float, good: bool):
    claims = CLAIMS | {"exp": NOW.timestamp() + seconds}

    if good:
        assert read_id_token(claims, EXPECTED, NOW)
    else:
        with pytest.raises(NotOurs, match="exp"):
            read_id_token(claims, EXPECTED, NOW)


_json = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2))


@given(st.dictionaries(st.sampled_from([*CLAIMS, "email", "upn"]), _json))
def test_no_claims_whatever_are_believed_or_fail_in_another_way(changes: dict[str, Any]):
    try:
        signed_in = read_id_token(CLAIMS | changes, EXPECTED, NOW)
    except NotOurs:
        return
    assert (signed_in.tenant, signed_in.object_id) == (TENANT, OID)


PROFILE: dict[str, Any] = {
    "id": OID,
    "userPrincipalName": "ada@contoso.onmicrosoft.com",
    "mail": "Ada.Lovelace@contoso.com",
    "otherMails": ["ada@home.example"],
    "email": "ada@elsewhere.example",
    "proxyAddresses": [
        *("SMTP:Ada.Lovelace@contoso.com", "smtp:augusta@contoso.com", "SIP:sip@contoso.com", "X500:/o=x"),
        *("ada@noprefix.example", "", 5, None, "smtp:"),
    ],
}


def test_names_that_prove_an_account_are_those_that_its_owner_cannot_choose():
    assert set(addresses_of(PROFILE)) - {""} == {
        "ada@contoso.onmicrosoft.com",
        "Ada.Lovelace@contoso.com",
        "augusta@contoso.com",
    }


@pytest.mark.parametrize(
    ("invited", "named"),
    [
        ("ADA@contoso.onmicrosoft.com", True),
        ("ada.lovelace@CONTOSO.com", True),
        ("Augusta@Contoso.com", True),
        ("ada@home.example", False),
        ("ada@elsewhere.example", False),
        ("sip@contoso.com", False),
        ("/o=x", False),
        ("ada@noprefix.example", False),
        ("ada", False),
        ("", False),
    ],
)
def test_the_invited_is_known_by_them_in_any_letter_case(invited: str, named: bool):
    assert is_named(invited, addresses_of(PROFILE)) is named


@pytest.mark.parametrize(
    "profile", [{}, {"userPrincipalName": None, "mail": 5, "proxyAddresses": None}, {"proxyAddresses": "smtp:a@b.c"}]
)
def test_a_profile_without_names_proves_nobody(profile: dict[str, Any]):
    assert addresses_of(profile) == ()
    assert not is_named("a@b.c", addresses_of(profile))


_names = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]))


@given(_names, st.lists(st.none() | _names))
def test_only_a_name_that_is_there_names_somebody(invited: str, names: list[str | None]):
    assert is_named(invited, names) is (invited.lower() in [name.lower() for name in names if name])
    assert not is_named(invited, [None, ""])


@pytest.mark.parametrize("name", ["\u017fteve@contoso.com", "STEVE@CONTO\u017fO.com", "\u212aate@contoso.com"])
def test_letters_that_only_look_alike_name_somebody_else(name: str):
    assert not is_named(name, ["steve@contoso.com", "kate@contoso.com"])
