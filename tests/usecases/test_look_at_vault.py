"""What a look finds in the vault: a secret that is missing, a version nobody accepts, and what changes meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import Consent
from lib.domain.findings import Newer, Seen
from lib.domain.microsoft import EntraRefused
from lib.ports import Deadline
from tests.usecases.fakes import NOW
from tests.usecases.scanning import BUSY, CALENDARS, OPERATOR, Place, on

NO_APP_ROLE = EntraRefused([501051], "invalid_client")


@pytest.fixture
def place() -> Place:
    return Place()


async def look(place: Place) -> Seen:
    looked = await place.scan().looker.look(place.customers.get("contoso"), Deadline.after(30))
    assert looked.unchecked is None
    assert looked.seen is not None
    return looked.seen


def add_by_hand(place: Place, value: str, answer: tuple[str, ...] | Exception | None = None) -> str:
    if answer is not None:
        place.entra.answers[value] = answer
    name = place.customers.get("contoso").secret_name()
    return place.vault.add_by_hand(name, value, NOW - timedelta(hours=5), on(500))


@pytest.mark.parametrize("gone", ["deleted", "disabled"])
async def test_a_secret_that_the_vault_does_not_give_out_is_missing_and_entra_id_is_not_asked(place: Place, gone: str):
    """Whatever this process may remember of its value."""
    customer = place.add("contoso", expires=on(90))
    await look(place)
    place.entra.asked.clear()
    versions = place.vault.secrets[customer.secret_name()]
    versions["v-contoso"].enabled = False
    if gone == "deleted":
        versions.clear()

    seen = await look(place)

    assert seen.refused is not None
    assert (seen.asked, seen.refused.code, seen.expired_by_entra) == (True, "credentialRefused", False)
    assert place.entra.asked == []
    await place.run()
    assert place.letters(OPERATOR)[0].subject.startswith("Calendar secret of contoso is missing in the key vault")


async def test_a_version_that_is_not_accepted_is_told_once_and_the_secret_in_use_works_on(place: Place):
    place.add("contoso", expires=on(300))
    add_by_hand(place, "wrong")

    for day in range(9):
        place.now = NOW + timedelta(days=day)
        await place.run()

    assert place.told() == {(OPERATOR, "contoso", Kind.NEWER): 1}


async def test_a_version_that_could_not_be_tried_for_a_day_is_not_told_twice(place: Place):
    place.add("contoso", expires=on(300))
    add_by_hand(place, "wrong")
    await place.run()

    for day, answer in enumerate((BUSY, EntraRefused([7000215], "invalid_client")), start=1):
        place.now = NOW + timedelta(days=day)
        place.entra.answers["wrong"] = answer
        await place.run()

    assert place.told()[OPERATOR, "contoso", Kind.NEWER] == 1


async def test_nothing_is_disabled_in_the_look_that_adopted(place: Place):
    customer = place.add("contoso", expires=on(3))
    version = add_by_hand(place, "by hand", CALENDARS)

    assert (await look(place)).credential == version

    assert place.vault.secrets[customer.secret_name()]["v-contoso"].enabled
    await look(place)
    assert not place.vault.secrets[customer.secret_name()]["v-contoso"].enabled


async def test_where_users_connect_a_version_added_by_hand_needs_no_application_permission(place: Place):
    """Entra ID took the secret, and has no role to put into a token: that proves it as well."""
    place.add("contoso", expires=on(3), consent=Consent.USER, answer=NO_APP_ROLE)
    version = add_by_hand(place, "by hand", NO_APP_ROLE)

    seen = await look(place)

    assert (seen.credential, seen.newer, seen.refused) == (version, None, None)


async def test_a_secret_that_is_renewed_while_a_version_is_tried_is_not_missing(place: Place):
    """It was not in the vault yet when the versions were listed."""
    customer = place.add("contoso", expires=on(3))
    add_by_hand(place, "by hand", CALENDARS)
    place.steps.before[2] = lambda: place.renew("contoso", on(400))

    looked = await place.scan().looker.look(customer, Deadline.after(30))

    assert place.steps.taken[:2] == ["list versions", "read secret"]
    assert looked.seen is not None
    assert looked.seen.refused is None
    assert looked.customer.active == place.customers.get("contoso").active


async def test_a_saved_secret_stands_back_behind_a_version_that_is_not_accepted(place: Place):
    customer = place.add("contoso", expires=on(3))
    assert customer.newest is not None
    pending = replace(customer.newest, id="m2", secret_version="v2", secret_expires=on(399))
    place.customers.put(replace(customer, newest=pending))
    assert (await look(place)).newer is Newer.SAVED

    add_by_hand(place, "wrong")

    assert (await look(place)).newer is Newer.REFUSED
