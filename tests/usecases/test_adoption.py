"""A version of a secret that somebody added to the vault by hand is in use once a token was got with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import Customer, Revision
from lib.domain.credential import Expiry
from lib.domain.errors import CalendarError
from lib.domain.microsoft import EntraRefused
from lib.ports import Deadline, VaultVersion
from lib.usecases.adoption import Adopted, Adoption, added_by_hand
from tests.usecases.fakes import NOW, Version
from tests.usecases.scanning import BUSY, CALENDARS, Place, on

SOON = Deadline.after(3600)
LATE = on(500)


class Vaulted(Place):
    """A customer whose versions somebody adds to."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add("contoso", expires=on(3))
        self.adoption = self.new_adoption()

    def new_adoption(self) -> Adoption:
        return self.scan().looker.adoption

    def customer(self) -> Customer:
        return self.customers.get("contoso")

    def active(self) -> Revision:
        active = self.customer().active
        assert active is not None
        return active

    def by_hand(self, value: str, hours_ago: float = 1, expires: Expiry = LATE, *, works: bool = True) -> str:
        if works:
            self.entra.answers[value] = CALENDARS
        name, created_at = self.customer().secret_name(), NOW - timedelta(hours=hours_ago)
        return self.vault.add_by_hand(name, value, created_at, expires)

    async def look(self, customer: Customer | None = None) -> Adopted:
        customer = customer or self.customer()
        assert customer.active is not None
        versions = await self.vault.versions(customer.secret_name())
        return await self.adoption.look(customer, customer.active, versions, SOON)


@pytest.fixture
def vaulted() -> Vaulted:
    return Vaulted()


async def test_a_version_added_by_hand_that_works_is_in_use_from_then_on(vaulted: Vaulted):
    version = vaulted.by_hand("by hand")

    adopted = await vaulted.look()

    assert adopted == Adopted(vaulted.customer())
    assert (vaulted.active().secret_version, vaulted.active().expires) == (version, on(500))
    assert vaulted.customer().newest == vaulted.active()
    assert await vaulted.look() == Adopted(), "and nothing is left to adopt"


async def test_what_entra_id_learned_of_the_old_version_is_not_told_of_the_new_one(vaulted: Vaulted):
    learned = replace(vaulted.active(), learned_expires=on(7))
    vaulted.customers.put(replace(vaulted.customer(), active=learned, newest=learned))
    vaulted.by_hand("by hand")

    await vaulted.look()

    assert vaulted.active().expires == on(500)


async def test_a_version_that_entra_id_refuses_is_not_taken_and_that_is_told(vaulted: Vaulted):
    before = vaulted.customer()
    vaulted.by_hand("wrong", works=False)
    in_vault = vaulted.vault.secrets[before.secret_name()]
    (wrong,) = [version for version, found in in_vault.items() if found.value == "wrong"]

    assert await vaulted.look() == Adopted(refused=wrong)
    assert vaulted.customer() == before


async def test_a_version_is_not_wrong_while_entra_id_cannot_tell(vaulted: Vaulted):
    vaulted.by_hand("by hand")
    vaulted.entra.answers["by hand"] = BUSY

    assert await vaulted.look() == Adopted(unsure=True)


async def test_of_several_the_newest_that_works_is_taken_and_few_are_tried(vaulted: Vaulted):
    works = vaulted.by_hand("older", hours_ago=3)
    vaulted.by_hand("newest", hours_ago=1, works=False)
    assert (await vaulted.look()).customer is not None
    assert vaulted.active().secret_version == works

    for number in range(9):
        vaulted.by_hand(f"wrong {number}", hours_ago=0, works=False)
    vaulted.entra.asked.clear()
    await vaulted.look()
    assert len(vaulted.entra.asked) == 3, "each wrong one counts at Entra ID"


def test_only_what_was_added_by_hand_after_the_one_in_use_counts(vaulted: Vaulted):
    vaulted.by_hand("before", hours_ago=24 * 365)
    vaulted.by_hand("disabled")
    after = [vaulted.by_hand("after", hours_ago=2), vaulted.by_hand("last", hours_ago=1)]
    versions = vaulted.vault.secrets[vaulted.customer().secret_name()]
    versions["ours"] = Version("of a save", on(9), created_at=NOW)
    next(version for version in versions.values() if version.value == "disabled").enabled = False

    listed = [VaultVersion(id_, v.created_at, v.enabled, v.expires, v.ours) for id_, v in versions.items()]
    assert [version.id for version in added_by_hand(listed, "v-contoso")] == after[::-1]
    assert len(added_by_hand(listed, "purged")) == 3, "if the one in use is gone, all of them count"


