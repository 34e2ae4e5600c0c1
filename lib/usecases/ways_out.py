"""What a user is offered when a sign-in failed: to try another way, or to have an administrator approve."""

from dataclasses import dataclass

from lib.domain.configuration import ConfigurationType
from lib.domain.consent import (
    ADMIN_LINK_LIFE,
    USER_LINK_LIFE,
    AnswerNotUsable,
    Ending,
    Finish,
    Start,
    Variant,
    WayOut,
)
from lib.domain.errors import CustomerNotFound
from lib.ports import Customers
from lib.usecases.claim_sign_in import Claimed
from lib.usecases.sign_ins import SignIns, leave_nothing

_OTHER_ACCOUNT = frozenset({Ending.WRONG_ACCOUNT, Ending.WRONG_TENANT})
_NOT_APPROVED = frozenset({Ending.ADMIN_CONSENT_REQUIRED, Ending.DECLINED})  # declined: perhaps it was not allowed
_NOT_REGISTERED = frozenset({65005, 650056, 650057})  # what was asked for is not what the registration lists


@dataclass(frozen=True)
class WaysOut:
    """Finds what can be done after a sign-in that failed."""

    customers: Customers
    sign_ins: SignIns

    async def after(self, claimed: Claimed, user: str, ending: Ending, codes: tuple[int, ...] = ()) -> Finish | Start:
        """Return how the sign-in ended with what a page offers, or where the browser goes to try at once.

        Nothing is left behind if the customer is deleted meanwhile. Raises AnswerNotUsable then.
        """
        not_approved = ending is Ending.ADMIN_CONSENT_REQUIRED or not _NOT_REGISTERED.isdisjoint(codes)
        try:
            if not_approved and claimed.sign_in.variant is not Variant.REGISTERED:
                # Once more, for what the registration lists: that may be what was approved.
                step: Finish | Start = await self.sign_ins.begin_again(
                    claimed.sign_in, claimed.revision, Variant.REGISTERED
                )
            else:
                step = Finish(
                    ending, claimed.sign_in.return_url, codes, way_out=await self._offer(claimed, user, ending)
                )
            generation = claimed.customer.generation
            await leave_nothing(claimed.customer.id, generation, self.customers, self.sign_ins.consents)
        except CustomerNotFound:
            raise AnswerNotUsable from None
        return step

    async def _offer(self, claimed: Claimed, user: str, ending: Ending) -> WayOut:
        """Make the links that a page offers; where the ATS takes over (`returnUrl`), it makes its own."""
        sign_in, basic = claimed.sign_in, claimed.revision.access.type is ConfigurationType.BASIC
        if sign_in.return_url is not None or not await self.sign_ins.consents.count_offer(sign_in):
            return WayOut(user, basic=basic)
        variant = Variant.OTHER_ACCOUNT if ending in _OTHER_ACCOUNT else None
        variant = Variant.REGISTERED if ending in _NOT_APPROVED else variant
        retry, _ = await self.sign_ins.invite(
            claimed.customer, claimed.revision, USER_LINK_LIFE, user=user, after=sign_in, variant=variant
        )
        if ending not in _NOT_APPROVED:
            return WayOut(user, retry, basic=basic)
        admin_link, _ = await self.sign_ins.invite(claimed.customer, claimed.revision, ADMIN_LINK_LIFE)
        return WayOut(user, retry, admin_link, basic)
