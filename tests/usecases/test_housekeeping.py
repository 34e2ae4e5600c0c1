"""The vault is kept tidy, and nothing that anybody may still need is touched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.configuration import Customer, Revision
from lib.domain.credential import NEVER, UNKNOWN
from lib.domain.errors import CalendarError
from lib.ports import Deadline
from lib.usecases.housekeeping import Housekeeping, life
from tests.usecases.fakes import NOW, Version
from tests.usecases.scanning import LONG_AGO, Place, on

NEVER_ENDS = Deadline.after(3600)


class Kept(Place):
    """A customer with a secret, and the housekeeping of a process."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add("contoso")

    @property
    def housekeeping(self) -> Housekeeping:
        return self.scan().housekeeping

    def customer(self) -> Customer:
        return self.customers.get("contoso")

    def active(self) -> Revision:
        active = self.customer().active
        assert active is not None
        return active

    def versions(self) -> dict[str, Version]:
        return self.vault.secrets[self.customer().secret_name()]

    def put_version(self, name: str, *, days_ago: float, ours: bool = True) -> None:
        self.versions()[name] = Version(name, on(9), ours=ours, created_at=NOW - timedelta(days=days_ago))

    async def tidy(self, customer: Customer | None = None) -> set[str]:
        """Disable what is superseded; return what is enabled still."""
        customer = customer or self.customer()
        versions = await self.vault.versions(customer.secret_name())
        await self.housekeeping.disable_superseded(customer, versions)
        return {name for name, version in self.versions().items() if version.enabled}

    def orphan(self, customer_id: str, generation: str = "f" * 32, days_ago: float = 2) -> str:
        name = f"customer--{customer_id}--{generation}"
        self.vault.secrets[name] = {"v": Version("orphan", on(9), created_at=NOW - timedelta(days=days_ago))}
        return name


@pytest.fixture
def kept() -> Kept:
    return Kept()


async def test_what_entra_id_knows_of_the_expiry_is_noted_in_the_row_and_in_the_vault(kept: Kept):
    await kept.housekeeping.note_expiry(kept.customer(), kept.active(), on(90))

    assert kept.steps.taken == ["note expiry", "read row", "write row"], "so the row tells that all is done"
    assert (kept.active().learned_expires, kept.active().expires) == (on(90), on(90))
    assert kept.customer().newest == kept.active()
    assert kept.versions()["v-contoso"].expires == on(90)


async def test_what_is_noted_already_costs_nothing(kept: Kept):
    await kept.housekeeping.note_expiry(kept.customer(), kept.active(), on(90))
    kept.steps.taken.clear()

    await kept.housekeeping.note_expiry(kept.customer(), kept.active(), on(90))

    assert kept.steps.taken == []


async def test_an_expiry_is_noted_for_the_secret_it_was_learned_of(kept: Kept):
    seen, revision = kept.customer(), kept.active()
    pending = replace(revision, id="m2", secret_version="pending")
    kept.customers.put(replace(seen, newest=pending))
    await kept.housekeeping.note_expiry(seen, revision, on(90))
    assert (kept.active().learned_expires, kept.customer().newest) == (on(90), pending)

    kept.customers.put(replace(seen, generation="another"))
    await kept.housekeeping.note_expiry(seen, revision, on(90))
    assert kept.active().learned_expires == UNKNOWN


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("step", [1, 2, 3])
async def test_an_expiry_that_could_not_be_noted_is_noted_by_the_next_run_in_both_places(
    kept: Kept, step: int, late: bool
):
    kept.steps.fail_at, kept.steps.late = step, late
    await kept.housekeeping.note_expiry(kept.customer(), kept.active(), on(90))

    await kept.housekeeping.note_expiry(kept.customer(), kept.active(), on(90))

    assert kept.active().learned_expires == on(90)
    assert kept.versions()["v-contoso"].expires == on(90)


async def test_versions_that_nobody_names_are_disabled(kept: Kept):
    kept.put_version("saved before", days_ago=200)
    kept.put_version("by hand before", days_ago=200, ours=False)

    assert await kept.tidy() == {"v-contoso"}


async def test_what_is_newer_than_the_oldest_that_is_named_stays(kept: Kept):
    """It may belong to a save that is under way."""
    kept.put_version("newer", days_ago=1)

    kept.put_version("in between", days_ago=50)
    kept.put_version("pending", days_ago=20)
    kept.put_version("older than both", days_ago=101)
    kept.customers.put(replace(kept.customer(), newest=replace(kept.active(), id="m2", secret_version="pending")))

    assert await kept.tidy() == {"v-contoso", "in between", "pending", "newer"}


async def test_what_waits_for_its_test_and_what_was_added_by_hand_stays(kept: Kept):
    kept.put_version("pending", days_ago=1)
    kept.put_version("by hand", days_ago=1, ours=False)
    kept.customers.put(replace(kept.customer(), newest=replace(kept.active(), id="m2", secret_version="pending")))

    assert await kept.tidy() == {"v-contoso", "pending", "by hand"}


async def test_right_after_a_save_the_version_before_it_stays(kept: Kept):
    """A call that read the row before may read the secret now."""
    kept.put_version("saved before", days_ago=200)
    newest = replace(kept.active(), saved_at=NOW - timedelta(minutes=59))
    kept.customers.put(replace(kept.customer(), newest=newest, active=newest))

    assert await kept.tidy() == {"v-contoso", "saved before"}
    kept.now += timedelta(minutes=2)
    assert await kept.tidy() == {"v-contoso"}