async def test_a_saved_secret_that_waits_for_its_test_goes_on_waiting(vaulted: Vaulted):
    pending = replace(vaulted.active(), id="m2", secret_version="pending")
    vaulted.customers.put(replace(vaulted.customer(), newest=pending))
    version = vaulted.by_hand("by hand")

    await vaulted.look()

    assert vaulted.active().secret_version == version
    assert vaulted.customer().newest == pending


async def test_a_customer_that_began_anew_meanwhile_keeps_what_it_has(vaulted: Vaulted):
    seen = vaulted.customer()
    vaulted.by_hand("by hand")
    anew = replace(seen, generation="another")
    vaulted.customers.put(anew)

    assert await vaulted.look(seen) == Adopted()
    assert vaulted.customer() == anew


async def test_who_comes_second_uses_what_the_first_one_adopted(vaulted: Vaulted):
    seen = vaulted.customer()
    version = vaulted.by_hand("by hand")
    await vaulted.look(seen)

    late = await vaulted.look(seen)

    assert late.customer is not None, "the old version is superseded, so nobody is to be told about it"
    assert late.customer.active is not None
    assert late.customer.active.secret_version == version


async def test_a_call_that_was_refused_goes_on_with_what_another_process_adopted(vaulted: Vaulted):
    seen, revision = vaulted.customer(), vaulted.active()
    version = vaulted.by_hand("by hand")
    await vaulted.look(seen)

    customer = await vaulted.new_adoption().after_refusal(seen, revision, SOON)

    assert customer is not None
    assert customer.active is not None
    assert customer.active.secret_version == version


async def test_a_row_that_changes_meanwhile_is_looked_at_again(vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.updating.random.uniform", lambda *_: 0.0)
    version = vaulted.by_hand("by hand")
    vaulted.customers.before_write = lambda: vaulted.customers.put(replace(vaulted.customer(), failing=True))

    adopted = await vaulted.look()

    assert adopted.customer == vaulted.customer()
    assert (vaulted.active().secret_version, vaulted.customer().failing) == (version, True)


async def test_a_refusal_is_looked_into_once_a_minute(vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch):
    clock = [1000.0]
    monkeypatch.setattr("lib.usecases.adoption.time.monotonic", lambda: clock[0])
    deadline = Deadline(5000.0)

    async def looks() -> int:
        before = vaulted.steps.taken.count("list versions")
        await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), deadline)
        return vaulted.steps.taken.count("list versions") - before

    assert [await looks(), await looks()] == [1, 0]
    clock[0] += 61
    assert await looks() == 1
    version = vaulted.by_hand("by hand")
    clock[0] += 61
    found = await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), deadline)
    assert found == vaulted.customer()
    assert vaulted.active().secret_version == version


@pytest.mark.parametrize("what", ["vault", "entra"])
async def test_a_refusal_is_told_as_it_is_if_nobody_can_be_asked(vaulted: Vaulted, what: str):
    vaulted.by_hand("by hand")
    if what == "vault":
        vaulted.steps.fail_at = 1
    else:
        vaulted.entra.answers["by hand"] = CalendarError("down")

    assert await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), SOON) is None


async def test_what_is_remembered_has_an_end(vaulted: Vaulted, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.adoption._MOST_REMEMBERED", 3)
    for number in range(9):
        await vaulted.adoption.after_refusal(replace(vaulted.customer(), id=f"c{number}"), vaulted.active(), SOON)

    assert len(vaulted.adoption._looked) == 3


async def test_without_a_stored_secret_there_is_nothing_to_look_for(vaulted: Vaulted):
    revision = replace(vaulted.active(), secret_version=None)

    assert await vaulted.adoption.after_refusal(vaulted.customer(), revision, SOON) is None
    assert "list versions" not in vaulted.steps.taken


async def test_who_loses_the_race_to_a_save_gets_the_customer_as_it_is_stored(vaulted: Vaulted):
    seen = vaulted.customer()
    vaulted.by_hand("by hand")
    vaulted.renew("contoso", on(400))

    adopted = await vaulted.look(seen)

    assert adopted == Adopted(vaulted.customer())
    assert vaulted.active().expires == on(400)


@pytest.mark.parametrize("code", [7000229, 53003, 700016])
async def test_only_what_is_wrong_with_the_secret_is_told_as_not_accepted(vaulted: Vaulted, code: int):
    vaulted.by_hand("by hand")
    vaulted.entra.answers["by hand"] = EntraRefused([code], "unauthorized_client")

    assert await vaulted.look() == Adopted()


async def test_who_asks_again_is_not_told_what_was_found_a_moment_ago(vaulted: Vaulted):
    for _ in range(2):
        await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), SOON)
    version = vaulted.by_hand("by hand")
    assert await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), SOON) is None

    found = await vaulted.adoption.after_refusal(vaulted.customer(), vaulted.active(), SOON, again=True)

    assert found == vaulted.customer()
    assert vaulted.active().secret_version == version
