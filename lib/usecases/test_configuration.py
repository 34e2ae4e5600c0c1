"""Test Calendar Configuration: the whole chain, check by check, for the newest revision or for a draft."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from lib.domain.checkup import Report
from lib.domain.configuration import AdminConsent, Customer, Draft, Revision, configured, not_configured
from lib.domain.configuration import ConfigurationType as Type
from lib.domain.errors import CalendarError
from lib.domain.saving import activated, keeps_secret, require_secret, same_application
from lib.ports import Conflict, Credential, Customers, Deadline, Now, Random, Stored, Vault
from lib.usecases.checks import Chain, Examined, Subject
from lib.usecases.credentials import credential_of, credential_of_draft

# After an administrator consented, Entra ID may lag for some seconds (facts: microsoft.md 3.4).
_FRESH_CONSENT = timedelta(minutes=5)
CONSENT_PAUSES = (1.0, 2.0, 4.0, 6.0)  # seconds between looks
_ATTEMPTS = 6


async def test_configuration(
    customer_id: str,
    user: str,
    draft: Draft | None,
    *,
    customers: Customers,
    vault: Vault,
    chain: Chain,
    now: Now,
    random: Random,
    deadline: Deadline,
) -> Report:
    """Test the newest revision, or the draft without storing anything.

    A passed test of the newest revision makes it the active one, if it is still the newest by then.
    Raises CustomerNotFound, Refused (type none), InvalidRequest (a draft without a usable secret),
    MicrosoftUnavailable (Entra ID cannot be reached at all).
    """
    stored = await customers.read(customer_id)
    if draft is not None:
        subject = _of_draft(customer_id, draft, stored.customer if stored else None, vault, random())
        return (await chain.examine(subject, user, now(), deadline)).report
    customer, newest = configured(stored.customer if stored else None)
    found = await _examine_patiently(customer, newest, user, vault, chain, now, deadline)
    await _record(customer_id, newest, found, customers=customers, vault=vault, now=now())
    return found.report


test_configuration.__test__ = False  # type: ignore[attr-defined]  # the contract's name; not a test of pytest's


def _subject(customer: Customer, revision: Revision, vault: Vault) -> Subject:
    return Subject(
        access=revision.access,
        tenant=revision.tenant,
        expires=revision.expires,
        credential=lambda tenant: credential_of(customer, revision, tenant, vault),
        scoped=revision.scoped or (customer.active is not None and customer.active.scoped),
    )


def _of_draft(customer_id: str, draft: Draft, current: Customer | None, vault: Vault, mark: str) -> Subject:
    if draft.access.type is Type.NONE:
        raise not_configured()
    newest = current.newest if current else None
    require_secret(draft, newest, "configuration.applicationSecret")

    def credential(tenant: str) -> Credential:
        application = draft.access.application_id or ""
        if draft.secret is None and current is not None and newest is not None:
            return replace(credential_of(current, newest, tenant, vault), application_id=application)
        return credential_of_draft(customer_id, tenant, application, draft.secret or "", mark)

    pinned = newest.tenant if newest and same_application(draft.access, newest) else None
    expires = draft.secret_expires
    if not expires.known and draft.secret is None and newest and keeps_secret(draft.access, newest):
        expires = newest.expires
    return Subject(access=draft.access, tenant=pinned, expires=expires, credential=credential)


async def _examine_patiently(
    customer: Customer, revision: Revision, user: str, vault: Vault, chain: Chain, now: Now, deadline: Deadline
) -> Examined:
    """Examine; right after consent look again for a short while before judging, since Entra ID may lag."""
    answered = customer.admin_consent.answered_at
    fresh = answered is not None and now() - answered < _FRESH_CONSENT

    async def look() -> Examined:
        return await chain.examine(_subject(customer, revision, vault), user, now(), deadline)

    return await until(look, lambda found: not fresh or not found.may_lag, CONSENT_PAUSES, deadline)


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


async def _record(
    customer_id: str, tested: Revision, found: Examined, *, customers: Customers, vault: Vault, now: datetime
) -> None:
    """Store the report, and make the revision active if it passed and is still the newest: one conditional write."""
    for _ in range(_ATTEMPTS):
        stored = await customers.read(customer_id)
        if stored is None or stored.customer.newest is None or stored.customer.newest.id != tested.id:
            return  # saved again or deleted in the meantime: the report speaks of something that is gone
        after = _after(stored.customer, tested, found, now)
        await _note_expiry(stored, found, vault)
        try:
            await customers.write(after, stored.etag)
            return
        except Conflict:
            continue


def _after(customer: Customer, tested: Revision, found: Examined, now: datetime) -> Customer:
    """Return the customer after the test of its newest revision."""
    after: Customer | None = replace(customer, last_test=found.report, admin_consent=_consent(customer, found, now))
    if found.learned_expires.known and after and after.newest:
        after = _with_learned(after, found)
    if not found.report.passed:
        was_active = customer.active is not None and customer.active.id == tested.id
        return replace(after or customer, failing=was_active or customer.failing)
    return activated(after or customer, tested.id, tenant=found.tenant, scoped=found.scoped) or customer


def _with_learned(customer: Customer, found: Examined) -> Customer:
    learned = found.learned_expires
    newest = replace(customer.newest, learned_expires=learned) if customer.newest else None
    active = customer.active
    if active and newest and active.id == newest.id:
        active = replace(active, learned_expires=learned)
    return replace(customer, newest=newest, active=active)


def _consent(customer: Customer, found: Examined, now: datetime) -> AdminConsent:
    known = customer.admin_consent
    if found.granted is None:
        return known
    granted_at = (known.granted_at if known.granted else None) or now
    return replace(known, granted=found.granted, granted_at=granted_at if found.granted else None)


async def _note_expiry(stored: Stored, found: Examined, vault: Vault) -> None:
    """Keep the vault's expiry as true as ours; it is metadata, and the next test or scan notes it again."""
    newest = stored.customer.newest
    if not found.learned_expires.known or newest is None or newest.secret_version is None:
        return
    if newest.learned_expires != found.learned_expires:
        try:
            await vault.note_expiry(stored.customer.secret_name(), newest.secret_version, found.learned_expires)
        except CalendarError:
            return
