"""What a look at the deployment's own application finds: nothing that concerns one customer only."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType
from lib.domain.credential import UNKNOWN
from lib.domain.errors import CalendarError
from lib.domain.findings import Seen
from lib.domain.microsoft import EntraRefused
from lib.domain.notices import BASIC
from lib.ports import Deadline
from lib.usecases.credentials import BASIC_SECRET
from tests.usecases.fakes import Version
from tests.usecases.scanning import BUSY, EXPIRED, OPERATOR, REFUSED, WITHDRAWN, Place, on


@pytest.fixture
def place() -> Place:
    place = Place()
    place.add_basic(on(9))
    place.add("lima", kind=ConfigurationType.BASIC)
    return place


async def look(place: Place) -> Seen | None:
    customer = place.customers.get("lima")
    assert customer.active is not None
    return await place.scan().basic.look([customer], Deadline.after(30))


async def test_the_newest_version_counts_as_the_calls_use_it(place: Place):
    assert await look(place) == Seen("b1", BASIC, on(9), asked=True)

    place.vault.secrets[BASIC_SECRET]["b2"] = Version("basic-secret", on(400), ours=False)
    assert await look(place) == Seen("b2", BASIC, on(400), asked=True)


@pytest.mark.parametrize("answer", [REFUSED, EXPIRED])
async def test_a_refused_secret_is_seen(place: Place, answer: EntraRefused):
    place.entra.answers["basic-secret"] = answer

    seen = await look(place)
    assert seen is not None
    assert seen.refused is not None
    assert seen.expired_by_entra is (answer is EXPIRED)


async def test_a_secret_that_is_missing_is_seen(place: Place):
    place.vault.secrets.pop(BASIC_SECRET)

    seen = await look(place)
    assert seen is not None
    assert (seen.credential, seen.asked) == ("", True)
    assert seen.refused is not None
    assert seen.refused.missing
    assert "basic-application" in seen.refused.message


async def test_without_an_expiry_it_is_not_known(place: Place):
    place.add_basic(UNKNOWN)

    seen = await look(place)
    assert seen is not None
    assert not seen.expires.known


async def test_a_customer_that_did_not_consent_says_nothing_about_the_application(place: Place):
    place.entra.answers["basic-secret"] = WITHDRAWN

    assert await look(place) == Seen("b1", BASIC, on(9)), "nobody answered a question about the secret"


async def test_a_customers_tenant_that_is_gone_says_nothing_about_the_application(place: Place):
    of_the_gone_tenant(place)

    seen = await look(place)

    assert seen is None or seen.refused is None, "or operators are told that Basic is refused, and it works"


async def test_a_rule_of_one_customers_tenant_says_nothing_about_the_application(place: Place):
    place.entra.answers["basic-secret"] = EntraRefused([53003], "invalid_grant")

    seen = await look(place)

    assert seen is None or seen.refused is None


async def test_if_entra_id_cannot_answer_that_is_told(place: Place):
    place.entra.answers["basic-secret"] = BUSY

    with pytest.raises(CalendarError):
        await look(place)


async def test_where_basic_is_not_offered_there_is_nothing_to_look_at(place: Place):
    place.basic_application_id = None

    assert await look(place) is None


def of_the_gone_tenant(place: Place) -> None:
    customer = place.customers.get("lima")
    assert customer.active is not None
    gone = replace(customer.active, tenant=None, access=replace(customer.active.access, tenant_id="gone.example"))
    place.customers.put(replace(customer, active=gone, newest=gone))


async def test_if_one_customer_cannot_tell_the_next_one_is_asked(place: Place):
    of_the_gone_tenant(place)
    place.add("mike", kind=ConfigurationType.BASIC)
    customers = [place.customers.get(name) for name in ("lima", "mike")]

    seen = await place.scan().basic.look(customers, Deadline.after(30))

    assert seen == Seen("b1", BASIC, on(9), asked=True)
    assert place.entra.asked == ["mike"]


async def test_a_run_asks_by_way_of_ten_customers_at_most_and_says_if_none_could_tell(place: Place):
    place.entra.answers["basic-secret"] = WITHDRAWN
    for number in range(11):
        place.add(f"mike-{number}", kind=ConfigurationType.BASIC)

    summary = await place.run()

    assert len(place.entra.asked) == 10
    assert summary.complete
    assert [problem.code for problem in summary.problems] == ["basicNotChecked"]
    assert place.told() == {(OPERATOR, BASIC, Kind.EXPIRING): 1}, "what is due by its date is told all the same"


async def test_what_nobody_could_tell_solves_nothing(place: Place):
    place.entra.answers["basic-secret"] = EXPIRED
    await place.run()
    place.entra.answers["basic-secret"] = WITHDRAWN
    place.now += timedelta(days=1)

    await place.run()

    assert place.told() == {(OPERATOR, BASIC, Kind.EXPIRED): 1}


async def test_when_nobody_uses_basic_any_more_nothing_is_remembered_of_it(place: Place):
    await place.run()
    assert BASIC in place.alerts.rows
    place.customers.rows.clear()

    place.add("contoso", expires=on(300))
    await place.scan().run(Deadline.after(0), Deadline.after(60))
    assert BASIC in place.alerts.rows, "not everybody was looked at"
    place.now += timedelta(minutes=2)
    await place.run()

    assert BASIC not in place.alerts.rows


async def test_a_customer_that_cannot_be_read_may_use_basic_still(place: Place):
    await place.run()
    place.customers.unreadable.add("lima")
    place.now += timedelta(minutes=2)

    await place.run()

    assert BASIC in place.alerts.rows, "or it would be told again tomorrow"
