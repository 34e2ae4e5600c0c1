"""Saving and deleting: whatever fails at whatever step, the two stores agree and nothing stays behind for good."""

from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest

from lib.domain.configuration import Customer, Draft
from lib.domain.connection import Connection
from lib.domain.credential import NEVER, Expiry
from lib.domain.errors import CalendarError, ConfigurationChanged, InvalidRequest
from lib.ports import Conflict
from lib.usecases.clean_up import Cleaner
from lib.usecases.delete_configuration import delete_configuration
from lib.usecases.save_configuration import save_configuration
from tests.usecases.alert_fakes import FakeAlerts
from tests.usecases.consent_fakes import FakeConsents
from tests.usecases.fakes import DRAFT, NOW, TENANT, FakeCustomers, FakeVault, Steps, marks
from tests.usecases.user_fakes import FakeConnections


class Office:
    """The stores and what is done with them; all steps of all stores are counted together."""

    def __init__(self) -> None:
        self.steps = Steps()
        self.customers = FakeCustomers(self.steps)
        self.vault = FakeVault(self.steps)
        self.consents = FakeConsents(self.steps)
        self.connections = FakeConnections(self.steps)
        self.cleaner = Cleaner(self.customers, self.vault, self.consents, self.connections, FakeAlerts(self.steps))
        self.random = marks()

    async def save(self, draft: Draft = DRAFT, if_match: frozenset[str] | None = None) -> Customer:
        return await save_configuration(
            "contoso",
            draft,
            if_match=if_match,
            customers=self.customers,
            vault=self.vault,
            cleaner=self.cleaner,
            now=lambda: NOW,
            random=self.random,
        )

    async def delete(self, if_match: frozenset[str] | None = None) -> None:
        await delete_configuration(
            "contoso", if_match=if_match, customers=self.customers, cleaner=self.cleaner, random=self.random
        )

    def failing_at(self, step: int, *, late: bool) -> None:
        self.steps.taken.clear()
        self.steps.fail_at, self.steps.late = step, late

    def healthy(self) -> None:
        self.steps.fail_at, self.steps.fail_from_then_on = 0, False

    async def secret_in_use(self) -> str | None:
        """The value that the row names in the vault; fails if the row names one that cannot be read."""
        stored = self.customers.rows.get("contoso")
        if stored is None or stored.customer.newest is None or stored.customer.newest.secret_version is None:
            return None
        return await self.vault.read(stored.customer.secret_name(), stored.customer.newest.secret_version)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_the_secret_goes_to_the_vault_with_its_expiry_and_the_row_names_its_version(office: Office):
    customer = await office.save(replace(DRAFT, secret_expires=Expiry(on=date(2027, 11, 20))))

    versions = office.vault.secrets[customer.secret_name()]
    assert [(v.value, v.expires) for v in versions.values()] == [("s3cret", Expiry(on=date(2027, 11, 20)))]
    assert await office.secret_in_use() == "s3cret"
    assert "s3cret" not in repr(office.customers.get())


async def test_leaving_the_secret_out_keeps_it(office: Office):
    await office.save()

    await office.save(replace(DRAFT, secret=None))

    assert await office.secret_in_use() == "s3cret"


async def test_another_expiry_makes_another_version_with_the_same_value(office: Office):
    first = await office.save()

    second = await office.save(replace(DRAFT, secret=None, secret_expires=NEVER))

    assert second.newest is not None
    assert first.newest is not None
    assert second.newest.secret_version != first.newest.secret_version
    assert await office.secret_in_use() == "s3cret"


async def test_a_kept_secret_that_is_gone_from_the_vault_has_to_be_given_again(office: Office):
    customer = await office.save()
    office.vault.secrets.pop(customer.secret_name())

    with pytest.raises(InvalidRequest, match=r"^applicationSecret: must be given again"):
        await office.save(replace(DRAFT, secret=None, secret_expires=NEVER))


