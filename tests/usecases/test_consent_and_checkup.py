"""Testing a configuration and proving a consent, where time and other people come in between."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lib.domain.checkup import CheckName, Outcome, Report
from lib.domain.clouds import CLOUDS
from lib.domain.configuration import Consent, Customer
from lib.domain.consent import AdminAnswer, AnswerNotUsable, Ending, Link, LinkNotUsable, SignIn
from lib.domain.credential import Expiry
from lib.domain.errors import CustomerNotFound
from lib.domain.microsoft import EntraRefused, GraphRefused, RegisteredSecret
from lib.domain.saving import save
from lib.ports import Deadline
from lib.usecases.checks import Chain
from lib.usecases.finish_consent import finish_consent
from lib.usecases.invite_admin import invite_admin
from lib.usecases.start_consent import start_consent
from lib.usecases.test_configuration import test_configuration as run_checkup
from tests.usecases.fakes import DRAFT, NOW, TENANT, FakeConsents, FakeCustomers, FakeEntra, FakeGraph, FakeVault, marks

CALENDAR = ("Calendars.ReadBasic.All",)
DENIED = GraphRefused(403, "ErrorAccessDenied")
YES = AdminAnswer(None, (), consented=True, tenant=TENANT)


class Office:
    """A customer that was saved, and everything around it; the clock is `now`."""

    def __init__(self, roles: tuple[str, ...] = CALENDAR) -> None:
        self.now = NOW
        self.customers, self.vault, self.consents = FakeCustomers(), FakeVault(), FakeConsents()
        self.entra, self.graph = FakeEntra(roles=roles), FakeGraph()
        self.chain = Chain(self.entra, self.graph, ("https://app.example/mobile/getcalendar",), near_days=60)
        self.random = iter(f"{number:043d}" for number in range(1, 99))
        self.saved = save(None, "contoso", DRAFT, secret_version="v1", now=NOW, mark="m1")

    async def prepare(self) -> "Office":
        await self.vault.write(self.saved.secret_name(), "s3cret", DRAFT.secret_expires)
        self.customers.put(self.saved)
        return self

    async def test(self) -> Report:
        return await run_checkup(
            "contoso",
            "recruiter@contoso.com",
            None,
            customers=self.customers,
            vault=self.vault,
            chain=self.chain,
            now=lambda: self.now,
            random=marks(),
            deadline=Deadline.after(30),
        )

    async def open(self, url: str) -> tuple[str, str]:
        """Open a link; return the state sent to Microsoft and the cookie's value."""
        start = await start_consent(
            url.rpartition("/")[2],
            cloud=CLOUDS["global"],
            basic_application_id=None,
            default_redirect_uri="https://app.example/mobile/getcalendar",
            customers=self.customers,
            consents=self.consents,
            now=lambda: self.now,
            random=lambda: next(self.random),
        )
        return start.location.rpartition("state=")[2], start.binder

    async def invite(self) -> str:
        url, _ = await invite_admin(
            "contoso",
            "https://ats.example/back",
            default_redirect_uri="https://app.example/mobile/getcalendar",
            customers=self.customers,
            consents=self.consents,
            now=lambda: self.now,
            random=lambda: next(self.random),
        )
        return url

    async def finish(self, state: str, binder: str, answer: AdminAnswer = YES) -> Ending:
        finish = await finish_consent(
            state,
            frozenset({binder}),
            answer,
            customers=self.customers,
            consents=self.consents,
            vault=self.vault,
            chain=self.chain,
            now=lambda: self.now,
            deadline=Deadline.after(30),
            pauses=(0.0, 0.0),
        )
        assert finish.return_url == "https://ats.example/back"
        return finish.ending

    def customer(self) -> Customer:
        return self.customers.get()


def outcome(report: Report, name: CheckName) -> Outcome:
    return next(check.outcome for check in report.checks if check.name is name)


async def test_a_passed_test_activates_pins_and_remembers():
    office = await Office().prepare()

    report = await office.test()

    assert report.passed
    assert (office.customer().state, office.customer().pending) == ("ready", False)
    assert office.customer().admin_consent.granted_at == NOW
    assert office.customer().last_test == report