async def test_right_after_an_adoption_the_version_before_it_stays(kept: Kept):
    """A call that read the row before may read the secret now."""
    kept.vault.add_by_hand(kept.customer().secret_name(), "by hand", NOW - timedelta(hours=5), on(500))
    kept.entra.answers["by hand"] = ("Calendars.ReadBasic.All",)

    await kept.run()

    assert kept.active().secret_version != "v-contoso"
    assert kept.versions()["v-contoso"].enabled
    kept.now += timedelta(days=1)
    await kept.run()
    assert not kept.versions()["v-contoso"].enabled


async def test_what_the_row_names_by_now_is_not_disabled(kept: Kept):
    """The scan read the row a while ago."""
    seen = kept.customer()
    kept.put_version("put back", days_ago=200)
    back = replace(kept.active(), secret_version="put back")
    kept.customers.put(replace(seen, newest=back, active=back))

    assert await kept.tidy(seen) == {"v-contoso", "put back"}


@pytest.mark.parametrize("change", ["removed", "another generation"])
async def test_if_the_customer_is_another_by_now_nothing_is_disabled(kept: Kept, change: str):
    seen = kept.customer()
    kept.put_version("saved before", days_ago=200)
    versions = await kept.vault.versions(seen.secret_name())
    kept.customers.rows.clear()
    if change == "another generation":
        kept.customers.put(replace(seen, generation="another"))

    await kept.housekeeping.disable_superseded(seen, versions)

    assert all(version.enabled for version in kept.vault.secrets[seen.secret_name()].values())


async def test_if_the_version_in_use_is_gone_from_the_vault_nothing_is_disabled(kept: Kept):
    del kept.versions()["v-contoso"]
    kept.put_version("saved before", days_ago=200)

    assert await kept.tidy() == {"saved before"}


@pytest.mark.parametrize("step", [1, 2, 3])
async def test_what_could_not_be_disabled_is_left_for_the_next_run(kept: Kept, step: int):
    kept.put_version("saved before", days_ago=200)
    kept.put_version("older still", days_ago=300)
    versions = await kept.vault.versions(kept.customer().secret_name())
    kept.steps.fail_at = len(kept.steps.taken) + step
    await kept.housekeeping.disable_superseded(kept.customer(), versions)

    assert await kept.tidy() == {"v-contoso"}


async def test_secrets_that_no_customer_names_are_told_and_never_deleted(kept: Kept):
    """Another deployment may share the vault, or the tables may be an older copy."""
    kept.orphan("gone")
    kept.orphan("contoso", "e" * 32)
    before = dict(kept.vault.secrets)

    assert await kept.housekeeping.unused(set(), NEVER_ENDS) == ["gone", "contoso"]
    assert kept.vault.secrets == before

    summary = await kept.run()
    assert [(problem.customer, problem.code) for problem in summary.problems] == [
        ("gone", "unusedSecret"),
        ("contoso", "unusedSecret"),
    ]
    assert summary.complete
    assert kept.vault.secrets == before


async def test_what_is_younger_than_a_day_may_belong_to_a_save_that_is_under_way(kept: Kept):
    kept.orphan("new", days_ago=0.99)

    assert await kept.housekeeping.unused(set(), NEVER_ENDS) == []
    kept.now += timedelta(hours=1)
    assert await kept.housekeeping.unused(set(), NEVER_ENDS) == ["new"]


@pytest.mark.parametrize(
    "name",
    [
        "basic-application",
        "token-encryption-key",
        "somebody-elses",
        f"customer--contoso--{'F' * 32}",
        f"customer--contoso--{'f' * 31}",
        f"customer--Contoso--{'f' * 32}",
        f"x-customer--contoso--{'f' * 32}",
        f"customer--contoso--{'f' * 32}-x",
    ],
)
async def test_secrets_that_are_not_customers_are_not_told(kept: Kept, name: str):
    kept.vault.secrets[name] = {"v": Version("else", NEVER, created_at=LONG_AGO)}

    assert await kept.housekeeping.unused(set(), NEVER_ENDS) == []


async def test_a_generation_that_is_still_to_be_removed_is_left_to_whoever_removes_it(kept: Kept):
    kept.orphan("contoso", "e" * 32)
    kept.customers.put(replace(kept.customer(), leftovers=("e" * 32,)))

    assert await kept.housekeeping.unused(set(), NEVER_ENDS) == []


async def test_of_customers_that_were_just_read_no_row_is_read_again(kept: Kept):
    customer = kept.customer()

    await kept.housekeeping.unused({life(customer.id, customer.generation)}, NEVER_ENDS)

    assert "read row" not in kept.steps.taken


async def test_looking_for_them_ends_with_its_time(kept: Kept):
    kept.orphan("gone")

    assert await kept.housekeeping.unused(set(), Deadline(0.0)) == []


async def test_of_very_many_some_are_told(kept: Kept):
    for number in range(80):
        kept.orphan(f"gone-{number}")

    assert len(await kept.housekeeping.unused(set(), NEVER_ENDS)) == 50


async def test_a_page_of_the_vault_that_fails_is_no_success(kept: Kept):
    kept.orphan("gone")
    kept.steps.fail_at = 2

    with pytest.raises(CalendarError):
        await kept.housekeeping.unused(set(), NEVER_ENDS)
