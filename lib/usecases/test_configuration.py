"""Test Calendar Configuration: the whole chain, check by check, for the newest revision or for a draft."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from lib.domain.checkup import Report
from lib.domain.configuration import AdminConsent, Customer, Draft, Revision, configured, not_configured
from lib.domain.configuration import ConfigurationType as Type
from lib.domain.connection import not_connected, user_key
from lib.domain.errors import CalendarError
from lib.domain.microsoft import UserToken
from lib.domain.saving import activated, keeps_secret, require_secret, same_application
from lib.ports import Credential, Customers, Deadline, Now, Random, Vault
from lib.usecases.adoption import Adoption
from lib.usecases.checks import Chain, Examined, Subject
from lib.usecases.credentials import Credentials
from lib.usecases.renewals import Renewals
from lib.usecases.updating import update

# After an administrator consented, Entra ID may lag for some seconds; Microsoft names no figure, minutes were seen.
_FRESH_CONSENT = timedelta(minutes=5)
CONSENT_PAUSES = (1.0, 2.0, 4.0, 6.0)  # seconds between looks
_FRESH_TEST = timedelta(hours=1)
_SHORT_PAUSES = (1.0, 2.0, 2.0)  # where consent may have been given in Microsoft's own pages, of which nobody tells us


async def test_configuration(
    customer_id: str,
    user: str,
    draft: Draft | None,
    *,
    customers: Customers,
    credentials: Credentials,
    renewals: Renewals,
    chain: Chain,
    adoption: Adoption,
    now: Now,
    random: Random,
    deadline: Deadline,
) -> Report:
    """Test the newest revision, or the draft without storing anything.

    A passed test of the newest revision makes it the active one, if it is still the newest by then. When Entra ID does
    not take its secret, and somebody added a newer version to the vault that it does take, that one is tested.
    Raises CustomerNotFound, Refused (type none), InvalidRequest (a draft without a usable secret),
    MicrosoftUnavailable (Entra ID cannot be reached at all).
    """
    stored = await customers.read(customer_id)
    if draft is not None:
        subject = _of_draft(customer_id, draft, stored.customer if stored else None, credentials, renewals, random())
        return (await chain.examine(subject, user, now(), deadline)).report
    customer, newest = configured(stored.customer if stored else None)
    subject = subject_of(customer, newest, credentials, renewals)
    found = await _examine_patiently(subject, _pauses(customer, now()), user, chain, now, deadline)
    if found.credential_failed:
        adopted = await adoption.after_refusal(customer, newest, deadline, again=True)
        if adopted is not None and adopted.newest is not None:
            customer, newest = adopted, adopted.newest
            found = await chain.examine(subject_of(customer, newest, credentials, renewals), user, now(), deadline)
    await _note_expiry(customer, newest, found, credentials.vault)
    await _record(customer_id, newest, found, customers=customers, now=now())
    return found.report


test_configuration.__test__ = False  # type: ignore[attr-defined]  # the contract's name; not a test of pytest's


def subject_of(customer: Customer, revision: Revision, credentials: Credentials, renewals: Renewals) -> Subject:
    """Return a stored revision as something to examine."""

    async def user_token(credential: Credential, user: str, deadline: Deadline) -> UserToken:
        return await renewals.renew_now(customer.id, customer.generation, user_key(user), credential, deadline)

    return Subject(
        access=revision.access,
        tenant=revision.tenant,
        expires=revision.expires,
        credential=lambda tenant: credentials.of(customer, revision, tenant),
        user_token=user_token,
        scoped=revision.scoped or (customer.active is not None and customer.active.scoped),
    )


def _of_draft(
    customer_id: str, draft: Draft, current: Customer | None, credentials: Credentials, renewals: Renewals, mark: str
) -> Subject:
    if draft.access.type is Type.NONE:
        raise not_configured()
    newest = current.newest if current else None
    require_secret(draft, newest, "configuration.applicationSecret")
    same = newest is not None and same_application(draft.access, newest)

    def credential(tenant: str) -> Credential:
        if draft.secret is None and current is not None and newest is not None and same:
            return credentials.of(current, newest, tenant)  # require_secret held that it may serve
        return credentials.of_draft(customer_id, draft, tenant, mark)

    async def user_token(tried: Credential, user: str, deadline: Deadline) -> UserToken:
        if current is None or not same:
            raise not_connected()  # a connection belongs to the application it was made with
        stored = await renewals.read(current.id, current.generation, user_key(user))
        return await renewals.try_out(stored, tried, deadline)

    expires = draft.secret_expires
    if not expires.known and draft.secret is None and newest and keeps_secret(draft.access, newest):
        expires = newest.expires
    pinned = newest.tenant if newest and same else None
    return Subject(access=draft.access, tenant=pinned, expires=expires, credential=credential, user_token=user_token)


async def _examine_patiently(
    subject: Subject, pauses: tuple[float, ...], user: str, chain: Chain, now: Now, deadline: Deadline
) -> Examined:
    """Examine; right after consent look again for a short while before judging, since Entra ID may lag."""

    async def look() -> Examined:
        return await chain.examine(subject, user, now(), deadline)

    return await until(look, lambda found: not found.may_lag, pauses, deadline)


def _pauses(customer: Customer, now: datetime) -> tuple[float, ...]:
    """Return how patiently to look: most after a consent that came back to us, a little after a test that missed it."""
    answered, last = customer.admin_consent.answered_at, customer.last_test
    if answered is not None and now - answered < _FRESH_CONSENT:
        return CONSENT_PAUSES
    if last is not None and now - last.tested_at < _FRESH_TEST and last.missed_consent:
        return _SHORT_PAUSES
    return ()


async def until[Found](
    look: Callable[[], Awaitable[Found]],
    good: Callable[[Found], bool],
    pauses: tuple[float, ...],
    deadline: Deadline,
) -> Found:
    """Look until it is good, with these pauses in between; return the last find. Keeps to the deadline."""
    found = await look()
    for pause in pauses:
        if good(found) or deadline.left() < pause + 5:
            break
        await asyncio.sleep(pause)
        found = await look()
    return found


async def _record(customer_id: str, tested: Revision, found: Examined, *, customers: Customers, now: datetime) -> None:
    """Store the report, and make the revision active if it passed: in one conditional write.

    Nothing if it was saved again or deleted in the meantime: the report speaks of something that is gone.
    """

    def change(customer: Customer) -> Customer | None:
        is_newest = customer.newest is not None and customer.newest.id == tested.id
        return _after(customer, tested, found, now) if is_newest else None

    await update(customer_id, customers, change)


def _after(customer: Customer, tested: Revision, found: Examined, now: datetime) -> Customer | None:
    """Return the customer after the test of its newest revision."""
    overtaken = customer.last_test is not None and customer.last_test.tested_at > found.report.tested_at
    after = replace(customer, admin_consent=_consent(customer, found, now))
    if not overtaken:
        after = replace(after, last_test=found.report)
    if found.learned_expires.known:
        after = _with_learned(after, found)
    if found.report.passed:
        return activated(after, tested.id, tenant=found.tenant, scoped=found.scoped)
    was_active = customer.active is not None and customer.active.id == tested.id
    return replace(after, failing=customer.failing or (was_active and not overtaken))


def _with_learned(customer: Customer, found: Examined) -> Customer:
    learned = found.learned_expires
    newest = replace(customer.newest, learned_expires=learned) if customer.newest else None
    active = customer.active
    if active and newest and active.id == newest.id:
        active = replace(active, learned_expires=learned)
    return replace(customer, newest=newest, active=active)


def _consent(customer: Customer, found: Examined, now: datetime) -> AdminConsent:
    known = customer.admin_consent
    proven_since = max(filter(None, (known.granted_at, known.answered_at)), default=None)
    if found.granted is None or (proven_since and proven_since > found.report.tested_at):
        return known
    granted_at = (known.granted_at if known.granted else None) or now
    return replace(known, granted=found.granted, granted_at=granted_at if found.granted else None)


async def _note_expiry(customer: Customer, tested: Revision, found: Examined, vault: Vault) -> None:
    """Keep the vault's expiry as true as ours; it is metadata, and the next test or scan notes it again."""
    if not found.learned_expires.known or tested.secret_version is None:
        return
    if tested.learned_expires != found.learned_expires:
        with suppress(CalendarError):
            await vault.note_expiry(customer.secret_name(), tested.secret_version, found.learned_expires)
