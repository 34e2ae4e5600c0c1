"""Links and sign-ins as rows in Azurite: found by their digests, claimed once, counted, forgotten."""

import asyncio
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lib.adapters.consent_rows import ConsentRows
from lib.adapters.tables import Tables
from lib.domain.consent import Link, SignIn, customer_mark, digest

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.fixture
def consents(tables: Tables) -> ConsentRows:
    return ConsentRows(tables.open(f"consents{uuid.uuid4().hex}"))


def sign_in(name: str = "s", customer: str = "contoso", generation: str = "m1", binder: str = "b") -> SignIn:
    return SignIn(
        digest(name),
        customer,
        generation,
        digest(binder),
        "https://a.example/mobile/getcalendar",
        NOW + timedelta(hours=1),
        "https://ats.example/",
    )


async def claim(consents: ConsentRows, name: str = "s", binder: str = "b", now: datetime = NOW) -> SignIn | None:
    return await consents.claim(customer_mark("contoso"), digest(name), frozenset({digest(binder)}), now)


async def test_a_sign_in_is_claimed_once_even_by_many_at_once(consents: ConsentRows):
    await consents.add_sign_in(sign_in())

    claims = await asyncio.gather(*(claim(consents) for _ in range(20)))

    assert [found for found in claims if found] == [sign_in()]
    assert await claim(consents) is None


@pytest.mark.parametrize(
    ("name", "binder", "now"),
    [("other", "b", NOW), ("s", "other", NOW), ("s", "b", NOW + timedelta(hours=1))],
    ids=["unknown", "another browser", "too late"],
)
async def test_what_does_not_fit_is_not_claimed_and_uses_nothing_up(
    consents: ConsentRows, name: str, binder: str, now: datetime
):
    await consents.add_sign_in(sign_in())

    assert await claim(consents, name, binder, now) is None
    assert await claim(consents) == sign_in()


async def test_a_link_is_found_by_its_digest_in_its_customers_partition_only(consents: ConsentRows):
    link = Link(digest("t"), "contoso", "m1", NOW + timedelta(days=7))
    await consents.add_link(link)

    assert await consents.link(customer_mark("contoso"), digest("t")) == link
    assert await consents.link(customer_mark("fabrikam"), digest("t")) is None
    assert await consents.link(customer_mark("contoso"), digest("u")) is None


async def test_openings_of_a_link_are_counted(consents: ConsentRows):
    link = Link(digest("t"), "contoso", "m1", NOW + timedelta(days=7), "https://ats.example/")
    await consents.add_link(link)
    await consents.add_link(link)

    for _ in range(3):
        await consents.count_opening(link)

    assert await consents.link(customer_mark("contoso"), digest("t")) == replace(link, openings=3)


async def test_forgetting_takes_what_it_should_and_no_more(consents: ConsentRows):
    for entry in (sign_in("a"), sign_in("b", generation="m2"), sign_in("c", customer="fabrikam")):
        await consents.add_sign_in(entry)

    await consents.forget("contoso", generation="m1")

    assert await claim(consents, "a") is None
    assert await claim(consents, "b") is not None
    other = await consents.claim(customer_mark("fabrikam"), digest("c"), frozenset({digest("b")}), NOW)
    assert other is not None


async def test_forgetting_what_expired_keeps_what_did_not(consents: ConsentRows):
    await consents.add_sign_in(sign_in("old"))
    await consents.add_sign_in(replace(sign_in("new"), expires_at=NOW + timedelta(days=1)))

    await consents.forget("contoso", expired_by=NOW + timedelta(hours=1))

    assert await claim(consents, "old") is None
    assert await claim(consents, "new") is not None


async def test_what_expired_is_removed_of_every_customer(consents: ConsentRows):
    for name, customer in (("a", "contoso"), ("b", "fabrikam")):
        await consents.add_sign_in(sign_in(name, customer=customer))
    await consents.add_sign_in(replace(sign_in("new"), expires_at=NOW + timedelta(days=1)))

    await consents.remove_expired(NOW + timedelta(hours=2))

    assert await claim(consents, "a") is None
    assert await consents.claim(customer_mark("fabrikam"), digest("b"), frozenset({digest("b")}), NOW) is None
    assert await claim(consents, "new") is not None
