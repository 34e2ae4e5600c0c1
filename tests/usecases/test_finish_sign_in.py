"""A user comes back from signing in: who is taken for the invited one, and that nobody else's tokens are stored."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from lib.domain.connection import Ended
from lib.domain.consent import Answer, AnswerNotUsable, Ending, Finish
from lib.domain.errors import MicrosoftUnavailable
from lib.domain.microsoft import EntraRefused, GraphRefused
from lib.domain.sign_in import code_challenge, nonce
from tests.usecases.fakes import NOW, TENANT
from tests.usecases.office import BACK, CODE, USER_DRAFT, Office, state_of
from tests.usecases.user_fakes import ADA, OID, given

BOB_ID = "0d000000-0000-0000-0000-00000000000b"
NOT_ASKED = AssertionError("Graph need not be asked")


@pytest.fixture
async def office() -> Office:
    return await Office(draft=USER_DRAFT).prepare()


def known_as(office: Office, name: Any, **profile: Any) -> None:
    """Let the account that signs in have this name in its ID token, and this profile in Graph."""
    office.user_entra.claims["preferred_username"] = name
    office.graph.me = {"id": OID, "userPrincipalName": name} | profile


async def expect_ending(office: Office, ending: Ending, user: str = ADA, answer: Answer = CODE) -> None:
    """Sign in; expect that it ends like this, and that nothing was stored."""
    before = dict(office.connections.rows)
    finish = await office.sign_in(user, answer)

    assert isinstance(finish, Finish)
    assert (finish.ending, finish.return_url) == (ending, BACK)
    assert office.connections.rows == before
    assert office.customer().connections_mark == ""


async def expect_connected(office: Office, user: str = ADA) -> None:
    mark = office.customer().connections_mark
    finish = await office.sign_in(user)

    assert isinstance(finish, Finish)
    assert (finish.ending, finish.return_url) == (Ending.CONNECTED, BACK)
    connection = office.connections.get(user)
    assert (connection.tenant, connection.object_id, connection.ended) == (TENANT, OID, None)
    assert office.customer().connections_mark not in {"", mark}, "every process is told"


async def test_what_is_stored_is_the_grant_and_whose_it_is(office: Office):
    await office.sign_in()

    connection = office.connections.get()
    grant = await office.renewals.open(connection)
    assert (connection.connected_at, connection.renewed_at, connection.last_used_at) == (NOW, NOW, None)
    assert (grant.cache, grant.scopes) == ("cache of code 1", ("Calendars.ReadBasic", "User.Read"))
    assert grant.token.value == "token of code 1"


async def test_the_code_is_redeemed_with_the_proofs_of_this_very_sign_in(office: Office):
    start = await office.start(await office.invite_user())
    await office.answer(*state_of(start), CODE)

    asked = {name: value for name, [value] in parse_qs(urlsplit(start.location).query).items()}
    [redemption] = office.user_entra.redeemed
    assert (redemption.code, redemption.redirect_uri) == ("code-1", asked["redirect_uri"])
    assert redemption.scopes == ("Calendars.ReadBasic", "User.Read")
    assert asked["code_challenge"] == code_challenge(start.binder)
    assert asked["nonce"] == nonce(start.binder)
    assert asked["login_hint"] == ADA


@pytest.mark.parametrize("name", [ADA, ADA.upper()])
async def test_the_invited_is_known_by_the_name_to_sign_in_with(office: Office, name: str):
    known_as(office, name)
    office.graph.me = NOT_ASKED

    await expect_connected(office)


@pytest.mark.parametrize(
    "profile",
    [
        {"mail": "Ada@Contoso.com"},
        {"userPrincipalName": ADA},
        {"proxyAddresses": ["SMTP:al@contoso.com", "smtp:ada@contoso.com"]},
        {"mail": ADA, "id": OID.upper()},
    ],
    ids=["mail", "user principal name", "proxy", "id in capitals"],
)
@pytest.mark.parametrize("name", ["al@contoso.onmicrosoft.com", None])
async def test_the_invited_is_known_by_what_graph_says(office: Office, name: str | None, profile: dict[str, Any]):
    known_as(office, name, **profile)

    await expect_connected(office)


@pytest.mark.parametrize(
    "profile",
    [
        {},
        {"mail": "bob@contoso.com"},
        {"otherMails": [ADA], "email": ADA},
        {"proxyAddresses": [f"SIP:{ADA}", f"x500:{ADA}"]},
        {"mail": ADA, "id": BOB_ID},
        {"mail": ADA, "id": None},
        {"displayName": ADA, "givenName": ADA},
    ],
    ids=["no name", "another", "other mails", "SIP", "of another id", "without an id", "displayed"],
)
async def test_another_account_is_not_taken(office: Office, profile: dict[str, Any]):
    known_as(office, "al@contoso.com", **profile)
    office.user_entra.claims["email"] = ADA

    await expect_ending(office, Ending.WRONG_ACCOUNT)


async def test_an_invited_object_id_is_compared_with_nothing_else(office: Office):
    office.graph.me = NOT_ASKED
    known_as(office, "al@contoso.com")

    await expect_connected(office, OID)
    await expect_connected(office, OID.upper())
    known_as(office, BOB_ID, mail=BOB_ID)
    office.customers.put(replace(office.customer(), connections_mark=""))
    await expect_ending(office, Ending.WRONG_ACCOUNT, BOB_ID)


async def test_an_account_once_known_is_known_by_its_id_whatever_its_name_is_now(office: Office):
    office.now -= timedelta(days=40)
    await office.connect(connected_at=office.now, ended=Ended(NOW, (50173,), "invalid_grant"))
    office.now = NOW
    known_as(office, "ada.married@contoso.com")
    office.graph.me = NOT_ASKED

    await expect_connected(office)
    assert office.connections.get().connected_at == NOW


async def test_a_name_that_passed_on_to_somebody_else_is_not_enough(office: Office):
    await office.connect(object_id=BOB_ID)

    await expect_ending(office, Ending.WRONG_ACCOUNT)


async def test_an_account_that_no_seal_vouches_for_is_not_a_known_one(office: Office):
    await office.connect(object_id=BOB_ID, sealed=b"edited")

    await expect_connected(office)


async def test_without_a_seal_the_id_alone_is_not_enough(office: Office):
    await office.connect(sealed=b"edited")
    known_as(office, "al@contoso.com")

    await expect_ending(office, Ending.WRONG_ACCOUNT)


async def test_where_graph_may_not_be_asked_there_is_no_other_proof(office: Office):
    known_as(office, "al@contoso.com")
    office.graph.me = GraphRefused(403, "Authorization_RequestDenied")

    await expect_ending(office, Ending.NOT_VERIFIED)


@pytest.mark.parametrize("problem", [GraphRefused(500, None), GraphRefused(401, "x"), MicrosoftUnavailable("down")])
async def test_a_graph_that_does_not_answer_says_nothing_about_the_account(office: Office, problem: Exception):
    known_as(office, "al@contoso.com")
    office.graph.me = problem

    await expect_ending(office, Ending.MICROSOFT_ERROR)
    with pytest.raises(MicrosoftUnavailable):
        await office.sign_in(return_url=None)


@pytest.mark.parametrize(
    ("claim", "value", "ending"),
    [
        ("nonce", "another", Ending.MICROSOFT_ERROR),
        ("aud", "another", Ending.MICROSOFT_ERROR),
        ("iss", "https://elsewhere.example", Ending.MICROSOFT_ERROR),
        ("exp", (NOW - timedelta(minutes=5)).timestamp(), Ending.MICROSOFT_ERROR),
        ("oid", BOB_ID, Ending.MICROSOFT_ERROR),
        ("tid", "99999999-0000-0000-0000-000000000009", Ending.WRONG_TENANT),
    ],
)
async def test_tokens_that_do_not_belong_to_this_sign_in_are_not_stored(
    office: Office, claim: str, value: Any, ending: Ending
):
    office.user_entra.claims[claim] = value

    await expect_ending(office, ending)


@pytest.mark.parametrize(
    ("refused", "ending"),
    [
        (EntraRefused([54005], "invalid_grant"), Ending.MICROSOFT_ERROR),
        (EntraRefused([501481], "invalid_grant"), Ending.MICROSOFT_ERROR),
        (EntraRefused([7000215], "invalid_client"), Ending.MICROSOFT_ERROR),
        (EntraRefused([53003], "invalid_grant"), Ending.BLOCKED_BY_POLICY),
        (EntraRefused([50105], "invalid_grant"), Ending.BLOCKED_BY_POLICY),
        (EntraRefused([], "wrong_nonce"), Ending.MICROSOFT_ERROR),
        (EntraRefused([], "wrong_account"), Ending.MICROSOFT_ERROR),
    ],
    ids=str,
)
async def test_a_code_that_is_refused_ends_it(office: Office, refused: EntraRefused, ending: Ending):
    office.user_entra.script += [refused]

    await expect_ending(office, ending)


async def test_a_secret_that_is_gone_ends_it(office: Office):
    office.vault.secrets.clear()

    await expect_ending(office, Ending.MICROSOFT_ERROR)


@pytest.mark.parametrize("answer", [Answer(), Answer(consented=True, tenant=TENANT)])
async def test_an_answer_without_a_code_and_without_an_error_is_none(office: Office, answer: Answer):
    with pytest.raises(AnswerNotUsable):
        await office.sign_in(answer=answer)

    assert office.user_entra.redeemed == []


async def test_an_answer_is_used_once_and_by_the_browser_it_belongs_to(office: Office):
    first, second = [state_of(await office.start(await office.invite_user())) for _ in range(2)]
    with pytest.raises(AnswerNotUsable):
        await office.answer(first[0], second[1], CODE)
    await office.answer(*first, CODE)
    with pytest.raises(AnswerNotUsable):
        await office.answer(*first, CODE)

    assert len(office.user_entra.redeemed) == 1


async def test_a_code_for_an_administrators_sign_in_is_redeemed_by_nobody(office: Office):
    state = await office.open(await office.invite())

    with pytest.raises(AnswerNotUsable):
        await office.answer(*state, CODE)
    assert office.user_entra.redeemed == []


async def test_an_error_counts_even_beside_a_code(office: Office):
    answer = Answer(code="code-1", error="access_denied", error_codes=(65004,))
    await expect_ending(office, Ending.DECLINED, answer=answer)
    assert office.user_entra.redeemed == []


async def test_what_a_failed_sign_in_says_is_what_microsoft_said(office: Office):
    office.user_entra.script += [EntraRefused([53003], "invalid_grant")]
    finish = await office.sign_in()
    assert isinstance(finish, Finish)
    assert finish.codes == (53003,)
    assert given("x").token.value not in repr(finish)