async def test_a_revision_saved_while_the_test_ran_is_not_activated_by_it():
    office = await Office().prepare()

    async def somebody_saves() -> None:
        office.entra.on_token = None
        draft = replace(DRAFT, secret="new")
        office.customers.put(save(office.customer(), "contoso", draft, secret_version="v2", now=NOW, mark="m2"))

    office.entra.on_token = somebody_saves
    assert (await office.test()).passed

    assert (office.customer().state, office.customer().pending) == ("untested", True)
    assert office.customer().last_test is None


async def test_wishes_saved_while_the_test_ran_do_not_spoil_it():
    office = await Office().prepare()

    async def somebody_saves() -> None:
        office.entra.on_token = None
        wishes = replace(DRAFT.wishes, alert_recipients=("a@contoso.com",))
        draft = replace(DRAFT, secret=None, wishes=wishes)
        office.customers.put(save(office.customer(), "contoso", draft, secret_version=None, now=NOW, mark="m2"))

    office.entra.on_token = somebody_saves
    await office.test()

    active = office.customer().active
    assert active is not None
    assert active.wishes.alert_recipients == ("a@contoso.com",)


async def test_a_failed_test_of_the_active_revision_changes_the_state_and_not_what_answers():
    office = await Office().prepare()
    await office.test()
    office.entra.secrets = ()

    assert not (await office.test()).passed

    assert office.customer().state == "failing"
    assert office.customer().active is not None
    office.entra.secrets = ("s3cret",)
    await office.test()
    assert office.customer().state == "ready"


async def test_without_roles_a_call_that_works_proves_rbac_for_applications():
    office = await Office(roles=()).prepare()

    report = await office.test()

    assert report.passed
    assert outcome(report, CheckName.PERMISSION) is Outcome.WARNING
    active = office.customer().active
    assert active is not None
    assert active.scoped


async def test_without_roles_a_refused_call_fails_the_permission():
    office = await Office(roles=()).prepare()
    office.graph.refusals.append(DENIED)

    report = await office.test()

    assert outcome(report, CheckName.PERMISSION) is Outcome.FAILED
    assert office.customer().admin_consent.granted is False


async def test_shortly_after_consent_a_refusal_is_looked_at_again(monkeypatch: pytest.MonkeyPatch):
    office = Office(roles=())
    consent = replace(office.saved.admin_consent, answered_at=NOW - timedelta(seconds=30))
    office.saved = replace(office.saved, admin_consent=consent)
    await office.prepare()
    office.graph.refusals += [DENIED]
    office.entra.refusals += [EntraRefused([7000229], "invalid_client")]
    monkeypatch.setattr("lib.usecases.test_configuration.CONSENT_PAUSES", (0.0, 0.0, 0.0))

    assert (await office.test()).passed
    assert office.entra.tokens == 3


async def test_long_after_consent_a_refusal_is_judged_at_once():
    office = Office(roles=())
    consent = replace(office.saved.admin_consent, answered_at=NOW - timedelta(minutes=6))
    office.saved = replace(office.saved, admin_consent=consent)
    await office.prepare()
    office.graph.refusals += [DENIED]

    assert not (await office.test()).passed
    assert office.entra.tokens == 1


@pytest.mark.parametrize(
    ("registered", "learned"),
    [
        ([("s3c", datetime(2027, 1, 31, 10, tzinfo=UTC)), ("xyz", NOW)], date(2027, 1, 31)),
        ([("s3c", NOW), ("s3c", datetime(2027, 1, 31, tzinfo=UTC))], None),
        ([("xyz", NOW)], None),
        ([], None),
    ],
    ids=["one fits", "two begin alike", "none fits", "none at all"],
)
async def test_the_expiry_is_learned_from_entra_where_one_secret_fits(
    registered: list[tuple[str, datetime]], learned: date | None
):
    office = await Office(roles=(*CALENDAR, "Application.Read.All")).prepare()
    office.graph.registered = [RegisteredSecret(hint, end) for hint, end in registered]

    await office.test()

    newest = office.customer().newest
    assert newest is not None
    assert newest.expires == (Expiry(on=learned) if learned else Expiry())
    (version,) = office.vault.secrets[office.customer().secret_name()].values()
    assert version.expires == newest.expires, "the vault says the same"


