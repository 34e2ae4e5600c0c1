"""Another expiry of the same secret makes another version: what was added by hand before it is still found and kept."""

import itertools
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import Customer, Draft
from lib.domain.credential import UNKNOWN, Expiry
from lib.domain.findings import Newer
from lib.ports import Deadline, VaultVersion
from lib.usecases.clean_up import Cleaner
from lib.usecases.save_configuration import save_configuration
from lib.usecases.versions import made_at
from tests.usecases.consent_fakes import FakeConsents
from tests.usecases.fakes import NOW
from tests.usecases.scanning import BUSY, CALENDARS, LONG_AGO, OPERATOR, REFUSED, Place, on


class Edited(Place):
    """A customer with a stored secret, whose configuration is saved as an administrator does."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.add("contoso", expires=on(3))
        self._marks = itertools.count(1)

    def customer(self) -> Customer:
        return self.customers.get("contoso")

    def in_use(self) -> tuple[str | None, Expiry]:
        revision = self.customer().active
        assert revision is not None
        return revision.secret_version, revision.expires

    async def save(self, expires: Expiry) -> str:
        """Save another date and nothing else; return the version that holds the secret from then on."""
        newest = self.customer().newest
        assert newest is not None
        saved = await save_configuration(
            "contoso",
            Draft(newest.access, newest.wishes, expires),
            if_match=None,
            customers=self.customers,
            vault=self.vault,
            cleaner=Cleaner(self.customers, self.vault, FakeConsents(self.steps), self.connections, self.alerts),
            now=self.clock,
            random=lambda: f"save-{next(self._marks)}",
        )
        assert saved.newest is not None
        version = saved.newest.secret_version or ""
        if version != newest.secret_version:
            self.vault.secrets[saved.secret_name()][version].created_at = self.now
        return version

    def by_hand(self, *, hours_ago: float = 3, expires: Expiry = UNKNOWN) -> str:
        self.entra.answers.setdefault("by hand", CALENDARS)
        created_at = self.now - timedelta(hours=hours_ago)
        return self.vault.add_by_hand(self.customer().secret_name(), "by hand", created_at, expires)

    def enabled(self) -> set[str]:
        versions = self.vault.secrets[self.customer().secret_name()]
        return {name for name, version in versions.items() if version.enabled}


@pytest.fixture
def place() -> Edited:
    return Edited()


def version(name: str, hours: int, copy_of: str = "") -> VaultVersion:
    return VaultVersion(name, NOW + timedelta(hours=hours), True, UNKNOWN, True, copy_of)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("first", 0), ("second", 0), ("third", 0), ("other", 3), ("of one that is gone", 4), (None, None), ("no", None)],
)
def test_a_value_is_as_old_as_the_version_it_was_copied_from(name: str | None, hours: int | None):
    versions = [
        version("third", 2, "second"),
        version("first", 0),
        version("second", 1, "first"),
        version("other", 3),
        version("of one that is gone", 4, "purged"),
    ]

    assert made_at(versions, name) == (None if hours is None else NOW + timedelta(hours=hours))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_versions_that_name_each_other_in_a_circle_come_to_an_end(length: int):
    versions = [version(f"v{number}", number, f"v{(number + 1) % length}") for number in range(length)]

    assert made_at(versions, "v0") in {found.created_at for found in versions}


async def test_a_saved_date_makes_a_copy_that_names_what_it_was_copied_from(place: Edited):
    first = await place.save(on(400))
    second = await place.save(on(500))

    versions = await place.vault.versions(place.customer().secret_name())
    copies = {found.id: found.copy_of for found in versions}
    assert copies == {"v-contoso": "", first: "v-contoso", second: first}
    assert made_at(versions, second) == LONG_AGO


@pytest.mark.parametrize("saves", [1, 2])
async def test_a_version_added_by_hand_before_a_date_was_typed_is_adopted_with_that_date(place: Edited, saves: int):
    by_hand = place.by_hand()
    for number in range(saves):
        await place.save(on(499 + number))

    await place.run()

    assert place.in_use() == (by_hand, on(498 + saves))
    assert place.told() == {}, "there is nothing to tell of it"


async def test_its_own_date_is_worth_more_than_the_one_typed(place: Edited):
    by_hand = place.by_hand(expires=on(700))
    await place.save(on(500))

    await place.run()

    assert place.in_use() == (by_hand, on(700))


async def test_a_date_typed_before_the_version_was_added_is_not_its_date(place: Edited):
    await place.save(on(500))
    place.now += timedelta(hours=4)
    by_hand = place.by_hand()

    await place.run()

    assert place.in_use() == (by_hand, UNKNOWN)


async def test_a_save_that_leaves_the_date_alone_makes_it_no_date_of_the_version_added_before(place: Edited):
    by_hand = place.by_hand()
    assert await place.save(on(3)) == "v-contoso", "nothing new for the vault"

    await place.run()

    assert place.in_use() == (by_hand, UNKNOWN)


async def test_the_date_of_a_pasted_secret_is_its_own_also_at_the_very_moment_of_another(place: Edited):
    """The vault tells moments by the second."""
    by_hand = place.by_hand(hours_ago=24 * 100)
    versions = place.vault.secrets[place.customer().secret_name()]
    assert versions[by_hand].created_at == versions["v-contoso"].created_at

    await place.run()

    assert place.in_use() == (by_hand, UNKNOWN)


async def test_a_version_added_by_hand_is_not_disabled_before_it_could_be_tried(place: Edited):
    by_hand = place.by_hand()
    place.entra.answers["by hand"] = BUSY
    await place.save(on(500))
    for _ in range(3):
        place.now += timedelta(hours=2)
        await place.run()
        assert by_hand in place.enabled()
    place.entra.answers["by hand"] = CALENDARS

    await place.run()

    assert place.in_use() == (by_hand, on(500))


async def test_a_version_that_entra_id_refuses_is_told_also_after_a_date_was_typed(place: Edited):
    by_hand = place.by_hand()
    place.entra.answers["by hand"] = REFUSED
    saved = await place.save(on(500))
    place.now += timedelta(hours=2)

    looked = await place.scan().looker.look(place.customer(), Deadline.after(30))
    await place.run()

    assert looked.seen is not None
    assert (looked.seen.newer, looked.seen.newer_version) == (Newer.REFUSED, by_hand)
    assert place.told() == {(OPERATOR, "contoso", Kind.NEWER): 1}
    assert place.enabled() >= {by_hand, saved}


async def test_what_is_older_than_the_secret_itself_is_superseded_still(place: Edited):
    old = place.by_hand(hours_ago=24 * 365)
    saved = await place.save(on(500))
    place.now += timedelta(hours=2)

    await place.run()

    assert place.in_use() == (saved, on(500))
    assert old not in place.enabled()
    assert saved in place.enabled()


async def test_a_secret_pasted_after_the_version_was_added_is_the_one_to_use(place: Edited):
    by_hand = place.by_hand()
    place.renew("contoso", on(300))
    pasted, _ = place.in_use()
    await place.save(on(500))

    await place.run()

    saved, expires = place.in_use()
    assert saved not in {by_hand, pasted}
    assert expires == on(500)
    assert await place.vault.read(place.customer().secret_name(), saved or "") == "contoso-renewed"
