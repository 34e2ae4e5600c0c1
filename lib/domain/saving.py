"""What a save does to a customer's configuration, and what a passed test does.

    a save that changes tenant or application ── takes effect at once: nothing is active until it is tested
    a save of type none ──────────────────────── takes effect at once: nothing is active
    a save of wishes only (details, domains, …) ─ takes effect at once: nothing to test
    any other save ───────────────────────────── makes a pending revision; the active one keeps answering

A passed test makes the newest revision the active one. A failed test never changes what answers.
"""

from dataclasses import fields, replace
from datetime import datetime
from urllib.parse import urlsplit

from lib.domain.configuration import Access, ConfigurationType, Customer, Draft, Revision, Wishes
from lib.domain.credential import UNKNOWN
from lib.domain.errors import InvalidRequest


def sign_in_host(access: Access) -> str | None:
    """Return the host of the custom sign-in URL, None for the cloud's own."""
    return urlsplit(access.login_url).netloc.lower() if access.login_url else None


def same_application(draft: Access, stored: Revision) -> bool:
    """Return whether both mean one application of one tenant. A pinned tenant is known by its GUID and its domain."""
    basic = draft.type is ConfigurationType.BASIC
    if basic != (stored.access.type is ConfigurationType.BASIC) or draft.tenant_id is None:
        return False
    same_tenant = draft.tenant_id in {stored.access.tenant_id, stored.tenant}
    return same_tenant and draft.application_id == stored.access.application_id


def keeps_secret(draft: Access, stored: Revision | None) -> bool:
    """Return whether the stored secret may serve this draft: only with what it was saved for."""
    if stored is None or stored.secret_version is None:
        return False
    return same_application(draft, stored) and sign_in_host(draft) == sign_in_host(stored.access)


def require_secret(draft: Draft, stored: Revision | None, name: str = "applicationSecret") -> None:
    """Raise InvalidRequest if the draft needs a secret, has none and may not use the stored one."""
    if draft.access.type is not ConfigurationType.ADVANCED or draft.secret or keeps_secret(draft.access, stored):
        return
    known = stored is not None and stored.secret_version is not None
    why = (
        "must be given again, because the stored one was saved for another tenant, application or sign-in host"
        if known
        else "is missing"
    )
    raise InvalidRequest(name, why, remedy="Paste the client secret's Value (not the Secret ID) from the Entra portal.")


def _as_pinned(access: Access, stored: Revision) -> Access:
    """Return the access with the tenant as it is stored, so that its GUID and its domain compare as equal."""
    return replace(access, tenant_id=stored.access.tenant_id)


def save(
    current: Customer | None, customer_id: str, draft: Draft, *, secret_version: str | None, now: datetime, mark: str
) -> Customer:
    """Return the customer after this save. `mark` is random and new; it names whatever the save begins.

    `secret_version` is the vault's version made for this save, None if the save needed none (see `needs_version`).
    """
    stored = current.newest if current else None
    if current is None or stored is None or not same_application(draft.access, stored):
        return _begin(current, customer_id, draft, secret_version, now, mark)
    access = _as_pinned(draft.access, stored)
    version = secret_version or (stored.secret_version if keeps_secret(draft.access, stored) else None)
    revision = Revision(
        id=mark,
        saved_at=now,
        access=access,
        wishes=draft.wishes,
        secret_version=version,
        secret_expires=draft.secret_expires,
        learned_expires=UNKNOWN if needs_version(current, draft) else stored.learned_expires,
        tenant=stored.tenant,
        scoped=stored.scoped,
    )
    if access.type is ConfigurationType.NONE:
        return replace(current, edition=mark, newest=revision, active=None, failing=False)
    if draft.secret or access != stored.access:
        return replace(current, edition=mark, newest=revision)
    newest = replace(revision, id=stored.id)  # the same substance: a test that is under way still counts
    return replace(current, edition=mark, newest=newest, active=_following(current.active, stored, newest))


def _following(active: Revision | None, stored: Revision, newest: Revision) -> Revision | None:
    """Return the active revision after a save that needs no test: it takes over what that save changed, no more."""
    if active is None or active.id == stored.id:
        return newest if active else None
    if active.secret_version == stored.secret_version:
        active = replace(
            active,
            secret_version=newest.secret_version,
            secret_expires=newest.secret_expires,
            learned_expires=newest.learned_expires,
        )
    changed = {
        wish.name: getattr(newest.wishes, wish.name)
        for wish in fields(Wishes)
        if getattr(newest.wishes, wish.name) != getattr(stored.wishes, wish.name)
    }
    return replace(active, wishes=replace(active.wishes, **changed))


def _begin(
    current: Customer | None, customer_id: str, draft: Draft, version: str | None, now: datetime, mark: str
) -> Customer:
    """Return a customer that starts a new generation: new, or with another tenant or application than before."""
    leftovers = (*current.leftovers, *(() if current.deleted else (current.generation,))) if current else ()
    revision = Revision(mark, now, draft.access, draft.wishes, version, draft.secret_expires)
    return Customer(customer_id, generation=mark, edition=mark, newest=revision, leftovers=leftovers)


def needs_version(current: Customer | None, draft: Draft) -> bool:
    """Return whether the save needs a new version in the vault: a new secret, or another expiry of the stored one.

    A version's expiry never changes, so the table row that names the version says it all and the two stores agree.
    """
    stored = current.newest if current else None
    if draft.secret:
        return True
    return stored is not None and keeps_secret(draft.access, stored) and draft.secret_expires != stored.secret_expires


def activated(customer: Customer, tested: str, **proven: object) -> Customer | None:
    """Return the customer with its newest revision active, or None if that is not the one that was tested."""
    newest = customer.newest
    if newest is None or newest.id != tested:
        return None
    newest = replace(newest, **proven)  # type: ignore[arg-type]  # the caller names Revision's own fields
    return replace(customer, newest=newest, active=newest, failing=False)