async def test_consent_counts_once_a_fresh_token_proves_it():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    assert await office.finish(state, binder) is Ending.CONNECTED

    assert office.customer().admin_consent.granted is True


async def test_an_answer_alone_proves_nothing():
    office = await Office(roles=()).prepare()
    state, binder = await office.open(await office.invite())

    assert await office.finish(state, binder) is Ending.NOT_VERIFIED

    assert office.customer().admin_consent.granted is None
    assert office.customer().admin_consent.answered_at == NOW


async def test_an_error_counts_even_beside_admin_consent_true():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    answer = AdminAnswer("consent_required", (65004,), consented=True, tenant=TENANT)

    assert await office.finish(state, binder, answer) is Ending.DECLINED
    assert office.customer().admin_consent.granted is None


async def test_an_answer_for_another_tenant_is_not_taken():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())

    answer = replace(YES, tenant="99999999-0000-0000-0000-000000000009")

    assert await office.finish(state, binder, answer) is Ending.WRONG_TENANT
    assert office.customer().admin_consent.granted is None


async def test_a_state_is_used_once():
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())
    await office.finish(state, binder)

    with pytest.raises(AnswerNotUsable):
        await office.finish(state, binder)


async def test_a_link_can_be_opened_again_and_every_opening_stands_for_itself():
    office = await Office().prepare()
    url = await office.invite()
    first, second = await office.open(url), await office.open(url)

    with pytest.raises(AnswerNotUsable):
        await office.finish(first[0], second[1])
    assert await office.finish(*second) is Ending.CONNECTED
    assert await office.finish(*first) is Ending.CONNECTED


@pytest.mark.parametrize(
    ("later", "usable"), [(timedelta(minutes=59), True), (timedelta(hours=1), False)], ids=["in time", "too late"]
)
async def test_a_sign_in_lasts_an_hour(later: timedelta, usable: bool):
    office = await Office().prepare()
    state, binder = await office.open(await office.invite())
    office.now += later

    if usable:
        assert await office.finish(state, binder) is Ending.CONNECTED
    else:
        with pytest.raises(AnswerNotUsable):
            await office.finish(state, binder)


async def test_a_link_lasts_seven_days_and_only_one_life_of_the_customer():
    office = await Office().prepare()
    url = await office.invite()
    state, binder = await office.open(url)

    office.now += timedelta(days=7)
    with pytest.raises(LinkNotUsable):
        await office.open(url)
    office.now = NOW
    office.customers.put(replace(office.customer(), generation="m2"))
    with pytest.raises(LinkNotUsable):
        await office.open(url)
    with pytest.raises(AnswerNotUsable):
        await office.finish(state, binder)


async def test_what_a_slow_invitation_writes_for_a_customer_that_was_deleted_is_removed():
    office = await Office().prepare()
    add_link = office.consents.add_link

    async def deleted_meanwhile(link: Link) -> None:
        office.customers.rows.clear()
        await add_link(link)

    office.consents.add_link = deleted_meanwhile  # type: ignore[method-assign]
    with pytest.raises(CustomerNotFound):
        await office.invite()

    assert office.consents.links == {}


async def test_what_a_slow_opening_writes_for_a_customer_that_began_anew_is_removed():
    office = await Office().prepare()
    url = await office.invite()
    add_sign_in = office.consents.add_sign_in

    async def renewed_meanwhile(sign_in: SignIn) -> None:
        office.customers.put(replace(office.customer(), generation="m2"))
        await add_sign_in(sign_in)

    office.consents.add_sign_in = renewed_meanwhile  # type: ignore[method-assign]
    with pytest.raises(LinkNotUsable):
        await office.open(url)

    assert office.consents.sign_ins == {}


async def test_for_user_consent_an_administrators_yes_is_for_all_and_proves_nothing_yet():
    office = Office()
    office.saved = save(
        None,
        "contoso",
        replace(DRAFT, access=replace(DRAFT.access, consent=Consent.USER)),
        secret_version="v1",
        now=NOW,
        mark="m1",
    )
    await office.prepare()
    url = await office.invite()
    state, binder = await office.open(url)

    assert await office.finish(state, binder) is Ending.CONNECTED
    assert office.customer().admin_consent.granted is None
