"""What waited about another secret is dropped, and what there is to tell of the one in use is told by the next scan."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import Draft
from lib.domain.credential import Expiry
from lib.domain.microsoft import EntraRefused
from lib.usecases.clean_up import Cleaner
from lib.usecases.deliver_alerts import Delivered
from lib.usecases.save_configuration import save_configuration
from tests.usecases.consent_fakes import FakeConsents
from tests.usecases.fakes import APPLICATION, down
from tests.usecases.scanning import CALENDARS, EXPIRED, OPERATOR, REFUSED, WITHDRAWN, Place, on

UNKNOWN_APPLICATION = EntraRefused([700016], "unauthorized_client")
HOUR = timedelta(hours=1)


class Edited(Place):
    """A place where an administrator saves."""

    async def save(self, expires: Expiry, *, another_application: bool = False) -> None:
        """Save another date, or another application with a secret of its own."""
        newest = self.customers.get("contoso").newest
        assert newest is not None
        draft = Draft(newest.access, newest.wishes, expires)
        if another_application:
            access = replace(newest.access, application_id=APPLICATION.replace("aaaaaaaa", "cccccccc"))
            draft = replace(draft, access=access, secret="another-secret")
            self.entra.answers.setdefault("another-secret", CALENDARS)
        await save_configuration(
            "contoso",
            draft,
            if_match=None,
            customers=self.customers,
            vault=self.vault,
            cleaner=Cleaner(self.customers, self.vault, FakeConsents(self.steps), self.connections, self.alerts),
            now=self.clock,
            random=lambda: f"{'another' if another_application else 'saved'} {expires.as_text()}",
        )

    async def later(self, *hours: int) -> None:
        """Scan after so many hours each."""
        for number in hours:
            self.now += number * HOUR
            await self.run()

    def outage(self) -> None:
        self.mail.problems[OPERATOR] = [down()]


@pytest.fixture
def place() -> Edited:
    return Edited()


@pytest.mark.parametrize(("answer", "kind"), [(EXPIRED, Kind.EXPIRED), (REFUSED, Kind.REFUSED)])
async def test_what_entra_id_said_is_told_although_the_date_was_edited_while_the_letter_waited(
    place: Edited, answer: EntraRefused, kind: Kind
):
    place.add("contoso", expires=on(300), answer=answer)
    place.outage()
    await place.run()
    await place.save(on(200))

    assert await place.deliver() == Delivered()
    assert place.alerts.queue == {}, "it named another date"
    await place.later(1, 1, 24)

    assert place.told() == {(OPERATOR, "contoso", kind): 1}


async def test_a_threshold_is_told_although_the_date_was_edited_while_the_letter_waited(place: Edited):
    place.add("contoso", expires=on(13))
    place.outage()
    await place.run()
    await place.save(on(12))
    await place.deliver()

    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


async def test_who_may_have_got_the_letter_gets_one_all_clear_in_the_end(place: Edited):
    place.add("contoso", expires=on(300), answer=EXPIRED)
    await place.run()
    place.now += 7 * 24 * HOUR
    place.outage()
    await place.run()
    await place.save(on(200))
    await place.deliver()
    await place.later(1)
    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRED): 2}
    place.entra.answers["contoso-secret"] = CALENDARS

    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRED): 2, (OPERATOR, "contoso", Kind.SOLVED): 1}


@pytest.mark.parametrize("fine", [True, False])
async def test_what_is_fine_after_it_was_dropped_ends_in_an_all_clear_and_nothing_else(place: Edited, fine: bool):
    place.add("contoso", expires=on(13))
    await place.run()
    await place.save(on(300 if fine else 12))

    await place.later(1, 1)

    solved = {(OPERATOR, "contoso", Kind.SOLVED): 1} if fine else {}
    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1} | solved


async def test_another_application_is_told_although_the_one_before_was_told_alike(place: Edited):
    place.add("contoso", expires=on(13))
    await place.run()
    await place.save(on(13), another_application=True)

    await place.later(1, 1)
    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 2}
    place.renew("contoso", on(400))
    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 2, (OPERATOR, "contoso", Kind.SOLVED): 1}


async def test_another_application_that_is_refused_is_told_at_once(place: Edited):
    place.add("contoso", expires=on(300), answer=REFUSED)
    await place.run()
    place.entra.answers["another-secret"] = REFUSED
    await place.save(on(300), another_application=True)

    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.REFUSED): 2}


async def test_another_application_that_is_fine_is_an_all_clear_for_the_one_before(place: Edited):
    place.add("contoso", expires=on(13))
    await place.run()
    await place.save(on(300), another_application=True)

    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1, (OPERATOR, "contoso", Kind.SOLVED): 1}


async def test_what_waited_about_another_application_is_dropped_and_its_own_is_told(place: Edited):
    place.add("contoso", expires=on(13))
    place.outage()
    await place.run()
    await place.save(on(13), another_application=True)

    assert await place.deliver() == Delivered()
    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


@pytest.mark.parametrize("another_application", [True, False])
async def test_a_scan_that_was_faster_than_the_letter_is_not_repeated(place: Edited, another_application: bool):
    place.add("contoso", expires=on(13))
    place.outage()
    await place.run()
    await place.save(on(2), another_application=another_application)

    await place.later(1, 1, 1)

    assert place.told() == {(OPERATOR, "contoso", Kind.EXPIRING): 1}


async def test_each_reader_is_told_once_that_the_secret_of_another_application_has_expired(place: Edited):
    place.add("contoso", expires=on(-3), recipients=("ada@x.example",))
    for reader in (OPERATOR, "ada@x.example"):
        place.mail.problems[reader] = [down()]
    await place.run()
    await place.save(on(-2), another_application=True)

    await place.later(1, 1, 1)

    assert place.told() == {(reader, "contoso", Kind.EXPIRED): 1 for reader in (OPERATOR, "ada@x.example")}


@pytest.mark.parametrize(("answer", "kind"), [(EXPIRED, Kind.EXPIRED), (REFUSED, Kind.REFUSED)])
@pytest.mark.parametrize("silent", [WITHDRAWN, UNKNOWN_APPLICATION])
async def test_before_a_test_a_refusal_about_consent_is_no_all_clear_for_the_secret(
    place: Edited, answer: EntraRefused, kind: Kind, silent: EntraRefused
):
    place.add("contoso", expires=on(300), answer=answer, active=False)
    await place.run()
    place.entra.answers["contoso-secret"] = silent

    await place.later(1, 1)
    assert place.told() == {(OPERATOR, "contoso", kind): 1}
    place.entra.answers["contoso-secret"] = CALENDARS
    await place.later(1, 1)

    assert place.told() == {(OPERATOR, "contoso", kind): 1, (OPERATOR, "contoso", Kind.SOLVED): 1}
