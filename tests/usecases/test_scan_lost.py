"""A run that lost its lease says nothing of the deployment, and users are told whatever is wrong with a secret."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import ConfigurationType, Consent
from lib.domain.credential import UNKNOWN
from lib.domain.errors import CalendarError
from lib.domain.microsoft import AppToken
from lib.domain.notices import BASIC, DEPLOYMENT
from lib.ports import Credential, Deadline
from lib.usecases.leasing import Held, Leasing
from tests.usecases.fakes import down
from tests.usecases.scanning import BUSY, OPERATOR, Place, WorldEntra, on


class Standing(WorldEntra):
    """While it is asked, the process stands still for so long that its lease is lost, if `loses`."""

    loses = True
    held: Held | None = None

    async def app_token(self, credential: Credential, deadline: Deadline, *, fresh: bool = False) -> AppToken:
        if self.held is not None and self.loses:
            self.held.lost = True
        return await super().app_token(credential, deadline, fresh=fresh)


class Watched(Leasing):
    """Shows to the fake of Entra ID what the scan holds."""

    @asynccontextmanager
    async def alone(self, name: str, wait: Deadline) -> AsyncIterator[Held]:
        async with super().alone(name, wait) as held:
            self.leases.entra.held = held  # type: ignore[attr-defined]  # of `losing`
            yield held


async def run(place: Place, *, loses: bool) -> Any:
    entra = Standing()
    entra.answers, entra.loses = place.entra.answers, loses
    place.entra = entra
    place.leases.entra = entra  # type: ignore[attr-defined]
    leasing = Watched(place.leases, place.clock, lambda: "owner of the scan")
    return await place.scan(leasing=leasing).run(Deadline.after(60), Deadline.after(120))


@pytest.mark.parametrize("loses", [True, False])
async def test_a_run_that_lost_its_lease_tells_nothing_about_the_deployment(loses: bool):
    place = Place()
    place.add_basic(on(3))
    place.add("alfa", kind=ConfigurationType.BASIC)
    place.add("bravo", expires=on(300), answer=BUSY)

    summary = await run(place, loses=loses)

    about = {(OPERATOR, BASIC, Kind.EXPIRING): 1, (OPERATOR, DEPLOYMENT, Kind.UNCHECKED): 1}
    assert place.told() == ({} if loses else about)
    assert (set(place.alerts.rows) & {BASIC, DEPLOYMENT}) == (set() if loses else {BASIC, DEPLOYMENT})
    assert summary.could_not_check == 1


async def test_a_run_that_lost_its_lease_gives_no_all_clear_and_forgets_nothing():
    place = Place()
    place.add_basic(on(3))
    place.add("alfa", kind=ConfigurationType.BASIC)
    place.add("bravo", expires=on(300), answer=BUSY)
    await place.run()
    before = {name: place.alerts.rows[name] for name in (BASIC, DEPLOYMENT)}
    place.customers.rows.pop("alfa")
    place.entra.answers["bravo-secret"] = ("Calendars.ReadBasic.All",)

    await run(place, loses=True)
    assert {name: place.alerts.rows.get(name) for name in before} == before

    await run(place, loses=False)
    assert BASIC not in place.alerts.rows
    assert place.told()[OPERATOR, DEPLOYMENT, Kind.SOLVED] == 1


@pytest.mark.parametrize("answer", [BUSY, down(), CalendarError("something else")])
async def test_users_are_told_although_the_secret_cannot_be_asked_about(answer: Exception):
    place = Place()
    place.add("contoso", expires=UNKNOWN, consent=Consent.USER, answer=answer)
    await place.end_connection("contoso", "ada@users.example")

    summary = await place.run()

    assert place.told()[OPERATOR, "contoso", Kind.CONNECTIONS] == 1
    assert place.told()[OPERATOR, DEPLOYMENT, Kind.UNCHECKED] == 1
    assert summary.could_not_check == 1
    assert [line for line in _lines(place) if "ada@users.example" in line]


async def test_users_are_told_although_the_vault_does_not_answer():
    place = Place()
    place.add("contoso", consent=Consent.USER)
    await place.end_connection("contoso", "ada@users.example")

    async def versions(name: str) -> Any:
        raise down()

    place.vault.versions = versions  # type: ignore[method-assign]

    summary = await place.run()

    assert place.told()[OPERATOR, "contoso", Kind.CONNECTIONS] == 1
    assert summary.could_not_check == 1


def _lines(place: Place) -> list[str]:
    return [line for letter in place.letters(OPERATOR) for part in letter.parts for line in part.lines]
