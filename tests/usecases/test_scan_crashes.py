"""A process that ends anywhere, or a service that fails anywhere: the next scan tells what was not told.

Every call to a store or to the e-mail service is a step. Each step of a whole scan fails once: before it did anything,
or after it did its work and only the answer was lost; alone, with everything after it, or because the process ends.
"""

import gc
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.microsoft import RegisteredSecret
from lib.domain.notices import BASIC, DEPLOYMENT
from tests.usecases.fakes import NOW, Version, down
from tests.usecases.scanning import (
    BUSY,
    LONG_AGO,
    OPERATOR,
    READS_ITSELF,
    REFUSED,
    WITHDRAWN,
    Fact,
    Killed,
    Place,
    on,
    told_before,
)

SECOND = "second@vendor.example"
OWN = "it@shared.example"  # of several customers
ALONE = "it@alone.example"
LATER = timedelta(minutes=2)

DUE_ABOUT = {
    "alfa": Kind.EXPIRING,
    "bravo": Kind.EXPIRED,
    "charlie": Kind.REFUSED,
    "delta": Kind.CONSENT,
    "echo": Kind.CONNECTIONS,
    "foxtrot": Kind.UNKNOWN,
    "hotel": Kind.SOLVED,
    "mike": Kind.NEWER,
}
DUE: set[Fact] = {
    *((operator, customer, kind) for operator in (OPERATOR, SECOND) for customer, kind in DUE_ABOUT.items()),
    *((operator, BASIC, Kind.EXPIRING) for operator in (OPERATOR, SECOND)),
    *((operator, DEPLOYMENT, Kind.UNCHECKED) for operator in (OPERATOR, SECOND)),
    *((OWN, customer, DUE_ABOUT[customer]) for customer in ("alfa", "bravo", "hotel")),
    (ALONE, "charlie", Kind.REFUSED),
}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Log nothing: some thousand scans would."""
    logging.disable(logging.CRITICAL)
    yield
    gc.collect()  # asyncio logs what nobody waited for in a process that was killed
    logging.disable(logging.NOTSET)


async def a_place() -> Place:
    """Return customers of every kind of trouble, and a vault that has something to tidy."""
    place = Place(operators=(OPERATOR, SECOND))
    place.add("alfa", expires=on(9), recipients=[OWN])
    place.add("bravo", expires=on(-3), recipients=[OWN, OWN.upper()])
    place.add("charlie", expires=on(200), answer=REFUSED, recipients=[ALONE])
    place.add("delta", expires=on(200), answer=WITHDRAWN)
    place.add("echo", expires=on(200), consent=Consent.USER)
    await place.end_connection("echo", "ada@users.example")
    place.add("foxtrot")
    place.add("golf", expires=on(200), answer=BUSY)
    hotel = place.add("hotel", expires=on(200), recipients=[OWN])
    place.remember("hotel", hotel.generation, expiry=told_before("gone"), handed_over_at=LONG_AGO)

    india = place.add("india", answer=READS_ITSELF)  # its expiry is learned, and a version added by hand is adopted
    assert india.active is not None
    place.vault.add_by_hand(india.secret_name(), "india-new", NOW - timedelta(hours=5))
    place.vault.secrets[india.secret_name()]["old"] = Version("old", on(1), created_at=LONG_AGO - timedelta(days=9))
    place.entra.answers["india-new"] = READS_ITSELF
    ends_at = NOW + timedelta(days=300)
    place.graph.listed[india.active.access.application_id or ""] = [RegisteredSecret("ind", ends_at, "key-1", LONG_AGO)]

    place.add("juliet", kind=ConfigurationType.NONE)
    place.remember("juliet", "m", expiry=told_before("v-juliet"))
    place.remember("kilo-gone", "m", expiry=told_before("v-kilo"))
    place.vault.secrets[f"customer--kilo-gone--{'f' * 32}"] = {"k1": Version("kilo", on(1), created_at=LONG_AGO)}
    place.add("lima", kind=ConfigurationType.BASIC)
    place.add_basic(on(14))
    mike = place.add("mike", expires=on(200))
    place.vault.add_by_hand(mike.secret_name(), "not the Value", NOW - timedelta(hours=5))
    return place


def break_off(place: Place, step: int, how: str, *, late: bool) -> None:
    """Let this step of the next scan fail: alone, with all that follow, or because the process ends."""
    place.steps.fail_at, place.steps.late = step, late
    place.steps.fail_from_then_on = how != "fails"
    place.steps.failure = Killed if how == "is killed" else down


async def run_broken(place: Place) -> None:
    """Run until it ends or is killed; then the place works again, and all leases have ended."""
    try:
        await place.run()
    except (Killed, type(down())):
        pass
    place.steps.fail_at, place.steps.fail_from_then_on, place.steps.failure = 0, False, down
    place.now += LATER


async def steps_of(make: Callable[[], object]) -> int:
    place = await make()  # type: ignore[misc]
    await place.run()
    return len(place.steps.taken)


def expect_each_told_once(place: Place, due: set[Fact] = DUE) -> None:
    assert place.told() == dict.fromkeys(due, 1)


def wrongly_told(place: Place, due: set[Fact] = DUE) -> list[str]:
    """Say what is wrong unless everybody was told everything, and at most the one letter being sent came twice."""
    told = place.told()
    unasked = {fact for fact in set(told) - due if fact[1] != DEPLOYMENT}
    repeated = {recipient for (recipient, customer, _), times in told.items() if times > 1 and customer != DEPLOYMENT}
    found = [f"never told: {fact}" for fact in sorted(due - set(told))]
    found += [f"told without a reason: {fact}" for fact in sorted(unasked)]
    found += [f"told more than twice: {fact}" for fact, times in sorted(told.items()) if times > 2]
    found += [f"told again: {sorted(repeated)}"] if len(repeated) > 1 else []
    return found + ([f"still waiting: {sorted(place.alerts.queue)}"] if place.alerts.queue else [])


def untidy(place: Place) -> list[str]:
    """Say what is wrong unless what customers use can be read, and what was superseded cannot."""
    found = []
    for stored in place.customers.rows.values():
        for revision in (stored.customer.active, stored.customer.newest):
            if revision and revision.secret_version:
                version = place.vault.secrets[stored.customer.secret_name()][revision.secret_version]
                found += [] if version.enabled else [f"the secret of {stored.customer.id} was disabled"]
    india = place.customers.get("india")
    assert india.active is not None
    found += [] if india.active.expires == on(300) else ["india's expiry was not learned"]
    left = {value for value in place.vault.usable() if value.startswith(("india", "old", "kilo"))}
    found += [] if left == {"india-new", "kilo"} else [f"the vault holds {left}"]  # kilo may be somebody else's
    return found + [
        f"{customer} is remembered" for customer in ("juliet", "kilo-gone") if customer in place.alerts.rows
    ]


async def test_without_a_failure_everybody_is_told_exactly_once():
    place = await a_place()

    summary = await place.run()

    expect_each_told_once(place)
    assert (summary.complete, summary.could_not_check) == (False, 1)

    place.now += LATER
    await place.run()
    expect_each_told_once(place)
    assert not place.alerts.queue
    assert untidy(place) == []


WAYS = [("is killed", False), ("is killed", True), ("fails from then on", False), ("fails", False), ("fails", True)]


@pytest.mark.parametrize(("how", "late"), WAYS)
async def test_a_scan_that_breaks_off_at_any_step_loses_nothing(how: str, late: bool):
    wrong = []
    for step in range(1, await steps_of(a_place) + 1):
        place = await a_place()
        break_off(place, step, how, late=late)
        await run_broken(place)
        name = place.steps.taken[step - 1]

        await place.run()
        wrong += [f"{step}, {name}: {what}" for what in wrongly_told(place)]

        if untidy(place):  # what was in use until now is left for the next run
            place.now += LATER
            await place.run()
        wrong += [f"{step}, {name}: {what}" for what in untidy(place)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
async def test_what_a_killed_scan_had_queued_is_sent_by_the_delivery_of_the_next_hour(late: bool):
    wrong = []
    for step in range(1, await steps_of(a_place) + 1):
        place = await a_place()
        break_off(place, step, "is killed", late=late)
        await run_broken(place)
        name, waited = place.steps.taken[step - 1], len(place.alerts.queue)

        await place.deliver()
        assert not place.alerts.queue, f"{step}, {name}: of {waited} notices some still wait"
        place.now += LATER
        await place.run()

        wrong += [f"{step}, {name}: {what}" for what in wrongly_told(place)]
    assert not wrong, "\n".join(wrong)


async def a_place_to_mend() -> Place:
    place = Place(operators=(OPERATOR, SECOND))
    place.add("alfa", expires=on(9), recipients=[OWN])
    place.add("bravo", expires=on(-3), recipients=[OWN])
    place.add("charlie", expires=on(200), answer=REFUSED, recipients=[ALONE])
    return place


@pytest.mark.parametrize(("how", "late"), WAYS)
async def test_whoever_got_a_warning_gets_an_all_clear_although_the_scan_broke_off(how: str, late: bool):
    wrong = []
    for step in range(1, await steps_of(a_place_to_mend) + 1):
        place = await a_place_to_mend()
        break_off(place, step, how, late=late)
        await run_broken(place)
        warned = {(recipient, customer) for recipient, customer, _ in place.told() if customer != DEPLOYMENT}
        for customer in place.customers.rows:
            place.renew(customer, on(400))

        await place.run()
        place.now += timedelta(days=1)
        await place.run()

        case = f"{step}, {place.steps.taken[step - 1]}"
        told = place.told()
        cleared = {fact[:2]: times for fact, times in told.items() if fact[2] is Kind.SOLVED and fact[1] != DEPLOYMENT}
        wrong += [f"{case}: no all clear for {left}" for left in sorted(warned - set(cleared))]
        wrong += [f"{case}: {times} all clears for {one}" for one, times in cleared.items() if times > 1]
    assert not wrong, "\n".join(wrong)
