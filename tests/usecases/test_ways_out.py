"""When a user's own sign-in fails: what is tried once more, what a page offers, and who may be invited at all."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.consent import Answer, AnswerNotUsable, Ending, Finish, LinkNotUsable, Start
from lib.domain.errors import BasicNotAllowed, CustomerNotFound, Refused
from lib.domain.microsoft import EntraRefused
from lib.domain.saving import save
from lib.usecases.claim_sign_in import Claimed
from lib.usecases.credentials import BASIC_SECRET, Credentials
from tests.usecases.fakes import APPLICATION, DRAFT, NOW
from tests.usecases.office import BACK, CODE, USER_DRAFT, Office, state_of
from tests.usecases.user_fakes import ADA

NEEDS_ADMIN = Answer(error="access_denied", error_codes=(90094,))
CANCELLED = Answer(error="access_denied", error_codes=(65004,))
ALL_REGISTERED = "https://graph.microsoft.com/.default openid profile offline_access"


@pytest.fixture
async def office() -> Office:
    return await Office(draft=USER_DRAFT).prepare()


def asked(start: object) -> dict[str, str]:
    """Return what Microsoft is asked where a browser goes next."""
    assert isinstance(start, Start)
    return {name: value for name, [value] in parse_qs(urlsplit(start.location).query).items()}


async def finish_twice(office: Office, answer: Answer, return_url: str | None) -> Finish:
    """Let Microsoft answer the same to the first try and to the one with what is registered."""
    start = await office.sign_in(answer=answer, return_url=return_url)
    assert isinstance(start, Start)
    finish = await office.answer(*state_of(start), answer)
    assert isinstance(finish, Finish)
    return finish


@pytest.mark.parametrize("codes", [(90094,), (65001,), (90093,), (65005,), (650056,), (650057,)])
async def test_what_was_not_approved_is_asked_for_as_registered_once(office: Office, codes: tuple[int, ...]):
    answer = Answer(error="access_denied", error_codes=codes)

    again = await office.sign_in(answer=answer)

    assert asked(again)["scope"] == ALL_REGISTERED
    assert asked(again)["login_hint"] == ADA
    assert isinstance(again, Start)
    finish = await office.answer(*state_of(again), answer)
    assert isinstance(finish, Finish)
    assert (finish.return_url, finish.codes) == (BACK, codes)
    assert finish.ending in {Ending.ADMIN_CONSENT_REQUIRED, Ending.MICROSOFT_ERROR}


async def test_a_refusal_by_the_token_endpoint_counts_as_well(office: Office):
    office.user_entra.script += [EntraRefused([65001], "invalid_grant", suberror="consent_required")]

    assert asked(await office.sign_in())["scope"] == ALL_REGISTERED


async def test_what_is_registered_connects_and_is_renewed_with_the_same_scopes(office: Office):
    again = await office.sign_in(answer=NEEDS_ADMIN)
    assert isinstance(again, Start)
    office.user_entra.scopes = ("https://graph.microsoft.com/Calendars.Read",)

    finish = await office.answer(*state_of(again), CODE)

    assert isinstance(finish, Finish)
    assert (finish.ending, finish.return_url) == (Ending.CONNECTED, BACK)
    grant = await office.renewals.open(office.connections.get())
    assert grant.scopes == office.user_entra.redeemed[0].scopes == ("https://graph.microsoft.com/.default",)


async def test_the_second_try_is_a_sign_in_of_its_own(office: Office):
    start = await office.start(await office.invite_user())
    again = await office.answer(*state_of(start), NEEDS_ADMIN)

    assert isinstance(again, Start)
    assert state_of(again)[0] != state_of(start)[0]
    assert again.binder != start.binder
    with pytest.raises(AnswerNotUsable):
        await office.answer(state_of(again)[0], start.binder, CODE)


async def test_a_token_that_reads_no_calendars_is_not_stored(office: Office):
    office.user_entra.scopes = ("User.Read",)

    again = await office.sign_in()
    assert isinstance(again, Start)
    finish = await office.answer(*state_of(again), CODE)

    assert isinstance(finish, Finish)
    assert finish.ending is Ending.ADMIN_CONSENT_REQUIRED
    assert office.connections.rows == {}


@pytest.mark.parametrize("answer", [NEEDS_ADMIN, CANCELLED], ids=["needs an administrator", "cancelled"])
async def test_where_the_ats_takes_over_no_links_are_made(office: Office, answer: Answer):
    finish = await (finish_twice if answer is NEEDS_ADMIN else office_finish)(office, answer, BACK)

    assert finish.way_out is not None
    assert (finish.way_out.retry, finish.way_out.admin_link) == (None, None)
    assert len(office.consents.links) == 1, "the invitation"


async def office_finish(office: Office, answer: Answer, return_url: str | None) -> Finish:
    finish = await office.sign_in(answer=answer, return_url=return_url)
    assert isinstance(finish, Finish)
    return finish


@pytest.mark.parametrize("answer", [NEEDS_ADMIN, CANCELLED], ids=["needs an administrator", "cancelled"])
async def test_a_page_offers_another_start_and_a_link_for_an_administrator(office: Office, answer: Answer):
    finish = await (finish_twice if answer is NEEDS_ADMIN else office_finish)(office, answer, None)

    way_out = finish.way_out
    assert way_out is not None
    assert way_out.retry is not None
    assert way_out.admin_link is not None
    assert (way_out.user, way_out.basic) == (ADA, False)
    assert asked(await office.start(way_out.retry))["scope"] == ALL_REGISTERED
    consent = await office.start(way_out.admin_link)
    assert "/v2.0/adminconsent?" in consent.location
    assert (
        asked(consent)["scope"]
        == "https://graph.microsoft.com/Calendars.ReadBasic https://graph.microsoft.com/User.Read"
    )
    office.now += timedelta(minutes=15)
    with pytest.raises(LinkNotUsable):
        await office.start(way_out.retry)
    assert await office.start(way_out.admin_link)


async def test_after_another_account_a_page_offers_to_choose(office: Office):
    office.user_entra.claims["preferred_username"] = "al@contoso.com"

    finish = await office_finish(office, CODE, None)

    assert finish.ending is Ending.WRONG_ACCOUNT
    assert finish.way_out is not None
    assert finish.way_out.admin_link is None
    query = asked(await office.start(finish.way_out.retry or ""))
    assert query["prompt"] == "select_account"
    assert "login_hint" not in query
    assert query["scope"].startswith("Calendars.ReadBasic ")


async def test_after_a_problem_of_microsofts_a_page_offers_to_start_as_before(office: Office):
    finish = await office_finish(office, Answer(error="server_error"), None)

    assert (finish.ending, finish.codes) == (Ending.MICROSOFT_ERROR, ())
    assert finish.way_out is not None
    assert finish.way_out.admin_link is None
    query = asked(await office.start(finish.way_out.retry or ""))
    assert query["login_hint"] == ADA
    assert "prompt" not in query


async def test_a_page_after_success_offers_nothing(office: Office):
    finish = await office_finish(office, CODE, None)

    assert finish.ending is Ending.CONNECTED
    assert finish.way_out is not None
    assert (finish.way_out.user, finish.way_out.retry, finish.way_out.admin_link) == (ADA, None, None)


async def test_for_one_invitation_links_are_offered_four_times(office: Office):
    url, offered = await office.invite_user(return_url=None), 0
    for _ in range(6):
        start = await office.start(url)
        finish = await office.answer(*state_of(start), CANCELLED)
        assert isinstance(finish, Finish)
        assert finish.way_out is not None
        if finish.way_out.retry is not None:
            url, offered = finish.way_out.retry, offered + 1

    assert offered == 4


async def test_no_chain_of_new_starts_outlives_the_first_sign_in(office: Office):
    began, url = office.now, await office.invite_user(return_url=None)
    while office.now < began + timedelta(hours=3):
        try:
            start = await office.start(url)
            finish = await office.answer(*state_of(start), CANCELLED)
        except (LinkNotUsable, AnswerNotUsable):
            break
        assert isinstance(finish, Finish)
        assert finish.way_out is not None
        office.consents.offers.clear()
        url = finish.way_out.retry or ""
        office.now += timedelta(minutes=14)

    assert timedelta(minutes=30) < office.now - began <= timedelta(hours=1, minutes=14)


async def basic_office() -> Office:
    """An office whose customer tries it out with the deployment's own application."""
    access = replace(DRAFT.access, type=ConfigurationType.BASIC, consent=Consent.USER, application_id=None)
    office = Office(draft=replace(DRAFT, access=access, secret=None))
    office.credentials = Credentials(office.vault, APPLICATION)
    office.sign_ins = replace(office.sign_ins, credentials=office.credentials)
    office.by_user = replace(office.by_user, sign_ins=office.sign_ins)
    await office.vault.write(BASIC_SECRET, "basic", DRAFT.secret_expires)
    return await office.prepare()


