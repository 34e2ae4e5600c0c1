"""Deciding what has to be told, and queueing it together with the memory that it was."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from lib.domain.alerts import Kind
from lib.domain.configuration import Consent, Customer
from lib.domain.credential import UNKNOWN
from lib.domain.errors import ConfigurationChanged
from lib.domain.findings import EndedUser, Newer, Seen, Trouble
from lib.domain.notices import DEPLOYMENT, Unchecked
from lib.ports import Conflict
from lib.usecases.tell import Outcome, Teller
from lib.usecases.updating import ATTEMPTS
from tests.usecases.alert_fakes import FakeAlerts
from tests.usecases.fakes import NOW, TENANT
from tests.usecases.scanning import OPERATOR, Place, on

OWN = "it@contoso.example"


class Telling(Place):
    """A customer, and the teller of a process."""

    def teller(self) -> Teller:
        return self.scan().teller

    def customer(self) -> Customer:
        return self.customers.get("contoso")

    def seen(self, days: int = 3, **fields: object) -> Seen:
        customer = self.customer()
        return replace(Seen("v-contoso", customer.generation, on(days), asked=True), **fields)

    async def tell(self, seen: Seen) -> Outcome:
        return await self.teller().about_customer(self.customer(), seen, self.alerts.rows.get("contoso"))

    def waiting(self) -> list[tuple[str, tuple[Kind, ...]]]:
        return sorted((queued.recipient, queued.notice.kinds) for queued in self.alerts.queue.values())


@pytest.fixture
def telling() -> Telling:
    telling = Telling()
    telling.add("contoso", expires=on(3), recipients=[OWN], consent=Consent.USER)
    return telling


async def test_what_is_due_is_queued_for_the_operators_and_the_customers_own_recipients(telling: Telling):
    assert await telling.tell(telling.seen()) == Outcome(due=True)

    assert telling.waiting() == [(OWN, (Kind.EXPIRING,)), (OPERATOR, (Kind.EXPIRING,))]
    assert telling.alerts.rows["contoso"].history.expiry is not None
    assert await telling.tell(telling.seen()) == Outcome()
    assert len(telling.alerts.queue) == 2


async def test_a_notice_says_what_was_seen(telling: Telling):
    refused = Trouble("AADSTS7000215", "refused")
    ended = tuple(EndedUser(f"user{number}", NOW) for number in range(25))
    await telling.tell(telling.seen(refused=refused, ended=ended, hint="con", key_id="key-1"))

    notice = next(iter(telling.alerts.queue.values())).notice
    revision = telling.customer().active
    assert revision is not None
    assert (notice.customer, notice.generation) == ("contoso", telling.customer().generation)
    assert (notice.tenant, notice.application_id) == (TENANT, revision.access.application_id)
    assert (notice.expires, notice.works, notice.refused) == (on(3), False, refused)
    assert (notice.hint, notice.key_id, notice.found_at) == ("con", "key-1", NOW)
    assert (len(notice.users), notice.users_in_all) == (20, 25)


async def test_who_is_both_is_told_once(telling: Telling):
    telling.operators = (OWN.upper(), OPERATOR)

    await telling.tell(telling.seen())

    assert [recipient.lower() for recipient, _ in telling.waiting()] == [OWN, OPERATOR]


async def test_what_another_instance_told_meanwhile_is_not_told_again(telling: Telling):
    before = telling.alerts.rows.get("contoso")
    await telling.tell(telling.seen())

    outcome = await telling.teller().about_customer(telling.customer(), telling.seen(), before)

    assert outcome == Outcome()
    assert len(telling.alerts.queue) == 2


async def test_what_is_more_than_another_instance_told_is_told(telling: Telling):
    before = telling.alerts.rows.get("contoso")
    await telling.tell(telling.seen())
    more = telling.seen(refused=Trouble("AADSTS7000215", "refused"))

    outcome = await telling.teller().about_customer(telling.customer(), more, before)

    assert outcome == Outcome(due=True)
    assert telling.waiting() == [
        (OWN, (Kind.EXPIRING,)),
        (OWN, (Kind.REFUSED,)),
        (OPERATOR, (Kind.EXPIRING,)),
        (OPERATOR, (Kind.REFUSED,)),
    ]


class OthersFirst(FakeAlerts):
    """Somebody else is faster, every time."""

    async def commit(self, *_: object, **__: object) -> None:
        self.steps.enter("commit history")
        raise Conflict


async def test_a_history_that_others_keep_writing_is_given_up(telling: Telling, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lib.usecases.updating.random.uniform", lambda *_: 0.0)
    telling.alerts = OthersFirst(telling.steps)

    with pytest.raises(ConfigurationChanged):
        await telling.tell(telling.seen())

    assert telling.steps.taken.count("commit history") == ATTEMPTS


async def test_once_it_is_solved_who_was_told_nothing_gets_no_all_clear(telling: Telling):
    await telling.tell(telling.seen())
    before = telling.waiting()

    assert await telling.tell(telling.seen(300)) == Outcome()

    assert telling.waiting() == before, "and what waits is dropped when its turn comes"
    assert not telling.alerts.rows["contoso"].history.open


async def test_who_was_told_gets_one_all_clear(telling: Telling):
    await telling.tell(telling.seen())
    await telling.deliver()
    telling.now += timedelta(days=1)
    await telling.tell(telling.seen(300))

    assert telling.waiting() == [(OWN, (Kind.SOLVED,)), (OPERATOR, (Kind.SOLVED,))]
    await telling.tell(telling.seen(300))
    assert len(telling.alerts.queue) == 2


@pytest.mark.parametrize(
    ("news", "kind"),
    [
        ({"ended": (EndedUser("ada", NOW),)}, Kind.CONNECTIONS),
        ({"expires": UNKNOWN}, Kind.UNKNOWN),
    ],
)
async def test_who_was_told_gets_the_all_clear_also_with_other_news(
    telling: Telling, news: dict[str, object], kind: Kind
):
    await telling.end_connection("contoso", "ada", NOW)
    await telling.tell(telling.seen(300, refused=Trouble("AADSTS7000215", "refused")))
    await telling.deliver()
    telling.now += timedelta(days=1)

    await telling.tell(replace(telling.seen(300), **news))
    await telling.deliver()

    told = telling.told()
    assert told[OPERATOR, "contoso", kind] == 1
    assert told[OPERATOR, "contoso", Kind.SOLVED] == 1


async def test_an_all_clear_after_a_new_trouble_is_that_troubles_own(telling: Telling):
    await telling.tell(telling.seen())
    await telling.deliver()
    await telling.tell(telling.seen(300))
    await telling.deliver()
    await telling.tell(telling.seen(300, refused=Trouble("AADSTS7000215", "refused")))

    await telling.tell(telling.seen(300))

    kinds = {kind for _, kinds in telling.waiting() for kind in kinds}
    assert kinds == {Kind.REFUSED}, "of the second trouble nobody had heard, so there is no all clear"


async def test_without_anybody_to_tell_nothing_counts_as_told(telling: Telling):
    telling.operators = ()
    telling.add("fabrikam", expires=on(3))
    fabrikam = telling.customers.get("fabrikam")

    outcome = await telling.teller().about_customer(fabrikam, telling.seen(), None)

    assert outcome == Outcome(due=True, nobody=True)
    assert "fabrikam" not in telling.alerts.rows


@pytest.mark.parametrize("gone", ["row", "tombstone"])
async def test_a_customer_that_is_deleted_meanwhile_is_forgotten_again(telling: Telling, gone: str):
    customer, seen = telling.customer(), telling.seen()
    if gone == "row":
        telling.customers.rows.clear()
    else:
        telling.customers.put(replace(customer, newest=None, active=None))

    await telling.teller().about_customer(customer, seen, None)

    assert telling.alerts.rows == {}
    assert telling.alerts.queue == {}


async def test_what_could_not_be_checked_is_told_the_operators_only(telling: Telling):
    entries = [Unchecked(f"customer-{number}", "throttled", "busy") for number in range(30)]

    assert await telling.teller().about_unchecked(entries, 30) == Outcome(due=True)

    [queued] = telling.alerts.queue.values()
    assert (queued.recipient, queued.notice.customer) == (OPERATOR, DEPLOYMENT)
    assert (len(queued.notice.unchecked), queued.notice.unchecked_in_all) == (20, 30)
    assert await telling.teller().about_unchecked(entries, 30) == Outcome()


async def test_a_scan_that_broke_off_as_a_whole_is_told_although_no_customer_is_named(telling: Telling):
    outcome = await telling.teller().about_unchecked([Unchecked(None, "microsoftUnavailable", "down")], 0)

    assert outcome == Outcome(due=True)
    assert telling.waiting() == [(OPERATOR, (Kind.UNCHECKED,))]


async def test_every_alert_is_one_line_in_the_log(telling: Telling, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING, "calendar_connector"):
        await telling.tell(telling.seen(refused=Trouble("AADSTS7000215", "refused"), ended=(EndedUser("ada", NOW),)))

    [line] = [record.line for record in caplog.records]
    assert line == {
        "event": "secretAlert",
        "customer": "contoso",
        "kinds": ("refused", "expiring", "connections"),
        "expires": "2026-11-24",
        "reason": "AADSTS7000215",
    }


@pytest.mark.parametrize(
    ("news", "kind"),
    [
        ({"ended": (EndedUser("ada", NOW),)}, Kind.CONNECTIONS),
        ({"newer": Newer.REFUSED}, Kind.NEWER),
        ({"expires": UNKNOWN}, Kind.UNKNOWN),
    ],
)
async def test_what_is_told_once_and_waits_still_is_not_lost_when_the_trouble_beside_it_is_solved(
    telling: Telling, news: dict[str, object], kind: Kind
):
    await telling.end_connection("contoso", "ada", NOW)
    await telling.tell(replace(telling.seen(300), withdrawn=Trouble("AADSTS7000229", "withdrawn"), **news))
    await telling.tell(replace(telling.seen(300), **news))

    await telling.deliver()

    assert telling.told() == {(OPERATOR, "contoso", kind): 1, (OWN, "contoso", kind): 1}
