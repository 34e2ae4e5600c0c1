"""What a look at one customer finds, and what it takes over on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import ConfigurationType, Consent, Customer
from lib.domain.credential import NEVER, UNKNOWN
from lib.domain.errors import MicrosoftTimeout, Throttled
from lib.domain.findings import EndedUser, Newer, Seen
from lib.domain.microsoft import EntraRefused, GraphRefused, RegisteredSecret
from lib.ports import Deadline
from lib.usecases.look_at_customer import Looked
from tests.usecases.fakes import NOW
from tests.usecases.scanning import (
    BUSY,
    CALENDARS,
    EXPIRED,
    LONG_AGO,
    READS_ITSELF,
    REFUSED,
    WITHDRAWN,
    Place,
    on,
)
from tests.usecases.user_fakes import OID


@pytest.fixture
def place() -> Place:
    return Place()


async def look(place: Place, customer: str = "contoso") -> Looked:
    return await place.scan().looker.look(place.customers.get(customer), Deadline.after(30))


async def seen(place: Place) -> Seen:
    """Look at a customer of whom everything can be asked."""
    looked = await look(place)
    assert looked.unchecked is None
    assert looked.seen is not None
    return looked.seen


def listed(place: Place, *secrets: RegisteredSecret) -> None:
    revision = place.customers.get("contoso").active
    assert revision is not None
    place.graph.listed[revision.access.application_id or ""] = list(secrets)


def change(place: Place, **fields: object) -> Customer:
    """Change what answers, without a save."""
    customer = place.customers.get("contoso")
    assert customer.active is not None
    active = replace(customer.active, **fields)
    place.customers.put(replace(customer, newest=active, active=active))
    return place.customers.get("contoso")


async def test_a_secret_that_works_is_known_by_its_version(place: Place):
    customer = place.add("contoso", expires=on(90))

    assert await seen(place) == Seen("v-contoso", customer.generation, on(90), asked=True)
    assert (await look(place)).has_credential
    assert place.entra.asked == ["contoso", "contoso"], "one request a look"


async def test_of_type_none_there_is_nothing_to_look_at(place: Place):
    place.add("contoso", kind=ConfigurationType.NONE)

    assert await look(place) == Looked(place.customers.get("contoso"))
    assert place.entra.asked == []


async def test_of_basic_the_secret_is_not_the_customers(place: Place):
    place.add_basic(on(3))
    customer = place.add("contoso", kind=ConfigurationType.BASIC)

    assert await look(place) == Looked(customer, Seen("", customer.generation, NEVER, asked=True))


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (REFUSED, "AADSTS7000215"),
        (EXPIRED, "AADSTS7000222"),
        (EntraRefused([7000112], "unauthorized_client"), "AADSTS7000112"),
    ],
)
async def test_a_secret_that_entra_id_refuses_is_seen(place: Place, answer: EntraRefused, found: str):
    place.add("contoso", expires=on(90), answer=answer)

    one = await seen(place)

    assert one.refused is not None
    assert (one.asked, one.refused.code, one.withdrawn) == (True, found, None)
    assert one.expired_by_entra is (answer is EXPIRED)


@pytest.mark.parametrize("answer", [WITHDRAWN, (), ("User.Read.All",)])
async def test_a_withdrawn_consent_is_seen(place: Place, answer: EntraRefused | tuple[str, ...]):
    place.add("contoso", expires=on(90), answer=answer)

    one = await seen(place)
    assert (one.asked, one.refused) == (True, None)
    assert one.withdrawn is not None


@pytest.mark.parametrize("answer", [WITHDRAWN, ()])
async def test_a_consent_that_was_never_given_was_not_withdrawn(place: Place, answer: EntraRefused | tuple[str, ...]):
    place.add("contoso", expires=on(90), answer=answer, active=False)

    assert (await seen(place)).withdrawn is None


async def test_a_secret_that_is_gone_from_the_vault_is_refused(place: Place):
    customer = place.add("contoso", expires=on(90))
    place.vault.secrets.pop(customer.secret_name())

    refused = (await seen(place)).refused
    assert refused is not None
    assert refused.code == "credentialRefused"


async def test_a_tenant_that_is_gone_is_told_with_its_own_remedy(place: Place):
    place.add("contoso", expires=on(90))
    customer = change(place, tenant=None)
    assert customer.active is not None
    change(place, access=replace(customer.active.access, tenant_id="gone.example"))

    refused = (await seen(place)).refused
    assert refused is not None
    assert refused.code == "AADSTS90002"
    assert refused.remedy


@pytest.mark.parametrize("answer", [BUSY, Throttled(9), MicrosoftTimeout()])
async def test_what_cannot_be_asked_now_is_told_and_what_is_known_stays_known(place: Place, answer: Exception):
    customer = place.add("contoso", expires=on(3), answer=answer)

    looked = await look(place)

    assert looked.unchecked is not None
    assert looked.seen == Seen("v-contoso", customer.generation, on(3))


async def test_if_the_vault_does_not_answer_what_the_row_knows_is_seen(place: Place):
    place.add("contoso", expires=on(3))
    place.steps.fail_at = 1

    looked = await look(place)

    assert looked.unchecked is not None
    assert looked.seen is not None
    assert (looked.seen.expires, looked.seen.asked) == (on(3), False)


async def test_a_date_entered_in_the_vault_counts_unless_entra_id_told_one(place: Place):
    customer = place.add("contoso", expires=on(90))
    place.vault.secrets[customer.secret_name()]["v-contoso"].expires = on(10)
    assert (await seen(place)).expires == on(10)

    change(place, learned_expires=on(50))
    assert (await seen(place)).expires == on(50)


async def test_the_expiry_that_entra_id_lists_is_taken_over(place: Place):
    place.add("contoso", answer=READS_ITSELF)
    listed(place, RegisteredSecret("con", NOW + timedelta(days=40), "key-1", LONG_AGO))

    one = await seen(place)

    assert (one.expires, one.hint, one.key_id, one.newer) == (on(40), "con", "key-1", None)
    active = place.customers.get("contoso").active
    assert active is not None
    assert active.learned_expires == on(40)


async def test_a_newer_secret_in_entra_id_is_seen(place: Place):
    place.add("contoso", answer=READS_ITSELF)
    mine = RegisteredSecret("con", NOW + timedelta(days=4), "key-1", LONG_AGO)
    listed(place, mine, RegisteredSecret("xyz", NOW + timedelta(days=400), "key-2", NOW))

    one = await seen(place)
    assert (one.newer, one.newer_until, one.expires) == (Newer.REGISTERED, on(400), on(4))


async def test_a_newer_secret_that_is_saved_counts_more_than_one_that_is_listed(place: Place):
    place.add("contoso", answer=READS_ITSELF)
    mine = RegisteredSecret("con", NOW + timedelta(days=4), "key-1", LONG_AGO)
    listed(place, mine, RegisteredSecret("xyz", NOW + timedelta(days=400), "key-2", NOW))
    customer = place.customers.get("contoso")
    assert customer.newest is not None
    pending = replace(customer.newest, id="m2", secret_version="v2", secret_expires=on(399))
    place.customers.put(replace(customer, newest=pending))

    one = await seen(place)
    assert (one.newer, one.newer_until, one.credential) == (Newer.SAVED, on(399), "v-contoso")


@pytest.mark.parametrize("status", [403, 404])
async def test_an_application_that_may_not_look_at_itself_is_fine(place: Place, status: int):
    place.add("contoso", expires=on(90), answer=READS_ITSELF)
    revision = place.customers.get("contoso").active
    assert revision is not None
    place.graph.listed[revision.access.application_id or ""] = GraphRefused(status, "denied")

    assert (await seen(place)).expires == on(90)


@pytest.mark.parametrize("answer", [GraphRefused(503, "busy"), GraphRefused(500, None), Throttled(9)])
async def test_a_registration_of_which_a_page_fails_is_told(place: Place, answer: Exception):
    place.add("contoso", expires=on(90), answer=READS_ITSELF)
    revision = place.customers.get("contoso").active
    assert revision is not None
    place.graph.listed[revision.access.application_id or ""] = answer

    looked = await look(place)
    assert looked.unchecked is not None
    assert looked.seen is not None
    assert (looked.seen.works, looked.seen.expires) == (True, on(90))


async def test_a_secret_disabled_between_two_looks_at_it_is_no_internal_error(place: Place):
    """The token was got, and before the value is compared with the registration somebody disables the version."""
    customer = place.add("contoso", expires=on(90), answer=READS_ITSELF)
    listed(place, RegisteredSecret("con", NOW + timedelta(days=4), "key-1", LONG_AGO))
    place.steps.before[3] = lambda: place.vault.secrets.pop(customer.secret_name())

    looked = await look(place)

    assert looked.seen is not None
    assert looked.unchecked is not None or looked.seen.refused is not None


async def test_what_was_added_by_hand_is_looked_at_with_what_it_brings(place: Place):
    customer = place.add("contoso", expires=on(3))
    version = place.vault.add_by_hand(customer.secret_name(), "by hand", NOW, on(500))
    place.entra.answers["by hand"] = CALENDARS

    looked = await look(place)

    assert looked.customer == place.customers.get("contoso")
    assert looked.seen == Seen(version, customer.generation, on(500), asked=True)


async def test_what_was_added_by_hand_and_is_refused_is_told(place: Place):
    customer = place.add("contoso", expires=on(3))
    place.vault.add_by_hand(customer.secret_name(), "wrong", NOW, on(500))

    one = await seen(place)
    assert (one.credential, one.newer, one.expires) == ("v-contoso", Newer.REFUSED, on(3))


async def test_users_whose_connection_ended_are_named_as_the_ats_does(place: Place):
    place.add("contoso", expires=on(90), consent=Consent.USER)
    await place.end_connection("contoso", "ada@contoso.com", NOW - timedelta(days=1))
    assert (await seen(place)).ended == (EndedUser("ada@contoso.com", NOW - timedelta(days=1)),)

    place.sealer.broken = True
    assert [user.name for user in (await seen(place)).ended] == [OID]


async def test_where_an_administrator_consented_nobody_has_to_connect(place: Place):
    place.add("contoso", expires=on(90))
    await place.end_connection("contoso", "ada@contoso.com")

    assert (await seen(place)).ended == ()


async def test_where_users_consent_an_application_without_permissions_is_fine(place: Place):
    place.add("contoso", expires=UNKNOWN, consent=Consent.USER, answer=EntraRefused([501051], "invalid_client"))

    one = await seen(place)
    assert (one.works, one.withdrawn, one.expires) == (True, None, UNKNOWN)