async def test_with_basic_the_deployments_own_application_connects():
    office = await basic_office()

    assert (await office_finish(office, CODE, BACK)).ending is Ending.CONNECTED
    assert office.connections.get().tenant


async def test_with_basic_the_page_knows_it():
    office = await basic_office()

    finish = await finish_twice(office, NEEDS_ADMIN, None)

    assert finish.way_out is not None
    assert finish.way_out.basic


async def test_where_basic_is_not_offered_nobody_is_invited_and_no_link_opens():
    office = await basic_office()
    url = await office.invite_user()
    office.sign_ins = replace(office.sign_ins, credentials=Credentials(office.vault, None))

    with pytest.raises(BasicNotAllowed):
        await office.invite_user()
    with pytest.raises(LinkNotUsable):
        await office.start(url)


async def test_an_invitation_lasts_a_quarter_of_an_hour(office: Office):
    url = await office.invite_user()
    office.now += timedelta(minutes=15, seconds=-1)
    assert await office.start(url)
    office.now += timedelta(seconds=1)
    with pytest.raises(LinkNotUsable):
        await office.start(url)


async def test_under_admin_consent_nobody_is_invited_and_older_links_and_answers_count_no_more(office: Office):
    url = await office.invite_user()
    state = await office.open(url)
    office.customers.put(save(office.customer(), "contoso", DRAFT, secret_version="v1", now=NOW, mark="m2"))

    with pytest.raises(Refused) as problem:
        await office.invite_user()
    assert problem.value.code == "connectionNotNeeded"
    with pytest.raises(LinkNotUsable):
        await office.start(url)
    with pytest.raises(AnswerNotUsable):
        await office.answer(*state, CODE)
    assert office.user_entra.redeemed == []


async def test_nobody_is_invited_without_an_integration(office: Office):
    none = save(
        None,
        "contoso",
        replace(DRAFT, access=replace(DRAFT.access, type=ConfigurationType.NONE)),
        secret_version=None,
        now=NOW,
        mark="m1",
    )
    office.customers.put(none)
    with pytest.raises(Refused) as problem:
        await office.invite_user()
    assert problem.value.code == "calendarNotConfigured"

    office.customers.rows.clear()
    with pytest.raises(CustomerNotFound):
        await office.invite_user()
    assert office.consents.links == {}


def test_a_sign_in_under_way_shows_no_cookie():
    assert "the-cookie" not in repr(Claimed(None, None, None, "the-cookie"))  # type: ignore[arg-type]
