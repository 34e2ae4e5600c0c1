"""Take Microsoft's answer to a consent or a sign-in, and believe only what is proven.

The answer itself proves nothing: anybody can call the redirect URI with any parameters. The state must be one that we
gave to this very browser. Then, for an administrator, an app-only token of the pinned tenant, fetched anew, decides
(contract: Granted); a user's sign-in goes on in `finish_sign_in`.
"""

from dataclasses import dataclass, replace

from lib.domain.configuration import ConfigurationType, Consent, Customer, Revision
from lib.domain.consent import (
    Answer,
    AnswerNotUsable,
    Ending,
    Finish,
    Start,
    refusal,
)
from lib.domain.errors import CalendarError
from lib.ports import ConsentStore, Customers, Deadline, Now
from lib.usecases.checks import Chain
from lib.usecases.claim_sign_in import Claimed, claim
from lib.usecases.credentials import Credentials
from lib.usecases.finish_sign_in import FinishSignIn
from lib.usecases.renewals import Renewals
from lib.usecases.test_configuration import CONSENT_PAUSES, subject_of, until
from lib.usecases.updating import update


async def finish_consent(
    state: str,
    binders: frozenset[str],
    answer: Answer,
    *,
    by_admin: "FinishAdmin",
    by_user: FinishSignIn,
    deadline: Deadline,
) -> Finish | Start:
    """Use the sign-in up and return how it ended, or where the browser goes to try another way.

    `binders` are the values of the browser's cookies for this state. Raises AnswerNotUsable.
    """
    claimed = await claim(state, binders, by_admin.customers, by_admin.consents, by_admin.now)
    step: Finish | Start
    if claimed.sign_in.user is not None:
        step = await by_user.finish(claimed, claimed.sign_in.user, answer, deadline)
    elif answer.code is not None:
        raise AnswerNotUsable  # admin consent brings no authorization code
    else:
        step = await by_admin.finish(claimed, answer, deadline)
    return replace(step, customer=claimed.customer.id)


@dataclass(frozen=True)
class FinishAdmin:
    """Finishes an administrator's consent."""

    customers: Customers
    consents: ConsentStore
    credentials: Credentials
    renewals: Renewals
    chain: Chain
    now: Now
    pauses: tuple[float, ...] = CONSENT_PAUSES

    async def finish(self, claimed: Claimed, answer: Answer, deadline: Deadline) -> Finish:
        """Return how the consent ended, after looking for its proof."""
        sign_in, newest = claimed.sign_in, claimed.revision
        for_users = newest.access.consent is Consent.USER

        def ended(ending: Ending) -> Finish:
            return Finish(ending, sign_in.return_url, answer.error_codes, for_users)

        if answer.error is not None:  # an error counts whatever else is there: it may come with admin_consent=True
            return ended(refusal(answer.error, answer.error_codes))
        if not answer.consented:
            return ended(Ending.MICROSOFT_ERROR)
        if newest.tenant and answer.tenant and answer.tenant.lower() != newest.tenant:
            return ended(Ending.WRONG_TENANT)
        if for_users or newest.access.type is not ConfigurationType.ADVANCED:
            return ended(Ending.CONNECTED)  # each connection proves itself later
        return ended(await self._prove(claimed.customer, newest, answer.tenant, deadline))

    async def _prove(
        self, customer: Customer, revision: Revision, answered_tenant: str | None, deadline: Deadline
    ) -> Ending:
        """Look for the proof, patiently since Entra ID may lag, and store what was found."""
        subject = subject_of(customer, revision, self.credentials, self.renewals)
        try:
            tenant, granted = await until(
                lambda: self.chain.prove_consent(subject, deadline), lambda found: bool(found[1]), self.pauses, deadline
            )
        except CalendarError:
            tenant, granted = None, False
        if tenant and answered_tenant and answered_tenant.lower() != tenant:
            return Ending.WRONG_TENANT
        await self._record(customer, granted)
        return Ending.CONNECTED if granted else Ending.NOT_VERIFIED

    async def _record(self, customer: Customer, granted: bool) -> None:
        """Store that an administrator came back, and the proof if there is one; nothing for another generation."""
        moment = self.now()

        def change(current: Customer) -> Customer | None:
            if current.generation != customer.generation:
                return None
            known = replace(current.admin_consent, answered_at=moment)
            if granted:
                known = replace(known, granted=True, granted_at=known.granted_at if known.granted else moment)
            return replace(current, admin_consent=known)

        await update(customer.id, self.customers, change)
