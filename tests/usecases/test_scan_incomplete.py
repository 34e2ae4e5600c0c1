"""What a scan could not look at: what the summary counts, what operators are told, and what is not over by it."""

import pytest

from lib.domain.alerts import Kind
from lib.domain.credential import UNKNOWN, Expiry
from tests.usecases.scanning import BUSY, OPERATOR, Place, on
from tests.usecases.test_scan_broken_off import LATER, BrokenCustomers, fail_at_the_next


@pytest.fixture
def place() -> Place:
    place = Place()
    for customer in ("alfa", "bravo", "charlie", "delta"):
        place.add(customer, expires=on(300))
    return place


async def test_a_part_of_the_run_that_fails_is_no_customer(place: Place):
    broken = BrokenCustomers(place.steps)
    broken.rows = place.customers.rows
    place.customers = broken
    place.entra.answers["alfa-secret"] = BUSY

    summary = await place.run()

    assert (summary.complete, summary.could_not_check) == (False, 1)
    assert [problem.customer for problem in summary.problems] == ["alfa", None]
    assert "could not check everything" in place.letters(OPERATOR)[0].subject


async def test_that_not_everything_could_be_checked_is_told_however_many_customers_could_not(place: Place):
    for number in range(25):
        place.add(f"bravo-{number:02d}", expires=on(300), answer=BUSY)
    broken = BrokenCustomers(place.steps)
    broken.rows = place.customers.rows
    place.customers = broken

    summary = await place.run()

    assert summary.could_not_check == 25
    assert "could not check everything" in place.letters(OPERATOR)[0].subject


async def test_a_customer_of_whom_two_things_fail_is_counted_once(place: Place):
    place.renew("alfa", on(3), BUSY)
    whole = Place()
    whole.add("alfa", expires=on(3), answer=BUSY)
    await whole.run()
    place.customers.rows = {"alfa": place.customers.rows["alfa"]}
    fail_at_the_next(place, "commit history", number=1, steps_of=whole)

    summary = await place.run()

    assert summary.could_not_check == 1


@pytest.mark.parametrize("in_row", [UNKNOWN, on(300)])
async def test_while_the_vault_does_not_answer_a_date_that_stands_there_is_not_over(in_row: Expiry):
    place = Place()
    customer = place.add("contoso", expires=in_row)
    place.vault.secrets[customer.secret_name()]["v-contoso"].expires = on(10)
    await place.run()
    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}
    place.now += LATER
    whole = len(place.steps.taken)
    await place.run()
    listed = place.steps.taken.index("list versions", whole) - whole
    place.now += LATER
    place.steps.fail_at = len(place.steps.taken) + listed + 1

    summary = await place.run()

    assert place.steps.taken[place.steps.fail_at - 1] == "list versions"
    assert summary.could_not_check == 1
    assert (OPERATOR, "contoso", Kind.SOLVED) not in place.told()
