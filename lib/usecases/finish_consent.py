"""Take Microsoft's answer to an admin consent, and believe only what is proven.

The answer itself proves nothing: anybody can call the redirect URI with any parameters. The state must be one that we
gave to this very browser; then an app-only token of the pinned tenant, fetched anew, decides (contract: Granted).
"""

from dataclasses import replace

from lib.domain.configuration import ConfigurationType, Consent, Customer, Revision
from lib.domain.consent import AdminAnswer, AnswerNotUsable, Ending, Finish, SignIn, digest, is_token, mark_of, refusal
from lib.domain.errors import CalendarError
from lib.ports import ConsentStore, Customers, Deadline, Now, Vault
from lib.usecases.checks import Chain
from lib.usecases.test_configuration import CONSENT_PAUSES, subject_of, until
from lib.usecases.updating import update


async def finish_consent(
    state: str,
    binders: frozenset[str],
    answer: AdminAnswer,
    *,
    customers: Customers,
    consents: ConsentStore,
    vault: Vault,
    chain: Chain,
    now: Now,
    deadline: Deadline,
    pauses: tuple[float, ...] = CONSENT_PAUSES,
) -> Finish:
    """Use the sign-in up and return how it ended. `binders` are the values of the browser's cookies for this state.

    Raises AnswerNotUsable.
    """
    sign_in, customer, newest = await _claim(state, binders, customers, consents, now)
    for_users = newest.access.consent is Consent.USER
    if answer.error is not None:  # an error counts whatever else the answer carries: it may say admin_consent=True
        return Finish(refusal(answer.error, answer.error_codes), sign_in.return_url, answer.error_codes, for_users)
    if not answer.consented:
        return Finish(Ending.MICROSOFT_ERROR, sign_in.return_url, (), for_users)
    if newest.tenant and answer.tenant and answer.tenant.lower() != newest.tenant:
        return Finish(Ending.WRONG_TENANT, sign_in.return_url, (), for_users)
    if for_users or newest.access.type is not ConfigurationType.ADVANCED:
        return Finish(Ending.CONNECTED, sign_in.return_url, (), for_users)  # each connection proves itself later
    ending = await _prove(customer, newest, answer.tenant, customers, vault, chain, now, deadline, pauses)
    return Finish(ending, sign_in.return_url, (), for_users)


async def _claim(
    state: str, binders: frozenset[str], customers: Customers, consents: ConsentStore, now: Now
) -> tuple[SignIn, Customer, Revision]:
    if not is_token(state) or not binders:
        raise AnswerNotUsable
    digests = frozenset(digest(binder) for binder in binders)
    sign_in = await consents.claim(mark_of(state), digest(state), digests, now())
    if sign_in is None:
        raise AnswerNotUsable
    stored = await customers.read(sign_in.customer)
    customer = stored.customer if stored else None
    if customer is None or customer.newest is None or customer.generation != sign_in.generation:
        raise AnswerNotUsable
    if customer.newest.access.type is ConfigurationType.NONE:
        raise AnswerNotUsable
    return sign_in, customer, customer.newest


async def _prove(
    customer: Customer,
    revision: Revision,
    answered_tenant: str | None,
    customers: Customers,
    vault: Vault,
    chain: Chain,
    now: Now,
    deadline: Deadline,
    pauses: tuple[float, ...],
) -> Ending:
    """Look for the proof, patiently since Entra ID may lag, and store what was found."""
    subject = subject_of(customer, revision, vault)
    try:
        tenant, granted = await until(
            lambda: chain.prove_consent(subject, deadline), lambda found: bool(found[1]), pauses, deadline
        )
    except CalendarError:
        tenant, granted = None, False
    if tenant and answered_tenant and answered_tenant.lower() != tenant:
        return Ending.WRONG_TENANT
    await _record(customer, granted, customers, now)
    return Ending.CONNECTED if granted else Ending.NOT_VERIFIED


async def _record(customer: Customer, granted: bool, customers: Customers, now: Now) -> None:
    """Store that an administrator came back, and the proof if there is one; nothing for another generation."""
    moment = now()

    def change(current: Customer) -> Customer | None:
        if current.generation != customer.generation:
            return None
        known = replace(current.admin_consent, answered_at=moment)
        if granted:
            known = replace(known, granted=True, granted_at=known.granted_at if known.granted else moment)
        return replace(current, admin_consent=known)

    await update(customer.id, customers, change)
