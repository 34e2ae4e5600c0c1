"""When a user's grant has ended and when it has not, whose row is whose, and that nothing shows a token."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.domain.connection import (
    Connection,
    Ended,
    Grant,
    ends_the_grant,
    not_connected,
    reconnect_required,
    unreadable,
    user_key,
)
from lib.domain.consent import Answer, Start, WayOut
from lib.domain.errors import Owner
from lib.domain.microsoft import EntraRefused, Granted, UserToken
from lib.domain.sign_in import Asked
from lib.ports import Redemption, StoredConnection

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TOKEN = UserToken("eyJ.access.token", 2e9, "tenant", "oid", ("Calendars.ReadBasic", "User.Read"), 1.5)
GRANT = Grant('{"RefreshToken": "1.refresh"}', ("Calendars.ReadBasic", "User.Read"), TOKEN)
CONNECTION = Connection("contoso", "g1", user_key("ada"), "tenant", "oid", b"sealed-value", NOW, NOW)


@pytest.mark.parametrize(
    ("error", "codes", "suberror"),
    [
        ("invalid_grant", (50173,), "bad_token"),
        ("invalid_grant", (700082,), None),
        ("invalid_grant", (700084,), None),
        ("invalid_grant", (70008,), None),
        ("invalid_grant", (65001,), "consent_required"),
        ("consent_required", (65001,), None),
        ("invalid_grant", (53003,), "message_only"),
        ("interaction_required", (53000,), None),
        ("invalid_grant", (530032,), None),
        ("invalid_grant", (50076,), "basic_action"),
        ("interaction_required", (50076,), None),
        ("interaction_required", (50079,), None),
        ("invalid_grant", (50078,), None),
        ("invalid_grant", (70043,), "token_expired"),
        ("invalid_grant", (50057,), None),
        ("invalid_grant", (50055,), "user_password_expired"),
        ("invalid_grant", (50105,), None),
        ("invalid_grant", (50020,), None),
        ("login_required", (50058,), None),
        ("invalid_grant", (), None),
        ("invalid_grant", (), "consent_required"),
        ("invalid_grant", (123456789,), None),
    ],
)
def test_what_only_a_new_sign_in_mends_ends_the_grant(error: str, codes: tuple[int, ...], suberror: str | None):
    assert ends_the_grant(EntraRefused(codes, error, suberror=suberror))


@pytest.mark.parametrize(
    ("error", "codes"),
    [
        ("invalid_client", (7000215,)),
        ("invalid_client", (7000222,)),
        ("invalid_client", ()),
        ("unauthorized_client", (700016,)),
        ("unauthorized_client", (7000112,)),
        ("invalid_request", (900144,)),
        ("invalid_scope", (70011,)),
        ("invalid_resource", (500011,)),
        ("temporarily_unavailable", (90033,)),
        ("temporarily_unavailable", ()),
        ("server_error", ()),
        ("invalid_grant", (90033,)),
        ("invalid_grant", (90055,)),
        ("invalid_grant", (50196,)),
        ("invalid_grant", (50053,)),
        ("invalid_grant", (7000222,)),
        ("invalid_grant", (7000215,)),
        ("wrong_account", ()),
        ("access_denied", ()),
        ("", (50173,)),
        (None, (50173,)),
        (None, ()),
    ],
)
def test_what_passes_or_speaks_about_the_application_ends_no_grant(error: str | None, codes: tuple[int, ...]):
    assert not ends_the_grant(EntraRefused(codes, error))


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_tokens = st.builds(
    UserToken,
    _texts,
    st.floats(allow_nan=False, allow_infinity=False),
    _texts,
    _texts,
    st.lists(_texts, max_size=3).map(tuple),
    st.floats(allow_nan=False, allow_infinity=False),
)
_grants = st.builds(Grant, _texts, st.lists(_texts, max_size=3).map(tuple), _tokens)


@given(_grants)
def test_a_grant_survives_being_a_text(grant: Grant):
    assert Grant.parse(grant.as_text()) == grant


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "null", "[]", "5", '"text"', "{}", '{"cache": "c", "scopes": [], "token": null}'),
        *('{"cache": "c", "scopes": 5, "token": {"scopes": []}}', '{"cache": "c", "scopes": [], "token": {}}'),
        GRANT.as_text().replace('"expires_at"', '"ends"'),
        GRANT.as_text()[:-1],
    ],
)
def test_another_text_is_no_grant(text: str):
    with pytest.raises((ValueError, KeyError, TypeError)):
        Grant.parse(text)


_names = st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=1, max_size=20)


@given(_names)
def test_letter_case_does_not_make_another_user(name: str):
    assert user_key(name.upper()) == user_key(name.lower()) == user_key(name)


@given(_names, _names)
def test_different_names_are_different_users(first: str, second: str):
    assert (user_key(first) == user_key(second)) is (first.lower() == second.lower())


@pytest.mark.parametrize("other", ["\u017fteve@contoso.com", "\u212a.steve@contoso.com"])
def test_letters_that_only_look_alike_make_another_user(other: str):
    assert user_key(other) not in {user_key("steve@contoso.com"), user_key("k.steve@contoso.com")}


@given(st.text())
def test_a_users_key_can_be_a_table_key_and_does_not_tell_the_name(name: str):
    key = user_key(name.encode("utf-8", "replace").decode())

    assert len(key) == 40
    assert set(key) <= set("0123456789abcdef")


def test_the_identity_that_tokens_are_sealed_for_is_the_whole_of_it():
    for name in ("customer", "generation", "user", "tenant", "object_id"):
        assert replace(CONNECTION, **{name: "other"}).identity != CONNECTION.identity
    assert replace(CONNECTION, renewed_at=NOW.replace(year=2027), ended=Ended(NOW)).identity == CONNECTION.identity


@pytest.mark.parametrize(
    "thing",
    [
        TOKEN,
        GRANT,
        CONNECTION,
        StoredConnection(CONNECTION, "etag"),
        Granted(TOKEN, GRANT.cache, {"nonce": "eyJ.access.token"}),
        Redemption("eyJ.access.token", "https://a.example", "1.refresh", "sealed-value", ()),
        Answer(code="eyJ.access.token"),
        Start("https://a.example", "part", "1.refresh"),
        Asked("app", "https://a.example", (), "state", binder="1.refresh", user="ada"),
        WayOut("ada", retry="https://a.example/connect/1.refresh", admin_link="https://a.example/connect/1.refresh"),
    ],
    ids=lambda thing: type(thing).__name__,
)
def test_nothing_shows_a_token(thing: object):
    for secret in ("eyJ.access.token", "1.refresh", "sealed-value"):
        assert secret not in f"{thing!r} {thing}"


@pytest.mark.parametrize(
    ("ended", "owner", "code"),
    [
        (Ended(NOW, (50173,), "invalid_grant"), Owner.USER, "AADSTS50173"),
        (Ended(NOW, (50057,), "invalid_grant"), Owner.ENTRA_ADMIN, "AADSTS50057"),
        (Ended(NOW, (), "invalid_grant", "consent_required"), Owner.ENTRA_ADMIN, "invalid_grant"),
    ],
)
def test_a_dead_grant_is_told_with_who_can_mend_it(ended: Ended, owner: Owner, code: str):
    problem = reconnect_required(ended)

    assert (problem.code, problem.status, problem.owner, problem.trace.code) == ("reconnectRequired", 409, owner, code)
    assert problem.message == ended.advice.message
    assert problem.remedy


def test_a_user_without_a_connection_and_one_that_does_not_open_are_told_apart():
    assert (not_connected().code, unreadable().code) == ("userNotConnected", "reconnectRequired")
    assert "token-encryption-key" in (unreadable().remedy or "")
