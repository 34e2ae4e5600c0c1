"""What a save does to what was stored before, and what a test does to what was saved."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from lib.domain.configuration import (
    Access,
    ConfigurationType,
    Consent,
    Customer,
    Details,
    Draft,
    Revision,
    Wishes,
    answering,
    configured,
    saved,
)
from lib.domain.credential import NEVER, Expiry
from lib.domain.errors import CustomerNotFound, InvalidRequest, Refused
from lib.domain.saving import activated, keeps_secret, needs_version, require_secret, save

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
TENANT = "11111111-0000-0000-0000-000000000001"
OTHER_TENANT = "22222222-0000-0000-0000-000000000002"
APPLICATION = "aaaaaaaa-0000-0000-0000-000000000001"
LOGIN_URL = "https://login.microsoft.com/common/oauth2/v2.0/authorize?whr=contoso.com"

ACCESS = Access(ConfigurationType.ADVANCED, "contoso.com", APPLICATION, Consent.ADMIN)
FIRST = Draft(ACCESS, Wishes(), Expiry(on=date(2027, 11, 20)), "s3cret")
AGAIN = replace(FIRST, secret=None)


def fresh() -> Customer:
    return save(None, "contoso", FIRST, secret_version="v1", now=NOW, mark="m1")


def ready() -> Customer:
    tested = activated(fresh(), "m1", tenant=TENANT, scoped=False)
    assert tested is not None
    return tested


def test_a_first_save_is_untested_and_waits_for_its_test():
    customer = fresh()

    assert (customer.state, customer.pending, customer.generation, customer.edition) == ("untested", True, "m1", "m1")
    assert customer.secret_name() == "customer--contoso--m1"


def test_a_passed_test_makes_the_revision_active_and_pins_the_tenant():
    customer = ready()

    assert (customer.state, customer.pending) == ("ready", False)
    assert answering(customer)[1].tenant == TENANT


def test_a_test_of_a_revision_that_is_no_longer_the_newest_activates_nothing():
    assert activated(ready(), "another", tenant=TENANT) is None


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(replace(AGAIN, secret="new"), id="a new secret"),
        pytest.param(replace(AGAIN, access=replace(ACCESS, consent=Consent.USER)), id="another consent"),
        pytest.param(replace(FIRST, access=replace(ACCESS, login_url=LOGIN_URL)), id="another sign-in host"),
    ],
)
def test_other_saves_make_a_pending_revision_and_the_active_one_keeps_answering(draft: Draft):
    before = ready()

    after = save(before, "contoso", draft, secret_version="v2" if draft.secret else None, now=NOW, mark="m2")

    assert (after.state, after.pending, after.generation) == ("ready", True, before.generation)
    assert answering(after)[1] == before.active
    assert after.newest is not None
    assert after.newest.secret_version == ("v2" if draft.secret else "v1")


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(replace(AGAIN, wishes=Wishes(details=Details.FULL)), id="details"),
        pytest.param(replace(AGAIN, wishes=Wishes(allowed_domains=("contoso.com",))), id="allowedDomains"),
        pytest.param(replace(AGAIN, wishes=Wishes(alert_recipients=("a@contoso.com",))), id="alertRecipients"),
        pytest.param(replace(AGAIN, wishes=Wishes(redirect_uri="https://x.example/y")), id="redirectUri"),
        pytest.param(replace(AGAIN, secret_expires=NEVER), id="secretExpires"),
        pytest.param(AGAIN, id="nothing"),
    ],
)
def test_a_save_of_wishes_only_counts_at_once_and_needs_no_test(draft: Draft):
    after = save(ready(), "contoso", draft, secret_version=None, now=NOW, mark="m2")

    assert (after.state, after.pending, after.edition) == ("ready", False, "m2")
    assert after.active == after.newest
    assert answering(after)[1].wishes == draft.wishes
    assert answering(after)[1].secret_expires == draft.secret_expires


def test_wishes_saved_while_a_revision_is_pending_count_for_the_active_one_too():
    pending = save(
        ready(),
        "contoso",
        replace(AGAIN, secret="new", wishes=Wishes(details=Details.FULL)),
        secret_version="v2",
        now=NOW,
        mark="m2",
    )

    after = save(
        pending,
        "contoso",
        replace(AGAIN, wishes=Wishes(details=Details.FULL, alert_recipients=("a@contoso.com",))),
        secret_version=None,
        now=NOW,
        mark="m3",
    )

    _, active = answering(after)
    assert active.wishes.alert_recipients == ("a@contoso.com",)
    assert active.wishes.details is Details.TIME, "what came with the pending secret still waits for its test"
    assert (active.secret_version, after.pending) == ("v1", True)


@pytest.mark.parametrize(
    "access",
    [
        pytest.param(replace(ACCESS, tenant_id="fabrikam.com"), id="tenant"),
        pytest.param(replace(ACCESS, tenant_id=OTHER_TENANT), id="tenant GUID"),
        pytest.param(replace(ACCESS, application_id=OTHER_TENANT), id="application"),
        pytest.param(Access(ConfigurationType.BASIC, "contoso.com"), id="type basic"),
    ],
)
def test_another_tenant_or_application_begins_a_new_generation_untested(access: Access):
    after = save(ready(), "contoso", replace(FIRST, access=access), secret_version="v9", now=NOW, mark="m2")

    assert (after.state, after.active, after.generation, after.leftovers) == ("untested", None, "m2", ("m1",))


@pytest.mark.parametrize("tenant", ["contoso.com", TENANT])
def test_a_pinned_tenant_is_known_by_its_domain_and_by_its_guid(tenant: str):
    draft = replace(AGAIN, access=replace(ACCESS, tenant_id=tenant))

    after = save(ready(), "contoso", draft, secret_version=None, now=NOW, mark="m2")

    assert (after.state, after.pending, after.generation) == ("ready", False, "m1")


def test_type_none_takes_effect_at_once_and_keeps_the_secret_of_the_same_application():
    access = replace(ACCESS, type=ConfigurationType.NONE)

    after = save(ready(), "contoso", replace(AGAIN, access=access), secret_version=None, now=NOW, mark="m2")

    assert (after.state, after.pending, after.active) == ("untested", False, None)
    assert after.newest is not None
    assert after.newest.secret_version == "v1"
    with pytest.raises(Refused) as refused:
        answering(after)
    assert refused.value.code == "calendarNotConfigured"


def test_type_none_without_an_application_leaves_the_old_secret_behind():
    after = save(ready(), "contoso", Draft(), secret_version=None, now=NOW, mark="m2")

    assert (after.generation, after.leftovers) == ("m2", ("m1",))


def test_a_deleted_customer_begins_anew_and_still_remembers_its_leftovers():
    tombstone = replace(ready(), newest=None, active=None, leftovers=("m1",))

    after = save(tombstone, "contoso", FIRST, secret_version="v1", now=NOW, mark="m2")

    assert (after.generation, after.leftovers, after.state) == ("m2", ("m1",), "untested")


@pytest.mark.parametrize(
    ("access", "kept"),
    [
        (ACCESS, True),
        (replace(ACCESS, consent=Consent.USER), True),
        (replace(ACCESS, tenant_id="fabrikam.com"), False),
        (replace(ACCESS, application_id=OTHER_TENANT), False),
        (replace(ACCESS, login_url=LOGIN_URL), False),
    ],
)
def test_a_stored_secret_serves_only_what_it_was_saved_for(access: Access, kept: bool):
    stored = ready().newest

    assert keeps_secret(access, stored) is kept
    if kept:
        require_secret(replace(AGAIN, access=access), stored)
    else:
        with pytest.raises(InvalidRequest, match="applicationSecret: must be given again"):
            require_secret(replace(AGAIN, access=access), stored)


def test_a_first_save_without_a_secret_is_refused():
    with pytest.raises(InvalidRequest, match="applicationSecret: is missing"):
        require_secret(AGAIN, None)


@pytest.mark.parametrize(
    ("draft", "needed"), [(FIRST, True), (AGAIN, False), (replace(AGAIN, secret_expires=NEVER), True)]
)
def test_the_vault_gets_a_version_for_a_new_secret_and_for_a_new_expiry(draft: Draft, needed: bool):
    assert needs_version(ready(), draft) is needed


def test_a_new_expiry_reaches_the_active_revision_that_shares_the_secret():
    pending = save(
        ready(),
        "contoso",
        replace(AGAIN, access=replace(ACCESS, consent=Consent.USER)),
        secret_version=None,
        now=NOW,
        mark="m2",
    )
    draft = replace(AGAIN, access=replace(ACCESS, consent=Consent.USER), secret_expires=NEVER)
    assert pending.active is not None
    learned = replace(pending.active, learned_expires=Expiry(on=date(2027, 1, 1)))
    pending = replace(pending, active=learned)

    after = save(pending, "contoso", draft, secret_version="v2", now=NOW, mark="m3")

    assert answering(after)[1].secret_version == "v2"
    assert answering(after)[1].expires == NEVER, "what was learned of the old version is not said of the new one"


@pytest.mark.parametrize("customer", [None, replace(ready(), newest=None)])
def test_who_was_never_saved_or_was_deleted_is_not_found(customer: Customer | None):
    for find in (saved, configured, answering):
        with pytest.raises(CustomerNotFound):
            find(customer)


def test_without_an_active_revision_calendars_are_refused():
    with pytest.raises(Refused) as refused:
        answering(fresh())

    assert refused.value.code == "calendarNotTested"


def test_a_secret_never_shows_in_a_repr():
    assert "s3cret" not in repr(FIRST)
    assert "s3cret" not in repr(fresh())


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("ada@contoso.com", True),
        ("ADA@CONTOSO.COM", True),
        ("ada@sub.contoso.com", False),
        ("ada", False),
        ("b@y.com;a@contoso.com", False),
        ("<b@y.com> a@contoso.com", False),
        ("smtp:a@contoso.com", False),
    ],
)
def test_allowed_domains_are_compared_whole_and_without_regard_to_case(address: str, allowed: bool):
    assert Wishes(allowed_domains=("contoso.com",)).allows(address) is allowed


def test_without_allowed_domains_every_address_may_be_asked():
    assert Wishes().allows("anybody@example.com")


def test_learned_expiry_counts_more_than_the_typed_one():
    revision = Revision("r", NOW, ACCESS, secret_expires=NEVER, learned_expires=Expiry(on=date(2027, 1, 1)))

    assert revision.expires == Expiry(on=date(2027, 1, 1))


def test_a_redirect_uri_that_is_not_this_deployments_any_more_gives_way_to_the_default():
    own = ("https://a.example/mobile/getcalendar", "https://b.example/mobile/getcalendar")

    assert Wishes().redirect_uri_of(own) == own[0]
    assert Wishes(redirect_uri=own[1]).redirect_uri_of(own) == own[1]
    assert Wishes(redirect_uri="https://gone.example/mobile/getcalendar").redirect_uri_of(own) == own[0]