async def test_another_application_takes_the_old_secret_out_of_the_vault(office: Office):
    old = await office.save()

    new = await office.save(
        replace(
            DRAFT,
            secret="other",
            access=replace(DRAFT.access, application_id="b" * 8 + DRAFT.access.application_id[8:]),
        )
    )

    assert old.secret_name() not in office.vault.secrets
    assert office.vault.usable() == ["other"]
    assert new.leftovers == ()


@pytest.mark.parametrize("matching", [frozenset({"old"}), frozenset({"old", "older"})])
async def test_an_edition_that_is_no_longer_current_is_refused_and_nothing_is_written(
    office: Office, matching: frozenset[str]
):
    before = await office.save()

    with pytest.raises(ConfigurationChanged):
        await office.save(replace(DRAFT, secret="new"), if_match=matching)

    assert office.customers.get() == before
    assert office.vault.usable() == ["s3cret"]


async def test_if_match_needs_something_to_match(office: Office):
    for matching in (frozenset({"*"}), frozenset({"x"})):
        with pytest.raises(ConfigurationChanged):
            await office.save(if_match=matching)
        await office.delete(if_match=matching)  # nothing to delete is fine
    assert office.vault.secrets == {}


async def test_of_two_saves_at_once_the_later_wins_whole_and_the_losers_version_is_withdrawn(office: Office):
    first = await office.save()

    def somebody_else() -> None:
        other = replace(first, edition="other", newest=replace(first.newest, id="other") if first.newest else None)
        office.customers.put(other)

    office.customers.before_write = somebody_else
    await office.save(replace(DRAFT, secret="mine"))

    assert await office.secret_in_use() == "mine"
    assert sorted(office.vault.usable()) == ["mine", "s3cret"], "the version of the lost attempt is disabled"


async def test_with_if_match_the_loser_of_two_saves_at_once_is_told_and_leaves_nothing(office: Office):
    first = await office.save()
    office.customers.before_write = lambda: office.customers.put(replace(first, edition="other"))

    with pytest.raises(ConfigurationChanged):
        await office.save(replace(DRAFT, secret="mine"), if_match=frozenset({first.edition}))

    assert await office.secret_in_use() == "s3cret"
    assert office.vault.usable() == ["s3cret"]


async def test_of_two_first_saves_at_once_the_loser_leaves_no_secret_of_its_generation(office: Office):
    rival = Office()
    other = await rival.save(replace(DRAFT, secret="rival"))

    def somebody_else() -> None:
        office.customers.put(replace(other, generation="rival", edition="rival"))
        office.vault.secrets["customer--contoso--rival"] = rival.vault.secrets[other.secret_name()]

    office.customers.before_write = somebody_else
    saved = await office.save(replace(DRAFT, secret="mine"))

    assert saved.generation == "rival"
    assert set(office.vault.secrets) == {"customer--contoso--rival"}
    assert await office.secret_in_use() == "mine"


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_save_that_fails_at_any_step_leaves_a_row_whose_secret_can_be_read(
    office: Office, step: int, late: bool
):
    await office.save()
    office.failing_at(step, late=late)
    changed = replace(DRAFT, secret="new", access=replace(DRAFT.access, tenant_id="fabrikam.com"))

    try:
        await office.save(changed)
        failed = False
    except CalendarError:
        failed = True
    office.healthy()

    assert await office.secret_in_use() in ({"s3cret", "new"} if failed else {"new"})
    await office.save(changed)
    assert await office.secret_in_use() == "new"
    assert office.customers.get().leftovers == ()
    if failed and late:
        return  # an answer of the vault that was lost leaves a version that no row names; the scan finds those
    assert set(office.vault.usable()) == {"new"}


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_save_after_which_everything_is_down_never_leaves_a_row_that_names_an_unreadable_secret(
    office: Office, step: int, late: bool
):
    await office.save()
    office.failing_at(step, late=late)
    office.steps.fail_from_then_on = True
    with suppress(CalendarError):
        await office.save(replace(DRAFT, secret="new"))
    office.healthy()

    assert await office.secret_in_use() in {"s3cret", "new"}


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", range(1, 8))
async def test_a_deletion_that_fails_at_any_step_is_finished_by_the_next(office: Office, step: int, late: bool):
    customer = await office.save()
    office.connections.put(Connection("contoso", customer.generation, "ada", TENANT, "oid", b"sealed", NOW, NOW))
    office.failing_at(step, late=late)
    try:
        await office.delete()
    except CalendarError:
        if "write row" in office.steps.taken[:-1]:
            left = office.customers.rows.get("contoso")
            assert left is None or left.customer.deleted, "from the tombstone on nothing answers"
    office.healthy()

    await office.delete()

    assert office.customers.rows == {}
    assert office.vault.secrets == {}
    assert office.connections.rows == {}


