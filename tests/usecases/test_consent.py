"""Consent: what is believed, from whom, how often and for how long."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.consent import Answer, AnswerNotUsable, Ending, Link, LinkNotUsable, SignIn
from lib.domain.errors import CustomerNotFound
from tests.usecases.fakes import NOW, TENANT
from tests.usecases.office import USER_DRAFT, YES, Office


async def test_consent_counts_once_a_fresh_token_proves_it():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    assert await office.finish(state, binder) is Ending.CONNECTED

    assert office.customer().admin_consent.granted is True


async def test_an_answer_alone_proves_nothing():
    office = await Office(roles=()).prepare()
    state, binder = await office.open(await office.invite())

    assert await office.finish(state, binder) is Ending.NOT_VERIFIED

    assert office.customer().admin_consent.granted is None
    assert office.customer().admin_consent.answered_at == NOW


async def test_an_error_counts_even_beside_admin_consent_true():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    answer = Answer("consent_required", (65004,), consented=True, tenant=TENANT)

    assert await office.finish(state, binder, answer) is Ending.DECLINED
    assert office.customer().admin_consent.granted is None


async def test_an_answer_for_another_tenant_is_not_taken():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    answer = replace(YES, tenant="99999999-0000-0000-0000-000000000009")

    assert await office.finish(state, binder, answer) is Ending.WRONG_TENANT
    assert office.customer().admin_consent.granted is None


async def test_a_state_is_used_once():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())
    await office.finish(state, binder)

    with pytest.raises(AnswerNotUsable):
        await office.finish(state, binder)


async def test_a_link_can_be_opened_again_and_every_opening_stands_for_itself():
    office = await Office().prepare()
    url = await office.invite()
    first, second = await office.open(url), await office.open(url)

    with pytest.raises(AnswerNotUsable):
        await office.finish(first[0], second[1])
    assert await office.finish(*second) is Ending.CONNECTED
    assert await office.finish(*first) is Ending.CONNECTED


@pytest.mark.parametrize(
    ("later", "usable"), [(timedelta(minutes=59), True), (timedelta(hours=1), False)], ids=["in time", "too late"]
)
async def test_a_sign_in_lasts_an_hour(later: timedelta, usable: bool):
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())
    office.now += later

    if usable:
        assert await office.finish(state, binder) is Ending.CONNECTED
    else:
        with pytest.raises(AnswerNotUsable):
            await office.finish(state, binder)


async def test_a_link_lasts_seven_days_and_only_one_life_of_the_customer():
    office = await Office().prepare()
    url = await office.invite()
    state, binder = await office.open(url)

    office.now += timedelta(days=7)
    with pytest.raises(LinkNotUsable):
        await office.open(url)
    office.now = NOW
    office.customers.put(replace(office.customer(), generation="m2"))
    with pytest.raises(LinkNotUsable):
        await office.open(url)
    with pytest.raises(AnswerNotUsable):
        await office.finish(state, binder)


async def test_a_link_that_was_opened_by_far_too_often_is_not_opened_again():
    office = await Office().prepare()
    url = await office.invite()
    (link,) = office.consents.links.values()
    office.consents.links[link.digest] = replace(link, openings=199)

    await office.open(url)
    with pytest.raises(LinkNotUsable):
        await office.open(url)


async def test_what_a_slow_invitation_writes_for_a_customer_that_was_deleted_is_removed():
    office = await Office().prepare()
    add_link = office.consents.add_link

    async def deleted_meanwhile(link: Link) -> None:
        office.customers.rows.clear()
        await add_link(link)

    office.consents.add_link = deleted_meanwhile  # type: ignore[method-assign]
    with pytest.raises(CustomerNotFound):
        await office.invite()

    assert office.consents.links == {}


async def test_what_a_slow_opening_writes_for_a_customer_that_began_anew_is_removed():
    office = await Office().prepare()
    url = await office.invite()
    add_sign_in = office.consents.add_sign_in

    async def renewed_meanwhile(sign_in: SignIn) -> None:
        office.customers.put(replace(office.customer(), generation="m2"))
        await add_sign_in(sign_in)

    office.consents.add_sign_in = renewed_meanwhile  # type: ignore[method-assign]
    with pytest.raises(LinkNotUsable):
        await office.open(url)

    assert office.consents.sign_ins == {}


async def test_for_user_consent_an_administrators_yes_is_for_all_and_proves_nothing_yet():
    office = await Office(draft=USER_DRAFT).prepare()
    url = await office.invite()
    state, binder = await office.open(url)

    assert await office.finish(state, binder) is Ending.CONNECTED
    assert office.customer().admin_consent.granted is None