async def test_a_save_after_a_deletion_that_was_interrupted_finishes_it(office: Office):
    old = await office.save()
    office.failing_at(4, late=False)  # read, tombstone, read, delete secret
    with pytest.raises(CalendarError):
        await office.delete()
    office.healthy()
    assert old.secret_name() in office.vault.secrets

    new = await office.save(replace(DRAFT, secret="new"))

    assert new.generation != old.generation
    assert office.vault.usable() == ["new"]


async def test_a_customer_saved_again_during_its_deletion_stays(office: Office):
    await office.save()
    tombstone_written = False

    async def save_in_between(*_: object, **__: object) -> None:
        nonlocal tombstone_written
        tombstone_written = office.customers.get().deleted
        await office.save(replace(DRAFT, secret="new"))

    cleaner = office.cleaner
    office.cleaner = replace(cleaner)
    object.__setattr__(office.cleaner, "remove", save_in_between)
    deleting, office.cleaner = office.cleaner, cleaner

    await delete_configuration(
        "contoso", if_match=None, customers=office.customers, cleaner=deleting, random=office.random
    )

    assert tombstone_written
    assert await office.secret_in_use() == "new"


async def test_cleaning_up_forgets_only_what_it_removed(office: Office):
    await office.save()
    remove = office.cleaner.remove

    async def another_leaves_more(customer_id: str, generations: tuple[str, ...]) -> None:
        await remove(customer_id, generations)
        customer = office.customers.get()
        office.customers.put(replace(customer, leftovers=(*customer.leftovers, "left in the meantime")))

    object.__setattr__(office.cleaner, "remove", another_leaves_more)
    other = replace(DRAFT.access, tenant_id="fabrikam.com")
    await office.save(replace(DRAFT, access=other))

    assert office.customers.get().leftovers == ("left in the meantime",)


async def test_a_save_that_meets_a_deletion_under_way_begins_anew(office: Office):
    old = await office.save()

    async def deleted_meanwhile(name: str, secret: str, expires: Expiry, *, copy_of: str | None = None) -> str:
        office.vault.write = write  # type: ignore[method-assign]
        await office.delete()
        raise Conflict  # Key Vault's answer for a name in soft deletion

    write = office.vault.write
    office.vault.write = deleted_meanwhile  # type: ignore[method-assign]
    new = await office.save(replace(DRAFT, secret="new"))

    assert new.generation != old.generation
    assert office.vault.usable() == ["new"]


@pytest.mark.parametrize("late", [False, True], ids=["before it did its work", "after it did its work"])
@pytest.mark.parametrize("step", range(1, 8))
async def test_a_deletion_with_if_match_that_fails_at_any_step_is_finished_by_the_same_again(
    office: Office, step: int, late: bool
):
    customer = await office.save()
    office.failing_at(step, late=late)
    with suppress(CalendarError):
        await office.delete(if_match=frozenset({customer.edition}))
    office.healthy()

    await office.delete(if_match=frozenset({customer.edition}))

    assert office.customers.rows == {}
    assert office.vault.secrets == {}


async def test_a_deletion_of_an_older_edition_is_refused(office: Office):
    first = await office.save()
    await office.save(replace(DRAFT, secret="new"))

    with pytest.raises(ConfigurationChanged):
        await office.delete(if_match=frozenset({first.edition}))

    assert await office.secret_in_use() == "new"


async def test_deleting_nobody_is_fine(office: Office):
    await office.delete()

    assert office.customers.rows == {}
